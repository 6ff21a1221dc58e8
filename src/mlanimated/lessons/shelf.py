"""Shelf: recordings and films that were made before, by recipe, arguments and source.

A training is taken from the shelf when its learner's arguments and every line that it depends on are the same; a film, when its
recordings and every line that draws it are. Where no folder is named nothing is kept, and each is made anew.

The book's build sets `MLA_BOOK_CACHE` (what may be kept from build to build), `MLA_BOOK_FILMS` (where pages look for films)
and `MLA_BOOK_QUICK=1` (each recipe with its quick arguments).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import msgspec

from mlanimated.draw.frame import Reel
from mlanimated.errors import MlaError
from mlanimated.learn.arguments import make
from mlanimated.lessons.pressing import picture, press
from mlanimated.lessons.sources import digest
from mlanimated.projector.film import Film
from mlanimated.recipes import Recipe, Run, find
from mlanimated.trace import Trace

__all__ = ["Made", "Shelf", "shelf"]

QUICK_RATE = 10.0
"""Frames a second of films that are made with quick arguments: most of their time is spent on frames."""


@dataclass(frozen=True)
class Made:
    """A film as it lies beside the pages.

    Attributes:
        key: Its name there.
        about: Title, seconds, alt, captions, size in bytes, and the hash of its frames.
        still: What the names of its posters end with, where they show another moment than the film's own; "" else.
    """

    key: str
    about: Mapping[str, Any]
    still: str = ""


@dataclass(frozen=True)
class Shelf:
    """Where recordings and films are kept.

    Attributes:
        cache: Kept from build to build; None keeps nothing.
        films: Films for the pages; None where there are no pages, as in a notebook.
        quick: Whether each recipe is made with its quick arguments, and its films with fewer frames a second.
    """

    cache: Path | None = None
    films: Path | None = None
    quick: bool = False

    @property
    def building(self) -> bool:
        """Whether pages are being built, so that films go beside them."""
        return self.films is not None

    @property
    def _rate(self) -> float:
        """Frames a second of a film at the most."""
        return QUICK_RATE if self.quick else math.inf

    def values(
        self, recipe: Recipe, values: Mapping[str, Any], chosen: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a recipe's arguments as they are used here: the quick ones take the place of others, what is chosen stands."""
        return {**values, **(recipe.quick if self.quick else dict[str, Any]()), **(chosen or {})}

    def runs(
        self, name: str, values: Mapping[str, Any]
    ) -> tuple[Recipe, msgspec.Struct, dict[str, Trace], dict[str, str]]:
        """Return a recipe, its checked arguments, its recordings by name, and the key of each.

        Args:
            name: The recipe's name.
            values: Its arguments; missing ones take their defaults.

        Raises:
            MlaError: An unknown recipe, an argument that is not allowed, or a missing extra.
        """
        recipe = find(name)
        args = make(recipe.arguments, values)
        runs = recipe.runs(args)
        keys = {run: _key(each) for run, each in runs.items()}
        traces = {run: self._trace(recipe, run, each, keys[run]) for run, each in runs.items()}
        return recipe, args, traces, keys

    def film(self, name: str, values: Mapping[str, Any]) -> Film:
        """Return the film of a recipe; its recordings come from the shelf."""
        recipe, args, traces, _ = self.runs(name, values)
        return recipe.filmed(args, traces)

    def made(self, name: str, values: Mapping[str, Any], still: float | None = None) -> Made:
        """Return a film as pages show it, made when it is not there.

        Args:
            name: The recipe's name.
            values: Its arguments.
            still: The moment in seconds that its posters show here; None for the film's own. The film is the same.

        Raises:
            MlaError: No pages are being built.
        """
        if self.films is None or self.cache is None:
            raise MlaError(
                "Films are laid beside pages only while pages are built: set MLA_BOOK_FILMS and MLA_BOOK_CACHE."
            )
        recipe = find(name)
        args = make(recipe.arguments, values)
        runs = {run: _key(each) for run, each in recipe.runs(args).items()}
        module = getattr(recipe.film, "__module__", "")
        given = msgspec.json.encode(args).decode()
        told = [recipe.name, given, runs, digest(module), digest("mlanimated.lessons.pressing"), self._rate]
        key = f"{recipe.name}-{_hashed(told)}"
        kept = self.cache / "films" / key
        if not (kept / "about.json").is_file():
            film = self.film(name, values)
            with _Whole(kept) as folder:
                about = press(film.reel, folder, most=self._rate)
                about |= {"recipe": recipe.name, "arguments": json.loads(given), "chapter": recipe.chapter}
                _note(about, folder)
        if not (self.films / key).is_dir():
            with _Whole(self.films / key) as folder:
                shutil.copytree(kept, folder, dirs_exist_ok=True)
        about = json.loads((kept / "about.json").read_text(encoding="utf-8"))
        return Made(key, about, "" if still is None else self._still(name, values, key, still))

    def _still(self, name: str, values: Mapping[str, Any], key: str, time: float) -> str:
        """Lay posters of another moment beside a film, made when they are not there; return what their names end with."""
        ending = f"-{time:.2f}"
        kept = cast("Path", self.cache) / "stills" / f"{key}{ending}"
        if not kept.is_dir():
            reel = self.film(name, values).reel
            with _Whole(kept) as folder:
                for theme in ("light", "dark"):
                    picture(reel, folder / f"poster-{theme}{ending}.webp", time, theme)
        for path in kept.iterdir():
            shutil.copy(path, cast("Path", self.films) / key)
        return ending

    def pressed(self, reel: Reel) -> Made:
        """Return a film of a page's own as pages show it. What it is made of is not known here, so it is made anew each time.

        Args:
            reel: The film.

        Raises:
            MlaError: No pages are being built.
        """
        if self.films is None:
            raise MlaError("Films are laid beside pages only while pages are built: set MLA_BOOK_FILMS.")
        self.films.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=self.films) as temporary:
            about = press(reel, Path(temporary), most=self._rate)
            about |= {"recipe": "", "arguments": {}, "chapter": 0}
            key = f"own-{about['hash'][:16]}"
            if not (self.films / key).is_dir():
                with _Whole(self.films / key) as folder:
                    shutil.copytree(temporary, folder, dirs_exist_ok=True)
                    _note(about, folder)
        return Made(key, about)

    def _trace(self, recipe: Recipe, name: str, run: Run, key: str) -> Trace:
        """Return one recording, trained when it is not there."""
        if self.cache is None:
            return recipe.train(name, run)
        path = self.cache / "runs" / key / "run.mla"
        if not path.is_file():
            with _Whole(path.parent) as folder:
                recipe.train(name, run, folder / "run.mla")
        return Trace.open(path)


