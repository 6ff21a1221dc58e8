"""Code: a program's text, and the line that runs now.

Code("code", line="line")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Rect, Text
from mlanimated.draw.text import ascent, cap_height, descent, fitted, label, width
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import scalar, source, value
from mlanimated.views.scene import View

__all__ = ["Code"]

LEAST, MOST = 14.0, 19.0
INDENT = 1.9
"""Width of four spaces in type sizes."""
LOUD = ("def ", "class ")
NUMBERED = 2.4


@dataclass(frozen=True)
class Code(View):
    """Lines of a program, those that begin with # quieter, those that begin with `def` or `class` bold.

    Attributes:
        series: Name of a text series: the program.
        line: Name of a series of the line that runs now, from 0; none runs at -1. "" for none.
        numbers: Write the number of each line.
    """

    series: str = "code"
    _: KW_ONLY
    line: str = ""
    numbers: bool = False

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the lines, and a band behind the one that runs."""
        written = value(moment, source(moment, self.series, self.run, "Code", "text"))
        if not written:
            return empty(box)
        lines = str(written).splitlines()
        size = _size(lines, box)
        pitch = min(round(size * 1.5, 2), box.height / len(lines))
        left = box.x + 10 + (size * NUMBERED if self.numbers else 0.0)
        lit = self._lit(moment)
        texts: list[Text] = []
        for at, line in enumerate(lines):
            word = line.strip()
            base = round(box.y + pitch * (at + 0.5) + cap_height(size) / 2, 2)
            if self.numbers:
                texts.append(label(left - size * 0.8, base, str(at + 1), size, "faint", "end"))
            if word:
                x = left + _indent(line, size)
                fill: Colour = "muted" if word.startswith("#") else "ink"
                bold = word.startswith(LOUD)
                texts.append(label(x, base, fitted(word, box.right - x, size, bold=bold), size, fill, bold=bold))
        drawn: list[Command] = [Group(tuple(texts), key="text")]
        if 0 <= lit < len(lines):
            band = (
                Rect(box.x, 0.0, box.width, round(pitch, 2), "accent", radius=4, opacity=0.18),
                Rect(box.x, 0.0, 4.0, round(pitch, 2), "accent", radius=2),
            )
            drawn.insert(0, Group(band, key="lit", y=round(box.y + pitch * lit, 2)))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Return the line that runs."""
        written = value(moment, source(moment, self.series, self.run, "Code", "text"))
        lines, lit = str(written or "").splitlines(), self._lit(moment)
        return f"The line {lines[lit].strip()!r} runs." if 0 <= lit < len(lines) else ""

    def _lit(self, moment: Moment) -> int:
        """Return the line that runs, -1 for none."""
        at = scalar(moment.value(self.line, self.run)) if self.line else math.nan
        return int(at) if math.isfinite(at) else -1


def _indent(line: str, size: float) -> float:
    """Return how far a line is moved in."""
    return (len(line) - len(line.lstrip())) / 4 * INDENT * size


def _size(lines: list[str], box: Box) -> float:
    """Return the largest size at which all lines fit, 14 at the least."""
    size = MOST
    while size > LEAST:
        high = (ascent(size) + descent(size) + 1) * len(lines)
        wide = max(_indent(line, size) + width(line.strip(), size, bold=True) for line in lines) + 12
        if high <= box.height and wide <= box.width:
            return size
        size -= 1.0
    return LEAST
