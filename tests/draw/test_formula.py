"""Formulas: paths of the right size and language, and parts where they stand in the whole."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from mlanimated.draw import text
from mlanimated.draw.commands import Group, Path
from mlanimated.draw.formula import EM, _set, formula, measure, row
from mlanimated.errors import MlaError

UPDATE = ["w", r"\leftarrow", "w", "-", r"\eta", r"\dfrac{\partial L}{\partial w}"]


def points(path: Path) -> np.ndarray:
    """Return all points of a path, (n, 2)."""
    return np.array([float(part) for part in path.d.split() if part not in "MLQCZ"]).reshape(-1, 2)


def inked(group: Group) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a formula's outlines in scene units."""
    (path,) = group.children
    found = points(path) * group.scale + (group.x, group.y)
    return (*found.min(axis=0), *found.max(axis=0))


@pytest.mark.parametrize(
    "string", ["w", r"$x^2$", r"L = \sum_{i=1}^{n} (w x_i + b - y_i)^2", r"\hat{y} = \sqrt{\frac{1}{2}}"]
)
def test_paths_are_in_the_language_of_the_display_list(string):
    (path,) = formula(string, 10, 20, 18).children
    assert re.fullmatch(r"(?:(?:M|L) N N|Q N N N N|C N N N N N N|Z)(?: (?:(?:M|L) N N|Q N N N N|C N N N N N N|Z))*",
                        re.sub(r"-?\d+(?:\.\d+)?", "N", path.d))  # fmt: skip
    assert path.d.startswith("M ")
    assert path.d.endswith("Z")


def test_a_formula_fills_the_room_that_is_measured():
    size = 40
    room = measure(r"\frac{a}{b} + y_i", size)
    left, top, right, bottom = inked(formula(r"\frac{a}{b} + y_i", 100, 200, size))
    assert left >= 100 - 1
    assert right <= 100 + room.width + 1
    assert right >= 100 + room.width - 5
    assert top == pytest.approx(200 - room.height, abs=1)
    assert bottom == pytest.approx(200 + room.depth, abs=1)


def test_capitals_are_as_high_as_those_of_the_text():
    upright = inked(formula(r"\mathrm{H}", 0, 0, 100))
    assert -upright[1] == pytest.approx(text.cap_height(100), abs=0.5)


def test_anchors_and_sizes():
    wide = measure("x + y", 20).width
    starts = [formula("x + y", 100, 0, 20, anchor=anchor).x for anchor in ("start", "middle", "end")]
    assert starts == pytest.approx([100, 100 - wide / 2, 100 - wide], abs=0.01)
    assert measure("x + y", 40).width == pytest.approx(2 * wide, abs=0.02)
    group = formula("x", 1, 2, 18, "accent", opacity=0.5, key="law")
    assert (group.key, group.opacity, group.scale) == ("law", 0.5, 18 / EM)
    assert group.children[0].fill == "accent"


def test_a_formula_is_made_once():
    assert formula("a + b", 0, 0, 10).children[0].d is formula("a + b", 50, 9, 30).children[0].d
    assert formula("$a + b$", 0, 0, 10) == formula("a + b", 0, 0, 10)


def test_parts_stand_as_in_the_whole():
    group, boxes = row(UPDATE, 100, 200, 30, ["ink", "muted", "ink", "muted", "accent", "ink"])
    whole = measure(" ".join(UPDATE), 30)
    assert len(boxes) == len(group.children) == len(UPDATE)
    assert boxes[0].x == 100
    assert boxes[-1].right == pytest.approx(100 + whole.width, abs=0.5)
    for box, part in zip(boxes, group.children, strict=True):
        inner = points(part.children[0])[:, 0] * group.scale + group.x + part.x * group.scale
        assert box.x - 1 <= inner.min()
        assert inner.max() <= box.right + 1
        assert (box.y, box.height) == (pytest.approx(200 - whole.height, abs=0.01), boxes[0].height)
    lefts = [box.x for box in boxes]
    assert lefts == sorted(lefts)
    assert [part.children[0].fill for part in group.children][4] == "accent"
    joined = points(formula(" ".join(UPDATE), 100, 200, 30).children[0])[:, 0].max() * 0.3 + 100
    apart = max((points(part.children[0])[:, 0].max() + part.x) * 0.3 for part in group.children) + 100
    assert joined == pytest.approx(apart, abs=0.6)


def test_parts_take_the_room_of_what_stands_below_them():
    values = [60.0, 0, 60, 0, 50, 80]
    _, boxes = row(UPDATE, 0, 0, 20, room=values)
    assert all(box.width >= wide for box, wide in zip(boxes, values, strict=True))
    assert all(first.right <= second.x + 0.01 for first, second in pairwise(boxes))
    group, moved = row(UPDATE, 640, 0, 20, anchor="middle", room=values)
    assert (moved[0].x + moved[-1].right) / 2 == pytest.approx(640, abs=0.02)
    assert group.x == moved[0].x


def test_bad_formulas_are_one_clear_line():
    for string in (r"\frac{", r"\nonsense", "x^", "{x", "x}", "a & b", r"\left( x", "x^2^3"):
        with pytest.raises(MlaError, match="cannot be read") as caught:
            formula(string, 0, 0)
        assert "\n" not in str(caught.value)
    with pytest.raises(MlaError, match="6 parts"):
        row(UPDATE, 0, 0, fill=["ink"])
    assert measure("", 20) == (0, 0, 0)


@pytest.mark.parametrize("inline", [False, True])
def test_the_users_own_settings_of_ziamath_stay(inline):
    measure("x", 10)
    ziamath = sys.modules["ziamath"]
    before, ziamath.config.svg2 = ziamath.config.svg2, inline
    try:
        formula(rf"\alpha + \beta + {int(inline)}", 0, 0)
        with pytest.raises(MlaError):
            formula(rf"\frac{int(inline)}{{", 0, 0)
        assert ziamath.config.svg2 is inline
    finally:
        ziamath.config.svg2 = before


def test_parts_that_join_in_the_whole_stand_side_by_side():
    """Two primes are one sign in the whole, so that the parts are not found again in it: nothing is lost, nothing overlaps."""
    parts = ["f", "'", "'"]
    assert len(_set(" ".join(parts)).shapes) < sum(len(_set(part).shapes) for part in parts)
    group, boxes = row(parts, 0, 0, 20)
    assert all(part.children[0].d for part in group.children)
    for (box, part), (after, _) in pairwise(zip(boxes, group.children, strict=True)):
        inner = (points(part.children[0])[:, 0] + part.x) * group.scale + group.x
        assert box.x - 1 <= inner.min()
        assert inner.max() <= box.right + 1
        assert box.right < after.x


def test_the_fonts_are_found_without_a_word():
    program = r"from mlanimated.draw.formula import formula; formula(r'\mathcal{L} = \nabla f \in \mathbb{R}', 0, 0)"
    told = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    assert (told.stdout, told.stderr) == ("", "")
