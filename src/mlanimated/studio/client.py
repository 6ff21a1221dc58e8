"""Client: one browser page on the other end of a socket: what it looks at, what it has, and what it may still be sent.

It says, as JSON:

    {"watch": {"runs": […], "align": "step", "panels": {"0": {"panel": {…}, "width": 640}}, "at": null, "number": 3}}
    {"at": 120}            another step; null follows the last one
    {"got": 0}             the frame of a panel was painted
    {"list": true, "seen": 7}  tell me of runs that come, change and go; I show the list as it was after that many changes
    {"rows": ["a", …]}     send me the list's rows of these runs
    {"cells": true}        tell me of cells that change

and hears JSON (`state`, `info`, `trouble`, `runs`, `old`: the list is no longer that, `cells`) and frames: 16 bytes (panel
uint16, 0 uint16, number of the watch uint32, step float64), then a message of `render/pack.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol, cast

import msgspec

from mlanimated.errors import MlaError
from mlanimated.studio.drawing import Look, Stage
from mlanimated.studio.hub import Hub
from mlanimated.studio.panels import WIDTHS, Panel
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.runs import Run

__all__ = ["Client", "Socket"]

MOST_RUNS = 8
MOST_PANELS = 60
MOST_IN_FLIGHT = 2
"""Frames of a panel that may be on the way: one is painted while the next travels."""

MOST_WORDS = 1 << 18
ROWS_AT_ONCE = 40
HEAD = struct.Struct("<HHId")


class Socket(Protocol):
    """What a client needs of a WebSocket."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a frame."""
        ...

    async def send_text(self, data: str) -> None:
        """Send words."""
        ...

    async def receive_text(self) -> str:
        """Wait for words; raises when the socket is closed."""
        ...


class _Seat(NamedTuple):
    """A panel of a client."""

    look: Look
    own: Stage


