"""Whether two builds of the book show the same films: `scripts/book --again` asks, after it has built all of it once more from nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["differences", "main"]


def differences(first: Path, second: Path) -> list[str]:
    """Return one line for each film whose frames differ between two builds, or that one of them lacks.

    Args:
        first: The folder of the first build's pages, in which films.json lies.
        second: The folder of the second build's.
    """
    here, there = (_hashes(folder) for folder in (first, second))
    told = [f"{key}: {here[key]} and {there[key]}" for key in here if key in there and here[key] != there[key]]
    for one, other, name in ((here, there, first), (there, here, second)):
        told += [f"{key}: only in {name}" for key in one if key not in other]
    return told


def main(first: str, second: str) -> int:
    """Say what differs, and return 1 if anything does."""
    found = differences(Path(first), Path(second))
    count = len(_hashes(Path(first)))
    print(*found, sep="\n", end="\n" if found else "")
    print(
        f"{len(found)} of {count} films differ." if found else f"All {count} films have the same frames in both builds."
    )
    return 1 if found or not count else 0


def _hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each film's frames, by the film's name beside the pages."""
    return {film["key"]: film["hash"] for film in json.loads((folder / "films.json").read_text(encoding="utf-8"))}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
