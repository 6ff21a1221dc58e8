"""What every film of the book must hold: it is made, its words stand inside the canvas and cover nothing, it can be repeated."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from mlanimated.draw.commands import Clip, Command, Group, Text
from mlanimated.errors import MlaError
from mlanimated.projector.film import Film
from mlanimated.recipes import everything

RECIPES = {recipe.name: recipe for recipe in everything()}
LIBRARIES = {
    "atari": ("ale_py", "torch", "safetensors"),
    "data": ("sklearn",),
    "games": ("gymnasium",),
    "walking": ("Box2D", "torch", "safetensors"),
}
"""Extras that are not called as the library that they bring."""


def made(name: str) -> Film:
    recipe = RECIPES[name]
    for library in LIBRARIES.get(recipe.extra, (recipe.extra,)):
        if library and importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    try:
        return recipe.make(**recipe.quick)
    except MlaError as error:
        if "Which training?" not in str(error):
            raise
        pytest.skip("it shows a long training, which has to be recorded first")


@cache
def shared(name: str) -> Film:
    """The film of a recipe for all tests that only look at it."""
    return made(name)


def words(
    commands: Sequence[Command], x: float = 0.0, y: float = 0.0, scale: float = 1.0, seen: float = 1.0
) -> Iterator[tuple[str, float, tuple[float, float, float, float], float]]:
    """Yield each text with its size on the canvas, its box (left, top, right, bottom) and its opacity."""
    for command in commands:
        if isinstance(command, Group):
            if command.key == "marks":  # digits that are points of a plane are no words: they may lie over each other
                continue
            yield from words(
                command.children,
                x + scale * command.x,
                y + scale * command.y,
                scale * command.scale,
                seen * command.opacity,
            )
        elif isinstance(command, Clip):
            yield from words(command.children, x, y, scale, seen)
        elif isinstance(command, Text):
            left = command.x - command.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[command.anchor]
            top = command.y - 0.71 * command.size
            box = (x + scale * left, y + scale * top, x + scale * (left + command.width), y + scale * command.y)
            yield command.text, scale * command.size, box, seen * command.opacity


def shown(film: Film, time: float) -> list[tuple[str, float, tuple[float, float, float, float], float]]:
    return [word for word in words(film.frame(time).children) if word[0].strip() and word[3] > 0.3]


@pytest.mark.parametrize("name", RECIPES)
def test_words_stand_inside_the_canvas_and_can_be_read(name: str) -> None:
    film = shared(name)
    assert film.cues
    assert film.reel.alt
    for share in (0.0, 0.21, 0.5, 0.77, 1.0):
        for text, size, (left, top, right, bottom), _ in shown(film, share * film.seconds):
            assert all(map(math.isfinite, (left, top, right, bottom)))
            assert left >= 24, text
            assert right <= film.width - 24, text
            assert top >= 16, text
            assert bottom <= film.height - 16, text
            assert size >= 13.99, text


@pytest.mark.parametrize("name", RECIPES)
def test_first_and_last_picture_have_no_words_over_each_other(name: str) -> None:
    film = shared(name)
    for time in (0.0, film.seconds):
        # A year written large behind bars is ground, not a word.
        found = [word for word in shown(film, time) if word[1] < 60]
        for index, (text, _, (left, top, right, bottom), _) in enumerate(found):
            for other, _, (x0, y0, x1, y1), _ in found[index + 1 :]:
                across, down = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
                assert across <= 1 or down <= 1, f"{text!r} and {other!r} at {time:g} s"


@pytest.mark.parametrize("name", [name for name in RECIPES if name.startswith("watch")])
def test_no_word_beside_a_game_is_cut_off(name: str) -> None:
    film = shared(name)
    for time in (0.0, film.seconds):
        assert [text for text, *_ in shown(film, time) if text.endswith("…")] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_the_same_arguments_give_the_same_film(name: str) -> None:
    first, second = made(name), made(name)
    assert first.seconds == second.seconds
    assert first.cues == second.cues
    for share in (0.0, 0.4, 1.0):
        assert first.frame(share * first.seconds) == second.frame(share * second.seconds)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_say_what_they_are(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.chapter in range(1, 32)
    assert recipe.summary.endswith(".")
    assert recipe.name == recipe.name.lower()


def captions(name: str, **values: Any) -> str:
    return " ".join(cue.text for cue in RECIPES[name].make(**values).cues)


def test_captions_say_what_the_table_holds() -> None:
    told = captions("countries")
    assert "1972: Japan passes Germany and is second." in told
    assert "2002: China passes Japan and is second." in told
    lives = captions("growing-lines")
    assert "in Rwanda it fell to 23.6 years, from 44.0 five years before" in lives
    assert "in China it fell to 44.5 years" in lives


def test_captions_say_who_climbs_and_who_passes() -> None:
    assert "1987: China has climbed from eighth place to fourth in 10 years." in captions("countries")
    assert "1997: Asia has passed Europe, with 31% against 28%." in captions("pie")


def test_a_learning_rate_is_called_what_its_run_shows() -> None:
    def words_of(**rates: float) -> dict[str, str]:
        film = RECIPES["learning-rates"].make(**rates)
        told = [text for text, *_ in shown(film, 0.0)]
        return dict(text.removeprefix("Learning rate ").split(": ") for text in told if ": " in text)

    assert words_of() == {"0.95": "almost too fast", "0.1": "good", "0.0003": "too slow"}
    assert words_of(slow=0.3, good=1.0, fast=1.1) == {"1.1": "too fast", "1": "too fast", "0.3": "good"}
    with pytest.raises(MlaError, match="the same"):
        words_of(good=0.95)


def test_the_first_jump_of_a_fast_ball_is_told_when_it_has_been_made() -> None:
    film = RECIPES["learning-rates"].make()
    (cue,) = (cue for cue in film.cues if "jumped over the bottom" in cue.text)
    assert film.moment(cue.start).step("0.95") == pytest.approx(1.0)
    assert cue.text == "0.95 jumped over the bottom at once, to x = 17.89."


def test_a_rate_that_diverges_is_told_so_and_the_others_are_counted_to_the_end() -> None:
    film = RECIPES["learning-rates"].make(fast=1.1)
    told = " ".join(cue.text for cue in film.cues)
    assert "1.1 diverges" in told
    assert "0.1 at x = 10.00, 1.1 far off." in told
    assert any("of 58" in text for text, *_ in shown(film, film.seconds))


def test_searches_are_ranked_by_what_they_found() -> None:
    film = RECIPES["search"].make()
    assert "Lowest y in 30 looks: sign steps 2 × 10⁻⁸, descent 0.0002, a grid 0.0190." in " ".join(
        cue.text for cue in film.cues
    )
    assert "look 30 of 30" in " ".join(text for text, *_ in shown(film, film.seconds)).replace("look  ", "look ")
    lowest = {name: float(trace.value("y" if name == "descent" else "best/y", 29)) for name, trace in film.runs.items()}
    assert sorted(lowest, key=lambda name: lowest[name]) == ["sign", "descent", "grid"]


def test_optimizers_are_compared_by_when_they_come_near_the_star() -> None:
    film = RECIPES["optimizers"].make()
    for name, trace in film.runs.items():
        away = np.hypot(*trace.series("point").values.T)
        word = {"sgd": "plain descent", "rmsprop": "RMSProp", "adam": "Adam"}.get(name, name)
        assert f"{word} after {int(np.argmax(away <= 0.1))}" in film.cues[-1].text


def test_gradient_descent_is_short_and_every_ball_is_seen_at_first() -> None:
    assert RECIPES["gradient-descent"].make().seconds <= 20
    for values, x in (({"learning_rate": 1.05}, "1.23"), ({"start": 500.0}, "500.0"), ({"start": -700.0}, "−700.0")):
        film = RECIPES["gradient-descent"].make(**values)
        assert x in [text for text, *_ in shown(film, 0.0)], "the ball's x, at the axis"


def test_captions_say_what_the_nets_did() -> None:
    assert "50 °C is 121.98 °F" in captions("celsius")
    told = captions("sine-fit")
    assert "With ReLU: close after 348 steps: the mean squared error is below 0.001." in told
    assert "0.2077 without" in told


def test_countries_of_the_world_bank_run_through_all_years(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlanimated.data.countries import Table
    from mlanimated.recipes import animations

    years = np.arange(1970, 2021)
    values = np.stack([np.linspace(1 + index, 5 - index, len(years)) * 1e12 for index in range(4)])
    table = Table(
        ("A", "B", "C", "D"), ("North", "South", "South", "East"), years, values, "dollars", "gdp", "World Bank"
    )
    monkeypatch.setattr(animations, "the_table", lambda measure, source="gapminder": table)
    film = RECIPES["countries"].make(source="worldbank", top=3)
    assert film.seconds < 60
    said = [text for text, *_ in shown(film, film.seconds)]
    assert any("World Bank" in text for text in said)
    assert "2020" in said
