"""Scenes: everything of a run at once. A run of a registered recipe has the scene of its film; any other has one laid out for it."""

from __future__ import annotations

import msgspec

from mlanimated.errors import MlaError
from mlanimated.recipes import Recipe, everything
from mlanimated.trace import Trace
from mlanimated.views.auto import scene_of
from mlanimated.views.scene import Panel

__all__ = ["known", "scene_for", "training_of"]


def training_of(trace: Trace) -> tuple[Recipe, str] | None:
    """Return the recipe and the name of its run that made a trace; None for a training of somebody's own."""
    title = trace.about.name
    for recipe in everything():
        if title == recipe.name or title.startswith(f"{recipe.name} "):
            return recipe, title[len(recipe.name) :].strip()
    return None


def known(trace: Trace) -> bool:
    """Whether a run has a scene of its own: that of a recipe with one run."""
    found = training_of(trace)
    return found is not None and not found[1] and _own(found[0], trace) is not None


def scene_for(trace: Trace) -> Panel:
    """Return the scene of a run.

    Raises:
        MlaError: It holds nothing that can be drawn.
    """
    found = training_of(trace)
    own = _own(found[0], trace) if found is not None and not found[1] else None
    return scene_of(trace) if own is None else own


def _own(recipe: Recipe, trace: Trace) -> Panel | None:
    """Return the scene of a recipe's film for a trace; None where the trace does not suit it (yet)."""
    try:
        args = msgspec.convert(trace.about.args, recipe.arguments)
        if list(recipe.runs(args)) != [""]:
            return None
        return recipe.film(args, {"": trace}).scene
    except (MlaError, msgspec.ValidationError):
        return None
    except Exception:  # a film that needs what a trace of another version, or of a training just begun, does not hold
        return None
