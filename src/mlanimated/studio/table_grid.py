"""The table of the grid world: edited by clicking while an agent learns it, and walked beside the agent."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import msgspec
import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Command, Group, Polyline, Rect
from mlanimated.draw.text import fitted, label, number
from mlanimated.errors import MlaError
from mlanimated.games.grid_world import GridWorld
from mlanimated.games.maps import MOVES, moved
from mlanimated.learn.temporal_difference import Args
from mlanimated.studio.tables import BUSY, Control, Learner, Table, heading
from mlanimated.views.cells import layout
from mlanimated.views.grid import Look, draw_grid
from mlanimated.views.numbers import Writing

__all__ = ["GridTable"]

KEYS = {"ArrowLeft": 0, "ArrowDown": 1, "ArrowRight": 2, "ArrowUp": 3}
TOOLS = (
    ("walk", "walk yourself"),
    ("wall", "build walls, or take them away"),
    ("reward", "set rewards"),
    ("start", "move the start"),
    ("goal", "move the goal"),
)
KEPT = 120
"""So many games are shown."""


class GridTable(Table):
    """A table of the grid world."""

    def __init__(self, wide: bool = True, seed: int | None = None) -> None:
        super().__init__(wide, seed)
        self.tool, self.reward, self.speed, self.learns = "walk", -1.0, 12.0, True
        self.rate = 0.2
        self.args = Args(
            task="grid world",
            method="q-learning",
            trace_decay=0.8,
            epsilon=0.1,
            optimism=1.0,
            episodes=1_000_000,
            seed=seed or 0,
        )
        self._begin(GridWorld())

    def _begin(self, world: GridWorld) -> None:
        """Forget everything, in a world."""
        self.world = world
        self.play = Learner(self.args, world)
        self.play.epsilon = self.args.epsilon
        self.lengths: deque[int] = deque(maxlen=KEPT)
        self.me, self.walked, self.mine = world.start, 0, list[int]()
        self.cursor = world.start
        self._owed = 0.0

    # What the player does.

    def point(self, x: float, y: float) -> None:
        """Use the tool on a cell; to walk means one step towards it."""
        board = layout(self.world.rows, self._box())
        column, row = int((x - board.left) // board.side), int((y - board.top) // board.side)
        if not (0 <= column < board.columns and 0 <= row < len(board.rows)):
            return
        cell = row * board.columns + column
        if self.tool != "walk":
            self.cursor = cell
            self._use(cell)
            return
        here = divmod(self.me, board.columns)
        down, right = row - here[0], column - here[1]
        if (down, right) != (0, 0):
            along = (0, int(math.copysign(1, right))) if abs(right) >= abs(down) else (int(math.copysign(1, down)), 0)
            self._walk(next(move for move, way in enumerate(MOVES) if tuple(way) == along))

    def key(self, name: str) -> None:
        """Walk by arrows; with another tool they move the mark, and Enter uses it."""
        if name in KEYS and self.tool == "walk":
            self._walk(KEYS[name])
        elif name in KEYS:
            after = moved(self.cursor, KEYS[name], *self.world.shape)
            self.cursor = self.cursor if after is None else after
        elif name in {"Enter", " "} and self.tool != "walk":
            self._use(self.cursor)
        elif name.isdecimal() and 1 <= int(name) <= len(TOOLS):
            self.tool = TOOLS[int(name) - 1][0]
        elif name == "p":
            self.learns = not self.learns
        elif name == "n":
            self.put("forget", None)

    def put(self, name: str, value: Any) -> None:
        """Set a control."""
        if name == "tool":
            self.tool = value
        elif name == "reward":
            self.reward = round(value, 2)
            self.tool = "reward"
        elif name == "speed":
            self.speed = value
        elif name == "learns":
            self.learns = value
        elif name == "rate":
            self.rate = value
        elif name == "epsilon":
            self.args = msgspec.structs.replace(self.args, epsilon=value)
            self.play.args, self.play.epsilon = self.args, value
        elif name == "method":
            self.args = msgspec.structs.replace(self.args, method=value)
            self.play.args = self.args
        elif name == "traces":
            self.args = msgspec.structs.replace(self.args, trace_decay=value)
            self.play.args = self.args
            self.play.eligibility.cut()
        elif name == "forget":
            self._begin(self.world)
        elif name == "whole":
            self._begin(GridWorld())

    def controls(self) -> tuple[Control, ...]:
        """Return the tools, and how the agent learns."""
        methods = tuple((each, each) for each in ("q-learning", "sarsa", "expected sarsa"))
        return (
            Control("tool", "choice", "Clicks", self.tool, TOOLS),
            Control("reward", "range", "Reward of a click", self.reward, low=-2.0, high=2.0),
            Control("learns", "switch", "The agent learns", self.learns),
            Control("speed", "range", "Steps a second", self.speed, low=1.0, high=10_000.0, log=True),
            Control("epsilon", "range", "Chance of a random move ε", self.args.epsilon, low=0.0, high=1.0),
            Control("rate", "range", "Learning rate α", self.rate, low=0.0, high=1.0),
            Control("traces", "range", "Traces λ", self.args.trace_decay, low=0.0, high=1.0),
            Control("method", "choice", "Learns by", self.args.method, methods),
            Control("forget", "button", "Forget all"),
            Control("whole", "button", "The first world"),
        )

    def _walk(self, move: int) -> None:
        """Take a step of the player's own."""
        if move not in self.world.legal(self.me):
            return
        step = self.world.step(self.me, move)
        self.me, self.walked = step.state, self.walked + 1
        if step.truncated:
            self.mine.append(self.walked)
            self.walked = 0

    def _use(self, cell: int) -> None:
        """Change the world; what was learned stays."""
        world = self.world
        if self.tool == "wall":
            world = world.with_wall(cell, not bool(world.walls[cell]))
        elif self.tool == "reward":
            if world.walls[cell]:
                raise MlaError("A wall has no reward: nobody leaves it.")
            world = world.with_reward(cell, 0.0 if world.rewards[cell] == self.reward else self.reward)
        elif self.tool == "start":
            world = world.with_start(cell)
        elif self.tool == "goal":
            world = world.with_goal(cell)
        self._live_in(world)

    def _live_in(self, world: GridWorld) -> None:
        """Go on in another world of the same size, knowing what is known."""
        before, self.world = self.play, world
        self.play = Learner(self.args, world)
        for table, known in zip(self.play.tables, before.tables, strict=True):
            both = np.isfinite(table) & np.isfinite(known)
            table[both] = known[both]
        self.play.random, self.play.epsilon = before.random, before.epsilon
        self.play.steps, self.play.episode = before.steps, before.episode
        inside = not world.walls[before.place]
        self.play.place, self.play.length = (before.place, before.length) if inside else (world.start, 0)
        if world.walls[self.me]:
            self.me, self.walked = world.start, 0

    def advance(self, seconds: float) -> bool:
        """Let the agent walk and learn."""
        if not self.learns:
            return False
        self._owed += seconds * self.speed
        until = perf_counter() + BUSY
        begun = self.play.steps
        while self._owed >= 1.0:
            self._owed -= 1.0
            length = self.play.step(self.rate).get("length")
            if length is not None:
                self.lengths.append(int(length))
            if perf_counter() > until:
                self._owed = 0.0
        return self.play.steps > begun

    # What is seen.

    def text(self) -> str:
        """Return how the agent and the player fare."""
        shortest = (self.world.shortest() or 0) + 1
        if self.tool != "walk":
            row, column = divmod(self.cursor, self.world.shape[1])
            return f"Click cells, or arrows and Enter: the mark is at row {row + 1}, column {column + 1}."
        best = f" Your best: {min(self.mine)} steps." if self.mine else ""
        return f"Walk with the arrow keys, from S over the goal: {shortest} steps at least.{best}"

    def _box(self) -> Box:
        return self.parts()[0]

    def draw(self) -> Sequence[Command]:
        """Return the world, and how long the last games were."""
        left, right = self.parts()
        board = layout(self.world.rows, left)
        q = self.play.q
        best = np.where(np.isfinite(q), q, -np.inf).max(axis=1)
        values = np.where(np.isfinite(best), best, np.nan)
        high = max(1e-6, float(np.nanmax(np.abs(values))))
        low = -high if float(np.nanmin(values)) < -0.02 * high else 0.0
        row, column = divmod(self.play.place, board.columns)
        look = Look(
            shown=values,
            told=values,
            limits=(low, high),
            writing=Writing(2, 5),
            policy=_best_moves(q),
            glow=np.sqrt(np.clip(self.play.eligibility.values.max(axis=1), 0.0, 1.0))
            if self.args.trace_decay
            else None,
            rewards=np.array(self.world.rewards) if board.side >= 44 else None,  # on a phone they are dots
            players=((column + 0.5, row + 0.5, 1.0),),
        )
        shown: list[Command] = [Group(draw_grid(board, look), key="world")]
        for cell, reward in enumerate(self.world.rewards if board.side < 44 else ()):
            if reward:
                x, y = board.corner(cell)
                shown.append(Circle(x + 0.84 * board.side, y + 0.18 * board.side, 3.0, "good" if reward > 0 else "bad"))
        x, y = board.middle(self.me)
        ring = round(board.side * 0.36, 2)
        me = (Circle(0, 0, ring, None, "ground", 6.0), Circle(0, 0, ring, None, "series-2", 3.0))
        shown.append(Group(me, key="me", x=round(x, 2), y=round(y, 2)))
        if self.tool != "walk":
            x, y = board.corner(self.cursor)
            shown.append(
                Group((Rect(1, 1, board.side - 2, board.side - 2, None, "accent", 3.0, 6.0),), key="mark", x=x, y=y)
            )
        return [*shown, *self._beside(right)]

    def _beside(self, box: Box) -> list[Command]:
        """Return the numbers and the curve of the games."""
        words, rest = heading(box, "Steps of each game", "each point a game of the agent's, on a logarithmic axis")
        shown: list[Command] = [Group(words, key="heading")]
        chart = Box(rest.x + 40, rest.y, rest.width - 40, max(60.0, rest.height * (0.5 if self.wide else 0.46)))
        least = (self.world.shortest() or 0) + 1
        top = math.log(1000.0 / min(least, 900))
        lines: list[Command] = []
        for value in (least, *(each for each in (10, 30, 100, 300, 1000) if each > 1.4 * least)):
            y = round(chart.bottom - chart.height * math.log(value / least) / top, 1)
            lines.append(Polyline((chart.x, y, chart.right, y), "accent" if value == least else "faint", 1.0))
            lines.append(label(chart.x - 8, y + 5, number(value, 0), 14, "muted", "end"))
        shown.append(Group(tuple(lines), key="axis"))
        wide = chart.width / max(1, KEPT - 1)
        for index, length in enumerate(self.lengths):
            y = chart.bottom - chart.height * math.log(max(length, least) / least) / top
            shown.append(Circle(round(chart.x + wide * index, 1), round(max(chart.y, y), 1), 2.5, "series-1"))
        told = (
            f"The shortest game has {least} steps.",
            f"The agent: game {number(self.play.episode + 1, 0)}, step {number(self.play.steps, 0)}.",
            f"Its last game: {self.lengths[-1]} steps." if self.lengths else "Its first game has not ended.",
            f"You (the ring): step {self.walked}" + (f", best game {min(self.mine)}." if self.mine else "."),
        )
        for index, line in enumerate(told):
            y = chart.bottom + 38 + 26 * index
            shown.append(label(box.x, y, fitted(line, box.width, 16), 16, "muted" if index == 0 else "ink"))
        return shown


def _best_moves(q: Any) -> Any:
    """Return the chance of each move of a greedy player, (cells, 4); nothing where all are worth the same."""
    worth = np.where(np.isfinite(q), q, -np.inf)
    high = worth.max(axis=1, keepdims=True)
    low = np.where(np.isfinite(worth), worth, np.inf).min(axis=1, keepdims=True)
    best = (worth >= high - 1e-9) & (high > low)
    return best / np.maximum(1, best.sum(axis=1, keepdims=True))
