"""Runs: the traces that are looked at, each open once, with a generation that grows whenever something was recorded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from mlanimated.errors import MlaError
from mlanimated.studio.folder import Folder, Signature, signature, spoken
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.window import Window
from mlanimated.trace import Control, Remote, Trace

__all__ = ["Run", "Runs"]

MOST_OPEN = 48
MEMORY = 48 << 20


class Run:
    """A trace that is looked at.

    Args:
        run: Its id.
        path: Its file.

    Attributes:
        lock: Held by whoever refreshes it or draws from it.
        generation: Grows whenever something was recorded, or the file was replaced.
        trouble: Why it cannot be read now, in one line; "" when it can.
        signature: What the file was like when it was last read.
    """

    def __init__(self, run: str, path: Path) -> None:
        self.id, self.path = run, path
        self.lock = threading.RLock()
        self.generation = 1
        self.trouble = ""
        self.signature: Signature = signature(path)
        self.trace = Trace.open(path, memory=MEMORY)
        self._read = (self.trace.version, self.trace.identity)
        self.controls: dict[str, Control] = self.trace.controls
        self.checkpoints: tuple[int, ...] = self.trace.checkpoints
        self._windows: OrderedDict[tuple[float, float], Window] = OrderedDict()

    @property
    def name(self) -> str:
        """What it is called on the screen."""
        return spoken(self.id)

    def refresh(self) -> bool:
        """Read what is new, and return whether anything is."""
        with self.lock:
            before = self.generation
            self.signature = signature(self.path)
            try:
                self.trace.refresh()
                # Not what refresh returns: a drawing that meets a rewritten chunk reads anew by itself.
                now = (self.trace.version, self.trace.identity)
                if now != self._read or self.trouble:
                    self._read = now
                    self.generation += 1
                    self.controls = self.trace.controls
                    self.checkpoints = self.trace.checkpoints
                    self.trouble = ""
            except MlaError as error:
                told = (
                    "The recording was deleted."
                    if not self.signature
                    else str(error).replace(str(self.path), self.name)
                )
                if told != self.trouble:
                    self.trouble = told
                    self.generation += 1
            return self.generation != before

    def window(self, start: float | None, stop: float | None) -> Trace:
        """Return the trace, or the part of it between two steps, as views take it."""
        if start is None or stop is None:
            return self.trace
        made = self._windows.get((start, stop))
        if made is None:
            made = self._windows[start, stop] = Window(self.trace, start, stop)
        self._windows.move_to_end((start, stop))
        while len(self._windows) > 8:
            self._windows.popitem(last=False)
        return made.as_trace()

    def remote(self) -> Remote:
        """Return commands for its training.

        Raises:
            Refusal: It has ended.
        """
        try:
            return Remote(self.path)
        except MlaError as error:
            raise Refusal(409, str(error).replace(str(self.path), self.name)) from None


class Runs:
    """The runs that are open, the least used of them closed when there are many.

    Args:
        folder: Where they are.
        opened: Called with a run that was just opened.
    """

    def __init__(self, folder: Folder, opened: Callable[[Run], None] | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Run] = OrderedDict()
        self._opened = opened

    def get(self, run: str) -> Run:
        """Return a run, opened if need be.

        Raises:
            Refusal: There is none of that id, or it cannot be read.
        """
        with self._lock:
            if run in self._open:
                self._open.move_to_end(run)
                return self._open[run]
        found = self._folder.get(run)
        try:
            made = Run(run, found.path)
        except MlaError as error:
            told = str(error).replace(str(found.path), spoken(run))
            raise Refusal(404 if not signature(found.path) else 409, told) from None
        with self._lock:
            made = self._open.setdefault(run, made)
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        if self._opened is not None:
            self._opened(made)
        return made

    def fresh(self, run: str) -> Run:
        """Return a run with what is new read.

        Raises:
            Refusal: There is none, or it cannot be read now.
        """
        found = self.get(run)
        if signature(found.path) != found.signature:
            found.refresh()
        if found.trouble:
            if not found.signature:
                self.drop(run)
                raise Refusal(410, found.trouble)
            raise Refusal(409, found.trouble)
        return found

    def drop(self, run: str) -> None:
        """Close a run."""
        with self._lock:
            self._open.pop(run, None)

    @property
    def open(self) -> list[Run]:
        """The runs that are open."""
        with self._lock:
            return list(self._open.values())
