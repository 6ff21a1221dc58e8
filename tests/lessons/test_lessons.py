"""What pages are made of: films, sliders, questions, exercises, code and numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from mlanimated import lessons
from mlanimated.errors import MlaError
from mlanimated.lessons.markup import command
from mlanimated.trace import Recorder


def test_a_command_says_what_differs_and_no_more() -> None:
    assert command("gradient-descent", {}) == "mla film gradient-descent"
    line = command("gradient-descent", {"learning_rate": 0.1 + 0.2, "flip": True, "words": "a b"})
    assert line == "mla film gradient-descent --learning-rate 0.3 --flip true --words 'a b'"
    assert command("celsius", {"learning_rate": 5e-5}) == "mla film celsius --learning-rate 0.00005"


def test_a_film_has_its_runs_and_its_numbers() -> None:
    film = lessons.play("gradient-descent", steps=2)
    assert film.trace.value("x", 1) == pytest.approx(1.2345 + 0.1 * 2 * 8.7655)
    assert film.command == "mla film gradient-descent --steps 2"


def test_a_slider_has_a_run_for_each_value() -> None:
    choice = lessons.choose("gradient-descent", "learning_rate", ["0.1", 0.5], steps=1)
    assert choice.runs[0.5][""].value("x", 1) == pytest.approx(10.0)
    assert choice.command(1) == "mla film gradient-descent --steps 1 --learning-rate 0.5"


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: lessons.play("gradient-decent"), "Did you mean 'gradient-descent'"),
        (lambda: lessons.choose("gradient-descent", "rate", [1, 2]), "has no argument 'rate'"),
        (lambda: lessons.choose("gradient-descent", "steps", range(1, 7)), "2 to 5 values, not 6"),
        (lambda: lessons.choose("gradient-descent", "learning_rate", [1, 3]), "at most 2"),
        (lambda: lessons.predict("gradient-descent", "?", ["a"], lambda runs: 0, "", at=0, until=1), "two answers"),
        (lambda: lessons.exercise("?", answer=math.nan, hint="", solution=""), "finite"),
        (lambda: lessons.code("learn.gradient_decent"), "Did you mean 'learn.gradient_descent'"),
        (lambda: lessons.code("learn.gradient_descent", "outcom"), "Did you mean 'outcome'"),
        (lambda: lessons.code("learn.gradient_descent", start="no such line"), "no line with 'no such line'"),
        (lessons.numbers, "at least one"),
        (lambda: lessons.share("x", 3, 2, "games"), "3 of 2"),
        (lambda: lessons.scores("pongg"), "Did you mean 'pong'"),
    ],
)
def test_mistakes_are_one_line(make, line: str) -> None:
    with pytest.raises(MlaError) as caught:
        make()
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_answer_comes_from_the_recording() -> None:
    def right(runs):
        return 0 if runs[""].value("x", 1) > runs[""].value("x", 0) else 1

    question = lessons.predict(
        "gradient-descent", "Which way?", ["right", "left"], right, "The curve falls there.", at=0, until=1, steps=3
    )
    assert question.answer == 0
    start, stop = question.times(lessons.play("gradient-descent", steps=3).film)
    assert 0 <= start < stop
    other = lessons.predict(
        "gradient-descent", "Which way?", ["right", "left"], right, "", at=0, until=1, steps=3, start=20.0
    )
    assert other.answer == 1


def test_an_answer_that_is_no_choice_is_found() -> None:
    question = lessons.predict("gradient-descent", "?", ["a", "b"], lambda runs: 2, "", at=0, until=1, steps=1)
    with pytest.raises(MlaError, match="choice 2"):
        _ = question.answer


def test_the_film_stands_where_the_step_is() -> None:
    question = lessons.predict("gradient-descent", "?", ["a", "b"], lambda runs: 0, "", at=2, until=3, steps=5)
    film = lessons.play("gradient-descent", steps=5).film
    start, _ = question.times(film)
    assert film.moment(start).steps[""] == pytest.approx(2, abs=1e-6)
    assert film.moment(start - 0.05).steps[""] < 2


def test_an_exercise_tells_right_from_wrong() -> None:
    exercise = lessons.exercise("?", answer=0.5, within=0.01, hint="Half.", solution="0.5.")
    assert exercise.check(0.505).startswith("Right")
    assert exercise.check(0.6) == "Not yet. Half."
    assert exercise.check(...).startswith("Your turn")


def test_code_in_a_question_is_marked_and_nothing_else_is_html() -> None:
    asked = lessons.exercise("Is 1 < 2? Try `mla film celsius --b 32`.", answer=1, hint="", solution="")
    made = asked._repr_mimebundle_()["text/html"]
    assert "Is 1 &lt; 2? Try <code>mla film celsius --b 32</code>." in made


def test_code_is_what_the_file_says() -> None:
    from mlanimated.learn import gradient_descent

    found = lessons.code("learn.gradient_descent", "outcome")
    assert found.text.startswith("def outcome(")
    assert '"""' not in found.text, "the docstring is left out"
    lines = Path(gradient_descent.__file__).read_text(encoding="utf-8").splitlines()
    assert lines[found.first - 1].startswith("def outcome(")
    part = lessons.code("learn.gradient_descent", start="while len(xs)", stop="xs.append")
    assert part.text.splitlines()[0].startswith("while len(xs)")
    assert part.text.splitlines()[-1].strip().startswith("xs.append")


