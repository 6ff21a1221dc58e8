"""Trainings: registered recipes that are trained from here: films of the book again, the demonstration, and branches of a run.

A training runs in a process of its own and writes a trace like any other; where a film has several, they follow one another. One
process runs at a time.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mlanimated.errors import MlaError
from mlanimated.learn.arguments import describe, make
from mlanimated.recipes import Run as Training
from mlanimated.recipes import find
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.scenes import training_of
from mlanimated.trace import Recorder, Stopped, Trace

__all__ = ["DEMO", "Paced", "Plan", "Trainings", "again", "branch", "demo", "remove_copy", "there_is_room"]

DEMO = ("sine-net", {"steps": 20_000, "record_every": 5})
PACE = 60.0
WATCHED = 20.0
"""So many seconds a film's training lasts at first, where its learner says how many steps it takes and could go faster."""
COUNTS = ("steps", "epochs", "episodes", "updates", "sweeps")
"""Arguments by which learners are told how long to train."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,+= -]{0,80}(?<![ .])")


class Plan(msgspec.Struct, frozen=True):
    """A training that is to run.

    Attributes:
        recipe: Name of the recipe.
        run: Which of its runs.
        args: Arguments of the learner by name; None for those that the recipe gives it.
        path: The trace to write.
        title: What the run is called.
        resume: Step to go on from, in a trace that is there; None begins anew.
        pace: Steps a second at first.
        controls: Values that its controls begin with.
        told: What is said of it where it goes on; "" for nothing.
        given: Arguments of the recipe by name, from which its runs follow.
    """

    recipe: str
    run: str
    args: dict[str, Any] | None
    path: str
    title: str
    resume: int | None = None
    pace: float = PACE
    controls: dict[str, float] = {}
    told: str = ""
    given: dict[str, Any] = {}


class Trainings:
    """Runs trainings, one process at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._title = ""
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether one runs."""
        return self._process is not None and self._process.poll() is None

    def alone(self) -> None:
        """Raise a `Refusal` where one runs."""
        if self.running:
            raise Refusal(409, f"A training runs already ({self._title}): stop it, or wait until it has ended.")

    def start(self, *plans: Plan) -> None:
        """Begin a training, or several that follow one another.

        Raises:
            Refusal: Another one runs.
        """
        with self._lock:
            self.alone()
            command = [sys.executable, "-m", "mlanimated.studio.trainings"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
            self._title = plans[0].title
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
            pipe.write(msgspec.json.encode(plans))

    def stop(self) -> None:
        """End the training, if one runs; its trace is closed."""
        if self._process is None:
            return
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def again(name: str, values: Mapping[str, Any], new: Callable[[str], Path]) -> tuple[Plan, ...]:
    """Return the trainings of a film, to be begun anew.

    Args:
        name: The recipe's.
        values: Its arguments.
        new: Gives the file of a run of that name, or raises a `Refusal` with status 409 where it is taken.

    Raises:
        MlaError: There is no such recipe, it needs what is not installed, or an argument is not allowed.
    """
    recipe = find(name)
    for argument in describe(recipe.arguments):
        given = values.get(argument.name, argument.default)
        if argument.type is str and not argument.choices and given != argument.default and _leads_away(str(given)):
            raise Refusal(
                403, f"{argument.name} may name no file or module here; the command mla film {name} takes one."
            )
    runs = recipe.runs(make(recipe.arguments, values))
    for number in range(1, 10_000):
        try:
            paths = [new(_place(f"{name}-{number}", run, place)) for place, run in enumerate(runs, 1)]
        except Refusal as refusal:
            if refusal.status != 409:
                raise
            continue
        return tuple(
            Plan(name, run, None, str(path), f"{name} {run}".strip(), pace=_pace(training.args), given=dict(values))
            for (run, training), path in zip(runs.items(), paths, strict=True)
        )
    raise Refusal(409, f"There are too many runs of {name} here: delete some.")


def _pace(args: msgspec.Struct) -> float:
    """Return how many steps a second are right to watch a training: thirty steps are to be seen, and so are eight thousand."""
    told = [getattr(args, name, 0) for name in COUNTS]
    count = max(value for value in told if isinstance(value, int))
    return min(max(count / WATCHED, 4.0), 2000.0) if count else PACE


def _leads_away(text: str) -> bool:
    """Whether a text names a file, or a module as Gymnasium reads "module:name"."""
    return any(sign in text for sign in "/\\:\0") or os.path.exists(text)  # noqa: PTH110 (which finds no fault with a text that no file can have as its name)


def _place(stem: str, run: str, place: int) -> str:
    """Return the name of a run within the folder; those of one film lie together."""
    if not run:
        return stem
    return f"{stem}/{run}" if _NAME.fullmatch(run) else f"{stem}/{place}"


def branch(trace: Trace, source: Path, target: Path, step: int, changes: Mapping[str, float]) -> Plan:
    """Copy a trace up to a step and return the training that goes on from there with other values.

    Args:
        trace: The run.
        source: Its file.
        target: The new one's.
        step: Where it branches: it goes on from the newest checkpoint at or before it.
        changes: New values of arguments or controls.

    Raises:
        Refusal: The run is not of a registered recipe, keeps no state, or a value is out of its range.
    """
    found = training_of(trace)
    if found is None:
        raise Refusal(409, "Only trainings of registered recipes are branched from here: mla list shows them.")
    checkpoint = trace.checkpoint(step)
    if checkpoint is None:
        raise Refusal(409, f"No state was kept at or before step {step}: pause there and keep one, or branch later.")
    recipe, run = found
    offered = trace.controls
    controls = {name: control.value for name, control in offered.items()}
    for name, value in changes.items():
        if name in offered and not offered[name].minimum <= value <= offered[name].maximum:
            low, high = offered[name].minimum, offered[name].maximum
            raise Refusal(422, f"{name} = {value:g} is out of range: give a number from {low:g} to {high:g}.")
    args = {**trace.about.args, **{name: value for name, value in changes.items() if name in trace.about.args}}
    _training(Plan(recipe.name, run, args, "", ""))
    unknown = set(changes) - set(args) - set(offered)
    if unknown:
        raise Refusal(422, f"{recipe.name} has no argument {min(unknown)!r}.")
    _copy(source, target)
    wanted = {name: changes.get(name, value) for name, value in controls.items()}
    pace = wanted.get(Paced.CONTROL, PACE)
    said = ", ".join(f"{name} = {value:g}" for name, value in changes.items()) or "the same values"
    told = f"Branched from step {int(checkpoint.step)} with {said}."
    return Plan(recipe.name, run, args, str(target), trace.about.name, int(checkpoint.step), pace, wanted, told)


def _copy(source: Path, target: Path) -> None:
    """Copy a trace that may still be written, whole."""
    import sqlite3

    target.parent.mkdir(parents=True, exist_ok=True)
    uri = f"{source.absolute().as_uri()}?mode=ro"
    try:
        with (
            contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        with contextlib.suppress(OSError):
            target.unlink()
        raise Refusal(409, f"The run cannot be copied now ({error}): try again.") from None


def _training(plan: Plan) -> tuple[Training, msgspec.Struct]:
    """Return the training of a plan and its arguments, checked."""
    recipe = find(plan.recipe)
    runs = recipe.runs(make(recipe.arguments, plan.given))
    if plan.run not in runs:
        raise Refusal(409, f"{recipe.name} has no run {plan.run!r} any more.")
    training = runs[plan.run]
    if plan.args is None:
        return training, training.args
    try:
        return training, msgspec.convert(plan.args, type(training.args))
    except msgspec.ValidationError as error:
        raise Refusal(422, f"{recipe.name}: {error}.") from None


class Paced:
    """A recorder that lets a training go no faster than who watches wishes, as a control of its own.

    Args:
        recorder: The recorder; all but `tick` is its own.
        pace: Steps a second at first.
        controls: Values that controls begin with.
        after: The step from which it goes on: rows up to it are recorded already. None: it begins anew.
    """

    CONTROL = "steps_per_second"

    def __init__(
        self, recorder: Recorder, pace: float, controls: Mapping[str, float], after: int | None = None
    ) -> None:
        self._recorder, self._after = recorder, after
        self._wanted = dict(controls)
        self._pace = recorder.control(self.CONTROL, min(max(pace, 1.0), 2000.0), 1.0, 2000.0)
        self._next = 0.0

    def control(self, name: str, value: float, minimum: float, maximum: float) -> Any:
        """Offer a control, with the value that it had."""
        return self._recorder.control(name, min(max(self._wanted.get(name, value), minimum), maximum), minimum, maximum)

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Record what is not recorded yet: a training that goes on tells the step of its checkpoint again."""
        if self._after is None or step is None or step > self._after:
            self._recorder.log(values, step)

    def tick(self, step: int, state: Callable[[], Any] | None = None) -> None:
        """Do what the recorder does, and then wait until it is time for the next step."""
        self._recorder.tick(step, state)
        now = time.perf_counter()
        self._next = max(self._next, now - 0.1) + 1.0 / self._pace.value
        if self._next > now:
            time.sleep(min(1.0, self._next - now))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder, name)


