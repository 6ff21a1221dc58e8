"""Recipe: named, seeded arguments → learner → trace → film.

A recipe says which runs it needs and how a film is made of them; `make` checks the arguments, trains, and returns the film.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from mlanimated.errors import MlaError
from mlanimated.learn.arguments import describe
from mlanimated.learn.arguments import make as make_arguments
from mlanimated.projector.film import Film
from mlanimated.trace import Recorder, Trace

__all__ = ["Recipe", "Run", "Train", "kept"]


class Train(Protocol):
    """A learner's function: it trains and records."""

    def __call__(self, args: Any, recorder: Recorder, resume: Any = None) -> object:
        """Train with these arguments; `resume` is a checkpoint's state."""
        ...


@dataclass(frozen=True)
class Run:
    """One training of a film.

    Attributes:
        train: The learner's `train`.
        args: The learner's arguments, its seed among them where it has one.
    """

    train: Train
    args: msgspec.Struct


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that makes one film.

    Attributes:
        name: As typed after `mla film`.
        chapter: Number of the book's chapter.
        summary: One line for `mla list`.
        seconds: Processor time from nothing to MP4, training included, measured; two idle cores need less by the clock.
        arguments: A frozen msgspec struct; each field has a default, and a range in its `msgspec.Meta`.
        runs: Arguments → the trainings by name, the leading one first.
        film: Arguments and the recorded traces → the film.
        quick: Arguments that make a short version, for tests.
        extra: The extra that must be installed, "torch" for example; "" for none.
    """

    name: str
    chapter: int
    summary: str
    seconds: float
    arguments: type[msgspec.Struct]
    runs: Callable[[Any], Mapping[str, Run]]
    film: Callable[[Any, Mapping[str, Trace]], Film]
    quick: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extra: str = ""

    def make(self, *, keep: Path | None = None, **values: Any) -> Film:
        """Check the arguments, train every run, and return the film.

        Args:
            keep: A file name for the trace; several runs add their name to it. None keeps them in memory.
            **values: Arguments by name; missing ones take their defaults.

        Raises:
            MlaError: Unknown or out-of-range argument, a missing extra, or a trace that is there already or cannot be written.
        """
        args = make_arguments(self.arguments, values)
        traces: dict[str, Trace] = {}
        runs = self.runs(args)
        for file in () if keep is None else [kept(keep, name) for name in runs]:
            if file.exists():
                raise MlaError(f"{file} is there already: keep the recording under another name, or remove it first.")
        for name, run in runs.items():
            traces[name] = self.train(name, run, None if keep is None else kept(keep, name))
        return self.filmed(args, traces)

    def filmed(self, args: msgspec.Struct, traces: Mapping[str, Trace]) -> Film:
        """Return the film of recordings that are there already; it says how it was made.

        Args:
            args: The recipe's arguments, checked.
            traces: The recording of each run, in the order of `runs`.
        """
        film = self.film(args, traces)
        told = {"recipe": self.name, "arguments": msgspec.json.encode(args).decode()}
        return dataclasses.replace(film, provenance={**told, **film.provenance})

    def card(self) -> dict[str, Any]:
        """Return what there is to say about the recipe, for programs: text, numbers, lists and mappings alone."""
        return {
            "name": self.name,
            "chapter": self.chapter,
            "summary": self.summary,
            "seconds": self.seconds,
            "extra": self.extra,
            "arguments": [
                {
                    "name": argument.name,
                    "type": argument.type.__name__,
                    "default": argument.default,
                    "allowed": argument.allowed,
                    "description": argument.description,
                }
                for argument in describe(self.arguments)
            ],
        }

    def train(self, name: str, run: Run, path: Path | None = None) -> Trace:
        """Train one run and return its recording.

        Args:
            name: The run's name among the recipe's.
            run: One of `runs`.
            path: The file of the recording; None keeps it in memory.

        Raises:
            MlaError: The learner recorded nothing, or the file is there already.
        """
        recorder = Recorder(
            path,
            name=f"{self.name} {name}".strip(),
            args=msgspec.to_builtins(run.args),
            seed=getattr(run.args, "seed", None),
        )
        with recorder:
            run.train(run.args, recorder)
        trace = recorder.trace
        if trace.last_step is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise MlaError(f"The learner of {self.name!r} recorded nothing, so there is no film to make.")
        return trace


def kept(file: Path, run: str) -> Path:
    """Return the file that the recording of one run is kept in: a run with a name adds it to the stem."""
    return file.with_stem(f"{file.stem}-{run}") if run else file
