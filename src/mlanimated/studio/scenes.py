"""Scenes: everything of a run at once. A run of a registered recipe has the scene of its film; any other has one laid out for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import msgspec

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group
from mlanimated.recipes import Recipe, everything
from mlanimated.trace import Trace
from mlanimated.views.auto import scene_of
from mlanimated.views.moment import Moment
from mlanimated.views.scene import GAP, Panel, View

__all__ = ["Beside", "known", "scene_for", "training_of"]

SMALL = 960.0
"""Beside each other scenes are laid out so wide at the least and drawn smaller, so that both are the same picture."""


@dataclass(frozen=True)
class Beside(Panel):
    """Scenes beside each other, each laid out as if it stood alone.

    Attributes:
        panels: The scenes, in order.
    """

    panels: tuple[Panel, ...] = ()

    def of(self, run: str) -> Self:
        """Return the same scenes, drawn from a run."""
        return dataclasses.replace(self, panels=tuple(panel.of(run) for panel in self.panels))

    def views(self) -> Iterator[View]:
        """Yield each view."""
        for panel in self.panels:
            yield from panel.views()

    def commands(self, moment: Moment, box: Box, key: str) -> Group:
        """Return all scenes, in one row of two or in several."""
        columns = min(2, len(self.panels))
        rows = box.rows([1.0] * -(-len(self.panels) // columns), GAP)
        boxes = [part for row in rows for part in row.columns([1.0] * columns, GAP)]
        drawn: list[Group] = []
        for index, (panel, part) in enumerate(zip(self.panels, boxes, strict=False)):
            scale = min(1.0, part.width / SMALL)
            inner = Box(0.0, 0.0, part.width / scale, part.height / scale)
            scene = panel.commands(moment, inner, "scene")
            drawn.append(Group((scene,), key=str(index), x=part.x, y=part.y, scale=round(scale, 4)))
        return Group(tuple(drawn), key=key)


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
    except Exception:  # a film that needs what a trace of another version, or of a training just begun, does not hold
        return None