def _main() -> int:
    """Run the plans on the standard input, one after another."""
    import signal

    leaving = at_work = False

    def leave(*_: object) -> None:
        nonlocal leaving
        leaving = True
        if at_work:  # and not while a recording is opened or closed
            raise Stopped(0)

    signal.signal(signal.SIGTERM, leave)
    plans = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[Plan, ...])
    with contextlib.ExitStack() as stack:
        try:
            if hasattr(os, "nice"):
                os.nice(3)
            # All are there from the beginning, so that a page can show them beside each other.
            begun = [(plan, *_training(plan)) for plan in plans]
            recorders = [stack.enter_context(_recorder(plan, args)) for plan, _, args in begun]
        except MlaError as error:
            print(error, file=sys.stderr)
            return 2
        for (plan, training, args), recorder in zip(begun, recorders, strict=True):
            with recorder, contextlib.suppress(Stopped):
                try:
                    at_work = True
                    if leaving:
                        break
                    _train(plan, training, args, recorder)
                finally:
                    at_work = False
    return 0


def _recorder(plan: Plan, args: msgspec.Struct) -> Recorder:
    """Return the recorder of a plan's training."""
    return Recorder(
        plan.path,
        name=plan.title,
        args=msgspec.to_builtins(args),
        seed=getattr(args, "seed", None),
        resume=False if plan.resume is None else plan.resume,
        checkpoint_seconds=5.0,
    )


