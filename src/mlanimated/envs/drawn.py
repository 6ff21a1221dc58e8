"""Drawn: a Gymnasium environment whose picture is a display list, painted when it is asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, TypeVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.draw.frame import Frame
from mlanimated.draw.palette import theme as theme_of
from mlanimated.errors import MlaError

__all__ = ["Drawn"]

Observation = TypeVar("Observation")
MARGIN = 16.0


class Drawn(gymnasium.Env[Observation, Any]):
    """An environment that paints itself; Skia is loaded by the first picture.

    Args:
        render_mode: "rgb_array" for pictures, None for none.
        theme: "light" or "dark".
        width: Width of a picture.
        height: Its height.

    Raises:
        MlaError: There is no such mode or theme.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 4}  # noqa: RUF012

    def __init__(self, render_mode: str | None, theme: str, width: int = 512, height: int = 512) -> None:
        if render_mode not in (None, "rgb_array"):
            raise MlaError(f"There is no render mode {render_mode!r} here; it is 'rgb_array' or None.")
        theme_of(theme)
        self.render_mode = render_mode
        self._theme, self._size = theme, (width, height)

    @abstractmethod
    def commands(self, box: Box) -> Sequence[Command]:
        """Return what the environment looks like now, drawn into a box."""

    def frame(self) -> Frame:
        """Return the picture as a display list."""
        width, height = self._size
        return Frame(width, height, tuple(self.commands(Box(0, 0, width, height).inset(MARGIN))))

    def render(self) -> NDArray[np.uint8] | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the picture as uint8 (height, width, 3); None where no render mode was chosen."""
        if self.render_mode is None:
            return None
        from mlanimated.render.raster import paint

        return np.ascontiguousarray(paint(self.frame(), theme=self._theme)[..., :3])
