"""Figure: a matplotlib figure as a view, the way out for what no other view draws."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, Pixels
from mlanimated.errors import MissingExtra, MlaError
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

__all__ = ["Figure"]

UNITS_PER_INCH = 100.0


@dataclass(frozen=True)
class Figure(View):
    """A matplotlib figure, drawn anew at each moment and shown as a picture.

    It costs some 20 to 100 ms a frame, where other views cost less than one, and is not redrawn for a dark page: it keeps
    the colours that matplotlib gave it. An inch of the figure is 100 units, so that 10 points are 14 units high.

        def spectrum(moment):
            figure = Figure(layout="constrained")
            figure.subplots().plot(moment.value("spectrum"))
            return figure

        views.Figure(spectrum)

    Attributes:
        make: A function that returns a `matplotlib.figure.Figure` for a moment. Make it without pyplot where possible; one
            that pyplot made is closed.
        fit: Give the figure the size of the box, so that it fills it; False keeps its own size and shrinks or grows it.
        density: Pixels for a scene unit.
        alt: A sentence of what it shows, for a reader who does not see it.
    """

    make: Callable[[Moment], MatplotlibFigure]
    fit: bool = True
    density: float = 2.0
    alt: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.make):
            raise MlaError("Figure needs a function that returns a figure for a moment: Figure(lambda moment: …).")
        if not 0.25 <= self.density <= 8.0:
            raise MlaError(f"Figure: density={self.density} is out of range; 0.25 to 8, 2 being the default.")

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return the figure as an image in the middle of the box."""
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure as MatplotlibFigure
        except ImportError:
            raise MissingExtra("A matplotlib figure as a view", "figure") from None

        figure: Any = self.make(moment)
        if not isinstance(figure, MatplotlibFigure):
            figure = getattr(figure, "figure", None)
        if not isinstance(figure, MatplotlibFigure):
            raise MlaError("The function given to Figure must return a matplotlib Figure; end it with: return figure.")
        if self.fit:
            figure.set_size_inches(max(0.2, box.width / UNITS_PER_INCH), max(0.2, box.height / UNITS_PER_INCH))
        figure.set_dpi(UNITS_PER_INCH * self.density)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pixels: NDArray[np.uint8] = np.asarray(canvas.buffer_rgba())
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close(figure)
        opacity = pixels[:, :, 3:].astype(np.float64) / 255
        flat: NDArray[np.uint8] = np.round(pixels[:, :, :3] * opacity + 255 * (1 - opacity)).astype(np.uint8)
        rows, columns = len(flat), len(flat[0])
        scale = min(box.width / columns, box.height / rows)
        width, height = columns * scale, rows * scale
        x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
        content = Pixels(columns, rows, flat.tobytes())
        image = Image(round(x, 2), round(y, 2), round(width, 2), round(height, 2), content, smooth=True)
        return (Group((image,), key="figure"),)

    def describe(self, moment: Moment) -> str:
        """Return what the author said that it shows."""
        del moment
        return self.alt
