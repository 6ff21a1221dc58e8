"""Raster: each command paints what it says, where it says, in the theme's colours."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mlanimated.draw import palette
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
)
from mlanimated.draw.frame import Frame
from mlanimated.draw.text import cap_height, label, number, width
from mlanimated.errors import MlaError
from mlanimated.render import outlines, raster
from mlanimated.render.raster import Raster, paint

SIZE = 200
RED, BLUE = "#ff0000", "#0000ff"


def rgb(role: str, theme: str = "light") -> list[int]:
    return list(palette.resolve(role, theme)[:3])


def painted(*commands: Command, scale: float = 1.0, theme: str = "light") -> np.ndarray:
    """Return commands on a frame of 200x200 as red, green and blue."""
    return paint(Frame(SIZE, SIZE, commands), scale=scale, theme=theme)[..., :3].astype(int)


def box(*commands: Command, **kwargs: float) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of what commands change by more than a hair."""
    changed = np.abs(painted(*commands, **kwargs) - painted(**kwargs)).max(axis=-1) > 12
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


EVERY = {
    "rect": Rect(40, 60, 100, 50, "ink"),
    "circle": Circle(90, 90, 30, "ink"),
    "polyline": Polyline((40, 60, 140, 60, 140, 110), "ink", 4),
    "path": Path("M 40 60 L 140 60 Q 150 110 90 110 C 60 110 40 100 40 60 Z", "ink"),
    "text": label(40, 100, "Loss", 40),
    "image": Image(40, 60, 100, 50, Pixels(2, 1, bytes([0, 0, 0, 90, 90, 90]))),
    "group": Group((Rect(0, 0, 50, 25, "ink"),), x=40, y=60, scale=2),
    "clip": Clip(40, 60, 100, 50, (Rect(0, 0, 200, 200, "ink"),)),
}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("theme", palette.THEMES)
def test_each_command_changes_pixels_where_it_should_and_nowhere_else(name, theme):
    others = tuple(Rect(180, 10 + 5 * index, 4, 4, "accent") for index in range(3))
    with_it, without = painted(*others, EVERY[name], theme=theme), painted(*others, theme=theme)
    changed = np.abs(with_it - without).max(axis=-1) > 0
    assert changed.sum() > 400
    outside = np.ones((SIZE, SIZE), dtype=bool)
    outside[56:124, 36:146] = False
    assert not changed[outside].any()


def test_there_is_a_painter_for_every_command():
    from typing import get_args

    assert set(Raster(1, 1)._painters) == set(get_args(Command))


@pytest.mark.parametrize("theme", palette.THEMES)
def test_roles_are_those_of_the_theme(theme):
    assert painted(theme=theme)[0, 0].tolist() == rgb("ground", theme)
    for role in palette.ROLES:
        assert painted(Rect(0, 0, 200, 200, role), theme=theme)[100, 100].tolist() == rgb(role, theme)
    for colour in (Mapped("diverging", 0.9), InkOn("accent"), InkOn(Mapped("sequential", 0.5)), "#123456"):
        shown = painted(Rect(0, 0, 200, 200, colour), theme=theme)[100, 100]
        assert tuple(shown) == palette.resolve(colour, theme)[:3]


def test_opacities_multiply_down_to_the_children():
    ground = np.array(rgb("ground"))
    one = Rect(0, 0, 200, 200, "#00000080", opacity=0.5)
    shown = painted(Group((Group((one,), opacity=0.5),), opacity=0.8))[100, 100]
    alpha = 0x80 / 255 * 0.5 * 0.5 * 0.8
    np.testing.assert_allclose(shown, ground * (1 - alpha), atol=1.5)


def test_a_group_is_no_layer():
    both = (Rect(20, 20, 100, 100, RED), Rect(60, 60, 100, 100, BLUE))
    shown = painted(Group(both, opacity=0.5))
    ground = np.array(rgb("ground"))
    once = ground * 0.5 + np.array([255, 0, 0]) * 0.5
    np.testing.assert_allclose(shown[30, 30], once, atol=1)
    np.testing.assert_allclose(shown[80, 80], once * 0.5 + np.array([0, 0, 255]) * 0.5, atol=2)


def test_what_is_not_opaque_at_all_is_not_painted():
    assert (painted(Group(tuple(EVERY.values()), opacity=0.0)) == painted()).all()
    for command in (Rect(0, 0, 99, 99, "ink", "ink", 9, opacity=0), label(0, 99, "Loss", 40, opacity=0)):
        assert (painted(command) == painted()).all()