def _train(plan: Plan, training: Training, args: msgspec.Struct, recorder: Recorder) -> None:
    """Run a plan's training."""
    resumed = recorder.resumed
    if plan.told:
        recorder.event("branch", plan.told, step=plan.resume)
    given: Any = Paced(recorder, plan.pace, plan.controls, plan.resume)
    try:
        training.train(args, given, None if resumed is None else resumed.state)
    except Exception as error:  # who watches sees a curve that ends, and reads here why
        recorder.event("failed", f"The training failed: {type(error).__name__}: {error}"[:500])
        raise


def demo(folder: Path) -> Plan:
    """Return the demonstration: a small net that learns the sine, slowly enough to be watched."""
    name, args = DEMO
    recipe = find(name)
    runs = recipe.runs(recipe.arguments())
    given = {**msgspec.to_builtins(runs[""].args), **args}
    number = next(number for number in range(1, 10_000) if not (folder / f"{name}-{number}.mla").exists())
    return Plan(name, "", given, str(folder / f"{name}-{number}.mla"), name)


def remove_copy(path: Path) -> None:
    """Take back a copy that no training goes on with."""
    for end in ("-wal", "-shm", "-journal", ""):
        with contextlib.suppress(OSError):
            Path(f"{path}{end}").unlink()


def there_is_room(path: Path) -> bool:
    """Whether the disk has room for another copy of a trace, and a little more."""
    return shutil.disk_usage(path.parent).free > 2 * path.stat().st_size + (64 << 20)


if __name__ == "__main__":
    raise SystemExit(_main())
