from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from mlanimated.errors import MlaError
from mlanimated.projector.film import Film
from mlanimated.recipes import Recipe, Run, everything, find
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Lines


class Args(Struct, frozen=True, kw_only=True):
    steps: Annotated[int, Meta(ge=1, le=100, description="Steps.")] = 3
    seed: Annotated[int, Meta(ge=0, description="Seed.")] = 0


def train(args: Args, recorder: Recorder, resume: Any = None) -> None:
    for step in range(args.steps + 1):
        recorder.log({"loss": 1.0 / (1 + step)}, step=step)


def build(args: Args, traces: Mapping[str, Trace]) -> Film:
    return Film(Lines("loss") | Lines("loss", run="b"), traces, title="A test")


RECIPE = Recipe(
    name="test",
    chapter=0,
    summary="A test.",
    seconds=0.1,
    arguments=Args,
    runs=lambda args: {"a": Run(train, args), "b": Run(train, Args(steps=1))},
    film=build,
)


def test_make_trains_every_run_and_says_how_the_film_was_made() -> None:
    film = RECIPE.make(steps=5)
    assert {name: trace.last_step for name, trace in film.runs.items()} == {"a": 5, "b": 1}
    assert film.provenance["recipe"] == "test"
    assert '"steps":5' in film.provenance["arguments"]
    assert film.runs["a"].about.args["steps"] == 5
    assert film.runs["a"].about.seed == 0


def test_traces_can_be_kept(tmp_path: Path) -> None:
    RECIPE.make(keep=tmp_path / "mine.mla")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine-a.mla", "mine-b.mla"]
    assert Trace.open(tmp_path / "mine-a.mla").value("loss", 3) == 0.25


def test_a_trace_that_is_there_is_kept_and_nothing_is_trained(tmp_path: Path) -> None:
    (tmp_path / "mine-b.mla").write_text("old")
    with pytest.raises(MlaError, match=r"mine-b\.mla is there already"):
        RECIPE.make(keep=tmp_path / "mine.mla")
    assert [path.name for path in tmp_path.iterdir()] == ["mine-b.mla"]


def test_mistakes_are_one_line() -> None:
    with pytest.raises(MlaError, match="at least 1 and at most 100"):
        RECIPE.make(steps=0)
    with pytest.raises(MlaError, match="Did you mean 'steps'"):
        RECIPE.make(step=1)
    with pytest.raises(MlaError, match="Did you mean 'gradient-descent'"):
        find("gradient-decent")


def test_the_book_lists_its_films() -> None:
    recipes = everything()
    names = [recipe.name for recipe in recipes]
    assert len(names) == len(set(names))
    assert [recipe.chapter for recipe in recipes] == sorted(recipe.chapter for recipe in recipes), (
        "in the order of the book"
    )
    for recipe in recipes:
        assert recipe.summary.endswith("."), recipe.name
        assert recipe.arguments(), "every argument has a default"
