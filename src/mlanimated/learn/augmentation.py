"""Augmentation: each picture is turned, moved and mirrored anew whenever it is learned from, so that no two epochs are alike."""

from __future__ import annotations

import math
from typing import Annotated, Any

from msgspec import Meta, Struct

from mlanimated.learn.frameworks import load_torch

__all__ = ["Augmentation", "augmented"]


class Augmentation(Struct, frozen=True, kw_only=True):
    """How far pictures are changed at the most."""

    rotate: Annotated[float, Meta(ge=0, le=180, description="Degrees that a picture is turned at the most.")] = 12.0
    shift: Annotated[float, Meta(ge=0, le=0.5, description="Part of its width that it is moved at the most.")] = 0.1
    flip: Annotated[bool, Meta(description="Mirror every second picture, left to right.")] = True

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return bool(self.rotate or self.shift or self.flip)


def augmented(pictures: Any, how: Augmentation) -> Any:
    """Return changed pictures, each by an angle, a way and a side of its own, all evenly spread.

    Pixels between others are mixed from the nearest four, what comes in from outside repeats the edge.

    Args:
        pictures: A float tensor (n, channels, height, width).
        how: How far they are changed.

    Returns:
        A tensor of the same shape; torch's own random numbers choose.
    """
    if not how.changes:
        return pictures
    torch = load_torch()
    count = len(pictures)
    random = torch.rand(4, count)
    angle = (2 * random[0] - 1) * math.radians(how.rotate)
    side = torch.where(random[3] < 0.5, -1.0, 1.0) if how.flip else torch.ones(count)
    across, down = ((2 * part - 1) * 2 * how.shift for part in (random[1], random[2]))
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = (torch.stack((cos * side, -sin, across), 1), torch.stack((sin * side, cos, down), 1))
    grid = torch.nn.functional.affine_grid(torch.stack(rows, 1), list(pictures.shape), align_corners=False)
    return torch.nn.functional.grid_sample(
        pictures, grid.to(pictures.dtype), padding_mode="border", align_corners=False
    )
