"""Recorder: writes what happens in a training, at a few microseconds a call, and never disturbs it."""

from __future__ import annotations

import atexit
import math
import operator
import os
import sqlite3
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Self, cast, final

from mlanimated.errors import MlaError
from mlanimated.trace.about import About, describe
from mlanimated.trace.checkpoint import encode_state
from mlanimated.trace.control import Control, Helm, LocalRemote, RemoteControl, Stopped
from mlanimated.trace.keeper import Keeper
from mlanimated.trace.records import Checkpoint
from mlanimated.trace.trace import Trace
from mlanimated.trace.waiting import Waiting

__all__ = ["Recorder"]


@final
class Recorder:
    """Records a training: to a .mla file, or in memory.

    `log` and `event` cost the training a few microseconds, never wait for the disk and never raise: what cannot be recorded is
    told once as a `RecordingWarning`. A background thread writes at least every 0.25 s, and what was written survives a crash.
    Any thread may log.

    Args:
        path: The .mla file; its folder is made. None: in memory, without a thread.
        name: What the run is called.
        args: The arguments it was made with: a mapping, dataclass, `msgspec.Struct` or `argparse.Namespace`.
        seed: Seed of its random numbers.
        hypothesis: One line: what the run is meant to show.
        budget: How many bytes of rows are kept at the most. When they are used up, every second row of the largest series is
            left out, and later ones are kept at that coarser rate; first and last row of each series always stay.
        overwrite: Replace a trace that is there.
        resume: Go on with a trace that is there: True from its newest checkpoint (from its last row if it has none), a step
            from the newest checkpoint at or before it (from that step if there is none). Rows after it are dropped. Where
            there is no trace, one is begun.
        checkpoint_seconds: Save the state given to `tick` this often.
        checkpoint_steps: Save the state given to `tick` every so many steps.

    Raises:
        MlaError: The file cannot be written, or is there already.

    Example:
        ```python
        with Recorder("runs/mine.mla", args={"learning_rate": 0.1}, seed=1) as recorder:
            for step in range(100):
                recorder.log({"train/loss": loss, "weights/0": weights}, step=step)
                recorder.tick(step)
        ```
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        name: str = "",
        args: object = None,
        seed: int | None = None,
        hypothesis: str = "",
        budget: int = 256 * 2**20,
        overwrite: bool = False,
        resume: bool | int = False,
        checkpoint_seconds: float | None = None,
        checkpoint_steps: int | None = None,
    ) -> None:
        if budget <= 0:
            raise MlaError(f"budget = {budget} leaves no room for a recording: give a number of bytes above 0.")
        self._path = None if path is None else Path(path)
        self._waiting = Waiting(bounded=path is not None)
        self._lock, self._fast = self._waiting.lock, self._waiting.fast
        self._helm = Helm()
        about = describe(name, {} if args is None else args, seed, hypothesis)
        self._keeper = Keeper(
            self._path, about, int(budget), self._waiting, self._helm, overwrite=overwrite, resume=resume
        )
        self._next_step = self._keeper.next_step
        self._origin = perf_counter() - self._keeper.seconds
        self._checkpoint_seconds, self._checkpoint_steps = checkpoint_seconds, checkpoint_steps
        self._due_time = math.inf if checkpoint_seconds is None else perf_counter() + checkpoint_seconds
        self._due_step = math.inf if checkpoint_steps is None else self._next_step + checkpoint_steps
        if self._path is None:
            self._trace = Trace(self._keeper.memory())
        else:
            _writing.add(self)
            atexit.register(self.close)

    def log(self, values: Mapping[str, Any], step: int | None = None, seconds: float | None = None) -> None:
        """Record one row of each series named.

        The first value of a series settles what it holds: a number, an array or uint8 picture of one shape and dtype, or text.
        Arrays are copied. NaN and infinity are kept. Rows may come late by some thousand; they are put in order of their steps.

        Args:
            values: Name of a series → value: bool, int, float, NumPy or PyTorch number; array or tensor of numbers of any
                fixed shape; uint8 picture (height, width) or (height, width, 3); or a string.
            step: Step of training. None: one more than at the call before, from 0.
            seconds: When it was, since the recording began; for what comes from elsewhere. None: now.
        """
        waiting = self._waiting
        try:
            with self._lock:
                now = perf_counter() - self._origin if seconds is None else float(seconds)
                if step is None:
                    step = self._next_step
                elif type(step) is not int:
                    step = _whole(step)
                fast = self._fast
                for name, value in values.items():
                    if type(value) is float and name in fast:
                        add_step, add_time, add_value = fast[name]
                        add_step(step)
                        add_time(now)
                        add_value(value)
                    else:
                        waiting.add(name, value, step, now)
                self._next_step = step + 1
                waiting.rows += len(values)
                crowded = waiting.rows > waiting.row_limit or waiting.bytes > waiting.byte_limit
                if crowded and waiting.bounded:
                    waiting.thin()
            if crowded and not waiting.bounded:
                self._keeper.flush()
        except Exception as error:  # whatever it is, the training goes on
            waiting.repair()
            told = f"A row was left out ({type(error).__name__}: {error}): give log() a dict and a whole step."
            waiting.notice("log", "", told)
        except BaseException:  # Ctrl-C between two columns of a row
            waiting.repair()
            raise
        if waiting.notices:
            waiting.speak(stacklevel=2)

    def event(self, name: str, text: str = "", step: int | None = None) -> None:
        """Record a named moment; it becomes a chapter and a caption of the film.

        Args:
            name: A few words ("first win").
            text: One sentence that says what happened.
            step: Step of training. None: that of the newest row.
        """
        waiting = self._waiting
        try:
            with self._lock:
                newest = self._next_step - 1 if waiting.columns else 0
                at = newest if step is None else _whole(step)
                waiting.add_event(at, perf_counter() - self._origin, _printable(name), _printable(text))
        except Exception as error:
            told = f"An event was left out ({type(error).__name__}: {error}): give it texts and a whole step."
            waiting.notice("event", "", told)
        if waiting.notices:
            waiting.speak(stacklevel=2)

    def control(self, name: str, value: float, minimum: float, maximum: float) -> Control:
        """Offer a number to viewers, to be changed while the training runs.

        Args:
            name: What it is called ("learning_rate").
            value: What it begins with.
            minimum: Smallest value allowed.
            maximum: Largest value allowed.

        Returns:
            The control; read its `value` anew in each iteration. It changes in `tick`.

        Raises:
            MlaError: The value is out of its range.
        """
        control = Control(_printable(name), value, minimum, maximum)
        self._helm.controls[control.name] = control
        return control

    def tick(self, step: int, state: Callable[[], Any] | None = None) -> None:
        """Do what viewers asked for: wait while paused, take over changed values, save a checkpoint. Call it once an iteration.

        Costs under a microsecond when nothing was asked for.

        Args:
            step: Step of training.
            state: Gives what the training needs to go on from here; called only when a checkpoint is saved.

        Raises:
            Stopped: A viewer asked the training to stop; a checkpoint was saved before if `state` is given.
        """
        if not self._helm.attention and step < self._due_step and perf_counter() < self._due_time:
            return
        self._obey(_whole(step), state)

    @property
    def helm(self) -> Helm:
        """What viewers ask for. While its `attention` is False, `tick` without a state has nothing to do and need not be called."""
        return self._helm

    def flush(self) -> None:
        """Write what was logged so far. Needed only to read it at once from another process."""
        self._keeper.flush()

    def close(self) -> None:
        """Write the rest and make the trace one plain file. Closing twice does no harm."""
        with self._lock:
            if self._waiting.closed:
                return
            self._waiting.close("The recorder is closed")
        self._helm.release()
        atexit.unregister(self.close)
        self._keeper.close()
        self._waiting.speak(stacklevel=2)

    @property
    def trace(self) -> Trace:
        """What has been recorded so far, as a trace."""
        self.flush()
        if self._path is not None:
            return Trace.open(self._path)
        self._trace.refresh()
        return self._trace

    @property
    def about(self) -> About:
        """Where the trace comes from."""
        return self._keeper.about

    @property
    def resumed(self) -> Checkpoint | None:
        """The checkpoint that `resume` found, for `train(..., resume=recorder.resumed)`; None: begin anew."""
        return self._keeper.resumed

    @property
    def path(self) -> Path | None:
        """The .mla file; None in memory."""
        return self._path

    @property
    def remote(self) -> RemoteControl:
        """Commands for this training from another thread of its process."""
        return LocalRemote(self._helm)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _obey(self, step: int, state: Callable[[], Any] | None) -> None:
        while (word := self._helm.wait(can_save=state is not None)) == "save":
            self._save(step, state)
        for control, before, value in self._helm.changes():
            self.event(control.name, f"{control.name} was changed from {before:g} to {value:g}.", step)
        if word == "stop" or step >= self._due_step or perf_counter() >= self._due_time:
            self._save(step, state)
        if self._waiting.notices:
            self._waiting.speak(stacklevel=3)
        if word == "stop":
            self.flush()
            raise Stopped(step)

    def _save(self, step: int, state: Callable[[], Any] | None) -> None:
        """Encode a checkpoint; the background thread writes it."""
        if self._checkpoint_seconds is not None:
            self._due_time = perf_counter() + self._checkpoint_seconds
        if self._checkpoint_steps is not None:
            self._due_step = step + self._checkpoint_steps
        if state is None:
            return
        try:
            encoded = encode_state(state())
        except Exception as error:
            told = f"No checkpoint was saved ({error}): give numbers, strings, bytes, lists, dicts and arrays."
            self._waiting.notice("checkpoint", "", told)
            return
        self._waiting.add_checkpoint(step, perf_counter() - self._origin, encoded)
        self._keeper.wake()

    def _forked(self) -> None:
        """Make this recorder harmless in a process that was forked: the file belongs to the one that opened it."""
        self._waiting = Waiting(bounded=True)
        self._waiting.closed = "The recorder belongs to the process that made it"
        self._lock, self._fast = self._waiting.lock, self._waiting.fast
        self._helm = Helm()
        self._due_time = self._due_step = math.inf
        _left_alone.append(self._keeper.abandon())
        atexit.unregister(self.close)


_writing: weakref.WeakSet[Recorder] = weakref.WeakSet()
_left_alone: list[sqlite3.Connection] = []  # closing one in a forked process would spoil it for the other


def _after_fork() -> None:
    for recorder in list(_writing):
        recorder._forked()  # pyright: ignore[reportPrivateUsage]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _whole(step: Any) -> int:
    """Return a step as int: NumPy's, PyTorch's, or a float that is whole."""
    whole = int(step) if isinstance(step, float) and step.is_integer() else operator.index(cast("Any", step))
    if not -(1 << 63) <= whole < 1 << 63:
        raise OverflowError("a step has at most 64 bits")
    return whole


def _printable(text: object) -> str:
    """Return a text as UTF-8 can hold it."""
    return str(text).encode("utf-8", "replace").decode()
