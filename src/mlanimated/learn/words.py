"""Numbers as they stand in a sentence."""

from __future__ import annotations

import math

__all__ = ["number"]


def number(value: float, decimals: int | None = None) -> str:
    """Return a number with a real minus sign: fixed decimals, or as short as four digits allow.

    ``number(-17.531, 2)`` is "−17.53"; ``number(0.0003)`` is "0.0003"; ``number(76.8334)`` is "76.83".
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not a number"
    if decimals is not None:
        text = f"{value:,.{decimals}f}"
        return text.replace("-", "−") if float(text.replace(",", "")) else text.replace("-", "")
    text = f"{value:.4g}"
    if "e" in text:
        text = f"{value:,.0f}" if abs(value) >= 1 else f"{value:.8f}".rstrip("0")
    return text.replace("-", "−")
