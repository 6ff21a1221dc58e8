"""Seats: a page at a table, as long as its socket lasts.

The page sends keys, clicks in scene units, and values that were set; it gets words and frames, as panels do. What a table draws and how it
goes on is computed in a worker thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Sequence
from time import monotonic
from typing import Any, Protocol

import msgspec

from mlanimated.errors import MlaError
from mlanimated.studio.client import HEAD
from mlanimated.studio.drawing import Stage
from mlanimated.studio.hub import Hub
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.tables import GAMES, Control, Table

__all__ = ["serve", "table"]

MOST_TABLES = 32
MOST_WORDS = 4000
BEAT = 1 / 30
IDLE = 0.25


class Socket(Protocol):
    """What a table needs of a socket."""

    async def send_bytes(self, data: bytes) -> None: ...

    async def send_text(self, data: str) -> None: ...

    async def receive_text(self) -> str: ...


def table(game: str, *, wide: bool = True, seed: int | None = None) -> Table:
    """Return a new table of a game.

    Raises:
        Refusal: There is no such game.
    """
    if game not in GAMES:
        raise Refusal(404, f"There is no game {game[:40]!r}; there are {', '.join(GAMES)}.")
    from mlanimated.studio.table_boards import ConnectFourTable, TicTacToeTable
    from mlanimated.studio.table_catch import CatchTable
    from mlanimated.studio.table_grid import GridTable

    kinds: dict[str, type[Table]] = {
        "grid-world": GridTable,
        "connect-four": ConnectFourTable,
        "tic-tac-toe": TicTacToeTable,
        "catch": CatchTable,
    }
    return kinds[game](wide, seed)


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
