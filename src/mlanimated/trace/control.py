"""A training in a viewer's hand: pause, single steps, slower, faster, changed values, checkpoints, stop.

Commands come from another process through the file (`Remote`) or from the same one (`recorder.remote`); `tick` obeys them.
"""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple, final

from mlanimated.errors import MlaError, did_you_mean
from mlanimated.trace.store import check, connect, fetch_one, telling

__all__ = ["Command", "Control", "Helm", "LocalRemote", "Remote", "RemoteControl", "Stopped"]


SLOWEST = 64
"""So many times as long as it needs a step takes at the most."""


class Stopped(Exception):
    """Raised by `tick` when a viewer asked the training to stop. Catch it around the loop.

    Attributes:
        step: The step at which it stopped.
    """

    def __init__(self, step: int) -> None:
        super().__init__(f"A viewer stopped the training at step {step}.")
        self.step = step


class Command(NamedTuple):
    """What a viewer asked for."""

    kind: str
    name: str = ""
    value: float = 0.0


@final
class Control:
    """A number that a viewer may change while the training runs. It changes in `tick` only, so one iteration sees one value.

    Args:
        name: What it is called ("learning_rate").
        value: What it begins with.
        minimum: Smallest value allowed.
        maximum: Largest value allowed.

    Raises:
        MlaError: The value is outside its range, or the range is empty.
    """

    __slots__ = ("_value", "maximum", "minimum", "name")

    def __init__(self, name: str, value: float, minimum: float, maximum: float) -> None:
        if not minimum <= maximum:
            raise MlaError(f"The control {name!r} has an empty range: give a minimum of at most the maximum.")
        self.name, self.minimum, self.maximum = name, float(minimum), float(maximum)
        self._value = allowed(name, value, minimum, maximum)

    @property
    def value(self) -> float:
        """The value of now."""
        return self._value

    def __float__(self) -> float:
        return self._value

    def __repr__(self) -> str:
        return f"Control({self.name!r}, {self._value:g}, minimum={self.minimum:g}, maximum={self.maximum:g})"

    def _change(self, value: float) -> None:
        self._value = value


def allowed(name: str, value: float, minimum: float, maximum: float) -> float:
    """Return a value as float when it is within its range.

    Raises:
        MlaError: It is not.
    """
    value = float(value)
    if not minimum <= value <= maximum:
        raise MlaError(f"{name} = {value:g} is out of range: give a number from {minimum:g} to {maximum:g}.")
    return value


class RemoteControl(ABC):
    """Commands for a training that calls `recorder.tick`. They are obeyed at its next tick, within about a tenth of a second."""

    def pause(self) -> None:
        """Make the training wait at its next tick."""
        self._send(Command("pause"))

    def play(self) -> None:
        """Let a paused training go on."""
        self._send(Command("play"))

    def step(self) -> None:
        """Let a paused training go on to its next tick; one that runs pauses."""
        self._send(Command("step"))

    def slower(self) -> None:
        """Let each step take twice as long as it does now; after six times no more is added."""
        self._send(Command("slower"))

    def faster(self) -> None:
        """Take back one `slower`; a training is never quicker than it is by itself."""
        self._send(Command("faster"))

    def set(self, name: str, value: float) -> None:
        """Give a control another value from the next tick on.

        Raises:
            MlaError: There is no such control, or the value is out of its range.
        """
        controls = self.controls
        if name not in controls:
            raise MlaError(f"There is no control {name!r}.{did_you_mean(name, controls)}")
        control = controls[name]
        self._send(Command("set", name, allowed(name, value, control.minimum, control.maximum)))

    def checkpoint(self) -> None:
        """Have a checkpoint saved at the next tick that is given a state."""
        self._send(Command("checkpoint"))

    def stop(self) -> None:
        """End the training at its next tick: it saves a checkpoint, if it has a state, and `tick` raises `Stopped`."""
        self._send(Command("stop"))

    @property
    @abstractmethod
    def controls(self) -> dict[str, Control]:
        """The controls by name, with the values of now."""

    @property
    @abstractmethod
    def status(self) -> str:
        """What the training does: "running", "paused", "stopped" (by a viewer) or "finished"."""

    @abstractmethod
    def _send(self, command: Command) -> None: ...


