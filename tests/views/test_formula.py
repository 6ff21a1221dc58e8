from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group
from mlanimated.draw.formula import measure
from mlanimated.errors import MlaError
from mlanimated.views.formula import Formula, Symbol
from mlanimated.views.moment import Moment

TRACE = trace_of(
    {step: {"w": 1 - step / 10, "learning_rate": 0.1, "gradient": np.array([-8.0 + step, 2.0])} for step in range(9)}
)
RULE = Formula(
    (
        Symbol("w", "w", after=True),
        r"\leftarrow",
        ("w", "w"),
        "-",
        (r"\eta", "learning_rate"),
        r"\cdot",
        Symbol(r"\frac{\partial L}{\partial w}", "gradient[0]", colour="series-1"),
    )
)


def fast(step: float) -> Moment:
    return Moment({"": TRACE}, {"": float(step)}, pace={"": 30.0})


def values(commands) -> dict[str, Box]:
    return text_boxes([command for command in commands if command.key == "values"])


def symbols(commands) -> list[Group]:
    (group,) = [command for command in commands if command.key == "symbols"]
    return list(group.children)


def test_values_stand_under_their_symbols() -> None:
    commands = RULE.draw(fast(3), BOX)
    parts = symbols(commands)
    assert len(parts) == 7
    size = parts[0].scale * 100
    for index, written in ((0, "0.600"), (2, "0.700"), (4, "0.100"), (6, "−5.000")):
        token = RULE.tokens[index]
        middle = parts[index].x + measure(token.tex if isinstance(token, Symbol) else token[0], size).width / 2
        place = values(commands)[written]
        assert place.x < middle < place.right
        assert place.y > parts[index].y


def test_all_symbols_share_a_baseline() -> None:
    assert len({part.y for part in symbols(RULE.draw(at(TRACE, 0), BOX))}) == 1


def test_result_appears_after_what_it_is_made_of() -> None:
    def shown(step: float, rate: float) -> set[str]:
        return set(values(RULE.draw(Moment({"": TRACE}, {"": step}, pace={"": rate}), BOX)))

    assert "0.600" not in shown(3.2, 0.5)
    assert "0.600" in shown(3.9, 0.5)
    assert "0.600" in shown(3.2, 30.0)


def test_no_result_after_the_last_step() -> None:
    # There is no next row: the same x on both sides of the arrow would be false.
    for moment in (at(TRACE, 8), fast(8)):
        under = values(RULE.draw(moment, BOX))
        assert {"0.200", "0.100", "0.000"} == set(under), "once each: under the arrow's right side alone"
    assert "w = 0.200" in RULE.describe(at(TRACE, 8))


def test_digits_stand_still() -> None:
    ends = [sorted(round(box.right, 1) for box in values(RULE.draw(fast(step), BOX)).values()) for step in (4, 6, 7)]
    assert ends[0] == ends[1] == ends[2]


@pytest.mark.parametrize("box", [BOX, Box(10, 10, 300, 120), Box(0, 0, 800, 160)])
def test_fits_its_panel(box: Box) -> None:
    commands = RULE.draw(at(TRACE, 2), box)
    assert not outside(values(commands), box)
    assert not overlapping(values(commands))
    for part in symbols(commands):
        assert box.x - 1 <= part.x <= box.right


def test_describe_reads_the_values_out() -> None:
    assert RULE.describe(at(TRACE, 0)) == "w = 1.000, η = 0.100, ∂L/∂w = −8.000."


def test_missing_values_are_dashes() -> None:
    trace = trace_of({5: {"w": 1.0}, 6: {"w": float("nan")}})
    view = Formula((("w", "w"), "+", "1"))
    assert set(values(view.draw(at(trace, 0), BOX))) == {"–"}
    assert set(values(view.draw(at(trace, 6), BOX))) == {"–"}


def test_bad_arguments_are_one_line() -> None:
    with pytest.raises(MlaError, match="one by one"):
        Formula("w = 1")  # type: ignore[arg-type]
    with pytest.raises(MlaError, match="cannot be read"):
        Formula((r"\nosuch{",)).draw(at(TRACE, 0), BOX)
    with pytest.raises(MlaError, match="Did you mean"):
        Formula((("w", "learning_rates"),)).draw(at(TRACE, 0), BOX)
