"""AgentEye: what an agent sees of a game, the pictures that go into its network, the newest last.

AgentEye(open_console)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, Pixels, Rect
from mlanimated.draw.text import cap_height, fitted, label
from mlanimated.views.axes import empty
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View
from mlanimated.views.screen import Open, console_at

__all__ = ["AgentEye"]

GAP = 14.0
SIZE = 14.0


@dataclass(frozen=True)
class AgentEye(View):
    """The stack of small grey pictures that a network sees, in as many rows as make them largest.

    Attributes:
        console: Opens the console for the text of `game`.
        game: A text series that names the game shown from its step on.
        at: A scalar series: the step of that game.
    """

    console: Open
    _: KW_ONLY
    game: str = "game"
    at: str = "at"

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the pictures with their ages."""
        found = console_at(moment, self.console, self.game, self.at, self.run, "AgentEye")
        if found is None:
            return empty(box, "no game yet")
        seen = found[0].seen(math.floor(found[1]))
        count, high, wide = seen.shape
        head = cap_height(SIZE) + 8

        def scale(columns: int) -> float:
            rows = math.ceil(count / columns)
            across = (box.width - GAP * (columns - 1)) / columns / wide
            down = ((box.height - GAP * (rows - 1)) / rows - head) / high
            fits = min(across, down)
            return math.floor(fits) if fits >= 1 else fits

        columns = max(range(1, count + 1), key=lambda columns: (scale(columns), count % columns == 0, columns))
        unit = max(scale(columns), 0.01)
        width, height = wide * unit, high * unit
        left, top = box.x, box.y + 4
        drawn: list[Command] = []
        for index, picture in enumerate(seen):
            ago = count - 1 - index
            x = round(left + (index % columns) * (width + GAP))
            y = round(top + (index // columns) * (height + head + GAP))
            name = fitted("now" if ago == 0 else f"{ago} before", width, SIZE)
            place = Box(x, y + round(head), round(width, 2), round(height, 2))
            pixels = Pixels(wide, high, np.ascontiguousarray(picture).tobytes(), "grey")
            parts = (
                label(x, y + cap_height(SIZE), name, SIZE, "ink" if ago == 0 else "muted"),
                Rect(*place.inset(-1), None, "accent" if ago == 0 else "faint", 2.0),
                Image(*place, pixels),
            )
            drawn.append(Group(parts, key=f"picture-{index}"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say how large and how many the pictures are."""
        found = console_at(moment, self.console, self.game, self.at, self.run, "AgentEye")
        if found is None:
            return ""
        count, high, wide = found[0].seen(math.floor(found[1])).shape
        return f"The network sees {count} grey pictures of {wide} by {high} pixels."
