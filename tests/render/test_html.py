from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import re
from html import unescape
from importlib import resources
from io import BytesIO

import pytest
from film import REEL
from fontTools.ttLib import TTFont
from PIL import Image as Pillow
from test_pack import Reader

from mlanimated.draw.commands import Group, Rect
from mlanimated.draw.frame import Frame, Reel
from mlanimated.draw.palette import THEMES, lut
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.projector.provenance import read
from mlanimated.render import html
from mlanimated.render.html import element, html_fragment, player, write_assets, write_data, write_html


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("html") / "film.html"
    write_html(REEL, path)
    return path


@pytest.fixture(scope="module")
def text(written):
    return written.read_text(encoding="utf-8")


def data(text: str) -> bytes:
    found = re.search(r'<script type="application/gzip">([^<]*)</script>', text)
    assert found
    return base64.b64decode(found[1])


def test_the_player_is_at_most_30_kb():
    """All that a page carries of it: its scripts and its style sheet, not minified."""
    assert len(player().encode()) <= 30_000


def test_only_comments_and_indents_are_left_out_of_the_player():
    sources = [
        (resources.files("mlanimated.render") / "player" / name).read_text(encoding="utf-8") for name in html.PARTS
    ]
    lines = [line.strip() for source in sources for line in source.splitlines()]
    shipped = set(player().splitlines())
    code = [
        line.removeprefix("export ") for line in lines if line and not line.startswith(("//", "/*", "*", "import "))
    ]
    assert len(code) > 500
    assert [line for line in code if line not in shipped] == []


def test_nothing_in_the_page_is_fetched(text):
    assert not re.search(r"""(src|href|srcset)=["']?(?!data:|"|')[^"'\s>]*//""", text)
    assert not re.search(r"url\((?!\"\$)", text)
    assert "default-src 'none'" in text


def test_the_page_holds_the_whole_film(text):
    reader = Reader().read(gzip.decompress(data(text)))
    assert len(reader.frames) == REEL.count
    about = reader.head["about"]
    assert about["title"] == REEL.title
    assert about["captions"] == [[cue.start, cue.stop, cue.text] for cue in REEL.captions]
    assert about["chapters"] == [[cue.start, cue.stop, cue.text] for cue in REEL.chapters]
    assert (about["seconds"], about["fps"], about["alt"], about["poster"]) == (4.0, 10.0, REEL.alt, 2.0)


def test_both_themes_and_only_the_maps_that_are_used(text):
    palette = Reader().read(gzip.decompress(data(text))).head["palette"]
    assert set(palette) == set(THEMES)
    for name, theme in THEMES.items():
        assert palette[name]["roles"] == dict(theme.roles)
        assert set(palette[name]["maps"]) == {"sequential", "diverging"}
        assert palette[name]["maps"]["diverging"] == lut("diverging", name).tobytes().hex()


def test_fonts_hold_the_characters_of_the_film_and_no_others(text):
    fonts = Reader().read(gzip.decompress(data(text))).fonts
    assert set(fonts) == {"regular", "bold", "fallback"}
    with TTFont(BytesIO(fonts["bold"])) as font:
        assert set("A film of a test") <= set(map(chr, font.getBestCmap())) <= set("A film of a test0")


def test_provenance_is_found_again_and_breaks_nothing(written, text):
    assert read(written) == dict(REEL.provenance)
    inside = re.search(r'id="mla-provenance">(.*?)</script>', text)[1]
    assert json.loads(inside) == dict(REEL.provenance)
    assert text.count("</script>") == 3  # provenance, data, player: the note closed none of them
    assert "a &lt;/script&gt; &amp; more" in text  # below the film, for people


def test_the_poster_stands_in_the_page_in_both_themes(text):
    found = re.findall(r"data:image/webp;base64,([^\"]+)", text)
    assert len(found) == 2
    colours = []
    for poster in found:
        with Pillow.open(BytesIO(base64.b64decode(poster))) as picture:
            assert picture.size == (640, 360)
            colours.append(picture.convert("RGB").getpixel((3, 3)))
    for colour, theme in zip(colours, ("dark", "light"), strict=True):
        ground = bytes.fromhex(THEMES[theme].roles["ground"][1:])
        assert all(abs(one - other) < 12 for one, other in zip(colour, ground, strict=True))
    assert f'alt="{REEL.alt}"' in text


