"""SVG: well formed, complete, accessible, and in a browser the same picture as Skia paints."""

from __future__ import annotations

import base64
import json
import re
from io import BytesIO
from xml.etree import ElementTree as ET

import card
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image as Pictures

from mlanimated.draw.commands import Circle, Clip, Command, Group, Image, Path, Pixels, Polyline, Rect
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.palette import resolve
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.render.raster import paint
from mlanimated.render.svg import svg, write_svg

SVG = "{http://www.w3.org/2000/svg}"
PIXELS = Pixels(3, 2, bytes(range(18)))


def drawn(*commands: Command, **words) -> ET.Element:
    """Return commands on a frame of 200x100, read back from SVG."""
    return ET.fromstring(svg(Frame(200, 100, commands), **words))


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Rect(1, 2, 3, 4, "ink"), "rect"),
        (Circle(1, 2, 3, "ink"), "circle"),
        (Polyline((0, 0, 1, 1), "ink"), "polyline"),
        (Polyline((0, 0, 1, 1), "ink", closed=True), "polygon"),
        (Path("M 0 0 L 1 1 Z", "ink"), "path"),
        (label(0, 0, "Loss"), "text"),
        (Image(0, 0, 9, 9, PIXELS), "image"),
        (Group((), x=3), "g"),
        (Clip(0, 0, 9, 9, ()), "clipPath"),
    ],
)
def test_each_command_is_an_element(command, name):
    assert drawn().find(f".//{SVG}{name}[2]" if name == "rect" else f".//{SVG}{name}") is None
    assert drawn(command).find(f".//{SVG}{name}[2]" if name == "rect" else f".//{SVG}{name}") is not None


def test_title_alt_and_provenance_are_inside(tmp_path):
    made = {"recipe": "gradient-descent", "arguments": '{"x": "<&>"}', "who": "é"}
    reel = Reel(lambda time: Frame(200, 100, ()), 1.0, title="Ball & <slope>", alt='It "rolls".', provenance=made)
    write_svg(reel, tmp_path / "ball.svg")
    root = ET.parse(tmp_path / "ball.svg").getroot()
    assert root.get("role") == "img"
    assert [root.find(f"{SVG}{name}").text for name in ("title", "desc")] == ["Ball & <slope>", 'It "rolls".']
    named = [root.find(f"{SVG}{name}").get("id") for name in ("title", "desc")]
    assert root.get("aria-labelledby").split() == named
    assert json.loads(root.find(f"{SVG}metadata").text) == made


def test_words_that_xml_does_not_allow_are_left_out():
    root = drawn(Rect(0, 0, 1, 1, "ink", tip="a\x00b & <c>"), title="\x08ok")
    assert root.find(f"{SVG}title").text == " ok"
    assert root.findall(f".//{SVG}rect/{SVG}title")[0].text == "a b & <c>"


def test_fonts_hold_what_is_shown_in_each_face():
    text = svg(Frame(200, 100, (label(0, 50, "Loss → 0"), label(0, 80, "Bold", bold=True))))
    fonts = re.findall(r"@font-face\{font-family:([\w-]+);src:url\(data:font/woff2;base64,([^)]+)\)", text)
    held = {name: set(map(chr, TTFont(BytesIO(base64.b64decode(data))).getBestCmap())) for name, data in fonts}
    assert len(held) == 3
    for line in ET.fromstring(text).iter(f"{SVG}text"):
        families = line.get("font-family").split(",")
        assert families[-1] == "sans-serif"
        assert set(line.text) <= set().union(*(held.get(family, set()) for family in families))
    assert "font-face" not in svg(Frame(9, 9, ()))


def test_a_text_has_the_length_that_was_measured():
    line = label(100, 50, "−0.25", 20, anchor="end")
    found = drawn(line).find(f"{SVG}text")
    assert float(found.get("textLength")) == line.width
    assert float(found.get("x")) == pytest.approx(100 - line.width)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_those_of_the_theme(theme):
    root = drawn(Rect(0, 0, 9, 9, "accent", "#11223380", 3, opacity=0.5), theme=theme)
    ground, box = root.findall(f"{SVG}rect")
    assert ground.get("fill") == "#{:02x}{:02x}{:02x}".format(*resolve("ground", theme))
    assert box.get("fill") == "#{:02x}{:02x}{:02x}".format(*resolve("accent", theme))
    assert (box.get("stroke"), box.get("stroke-width")) == ("#112233", "3")
    assert float(box.get("fill-opacity")) == 0.5
    assert float(box.get("stroke-opacity")) == pytest.approx(0x80 / 255 / 2, abs=1e-4)


def test_pictures_are_inside_as_png():
    root = drawn(Image(0, 0, 30, 20, PIXELS), Image(0, 0, 30, 20, PIXELS, smooth=True))
    hard, smooth = root.findall(f"{SVG}image")
    data = base64.b64decode(hard.get("href").removeprefix("data:image/png;base64,"))
    with Pictures.open(BytesIO(data)) as picture:
        assert np.asarray(picture).tobytes() == PIXELS.data
    assert "pixelated" in hard.get("style")
    assert smooth.get("style") is None


def test_what_is_not_finite_is_not_drawn():
    nan = float("nan")
    nothing = (Rect(nan, 0, 9, 9, "ink"), Polyline((0, 0, nan, 9), "ink"), Group((Circle(5, 5, 3, "ink"),), x=nan))
    assert len(list(drawn(*nothing))) == len(list(drawn()))


def test_names_differ_from_drawing_to_drawing_and_are_steady():
    clip = Clip(0, 0, 9, 9, (Rect(0, 0, 9, 9, "ink"),))
    one, two = Frame(99, 99, (clip, clip)), Frame(99, 99, (clip,))
    assert svg(one) == svg(one)
    names = [set(re.findall(r' id="([^"]+)"', svg(frame, title="x"))) for frame in (one, two)]
    assert len(names[0]) == 3
    assert not names[0] & names[1]


def test_a_time_outside_the_film_or_an_unknown_theme_writes_nothing(tmp_path):
    reel = Reel(lambda time: Frame(200, 100, ()), 1.0)
    with pytest.raises(MlaError, match="0 to 1 s"):
        write_svg(reel, tmp_path / "a.svg", 3.0)
    with pytest.raises(MlaError, match="theme"):
        write_svg(reel, tmp_path / "a.svg", theme="drak")
    assert list(tmp_path.iterdir()) == []


def shown(page, frame: Frame, theme: str, path) -> np.ndarray:
    """Return a frame as a browser shows its SVG."""
    path.write_text(svg(frame, theme=theme), encoding="utf-8")
    page.set_viewport_size({"width": round(frame.width), "height": round(frame.height)})
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    with Pictures.open(BytesIO(page.screenshot())) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_browser_shows_what_skia_paints(page, tmp_path, theme):
    frame = card.shapes()
    ours = paint(frame, theme=theme)[..., :3].astype(int)
    differ = np.abs(shown(page, frame, theme, tmp_path / "card.svg") - ours).max(axis=-1)
    assert (differ > 40).mean() <= 0.002


@pytest.mark.slow
def test_a_browser_sets_text_in_the_width_that_was_measured(page, tmp_path):
    line = label(20, 60, "AVATAR Tofu fi −0.25 → +7", 30, "#000000")
    free = svg(Frame(500, 90, (line,))).replace("textLength=", "data-length=")
    (tmp_path / "text.svg").write_text(free, encoding="utf-8")
    page.goto((tmp_path / "text.svg").as_uri())
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    assert page.evaluate("document.querySelector('text').getComputedTextLength()") == pytest.approx(line.width, abs=0.5)
