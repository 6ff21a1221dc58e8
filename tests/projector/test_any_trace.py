"""Whatever was recorded becomes a film, or one clear line; NumPy's warnings are errors here."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.projector.film import Film
from mlanimated.trace import Recorder, Trace
from mlanimated.views.auto import scene_of
from mlanimated.views.clock import Clock, Mark

STRANGE = {
    "one step": [(0, {"loss": 1.0})],
    "two steps": [(0, {"loss": 1.0}), (1, {"loss": 0.5})],
    "nothing finite": [(0, {"loss": math.nan}), (1, {"loss": math.inf})],
    "gaps": [(step, {"loss": math.nan if step % 3 else float(step)}) for step in range(20)],
    "a series that starts late": [
        (step, {"a": step, **({"b": 2.0 * step} if step > 50 else {})}) for step in range(90)
    ],
    "huge steps": [(2**63 - 5 + step, {"a": float(step)}) for step in range(4)],
    "negative steps": [(step - 50, {"a": float(step)}) for step in range(40)],
    "the largest numbers": [(step, {"a": 1.7e308 * (-1) ** step}) for step in range(9)],
    "the smallest numbers": [(step, {"a": 5e-324 * step}) for step in range(9)],
    "whole numbers of 62 bits": [(step, {"a": 2**62 + step}) for step in range(9)],
    "true and false": [(step, {"a": step % 2 == 0}) for step in range(9)],
    "text alone": [(step, {"note": "héllo 世界 🎉 \n" + "word " * step}) for step in range(9)],
    "a picture alone": [(step, {"frame": np.full((5, 7, 3), step, np.uint8)}) for step in range(9)],
    "a picture of one pixel": [(step, {"frame": np.full((1, 1), step, np.uint8)}) for step in range(3)],
    "arrays that are not finite": [(step, {"w": np.array([1, np.inf, -np.inf, np.nan])}) for step in range(3)],
    "tables that are not finite": [(step, {"w": np.where(np.eye(20) > 0, np.inf, step)}) for step in range(3)],
    "odd names": [
        (step, {"a:b/c [0]": 1.0 * step, "a[0]": np.arange(3.0), "🎉": 1.0, "$x$": 2.0, "{}%": 3.0, "\n": 4.0})
        for step in range(3)
    ],
    "long names": [(step, {"x" * 300 + str(part): 1.0 * step * part for part in range(3)}) for step in range(3)],
    "many series": [(step, {f"s{part}": 1.0 * step * part for part in range(60)}) for step in range(3)],
    "something that has no size beside": [
        (step, {"frame": np.zeros((0, 4), np.uint8), "w": np.zeros(0), "a": 1.0 * step}) for step in range(3)
    ],
}


def trace_of(rows: list) -> Trace:
    recorder = Recorder()
    for step, values in rows:
        recorder.log(values, step=step)
    return recorder.trace


@pytest.mark.parametrize("canvas", [(1280, 720), (720, 1280)], ids=["wide", "tall"])
@pytest.mark.parametrize("rows", STRANGE.values(), ids=STRANGE)
def test_it_is_drawn_from_the_first_moment_to_the_last(rows, canvas):
    trace = trace_of(rows)
    film = Film(scene_of(trace), trace, width=canvas[0], height=canvas[1])
    for share in (0.0, 0.33, 0.5, 0.81, 1.0):
        assert film.frame(film.seconds * share).children
    assert film.reel.count > 30


@pytest.mark.parametrize("rows", [[], [(0, {"w": np.zeros(0)})]], ids=["empty", "no size"])
def test_nothing_to_draw_is_one_clear_line(rows):
    with pytest.raises(MlaError, match="holds no series to draw"):
        scene_of(trace_of(rows))


def test_events_without_series_are_not_enough():
    recorder = Recorder()
    recorder.event("start", "It begins.")
    with pytest.raises(MlaError, match="holds no series to draw"):
        scene_of(recorder.trace)


def test_events_before_and_after_all_rows_are_told():
    recorder = Recorder()
    for step in range(20):
        recorder.log({"a": float(step)}, step=step)
    recorder.event("early", "Early.", step=-100)
    recorder.event("late", "Late.", step=1000)
    film = Film(scene_of(recorder.trace), recorder.trace)
    assert [cue.text for cue in film.cues] == ["Early.", "Late."]
    film.frame(film.seconds)


@pytest.mark.parametrize("canvas", [(320, 240), (320, 4000), (4000, 240)], ids=["smallest", "narrow", "low"])
def test_everything_at_once_is_drawn_on_any_canvas(canvas):
    recorder = Recorder()
    for step in range(5):
        row = {"loss": 1 / (step + 1), "w": np.eye(4) * step, "rows": np.arange(5.0), "note": "words " * step}
        recorder.log({**row, "frame": np.zeros((3, 9000), np.uint8), "conv": np.ones((3, 3, 8, 8))}, step=step)
    film = Film(scene_of(recorder.trace), recorder.trace, width=canvas[0], height=canvas[1], title="A title " * 20)
    assert film.frame(film.seconds).children


@pytest.mark.parametrize("clock", [{"pace": "note"}, {"align": "note"}, {"pace": "w"}, {"align": "w"}], ids=str)
def test_a_clock_that_cannot_go_by_a_series_says_so(clock):
    recorder = Recorder()
    for step in range(5):
        recorder.log({"note": "a", "w": np.eye(3), "a": 1.0}, step=step)
    runs = {"one": recorder.trace, "two": recorder.trace}
    film = Film(scene_of(recorder.trace), runs, Clock(**clock), captions=(Mark(2, "here", "Here.", "two"),))
    with pytest.raises(MlaError, match=r"of the kind '(text|array)'; a clock needs one number a step"):
        film.frame(0)
