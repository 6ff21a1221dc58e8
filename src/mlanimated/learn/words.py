"""Numbers as they stand in a sentence."""

from __future__ import annotations

import math

__all__ = ["number", "small"]

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


def small(value: float) -> str:
    """Return a number of 0 or more with one digit that is not 0, however small it is, and four decimals at the least above.

    ``small(0.2077305)`` is "0.2077"; ``small(0.0002677)`` is "0.0003"; ``small(2e-8)`` is "2 × 10⁻⁸".
    """
    if not 0 < value < 1e-3:
        return number(value, 4) if value else "0"
    digit, _, power = f"{value:.0e}".partition("e")
    size = -int(power)
    return number(value, size) if size <= 5 else f"{digit} × 10⁻{str(size).translate(_RAISED)}"


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
