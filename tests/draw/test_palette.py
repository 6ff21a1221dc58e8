"""Palette: every colour form, contrast, colour-blind readers, and maps that rise."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

from mlanimated.draw import palette
from mlanimated.draw.commands import InkOn, Mapped
from mlanimated.errors import MlaError

THEMES = tuple(palette.THEMES)

# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen(rgb: np.ndarray, deficiency: str) -> np.ndarray:
    """Return colours (n, 3), 0..255, as a reader with a deficiency sees them."""
    share = np.asarray(rgb, dtype=float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ DEFICIENCIES[deficiency].T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def apart(roles: tuple[str, ...], theme: str, deficiency: str) -> float:
    """Return the least OKLab distance between any two roles; 0.02 is about what an eye just tells apart."""
    rgb = np.array([palette.resolve(role, theme)[:3] for role in roles])
    lab = palette.oklab(seen(rgb, deficiency))
    return min(float(np.linalg.norm(one - two)) for one, two in itertools.combinations(lab, 2))


def test_architecture_lists_every_role():
    listed = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = listed[listed.index("## draw: the display list") : listed.index("## Moments")]
    named = set(re.findall(r"`([\w-]+)`", section.replace("`series-1`…`series-8`", "")))
    for role in (*palette.ROLES, "sequential", "diverging", "grey"):
        assert role in named or role.startswith("series-"), role
    assert list(palette.SERIES) == [f"series-{number}" for number in range(1, 9)]


def test_both_themes_have_the_same_roles_and_maps():
    light, dark = (palette.theme(name) for name in THEMES)
    assert set(light.roles) == set(dark.roles)
    assert set(light.maps) == set(dark.maps)


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_read_stands_out_from_the_ground(theme):
    for ground in ("ground", "panel"):
        against = palette.resolve(ground, theme)
        assert palette.contrast(palette.resolve("ink", theme), against) >= 12
        assert palette.contrast(palette.resolve("muted", theme), against) >= 4.3
        for role in ("accent", "good", "bad"):
            assert palette.contrast(palette.resolve(role, theme), against) >= 3
    ground = palette.resolve("ground", theme)
    assert palette.contrast(palette.resolve("muted", theme), ground) >= 4.5
    for role in (*palette.SERIES, "prediction", "target", "error", "positive", "negative", "value", "policy", "reward"):
        assert palette.contrast(palette.resolve(role, theme), ground) >= 3, role
    assert 1.1 < palette.contrast(palette.resolve("faint", theme), ground) < 2


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_series_keep_apart_for_every_reader(theme, deficiency):
    least = 0.1 if deficiency == "none" else 0.07
    assert apart(palette.SERIES[:6], theme, deficiency) >= least
    assert apart((*palette.SERIES[:6], "accent"), theme, deficiency) >= least
    assert apart(palette.SERIES, theme, deficiency) >= 0.065


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_signs_and_the_pairs_of_a_film_keep_apart(theme, deficiency):
    for pair in (
        ("positive", "negative"),
        ("prediction", "target"),
        ("good", "bad"),
        ("value", "reward"),
        ("reward", "error"),
        ("accent", "bad"),
    ):
        assert apart(pair, theme, deficiency) >= 0.06, pair


@pytest.mark.parametrize("theme", THEMES)
def test_sequential_rises_from_the_ground_evenly(theme):
    lightness = palette.oklab(palette.lut("sequential", theme))[:, 0]
    steps = np.diff(lightness) * (1 if theme == "dark" else -1)
    assert (steps > -0.002).all()  # 8-bit colours round lightness by about as much
    assert (np.diff(lightness[::16]) * (1 if theme == "dark" else -1) > 0).all()
    assert abs(lightness[0] - palette.oklab(np.array(palette.resolve("ground", theme)[:3]))[0]) < 0.08
    assert abs(lightness[-1] - lightness[0]) > 0.6


@pytest.mark.parametrize("theme", THEMES)
def test_diverging_is_even_around_a_middle_near_the_ground(theme):
    lab = palette.oklab(palette.lut("diverging", theme))
    ground = palette.oklab(np.array(palette.resolve("ground", theme)[:3]))
    assert np.linalg.norm(lab[127] - ground) < 0.08
    np.testing.assert_allclose(lab[:, 0], lab[::-1, 0], atol=0.02)  # equal magnitudes are equally strong
    strength = np.linalg.norm(lab - lab[127], axis=1)
    assert (np.diff(strength[128::8]) > 0).all()
    assert (np.diff(strength[127::-8]) > 0).all()


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("theme", THEMES)
def test_signs_can_be_told_apart_in_a_diverging_map(theme, deficiency):
    table = palette.oklab(seen(palette.lut("diverging", theme), deficiency))
    for share in (0.25, 0.5, 0.75, 1.0):
        offset = round(127 * share)
        assert np.linalg.norm(table[127 - offset] - table[128 + offset]) > 0.06


def test_maps_for_pictures_are_the_same_in_both_themes():
    for name in ("grey", "heat", "cyclic"):
        np.testing.assert_array_equal(palette.lut(name, "light"), palette.lut(name, "dark"))
    grey = palette.lut("grey")
    assert grey[0].tolist() == [0, 0, 0]
    assert grey[255].tolist() == [255, 255, 255]
    assert (np.diff(palette.oklab(palette.lut("heat"))[:, 0]) > -0.003).all()
    assert np.abs(palette.lut("cyclic")[0].astype(int) - palette.lut("cyclic")[255]).max() == 0


def test_tables_are_kept_and_cannot_be_written_to():
    table = palette.lut("sequential", "dark")
    assert table is palette.lut("sequential", "dark")
    assert (table.shape, table.dtype) == ((256, 3), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0


def test_oklab_has_the_published_values_and_goes_back():
    # Björn Ottosson's own examples: white and pure red.
    np.testing.assert_allclose(palette.oklab(np.array([255.0, 255, 255])), [1, 0, 0], atol=1e-3)
    np.testing.assert_allclose(palette.oklab(np.array([255.0, 0, 0])), [0.628, 0.225, 0.126], atol=1e-3)
    rgb = np.random.default_rng(0).integers(0, 256, (200, 3))
    np.testing.assert_array_equal(palette.from_oklab(palette.oklab(rgb)), rgb)


@pytest.mark.parametrize("theme", THEMES)
def test_resolve_takes_every_form(theme):
    table = palette.lut("diverging", theme)
    assert palette.resolve("#12345678", theme) == (0x12, 0x34, 0x56, 0x78)
    assert palette.resolve("#ABCDEF", theme) == (0xAB, 0xCD, 0xEF, 255)
    assert "#{:02x}{:02x}{:02x}".format(*palette.resolve("ink", theme)) == palette.theme(theme).roles["ink"]
    for at, row in ((0.0, 0), (1.0, 255), (-3.0, 0), (7.0, 255), (0.5, 128), (math.inf, 255)):
        assert palette.resolve(Mapped("diverging", at), theme) == (*table[row].tolist(), 255)
    assert palette.resolve(Mapped("diverging", math.nan), theme) == palette.resolve("faint", theme)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", palette.MAPS)
def test_ink_reads_well_on_every_colour_of_a_map(theme, name):
    for at in np.linspace(0, 1, 64):
        under = palette.resolve(Mapped(name, float(at)), theme)
        ink = palette.resolve(InkOn(Mapped(name, float(at))), theme)
        assert ink in {(0, 0, 0, 255), (255, 255, 255, 255)}
        assert palette.contrast(ink, under) >= 4.5
    assert palette.resolve(InkOn("ink"), theme) == palette.resolve(InkOn(palette.theme(theme).roles["ink"]), theme)


def test_contrast_is_that_of_wcag():
    assert palette.contrast((0, 0, 0, 255), (255, 255, 255, 255)) == pytest.approx(21)
    assert palette.contrast((255, 0, 0, 255), (255, 255, 255, 255)) == pytest.approx(3.998, abs=0.001)


@pytest.mark.parametrize(
    ("colour", "theme", "said"),
    [
        ("acent", "light", "Did you mean 'accent'"),
        ("#12345", "light", "#rrggbb"),
        ("#gggggg", "dark", "#rrggbb"),
        (Mapped("sequentail", 0.5), "light", "Did you mean 'sequential'"),
        ("ink", "drak", "Did you mean 'dark'"),
    ],
)
def test_unknown_colours_are_one_clear_line(colour, theme, said):
    with pytest.raises(MlaError, match=said) as caught:
        palette.resolve(colour, theme)
    assert "\n" not in str(caught.value)


def test_series_begin_anew_after_the_last():
    assert [palette.series(index) for index in (0, 7, 8)] == ["series-1", "series-8", "series-1"]
