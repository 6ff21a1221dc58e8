"""SVG: one moment of a film as a drawing that stands alone: fonts inside, sharp at any size.

It means what `raster.py` says the commands mean. Colours are those of one theme.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape
from io import BytesIO
from typing import Any

from msgspec.msgpack import encode

from mlanimated.draw.commands import Circle, Clip, Colour, Command, Group, Image, Path, Pixels, Polyline, Rect, Text
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.palette import resolve
from mlanimated.render.atomic import replacing
from mlanimated.render.fonts import characters, subset
from mlanimated.render.outlines import bgra
from mlanimated.render.picture import moment
from mlanimated.render.raster import ANCHORS

__all__ = ["svg", "write_svg"]


def write_svg(reel: Reel, path: str | os.PathLike[str], at: float | None = None, *, theme: str = "light") -> None:
    """Write one moment of a film as SVG, with how the film was made as JSON in its metadata element.

    Args:
        reel: The film.
        path: The file to write; its folder must exist.
        at: Film time in seconds, 0 to the film's length; None for its poster.
        theme: "light" or "dark".

    Raises:
        MlaError: The time is outside the film, the theme is unknown, or the path cannot be written.
    """
    frame = reel.frame(moment(reel, at))
    drawing = svg(frame, theme=theme, title=reel.title, alt=reel.alt, provenance=reel.provenance)
    with replacing(path) as temporary:
        temporary.write_text(drawing, encoding="utf-8")


def svg(
    frame: Frame, *, theme: str = "light", title: str = "", alt: str = "", provenance: Mapping[str, str] | None = None
) -> str:
    """Return a frame as the text of an SVG.

    Args:
        frame: What to draw.
        theme: "light" or "dark".
        title: Its title, for a reader who does not see it, and for the tip of a browser.
        alt: What it shows, for a reader who does not see it.
        provenance: How it was made.

    Raises:
        MlaError: Unknown theme or colour, or a picture of the wrong length.
    """
    # Names are made from what is drawn, so that several drawings can stand in one page.
    name = "mla-" + hashlib.sha256(theme.encode() + encode(frame)).hexdigest()[:8]
    families, faces = _fonts(frame.children)
    body = "".join(_Pen(theme, families, name).all(frame.children, 1.0))
    width, height = _number(frame.width), _number(frame.height)
    titled = f'<title id="{name}-title">{_text(title)}</title>' if title else ""
    told = f'<desc id="{name}-desc">{_text(alt)}</desc>' if alt else ""
    named = " ".join(f"{name}-{part}" for part, words in (("title", title), ("desc", alt)) if words)
    made = f"<metadata>{_text(json.dumps(dict(provenance)))}</metadata>" if provenance else ""
    style = f"<style>{faces}text{{white-space:pre;font-kerning:none;font-variant-ligatures:none}}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' role="img"{f" aria-labelledby={named!r}" if named else ""} fill="none" stroke-miterlimit="10">\n'
        f'{titled}{told}{made}{style}<rect width="{width}" height="{height}"{_paint("fill", "ground", 1.0, theme)}/>\n'
        f"{body}\n</svg>\n"
    )


def _fonts(commands: Sequence[Command]) -> tuple[Mapping[str, str], str]:
    """Return the family name of each face, and the rules that bring them."""
    families: dict[str, str] = {}
    rules: list[str] = []
    for face, used in characters(commands).items():
        data = subset(used, face)
        families[face] = f"mla-{face}-{hashlib.sha256(data).hexdigest()[:8]}"
        source = f"url(data:font/woff2;base64,{base64.b64encode(data).decode()})format('woff2')"
        rules.append(f"@font-face{{font-family:{families[face]};src:{source}}}")
    return families, "".join(rules)


class _Pen:
    """Writes commands as elements."""

    def __init__(self, theme: str, families: Mapping[str, str], name: str) -> None:
        self._theme = theme
        self._name = name
        self._families = families
        self._clips = 0
        self._writers: dict[type, Callable[[Any, float], Iterator[str]]] = {
            Group: self._group,
            Clip: self._clip,
            Rect: self._rect,
            Circle: self._circle,
            Polyline: self._polyline,
            Path: self._path,
            Text: self._line,
            Image: self._image,
        }

    def all(self, commands: Sequence[Command], opacity: float) -> Iterator[str]:
        """Yield the text of commands, under the product of the opacities around them."""
        for command in commands:
            with suppress(NotFiniteError):  # such a command is not painted
                yield from tuple(self._writers[type(command)](command, opacity))

    def _group(self, group: Group, opacity: float) -> Iterator[str]:
        opacity *= group.opacity
        if opacity <= 0.0:
            return
        moves = (
            f"translate({_number(group.x)} {_number(group.y)})" if group.x or group.y else "",
            f"rotate({_number(group.rotate)})" if group.rotate else "",
            f"scale({_number(group.scale)})" if group.scale != 1.0 else "",
        )
        place = "".join(moves)
        yield f'<g transform="{place}">' if place else "<g>"
        if group.tip:
            yield f"<title>{_text(group.tip)}</title>"
        yield from self.all(group.children, opacity)
        yield "</g>"

    def _clip(self, clip: Clip, opacity: float) -> Iterator[str]:
        self._clips += 1
        name = f"{self._name}-clip-{self._clips}"
        yield f'<clipPath id="{name}"><rect{_area(clip)}{_round(clip)}/></clipPath><g clip-path="url(#{name})">'
        yield from self.all(clip.children, opacity)
        yield "</g>"

    def _rect(self, rect: Rect, opacity: float) -> Iterator[str]:
        yield self._shape("rect", _area(rect) + _round(rect), rect, opacity)

    def _circle(self, circle: Circle, opacity: float) -> Iterator[str]:
        place = f' cx="{_number(circle.x)}" cy="{_number(circle.y)}" r="{_number(circle.radius)}"'
        yield self._shape("circle", place, circle, opacity)

    def _polyline(self, line: Polyline, opacity: float) -> Iterator[str]:
        words = f' points="{" ".join(map(_number, line.points))}"'
        if line.stroke is not None:
            words += ' stroke-linejoin="round" stroke-linecap="round"'
        if line.dash:
            words += f' stroke-dasharray="{" ".join(map(_number, line.dash))}"'
        yield self._shape("polygon" if line.closed else "polyline", words, line, opacity)

    def _path(self, path: Path, opacity: float) -> Iterator[str]:
        yield self._shape("path", f' d="{_text(path.d)}"', path, opacity)

    def _line(self, text: Text, opacity: float) -> Iterator[str]:
        if not text.text.strip():
            return
        families = [
            self._families[face] for face in ("bold" if text.bold else "regular", "fallback") if face in self._families
        ]
        # The length holds the line together where a program ignores the fonts inside.
        yield (
            f'<text x="{_number(text.x - ANCHORS[text.anchor] * text.width)}" y="{_number(text.y)}"'
            f' font-size="{_number(text.size)}" font-family="{",".join([*families, "Roboto", "sans-serif"])}"'
            f' textLength="{_number(text.width)}"{_paint("fill", text.fill, opacity * text.opacity, self._theme)}>'
            f"{_text(text.text)}</text>"
        )

    def _image(self, image: Image, opacity: float) -> Iterator[str]:
        opacity *= image.opacity
        faint = f' opacity="{_number(opacity)}"' if opacity < 1.0 else ""
        hard = "" if image.smooth else ' style="image-rendering:pixelated"'
        words = f'{_area(image)} preserveAspectRatio="none"{hard}{faint} href="{_data(image.pixels, self._theme)}"'
        yield _element("image", words, image.tip)

    def _shape(self, name: str, words: str, shape: Rect | Circle | Polyline | Path, opacity: float) -> str:
        """Write a shape with its fill and its stroke; their opacities are their own, as nothing is a layer."""
        opacity *= shape.opacity
        if shape.fill is not None:
            words += _paint("fill", shape.fill, opacity, self._theme)
        if shape.stroke is not None and shape.stroke_width > 0.0:
            words += _paint("stroke", shape.stroke, opacity, self._theme)
            if shape.stroke_width != 1.0:
                words += f' stroke-width="{_number(shape.stroke_width)}"'
        return _element(name, words, shape.tip)


def _element(name: str, words: str, tip: str) -> str:
    return f"<{name}{words}><title>{_text(tip)}</title></{name}>" if tip else f"<{name}{words}/>"


def _area(box: Rect | Clip | Image) -> str:
    return f' x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}"'


def _round(box: Rect | Clip) -> str:
    radius = min(box.radius, box.width / 2, box.height / 2)
    return f' rx="{_number(radius)}"' if radius > 0.0 else ""


def _paint(what: str, colour: Colour, opacity: float, theme: str) -> str:
    red, green, blue, alpha = resolve(colour, theme)
    opacity *= alpha / 255
    faint = f' {what}-opacity="{_number(opacity)}"' if opacity < 1.0 else ""
    return f' {what}="#{red:02x}{green:02x}{blue:02x}"{faint}'


def _data(pixels: Pixels, theme: str) -> str:
    """Return a picture as a PNG in a URI."""
    from PIL.Image import fromarray

    written = BytesIO()
    fromarray(bgra(pixels, theme)[..., 2::-1].copy()).save(written, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"


class NotFiniteError(ValueError):
    """A coordinate is infinite or not a number."""


def _number(value: float) -> str:
    """Write a number with up to four decimals, and no more than it needs."""
    if not math.isfinite(value):
        raise NotFiniteError
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def _text(string: str) -> str:
    """Escape text; characters that XML does not allow become spaces."""
    return escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", string))
