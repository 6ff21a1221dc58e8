"""Every film of the book by name; one file a chapter or topic."""

from __future__ import annotations

import importlib
from functools import lru_cache

from mlanimated.errors import MlaError, did_you_mean
from mlanimated.recipes.recipe import Recipe, Run

__all__ = ["Recipe", "Run", "everything", "find"]

MODULES = (
    "animations",
    "gradient_descent",
    "optimizers",
    "celsius",
    "activations",
    "convolution",
    "images",
    "boundaries",
    "trees",
    "latent_space",
    "adversaries",
    "sequences",
    "random_games",
    "self_play",
    "bandits",
    "grid_world",
    "frozen_lake_table",
    "own_environment",
    "mountain_car",
    "reward_design",
    "deep_q",
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
    """Return every recipe, in the order of the book."""
    found = [recipe for module in MODULES for recipe in importlib.import_module(f"mlanimated.recipes.{module}").RECIPES]
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