def test_groups_move_then_turn_then_scale():
    assert box(Group((Rect(0, 0, 10, 20, "ink"),), x=50, y=60)) == (50, 60, 60, 80)
    assert box(Group((Rect(0, 0, 10, 20, "ink"),), x=50, y=60, scale=3)) == (50, 60, 80, 120)
    # Clockwise by a right angle: what reached 20 down now reaches 20 to the left.
    assert box(Group((Rect(0, 0, 10, 20, "ink"),), x=50, y=60, rotate=90)) == (30, 60, 50, 70)
    inner = Group((Rect(0, 0, 10, 20, "ink"),), x=10, rotate=90, scale=2)
    assert box(Group((inner,), x=100, y=100, scale=2)) == (40, 100, 120, 140)


def test_a_transform_ends_with_its_group():
    assert box(Group((), x=50, y=50, scale=9, rotate=45), Rect(10, 10, 20, 20, "ink")) == (10, 10, 30, 30)
    made = Raster(SIZE, SIZE)
    with pytest.raises(MlaError):  # nor does an error leave it behind
        made.paint(Frame(SIZE, SIZE, (Group((Rect(0, 0, 9, 9, "nonsense"),), x=50, scale=3),)))
    np.testing.assert_array_equal(made.paint(Frame(SIZE, SIZE, (EVERY["rect"],)))[..., 2::-1], painted(EVERY["rect"]))


def test_strokes_lie_on_the_edge_above_the_fill():
    shown = painted(Rect(50, 50, 100, 100, RED, BLUE, 10))
    assert box(Rect(50, 50, 100, 100, RED, BLUE, 10)) == (45, 45, 155, 155)
    assert shown[100, 46].tolist() == shown[100, 54].tolist() == [0, 0, 255]
    assert shown[100, 56].tolist() == [255, 0, 0]
    assert shown[45, 45].tolist() == [0, 0, 255]  # a mitre has its corner
    assert box(Circle(100, 100, 40, None, "ink", 10)) == (55, 55, 145, 145)
    assert painted(Circle(100, 100, 40, None, "ink", 10))[100, 100].tolist() == rgb("ground")
    for width_ in (0.0, -1.0):
        assert (painted(Rect(50, 50, 100, 100, None, BLUE, width_)) == painted()).all()


def test_corners_are_round_by_their_radius():
    square, rounded = painted(Rect(50, 50, 100, 100, "ink")), painted(Rect(50, 50, 100, 100, "ink", radius=30))
    lost = np.abs(square - rounded).sum() / np.abs(square - painted()).sum()
    assert lost == pytest.approx((4 - np.pi) * 30**2 / 100**2, abs=0.002)
    # A radius that is too large is cut down, so that a square becomes a circle.
    circle = np.abs(painted(Rect(50, 50, 100, 100, "ink", radius=999)) - painted()).sum()
    assert circle / np.abs(square - painted()).sum() == pytest.approx(np.pi / 4, abs=0.002)


def test_polylines_have_round_ends_paths_have_butt_ends_and_mitred_corners():
    assert box(Polyline((60, 100, 140, 100), "ink", 20)) == (50, 90, 150, 110)
    assert box(Path("M 60 100 L 140 100", None, "ink", 20)) == (60, 90, 140, 110)
    corner = "M 60 140 L 60 60 L 140 60"
    assert painted(Path(corner, None, "#000000", 20))[51, 51].tolist() == [0, 0, 0]
    line = Polyline((60, 140, 60, 60, 140, 60), "#000000", 20)
    assert painted(line)[51, 51].tolist() == rgb("ground")


def test_dashes_leave_gaps():
    shown = painted(Polyline((0, 100, 200, 100), "#000000", 2, dash=(20, 20)))[99]
    assert shown[10].tolist() == shown[50].tolist() == [0, 0, 0]
    assert shown[30].tolist() == shown[70].tolist() == rgb("ground")
    odd, twice = (
        painted(Polyline((0, 100, 200, 100), "ink", 2, dash=dash)) for dash in ((9, 5, 3), (9, 5, 3, 9, 5, 3))
    )
    assert (odd == twice).all()
    plain = painted(Polyline((0, 100, 200, 100), "ink", 2), Polyline((0, 50, 200, 50), "ink", 2))
    mixed = painted(Polyline((0, 100, 200, 100), "ink", 2, dash=(5, 5)), Polyline((0, 50, 200, 50), "ink", 2))
    assert (plain[:80] == mixed[:80]).all()  # the next line is whole again


