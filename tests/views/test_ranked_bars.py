from __future__ import annotations

import math
import re

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, flat, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Trace
from mlanimated.views.ranked_bars import RankedBars

NAMES = ("Anna", "Ben", "Carla", "Dora", "Emil", "Franz")


@pytest.fixture(scope="module")
def race() -> Trace:
    """Ben overtakes Anna between 1960 and 1965; Franz comes up from the last place to the third."""
    start = np.array([100.0, 80.0, 60.0, 50.0, 40.0, 10.0])
    end = np.array([140.0, 200.0, 62.0, 51.0, 41.0, 90.0])
    return trace_of({1950 + 5 * index: {"people": start + (end - start) * index / 6} for index in range(7)})


def bars(commands) -> dict[str, tuple[float, Rect]]:
    """Each bar by its name: where it stands, and the bar."""
    found: dict[str, tuple[float, Rect]] = {}
    rects = {
        keys[-1]: (y, command)
        for command, _, y, keys in flat(commands)
        if isinstance(command, Rect) and keys[-1].startswith("bar-")
    }
    for key, (y, rect) in rects.items():
        found[NAMES[int(key.removeprefix("bar-"))]] = (y, rect)
    return found


def test_recorded_steps_show_true_ranks(race: Trace) -> None:
    view = RankedBars("people", NAMES)
    for step in (1950, 1980):
        values = dict(zip(NAMES, race.value("people", step), strict=True))
        places = {name: y for name, (y, _) in bars(drawn(view, race, step)).items()}
        assert sorted(NAMES, key=lambda name: places[name]) == sorted(NAMES, key=lambda name: -values[name])
        gaps = np.diff(sorted(places.values()))
        assert gaps == pytest.approx(gaps[0], abs=0.02)


def test_an_overtaking_is_a_slide(race: Trace) -> None:
    view = RankedBars("people", NAMES)
    steps = np.linspace(1950, 1980, 400)
    paths = {name: [] for name in NAMES}
    for step in steps:
        for name, (y, _) in bars(drawn(view, race, float(step))).items():
            paths[name].append(y)
    row = BOX.height / 6
    for path in paths.values():
        assert np.abs(np.diff(path)).max() < 0.25 * row, "no bar jumps"
    assert paths["Ben"][0] > paths["Anna"][0]
    assert paths["Ben"][-1] < paths["Anna"][-1]
    assert np.diff(paths["Ben"]).max() <= 0.01, "the one that overtakes only rises"


def test_bars_keep_their_colours_and_numbers_are_recorded_ones(race: Trace) -> None:
    view = RankedBars("people", NAMES, format="{:,.1f} M")
    colours = {name: rect.fill for name, (_, rect) in bars(drawn(view, race, 1950)).items()}
    assert len(set(colours.values())) == len(NAMES)
    for step in (1957.5, 1962, 1980):
        commands = drawn(view, race, step)
        assert {name: rect.fill for name, (_, rect) in bars(commands).items()} == colours
        told = {
            float(re.sub(r"[^\d.]", "", text.text)) for text in find(commands, Text, "bars") if text.text.endswith(" M")
        }
        assert told == {round(float(value), 1) for value in race.value("people", step)}


def test_lengths_glide_in_proportion_to_values(race: Trace) -> None:
    found = bars(drawn(RankedBars("people", NAMES), race, 1950))
    assert found["Ben"][1].width / found["Anna"][1].width == pytest.approx(0.8, abs=0.001)
    half = bars(drawn(RankedBars("people", NAMES, limits=(0, 200)), race, 1953.75))["Franz"][1].width
    ends = [
        bars(drawn(RankedBars("people", NAMES, limits=(0, 200)), race, step))["Franz"][1].width for step in (1950, 1955)
    ]
    assert half == pytest.approx(sum(ends) / 2, abs=0.02)


def test_only_the_top_is_shown_and_others_come_from_the_foot(race: Trace) -> None:
    view = RankedBars("people", NAMES, top=3)
    assert set(bars(drawn(view, race, 1950))) == {"Anna", "Ben", "Carla"}
    assert set(bars(drawn(view, race, 1980))) == {"Anna", "Ben", "Franz"}
    first = None
    for step in np.linspace(1950, 1980, 300):
        found = bars(drawn(view, race, float(step)))
        if "Franz" in found:
            first = found["Franz"][0]
            break
    assert first is not None
    assert first > BOX.y + BOX.height * 0.85


@pytest.mark.parametrize("box", [BOX, Box(0, 0, 300, 200), Box(10, 20, 1184, 600)])
def test_nothing_overlaps_at_rest(race: Trace, box: Box) -> None:
    view = RankedBars("people", NAMES, clock="{:.0f}", groups=("A", "A", "B", "B", "C", "C"))
    for step in (1950, 1980):
        commands = drawn(view, race, step, box)
        boxes = {name: place for name, place in text_boxes(commands).items() if name != str(step)}
        axis = text_boxes(commands, "axis")
        assert not [pair for pair in overlapping(boxes) if not (pair[0] in axis and pair[1] in axis)]
        assert not outside(boxes, box)