@lru_cache(maxsize=1)
def shelf() -> Shelf:
    """Return the shelf that the surroundings name; one that keeps nothing where they name none."""
    cache, films = (os.environ.get(name, "") for name in ("MLA_BOOK_CACHE", "MLA_BOOK_FILMS"))
    return Shelf(
        Path(cache) if cache else None, Path(films) if films else None, os.environ.get("MLA_BOOK_QUICK") == "1"
    )


def _key(run: Run) -> str:
    """Return what a recording is kept under. Recipes that train the same share it."""
    function = run.train
    module = getattr(function, "__module__", "")
    told = [module, getattr(function, "__qualname__", repr(type(function))), msgspec.json.encode(run.args).decode()]
    # A learner may be made on the spot, by the recipe: then the recipe's lines count as well.
    lines = [digest(module), digest("mlanimated.trace.recorder")]
    return f"run-{_hashed(told + lines)}"


def _hashed(told: Any) -> str:
    """Return a short text that stands for what is told."""
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()


def _note(about: Mapping[str, Any], folder: Path) -> None:
    """Write what is known of a film beside it."""
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")


class _Whole:
    """A folder that is there whole or not at all: filled beside its place, then moved there.

    Pages that are made at the same time may make the same: who comes second throws it away.
    """

    def __init__(self, goal: Path) -> None:
        self.goal = goal

    def __enter__(self) -> Path:
        self.goal.parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=".making-", dir=self.goal.parent))
        return self.folder

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None and not self.goal.exists():
                self.folder.chmod(0o755)
                self.folder.replace(self.goal)
        except OSError:
            if not self.goal.exists():
                raise
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)  # nothing, where it has been moved