def test_closed_lines_join_and_fills_are_non_zero():
    triangle = (50, 50, 150, 50, 150, 150)
    open_, closed = painted(Polyline(triangle, "ink", 4)), painted(Polyline(triangle, "ink", 4, closed=True))
    assert open_[100, 100].tolist() == rgb("ground")
    assert closed[100, 100].tolist() == rgb("ink")
    assert painted(Polyline(triangle, None, fill=RED))[75, 125].tolist() == [255, 0, 0]
    twice = "M 40 40 L 160 40 L 160 160 L 40 160 Z M 80 80 L 120 80 L 120 120 L 80 120 Z"
    assert painted(Path(twice, RED))[100, 100].tolist() == [255, 0, 0]


def test_lines_too_short_or_not_finite_paint_nothing_and_do_no_harm():
    nothing = (
        Polyline((), "ink", 9),
        Polyline((5, 5), "ink", 9),
        Polyline((0, 0, float("nan"), 50, 100, 100), "ink", 9),
    )
    assert (painted(*nothing) == painted()).all()
    assert box(*nothing, EVERY["rect"]) == box(EVERY["rect"])


def test_paths_speak_five_letters_alone():
    curve = painted(Path("M 50 150 C 83.333 16.667 116.667 16.667 150 150 Z", "ink"))
    quad = painted(Path("M 50 150 Q 100 -50 150 150 Z", "ink"))
    assert np.abs(curve - quad).max() <= 25  # the same curve, as a cubic and as a quadratic
    for bad in ("M 0 0 H 10", "M 0", "m 0 0 l 9 9", "M 0 0 L 1 2 3", "M a b"):
        with pytest.raises(MlaError, match="absolute M, L, Q, C and Z"):
            painted(Path(bad, "ink"))


def test_clips_hide_what_is_outside_and_nest():
    everything = Rect(0, 0, 200, 200, "ink")
    assert box(Clip(50, 60, 40, 30, (everything,))) == (50, 60, 90, 90)
    assert box(Clip(50, 60, 40, 30, (Clip(70, 50, 80, 80, (everything,)),))) == (70, 60, 90, 90)
    assert box(Clip(50, 60, 40, 30, (everything,)), Rect(100, 100, 5, 5, "ink")) == (50, 60, 105, 105)
    rounded = painted(Clip(50, 50, 100, 100, (everything,), radius=30))
    assert np.abs(rounded - painted(Rect(50, 50, 100, 100, "ink", radius=30))).max() <= 1
    half = painted(Clip(50.5, 50, 100, 100, (Rect(0, 0, 200, 200, "#000000"),)))[100, 50]
    np.testing.assert_allclose(half, np.array(rgb("ground")) / 2, atol=2)


def test_images_are_hard_or_smooth():
    pixels = Pixels(2, 2, bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]))
    hard = painted(Image(0, 0, 200, 200, pixels))
    assert hard[99, 99].tolist() == [255, 0, 0]
    assert hard[99, 100].tolist() == [0, 255, 0]
    assert hard[100, 99].tolist() == [0, 0, 255]
    assert hard[100, 100].tolist() == [255, 255, 255]
    assert len(np.unique(hard.reshape(-1, 3), axis=0)) == 4
    smooth = painted(Image(0, 0, 200, 200, pixels, smooth=True))
    np.testing.assert_allclose(smooth[25, 100], [127, 127, 0], atol=3)
    np.testing.assert_allclose(smooth[10, 10], [255, 0, 0], atol=1)
    faint = painted(Image(0, 0, 200, 200, pixels, opacity=0.5))[150, 50]
    np.testing.assert_allclose(faint, (np.array(rgb("ground")) + np.array([0, 0, 255])) / 2, atol=1)


@pytest.mark.parametrize("theme", palette.THEMES)
@pytest.mark.parametrize("name", palette.MAPS)
def test_scalar_images_take_their_colours_from_the_map(name, theme):
    shown = painted(Image(0, 0, 200, 4, Pixels(4, 1, bytes([0, 100, 200, 255]), name)), theme=theme)
    np.testing.assert_array_equal(shown[1, [10, 60, 110, 160]], palette.lut(name, theme)[[0, 100, 200, 255]])


def test_pictures_are_kept_up_to_a_budget(monkeypatch):
    made = Raster(SIZE, SIZE)
    monkeypatch.setattr(raster, "PICTURE_BYTES", 4 * 100 * 100 * 3)
    for index in range(10):
        made.paint(Frame(SIZE, SIZE, (Image(0, 0, 9, 9, Pixels(100, 100, bytes([index]) * 10_000, "grey")),)))
    assert len(made._pictures) == 3
    assert made._picture_bytes == 4 * 100 * 100 * 3


