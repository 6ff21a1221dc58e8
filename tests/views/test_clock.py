from __future__ import annotations

import itertools

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.views.clock import Clock, Mark, reading_time


def trace_of(values: list[float], every: int = 1, name: str = "loss") -> Trace:
    with Recorder() as recorder:
        for index, value in enumerate(values):
            recorder.log({name: value}, step=index * every)
    return recorder.trace


def test_film_begins_at_the_first_step_and_ends_at_the_last() -> None:
    line = Clock(seconds=5, intro=1, outro=2).timeline({"": trace_of([3, 2, 1, 0], every=10)})
    assert line.seconds == pytest.approx(8)
    assert [line.moment(time).step() for time in (0, 1)] == [0, 0]
    assert [line.moment(time).step() for time in (6, 8, 99)] == [30, 30, 30]


def test_even_pace_gives_each_row_the_same_time() -> None:
    line = Clock(seconds=4, pace="even", intro=0, outro=0).timeline({"": trace_of([0.0] * 5, every=3)})
    assert [line.moment(time).step() for time in range(5)] == pytest.approx([0, 3, 6, 9, 12])


def test_early_pace_gives_the_first_row_its_time_and_never_turns_back() -> None:
    line = Clock(seconds=10, pace="early", first=1.0, intro=0, outro=0).timeline({"": trace_of([0.0] * 8001)})
    assert line.moment(1.0).step() == pytest.approx(1.0, abs=0.01)
    steps = [line.moment(time).step() for time in np.linspace(0, 10, 500)]
    assert all(after > before for before, after in itertools.pairwise(steps))
    rates = np.diff(steps)
    assert all(after >= before - 1e-6 for before, after in itertools.pairwise(rates)), (
        "it speeds up and never slows down"
    )


def test_pace_by_a_series_gives_time_to_what_changes() -> None:
    values = [0.0] * 50 + [float(i) for i in range(50)]
    line = Clock(seconds=9, pace="loss", intro=0, outro=0).timeline({"": trace_of(values)})
    assert line.moment(3.0).step() > 45, "the half in which nothing changes gets a sixth of the time"


def test_film_stays_at_an_event_long_enough_to_read_it() -> None:
    text = "A sentence that takes a while to read, being rather long for a film of two seconds."
    trace = trace_of([0.0] * 11)
    plain = Clock(seconds=2, pace="even", intro=0, outro=0, hold=0.5).timeline({"": trace}, (Mark(10, "end"),))
    assert plain.seconds == pytest.approx(2.5)
    clock = Clock(seconds=2, pace="even", intro=0, outro=0, hold=0.5)
    held = clock.timeline({"": trace}, (Mark(5, "middle", text), Mark(10, "end", "Now.")))
    (first, _), (second, _) = held.marks
    assert second - first >= reading_time(text) - 1e-6
    assert held.moment(first + 0.2).step() == 5


def test_intro_waits_for_its_caption() -> None:
    text = "Initialize: the ball is put down somewhere, and all that it knows is how steep it is there."
    clock = Clock(seconds=2, pace="even", intro=1, outro=1)
    line = clock.timeline({"": trace_of([0.0] * 11)}, (Mark(0, "start", text), Mark(1, "go", "Go.")))
    assert line.marks[0][0] == 0
    assert line.marks[1][0] >= reading_time(text) - 1e-6
    assert line.moment(line.marks[1][0] - 0.25).phase in {"initialize", "adjust"}
    assert line.moment(line.intro - 0.01).phase == "initialize"


def test_runs_align_by_step_progress_or_series() -> None:
    short, long = trace_of([4, 3, 2, 1, 0]), trace_of([4 - i / 10 for i in range(41)])
    runs = {"short": short, "long": long}
    by_step = Clock(seconds=4, pace="even", intro=0, outro=0).timeline(runs).moment(4)
    assert (by_step.step("short"), by_step.step("long")) == (4, 40)
    half = Clock(seconds=4, pace="even", intro=0, outro=0, align="progress").timeline(runs).moment(2)
    assert (half.step("short"), half.step("long")) == pytest.approx((2, 20))
    same = Clock(seconds=4, pace="even", intro=0, outro=0, align="loss").timeline(runs).moment(1)
    assert same.value("loss", "short") == pytest.approx(3)
    assert same.value("loss", "long") == pytest.approx(3, abs=0.11)


def test_phases_follow_each_other_once() -> None:
    line = Clock(seconds=8, pace="even", intro=1, outro=1).timeline({"": trace_of([0.0] * 5)}, (Mark(1, "first"),))
    phases = [line.moment(time).phase for time in np.linspace(0, line.seconds, 400)]
    changes = [after for before, after in itertools.pairwise(phases) if before != after]
    assert phases[0] == "initialize"
    assert changes == ["adjust", "repeat", "done"]
    assert line.moment(line.marks[0][0] + 0.1).phase == "adjust", (
        "while the film stays at the first step, it is the adjusting"
    )


def test_rate_counts_steps_a_second() -> None:
    line = Clock(seconds=10, pace="even", intro=1, outro=1).timeline({"": trace_of([0.0] * 101)})
    assert line.moment(6).rate() == pytest.approx(10, rel=1e-6)
    assert line.moment(0.5).rate() == 0
    assert line.moment(11.9).rate() == 0


def test_start_and_stop_cut_the_film() -> None:
    line = Clock(seconds=2, start=3, stop=6, pace="even", intro=0, outro=0).timeline({"": trace_of([0.0] * 11)})
    assert (line.moment(0).step(), line.moment(9).step()) == (3, 6)


def test_mistakes_are_one_line() -> None:
    with pytest.raises(MlaError, match="empty"), Recorder() as recorder:
        Clock().timeline({"": recorder.trace})
    with pytest.raises(MlaError, match="Did you mean 'loss'"):
        Clock(pace="los").timeline({"": trace_of([1.0, 2.0])})
    with pytest.raises(MlaError, match="0 or more"):
        Clock(seconds=-1)
    with pytest.raises(MlaError, match="between 20 and 30"):
        Clock(start=20, stop=30).timeline({"": trace_of([0.0] * 5)})
