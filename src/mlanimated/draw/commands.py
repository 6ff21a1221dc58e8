"""The display list: the eight things that can be painted.

Views emit these commands, `render/raster.py` paints them with Skia, `render/player/` paints the same list on a
canvas, `render/svg.py` writes them as SVG. Commands are frozen and compare by value, so that equal pictures are equal data.

Coordinates are scene units: x to the right, y down, 1280x720 for a default film. Lengths are in the same
unit, angles in degrees clockwise, opacities in 0..1. A colour (`Colour`) is one of

- a role of the palette (``"ink"``, ``"accent"``, ``"series-1"``…), resolved when painted, so that light and dark are one film;
- a literal ``"#rrggbb"`` or ``"#rrggbbaa"``;
- ``Mapped(map, at)``: the colour of a colour map at a position 0..1;
- ``InkOn(colour)``: black or white, whichever reads better on that colour.

``None`` means "not filled" or "no outline". An array-like msgspec struct encodes as ``[tag, field, field, …]``; the
player relies on the order of the fields, and a test holds both sides together.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "Circle",
    "Clip",
    "Colour",
    "Command",
    "Group",
    "Image",
    "InkOn",
    "Mapped",
    "Path",
    "Pixels",
    "Polyline",
    "Rect",
    "Text",
]


class Mapped(Struct, frozen=True, array_like=True, tag="map"):
    """The colour of the colour map named `map` at the position `at` (0..1)."""

    map: str
    at: float


class InkOn(Struct, frozen=True, array_like=True, tag="on"):
    """Black or white, whichever has the higher contrast with `colour`."""

    colour: str | Mapped


Colour = str | Mapped | InkOn


class Group(Struct, frozen=True, array_like=True, tag="g"):
    """Commands that share a place, a scale, a rotation and an opacity.

    A `key` names the group among its siblings. Frames differ by key: a keyed group that did not change is stored and sent
    once, and a new command elsewhere does not shift it. Opacity multiplies that of the children (no layer).
    """

    children: tuple[Command, ...]
    key: str = ""
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    rotate: float = 0.0
    opacity: float = 1.0
    tip: str = ""


class Clip(Struct, frozen=True, array_like=True, tag="k"):
    """Commands painted only inside a rectangle with corners of `radius`."""

    x: float
    y: float
    width: float
    height: float
    children: tuple[Command, ...]
    radius: float = 0.0


class Rect(Struct, frozen=True, array_like=True, tag="r"):
    """A rectangle; (x, y) is its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float = 1.0
    radius: float = 0.0
    opacity: float = 1.0
    tip: str = ""


class Circle(Struct, frozen=True, array_like=True, tag="c"):
    """A circle around (x, y)."""

    x: float
    y: float
    radius: float
    fill: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float = 1.0
    opacity: float = 1.0
    tip: str = ""


class Polyline(Struct, frozen=True, array_like=True, tag="l"):
    """Straight segments through `points`: x0, y0, x1, y1, …; round joins and caps.

    `dash` is a length drawn and a length left out, in turn; empty draws all. `closed` joins the last point to the first.
    """

    points: tuple[float, ...]
    stroke: Colour | None = None
    stroke_width: float = 1.0
    fill: Colour | None = None
    closed: bool = False
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    tip: str = ""


class Path(Struct, frozen=True, array_like=True, tag="p"):
    """A curve in the language of SVG's ``d``, absolute M, L, Q, C and Z alone, numbers parted by one space.

    Non-zero winding, butt caps and mitre joins. Place and scale it with a Group.
    """

    d: str
    fill: Colour | None = None
    stroke: Colour | None = None
    stroke_width: float = 1.0
    opacity: float = 1.0
    tip: str = ""


class Text(Struct, frozen=True, array_like=True, tag="t"):
    """One line of text on the baseline y, in the one family, by plain advances: no kerning, no ligatures.

    Make it with `draw.text.label`, which measures `width`. `anchor` says which point of the line stands at x:
    ``"start"``, ``"middle"`` or ``"end"``.
    """

    x: float
    y: float
    text: str
    size: float
    width: float
    fill: Colour = "ink"
    anchor: str = "start"
    bold: bool = False
    opacity: float = 1.0


class Pixels(Struct, frozen=True, array_like=True):
    """A picture's content: rows from the top, `data` of columns * rows * 3 bytes (RGB), or of columns * rows with a `map`.

    With a `map`, byte 0 is the map's beginning and byte 255 its end.
    """

    columns: int
    rows: int
    data: bytes
    map: str = ""


class Image(Struct, frozen=True, array_like=True, tag="i"):
    """A picture stretched over a rectangle: hard pixel edges, or `smooth` (bilinear)."""

    x: float
    y: float
    width: float
    height: float
    pixels: Pixels
    smooth: bool = False
    opacity: float = 1.0
    tip: str = ""


Command = Group | Clip | Rect | Circle | Polyline | Path | Text | Image