@final
class Remote(RemoteControl):
    """Commands for a training in another process, through the trace that it writes.

    Args:
        path: The .mla file.

    Raises:
        MlaError: There is no such trace, or its training has ended.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        check(self._path)
        self._writing_is_possible()

    @property
    def controls(self) -> dict[str, Control]:
        """The controls by name, with the values of now."""
        with telling(self._path), closing(connect(self._path, "mode=ro")) as connection:
            return {row[0]: Control(*row) for row in connection.execute("SELECT * FROM control ORDER BY name")}

    @property
    def status(self) -> str:
        """What the training does: "running", "paused", "stopped" (by a viewer) or "finished"."""
        with telling(self._path), closing(connect(self._path, "mode=ro")) as connection:
            return str(fetch_one(connection, "SELECT status FROM state"))

    def _send(self, command: Command) -> None:
        self._writing_is_possible()
        with telling(self._path), closing(connect(self._path, "mode=rw")) as connection:
            connection.execute("INSERT INTO command (kind, name, value) VALUES (?, ?, ?)", command)

    def _writing_is_possible(self) -> None:
        with telling(self._path), closing(connect(self._path, "mode=ro")) as connection:
            if fetch_one(connection, "SELECT finished FROM state"):
                raise MlaError(f"The training of {str(self._path)!r} has ended: nothing is left to steer.")


@final
class LocalRemote(RemoteControl):
    """Commands from another thread of the training's own process: `recorder.remote`."""

    def __init__(self, helm: Helm) -> None:
        self._helm = helm

    @property
    def controls(self) -> dict[str, Control]:
        """The controls by name, with the values of now."""
        return dict(self._helm.controls)

    @property
    def status(self) -> str:
        """What the training does: "running", "paused", "stopped" (by a viewer) or "finished"."""
        return self._helm.status

    def _send(self, command: Command) -> None:
        self._helm.obey(command)


@final
class Helm:
    """The training's side: what was asked for and not yet done.

    Attributes:
        controls: The controls by name.
        status: "running", "paused", "stopped" or "finished".
        attention: Whether `tick` has to look at all.
    """

    def __init__(self) -> None:
        self.controls: dict[str, Control] = {}
        self.status = "running"
        self.attention = False
        self._changed = threading.Condition()
        self._values: dict[str, float] = {}
        self._paused = self._stop = self._save = False
        self._steps = 0
        self._slowness = 1  # times as long as it needs is what a step takes
        self._left = 0.0  # when the last tick was left; 0 for no tick to speak of
        self._come: tuple[float, float] | None = None  # when this tick came, and how long its iteration took

    def obey(self, command: Command) -> None:
        """Take a command of a viewer; what makes no sense is passed over."""
        with self._changed:
            if command.kind == "pause":
                self._paused = True
            elif command.kind == "play":
                self._paused, self._steps = False, 0
            elif command.kind == "step":
                self._steps += 1 if self._paused else 0
                self._paused = True
            elif command.kind == "slower":
                self._slowness = min(2 * self._slowness, SLOWEST)
            elif command.kind == "faster":
                self._slowness = max(self._slowness // 2, 1)
            elif command.kind == "set" and command.name in self.controls:
                control = self.controls[command.name]
                if math.isfinite(command.value) and control.minimum <= command.value <= control.maximum:
                    self._values[command.name] = command.value
            elif command.kind == "checkpoint":
                self._save = True
            elif command.kind == "stop":
                self._stop = True
            self.attention = True
            self._changed.notify_all()

    def release(self) -> None:
        """Let the training go on at its own speed: nobody can end a pause any more."""
        with self._changed:
            self._paused, self._steps, self._slowness = False, 0, 1
            self.attention = True
            self._changed.notify_all()

    def wait(self, *, can_save: bool) -> Literal["go", "save", "stop"]:
        """Wait while paused, and return what the training has to do now; after "save", ask again.

        Args:
            can_save: This tick was given a state.
        """
        with self._changed:
            if self._come is None:  # not after "save": what was waited for already is no part of the iteration
                now = time.perf_counter()
                self._come = now, now - self._left if self._left else 0.0
            come, took = self._come
            while True:
                if self._save and can_save:
                    self._save = False
                    return "save"
                if self._stop:
                    self.status = "stopped"
                    return "stop"
                if self._paused and not self._steps:
                    self.status = "paused"
                    self._changed.wait(1.0)  # not for ever: on Windows, Ctrl-C has to wait for its end
                    continue
                early = 0.0 if self._paused else come + took * (self._slowness - 1) - time.perf_counter()
                if early <= 0.0:
                    break
                self._changed.wait(min(early, 1.0))
            self._come = None
            self._steps = max(0, self._steps - 1)
            self.status = "paused" if self._paused else "running"
            slowed = self._slowness > 1
            self.attention = self._paused or self._save or slowed
            self._left = time.perf_counter() if slowed else 0.0
            return "go"

    def changes(self) -> Generator[tuple[Control, float, float], None, None]:
        """Apply the changed values, and give each control with its value before and now."""
        with self._changed:
            values, self._values = self._values, {}
        for name, value in values.items():
            control = self.controls[name]
            before = control.value
            if value != before:
                control._change(value)  # pyright: ignore[reportPrivateUsage]
                yield control, before, value
