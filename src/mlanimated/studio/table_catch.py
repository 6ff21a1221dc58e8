"""The table of Catch: the same fruit falls for the player and for an agent that begins to learn when the player sits down."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Rect
from mlanimated.draw.text import fitted, label, number
from mlanimated.games.catch import LEFT, RIGHT, STAY, Catch, State
from mlanimated.games.model import Step
from mlanimated.learn.temporal_difference import Args
from mlanimated.studio.tables import BUSY, Control, Learner, Table, heading
from mlanimated.views.catch_board import draw_catch

__all__ = ["CatchTable", "Numbered"]

KEYS = {"ArrowLeft": LEFT, "ArrowDown": STAY, " ": STAY, "ArrowRight": RIGHT}
PAUSE = 0.8
"""Seconds that the end of a game is shown."""


class Numbered:
    """Catch as a game whose states are numbers, for tables.

    Args:
        game: The rules.
        random: Draws where games begin.
    """

    def __init__(self, game: Catch, random: np.random.Generator) -> None:
        self.game, self._random = game, random
        self._wide = game.size - 2

    @property
    def states(self) -> int:
        """Every place of the fruit with every place of the basket."""
        return self.game.size * self.game.size * self._wide

    @property
    def actions(self) -> int:
        """Three."""
        return self.game.actions

    @property
    def start(self) -> int:
        """Where a game begins: another one each time."""
        return self.number(self.game.begin(self._random))

    def number(self, state: State) -> int:
        """Return the number of a state."""
        return (state.row * self.game.size + state.fruit) * self._wide + state.basket - 1

    def state(self, number: int) -> State:
        """Return the state of a number."""
        place, basket = divmod(number, self._wide)
        return State(*divmod(place, self.game.size), basket + 1)

    def legal(self, state: int) -> tuple[int, ...]:
        """Return the actions; all of them while the fruit falls."""
        return self.game.legal(self.state(state))

    def step(self, state: int, action: int, random: np.random.Generator | None = None) -> Step:
        """Take a step."""
        del random
        move = self.game.step(self.state(state), action)
        return Step(self.number(move.state), move.reward, move.terminated)


class CatchTable(Table):
    """A table of Catch."""

    def __init__(self, wide: bool = True, seed: int | None = None) -> None:
        super().__init__(wide, seed)
        self.game = Catch()
        self.numbered = Numbered(self.game, self.random)
        self.tempo, self.games_a_second, self.learns = 3.0, 20.0, True
        self._forget()
        self._begin()

    def _forget(self) -> None:
        args = Args(learning_rate=0.3, gamma=0.9, epsilon=0.2, episodes=10_000_000)
        self.play = Learner(args, self.numbered)  # pyright: ignore[reportArgumentType]
        self.play.epsilon = 0.2
        self.caught = {"you": [0, 0], "agent": [0, 0]}

    def _begin(self) -> None:
        self.mine = self.its = self.game.begin(self.random)
        self._owed = self._learns_owed = 0.0
        self._wish = STAY
        self._ended = 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in scene units."""
        return (1040.0, 580.0) if self.wide else (400.0, 860.0)

    def point(self, x: float, y: float) -> None:
        """Go to the side of the basket that was clicked."""
        del y
        box = self._boxes()[0]
        cell = min(box.width, box.height) / self.game.size
        middle = box.centre[0] + cell * (self.mine.basket + 0.5 - self.game.size / 2)
        self._wish = LEFT if x < middle - cell / 2 else RIGHT if x > middle + cell / 2 else STAY

    def key(self, name: str) -> None:
        """Go left or right by arrows."""
        if name in KEYS:
            self._wish = KEYS[name]
        elif name == "n":
            self._begin()

    def put(self, name: str, value: Any) -> None:
        """Set a control."""
        if name == "tempo":
            self.tempo = value
        elif name == "learns":
            self.learns = value
        elif name == "speed":
            self.games_a_second = value
        elif name == "forget":
            self._forget()
            self._begin()

    def controls(self) -> tuple[Control, ...]:
        """Return how fast fruits fall and how fast the agent learns."""
        return (
            Control("tempo", "range", "Rows a second", self.tempo, low=1.0, high=10.0),
            Control("learns", "switch", "The agent learns", self.learns),
            Control(
                "speed",
                "range",
                "Games a second that it practises",
                self.games_a_second,
                low=1.0,
                high=2000.0,
                log=True,
            ),
            Control("forget", "button", "Begin anew"),
        )

    def advance(self, seconds: float) -> bool:
        """Let the fruits fall, and the agent practise."""
        if self.learns:
            self._learns_owed += seconds * self.games_a_second
            until = perf_counter() + BUSY
            while self._learns_owed >= 1.0:
                self._learns_owed -= self.play.step(0.3).get("length", 0) > 0
                if perf_counter() > until:
                    self._learns_owed = 0.0
        if self._ended > 0.0:
            self._ended -= seconds
            if self._ended <= 0.0:
                self._begin()
            return True
        self._owed += seconds * self.tempo
        if self._owed < 1.0:
            return self.learns
        self._owed -= 1.0
        move = self.game.step(self.mine, self._wish)
        reply = self.game.step(self.its, int(np.argmax(self._worth())))
        self.mine, self.its, self._wish = move.state, reply.state, STAY
        if move.terminated:
            for who, reward in (("you", move.reward), ("agent", reply.reward)):
                self.caught[who][0] += reward > 0
                self.caught[who][1] += 1
            self._ended = PAUSE
        return True

    def _worth(self) -> Any:
        """Return what the agent believes each action to be worth where it is."""
        return self.play.q[self.numbered.number(self.its)]

    def text(self) -> str:
        """Return the score."""
        mine, its = self.caught["you"], self.caught["agent"]
        return f"Left and right move the basket. You caught {mine[0]} of {mine[1]}, the agent {its[0]} of {its[1]}."

    def _boxes(self) -> tuple[Box, Box]:
        box = Box(0.0, 0.0, *self.size).inset(16.0)
        parts = box.columns([1.0, 1.0], 40.0) if self.wide else box.rows([1.0, 1.0], 16.0)
        foot = 64.0
        return tuple(Box(part.x, part.y + 36, part.width, part.height - 36 - foot) for part in parts)  # pyright: ignore[reportReturnType]

    def draw(self) -> Sequence[Command]:
        """Return both boards, and what the agent believes."""
        shown: list[Command] = []
        worth = self._worth()
        # Between two steps the fruit falls on, but not into the last row: whether it is caught is not known before the step.
        fallen = 0.0 if self._ended > 0.0 or self.mine.row >= self.game.size - 2 else min(1.0, self._owed)
        for who, name, state, box in zip(
            ("you", "agent"), ("You", "The agent"), (self.mine, self.its), self._boxes(), strict=True
        ):
            head = Box(box.x, box.y - 36, box.width, 36)
            caught, all_of = self.caught[who]
            words, _ = heading(head, f"{name}: {caught} of {all_of} caught")
            shown.append(Group(words, key=f"{who} heading"))
            shown.append(
                Group(
                    draw_catch(
                        min(state.row + fallen, self.game.size - 1), state.fruit, state.basket, self.game.size, box
                    ),
                    key=who,
                )
            )
        box = self._boxes()[1]
        told = f"After {number(self.play.episode, 0)} games of practice it believes each move to be worth:"
        shown.append(label(box.x, box.bottom + 26, fitted(told, box.width, 14), 14, "muted"))
        finite = bool(np.isfinite(worth).all())
        best = int(np.argmax(worth)) if finite and np.ptp(worth) > 1e-9 else -1
        for index, (name, part) in enumerate(zip(("left", "stay", "right"), box.columns([1, 1, 1], 16), strict=True)):
            value = float(worth[index]) if finite else 0.0
            colour = "accent" if index == best else "muted"
            long = part.width * min(1.0, max(0.0, (value + 1.0) / 2.0))
            shown.append(Rect(part.x, box.bottom + 38, part.width, 6, "faint", radius=3))
            shown.append(Group((Rect(part.x, box.bottom + 38, round(long, 1), 6, colour, radius=3),), key=name))
            shown.append(label(part.x, box.bottom + 62, f"{name} {number(value, 2)}", 14, colour))
        return shown
