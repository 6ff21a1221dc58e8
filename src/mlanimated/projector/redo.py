"""Redo: make a film again from what its own file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from mlanimated.errors import MlaError
from mlanimated.projector.provenance import arguments, read

__all__ = ["Build", "Savable", "redo"]


class Savable(Protocol):
    """What is made again: a `Film`."""

    @property
    def width(self) -> float:
        """Width of the canvas in units."""
        ...

    @property
    def height(self) -> float:
        """Height of the canvas in units."""
        ...

    def sized(self, width: float, height: float) -> Self:
        """Lay it out anew."""
        ...

    def lasting(self, seconds: float) -> Self:
        """Give it another length."""
        ...

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write it."""
        ...


Build = Callable[[str, Mapping[str, Any]], Savable]
"""Makes the film of a recipe's name and its arguments."""


def redo(path: str | Path, out: str | Path | None = None, *, build: Build) -> Path:
    """Make a film again, with the arguments, the size, the theme and the rate that its file names.

    Args:
        path: A film that carries its provenance.
        out: Where the new one goes, in any format; beside the old one by default, as "ball-again.mp4".
        build: Makes the film of a recipe's name and its arguments. The projector knows no recipes, so they are passed in.

    Returns:
        The path of the new film.

    Raises:
        MlaError: The file carries no provenance, a newer program made it, it was made from a recording, or
            its recipe is no longer known.
    """
    path = Path(path)
    told = read(path)
    recipe = told.get("recipe", "")
    if not recipe:
        raise MlaError(f"{path} was made from a recording, not from a recipe: mla film RECORDING.mla -o {path.name}")
    target = path.with_stem(f"{path.stem}-again") if out is None else Path(out)
    film = build(recipe, arguments(told))
    if "canvas" in told and (canvas := _pair(told["canvas"])) != (film.width, film.height):
        film = film.sized(*canvas)
    if "seconds" in told:
        film = film.lasting(_number(told["seconds"]))
    return film.save(target, **_options(told, same=target.suffix.lower() == path.suffix.lower()))


def _options(told: Mapping[str, str], *, same: bool) -> dict[str, Any]:
    """Return how the film was saved; what only one format has is left out for another."""
    options: dict[str, Any] = {name: told[name] for name in ("theme", "quality") if name in told}
    if "size" in told:
        width, height = _pair(told["size"])
        options["size"] = (round(width), round(height))
    if same:
        if "fps" in told:
            options["fps"] = _number(told["fps"])
        if "at" in told:
            moments = tuple(_number(moment) for moment in told["at"].split(","))
            options["at"] = moments[0] if len(moments) == 1 else moments
        if "columns" in told:
            options["columns"] = int(_number(told["columns"]))
    return options


def _pair(text: str) -> tuple[float, float]:
    """Return a width and a height, written as 1280x720."""
    width, _, height = text.partition("x")
    return _number(width), _number(height)


def _number(text: str) -> float:
    """Return a number of the provenance."""
    try:
        return float(text)
    except ValueError:
        raise MlaError(f"The file's note of how it was made is damaged: {text!r} is not a number.") from None
