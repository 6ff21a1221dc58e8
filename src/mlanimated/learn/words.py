"""Numbers as they stand in a sentence."""

from __future__ import annotations

import math

__all__ = ["number"]

THIN_SPACE = chr(0x2009)


def number(value: float, decimals: int | None = None) -> str:
    """Return a number with a real minus sign: fixed decimals, or as short as four digits allow.

    Thousands are parted from 10,000 on, as in the views.

    ``number(-17.531, 2)`` is "−17.53"; ``number(0.0003)`` is "0.0003"; ``number(76.8334)`` is "76.83".
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "not a number"
    text = f"{abs(value):.{decimals}f}" if decimals is not None else f"{abs(value):.4g}"
    if "e" in text:
        text = f"{abs(value):.0f}" if abs(value) >= 1 else f"{abs(value):.8f}".rstrip("0")
    whole, point, rest = text.partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", THIN_SPACE)
    return ("−" if value < 0 and float(text) else "") + whole + point + rest
