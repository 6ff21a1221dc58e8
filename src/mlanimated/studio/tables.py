"""Tables: games that are played in the browser: what each of them is asked, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.draw.frame import Frame
from mlanimated.draw.text import fitted, label
from mlanimated.learn.temporal_difference import Play

__all__ = ["BUSY", "GAMES", "Control", "Learner", "Table", "heading"]

GAMES = {
    "grid-world": (
        "Grid world",
        "Edit the world while an agent learns it, and race it to the goal.",
    ),
    "connect-four": ("Connect Four", "Against an agent that learned from self-play."),
    "tic-tac-toe": ("Tic Tac Toe", "Against an agent that learned from self-play."),
    "catch": ("Catch", "Beside an agent that begins to learn when you begin to play."),
}
"""For each game its name and a line about it."""

BUSY = 0.02
"""Seconds at the most that a table learns between two frames: the workers are everyone's."""


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something beside the game that may be set.

    Attributes:
        name: Its name.
        kind: "choice", "range", "switch" or "button".
        label: What it is called.
        value: What it is now.
        options: Of a choice: values and what they are called.
        low: Of a range: its ends, and whether each step to the right is a factor.
        high: See `low`.
        log: See `low`.
        group: Controls of one group stand together.
    """

    name: str
    kind: str
    label: str
    value: Any = None
    options: tuple[tuple[str, str], ...] = ()
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    group: str = ""


class Table(ABC):
    """A game that somebody plays.

    Args:
        wide: The page is wide: things stand side by side, else below each other.
        seed: Seed of all that is left to chance.
    """

    def __init__(self, wide: bool = True, seed: int | None = None) -> None:
        self.wide = wide
        self.random = np.random.default_rng(seed)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in scene units."""
        return (1040.0, 600.0) if self.wide else (400.0, 700.0)

    def parts(self) -> tuple[Box, Box]:
        """Return the boxes of the game and of what stands beside it."""
        box = Box(0.0, 0.0, *self.size).inset(16.0)
        if self.wide:
            first, second = box.columns([1.32, 1.0], 40.0)
        else:
            first, second = box.rows([1.32, 1.0], 20.0)
        return first, second

    @abstractmethod
    def draw(self) -> Sequence[Command]:
        """Return what the table looks like now."""

    @abstractmethod
    def text(self) -> str:
        """Return how things stand, in a sentence: what a screen reader says."""

    @abstractmethod
    def controls(self) -> tuple[Control, ...]:
        """Return what may be set."""

    @abstractmethod
    def point(self, x: float, y: float) -> None:
        """Take a click at a place in scene units."""

    @abstractmethod
    def key(self, name: str) -> None:
        """Take a key, as browsers call it."""

    @abstractmethod
    def put(self, name: str, value: Any) -> None:
        """Take a control's value; buttons have none."""

    def advance(self, seconds: float) -> bool:
        """Go on by itself for so long, and return whether anything has changed."""
        del seconds
        return False

    def frame(self) -> Frame:
        """Return what the table looks like now, as a frame."""
        return Frame(*self.size, tuple(self.draw()))


class Learner(Play):
    """Plays and learns without telling what a trace would keep: many thousand steps a second."""

    def row(self) -> dict[str, Any]:
        """Return nothing: nobody records."""
        return {}


def heading(box: Box, words: str, more: str = "") -> tuple[tuple[Command, ...], Box]:
    """Return a title at the top of a box, and what is left of it below."""
    commands: list[Command] = [label(box.x, box.y + 18, fitted(words, box.width, 18, True), 18, "ink", bold=True)]
    if more:
        commands.append(label(box.x, box.y + 40, fitted(more, box.width, 14), 14, "muted"))
    down = 52.0 if more else 32.0
    return tuple(commands), Box(box.x, box.y + down, box.width, max(1.0, box.height - down))