def test_the_same_film_is_the_same_file(written, tmp_path):
    write_html(REEL, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == written.read_bytes()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, "<mla-player page autoplay>"),
        ({"theme": "dark", "autoplay": False}, '<mla-player page theme="dark">'),
        ({"loop": True}, "<mla-player page autoplay loop>"),
    ],
)
def test_attributes(given, wanted, tmp_path):
    write_html(REEL, tmp_path / "film.html", **given)
    assert wanted in (tmp_path / "film.html").read_text(encoding="utf-8")


def test_an_unknown_theme_is_refused_before_any_work(tmp_path):
    seen = []
    reel = dataclasses.replace(REEL, frame=lambda time: seen.append(time) or REEL.frame(time))
    with pytest.raises(MlaError, match="Did you mean 'dark'"):
        write_html(reel, tmp_path / "film.html", theme="drak")
    assert not seen
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(MlaError, match="does not exist"):
        write_html(REEL, tmp_path / "nowhere" / "film.html")


def test_a_frame_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "film.html"
    path.write_text("old")

    def frame(time: float) -> Frame:
        if time > 1:
            raise MlaError("no more")
        return REEL.frame(time)

    with pytest.raises(MlaError, match="no more"):
        write_html(dataclasses.replace(REEL, frame=frame), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_progress_is_told_after_each_frame(tmp_path):
    told = []
    write_html(REEL, tmp_path / "film.html", progress=lambda done, count: told.append((done, count)))
    assert told == [(number, REEL.count) for number in range(1, REEL.count + 1)]


def test_titles_and_words_are_escaped(tmp_path):
    mean = dataclasses.replace(REEL, title='<b>"&', alt='"><script>alert(1)</script>', provenance={})
    write_html(mean, tmp_path / "film.html")
    text = (tmp_path / "film.html").read_text(encoding="utf-8")
    assert "<title>&lt;b&gt;&quot;&amp;</title>" in text
    assert "<script>alert" not in text


def test_a_fragment_is_a_frame_with_the_whole_page_inside():
    fragment = html_fragment(REEL)
    assert fragment.startswith("<div")
    assert fragment.endswith("</div>")
    inside = re.search(r'srcdoc="([^"]*)"', fragment)[1]
    assert Reader().read(gzip.decompress(data(unescape(inside)))).head["about"]["title"] == REEL.title
    assert "autoplay" not in re.search(r"<mla-player[^>]*>", unescape(inside))[0]


@pytest.mark.slow
def test_the_second_form_shares_player_and_fonts(tmp_path):
    write_assets(tmp_path / "assets")
    assert sorted(path.name for path in (tmp_path / "assets").iterdir()) == [
        "bold.woff2",
        "fallback.woff2",
        "player.js",
        "regular.woff2",
    ]
    assert (tmp_path / "assets" / "player.js").read_text(encoding="utf-8") == player()
    write_data(REEL, tmp_path / "film.mla.gz")
    reader = Reader().read(gzip.decompress((tmp_path / "film.mla.gz").read_bytes()))
    assert len(reader.frames) == REEL.count
    assert reader.fonts == {}
    tag = element(REEL, "film.mla.gz", name="one")
    assert tag.startswith('<mla-player src="film.mla.gz" id="one"><picture>')


def test_a_film_brings_the_characters_that_the_shared_fonts_lack(tmp_path):
    frame = Frame(64, 36, (label(0, 20, "Ж"),))
    write_data(Reel(lambda time: frame, 0.0, width=64, height=36), tmp_path / "film.mla.gz")
    assert set(Reader().read(gzip.decompress((tmp_path / "film.mla.gz").read_bytes())).fonts) == {"regular"}


def test_the_joined_player_has_no_imports_and_all_parts():
    joined = player()
    assert not re.search(r"^(import|export) ", joined, re.MULTILINE)
    for name in ("class Film", "class Painter", "class Colours", "class MlaPlayer", "const STYLE"):
        assert name in joined


def test_a_film_of_one_frame_and_of_nothing(tmp_path):
    for frame in (Frame(64, 36, ()), Frame(64, 36, (Group((Rect(0, 0, 9, 9, "ink"),), key="a"),))):
        write_html(Reel(lambda time, frame=frame: frame, 0.0, width=64, height=36), tmp_path / "film.html")
        reader = Reader().read(gzip.decompress(data((tmp_path / "film.html").read_text(encoding="utf-8"))))
        assert len(reader.frames) == 1


def test_public_names():
    assert all(hasattr(html, name) for name in html.__all__)
