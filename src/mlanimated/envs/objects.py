"""Where things are on a console's screen: found by their colours, for the games that films point at.

    for thing in things("breakout"):
        locate(thing, picture)            # float32 (4,): x, y, width, height in console pixels; not finite where it is not there

A thing is the pixels of its colours inside its windows. Positions are those of the memory that the console itself keeps, to a pixel
(tested for the balls). A game that is not in the table has no things; its films then point at none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Thing", "count", "locate", "things"]

Rgb = tuple[int, int, int]
Window = tuple[int, int, int, int]


class Thing(NamedTuple):
    """What is looked for.

    Attributes:
        name: As a film calls it.
        colours: Red, green and blue of its pixels.
        windows: Where it can be: x, y, width, height.
        moves: Whether its way is worth drawing.
    """

    name: str
    colours: tuple[Rgb, ...]
    windows: tuple[Window, ...]
    moves: bool = False


_COURT = ((0, 34, 160, 160),)
_RED, _GREY = (200, 72, 72), (142, 142, 142)
_THINGS: dict[str, tuple[Thing, ...]] = {
    "pong": (
        Thing("ball", ((236, 236, 236),), _COURT, moves=True),
        Thing("agent", ((92, 186, 92),), _COURT),
        Thing("computer", ((213, 130, 74),), _COURT),
    ),
    "breakout": (  # the ball has the colour of what stands in its rows: grey above the wall; among bricks it cannot be told from them
        Thing("ball", (_RED, _GREY), ((8, 32, 144, 25), (8, 93, 144, 96)), moves=True),
        Thing("paddle", (_RED,), ((8, 189, 144, 4),)),
    ),
    "space_invaders": (
        Thing("cannon", ((50, 132, 50),), ((0, 180, 160, 15),)),
        Thing("saucer", ((151, 25, 122),), ((0, 8, 160, 20),), moves=True),
    ),
    "seaquest": (Thing("submarine", ((187, 187, 53),), ((8, 45, 152, 115),)),),
    "beam_rider": (Thing("ship", ((210, 210, 64),), ((8, 160, 152, 30),)),),
}
"""Game → its things, the one whose way is drawn first."""

BRICKS: Window = (8, 57, 144, 36)
INVADERS: Window = (0, 25, 160, 160)


def things(game: str) -> Sequence[Thing]:
    """Return what can be found on a game's screen; nothing for a game that is not in the table."""
    return _THINGS.get(game, ())


def locate(thing: Thing, picture: np.ndarray) -> np.ndarray:
    """Return the box around a thing, float32 (4,): x, y, width, height; not finite where it is not on the screen.

    Args:
        thing: What is looked for.
        picture: uint8 (height, width, 3).
    """
    found = np.zeros(picture.shape[:2], np.bool_)
    for x, y, wide, high in thing.windows:
        found[y : y + high, x : x + wide] = _coloured(picture[y : y + high, x : x + wide], thing.colours)
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    if not rows.size:
        return np.full(4, np.nan, np.float32)
    x, y = columns[0], rows[0]
    return np.array([x, y, columns[-1] - x + 1, rows[-1] - y + 1], np.float32)


def count(game: str, picture: np.ndarray) -> int | None:
    """Return how many targets are left on the screen, of a game whose screens can be cleared; None of any other.

    Bricks of Breakout (8 by 6 pixels each, counted by their area), and whether any invader is left (1 or 0).
    """
    if game == "breakout":
        x, y, wide, high = BRICKS
        part = picture[y : y + high, x : x + wide]
        lit = part.any(axis=2)
        return round(int(lit.sum()) / 48)
    if game == "space_invaders":
        x, y, wide, high = INVADERS
        return int(_coloured(picture[y : y + high, x : x + wide], ((134, 134, 29),)).any())
    return None


def _coloured(part: np.ndarray, colours: Sequence[Rgb]) -> np.ndarray:
    """Return where a picture has one of some colours, bool (height, width)."""
    found = np.zeros(part.shape[:2], np.bool_)
    for colour in colours:
        found |= (part == np.array(colour, np.uint8)).all(axis=2)
    return found
