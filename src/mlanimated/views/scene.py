"""View: draws one aspect of a trace. Scene: views side by side and below each other.

Example:
    Scene((landscape | (loss / numbers).shared(0.6)).titled("Gradient descent"))

Both are immutable: `titled`, `shared` and `of` return a changed copy.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group
from mlanimated.draw.text import fitted, label
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment

__all__ = ["GAP", "TITLE_HEIGHT", "Panel", "Scene", "View"]

GAP = 32.0
TITLE_HEIGHT = 36.0
TITLE_SIZE = 20.0


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """What can stand in a scene: a view, or a scene of views.

    Attributes:
        title: A line above the panel.
        share: Its part of the row or column that it stands in, relative to its neighbours.
    """

    title: str = ""
    share: float = 1.0

    def __post_init__(self) -> None:
        if not self.share > 0:
            raise MlaError(f"A panel's share is {self.share}; it must be above 0, 1 being the same as its neighbours.")

    def __or__(self, other: Panel) -> Scene:
        """Put another panel to the right."""
        return _join("row", self, other)

    def __truediv__(self, other: Panel) -> Scene:
        """Put another panel below."""
        return _join("column", self, other)

    def titled(self, title: str) -> Self:
        """Return the same panel with a title."""
        return dataclasses.replace(self, title=title)

    def shared(self, share: float) -> Self:
        """Return the same panel with another share of its row or column."""
        return dataclasses.replace(self, share=share)

    @abstractmethod
    def of(self, run: str) -> Self:
        """Return the same panel, drawn from the run of that name."""

    @abstractmethod
    def views(self) -> Iterator[View]:
        """Yield each view of the panel, in reading order."""

    @abstractmethod
    def commands(self, moment: Moment, box: Box, key: str) -> Group:
        """Return what is drawn in the box, title included, as a group of that key."""


@dataclass(frozen=True, kw_only=True)
class View(Panel):
    """Draws one aspect of a trace at one moment into a box.

    Subclasses are frozen data classes and write `draw`. They are pure: same trace, same moment, same box, same commands.

    Attributes:
        run: Name of the run that is drawn; "" is the film's first.
    """

    run: str = ""

    @abstractmethod
    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the commands for the moment. Give a key to each Group whose content stays still while others change."""

    def describe(self, moment: Moment) -> str:
        """Return a short sentence of what the view shows at the moment, for a reader who does not see it; "" for none."""
        del moment
        return ""

    def of(self, run: str) -> Self:
        """Return the same view of another run; a view that names its run keeps it."""
        return self if self.run else dataclasses.replace(self, run=run)

    def views(self) -> Iterator[View]:
        """Yield the view itself."""
        yield self

    def commands(self, moment: Moment, box: Box, key: str) -> Group:
        """Return title and drawing as a group."""
        heading, inner = _headed(self.title, box)
        return Group((*heading, Group(tuple(self.draw(moment, inner)), key="view")), key=key)


@dataclass(frozen=True)
class Scene(Panel):
    """Panels in a row or in a column.

    Attributes:
        panels: The panels in order; one panel alone may be given as it is.
        direction: "row" (left to right) or "column" (top to bottom).
    """

    panels: tuple[Panel, ...] | Panel
    direction: Literal["row", "column"] = "row"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.panels, Panel):
            object.__setattr__(self, "panels", (self.panels,))
        if not self.children:
            raise MlaError("A scene needs at least one view, as in Scene(view) or left | right.")
        for panel in self.children:
            if not isinstance(panel, Panel):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise MlaError(
                    f"A scene holds views, not {type(panel).__name__}: mla.views has them, views.Figure takes a matplotlib figure."
                )

    @property
    def children(self) -> tuple[Panel, ...]:
        """The panels in order."""
        return self.panels if isinstance(self.panels, tuple) else (self.panels,)

    def of(self, run: str) -> Self:
        """Return the scene with each view that names no run drawn from that one."""
        return dataclasses.replace(self, panels=tuple(panel.of(run) for panel in self.children))

    def views(self) -> Iterator[View]:
        """Yield each view, in reading order."""
        for panel in self.children:
            yield from panel.views()

    def commands(self, moment: Moment, box: Box, key: str) -> Group:
        """Return all panels as a group; a row that would leave its panels too narrow becomes a column."""
        heading, inner = _headed(self.title, box)
        shares = [panel.share for panel in self.children]
        boxes = inner.columns(shares, GAP) if self.direction == "row" else inner.rows(shares, GAP)
        if self.direction == "row" and len(boxes) > 1 and inner.height > inner.width * 0.9:
            boxes = inner.rows(shares, GAP)
        drawn = tuple(
            panel.commands(moment, part, str(index))
            for index, (panel, part) in enumerate(zip(self.children, boxes, strict=True))
        )
        return Group((*heading, *drawn), key=key)


def _join(direction: Literal["row", "column"], first: Panel, second: Panel) -> Scene:
    """Join two panels; an untitled scene of the same direction takes the second one in, so that a | b | c are equals."""
    if not isinstance(second, Panel):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise MlaError(f"A view is joined with another view, not with {type(second).__name__}.")
    head = (first,)
    if isinstance(first, Scene) and first.direction == direction and not first.title and first.share == 1.0:
        head = first.children
    return Scene((*head, second), direction)


def _headed(title: str, box: Box) -> tuple[tuple[Command, ...], Box]:
    """Return the title's commands and what is left of the box below it."""
    if not title:
        return (), box
    line = label(box.x, box.y + TITLE_SIZE, fitted(title, box.width, TITLE_SIZE, bold=True), TITLE_SIZE, bold=True)
    return (Group((line,), key="title"),), box.inset(0, TITLE_HEIGHT, 0, 0)