@pytest.mark.parametrize(
    "pixels", [Pixels(2, 2, bytes(11)), Pixels(2, 2, bytes(5), "grey"), Pixels(0, 3, b""), Pixels(1, 1, b"\0", "gray")]
)
def test_pictures_that_do_not_add_up_are_one_clear_line(pixels):
    with pytest.raises(MlaError) as caught:
        painted(Image(0, 0, 9, 9, pixels))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("size", [14, 18, 30])
def test_text_ends_where_its_width_says(size, bold):
    # A bar, whose side bearings are known, stands behind each line at the place that the width gives.
    for string in ("0123456789", "AVATAR Tofu fi", "−0.25 → +7\u20071"):
        wide = width(string + "|", size, bold)
        frame = Frame(400, 60, (label(20, 40, string + "|", size, "#000000", bold=bold),))
        alone = Frame(400, 60, (label(20 + wide - width("|", size, bold), 40, "|", size, "#000000", bold=bold),))
        line, bar = (paint(one, scale=4)[..., 0] < 128 for one in (frame, alone))
        ends = [np.flatnonzero(one.any(axis=0))[-1] / 4 for one in (line, bar)]
        assert ends[0] == pytest.approx(ends[1], abs=0.3)


def test_text_stands_by_its_anchor_on_its_baseline():
    for anchor, share in (("start", 0.0), ("middle", 0.5), ("end", 1.0)):
        left, top, right, bottom = box(label(100, 120, "HHH", 30, "ink", anchor), scale=4)
        wide = width("HHH", 30)
        assert (left + right) / 8 == pytest.approx(100 + wide * (0.5 - share), abs=0.3)
        assert bottom / 4 == pytest.approx(120, abs=0.3)
        assert (bottom - top) / 4 == pytest.approx(cap_height(30), abs=0.5)


def test_text_glides_by_fractions_of_a_pixel():
    def middle(x: float, y: float) -> np.ndarray:
        shown = np.abs(painted(label(x, y, "0", 30)) - painted()).sum(axis=-1).astype(float)
        rows, columns = np.indices(shown.shape)
        return np.array([(shown * columns).sum(), (shown * rows).sum()]) / shown.sum()

    for offset in (0.25, 0.5, 0.75):
        np.testing.assert_allclose(middle(100 + offset, 100 + offset) - middle(100, 100), offset, atol=0.06)


def test_text_has_the_same_weight_in_both_themes():
    def coverage(ink: str, ground: str) -> float:
        shown = painted(Rect(0, 0, 200, 200, ground), label(10, 100, "0123456789", 20, ink))[..., 0]
        dark, light = sorted((int(ink[1:3], 16), int(ground[1:3], 16)))
        return float(np.abs(shown - int(ground[1:3], 16)).sum() / (light - dark))

    assert coverage("#000000", "#ffffff") == pytest.approx(coverage("#ffffff", "#000000"), rel=0.02)


def test_a_line_of_both_faces_is_whole():
    both = painted(label(20, 100, "a→b", 30))
    parts = painted(
        label(20, 100, "a", 30), label(20 + width("a", 30), 100, "→", 30), label(20 + width("a→", 30), 100, "b", 30)
    )
    assert np.abs(both - parts).max() <= 40  # places are rounded to 0.01
    assert (np.abs(both - parts) > 8).mean() < 0.001


