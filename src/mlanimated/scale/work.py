"""Work: one run, in whatever process it is asked for. It goes on from the newest state that lies in the folder.

Nothing heavy is imported at the top: a process sets its number of threads before NumPy is loaded.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlanimated.errors import MissingExtra, MlaError
from mlanimated.scale.task import Outcome, Task

if TYPE_CHECKING:
    from mlanimated.trace import Recorder

__all__ = ["Onward", "halt", "limit_threads", "threads_environment", "trace_of", "watch_parent", "work"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
FULL = {errno.ENOSPC, errno.EDQUOT}

_halting: list[Callable[[], None]] = []
"""What ends the run that this process is at; empty between two."""


def trace_of(task: Task) -> Path:
    """Return where a run's trace lies."""
    return Path(task.folder) / f"{task.name}.mla"


def threads_environment(threads: int) -> dict[str, str]:
    """Return the variables that libraries read their number of threads from."""
    return dict.fromkeys(THREADS, str(threads))


def limit_threads(threads: int) -> None:
    """Give PyTorch, where it is loaded already, so many threads. Two runs that take all cores each would take turns at them."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def halt(*_: object) -> None:
    """End the run that this process is at, as soon as its state has been kept; a signal handler."""
    if _halting:
        _halting[-1]()


def work(task: Task) -> Outcome:
    """Run a task and say what came of it. It raises nothing: what goes wrong is in the outcome."""
    from mlanimated.trace import RecordingWarning, Stopped

    began, cpu = time.perf_counter(), time.process_time()
    found: dict[str, Any] = {"status": "done"}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", RecordingWarning)
        try:
            found.update(_RUNS[task.kind](task))
        except (Stopped, KeyboardInterrupt):
            found = {"status": "stopped"}
        except MissingExtra as error:
            found = {"status": "failed", "error": str(error), "fatal": True}
        except MlaError as error:
            found = {"status": "failed", "error": str(error), "fatal": _is_full(error)}
        except MemoryError:
            found = {"status": "failed", "error": "The memory was not enough: take fewer workers, or a smaller run."}
        except OSError as error:
            found = {"status": "failed", "error": _line(error), "fatal": error.errno in FULL}
        except Exception as error:
            found = {"status": "failed", "error": _line(error)}
    lost = [str(one.message) for one in told if issubclass(one.category, RecordingWarning)]
    unwritten = next((text for text in lost if "cannot be written" in text or "are lost" in text), "")
    if unwritten and found["status"] == "done":
        found = {"status": "failed", "error": unwritten, "fatal": "full" in unwritten}
    trace = trace_of(task)
    return Outcome(
        name=task.name,
        seconds=round(time.perf_counter() - began, 3),
        cpu_seconds=round(time.process_time() - cpu, 3),
        memory=_memory(),
        bytes=trace.stat().st_size if trace.exists() else 0,
        attempts=task.attempt + 1,
        **found,
    )


def _recipe(task: Task) -> dict[str, Any]:
    """Run one training of a recipe."""
    from mlanimated.learn.arguments import make
    from mlanimated.recipes import find

    recipe = find(task.subject)
    run = recipe.runs(make(recipe.arguments, task.args))[task.run]
    return _recorded(task, run.train, run.args, f"{task.subject} {task.run}".strip())


def _learner(task: Task) -> dict[str, Any]:
    """Run a learner that another package brings."""
    from mlanimated.learn.arguments import make
    from mlanimated.scale.subject import learner_module

    module = learner_module(task.subject)
    return _recorded(task, module.train, make(module.Args, task.args), task.subject)


def _recorded(task: Task, train: Callable[..., object], args: Any, name: str) -> dict[str, Any]:
    """Train and record, from the newest checkpoint of the trace that is there, else from the beginning."""
    from mlanimated.trace import Recorder

    path = trace_of(task)
    told = msgspec.to_builtins(args)
    goes_on, note = _left(path, told)
    recorder = Recorder(
        path,
        name=name,
        args=told,
        seed=getattr(args, "seed", None),
        resume=goes_on,
        overwrite=not goes_on,
        checkpoint_seconds=task.checkpoint_seconds,
    )
    with recorder, _halted_by(recorder.remote.stop):
        checkpoint = recorder.resumed
        if checkpoint is None:
            train(args, recorder)
        else:
            train(args, Onward(recorder, checkpoint.step), resume=checkpoint.state)
    return {"resumed": None if checkpoint is None else checkpoint.step, "note": note}


def _agent(task: Task) -> dict[str, Any]:
    """Train an agent, from its own checkpoint where there is one."""
    from mlanimated.agents.training import train
    from mlanimated.learn.training import read_checkpoint

    path = trace_of(task)
    file = path.with_suffix(".checkpoint")
    checkpoint = read_checkpoint(file)
    if checkpoint is None and path.exists() and _whole(path):
        raise MlaError(f"{path} is there, without its checkpoint: move it away, and the same command trains it anew.")
    args = dict(task.args)
    game = str(args.pop("game", "pong"))
    with _halted_by(_interrupted):
        train(game, task.subject, resume=True, folder=path.parent, **args)
    return {"resumed": None if checkpoint is None else checkpoint.step}


_RUNS: Mapping[str, Callable[[Task], dict[str, Any]]] = {"recipe": _recipe, "learner": _learner, "agent": _agent}


class Onward:
    """A recorder for a training that goes on: what it tells again of steps that are recorded already is left out.

    Args:
        recorder: The recorder; all else is its own.
        after: The step of the checkpoint.
    """

    def __init__(self, recorder: Recorder, after: int) -> None:
        self._recorder, self._after = recorder, after

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Record what is not recorded yet."""
        if step is None or step > self._after:
            self._recorder.log(values, step)

    def event(self, name: str, text: str = "", step: int | None = None) -> None:
        """Record what is not recorded yet."""
        if step is None or step > self._after:
            self._recorder.event(name, text, step)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder, name)


