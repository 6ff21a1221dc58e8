"""Magnified: a panel drawn larger, letters and all, for a canvas that is larger than 1280x720."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Self

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group
from mlanimated.errors import MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.scene import Panel, View

__all__ = ["Magnified"]


@dataclass(frozen=True)
class Magnified(Panel):
    """A panel, so many times as large.

    Attributes:
        panel: What is drawn.
        factor: How many times as large.

    Raises:
        MlaError: The factor is not above 0.
    """

    panel: Panel
    _: KW_ONLY
    factor: float = 1.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.factor > 0:
            raise MlaError(f"Magnified: factor={self.factor} must be above 0; 2 draws twice as large.")

    def of(self, run: str) -> Self:
        """Return the same panel, drawn from the run of that name."""
        return dataclasses.replace(self, panel=self.panel.of(run))

    def views(self) -> Iterator[View]:
        """Yield each view of the panel."""
        yield from self.panel.views()

    def commands(self, moment: Moment, box: Box, key: str) -> Group:
        """Return the panel, laid out in a smaller box and drawn larger."""
        inner = Box(0, 0, box.width / self.factor, box.height / self.factor)
        drawn = self.panel.titled(self.title or self.panel.title).commands(moment, inner, "panel")
        return Group((drawn,), key=key, x=round(box.x, 2), y=round(box.y, 2), scale=self.factor)
