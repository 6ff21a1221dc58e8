"""Either: one arrangement of the same views for a wide canvas, another for a tall one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group
from mlanimated.views import Moment, View
from mlanimated.views.scene import Panel

__all__ = ["PHONE", "SQUARE", "Either"]

PHONE, SQUARE = 0.9, 0.6
"""Heights in widths from which a box counts as tall: where scenes turn their rows into columns, and for square films too."""


@dataclass(frozen=True)
class Either(Panel):
    """Two arrangements of the same views, of which the shape of the box chooses one.

    A row of a scene becomes a column where it is tall. Where that alone would leave plots too flat or too narrow, a film
    says here how its views are to stand.

        Either(hills / chart, (hills | chart) / table)

    Attributes:
        wide: Stands in a box that is wider than high.
        tall: Stands in one that is higher.
        above: The height in widths from which a box is tall: `PHONE`, or `SQUARE` to count square films among the tall ones.
    """

    wide: Panel
    tall: Panel
    above: float = PHONE

    def of(self, run: str) -> Self:
        """Return both arrangements drawn from the run of that name."""
        return dataclasses.replace(self, wide=self.wide.of(run), tall=self.tall.of(run))

    def views(self) -> Iterator[View]:
        """Yield each view of the wide arrangement."""
        yield from self.wide.views()

    def commands(self, moment: Moment, box: Box, key: str) -> Group:
        """Return what is drawn in the box by the arrangement that suits it."""
        chosen = self.tall if box.height > self.above * box.width else self.wide
        return (chosen.titled(self.title) if self.title else chosen).commands(moment, box, key)