def test_scale_makes_more_pixels_of_the_same_picture():
    small, large = painted(*EVERY.values()), painted(*EVERY.values(), scale=2)
    assert large.shape == (400, 400, 3)
    shrunk = large.reshape(200, 2, 200, 2, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 1


def test_a_raster_paints_over_and_over_into_the_same_pixels():
    made = Raster(SIZE, SIZE, 1.5, "dark")
    assert (made.width, made.height, made.theme) == (300, 300, "dark")
    first = made.paint(Frame(SIZE, SIZE, tuple(EVERY.values())))
    kept = first.copy()
    second = made.paint(Frame(SIZE, SIZE, ()))
    assert second is first
    assert second.flags.c_contiguous
    assert (second[..., 3] == 255).all()
    assert second[0, 0].tolist() == [*reversed(rgb("ground", "dark")), 255]
    np.testing.assert_array_equal(made.paint(Frame(SIZE, SIZE, tuple(EVERY.values()))), kept)


def test_a_frame_of_another_size_is_stretched():
    shown = Raster(SIZE, SIZE).paint(Frame(100, 100, (Rect(10, 10, 20, 20, "#000000"),)))
    assert shown[20:60, 20:60, :3].max() == 0
    assert shown[19, 19, 0] != 0


@pytest.mark.parametrize(("size", "scale"), [((0, 5), 1), ((20000, 5), 1), ((5, 5), 0), ((5, 5), 9999)])
def test_impossible_sizes_are_one_clear_line(size, scale):
    with pytest.raises(MlaError, match="1 to 16384"):
        Raster(*size, scale)


def test_a_missing_system_library_is_one_clear_line(monkeypatch):
    def missing(name: str) -> None:
        raise ImportError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(outlines, "import_module", missing)
    outlines.library.cache_clear()
    with pytest.raises(MlaError, match="apt-get install libgl1 libegl1") as caught:
        Raster(9, 9)
    assert "\n" not in str(caught.value)
    outlines.library.cache_clear()


def test_painting_says_nothing_and_asks_the_system_for_no_fonts():
    program = (
        "from mlanimated.render.raster import paint; from mlanimated.draw.text import label;"
        "from mlanimated.draw.frame import Frame; paint(Frame(90, 90, (label(9, 60, 'Loss →'),)))"
    )
    told = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert (told.stdout, told.stderr) == ("", "")


@pytest.mark.slow
def test_a_thousand_frames_of_numbers_do_not_grow():
    """Caches are bounded: new numbers in every frame take no more memory after the first hundreds."""
    import resource

    made = Raster(320, 180)
    generator = np.random.default_rng(0)

    def run(frames: int) -> int:
        for _ in range(frames):
            values = generator.normal(size=40)
            texts = tuple(label(10, 10 + 4 * row, number(value, 6)) for row, value in enumerate(values))
            made.paint(Frame(320, 180, texts))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = run(700)
    assert run(700) < before * 1.15


def test_colours_that_glide_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(raster, "MOST_COLOURS", 4)
    painter = Raster(8, 8)
    for index in range(50):
        pixels = painter.paint(Frame(8, 8, (Rect(0, 0, 8, 8, fill=Mapped("sequential", index / 49)),)))
        assert pixels[4, 4, :3].tolist() == list(palette.resolve(Mapped("sequential", index / 49), "light")[2::-1])
    assert len(painter._colours) <= 4


@pytest.mark.parametrize("smooth", [False, True], ids=["hard", "smooth"])
@pytest.mark.parametrize(
    "placed",
    [
        lambda image: image,
        lambda image: Group((image,), x=3.3, y=7.7, scale=1.2),
        lambda image: Group((image,), x=-60.0),
        lambda image: Group((image,), x=150.0, rotate=90),
        lambda image: Group((image,), opacity=0.5),
        lambda image: Clip(20, 20.5, 80, 80, (image,)),
        lambda image: Clip(0, 0, 150, 150, (image,), radius=20),
    ],
    ids=["plain", "scaled", "off the edge", "turned", "faint", "cut", "cut round"],
)
def test_a_picture_that_stands_still_is_painted_the_same_again(placed, smooth):
    noise = np.random.default_rng(1).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    picture = placed(Image(10.2, 10.3, 120.4, 110.1, Pixels(9, 7, noise.tobytes()), smooth=smooth))
    painter = Raster(SIZE, SIZE)
    for step in range(6):
        below = Rect(step, 0, 50, SIZE, fill=RED)
        above = Circle(60 + step, 60, 12, fill=BLUE)
        frame = Frame(SIZE, SIZE, (below, picture, above))
        np.testing.assert_array_equal(painter.paint(frame), Raster(SIZE, SIZE).paint(frame))


def test_a_picture_that_stands_still_is_stretched_once(monkeypatch):
    stretched = []
    monkeypatch.setattr(
        Raster, "_picture", lambda self, pixels, real=Raster._picture: stretched.append(1) or real(self, pixels)
    )
    picture = Image(10, 10, 120, 110, Pixels(1, 1, b"abc"), smooth=True)
    painter = Raster(SIZE, SIZE)
    for step in range(6):
        painter.paint(Frame(SIZE, SIZE, (picture, Circle(60 + step, 60, 12, fill=BLUE))))
    assert len(stretched) == 2
    for value in range(100):
        painter.paint(Frame(SIZE, SIZE, (Image(10, 10, 120, 110, Pixels(1, 1, bytes([value] * 3)), smooth=True),)))
    assert len(painter._stills) <= raster.MOST_STILLS
