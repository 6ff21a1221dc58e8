from __future__ import annotations

import numpy as np
import pytest
from drawn import at, find, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Image
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder
from mlanimated.views.auto import MOST, scene_of
from mlanimated.views.bars import Bars
from mlanimated.views.heatmap import HeatMap
from mlanimated.views.histogram import Histogram
from mlanimated.views.lines import Lines
from mlanimated.views.picture import Picture

PICTURE = np.zeros((8, 8, 3), np.uint8)


def views_of(row: dict, steps: int = 3) -> list:
    trace = trace_of(
        {
            step: {name: value + step if isinstance(value, float) else value for name, value in row.items()}
            for step in range(steps)
        }
    )
    scene = scene_of(trace)
    for step in (0, 0.5, steps - 1):
        scene.commands(at(trace, step), Box(48, 48, 1184, 600), "scene")
    return list(scene.views())


def test_names_that_end_alike_share_a_panel() -> None:
    views = views_of({"train/loss": 1.0, "test/loss": 2.0, "train/accuracy": 0.1, "test/accuracy": 0.2})
    assert [(view.series, view.title) for view in views] == [
        (("train/loss", "test/loss"), "loss"),
        (("train/accuracy", "test/accuracy"), "accuracy"),
    ]


def test_names_under_one_head_share_a_panel_where_their_sizes_agree() -> None:
    views = views_of({"losses/actor": 1.0, "losses/critic": 2.0, "losses/entropy": 1000.0, "speed": 3.0})
    assert sorted(sorted(view.series) for view in views) == [
        ["losses/actor", "losses/critic"],
        ["losses/entropy"],
        ["speed"],
    ]


def test_each_kind_has_its_view() -> None:
    views = views_of(
        {
            "frame": PICTURE,
            "loss": 1.0,
            "p": np.ones(4),
            "w": np.ones((20, 30)),
            "conv": np.ones((3, 3, 8, 8)),
            "note": "hello",
        }
    )
    assert [type(view).__name__ for view in views][:2] == ["Picture", "Lines"]
    kinds = {type(view) for view in views}
    assert {Picture, Lines, Bars, HeatMap, Histogram} < kinds
    assert len(views) == 6


def test_at_most_six_and_what_changes_comes_first() -> None:
    row = {f"series {index}": float(10.0**index) for index in range(9)}
    assert len(views_of(row)) == MOST
    trace = trace_of({step: {"still": 1.0, "moving": float(step)} for step in range(4)})
    assert next(view.series for view in scene_of(trace).views()) == ("moving",)


@pytest.mark.parametrize("count", range(1, 8))
def test_any_number_of_panels_is_laid_out(count: int) -> None:
    assert len(views_of({f"series {index}": float(10.0 ** (2 * index)) for index in range(count)})) == min(count, MOST)


def test_wide_ranges_are_logarithmic() -> None:
    trace = trace_of({step: {"loss": 10.0 ** (3 - step)} for step in range(7)})
    assert [view.log for view in scene_of(trace).views()] == [True]


def test_only_noise_is_smoothed() -> None:
    noise = np.random.default_rng(0).standard_normal(300)
    trace = trace_of({step: {"loss": float(noise[step]), "accuracy": step / 300} for step in range(300)})
    assert {view.series: view.smooth > 0 for view in scene_of(trace).views()} == {("loss",): True, ("accuracy",): False}


def test_empty_trace_is_an_error() -> None:
    recorder = Recorder()
    recorder.close()
    with pytest.raises(MlaError, match="no series to draw"):
        scene_of(recorder.trace)


def test_only_rows_of_alternatives_light_their_largest() -> None:
    weights, chances = views_of(
        {"weights": np.array([-1.0, 2.0, 0.5]), "action probability": np.array([0.2, 0.5, 0.3])}
    )
    by_name = {view.series: view.highlight for view in (weights, chances)}
    assert by_name == {"weights": "", "action probability": "largest"}


def test_a_table_fills_its_panel_and_says_what_it_counts() -> None:
    (view,) = views_of({"w": np.arange(24.0).reshape(4, 6)})
    assert view.title == "w: 4 rows, 6 columns"
    trace = trace_of({0: {"w": np.arange(24.0).reshape(4, 6)}})
    (image,) = find(view.draw(at(trace, 0), Box(0, 0, 600, 200)), Image, "cells")
    assert image.width > 500
    assert image.height > 180
