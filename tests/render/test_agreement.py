"""Skia here and the player in a real browser paint the same frames the same.

A pixel differs when one of its channels does by more than 16 of 255. At most one in a thousand may. Left out are the edges
of letters alone, where the two rasterizers of glyphs, FreeType through Skia and through the browser, round differently. The
band is as narrow as it can be: a text's own pixels are those that change when texts are left out of the frame; the edge
is what lies within one pixel of the border between them and the rest. The inside of large letters is compared like all else.
"""

from __future__ import annotations

import re
from importlib import resources

import msgspec
import numpy as np
import pytest
from card import CARDS, COMMANDS
from PIL import Image as Pillow

from browser import Painter, save
from mlanimated.draw import commands as module
from mlanimated.draw.commands import Clip, Command, Group, Text
from mlanimated.draw.frame import Frame
from mlanimated.render.raster import Raster

TOLERANCE = 16
SHARE = 0.001


def raster(frame: Frame, theme: str, scale: float = 1.0, without: type | None = None) -> np.ndarray:
    painter = Raster(frame.width, frame.height, scale, theme)
    if without is not None:
        painter._painters[without] = lambda command, opacity: None
    return painter.paint(frame)[..., [2, 1, 0, 3]].copy()


def silent(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """Commands without their texts."""
    kept: list[Command] = []
    for command in commands:
        if isinstance(command, (Group, Clip)):
            kept.append(msgspec.structs.replace(command, children=silent(command.children)))
        elif not isinstance(command, Text):
            kept.append(command)
    return tuple(kept)


def grown(mask: np.ndarray) -> np.ndarray:
    """The mask and the eight neighbours of each of its pixels."""
    wide = np.pad(mask, 1)
    rows, columns = mask.shape
    return np.logical_or.reduce([wide[y : y + rows, x : x + columns] for y in range(3) for x in range(3)])


def edges(frame: Frame, theme: str, scale: float) -> np.ndarray:
    """Where the border of a letter is within one pixel."""
    bare = msgspec.structs.replace(frame, children=silent(frame.children))
    letters = (raster(frame, theme, scale) != raster(bare, theme, scale)).any(axis=-1)
    return grown(letters) & grown(~letters)


def differing(one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return (np.abs(one.astype(int) - other).max(axis=-1) > TOLERANCE) & ~mask


def side_by_side(name: str, one: np.ndarray, other: np.ndarray, wrong: np.ndarray, folder) -> str:
    marked = np.where(wrong[..., None], np.array([255, 0, 0, 255], np.uint8), one // 4 + 190)
    path = folder / f"{name}.png"
    save(np.concatenate([one, other, marked.astype(np.uint8)], axis=1), path)
    return str(path)


@pytest.fixture(scope="module")
def painter(chromium):
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    yield Painter(context.new_page())
    context.close()


@pytest.fixture
def pictures(request, tmp_path_factory):
    """Where a failure leaves its pictures: tests/failures of the checkout, or a folder for the run if that cannot be."""
    folder = request.config.rootpath / "tests" / "failures"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return tmp_path_factory.mktemp("failures")
    return folder


@pytest.mark.parametrize("scale", [1.0, *(pytest.param(scale, marks=pytest.mark.slow) for scale in (1.5, 2.0))])
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("card", CARDS)
def test_skia_and_the_player_agree(card, theme, scale, painter, pictures, record_property):
    frame = CARDS[card]()
    skia, player = raster(frame, theme, scale), painter.paint(frame, theme=theme, scale=scale)
    assert skia.shape == player.shape
    wrong = differing(skia, player, edges(frame, theme, scale))
    share = wrong.mean()
    record_property("differing", f"{share:.5%}")
    if share > SHARE:
        path = side_by_side(f"{card}-{theme}-{scale:g}", skia, player, wrong, pictures)
        pytest.fail(f"{share:.3%} of the pixels differ; Skia, player and where: {path}")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_missing_from_skia_is_noticed(command, painter):
    assert missing(command, lambda frame: (raster(frame, "light", without=command), painter.paint(frame)))


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_missing_from_the_player_is_noticed(command, page):
    painter = Painter(page)
    painter.without(command.__struct_config__.tag)
    assert missing(command, lambda frame: (raster(frame, "light"), painter.paint(frame)))


def missing(command, pair) -> bool:
    """Whether at least one card fails, as it must when a painter is gone."""
    for card in CARDS.values():
        frame = card()
        one, other = pair(frame)
        if differing(one, other, edges(frame, "light", 1.0)).mean() > SHARE:
            return True
    return False


def test_the_cards_hold_every_field_of_every_command():
    """Each field of each command differs from its default on some card: an attribute that is new must be put on one."""
    seen: set[tuple[str, str]] = set()

    def look(commands):
        for command in commands:
            for field in msgspec.structs.fields(command):
                if field.required or getattr(command, field.name) != field.default:
                    seen.add((type(command).__name__, field.name))
            if isinstance(command, (Group, Clip)):
                look(command.children)

    for card in CARDS.values():
        look(card().children)
    wanted = {(command.__name__, field.name) for command in COMMANDS for field in msgspec.structs.fields(command)}
    assert {pair for pair in wanted - seen if pair[1] != "tip"} == set()


def test_commands_raster_and_player_know_the_same():
    """One list of commands on all sides, and the player takes the fields apart in the order that they are encoded in."""
    assert set(COMMANDS) == set(module.Command.__args__)
    assert set(Raster(8, 8)._painters) == set(COMMANDS)
    source = (resources.files("mlanimated.render") / "player" / "paint.js").read_text()
    table = source[source.index("export const painters") :]
    found = {}
    for tag, body in re.findall(r"^  (\w)\(painter, (.*?)^  \},", table, re.DOTALL | re.MULTILINE):
        names = re.search(r"\[, ([\w, ]+)\]", body)
        assert names, f"the painter of {tag} does not name its fields"
        found[tag] = [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names[1].split(", ")]
    assert found == {
        command.__struct_config__.tag: [field.name for field in msgspec.structs.fields(command)] for command in COMMANDS
    }


def test_a_picture_for_the_eye_is_saved(tmp_path):
    one = np.zeros((4, 6, 4), np.uint8)
    path = side_by_side("case", one, one, np.ones((4, 6), bool), tmp_path)
    with Pillow.open(path) as saved:
        assert saved.size == (18, 4)
