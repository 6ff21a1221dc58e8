"""Pen: what doodles are drawn with. It holds Skia's canvas, two paints, and the random numbers of one picture."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from itertools import cycle
from typing import Any

from mlanimated.render.outlines import library

__all__ = ["Colour", "Pen", "Point", "luminance", "polar"]

Colour = tuple[float, float, float]
"""Red, green and blue, 0..1 each."""

Point = tuple[float, float]


class Pen:
    """Draws shapes of one colour each into a picture whose own unit reaches from -1 to 1, y down.

    Args:
        canvas: A canvas of Skia's.
    """

    def __init__(self, canvas: Any) -> None:
        skia = library()
        self.canvas = canvas
        self._skia = skia
        self._fill = skia.Paint(AntiAlias=True)
        self._line = skia.Paint(
            AntiAlias=True,
            Style=skia.Paint.kStroke_Style,
            StrokeJoin=skia.Paint.kRound_Join,
            StrokeCap=skia.Paint.kRound_Cap,
        )
        self._numbers = cycle((0.5,))

    def take(self, numbers: Sequence[float]) -> None:
        """Take the random numbers of the next picture, evenly spread in 0..1; when they are used up they begin anew."""
        self._numbers = cycle(numbers)

    def between(self, low: float, high: float) -> float:
        """Return a random number."""
        return low + (high - low) * next(self._numbers)

    def chance(self, share: float) -> bool:
        """Return True in so many of all cases."""
        return next(self._numbers) < share

    def pick(self, count: int) -> int:
        """Return a whole random number, 0..count - 1."""
        return min(count - 1, int(next(self._numbers) * count))

    def colour(self) -> Colour:
        """Return any colour: the same choice for objects of every class and for what is behind them."""
        return colorsys.hsv_to_rgb(next(self._numbers), self.between(0.05, 0.95), self.between(0.12, 1.0))

    def shade(self, colour: Colour, low: float, high: float) -> Colour:
        """Return a colour made darker (a factor below 1) or lighter."""
        factor = self.between(low, high)
        red, green, blue = (min(1.0, part * factor) for part in colour)
        return red, green, blue

    def oval(self, x: float, y: float, width: float, height: float, colour: Colour, turn: float = 0.0) -> None:
        """Fill an ellipse around (x, y) of these half axes, turned clockwise by so many degrees."""
        self._fill.setColor(_packed(colour))
        rect = self._skia.Rect(-width, -height, width, height)
        self.canvas.save()
        self.canvas.translate(x, y)
        if turn:
            self.canvas.rotate(turn)
        self.canvas.drawOval(rect, self._fill)
        self.canvas.restore()

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, radius: float = 0.0) -> None:
        """Fill a rectangle with round corners."""
        self._fill.setColor(_packed(colour))
        self.canvas.drawRoundRect(self._skia.Rect(left, top, right, bottom), radius, radius, self._fill)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        self._fill.setColor(_packed(colour))
        path = self._skia.Path()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canvas.drawPath(path, self._fill)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """Draw a line through points."""
        self._line.setColor(_packed(colour))
        self._line.setStrokeWidth(width)
        path = self._skia.Path()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self.canvas.drawPath(path, self._line)

    def bow(self, start: Point, bend: Point, stop: Point, width: float, colour: Colour) -> None:
        """Draw a curve from one point to another that bends towards a third (a quadratic Bézier curve)."""
        self._line.setColor(_packed(colour))
        self._line.setStrokeWidth(width)
        path = self._skia.Path()
        path.moveTo(*start)
        path.quadTo(*bend, *stop)
        self.canvas.drawPath(path, self._line)


def luminance(colour: Colour) -> float:
    """Return how light a colour is, 0..1 (Rec. 709 weights on the numbers as they are)."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def polar(x: float, y: float, length: float, degrees: float) -> Point:
    """Return the point at a distance from (x, y): 0 degrees to the right, 90 down."""
    angle = math.radians(degrees)
    return x + length * math.cos(angle), y + length * math.sin(angle)


def _packed(colour: Colour) -> int:
    red, green, blue = (int(part * 255 + 0.5) for part in colour)
    return 0xFF000000 | red << 16 | green << 8 | blue
