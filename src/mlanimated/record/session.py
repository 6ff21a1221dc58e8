"""Session: `init`, `log` and `finish`, for scripts that speak as Weights & Biases' users do.

    run = mla.init(project="mnist", name="first", config={"learning_rate": 0.1})
    for step in range(100):
        mla.log({"train/loss": loss})
    mla.finish()

What it writes is a trace like any other, runs/mnist/first.mla; `mla studio` shows it while it grows. Nothing that goes wrong here is
raised: it is a warning, told once, and the training goes on.
"""

from __future__ import annotations

import functools
import io
import itertools
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, RecordingWarning

__all__ = ["Config", "Session", "finish", "init", "log", "numbered", "pictured", "safe", "warn"]

_MODES = ("online", "offline", "shared", "disabled")
_P = ParamSpec("_P")
_R = TypeVar("_R")
_current: list[Session] = []  # the names are a module's: what they speak of is the session that was begun last


def init(
    project: str | None = None,
    *,
    name: str | None = None,
    config: object = None,
    dir: str | Path | None = None,  # noqa: A002 (the names are those that users know)
    notes: str | None = None,
    tags: Sequence[str] | None = None,
    id: str | None = None,  # noqa: A002
    resume: bool | str | None = None,
    mode: str | None = None,
    seed: int | None = None,
    **others: Any,
) -> Session:
    """Begin a run, and end the one before.

    Args:
        project: Folder within `dir` that holds the project's runs; none by default.
        name: What the run is called. A name that is taken gets a number: first, first-2, first-3.
        config: The arguments it is made with: a mapping, dataclass or `argparse.Namespace`.
        dir: Where runs are kept; "runs" by default, which is what `mla studio` serves.
        notes: One line: what the run is meant to show.
        tags: Words that it is found by.
        id: Name of its file, in place of `name`.
        resume: True, "allow" or "must" go on with the run of that name or id, if there is one.
        mode: "disabled" records nothing; all else is the same: a file.
        seed: Seed of its random numbers.
        **others: What else Weights & Biases takes is told once and left out.

    Returns:
        The run: `run.log`, `run.config`, `run.summary`, `run.finish`; also as `with mla.init(…) as run`. It records nothing, and says so
        in a warning, where no file can be written.
    """
    finish()
    if others:
        names = ", ".join(sorted(others))
        warn(f"mla.init has no use for {names}: left out.")
    if mode is not None and mode not in _MODES:
        warn(f"mla.init has no mode {mode!r}; there are {', '.join(_MODES)}.")
    given = _mapping(config)
    if tags:
        given = {**given, "tags": [str(tag) for tag in tags]}
    about: dict[str, Any] = {"args": given, "seed": seed, "hypothesis": notes or ""}
    try:
        disabled = mode == "disabled"
        folder = Path(dir if dir is not None else "runs") / (_plain(project) if project else "")
        recorder = _recorder(None if disabled else folder, name, id, resume, about)
    except Exception as error:
        warn(f"Nothing is recorded ({type(error).__name__}: {error}).")
        disabled, recorder = True, Recorder(name=str(name or id or ""))
    session = Session(recorder, given, project or "", silent=disabled)
    _current[:] = [session]
    return session


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
    """Record values of one step in the run that `init` began.

    Args:
        data: Name → number, array, tensor, uint8 picture, PIL image, Matplotlib figure, text, or a mapping of such, whose names
            are joined with a slash.
        step: Step of training. None: one more than the last, from 0.
        commit: False stays at this step, so that the next call adds to it. True by default, False where a step is given.
    """
    if not _current:
        warn("mla.log() without mla.init() before it: nothing is recorded.")
        return
    _current[0].log(data, step, commit)


def finish(exit_code: int | None = None) -> None:
    """End the run that `init` began and close its file; without one nothing happens.

    Args:
        exit_code: Anything but 0 is recorded as the event "failed".
    """
    if _current:
        _current[0].finish(exit_code)


def safe(function: Callable[_P, _R]) -> Callable[_P, _R | None]:
    """Return a function of which whatever fails is told as a warning; it returns None then."""

    @functools.wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            warn(f"Not recorded ({type(error).__name__}: {error}).")
            return None

    return guarded