class Client:
    """One page.

    Args:
        hub: Where the news comes from.
        socket: Its socket.
        rows: Gives the list's rows of some runs as HTML by id, "" for one that has gone; for a worker thread.
    """

    def __init__(self, hub: Hub, socket: Socket, rows: Callable[[set[str]], dict[str, str]]) -> None:
        self.runs: frozenset[str] = frozenset()
        self.lists = self.wants_cells = False
        self._hub, self._socket, self._rows = hub, socket, rows
        self._open: tuple[Run, ...] = ()
        self._seats: dict[int, _Seat] = {}
        self._seen: dict[int, tuple[Stage, int]] = {}
        self._painted: set[int] = set()
        self._flying: dict[int, int] = {}
        self._due: set[int] = set()
        self._at: float | None = None
        self._number = 0
        self._known: dict[str, Any] = {}
        self._changed: set[str] = set()
        self._topics: set[str] = set()
        self._asks: dict[str, Any] | None = None
        self._state_due = False
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def serve(self) -> None:
        """Listen and send until the socket is closed."""
        self._hub.enter(self)
        try:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if not task.cancelled():
                    task.exception()  # a socket that closes is no fault
        finally:
            self._hub.leave(self)
            self.end()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def end(self) -> None:
        """Let the client go."""
        for task in self._tasks:
            task.cancel()

    # What the hub says.

    def news(self, run: str) -> None:
        """Take note that something was recorded in a run: all its panels may be out of date."""
        del run
        self._due |= set(self._seats)
        self._state_due = True
        self._wake.set()

    def listed(self, changed: set[str]) -> None:
        """Take note that runs came, changed or went."""
        if self.lists:
            self._changed |= changed
            self._wake.set()

    def told(self, topic: str) -> None:
        """Take note of anything else."""
        if topic == "cells" and self.wants_cells:
            self._topics.add(topic)
            self._wake.set()

    # What the page says.

    async def _listen(self) -> None:
        while True:
            text = await self._socket.receive_text()
            if len(text) > MOST_WORDS:
                return
            with contextlib.suppress(ValueError):
                said = msgspec.json.decode(text)
                if isinstance(said, dict):
                    self._hear(cast("dict[str, Any]", said))

    def _hear(self, said: dict[str, Any]) -> None:
        got = said.get("got")
        if isinstance(got, int) and self._flying.get(got, 0) > 0:
            self._flying[got] -= 1
        if isinstance(said.get("watch"), dict):
            self._asks = said["watch"]
        if "at" in said:
            self._at = _step(said["at"])
            self._due |= set(self._seats)
            self._state_due = True
        rows = said.get("rows")
        if isinstance(rows, list):
            self._changed |= {run for run in cast("list[Any]", rows) if isinstance(run, str)}
        self.lists = bool(said.get("list", self.lists))
        if self.lists and "seen" in said and said["seen"] != self._hub.listing:
            self._topics.add("old")
        self.wants_cells = bool(said.get("cells", self.wants_cells))
        if self.wants_cells and "cells" in said:
            self._topics.add("cells")  # from here on no change is missed: what the page asks for now is whole
        self._wake.set()

    # What is sent.

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._asks is not None:
                asks, self._asks = self._asks, None
                await self._turn_to(asks)
            if self._state_due:
                self._state_due = False
                await self._send_state()
            if self._changed:
                changed = set(sorted(self._changed)[:ROWS_AT_ONCE])
                self._changed -= changed
                await self._say(runs=await self._hub.work(self._rows, changed))
                if self._changed:
                    self._wake.set()
            if self._topics:
                topics, self._topics = self._topics, set()
                await self._say(**dict.fromkeys(topics, True))
            await self._send_frames()

    async def _turn_to(self, asks: dict[str, Any]) -> None:
        """Look at something else."""
        try:
            runs, seats = await self._hub.work(self._read, asks)
        except Refusal as refusal:
            await self._say(trouble=str(refusal), status=refusal.status, number=asks.get("number"))
            return
        self._open, self.runs = runs, frozenset(run.id for run in runs)
        number = asks.get("number")
        self._number = number if isinstance(number, int) and 0 <= number < 1 << 32 else 0
        self._at = _step(asks.get("at"))
        # A panel that stays keeps its stage; one that is new begins with the whole.
        self._seats = {
            index: before
            if (before := self._seats.get(index)) is not None and before.look == look
            else _Seat(look, Stage())
            for index, look in seats.items()
        }
        self._seen = {index: seen for index, seen in self._seen.items() if index in self._seats}
        self._flying = {index: self._flying.get(index, 0) for index in self._seats}
        self._painted &= set(self._seats)
        self._due = set(self._seats)
        self._known = {}
        self._state_due = True

    def _read(self, asks: dict[str, Any]) -> tuple[tuple[Run, ...], dict[int, Look]]:
        """Return what a page asks for, checked."""
        names: Any = asks.get("runs")
        if not isinstance(names, list) or not 1 <= len(cast("list[Any]", names)) <= MOST_RUNS:
            raise Refusal(422, f"Name 1 to {MOST_RUNS} runs.")
        ids = tuple(dict.fromkeys(str(name) for name in cast("list[Any]", names)))
        runs = tuple(self._hub.runs.fresh(name) for name in ids)
        align = str(asks.get("align") or "step")
        if align not in {"step", "progress"} and not all(align in run.trace.names for run in runs):
            raise Refusal(
                422, f"Runs are aligned by step, progress, or a series of all of them, not by {align[:60]!r}."
            )
        asked: Any = asks.get("panels") or {}
        if not isinstance(asked, dict) or len(cast("dict[str, Any]", asked)) > MOST_PANELS:
            raise Refusal(422, f"At most {MOST_PANELS} panels are shown.")
        looks: dict[int, Look] = {}
        for index, wanted in cast("dict[str, Any]", asked).items():
            if not index.isdecimal() or not int(index) < 1 << 16 or not isinstance(wanted, dict):
                raise Refusal(422, "Panels are numbered from 0 to 65535.")
            given = cast("dict[str, Any]", wanted)
            width = given.get("width")
            if width not in WIDTHS:
                raise Refusal(422, f"A panel is {', '.join(map(str, WIDTHS))} units wide.")
            looks[int(index)] = Look(ids, align, Panel.checked(given.get("panel")), int(width))
        return runs, looks

    async def _send_state(self) -> None:
        if not self._open:
            return
        state, info = await self._hub.described(self._open)
        await self._socket.send_text(state)
        new = {run: about for run, about in info.items() if self._known.get(run) is not about}
        if new:
            self._known = info
            await self._say(info=new)

    async def _send_frames(self) -> None:
        """Send each panel that is out of date and may be sent, in the order of their numbers."""
        for index in sorted(self._due):
            seat = self._seats.get(index)
            if seat is None:
                self._due.discard(index)
                continue
            if self._flying.get(index, 0) >= MOST_IN_FLIGHT or self._asks is not None:
                continue  # it stays out of date until the page has painted
            self._due.discard(index)
            at, number = self._at, self._number
            stage = self._hub.stage(seat.look) if at is None else seat.own
            before = self._seen.get(index)
            seen = None if index not in self._painted else before[1] if before and before[0] is stage else 0
            try:
                shown, message = await self._hub.brought(seat.look, self._open, at, stage, seen)
            except MlaError as error:
                await self._say(trouble=str(error))
                continue
            if self._seats.get(index) is not seat:
                continue
            self._seen[index] = stage, shown
            if not message:
                continue
            self._painted.add(index)
            self._flying[index] = self._flying.get(index, 0) + 1
            head = HEAD.pack(index, 0, number, math.nan if at is None else at)
            await self._socket.send_bytes(head + message)

    def _say(self, **words: Any) -> Awaitable[None]:
        return self._socket.send_text(msgspec.json.encode(words).decode())


def _step(value: Any) -> float | None:
    """Return a step that a page names; None for the last."""
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < 1 << 63
    ):
        return float(value)
    return None
