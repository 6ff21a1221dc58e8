"""Folder: which traces there are. Every run that is asked for is looked up among those found here; no path comes from outside."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mlanimated.errors import did_you_mean
from mlanimated.studio.refusal import Refusal

__all__ = ["TRASH", "Folder", "Found", "Signature", "escaped", "signature", "spoken"]

TRASH = ".studio-trash"
MOST_RUNS = 20_000
DEEPEST = 6
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .,+=@()\[\]-]{0,99}")
_ENDS = ("-wal", "-shm", "-journal", "")

Signature = tuple[int, ...]
"""What changes when a trace does: its file's number, size and time, and those of the log beside it."""


class Found(NamedTuple):
    """A trace in the folder.

    Attributes:
        run: Its id.
        path: Its file.
        signature: What changes when it does.
    """

    run: str
    path: Path
    signature: Signature


def escaped(name: str) -> str:
    """Return a path within the folder, less ".mla", as an id without slashes: "~1" for one, "~0" for a tilde (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def spoken(run: str) -> str:
    """Return an id as the path that it stands for."""
    return run.replace("~1", "/").replace("~0", "~")


def signature(path: Path) -> Signature:
    """Return what changes when a trace does; empty when there is none."""
    try:
        whole = path.stat()
    except OSError:
        return ()
    found = [whole.st_ino, whole.st_size, whole.st_mtime_ns]
    try:
        log = Path(f"{path}-wal").stat()
    except OSError:
        return tuple(found)
    return (*found, log.st_ino, log.st_size, log.st_mtime_ns)


class Folder:
    """The folder that a studio serves.

    Args:
        root: The folder; it is there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._found: dict[str, Found] = {}

    @property
    def found(self) -> dict[str, Found]:
        """The traces that were there at the last look, by id."""
        return self._found

    def look(self) -> dict[str, Found]:
        """Look again and return all traces by id."""
        self._found = {found.run: found for found in self._walk(self.root, 0)}
        return self._found

    def get(self, run: str) -> Found:
        """Return a trace.

        Raises:
            Refusal: There is none of that id.
        """
        if run not in self._found:
            self.look()
        if run not in self._found:
            meant = did_you_mean(run, self._found, most=4)
            raise Refusal(404, f"There is no run {spoken(run)[:200]!r}.{meant}")
        return self._found[run]

    def new(self, name: str) -> tuple[str, Path]:
        """Return id and path for a run that is to be written.

        Args:
            name: Its path within the folder, with or without ".mla".

        Raises:
            Refusal: It has other characters than a name may have, would lie outside, or is taken.
        """
        parts = name.removesuffix(".mla").split("/")
        if len(parts) > DEEPEST or not all(
            _SEGMENT.fullmatch(part) and not part.endswith((" ", ".")) for part in parts
        ):
            raise Refusal(
                422, "A run's name has letters, digits and _ . , + = @ ( ) [ ] - and begins with a letter or digit."
            )
        path = self.root.joinpath(*parts[:-1], f"{parts[-1]}.mla")
        if not path.parent.resolve().is_relative_to(self.root):
            raise Refusal(403, "That name leads out of the folder.")
        if path.exists() or path.is_symlink():
            raise Refusal(409, f"There is a run {name[:200]!r} already: give another name, or append to it.")
        return escaped("/".join(parts)), path

    def throw_away(self, run: str, token: str) -> None:
        """Move a trace to the trash under a token."""
        found = self.get(run)
        place = self.root / TRASH / token
        place.mkdir(parents=True)
        for end in _ENDS:
            if Path(f"{found.path}{end}").exists():
                shutil.move(f"{found.path}{end}", place / f"run.mla{end}")
        self._found.pop(run, None)

    def bring_back(self, run: str, token: str) -> None:
        """Move a trace back from the trash.

        Raises:
            Refusal: It is gone, or another run has taken its name.
        """
        place = self.root / TRASH / token
        path = self.root / f"{spoken(run)}.mla"
        if not (place / "run.mla").exists():
            raise Refusal(410, "It cannot be brought back any more.")
        if path.exists():
            raise Refusal(409, f"There is another run {spoken(run)!r} now: rename or delete that one first.")
        path.parent.mkdir(parents=True, exist_ok=True)
        for end in _ENDS:
            if (place / f"run.mla{end}").exists():
                shutil.move(place / f"run.mla{end}", f"{path}{end}")
        self.forget(token)

    def forget(self, token: str) -> None:
        """Delete what lies in the trash under a token, for good."""
        shutil.rmtree(self.root / TRASH / token, ignore_errors=True)

    def _walk(self, folder: Path, depth: int) -> Iterator[Found]:
        """Yield what is in a folder and below; links are followed to files inside only."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        below: list[Path] = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = Path(entry.path)
            try:
                if entry.is_dir(follow_symlinks=False):
                    below.append(path)
                elif entry.name.endswith(".mla") and entry.is_file() and self._inside(entry):
                    name = path.relative_to(self.root).as_posix().removesuffix(".mla")
                    yield Found(escaped(name), path, signature(path))
            except (OSError, ValueError):
                continue
        if depth < DEEPEST:
            for path in below:
                yield from self._walk(path, depth + 1)

    def _inside(self, entry: os.DirEntry[str]) -> bool:
        return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(self.root)
