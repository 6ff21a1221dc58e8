from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, flat, outside, overlapping, text_boxes, trace_of, xs_ys

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Polyline, Text
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.views.lines import Lines


@pytest.fixture(scope="module")
def falling() -> Trace:
    return trace_of(
        {
            step: {"train/loss": 700 * math.exp(-step / 6) + 7, "test/loss": 760 * math.exp(-step / 7) + 12}
            for step in range(31)
        }
    )


def line(commands, index: int = 0) -> list[Polyline]:
    return find(commands, Polyline, f"line-{index}")


def test_line_passes_through_every_recorded_value(falling: Trace) -> None:
    view = Lines("train/loss")
    commands = drawn(view, falling, 30)
    xs, ys = xs_ys(line(commands))
    assert len(xs) == 31
    assert all(after > before for before, after in pairwise(xs))
    # A straight scale: coordinates are the same affine map of steps and values all over.
    rows = falling.series("train/loss")
    for coordinates, numbers in ((xs, rows.steps), (ys, rows.values)):
        slope, offset = np.polyfit(numbers, coordinates, 1)
        assert np.abs(np.asarray(numbers) * slope + offset - coordinates).max() < 0.02


def test_line_grows_and_what_is_drawn_stays(falling: Trace) -> None:
    view = Lines(("train/loss", "test/loss"))
    before, after = (xs_ys(line(drawn(view, falling, step))) for step in (12, 25))
    assert len(before[0]) == 13
    assert len(after[0]) == 26
    assert after[0][:13] == before[0]
    assert after[1][:13] == before[1]


def test_end_glides_along_the_line_and_the_number_stays_a_recorded_one(falling: Trace) -> None:
    view = Lines("train/loss")
    first, rest, half, second = (find(drawn(view, falling, step), Circle, "lines")[0] for step in (7, 7.4, 7.75, 8))
    assert rest == first
    assert half.x == pytest.approx((first.x + second.x) / 2, abs=0.02)
    assert half.y == pytest.approx((first.y + second.y) / 2, abs=0.02)
    told = [find(drawn(view, falling, step), Text, "ends")[0].text for step in (7, 7.5, 7.99)]
    assert told == [f"{falling.value('train/loss', 7):.1f}"] * 3


def test_axes_do_not_change(falling: Trace) -> None:
    view = Lines(("train/loss", "test/loss"))
    axes = [
        next(group for group in drawn(view, falling, step) if getattr(group, "key", "") == "axes")
        for step in (0, 3.3, 30)
    ]
    assert axes[0] is axes[1] is axes[2]


def test_equal_moments_are_equal_commands(falling: Trace) -> None:
    for view in (
        Lines("train/loss"),
        Lines(("train/loss", "test/loss"), log=True, smooth=0.1),
        Lines("test/loss", follow=True),
    ):
        assert drawn(view, falling, 13.25) == drawn(view, falling, 13.25)


@pytest.mark.parametrize("box", [BOX, Box(100, 50, 300, 200), Box(0, 0, 1184, 560)])
@pytest.mark.parametrize("log", [False, True])
def test_labels_cover_neither_each_other_nor_data(falling: Trace, box: Box, log: bool) -> None:
    view = Lines(("train/loss", "test/loss"), log=log)
    for step in (0, 0.4, 3, 11.7, 30):
        commands = drawn(view, falling, step, box)
        assert not overlapping(text_boxes(commands))
        assert not outside(text_boxes(commands), box)
        tags = text_boxes(commands, "ends").values()
        right = max(xs_ys(find(commands, Polyline, "lines"))[0])
        assert all(tag.x > right + 4 for tag in tags), "labels stand to the right of all that is drawn"


def test_many_lines_have_a_legend_above_the_chart() -> None:
    names = tuple(f"a rather long name of a series, number {index}" for index in range(6))
    trace = trace_of({step: {name: float(step + index) for index, name in enumerate(names)} for step in range(9)})
    commands = drawn(Lines(names), trace, 8, Box(0, 0, 500, 400))
    legend = text_boxes(commands, "legend")
    assert len(legend) == 6
    assert max(place.bottom for place in legend.values()) < min(xs_ys(find(commands, Polyline, "lines"))[1])
    assert not overlapping(text_boxes(commands))