def test_shares_have_wilsons_interval() -> None:
    found = lessons.share("Won", 8, 10, "games")
    # Wilson (1927), by the closed form with z = 1.96.
    assert (found.value, found.low, found.high) == pytest.approx((80.0, 49.02, 94.33), abs=0.01)
    assert lessons.share("Won", 10, 10, "games").high == pytest.approx(100.0)


def test_shares_are_read_from_what_a_recording_says() -> None:
    with Recorder() as recorder:
        recorder.log({"x": 0.0}, step=0)
        recorder.event("result", "It wins 1,940 of 2,000 games first and 3 of 5 second.", step=0)
    assert lessons.told(recorder.trace, "Won", "games").value == pytest.approx(97.0)
    assert lessons.told(recorder.trace, "Won", "games", which=1).count == 5
    with pytest.raises(MlaError, match="2 shares"):
        lessons.told(recorder.trace, "Won", "games", which=2)


def test_the_mean_over_seeds_lies_in_its_interval() -> None:
    found = lessons.over_seeds(
        "sine-fit", "Loss", lambda runs: runs["without"].value("loss", 3), seeds=(0, 1, 2), steps=3
    )
    assert found.low < found.value < found.high
    assert (found.count, found.of) == (3, "seeds")


def test_a_mean_needs_something_to_be_the_mean_of() -> None:
    found = lessons.mean("Points", [1.0, 2.0, 6.0], "games", bar="7")
    assert (found.value, found.count, found.of, found.bar) == (3.0, 3, "games", "7")
    assert 1 <= found.low < 3 < found.high <= 6
    with pytest.raises(MlaError, match="nothing was measured"):
        lessons.mean("Points", [], "games")


def test_a_table_of_numbers_says_how_many_and_how_sure() -> None:
    table = lessons.numbers(lessons.share("Won", 8, 10, "games", bar="7"), lessons.Measured("x", -1.5))
    made = table._repr_mimebundle_()
    assert "Won, % | 80.0 | 10 games | 49.0 to 94.3 | 7" in made["text/plain"]
    cells = re.sub(' data-label="[^"]*"', "", made["text/html"])
    assert "<td>80.0</td><td>10 games</td><td>49.0 to 94.3</td>" in cells
    assert made["text/html"].count('<td data-label="95% interval">') == 2
    assert "<td>−1.50</td><td>1 run</td><td>no chance in it</td>" in cells


def test_what_ships_has_figures() -> None:
    rows = lessons.scores("breakout", bar="400")
    assert rows[0].bar == "400"
    assert rows[0].low < rows[0].value < rows[0].high
    shaken = lessons.scores("pong")[1]
    assert shaken.low < shaken.value < shaken.high
    assert lessons.scores("connect-four")[0].count >= 1000
