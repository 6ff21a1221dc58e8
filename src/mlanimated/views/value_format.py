"""Value format: how a view writes the values that it shows: by a user's pattern, or with decimals chosen once for the film."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

from mlanimated.draw.text import MINUS, THIN_SPACE, width
from mlanimated.errors import MlaError
from mlanimated.views.numbers import significant, writing
from mlanimated.views.source import Source

__all__ = ["ValueFormat", "bounds_over", "value_format", "written"]


@lru_cache(maxsize=8192)
def written(value: float, pattern: str) -> str:
    """Return a number as a pattern of `str.format` writes it, with a true minus and thin spaces between thousands.

    Args:
        value: Any number.
        pattern: Such as "{:.1f} %" or "{:,.0f} people".

    Raises:
        MlaError: The pattern does not fit a number.
    """
    try:
        text = pattern.format(value)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise MlaError(
            f'The format {pattern!r} does not fit a number ({error}); write it as "{{:.2f}}" or "{{:,.0f}} people".'
        ) from None
    if math.isnan(value):
        return "–"
    text = text.replace("inf", "∞")
    if not any(digit in "123456789∞" for digit in text):
        text = re.sub(r"-(?=[\d.])", "", text)
    text = re.sub(r"-(?=[\d.∞])", MINUS, text)
    return re.sub(r"(?<=\d),(?=\d{3})", THIN_SPACE, text)


class ValueFormat:
    """Writes the values of some series, all alike: with fixed decimals, or on a logarithmic axis with significant digits."""

    def __init__(self, low: float, high: float, pattern: str = "", *, whole: bool = False, log: bool = False) -> None:
        self.low, self.high, self.pattern, self.log = low, high, pattern, log and not whole
        self.writing = writing(low, high, 0 if whole and max(abs(low), abs(high)) < 1e7 else None)

    def __call__(self, value: float) -> str:
        """Return a value as text, without room to its left."""
        if self.pattern:
            return written(value, self.pattern)
        return significant(value) if self.log else self.writing.tight(value)

    def width(self, size: float, bold: bool = False) -> float:
        """Return the room that any value between the bounds needs, a minus included where there can be one."""
        powers = [sign * 0.999 * 10.0**power for power in range(-16 if self.log else 0, 16) for sign in (1, -1)]
        within = [value for value in powers if self.low <= value <= self.high]
        return max(width(self(value), size, bold) for value in (self.low, self.high, *within))


def bounds_over(found: Sequence[Source]) -> tuple[float, float]:
    """Return the lowest and highest finite value of some series over the whole film; (nan, nan) when there is none."""
    low, high = math.nan, math.nan
    for source in found:
        if source.info is None or source.info.kind not in ("scalar", "array"):
            continue
        bounds = source.trace.bounds(source.name)
        if bounds and math.isfinite(bounds[0]) and math.isfinite(bounds[1]):
            low = min(float(bounds[0]), low) if low == low else float(bounds[0])  # noqa: PLR0124
            high = max(float(bounds[1]), high) if high == high else float(bounds[1])  # noqa: PLR0124
    return low, high


def value_format(found: Sequence[Source], pattern: str = "", *, log: bool = False) -> ValueFormat:
    """Return how the values of some series are written in every frame of the film."""
    low, high = bounds_over(found)
    whole = bool(found) and all(
        source.info is not None and source.info.dtype.startswith(("int", "uint", "bool")) for source in found
    )
    low, high = low if math.isfinite(low) else 0.0, high if math.isfinite(high) else 1.0
    return ValueFormat(low, high, pattern, whole=whole, log=log)
