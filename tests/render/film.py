"""A small film with all that a player shows: chapters, captions, tips, pictures, both faces."""

from __future__ import annotations

import math

from card import picture

from mlanimated.draw.commands import Circle, Group, Image, InkOn, Mapped, Polyline, Rect
from mlanimated.draw.frame import Cue, Frame, Reel
from mlanimated.draw.text import label, number

SECONDS, FPS = 4.0, 10.0


def frame(time: float) -> Frame:
    """A still title, a growing curve, a ball that moves, one changing cell beside one that stands, a picture a second."""
    share = round(time / SECONDS, 4)
    curve = tuple(
        round(value, 2) for n in range(int(time * FPS) + 1) for value in (40.0 + 6 * n, 180 - 100 * math.exp(-n / 9))
    )
    cell = Mapped("sequential", share)
    return Frame(
        640,
        360,
        (
            Group((label(40, 50, "A film → of a test", 30, bold=True),), key="title"),
            Group(
                (
                    Group((Polyline((40, 180, 300, 180), "muted"),), key="axis"),
                    Group((Polyline(curve, "accent", 3, tip="the curve"),), key="line"),
                    Group(
                        (Circle(0, 0, 12, "series-1", tip=f"at {number(share, 2)}"),),
                        key="ball",
                        x=round(60 + 500 * share, 2),
                        y=250,
                    ),
                ),
                key="plot",
            ),
            Group(
                (Rect(400, 80, 60, 60, cell), label(430, 116, number(share, 2), 18, InkOn(cell), "middle")), key="cell"
            ),
            Group((Rect(470, 80, 60, 60, "panel"),), key="still", tip="a cell that stands still"),
            Group(
                (
                    Image(560, 80, 60, 60, picture(80 + int(time), 60)),
                    Image(560, 150, 60, 20, picture(12, 4, "diverging")),
                ),
                key="image",
            ),
        ),
    )


REEL = Reel(
    frame=frame,
    seconds=SECONDS,
    fps=FPS,
    width=640,
    height=360,
    title="A film of a test",
    captions=(Cue(0, 1.5, "It begins."), Cue(1.5, 3, "It goes <on> & on."), Cue(3.5, 4, "It ends.")),
    chapters=(Cue(1, 2, "First"), Cue(2, 3, "Second"), Cue(3, 4, "Third")),
    alt="A ball moves to the right.",
    poster=2.0,
    provenance={"program": "mlanimated", "format": "1", "note": "a </script> & more"},
)
