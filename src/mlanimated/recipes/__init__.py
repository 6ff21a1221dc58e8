"""Every film of the book by name; one file a chapter or topic."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from mlanimated import plugins
from mlanimated.errors import MlaError, did_you_mean
from mlanimated.recipes.recipe import Recipe, Run

__all__ = ["Recipe", "Run", "everything", "find"]

MODULES = (
    "animations",
    "gradient_descent",
    "optimizers",
    "celsius",
    "losses",
    "activations",
    "universal",
    "loss_landscape",
    "convolution",
    "images",
    "boundaries",
    "trees",
    "backward",
    "latent_space",
    "adversaries",
    "sequences",
    "vectors",
    "denoising",
    "transfer",
    "preferred",
    "characters",
    "random_games",
    "self_play",
    "bandits",
    "grid_world",
    "frozen_lake_table",
    "own_environment",
    "mountain_car",
    "reward_design",
    "deep_q",
    "gliding",
    "walking",
    "policy_gradient",
    "watching",
    "looking",
    "side_by_side",
    "pong_pictures",
    "pong_from_pixels",
    "credit",
    "overestimation",
)
"""Files of this folder that hold recipes; each has a tuple `RECIPES`. Those of one chapter come in this order."""


@lru_cache(maxsize=1)
def everything() -> tuple[Recipe, ...]:
    """Return every recipe, in the order of the book, those of other packages among them."""
    found = [recipe for module in MODULES for recipe in importlib.import_module(f"mlanimated.recipes.{module}").RECIPES]
    found += _brought({recipe.name for recipe in found})
    return tuple(sorted(found, key=lambda recipe: recipe.chapter))


def find(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises:
        MlaError: There is none; the line says which one may have been meant.
    """
    for recipe in everything():
        if recipe.name == name:
            return recipe
    raise MlaError(
        f"There is no film named {name!r}.{did_you_mean(name, [recipe.name for recipe in everything()])} 'mla list' shows all."
    )


def _brought(taken: set[str]) -> list[Recipe]:
    """Return the recipes that other packages bring; one whose name is taken, or that is none, is told and left out."""
    found: list[Recipe] = []
    for name, brought in plugins.whole("recipes").items():
        several = cast("Iterable[object]", brought if isinstance(brought, list | tuple) else (brought,))
        for recipe in several:
            if not isinstance(recipe, Recipe):
                told = f"The plugin {name!r} brings no recipe but {type(recipe).__name__}; it is left out."
                warnings.warn(told, plugins.PluginWarning, stacklevel=3)
            elif recipe.name in taken:
                told = (
                    f"The plugin {name!r} brings a film {recipe.name!r}, of which there is one already; it is left out."
                )
                warnings.warn(told, plugins.PluginWarning, stacklevel=3)
            else:
                taken.add(recipe.name)
                found.append(recipe)
    return found