def test_clock_is_a_recorded_step_or_value(race: Trace) -> None:
    view = RankedBars("people", NAMES, clock="{:.0f}")
    assert [find(drawn(view, race, step), Text, "clock")[0].text for step in (1950, 1953.7, 1979.9)] == [
        "1950",
        "1950",
        "1975",
    ]
    named = trace_of({step: {"people": np.ones(6) * step, "era": f"era {step}"} for step in (1, 2)})
    assert find(drawn(RankedBars("people", NAMES, clock_series="era"), named, 1.5), Text, "clock")[0].text == "era 1"


def test_dense_recording_slides_too() -> None:
    rows = {step: {"people": np.array([10.0 + step, 50.0])} for step in range(100)}
    trace = trace_of(rows)
    view = RankedBars("people", ("up", "still"))
    places = []
    for step in np.linspace(0, 99, 300):
        rects = [
            (keys[-1], y) for command, _, y, keys in flat(drawn(view, trace, float(step))) if isinstance(command, Rect)
        ]
        places.append(dict(rects)["bar-0"])
    assert np.abs(np.diff(places)).max() < 0.2 * 190
    assert places[0] > places[-1]


def test_what_is_missing_is_not_drawn() -> None:
    trace = trace_of({0: {"people": np.array([math.nan, 2.0, 1.0])}, 1: {"people": np.array([5.0, 2.0, math.nan])}})
    view = RankedBars("people", ("a", "b", "c"))
    keys = [
        {keys[-1] for command, _, _, keys in flat(drawn(view, trace, step)) if isinstance(command, Rect)}
        for step in (0, 1)
    ]
    assert keys == [{"bar-1", "bar-2"}, {"bar-0", "bar-1"}]
    none = trace_of({0: {"people": np.full(3, math.nan)}})
    assert find(drawn(RankedBars("people", ("a", "b", "c")), none, 0), Text)[0].text == "no finite values yet"


def test_groups_share_a_colour_and_have_a_legend(race: Trace) -> None:
    view = RankedBars("people", NAMES, groups=("A", "A", "B", "B", "C", "C"))
    found = bars(drawn(view, race, 1950))
    assert found["Anna"][1].fill == found["Ben"][1].fill != found["Carla"][1].fill
    assert set(text_boxes(drawn(view, race, 1950), "legend")) == {"A", "B", "C"}
    assert not find(drawn(view, race, 1950), Circle)


def test_mistakes_are_one_line_each(race: Trace) -> None:
    with pytest.raises(MlaError, match="6 values, but 2 names"):
        drawn(RankedBars("people", ("a", "b")), race, 1950)
    with pytest.raises(MlaError, match="top=0"):
        RankedBars("people", top=0)
    with pytest.raises(MlaError, match="does not fit a number"):
        drawn(RankedBars("people", NAMES, format="{:d} M"), race, 1950)
    with pytest.raises(MlaError, match="6 names but 1 groups"):
        RankedBars("people", NAMES, groups=("A",))


def test_describe_names_the_leader(race: Trace) -> None:
    view = RankedBars("people", NAMES, format="{:.0f}")
    assert view.describe(at(race, 1950)) == "Anna (100) leads, before Ben (80) and Carla (60)."
    assert view.describe(at(race, 1980)).startswith("Ben (200) leads")


def test_equal_moments_are_equal_commands(race: Trace) -> None:
    view = RankedBars("people", NAMES, clock="{:.0f}")
    assert drawn(view, race, 1962.3) == drawn(view, race, 1962.3)


def test_words_of_passing_bars_never_cover_each_other(race: Trace) -> None:
    passed = 0
    for step in np.linspace(1950, 1980, 240):
        commands = drawn(RankedBars("people", NAMES), race, float(step))
        hidden = {text.text for text in find(commands, Text, "bars") if text.opacity < 0.3}
        shown = {name: box for name, box in text_boxes(commands, "bars").items() if name not in hidden}
        assert not overlapping(shown), f"at {step}"
        passed += bool(hidden)
    assert passed, "some bars pass each other"


def test_the_bar_that_rises_is_in_front_all_the_way(race: Trace) -> None:
    near = 0
    for step in np.linspace(1950, 1980, 400):
        (clip,) = drawn(RankedBars("people", NAMES), race, float(step))[-1].children  # type: ignore[union-attr]
        order = [group.key for group in clip.children]  # type: ignore[union-attr]
        places = {group.key: group.y for group in clip.children}  # type: ignore[union-attr]
        # Ben, who has the second bar, overtakes Anna, who has the first.
        if abs(places["bar-1"] - places["bar-0"]) < 0.9 * (BOX.height - 26) / len(NAMES):
            assert order.index("bar-1") > order.index("bar-0")
            near += 1
    assert near > 5
