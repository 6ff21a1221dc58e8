"""Tables: games that are played in the browser, each at a table of its own that lasts as long as its socket.

The page sends keys, clicks in scene units, and values that were set; it gets words and frames, as panels do. What a table draws and how it
goes on is computed here, in a worker thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from time import monotonic
from typing import Any, Protocol

import msgspec
import numpy as np

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.draw.frame import Frame
from mlanimated.draw.text import fitted, label
from mlanimated.errors import MlaError
from mlanimated.learn.temporal_difference import Play
from mlanimated.studio.client import HEAD
from mlanimated.studio.drawing import Stage
from mlanimated.studio.hub import Hub
from mlanimated.studio.refusal import Refusal

__all__ = ["BUSY", "GAMES", "Control", "Learner", "Table", "heading", "serve", "table"]

GAMES = {
    "grid-world": (
        "Grid world",
        "table_grid:GridTable",
        "Edit the world while an agent learns it, and race it to the goal.",
    ),
    "connect-four": ("Connect Four", "table_boards:ConnectFourTable", "Against an agent that learned from self-play."),
    "tic-tac-toe": ("Tic Tac Toe", "table_boards:TicTacToeTable", "Against an agent that learned from self-play."),
    "catch": ("Catch", "table_catch:CatchTable", "Beside an agent that begins to learn when you begin to play."),
}
"""For each game its name, its table, and a line about it."""

MOST_TABLES = 32
MOST_WORDS = 4000
BEAT = 1 / 30
BUSY = 0.02
"""Seconds at the most that a table learns between two frames: the workers are everyone's."""
IDLE = 0.25


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


class Socket(Protocol):
    """What a table needs of a socket."""

    async def send_bytes(self, data: bytes) -> None: ...

    async def send_text(self, data: str) -> None: ...

    async def receive_text(self) -> str: ...


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


def table(game: str, *, wide: bool = True, seed: int | None = None) -> Table:
    """Return a new table of a game.

    Raises:
        Refusal: There is no such game.
    """
    if game not in GAMES:
        raise Refusal(404, f"There is no game {game[:40]!r}; there are {', '.join(GAMES)}.")
    module, _, name = GAMES[game][1].partition(":")
    return getattr(importlib.import_module(f"mlanimated.studio.{module}"), name)(wide, seed)


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


_taken = 0


async def serve(socket: Socket, game: str, wide: bool, hub: Hub) -> None:
    """Let a page play at a table until its socket closes."""
    global _taken  # noqa: PLW0603 (how many sit here now is one number)
    if _taken >= MOST_TABLES:
        await socket.send_text(msgspec.json.encode({"trouble": "All tables are taken: close another game."}).decode())
        return
    _taken += 1
    try:
        await _Seat(socket, await hub.work(lambda: table(game, wide=wide)), hub).play()
    except MlaError as error:
        await socket.send_text(msgspec.json.encode({"trouble": str(error)}).decode())
    finally:
        _taken -= 1


class _Said(msgspec.Struct, frozen=True):
    """What a page says: a click in scene units, a key, a control and its value, how wide it is, whether it is seen, a frame painted."""

    point: tuple[float, float] | None = None
    key: str | None = None
    put: tuple[str, Any] | None = None
    wide: bool | None = None
    visible: bool | None = None
    got: int | None = None


class _Seat:
    """One page at a table."""

    def __init__(self, socket: Socket, at: Table, hub: Hub) -> None:
        self._socket, self._table, self._hub = socket, at, hub
        self._stage = Stage()
        self._seen: int | None = None
        self._flying = 0
        self._heard: list[_Said] = []
        self._wake = asyncio.Event()
        self._known: dict[str, Any] = {}
        self._visible = True

    async def play(self) -> None:
        """Play until the socket closes."""
        listening = asyncio.create_task(self._listen())
        try:
            before, changed = monotonic(), True
            while not listening.done():
                heard, self._heard = self._heard, []
                now = monotonic()
                changed |= await self._hub.work(self._go_on, heard, min(0.25, now - before) if self._visible else 0.0)
                before = now
                if changed and self._flying < 2:
                    changed = False
                    await self._show()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT if self._visible else IDLE):
                        await self._wake.wait()
                self._wake.clear()
            listening.result()
        finally:
            listening.cancel()

    async def _listen(self) -> None:
        while True:
            text = await self._socket.receive_text()
            if len(text) > MOST_WORDS:
                return
            with contextlib.suppress(msgspec.MsgspecError, RecursionError):
                said = msgspec.json.decode(text, type=_Said)
                if said.got is not None:
                    self._flying = max(0, self._flying - 1)
                if said.visible is not None:
                    self._visible = said.visible
                if len(self._heard) < 100:
                    self._heard.append(said)
                    self._wake.set()

    def _go_on(self, heard: Sequence[_Said], seconds: float) -> bool:
        """Do what was said, and what goes on by itself."""
        heard = [said for said in heard if said.got is None]
        for said in heard:
            try:
                self._hear(said)
            except MlaError as error:
                self._told = str(error)
        return self._table.advance(seconds) or bool(heard)

    def _hear(self, said: _Said) -> None:
        if said.point is not None and all(map(math.isfinite, said.point)):
            self._table.point(*said.point)
        if said.key is not None:
            self._table.key(said.key)
        if said.put is not None:
            name, value = said.put
            control = next((each for each in self._table.controls() if each.name == name), None)
            if control is not None:
                self._table.put(name, _checked(control, value))
        if said.wide is not None:
            self._table.wide = said.wide

    _told = ""

    async def _show(self) -> None:
        def drawn() -> tuple[bytes, dict[str, Any]]:
            self._stage.take(self._table.frame(), None)
            said = {
                "text": self._table.text(),
                "trouble": self._told,
                "controls": [msgspec.to_builtins(control) for control in self._table.controls()],
            }
            return self._stage.message(self._seen), said

        message, said = await self._hub.work(drawn)
        self._told = ""
        new = {name: value for name, value in said.items() if self._known.get(name) != value}
        if new:
            self._known.update(new)
            await self._socket.send_text(msgspec.json.encode(new).decode())
        if message:
            self._seen = self._stage.number
            self._flying += 1
            await self._socket.send_bytes(HEAD.pack(0, 0, 0, math.nan) + message)


def _checked(control: Control, value: Any) -> Any:
    """Return a value that a control may have.

    Raises:
        Refusal: It may not have it.
    """
    if control.kind == "button":
        return None
    if control.kind == "switch":
        return bool(value)
    if control.kind == "choice":
        if value not in [option for option, _ in control.options]:
            raise Refusal(422, f"{control.label} has no {str(value)[:40]!r}.")
        return value
    if not isinstance(value, (int, float)) or not control.low <= value <= control.high:
        raise Refusal(422, f"{control.label} is a number from {control.low:g} to {control.high:g}.")
    return float(value)
