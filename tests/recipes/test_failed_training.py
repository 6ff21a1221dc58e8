"""A training that fails is a film as well: it says when, and in which layer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlanimated.learn import horse_or_deer
from mlanimated.recipes import find

torch = pytest.importorskip("torch")


def test_a_film_shows_when_and_where_a_number_was_none(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    given = horse_or_deer.augmented

    def broken(batch: Any, how: Any) -> Any:
        nonlocal calls
        calls += 1
        return given(batch, how) * (math.nan if calls == 3 else 1.0)

    monkeypatch.setattr(horse_or_deer, "augmented", broken)
    film = find("horse-or-deer").make(train=600, test=40, epochs=2, rows=8, units=4)
    cue = film.cues[-1]
    assert cue.text.startswith("At step 2 the loss is not a number: the first one arose in the inputs.")
    assert film.moment(cue.start).step() == pytest.approx(2.0, abs=0.02)
    assert film.moment(film.seconds).step() == 2.0, "the film ends where the training did"
    assert film.frame(film.seconds).children
    assert "not a number" in film.reel.alt