class Config(MutableMapping[str, Any]):
    """The arguments of a run, as a mapping and as attributes. What is changed after the beginning is recorded as an event."""

    _values: dict[str, Any]
    _told: Callable[[str, Any], object]

    def __init__(self, values: Mapping[str, Any], told: Callable[[str, Any], object]) -> None:
        self.__dict__["_values"] = dict(values)
        self.__dict__["_told"] = told

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        known = name in self._values
        before = self._values.get(name)
        self._values[name] = value
        if not known or before is not value:
            self._told(name, value)

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        raise AttributeError(f"The config has no {name!r}.", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def update(self, other: Any = None, /, allow_val_change: bool | None = None, **values: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Change several at once; what Weights & Biases asks to be allowed is allowed."""
        del allow_val_change
        super().update(_mapping(other), **values)


class _Summary(dict[str, Any]):
    """What a run comes to: each value is a series of its own, summary/NAME."""

    def __init__(self, told: Callable[[str, Any], object]) -> None:
        super().__init__()
        self._told = told

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._told(name, value)

    def update(self, *args: Any, **values: Any) -> None:
        for name, value in dict(*args, **values).items():
            self[name] = value


class Session:
    """A run that is being recorded; made by `init`.

    Attributes:
        recorder: The recorder, for all that Weights & Biases has no name for: `event`, `control`, `tick`.
        config: The arguments.
        summary: What the run comes to.
        project: Its project; "" for none.
        step: The step that the next `log` has.
    """

    def __init__(self, recorder: Recorder, config: Mapping[str, Any], project: str, *, silent: bool) -> None:
        self.recorder, self.project = recorder, project
        self.config = Config(config, self._configured)
        self.summary = _Summary(self._summed)
        about = recorder.about
        self.name = about.name
        self.id = recorder.path.stem if recorder.path is not None else about.name
        resumed = recorder.path is not None and not silent
        self.step = (recorder.trace.last_step + 1 if recorder.trace.names else 0) if resumed else 0
        self._silent = silent
        self._ended = False

    def log(self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Record values of one step, as `mlanimated.log` does."""
        at = self.step
        try:
            at = at if step is None else int(step)
            values = dict(_flat(data))
        except Exception as error:
            warn(f"A row was left out ({type(error).__name__}: {error}): give log() a dict and a whole step.")
            values = {}
        if not self._silent and values:
            self.recorder.log(values, step=at)
        further = step is None if commit is None else commit
        self.step = at + 1 if further else max(self.step, at)

    @safe
    def alert(self, title: str, text: str = "", **_: Any) -> None:
        """Record a named moment."""
        if not self._silent:
            self.recorder.event(title, text)

    @safe
    def finish(self, exit_code: int | None = None) -> None:
        """End the run and close its file."""
        if self in _current:
            _current.remove(self)
        if self._ended:
            return
        self._ended = True
        if exit_code:
            self.alert("failed", f"The program ended with status {exit_code}.")
        self.recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            self.alert("failed", f"{type(error).__name__}: {error}"[:500])
        self.finish()

    @safe
    def _configured(self, name: str, value: Any) -> None:
        self.alert("config", f"{name} is {str(value)[:200]}.")

    @safe
    def _summed(self, name: str, value: Any) -> None:
        if not self._silent:
            self.recorder.log(dict(_flat({f"summary/{name}": value})), step=max(0, self.step - 1))


def _recorder(
    folder: Path | None, name: str | None, file: str | None, resume: bool | str | None, about: Mapping[str, Any]
) -> Recorder:
    """Return the recorder of a new run, or of one that goes on."""
    called = str(name or file or "run")
    if folder is None:
        return Recorder(name=called, **about)
    stem = _plain(file or name or "run")
    if resume not in {None, False, "never"}:
        return Recorder(folder / f"{stem}.mla", name=called, resume=True, **about)
    return numbered(folder, stem, name=called, **about)


def numbered(folder: Path, stem: str, **about: Any) -> Recorder:
    """Return the recorder of a new file, with a number where its name is taken.

    Args:
        folder: Where it is written.
        stem: Its name, less .mla.
        **about: As `Recorder` takes it.

    Raises:
        MlaError: It cannot be written.
    """
    for number in itertools.count(1):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}.mla"
        if path.exists():
            continue
        try:
            return Recorder(path, **about)
        except MlaError:
            if not path.exists():  # no other process was quicker: it cannot be written
                raise
    raise AssertionError("numbers do not end")


def _plain(name: str) -> str:
    """Return a name as a file may have it."""
    kept = "".join(letter if letter.isalnum() or letter in "-_. " else "-" for letter in str(name)).strip(" .")
    return kept[:120] or "run"


def _mapping(config: object) -> dict[str, Any]:
    """Return arguments as a mapping; of what has none, none."""
    if config is None:
        return {}
    if isinstance(config, Mapping):
        return {str(name): value for name, value in cast("Mapping[Any, Any]", config).items()}
    try:
        return {str(name): value for name, value in vars(config).items()}
    except TypeError:
        warn(f"The config is of type {type(config).__name__}: give a mapping, dataclass or namespace.")
        return {}


def _flat(values: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value by its whole name, pictures of PIL's and Matplotlib's as arrays."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(cast("Mapping[str, Any]", value), f"{head}{name}/")
        else:
            yield f"{head}{name}", pictured(value)


def pictured(value: Any) -> Any:
    """Return an image or figure as uint8 (height, width, 3); anything else as it is."""
    image, figure = (
        getattr(sys.modules.get(module), kind, None)
        for module, kind in (("PIL.Image", "Image"), ("matplotlib.figure", "Figure"))
    )
    if figure is not None and isinstance(value, figure):
        from PIL import Image

        data = io.BytesIO()
        value.savefig(data, format="png")
        value, image = Image.open(data), Image.Image
    if image is not None and isinstance(value, image):
        return np.array(value.convert("RGB"), np.uint8)
    return value


def warn(text: str) -> None:
    """Tell the person who trains."""
    warnings.warn(text, RecordingWarning, stacklevel=3)
