"""Raster: frames to pixels with Skia.

What the commands of `draw/commands.py` mean, so that a second painter can agree in every pixel but at the edges of text:

- **Frame**: the whole picture is filled with the role "ground", then the children are painted in order, the later above the
  earlier. Scene units are scaled to the picture's pixels. Everything is anti-aliased; colours are mixed as sRGB numbers.
- **Group**: translate by (x, y), then rotate clockwise by `rotate` degrees, then scale; strokes and text scale along.
  Opacity multiplies that of each child by itself; there are no layers, so children that overlap show through each other.
- **Clip**: what is inside the rounded rectangle alone, its edge anti-aliased.
- **Rect, Circle, Polyline, Path**: first filled, then stroked. The stroke is centred on the edge; a width of 0 or less strokes
  nothing. A radius larger than half the shorter side is cut down to it. Rect and Path have mitre joins (limit 10) and butt caps,
  Polyline round joins and round caps, also on each dash. A fill closes what is open and winds non-zero. What has a coordinate
  that is not finite is not painted: views part their lines there.
- **Text**: begins at x − share * `width` on the baseline y, the share being 0, ½ or 1 for "start", "middle" and "end". Each
  character stands where the advances before it end (`draw.text.advances`), at fractions of a pixel, unhinted, in the face
  that `draw.text.runs` gives it.
- **Image**: its pixels stretched over the rectangle, each a flat patch (nearest neighbour), or mixed when `smooth`
  (bilinear, without averaging when it is shrunk). A scalar byte b has the colour at row b of `draw.palette.lut`.
- **Opacities** are multiplied with the alpha of a literal colour. What is not opaque at all is not painted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.commands import (
    Circle,
    Clip,
    Colour,
    Command,
    Group,
    Image,
    Path,
    Pixels,
    Polyline,
    Rect,
    Text,
)
from mlanimated.draw.frame import Frame
from mlanimated.draw.palette import resolve
from mlanimated.draw.palette import theme as theme_of
from mlanimated.errors import MlaError
from mlanimated.render.outlines import bgra, blob, curve, library, polygon

__all__ = ["Raster", "paint"]

PICTURE_BYTES = 64 * 2**20
"""How much of decoded pictures a Raster keeps."""

MOST_COLOURS = 16_384
"""How many resolved colours a Raster keeps."""

MOST_STILLS = 4
"""So many smoothly stretched pictures a Raster keeps as it has painted them."""

ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}


def paint(frame: Frame, *, scale: float = 1.0, theme: str = "light") -> NDArray[np.uint8]:
    """Return a frame as pixels.

    Args:
        frame: What to paint.
        scale: Pixels for a scene unit.
        theme: "light" or "dark".

    Returns:
        uint8 of shape (height, width, 4): red, green, blue, alpha, which is 255 all over.

    Raises:
        MlaError: Unknown theme or colour, a picture of the wrong length, or Skia cannot be loaded.
    """
    return Raster(frame.width, frame.height, scale, theme).paint(frame)[..., [2, 1, 0, 3]]


class Raster:
    """Paints frames of one size in one theme, over and over into the same pixels.

    Args:
        width: Width of the frames in scene units.
        height: Height of the frames in scene units.
        scale: Pixels for a scene unit.
        theme: "light" or "dark".

    Attributes:
        width: Width of the picture in pixels.
        height: Height of the picture in pixels.
        theme: The theme's name.

    Raises:
        MlaError: Unknown theme, a size that is not above 0 or too large, or Skia cannot be loaded.
    """

    def __init__(self, width: float, height: float, scale: float = 1.0, theme: str = "light") -> None:
        self.width = round(width * scale)
        self.height = round(height * scale)
        self.theme = theme_of(theme).name
        if not (1 <= self.width <= 16384 and 1 <= self.height <= 16384):
            raise MlaError(
                f"A picture of {self.width}x{self.height} pixels cannot be painted; each side may have 1 to 16384. Change the scale."
            )
        skia = library()
        self._skia = skia
        # Skia paints straight into this array; blue first is its native order and what video encoders take.
        self._pixels = np.zeros((self.height, self.width, 4), dtype=np.uint8)
        information = skia.ImageInfo.Make(
            self.width, self.height, skia.ColorType.kBGRA_8888_ColorType, skia.AlphaType.kPremul_AlphaType
        )
        self._surface = skia.Surface.MakeRasterDirect(information, self._pixels, self.width * 4)
        self._canvas = self._surface.getCanvas()
        self._fill = skia.Paint(AntiAlias=True)
        self._edge = skia.Paint(AntiAlias=True, Style=skia.Paint.kStroke_Style, StrokeMiter=10)
        self._line = skia.Paint(
            AntiAlias=True,
            Style=skia.Paint.kStroke_Style,
            StrokeJoin=skia.Paint.kRound_Join,
            StrokeCap=skia.Paint.kRound_Cap,
        )
        self._hard = skia.SamplingOptions(skia.FilterMode.kNearest)
        self._soft = skia.SamplingOptions(skia.FilterMode.kLinear)
        self._inks: dict[int, Any] = {}
        self._dashes: dict[tuple[float, ...], Any] = {}
        self._colours: dict[Colour, tuple[int, int]] = {}
        self._pictures: OrderedDict[Pixels, Any] = OrderedDict()
        self._picture_bytes = 0
        self._stills: OrderedDict[tuple[object, ...], tuple[NDArray[np.uint8], NDArray[np.uint8]] | None] = (
            OrderedDict()
        )
        self._painters: dict[type, Callable[[Any, float], None]] = {
            Group: self._group,
            Clip: self._clip,
            Rect: self._rect,
            Circle: self._circle,
            Polyline: self._polyline,
            Path: self._path,
            Text: self._text,
            Image: self._image,
        }

    def paint(self, frame: Frame) -> NDArray[np.uint8]:
        """Paint a frame over what was there.

        Args:
            frame: What to paint; of another size, it is stretched.

        Returns:
            uint8 of shape (height, width, 4): blue, green, red, alpha, which is 255 all over. The next frame is painted
            into the same array: copy it to keep it.

        Raises:
            MlaError: An unknown colour, or a picture of the wrong length.
        """
        canvas = self._canvas
        canvas.restoreToCount(1)
        canvas.resetMatrix()
        canvas.scale(self.width / frame.width, self.height / frame.height)
        canvas.clear(self._argb("ground", 1.0))
        self._all(frame.children, 1.0)
        return self._pixels

    def _all(self, commands: Sequence[Command], opacity: float) -> None:
        painters = self._painters
        for command in commands:
            painters[type(command)](command, opacity)

    def _argb(self, colour: Colour, opacity: float) -> int:
        """Return a colour as Skia packs it, 0xAARRGGBB."""
        found = self._colours.get(colour)
        if found is None:
            if len(self._colours) >= MOST_COLOURS:
                self._colours.clear()  # colours of maps glide, so that a long film has no end of them
            red, green, blue, alpha = resolve(colour, self.theme)
            found = self._colours[colour] = (red << 16 | green << 8 | blue, alpha)
        if opacity >= 1.0:
            return found[1] << 24 | found[0]
        return int(found[1] * max(0.0, opacity) + 0.5) << 24 | found[0]

    def _group(self, group: Group, opacity: float) -> None:
        opacity *= group.opacity
        if opacity <= 0.0:
            return
        if not (group.x or group.y or group.rotate or group.scale != 1.0):
            self._all(group.children, opacity)
            return
        canvas = self._canvas
        canvas.save()
        canvas.translate(group.x, group.y)
        if group.rotate:
            canvas.rotate(group.rotate)
        if group.scale != 1.0:
            canvas.scale(group.scale, group.scale)
        self._all(group.children, opacity)
        canvas.restore()

    def _clip(self, clip: Clip, opacity: float) -> None:
        canvas = self._canvas
        rect = self._skia.Rect.MakeXYWH(clip.x, clip.y, clip.width, clip.height)
        canvas.save()
        if clip.radius > 0.0:
            canvas.clipRRect(self._skia.RRect.MakeRectXY(rect, clip.radius, clip.radius), True)
        else:
            canvas.clipRect(rect, True)
        self._all(clip.children, opacity)
        canvas.restore()

    def _rect(self, rect: Rect, opacity: float) -> None:
        opacity *= rect.opacity
        area = self._skia.Rect.MakeXYWH(rect.x, rect.y, rect.width, rect.height)
        radius = rect.radius
        if rect.fill is not None:
            paint = self._fill
            paint.setColor(self._argb(rect.fill, opacity))
            if radius > 0.0:
                self._canvas.drawRoundRect(area, radius, radius, paint)
            else:
                self._canvas.drawRect(area, paint)
        if rect.stroke is not None and rect.stroke_width > 0.0:
            paint = self._edge
            paint.setColor(self._argb(rect.stroke, opacity))
            paint.setStrokeWidth(rect.stroke_width)
            if radius > 0.0:
                self._canvas.drawRoundRect(area, radius, radius, paint)
            else:
                self._canvas.drawRect(area, paint)

    def _circle(self, circle: Circle, opacity: float) -> None:
        opacity *= circle.opacity
        if circle.fill is not None:
            paint = self._fill
            paint.setColor(self._argb(circle.fill, opacity))
            self._canvas.drawCircle(circle.x, circle.y, circle.radius, paint)
        if circle.stroke is not None and circle.stroke_width > 0.0:
            paint = self._edge
            paint.setColor(self._argb(circle.stroke, opacity))
            paint.setStrokeWidth(circle.stroke_width)
            self._canvas.drawCircle(circle.x, circle.y, circle.radius, paint)

    def _polyline(self, line: Polyline, opacity: float) -> None:
        opacity *= line.opacity
        outline = polygon(line.points, line.closed)
        if line.fill is not None:
            paint = self._fill
            paint.setColor(self._argb(line.fill, opacity))
            self._canvas.drawPath(outline, paint)
        if line.stroke is not None and line.stroke_width > 0.0:
            paint = self._dashed(line.dash) if line.dash else self._line
            paint.setColor(self._argb(line.stroke, opacity))
            paint.setStrokeWidth(line.stroke_width)
            self._canvas.drawPath(outline, paint)

    def _dashed(self, dash: tuple[float, ...]) -> Any:
        """Return the brush of lines with a dash: one of its own for each, as an effect cannot be taken off again."""
        found = self._dashes.get(dash)
        if found is None:
            found = self._dashes[dash] = self._skia.Paint(self._line)
            # An odd count is taken twice, as SVG and canvas do.
            lengths = dash * 2 if len(dash) % 2 else dash
            if sum(lengths) > 0.0:
                found.setPathEffect(self._skia.DashPathEffect.Make(lengths, 0.0))
        return found

    def _path(self, path: Path, opacity: float) -> None:
        opacity *= path.opacity
        outline = curve(path.d)
        if path.fill is not None:
            paint = self._fill
            paint.setColor(self._argb(path.fill, opacity))
            self._canvas.drawPath(outline, paint)
        if path.stroke is not None and path.stroke_width > 0.0:
            paint = self._edge
            paint.setColor(self._argb(path.stroke, opacity))
            paint.setStrokeWidth(path.stroke_width)
            self._canvas.drawPath(outline, paint)

    def _text(self, text: Text, opacity: float) -> None:
        line = blob(text.text, text.size, text.bold)
        if line is None:
            return
        ink = self._ink(self._argb(text.fill, opacity * text.opacity))
        self._canvas.drawTextBlob(line, text.x - ANCHORS[text.anchor] * text.width, text.y, ink)

    def _ink(self, argb: int) -> Any:
        """Return the brush for text of a colour.

        Skia makes dark text thinner and light text bolder (by 13% and 25%, measured) when it knows the colour. A shader
        hides it: text then has the weight that its outlines have, in both themes, and about that of a browser.
        """
        colour = argb & 0xFFFFFF
        ink = self._inks.get(colour)
        if ink is None:
            skia = self._skia
            dot = np.array([[[colour & 255, colour >> 8 & 255, colour >> 16, 255]]], dtype=np.uint8)
            ink = self._inks[colour] = skia.Paint(AntiAlias=True)
            ink.setShader(
                skia.Image.fromarray(dot, skia.ColorType.kBGRA_8888_ColorType).makeShader(
                    skia.TileMode.kClamp, skia.TileMode.kClamp
                )
            )
        ink.setAlpha(argb >> 24)
        return ink

    def _image(self, image: Image, opacity: float) -> None:
        opacity *= image.opacity
        if opacity <= 0.0:
            return
        paint = self._fill
        paint.setColor(int(255 * min(1.0, opacity) + 0.5) << 24)
        area = self._skia.Rect.MakeXYWH(image.x, image.y, image.width, image.height)
        # Upright edges are snapped to whole pixels, as a canvas does it: a game's screen stays crisp.
        matrix = self._canvas.getTotalMatrix()
        small = image.width * abs(matrix.getScaleX()) < 1 or image.height * abs(matrix.getScaleY()) < 1
        paint.setAntiAlias(small or not matrix.rectStaysRect())
        if image.smooth:
            self._smooth(image, area, matrix, opacity)
        else:
            self._canvas.drawImageRect(self._picture(image.pixels), area, self._hard, paint)
        paint.setAntiAlias(True)

    def _smooth(self, image: Image, area: Any, matrix: Any, opacity: float) -> None:
        """Stretch a picture smoothly, which takes longest of all; what stands still over the same ground is copied.

        What is seen for the second time is kept, together with the pixels that lay below it.
        """
        around = matrix.mapRect(area).makeOutset(1, 1).roundOut()
        rows = slice(max(0, around.top()), max(0, around.bottom()))
        columns = slice(max(0, around.left()), max(0, around.right()))
        clip = self._canvas.getDeviceClipBounds() if self._canvas.isClipRect() else None
        part = self._pixels[rows, columns]
        key = (image.pixels, tuple(area), *(matrix.get(index) for index in range(6)), opacity, clip and tuple(clip))
        known = key in self._stills and clip is not None
        still = self._stills.get(key)
        if still is not None and np.array_equal(part, still[0]):
            part[...] = still[1]
        else:
            below = part.copy() if known else None
            self._canvas.drawImageRect(self._picture(image.pixels), area, self._soft, self._fill)
            self._stills[key] = None if below is None else (below, part.copy())
        self._stills.move_to_end(key)
        if len(self._stills) > MOST_STILLS:
            self._stills.popitem(last=False)

    def _picture(self, pixels: Pixels) -> Any:
        """Return a picture as Skia holds it; the ones used last are kept."""
        found = self._pictures.get(pixels)
        if found is not None:
            self._pictures.move_to_end(pixels)
            return found
        found = self._skia.Image.fromarray(
            bgra(pixels, self.theme), self._skia.ColorType.kBGRA_8888_ColorType, self._skia.AlphaType.kOpaque_AlphaType
        )
        self._pictures[pixels] = found
        self._picture_bytes += pixels.columns * pixels.rows * 4
        while self._picture_bytes > PICTURE_BYTES and len(self._pictures) > 1:
            oldest, _ = self._pictures.popitem(last=False)
            self._picture_bytes -= oldest.columns * oldest.rows * 4
        return found
