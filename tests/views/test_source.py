from __future__ import annotations

import pytest
from drawn import at, trace_of

from mlanimated.errors import MlaError
from mlanimated.views.source import colours_for, short_labels, sources


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("train/loss",), ("train/loss",)),
        (("train/loss", "test/loss"), ("train", "test")),
        (("slow:loss", "fast:loss"), ("slow", "fast")),
        (("q/left", "q/right", "q/up"), ("left", "right", "up")),
        (("a:train/loss", "b:train/loss"), ("a", "b")),
        (("loss", "accuracy"), ("loss", "accuracy")),
        (("a/b", "a/b/c"), ("b", "b/c")),
        (("x", "x"), ("x", "x")),
    ],
)
def test_labels_say_what_differs(names: tuple[str, ...], labels: tuple[str, ...]) -> None:
    assert short_labels(names) == labels


def test_colours_follow_meaning_and_tell_apart() -> None:
    assert colours_for(["train/loss"]) == ("error",)
    assert colours_for(["reward", "value"]) == ("reward", "value")
    assert colours_for(["train/loss", "test/loss"]) == ("series-1", "series-2")
    assert colours_for(["a", "b", "c"], ("ink", "muted")) == ("ink", "muted", "ink")
    assert colours_for(["speed"]) == ("accent",)


def test_series_are_found_in_their_run() -> None:
    first, second = trace_of({0: {"loss": 1.0, "a:b": 2.0}}), trace_of({0: {"loss": 3.0}})
    moment = at({"first": first, "second": second}, 0)
    found = sources(moment, ("loss", "second:loss", "a:b"), "", "Lines")
    assert [(source.run, source.name) for source in found] == [("first", "loss"), ("second", "loss"), ("first", "a:b")]
    assert [source.kind() for source in found] == ["scalar"] * 3
    assert sources(moment, "loss", "second", "Lines")[0].trace is second


def test_unknown_ones_are_errors() -> None:
    trace = trace_of({0: {"train/loss": 1.0, "note": "text"}})
    moment = at({"slow": trace}, 0)
    with pytest.raises(MlaError, match="Did you mean 'train/loss'"):
        sources(moment, "train/los", "", "Lines")
    with pytest.raises(MlaError, match="no run named 'fast'"):
        sources(moment, "loss", "fast", "Lines")
    with pytest.raises(MlaError, match="of the kind 'text'"):
        sources(moment, "note", "", "Lines", ("scalar",))
