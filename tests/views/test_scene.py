from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Rect
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder
from mlanimated.views.moment import Moment
from mlanimated.views.scene import Scene, View


@dataclass(frozen=True)
class Fill(View):
    """Fills its box."""

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        return (Rect(*box, "ink", tip=self.run),)


def moment() -> Moment:
    with Recorder() as recorder:
        recorder.log({"loss": 1.0}, step=0)
    return Moment({"": recorder.trace}, {"": 0.0})


def boxes(group: Group) -> list[Rect]:
    found: list[Rect] = []
    for child in group.children:
        if isinstance(child, Group):
            found += boxes(child)
        elif isinstance(child, Rect):
            found.append(child)
    return found


PAGE = Box(0, 0, 1200, 600)


def laid_out(scene: Scene, box: Box = PAGE) -> list[Rect]:
    return boxes(scene.commands(moment(), box, "scene"))


def test_bar_puts_side_by_side_as_equals() -> None:
    drawn = laid_out(Fill() | Fill() | Fill())
    assert [rect.y for rect in drawn] == [0, 0, 0]
    assert drawn[0].width == pytest.approx(drawn[2].width, abs=0.02)
    assert all(b.x >= a.x + a.width + 16 for a, b in itertools.pairwise(drawn)), "panels keep a gap"


def test_slash_puts_below_and_nests() -> None:
    left, upper, lower = laid_out(Fill() | (Fill() / Fill()))
    assert upper.x == lower.x > left.x + left.width
    assert lower.y > upper.y + upper.height
    assert left.height == 600


def test_shares_divide_the_row() -> None:
    wide, narrow = laid_out(Fill().shared(3) | Fill())
    assert wide.width == pytest.approx(3 * narrow.width, rel=0.001)


def test_title_takes_room_above() -> None:
    (plain,) = laid_out(Scene(Fill()))
    (titled,) = laid_out(Scene(Fill().titled("Loss")))
    assert titled.y > plain.y
    assert titled.y + titled.height == plain.y + plain.height


def test_rows_become_columns_on_a_tall_canvas() -> None:
    first, second = laid_out(Fill() | Fill(), Box(0, 0, 600, 1200))
    assert first.x == second.x
    assert second.y > first.y


def test_of_names_the_run_of_views_that_name_none() -> None:
    scene = (Fill() | Fill(run="kept")).of("fast")
    assert [view.run for view in scene.views()] == ["fast", "kept"]


def test_scenes_are_equal_by_value() -> None:
    assert (Fill() | Fill().titled("a")) == (Fill() | Fill().titled("a"))


def test_mistakes_are_one_line() -> None:
    with pytest.raises(MlaError, match="above 0"):
        Fill().shared(0)
    with pytest.raises(MlaError, match="at least one view"):
        Scene(())
    with pytest.raises(MlaError, match="not with int"):
        Fill() | 3  # pyright: ignore[reportOperatorIssue]
    with pytest.raises(MlaError, match="views, not str"):
        Scene(("loss",))  # pyright: ignore[reportArgumentType]
