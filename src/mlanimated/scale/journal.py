"""Journal: what a sweep's folder knows of itself, a line for each thing that happened; and the lock that one sweep holds.

The traces are the results. The journal says which of them are whole, what they cost, and what was asked for. It is only added
to, so that whatever ends a sweep costs the line that was being written at the most.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mlanimated.errors import MlaError
from mlanimated.scale.parameters import Range
from mlanimated.scale.task import Kind, Outcome

__all__ = ["JOURNAL", "Journal", "Spec", "locked"]

JOURNAL = "sweep.jsonl"
LOCK = ".sweep.lock"


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for.

    Attributes:
        subject: The recipe's name, or the learner's.
        kind: What it is.
        fixed: Arguments that all runs share.
        grid: Values by name.
        ranges: Ranges that values are drawn from, by name.
        samples: How many places are drawn.
        seeds: How many seeds each place is run with; 0: nothing is drawn at random, so that there is none.
        first_seed: The first of them.
        version: Of mlanimated.
    """

    subject: str
    kind: Kind
    fixed: dict[str, Any] = {}
    grid: dict[str, list[Any]] = {}
    ranges: dict[str, Range] = {}
    samples: int = 0
    seeds: int = 0
    first_seed: int = 0
    version: str = ""

    @property
    def varied(self) -> tuple[str, ...]:
        """The parameters that take several values, the seed not among them."""
        return (*(name for name, values in self.grid.items() if len(values) > 1), *self.ranges)


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the journal: one of these."""

    asked: Spec | None = None
    ended: Outcome | None = None


class Journal:
    """The journal of a folder.

    Args:
        folder: The sweep's folder.

    Attributes:
        asked: What was asked for, oldest first.
        ended: The newest outcome of each run, by name.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.asked: list[Spec] = []
        self.ended: dict[str, Outcome] = {}
        self.read()

    def read(self) -> None:
        """Read what stands there; a line that was cut off is passed over.

        Raises:
            MlaError: It cannot be read.
        """
        self.asked, self.ended = [], {}
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise MlaError(f"{self.path} cannot be read: {(error.strerror or str(error)).lower()}.") from None
        for text in lines:
            try:
                line = msgspec.json.decode(text, type=_Line)
            except msgspec.MsgspecError:  # cut off when the sweep was ended: that run is looked at again
                continue
            if line.asked is not None:
                self.asked.append(line.asked)
            if line.ended is not None:
                self.ended[line.ended.name] = line.ended

    def ask(self, spec: Spec) -> None:
        """Note what is asked for."""
        if not self.asked or self.asked[-1] != spec:
            self._add(_Line(asked=spec))
            self.asked.append(spec)

    def end(self, outcome: Outcome) -> None:
        """Note what came of a run."""
        self._add(_Line(ended=outcome))
        self.ended[outcome.name] = outcome

    def _add(self, line: _Line) -> None:
        """Add a line, whole: on a line of its own even where the last one was cut off.

        Raises:
            MlaError: It cannot be written.
        """
        data = msgspec.json.encode(line) + b"\n"
        try:
            with self.path.open("ab+") as file:
                if file.tell():
                    file.seek(-1, os.SEEK_END)
                    data = data if file.read(1) == b"\n" else b"\n" + data
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise MlaError(
                f"{self.path} cannot be written: {(error.strerror or str(error)).lower()}. What has ended is kept; "
                "make room, and the same command goes on."
            ) from None


@contextmanager
def locked(folder: Path, told: Mapping[str, str] | None = None) -> Generator[None]:
    """Hold a folder for one sweep; whatever ends the process lets go of it.

    SQLite's lock is taken, which is the same on every system and on network drives that have locks at all.

    Args:
        folder: The sweep's folder; it is made.
        told: What is said to who finds it taken.

    Raises:
        MlaError: Another sweep holds it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / LOCK, timeout=0.0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MlaError(f"The folder {folder} cannot be written to ({reason.lower()}); name another with -o.") from None
    holder = folder / f"{LOCK}.by"
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            if "locked" not in str(error):
                raise MlaError(f"The folder {folder} cannot be locked ({error}); name another with -o.") from None
            who = holder.read_text(encoding="utf-8") if holder.exists() else "another process"
            raise MlaError(
                f"Another sweep writes into {folder} ({who}): wait for its end, or name another folder with -o."
            ) from None
        with contextlib.suppress(OSError):
            said = ", ".join(f"{name} {value}" for name, value in (told or {}).items())
            holder.write_text(f"process {os.getpid()}{', ' + said if said else ''}", encoding="utf-8")
        yield
        with contextlib.suppress(OSError):
            holder.unlink()
    finally:
        connection.close()
