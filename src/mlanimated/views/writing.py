"""Writing: a text that a model writes, as a spelling checker sees it: words that do not exist are underlined.

Writing("said", words=("the", "queen", "finds", …))
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group, Polyline, Rect, Text
from mlanimated.draw.text import ascent, cap_height, descent, label, width, wrapped
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["Writing"]

LEAST = 14.0
PAD = 14.0
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Writing(View):
    """A recorded text on a page; words that are not among the known ones are lighter and underlined.

    Attributes:
        series: Name of a text series.
        words: The words that exist, however they begin; empty where any word will do.
        size: Type size, 14 or more; what the page does not hold is cut off.
        colour: Colour of words that exist.
        wrong: Colour of the line under a word that does not.
        page: Draw the page that it stands on.

    Raises:
        MlaError: The size is too small.
    """

    series: str
    _: KW_ONLY
    words: Sequence[str] = ()
    size: float = 18.0
    colour: Colour = "ink"
    wrong: Colour = "bad"
    page: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.size >= LEAST:
            raise MlaError(f"Writing: size={self.size:g} is too small to be read; 14 is the least, 18 the default.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the page, the words, and lines under those that do not exist."""
        text = self._text(moment)
        if text is None:
            return empty(box, "nothing written yet")
        inner = box.inset(PAD) if self.page else box
        size, pitch = self.size, ascent(self.size) + descent(self.size) + 3
        room = max(1, int((inner.height + 3) // pitch))
        lines = wrapped(text, max(1.0, inner.width), size, lines=room)
        known = frozenset(word.lower() for word in self.words)
        words: list[Text] = []
        under: list[Command] = []
        for row, line in enumerate(lines):
            base = inner.y + pitch * row + (pitch + cap_height(size)) / 2
            x = inner.x
            for part, real in _parts(line, known):
                long = width(part, size)
                if part.strip():
                    words.append(label(x, base, part, size, self.colour if real else "muted"))
                if not real:
                    under.append(
                        Polyline(
                            (round(x, 2), round(base + 3.5, 2), round(x + long, 2), round(base + 3.5, 2)),
                            self.wrong,
                            1.5,
                        )
                    )
                x += long
        ground = (Group((Rect(*box, "panel", radius=8.0),), key="page"),) if self.page else ()
        return (*ground, Group(tuple(under), key="under"), Group(tuple(words), key="words"))

    def describe(self, moment: Moment) -> str:
        """Return the beginning of the text, and how many of its words exist."""
        text = self._text(moment)
        if not text:
            return ""
        found = WORD.findall(text)
        begins = text if len(text) <= 80 else f"{text[:80].rsplit(' ', 1)[0]} …"
        if not (self.words and found):
            return f"It writes: {begins}"
        known = frozenset(word.lower() for word in self.words)
        real = sum(word.lower() in known for word in found)
        return f"It writes: {begins} {real} of {len(found)} words exist."

    def _text(self, moment: Moment) -> str | None:
        found = value(moment, source(moment, self.series, self.run, "Writing", "text"))
        return None if found is None else str(found)


def _parts(line: str, known: frozenset[str]) -> list[tuple[str, bool]]:
    """Return a line in parts, each with whether it is right: a wrong word alone, and all between two of them together."""
    parts: list[tuple[str, bool]] = []
    start = 0
    for found in WORD.finditer(line):
        if not known or found[0].lower() in known:
            continue
        if found.start() > start:
            parts.append((line[start : found.start()], True))
        parts.append((found[0], False))
        start = found.end()
    return [*parts, (line[start:], True)] if start < len(line) else parts
