"""Hub: who looks at what, and who is told when something changes.

It lives on the event loop. Traces are read and panels drawn by worker threads; the loop itself only waits and sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import msgspec

from mlanimated.errors import MlaError
from mlanimated.studio.description import described
from mlanimated.studio.drawing import Artist, Look, Stage
from mlanimated.studio.folder import Folder, escaped, signature
from mlanimated.studio.runs import Run, Runs
from mlanimated.trace.doorbell import DOORBELL

__all__ = ["Hub", "Listener"]

WATCH_SECONDS = 0.05
"""How often the files of runs that are looked at are checked; the doorbell is quicker."""

LOOK_SECONDS = 0.5
"""How often the folder is looked through while anybody watches."""

MOST_STAGES = 256
MOST_STATES = 64

Answer = TypeVar("Answer")


class Listener(Protocol):
    """Who is told: a page on the other end of a socket."""

    @property
    def runs(self) -> frozenset[str]:
        """Ids of the runs that it looks at."""
        ...

    @property
    def lists(self) -> bool:
        """Whether it shows the list of runs."""
        ...

    def news(self, run: str) -> None:
        """Something was recorded in a run."""
        ...

    def listed(self, changed: set[str]) -> None:
        """Runs came, changed or went."""
        ...

    def told(self, topic: str) -> None:
        """Something else has changed."""
        ...

    def end(self) -> None:
        """The studio closes."""
        ...


class Hub:
    """Tells clients what is new.

    Args:
        folder: Where the runs are.
        runs: Those that are open.
    """

    def __init__(self, folder: Folder, runs: Runs) -> None:
        self.folder, self.runs = folder, runs
        self.artist = Artist()
        self.clients: set[Listener] = set()
        self.drawn = 0
        self.listing = 0
        """How often runs have come, changed or gone."""
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mla-studio")
        self._stages: OrderedDict[Look, Stage] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []
        self._bell: asyncio.DatagramTransport | None = None
        self._key = secrets.token_hex(8)
        self._port = 0
        self._rung: set[str] = set()
        self._reading: set[str] = set()
        self._told: dict[str, int] = {}
        self._drawing: dict[Stage, asyncio.Future[tuple[int, bytes]]] = {}
        self._states: OrderedDict[object, asyncio.Future[tuple[str, dict[str, Any]]]] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            self._bell, _ = await self._loop.create_datagram_endpoint(
                lambda: _Bell(self._ring), local_addr=("127.0.0.1", 0)
            )
            self._port = self._bell.get_extra_info("sockname")[1]
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._look_through())]

    async def stop(self) -> None:
        """Stop listening, and close all that is open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in list(self.clients):
            client.end()
        self._unhang()
        if self._bell is not None:
            self._bell.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def work(self, task: Callable[..., Answer], *arguments: Any) -> Answer:
        """Have a worker thread do something."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, task, *arguments)

    async def described(self, runs: tuple[Run, ...]) -> tuple[str, dict[str, Any]]:
        """Return the state of some runs as a message, and their info by id: worked out once for all who look at the same."""
        key = tuple((run.id, run.generation) for run in runs)
        made = self._states.get(key)
        if made is None:
            made = self._states[key] = asyncio.ensure_future(self.work(_told, runs))
            made.add_done_callback(
                lambda done: self._states.pop(key, None) if done.cancelled() or done.exception() else None
            )
            while len(self._states) > MOST_STATES:
                self._states.popitem(last=False)
        return await asyncio.shield(made)

    def begin(self, task: Callable[[], object]) -> None:
        """Have a worker thread do something that nobody waits for."""
        self._pool.submit(task)

    def enter(self, client: Listener) -> None:
        """Take a client in; with the first one the doorbell is hung up."""
        self.clients.add(client)
        if len(self.clients) == 1:
            self._hang()

    def leave(self, client: Listener) -> None:
        """Let a client go."""
        self.clients.discard(client)
        if not self.clients:
            self._unhang()

    def told(self, topic: str) -> None:
        """Tell all clients, from any thread, that something other than a run has changed: "cells" or "runs"."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it is being closed
                loop.call_soon_threadsafe(self._tell, topic)

    def wrote(self, run: str) -> None:
        """Look at a run again, from any thread: something was recorded."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._hear, run)

    async def brought(
        self, look: Look, runs: Sequence[Run], at: float | None, stage: Stage, seen: int | None
    ) -> tuple[int, bytes]:
        """Do what `draw` does: at once where the stage has its frame already, after whoever draws it now, or by a worker thread.

        To ask a thread costs a few milliseconds when others are busy, and ten pages that follow the same need it once.
        """
        drawing = self._drawing.get(stage)
        if drawing is not None:
            await asyncio.wait([drawing])
        if stage.stamp is not None and stage.lock.acquire(blocking=False):
            try:
                if stage.stamp == self.artist.stamp(look, runs, at) and stage.ready(seen):
                    return stage.number, stage.message(seen)
            finally:
                stage.lock.release()
        task = asyncio.ensure_future(self.work(self.draw, look, runs, at, stage, seen))
        self._drawing[stage] = task
        try:
            return await task
        finally:
            if self._drawing.get(stage) is task:
                del self._drawing[stage]

    def draw(
        self, look: Look, runs: Sequence[Run], at: float | None, stage: Stage, seen: int | None
    ) -> tuple[int, bytes]:
        """Bring a stage to a moment and return its number and what its receiver lacks. For worker threads.

        Args:
            look: What is looked at.
            runs: Its runs.
            at: The step, or None for the last.
            stage: Where it is packed.
            seen: The last frame that the receiver has, as for `Stage.message`.
        """
        with stage.lock:
            stamp = self.artist.stamp(look, runs, at)
            if stage.stamp != stamp:
                stage.take(self.artist.frame(look, runs, at), stamp)
                self.drawn += 1
            return stage.number, stage.message(seen)

    def stage(self, look: Look) -> Stage:
        """Return the stage that all share who follow the same."""
        stage = self._stages.get(look)
        if stage is None:
            stage = self._stages[look] = Stage()
        self._stages.move_to_end(look)
        while len(self._stages) > MOST_STAGES:
            self._stages.popitem(last=False)
        return stage

    # The doorbell.

    def _hang(self) -> None:
        if self._bell is None:
            return
        with contextlib.suppress(OSError):  # a folder that cannot be written to is watched instead
            place = self.folder.root / DOORBELL
            place.write_text(f"{self._port} {self._key}", encoding="ascii")

    def _unhang(self) -> None:
        place = self.folder.root / DOORBELL
        with contextlib.suppress(OSError):
            if place.read_text(encoding="ascii").endswith(self._key):
                place.unlink()

    def _ring(self, data: bytes) -> None:
        key, _, name = data.partition(b" ")
        if hmac.compare_digest(key, self._key.encode()) and len(name) < 1000:
            self._hear(escaped(name.decode("utf-8", "replace").removesuffix(".mla")))

    def _hear(self, run: str) -> None:
        self._rung.add(run)
        if run not in self._reading and any(run in client.runs for client in self.clients):
            self._reading.add(run)
            task = asyncio.create_task(self._read(run))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _read(self, run: str) -> None:
        """Read what is new of a run, as long as more comes, and wake who looks at it."""
        try:
            while run in self._rung:
                self._rung.discard(run)
                with contextlib.suppress(MlaError):
                    found = await self.work(self._refreshed, run)
                    if self._told.get(run) != found.generation:  # whoever has read it
                        self._told[run] = found.generation
                        for client in list(self.clients):
                            if run in client.runs:
                                client.news(run)
        finally:
            self._reading.discard(run)

    def _refreshed(self, run: str) -> Run:
        found = self.runs.get(run)
        found.refresh()
        return found

    # The files.

    async def _watch(self) -> None:
        """Look at the files of the runs that are looked at."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            watched = {run for client in self.clients for run in client.runs}
            for run in self.runs.open:
                if run.id in watched and (
                    signature(run.path) != run.signature or self._told.get(run.id) != run.generation
                ):
                    self._hear(run.id)
            self._told = {run: generation for run, generation in self._told.items() if run in watched}

    async def _look_through(self) -> None:
        """Look for traces that came, went or changed."""
        before: dict[str, Any] = {}
        clock = 0.0
        while True:
            await asyncio.sleep(LOOK_SECONDS if self.clients else 4 * LOOK_SECONDS)
            if not any(client.lists for client in self.clients) and time.monotonic() - clock < 2.0:
                continue
            clock = time.monotonic()
            found = await self.work(self.folder.look)
            now = {run: each.signature for run, each in found.items()}
            if now != before:
                changed = {run for run in {*now, *before} if now.get(run) != before.get(run)}
                before = now
                self.listing += 1
                for client in list(self.clients):
                    client.listed(changed)

    def _tell(self, topic: str) -> None:
        for client in list(self.clients):
            client.told(topic)


def _told(runs: tuple[Run, ...]) -> tuple[str, dict[str, Any]]:
    state, info = described(runs)
    return msgspec.json.encode({"state": state}).decode(), info


class _Bell(asyncio.DatagramProtocol):
    """Hears the doorbell."""

    def __init__(self, ring: Callable[[bytes], None]) -> None:
        self._ring = ring

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Pass a ring on."""
        del addr
        self._ring(data)
