"""Plugins: recipes, views, learners and environments that other packages bring, by entry points.

A package names them in its pyproject.toml:

    [project.entry-points."mlanimated.recipes"]
    my-film = "my_package.film:RECIPE"          # a Recipe, or a tuple of them

    [project.entry-points."mlanimated.views"]
    Compass = "my_package.compass:Compass"      # a class after View: mla.views.Compass

    [project.entry-points."mlanimated.learners"]
    my-learner = "my_package.learner"           # a module with Args and train(args, recorder, resume=None)

    [project.entry-points."mlanimated.environments"]
    "mine/Maze-v0" = "my_package.maze:MazeEnv"  # a Gymnasium environment, for mla train mine/Maze-v0

What a plugin brings is loaded when it is asked for. One that cannot be loaded costs its own name and nothing else.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from importlib import metadata
from typing import Any, Literal

from mlanimated.errors import MlaError

__all__ = ["GROUPS", "Group", "PluginWarning", "load", "named", "whole"]

Group = Literal["recipes", "views", "learners", "environments"]
GROUPS: tuple[Group, ...] = ("recipes", "views", "learners", "environments")


class PluginWarning(UserWarning):
    """Something that another package brings cannot be loaded; all else works."""


@lru_cache(maxsize=len(GROUPS))
def named(group: Group) -> dict[str, metadata.EntryPoint]:
    """Return what the installed packages bring of one kind, by name, nothing of it loaded; the first of two of a name counts."""
    found: dict[str, metadata.EntryPoint] = {}
    for entry in metadata.entry_points(group="mlanimated." + group):
        found.setdefault(entry.name, entry)
    return found


def load(group: Group, name: str) -> Any:
    """Return what a plugin brings.

    Raises:
        MlaError: It cannot be loaded; the line says whose it is and why.
        KeyError: There is none of that name.
    """
    entry = named(group)[name]
    try:
        return entry.load()
    except Exception as error:
        whose = f" of {entry.dist.name}" if entry.dist is not None else ""
        reason = " ".join(str(error).split()) or "no reason given"
        raise MlaError(
            f"The plugin {name!r}{whose} cannot be loaded ({type(error).__name__}: {reason}): update that package, or remove it."
        ) from error


def whole(group: Group) -> dict[str, Any]:
    """Return all that can be loaded of one kind, by name; what cannot is told once, as a `PluginWarning`."""
    found: dict[str, Any] = {}
    for name in named(group):
        try:
            found[name] = load(group, name)
        except MlaError as error:
            warnings.warn(str(error), PluginWarning, stacklevel=2)
    return found