def test_value_that_is_not_finite_leaves_a_gap_and_a_mark() -> None:
    values = [5.0, 4.0, math.nan, math.nan, 3.0, math.inf, 2.0]
    trace = trace_of({step: {"loss": value} for step, value in enumerate(values)})
    commands = drawn(Lines("loss"), trace, 6)
    parts = line(commands)
    points = [part.points for part in parts]
    assert [len(part) // 2 for part in points] == [2, 2, 2], "a value alone between gaps is a dot: two equal points"
    assert points[1][:2] == points[1][2:]
    assert all(math.isfinite(number) for part in points for number in part)
    words = [text.text for text in find(commands, Text, "gaps-0")]
    assert words == ["NaN", "∞"]
    early = drawn(Lines("loss"), trace, 1)
    assert not find(early, Text, "gaps-0"), "what has not happened yet is not marked"
    now = drawn(Lines("loss"), trace, 3)
    assert [text.text for text in find(now, Text, "ends")] == ["NaN"]
    assert not find(now, Circle, "lines"), "there is no dot where there is no value"


def test_dense_gap_is_marked_too() -> None:
    trace = dense(40_000, gap=(10_000, 12_000))
    assert [text.text for text in find(drawn(Lines("loss"), trace, 39_999), Text, "gaps-0")] == ["NaN"]


def test_nothing_finite_is_said_and_not_raised() -> None:
    trace = trace_of({step: {"loss": math.nan} for step in range(4)})
    assert [text.text for text in find(drawn(Lines("loss"), trace, 2), Text)] == ["no finite values yet"]
    assert "not finite" in Lines("loss").describe(at(trace, 2))


def test_logarithmic_axis_leaves_out_zero_and_below() -> None:
    trace = trace_of({step: {"loss": value} for step, value in enumerate([100.0, 10.0, 0.0, 1.0])})
    parts = line(drawn(Lines("loss", log=True), trace, 3))
    ys = [part.points[1::2] for part in parts]
    assert len(ys) == 2
    assert ys[0][1] - ys[0][0] == pytest.approx((ys[1][0] - ys[0][0]) / 2, abs=0.02), "a factor of ten is a length"
    only = trace_of({0: {"loss": -1.0}, 1: {"loss": 0.0}})
    assert find(drawn(Lines("loss", log=True), only, 1), Text)[0].text == "no finite values yet"


def dense(rows: int, gap: tuple[int, int] = (0, 0)) -> Trace:
    noise = np.random.default_rng(0).standard_normal(rows)
    with Recorder() as recorder:
        for step in range(rows):
            value = 2.0 * math.exp(-step / rows * 3) + 0.1 * float(noise[step])
            recorder.log({"loss": math.nan if gap[0] <= step < gap[1] else value}, step=step)
    return recorder.trace


def test_cost_of_a_frame_does_not_grow_with_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    points: dict[int, int] = {}
    reads: dict[int, list[str]] = {}
    for rows in (3_000, 60_000):
        trace = dense(rows)
        view = Lines("loss", smooth=0.02)
        drawn(view, trace, rows / 3)  # what is worked out once
        asked: list[str] = []
        for name in ("summary", "series", "around", "value", "steps", "bounds"):
            real = getattr(Trace, name)

            def counted(self, *arguments, _real=real, _name=name, _asked=asked, **named):
                _asked.append(_name)
                found = _real(self, *arguments, **named)
                if _name == "summary":
                    assert len(found) <= 2, "a frame reads one bucket, the unfinished one"
                return found

            monkeypatch.setattr(Trace, name, counted)
        commands = drawn(view, trace, rows * 0.7)
        monkeypatch.undo()
        reads[rows] = sorted(asked)
        points[rows] = sum(len(part.points) // 2 for part in find(commands, Polyline, "lines"))
        assert "series" not in asked
        assert "steps" not in asked
    assert len(reads[3_000]) == pytest.approx(len(reads[60_000]), abs=2)
    assert max(points.values()) < 600 * 5, "about two points a unit of width for the values, one for the average"
    assert points[60_000] < points[3_000] * 1.5


def test_peaks_survive_thinning() -> None:
    rows = 20_000
    with Recorder() as recorder:
        for step in range(rows):
            recorder.log({"loss": 100.0 if step == 7_777 else math.sin(step)}, step=step)
    xs, ys = xs_ys(line(drawn(Lines("loss"), recorder.trace, rows - 1)))
    top = min(ys)
    assert ys.count(top) >= 1
    assert sorted(ys)[5] - top > 200, "a single peak is drawn at its full height"
    # The last point is where the last step is.
    assert xs[ys.index(top)] == pytest.approx(xs[0] + (xs[-1] - xs[0]) * 7_777 / (rows - 1), abs=1.5)


def test_finished_parts_of_a_line_are_the_same_objects(falling: Trace) -> None:
    trace = dense(3_000)
    view = Lines("loss")

    def blocks(step: float) -> dict[str, object]:
        found: dict[str, object] = {}
        for command in drawn(view, trace, step):
            for group in getattr(command, "children", ()):
                if getattr(group, "key", "") == "line-0":
                    found = {part.key: part for part in group.children}
        return found

    early, late = blocks(1_000), blocks(2_000)
    assert len(late) > len(early) > 3
    assert all(late[key] is early[key] for key in early if key != "end")


def test_smoothing_averages_and_keeps_the_values_behind() -> None:
    trace = dense(3_000)
    commands = drawn(Lines("loss", smooth=0.05), trace, 2_999)
    rough = xs_ys(find(commands, Polyline, "raw-0"))[1]
    smooth = xs_ys(line(commands))[1]
    assert np.abs(np.diff(smooth)).sum() < 0.1 * np.abs(np.diff(rough)).sum()
    assert max(part.opacity for part in find(commands, Polyline, "raw-0")) < 0.5
    constant = trace_of({step: {"loss": 3.0} for step in range(50)})
    assert len(set(xs_ys(line(drawn(Lines("loss", smooth=0.1), constant, 49)))[1])) == 1


def test_smoothing_is_the_exponential_average() -> None:
    values = np.random.default_rng(3).standard_normal(60) + 5
    trace = trace_of({step: {"loss": float(value)} for step, value in enumerate(values)})
    ends = find(drawn(Lines("loss", smooth=0.1, format="{:.6f}"), trace, 41.0), Text, "ends")
    weights = np.exp(-np.arange(41, -1, -1) / (0.1 * 59))
    assert float(ends[0].text) == pytest.approx(float((values[:42] * weights).sum() / weights.sum()), abs=2e-6)


def test_following_axes_end_at_the_moment(falling: Trace) -> None:
    view = Lines("train/loss", follow=True)
    for step in (12.0, 20.5):
        commands = drawn(view, falling, step)
        right = max(xs_ys(line(commands))[0])
        assert right == pytest.approx(max(xs_ys(find(commands, Polyline, "axes"))[0]), abs=0.1)


def test_runs_are_told_apart_and_each_stands_at_its_own_step(falling: Trace) -> None:
    slow = trace_of({step: {"loss": 10.0 - step} for step in range(5)})
    fast = trace_of({step: {"loss": 10.0 - 2 * step} for step in range(5)})
    view = Lines(("slow:loss", "fast:loss"))
    traces = {"slow": slow, "fast": fast}
    commands = drawn(view, traces, {"slow": 2.0, "fast": 4.0})
    assert {"slow", "fast"} <= set(text_boxes(commands, "ends"))
    assert len(xs_ys(line(commands, 0))[0]) == 3
    assert len(xs_ys(line(commands, 1))[0]) == 5


def test_another_series_or_time_can_be_the_x_axis() -> None:
    trace = trace_of({step: {"loss": float(step), "epoch": step / 4} for step in range(9)})
    by_step, by_epoch = (xs_ys(line(drawn(Lines("loss", x=x), trace, 8)))[0] for x in ("step", "epoch"))
    assert len(by_epoch) == 9
    assert np.diff(by_epoch) == pytest.approx(np.diff(by_epoch)[0], abs=0.02)
    assert len(xs_ys(line(drawn(Lines("loss", x="time"), trace, 8)))[0]) == 9
    assert by_step[0] == by_epoch[0]


def test_ghost_shows_the_whole_line_faintly(falling: Trace) -> None:
    commands = drawn(Lines("train/loss", ghost=True), falling, 4)
    ghost = find(commands, Polyline, "ghost-0")
    assert len(xs_ys(ghost)[0]) == 31
    assert ghost[0].opacity < 0.4


def test_events_are_marked_when_they_have_happened() -> None:
    trace = trace_of(
        {step: {"loss": float(step)} for step in range(11)}, [(2, "first win"), (3, "second win"), (8, "third win")]
    )
    named = [
        [text.text for text in find(drawn(Lines("loss", events=True), trace, step), Text, "events")]
        for step in (0, 5, 10)
    ]
    assert named[0] == []
    assert named[1][0] == "first win"
    assert "third win" in named[2]
    commands = drawn(Lines("loss", events=True), trace, 10)
    assert not overlapping(text_boxes(commands))


def test_the_names_of_events_do_not_lie_on_the_name_of_the_axis() -> None:
    trace = trace_of({step: {"loss": 10.0**-step} for step in range(11)}, [(0, "begun")])
    commands = drawn(Lines("loss", events=True, log=True), trace, 10)
    (name,) = (text for text in find(commands, Text) if "logarithmic" in text.text)
    (event,) = find(commands, Text, "events")
    assert event.y - name.y >= event.size


def test_an_event_at_the_end_is_named_left_of_its_line() -> None:
    trace = trace_of({step: {"loss": 1.0 / (step + 1)} for step in range(11)}, [(1, "begun"), (10, "it is over")])
    first, last = find(drawn(Lines("loss", events=True), trace, 10), Text, "events")
    assert (first.text, last.text) == ("begun", "it is over")
    assert first.x + first.width < last.x - last.width
    assert last.anchor == "end"


def test_a_thousand_events_cost_no_more_than_the_chart_is_wide() -> None:
    trace = trace_of(
        {step: {"loss": float(step)} for step in (0, 5000)}, [(step, f"at {step}") for step in range(5000)]
    )
    view = Lines("loss", events=True)
    assert len(find(drawn(view, trace, 5000), Polyline, "events")) < 400
    early, late = (find(drawn(view, trace, step), Polyline, "events") for step in (2000, 4000))
    assert 0 < len(early) < len(late)
    assert all(one is other for one, other in zip(early, late, strict=False))  # worked out once, not in each frame


def test_limits_cut_off(falling: Trace) -> None:
    commands = drawn(Lines("train/loss", limits=(0, 100)), falling, 2)
    assert not find(commands, Circle, "lines"), "the dot is above the chart"
    assert not outside(text_boxes(commands), BOX)


def test_mistakes_are_one_line_each(falling: Trace) -> None:
    with pytest.raises(MlaError, match="train/loss"):
        drawn(Lines("train/los"), falling, 0)
    with pytest.raises(MlaError, match="2 series but 1 labels"):
        Lines(("a", "b"), labels=("a",))
    with pytest.raises(MlaError, match=r"0 \(none\)"):
        Lines("a", smooth=0.9)
    with pytest.raises(MlaError, match="in order"):
        Lines("a", limits=(1, 0))
    picture = trace_of({0: {"frame": np.zeros((4, 4), np.uint8)}})
    with pytest.raises(MlaError, match="picture"):
        drawn(Lines("frame"), picture, 0)


def test_series_that_may_still_come_is_waited_for() -> None:
    recorder = Recorder()
    recorder.log({"train/loss": 1.0}, step=0)
    assert [text.text for text in find(drawn(Lines("test/loss"), recorder.trace, 0), Text)] == ["no finite values yet"]
    recorder.close()
    with pytest.raises(MlaError, match="test/loss"):
        drawn(Lines("test/loss"), recorder.trace, 0)


def test_describe_says_where_it_stands_and_began(falling: Trace) -> None:
    assert Lines("train/loss").describe(at(falling, 30)) == "train/loss is 11.7, from 707.0."
    assert Lines(("train/loss", "test/loss")).describe(at(falling, 0)) == "train is 707.0; test is 772.0."


def test_every_coordinate_is_finite_at_every_moment(falling: Trace) -> None:
    for view in (Lines("train/loss", smooth=0.1), Lines(("train/loss", "test/loss"), follow=True, log=True)):
        for step in np.linspace(0, 30, 23):
            for command, _, _, _ in flat(drawn(view, falling, float(step))):
                numbers = (
                    command.points
                    if isinstance(command, Polyline)
                    else (getattr(command, "x", 0.0), getattr(command, "y", 0.0))
                )
                assert all(math.isfinite(number) for number in numbers)


def test_a_logarithmic_axis_says_so_and_has_numbers_enough_in_a_strip() -> None:
    trace = trace_of({step: {"loss": 0.9 * 0.8**step} for step in range(30)})
    for box in (Box(0, 0, 600, 120), Box(0, 0, 300, 130), Box(0, 0, 500, 500)):
        commands = drawn(Lines("loss", log=True), trace, 20, box)
        told = text_boxes(commands)
        assert {"1", "0.1", "0.01"} <= set(told)
        assert not overlapping(told)
        assert "loss, logarithmic" in told
        assert find(commands, Text, "ends")[0].text == "0.010"
    assert "logarithmic scale" in text_boxes(drawn(Lines("loss", log=True, title="Error"), trace, 20))
    assert "logarithmic scale" not in text_boxes(drawn(Lines("loss", log=True, title="Error (log)"), trace, 20))
    assert "loss" in text_boxes(drawn(Lines("loss"), trace, 20))


def test_lines_that_start_together_share_a_dot_and_point_to_their_names() -> None:
    trace = trace_of(
        {step: {name: 10.0 - step * slope for name, slope in (("a", 0.1), ("b", 0.5), ("c", 1))} for step in range(9)}
    )
    commands = drawn(Lines(("a", "b", "c")), trace, 0)
    assert [sector.fill for sector in find(commands, Polyline, "lines") if sector.closed] == [
        "series-1",
        "series-2",
        "series-3",
    ]
    leaders = find(commands, Polyline, "ends")
    assert len(leaders) == 2
    dot = find(commands, Circle, "lines")[0]
    for leader in leaders:
        assert leader.points[:2] == pytest.approx((dot.x + 6.5, dot.y))
    assert not overlapping(text_boxes(commands, "ends"))
    assert not [shape for shape in find(drawn(Lines(("a", "b", "c")), trace, 6), Polyline, "lines") if shape.closed]


def test_lines_of_one_chart_are_equally_wide() -> None:
    rng = np.random.default_rng(0)
    trace = trace_of({step: {"calm": step / 400, "rough": float(rng.random())} for step in range(400)})
    both = drawn(Lines(("calm", "rough")), trace, 399)
    assert {stroke.stroke_width for stroke in find(both, Polyline, "lines")} == {2.5}
    assert {stroke.stroke_width for stroke in find(drawn(Lines("rough"), trace, 399), Polyline, "lines")} == {1.25}


def test_a_line_that_leaves_the_limits_keeps_its_name_where_it_left() -> None:
    trace = trace_of({step: {"a": 10.0 - step, "b": 10.0 - step / 10} for step in range(21)})
    view = Lines(("a", "b"), limits=(4.0, 10.0))
    kept = [text_boxes(drawn(view, trace, step), "ends") for step in (8, 14, 20)]
    places = [round(texts["a"].x, 1) for texts in kept]
    assert places[0] == places[1] == places[2]
    assert kept[2]["b"].x > kept[0]["b"].x
    commands = drawn(view, trace, 20)
    xs = xs_ys(find(commands, Polyline, "axes"))[0]
    # It crosses 4 at step 6 of 20.
    assert places[0] == pytest.approx(min(xs) + (max(xs) - min(xs)) * 6 / 20 + 10, abs=1.5)
    assert all(not overlapping(texts) for texts in kept)
