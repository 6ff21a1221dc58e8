"""The test card: frames that hold every command with every attribute, for painters that must agree."""

from __future__ import annotations

import math

import numpy as np

from mlanimated.draw.commands import (
    Circle,
    Clip,
    Command,
    Group,
    Image,
    InkOn,
    Mapped,
    Path,
    Pixels,
    Polyline,
    Rect,
    Text,
)
from mlanimated.draw.frame import Frame
from mlanimated.draw.palette import MAPS, ROLES
from mlanimated.draw.text import label

COMMANDS = (Group, Clip, Rect, Circle, Polyline, Path, Text, Image)

STAR = tuple(
    round(float(value), 2)
    for corner in range(5)
    for value in (40 * math.sin(corner * 0.8 * math.pi), -40 * math.cos(corner * 0.8 * math.pi))
)


def picture(columns: int, rows: int, map_: str = "") -> Pixels:
    """A picture with flat parts, a slope and fine detail.

    The steps of its detail are 130 of 255 high: Chromium without a GPU mixes neighbours in sixteenths, Skia exactly.
    """
    y, x = np.mgrid[0:rows, 0:columns]
    slope = (255 * x / max(1, columns - 1)).astype(np.uint8)
    checks = np.where((x // 2 + y // 2) % 2, 190, 60).astype(np.uint8)
    if map_:
        return Pixels(columns, rows, np.where(y < rows / 2, slope, checks).astype(np.uint8).tobytes(), map_)
    rings = (127 + 80 * np.sin((x * x + y * y) / 120)).astype(np.uint8)
    return Pixels(columns, rows, np.stack([slope, rings, checks], axis=-1).tobytes())


def shapes() -> Frame:
    """Rect, Circle, Polyline and Path, with every attribute, moved, turned, scaled and faded by groups."""
    some: list[Command] = [
        Rect(10, 10, 60, 40, "series-1"),
        Rect(80.5, 10.25, 60, 40, None, "ink", 1.0),
        Rect(150, 10, 60, 40, "panel", "accent", 6, radius=12),
        Rect(220, 10, 60, 40, "series-2", None, radius=99, opacity=0.5),
        Rect(290, 10, 60, 40, "#33669980", "#cc000080", 9),
        Rect(360, 10, 60, 40, "good", "ink", 0),
        Rect(430, 30, 60, 0.4, "ink"),
        Circle(40, 90, 24, "series-3"),
        Circle(110.3, 90.7, 24, None, "bad", 3),
        Circle(180, 90, 24, "faint", "muted", 8, 0.6),
        Circle(250, 90, 1.5, "ink"),
        Circle(290, 90, 20, "#00000000", "#ff00ff40", 12),
        Polyline((330, 70, 360, 110, 390, 70, 420, 110), "series-4", 5),
        Polyline((440, 70, 470, 110, 500, 70), "series-5", 10, "panel", True),
        Polyline((520, 70, 620, 110), "ink", 3, dash=(12, 8)),
        Polyline((520, 110, 620, 70), "series-6", 4, dash=(9,), opacity=0.7),
        Polyline((520, 90, 620, 90), "series-7", 6, dash=(0, 12)),
        Polyline((10, 140, 60, 125, 110, 160, 110, 190, 10, 190), None, 1, "series-7"),
        Polyline((130, 140), "ink", 9),
        Polyline((), "ink", 9),
        Polyline((150, 140, 150, 140), "ink", 9),
        Polyline((170, 140, math.nan, 160, 200, 190), "bad", 9),
        Polyline((130, 185, 131, 160, 132, 185), "ink", 7),
        Group((Polyline(STAR, "ink", 2, "series-1", True),), x=240, y=160),
        Group((Polyline(STAR, None, 2, "series-2"),), x=330, y=160),
        Path("M 380 130 L 440 130 L 410 190 Z M 400 140 L 410 170 L 420 140 Z", "series-3", "ink", 2),
        Path("M 460 190 Q 490 100 520 190", "faint", "accent", 4),
        Path("M 540 190 C 560 110 600 110 620 190", None, "series-8", 8, 0.5),
        Path("M 20 250 L 50 205 L 80 250", None, "ink", 8),
        Path("M 100 250 L 104 205 L 108 250", None, "ink", 6),
        Path(
            "M 130 210 L 180 210 L 180 250 L 130 250 Z M 140 220 L 140 240 L 170 240 L 170 220 Z", "series-4", "ink", 1
        ),
        Group((Rect(-20, -20, 40, 40, "series-1", "ink", 3), Circle(0, 0, 8, "ground")), x=220, y=230, rotate=30),
        Group((Rect(0, 0, 10, 10, "series-2", "ink", 1), Circle(5, 5, 3, "ink")), x=260, y=210, scale=4),
        Group((Rect(0, 0, 10, 10, "series-5"),), key="mirrored", x=350, y=250, scale=-3.5, rotate=10),
        Group(
            (
                Rect(0, 0, 40, 40, "series-6", opacity=0.8),
                Group(
                    (Rect(20, 0, 40, 40, "series-7"), Group((Circle(30, 30, 14, "ink"),), opacity=0.5)),
                    key="b",
                    opacity=0.6,
                ),
            ),
            key="a",
            x=380,
            y=210,
            opacity=0.7,
        ),
        Group((Rect(0, 0, 900, 900, "bad"),), opacity=0),
        Group(
            (Group((Path("M 0 0 L 10 0 L 5 9 Z", "accent"),), key="deep", x=5, rotate=-45, scale=3),),
            key="out",
            x=480,
            y=230,
        ),
        Clip(520, 205, 50, 50, (Circle(520, 205, 60, "series-1"), Rect(540, 230, 60, 60, "series-2"))),
        Clip(580.5, 205.5, 50, 50, (Rect(0, 0, 900, 900, "series-3"), Circle(630, 205, 20, "ink")), radius=16),
        Group(
            (Clip(0, 0, 80, 60, (Group((Rect(0, 0, 60, 90, "series-4"),), x=20, rotate=20),), radius=99),),
            x=30,
            y=275,
            rotate=-12,
        ),
        Clip(
            140,
            270,
            100,
            80,
            (Clip(160, 290, 100, 80, (Rect(0, 0, 900, 900, "series-5"),)), Rect(145, 275, 8, 8, "ink")),
        ),
        Clip(260, 270, 0, 0, (Rect(0, 0, 900, 900, "bad"),)),
        Group(
            tuple(Polyline((300, 280 + 2.3 * n, 620, 275 + 2.9 * n), "ink", 0.2 + n * 0.1) for n in range(20)),
            key="thin",
        ),
    ]
    return Frame(640, 360, tuple(some))


def colours() -> Frame:
    """Every role, every map at many places, ink on each; literals."""
    some: list[Command] = []
    for index, role in enumerate(ROLES):
        x, y = 10 + index % 12 * 52, 10 + index // 12 * 44
        some += (Rect(x, y, 48, 40, role), Circle(x + 24, y + 20, 10, InkOn(role)))
    for row, map_ in enumerate(MAPS):
        for index, at in enumerate((-1, 0, 0.1, 0.249, 0.5, 0.501, 2 / 3, 0.75, 0.9, 1, 7, math.nan)):
            x, y = 10 + index * 52, 110 + row * 34
            if not math.isnan(at):
                some.append(Circle(x + 38, y + 15, 6, InkOn(Mapped(map_, at))))
            some.insert(0, Rect(x, y, 48, 30, Mapped(map_, at), Mapped(map_, 1 - at), 3))
    literals = ("#000000", "#ffffff", "#777777", "#767676", "#ff0000", "#00ff0080", "#0000ffcc", "#12345600")
    for index, literal in enumerate(literals):
        some += (Rect(10 + index * 52, 290, 48, 30, literal), Rect(20 + index * 52, 300, 10, 10, InkOn(literal)))
    return Frame(640, 360, tuple(some))


def pictures() -> Frame:
    """Images: three bytes a pixel and one, hard and smooth, larger and smaller, off the grid, faded, turned, clipped."""
    small, large, scalar = picture(8, 6), picture(120, 90), picture(16, 12, "diverging")
    some: list[Command] = [
        Image(10, 10, 96, 72, small),
        Image(120, 10, 96, 72, small, smooth=True),
        Image(230, 10, 120, 90, large),
        Image(360, 10, 120, 90, large, opacity=0.5),
        Image(490, 10, 96, 72, scalar),
        Image(10, 120, 96, 72, scalar, smooth=True),
        Image(120.5, 120.25, 97.3, 71.1, small),
        Image(230, 120, 180, 135, large, smooth=True),
        Image(
            420, 120, 61.7, 46.3, large
        ),  # not 60x45: at 1.5 pixels a unit a pixel's middle would fall between two of these
        Image(490, 120, 60, 45, picture(16, 12, "sequential"), opacity=0.4, tip="a picture"),
        Image(560, 120, 1, 40, picture(1, 1)),
        Group((Image(-40, -30, 80, 60, small),), x=70, y=270, rotate=25),
        Group((Image(0, 0, 8, 6, small, smooth=True),), key="scaled", x=130, y=220, scale=10),
        Clip(230, 270, 100, 70, (Image(220, 260, 120, 90, large),), radius=20),
        Clip(350, 270, 30, 70, (Image(340, 260, 120, 90, picture(60, 40, "heat"), smooth=True),)),
        Group((Image(0, 0, 80, 60, picture(90, 70)),), x=400, y=270, opacity=0.5),
        *(Image(500, 180 + 24 * index, 128, 20, picture(64, 4, map_)) for index, map_ in enumerate(MAPS)),
    ]
    return Frame(640, 360, tuple(some))


def texts() -> Frame:
    """Text large enough to have an inside; small, bold, from every anchor, of both faces, turned, scaled, faded."""
    some: list[Command] = [
        label(20, 110, "Rag", 120),
        label(620, 110, "84.2", 120, "accent", "end", bold=True),
        label(320, 220, "−0∇→", 96, "series-1", "middle", opacity=0.6),
        label(20, 220, "fi", 90, InkOn("ground"), bold=True),
        Text(600, 220, "1", 90, 50, "series-2", "end"),
        *(
            label(20, 250 + 20 * n, "Wave AVATAR fi fl ffi Ty 0123456789 −1.5 +2", 14 + n, bold=n == 2)
            for n in range(3)
        ),
        *(
            label(400, 250 + 20 * n, "centred AVA", 18, "muted", anchor)
            for n, anchor in enumerate(("start", "middle", "end"))
        ),
        Group((label(0, 0, "turned", 60, "series-3"),), x=20, y=350, rotate=-8),
        Group((label(0, 0, "scaled", 10, "series-4"),), key="scaled", x=250, y=340, scale=6),
        label(470, 340, "θ × π ≈ ∑", 40, "ink"),
        label(300, 350, "   ", 20),
    ]
    return Frame(640, 360, tuple(some))


CARDS = {"shapes": shapes, "colours": colours, "pictures": pictures, "texts": texts}
