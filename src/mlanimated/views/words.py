"""Words: a line or a paragraph that was recorded, or what the last event says.

Words("note")               # the last value of a text series
Words(events=True)          # the sentence of the last event
Words(text="A new start.")  # the same words all film long
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Colour, Command, Group
from mlanimated.draw.text import ascent, cap_height, descent, label, wrapped
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source, value
from mlanimated.views.scene import View

__all__ = ["Words"]

LEAST = 14.0


@dataclass(frozen=True)
class Words(View):
    """Words from a text series, from events, or given.

    Attributes:
        series: Name of a text series; "" where the words come from elsewhere.
        events: Say what the last event says.
        text: Words that do not change; also what is said before anything was recorded.
        size: Type size; smaller where the words need it, down to 14.
        colour: Colour of the words.
        centred: Stand in the middle of the panel, not at its upper left.

    Raises:
        MlaError: Neither series nor events nor text are given, or more than one source is.
    """

    series: str = ""
    _: KW_ONLY
    events: bool = False
    text: str = ""
    size: float = 22.0
    colour: Colour = "ink"
    centred: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.series and self.events:
            raise MlaError("Words takes a text series or events, not both.")
        if not (self.series or self.events or self.text):
            raise MlaError('Words needs a text series, events=True or text="…".')

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the words, broken into lines."""
        words = self._said(moment)
        if not words.strip():
            return ()
        size, lines = _set(words, box, self.size)
        pitch = ascent(size) + descent(size) + 2
        top = box.y + max(0.0, (box.height - pitch * len(lines)) / 2) if self.centred else box.y
        anchor = "middle" if self.centred else "start"
        x = box.centre[0] if self.centred else box.x
        base = top + (pitch + cap_height(size)) / 2
        drawn = tuple(label(x, base + pitch * row, line, size, self.colour, anchor) for row, line in enumerate(lines))
        return (Group(drawn, key="words"),)

    def describe(self, moment: Moment) -> str:
        """Return the words."""
        return self._said(moment).strip()

    def _said(self, moment: Moment) -> str:
        """Return the words of the moment."""
        step = moment.step(self.run)
        if self.events:
            said = [event for event in moment.trace(self.run).events if event.step <= step]
            return (said[-1].text or said[-1].name) if said else self.text
        if not self.series:
            return self.text
        words = value(moment, source(moment, self.series, self.run, "Words", "text"))
        return self.text if words is None else str(words)


def _set(words: str, box: Box, wanted: float) -> tuple[float, tuple[str, ...]]:
    """Return the largest size up to the wanted one at which the words fit, and their lines; cut off at the smallest."""
    size = max(LEAST, wanted)
    while True:
        lines = wrapped(words, max(1.0, box.width), size)
        room = max(1, int((box.height + 2) // (ascent(size) + descent(size) + 2)))
        if len(lines) <= room or size <= LEAST:
            return size, lines if len(lines) <= room else wrapped(words, max(1.0, box.width), size, lines=room)
        size = max(LEAST, size - 2)