def _left(path: Path, args: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether there is a state to go on from, and a sentence where a trace could not be read.

    Raises:
        MlaError: The trace that is there is of another training.
    """
    from mlanimated.trace import Trace

    if not path.exists():
        return False, ""
    try:
        trace = Trace.open(path)
        found, there = trace.about.args, trace.checkpoints
    except MlaError:
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        return False, f"{path.name} was damaged; it was set aside as {aside.name}, and the run began anew."
    for name, value in msgspec.to_builtins(args).items():
        if name in found and found[name] != value:
            raise MlaError(f"{path} was trained with {name} = {found[name]}, not {value}: name another folder with -o.")
    return bool(there), ""


def _whole(path: Path) -> bool:
    """Whether a trace was closed by who wrote it; one that cannot be read was not."""
    from mlanimated.trace import Trace

    try:
        return Trace.open(path).finished
    except MlaError:
        return False


@contextmanager
def _halted_by(end: Callable[[], None]) -> Generator[None]:
    """Let `halt` end what runs meanwhile."""
    _halting.append(end)
    try:
        yield
    finally:
        _halting.pop()


def _interrupted() -> None:
    """End a training that keeps its state when it is interrupted."""
    if threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def _is_full(error: BaseException) -> bool:
    """Whether a full disk is behind an error."""
    cause = error.__cause__ or error.__context__
    return "full" in str(error) or "No space" in str(error) or (isinstance(cause, OSError) and cause.errno in FULL)


def _line(error: BaseException) -> str:
    """Return an error as one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]


def _memory() -> int:
    """Return the most bytes that this process has held so far; 0 where the system does not say."""
    with contextlib.suppress(ImportError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return 0


def watch_parent() -> None:
    """End this process soon after the one that started it has gone, keeping the state of its run."""
    import multiprocessing
    from multiprocessing.connection import wait

    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        halt()
        time.sleep(10.0)
        os._exit(1)

    threading.Thread(target=watch, name="mla-parent", daemon=True).start()
