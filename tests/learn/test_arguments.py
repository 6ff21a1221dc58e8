from __future__ import annotations

from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from mlanimated.errors import MlaError
from mlanimated.learn import gradient_descent, line_fit, search, sine_fit, surface_descent
from mlanimated.learn.arguments import describe, make


class Args(Struct, frozen=True, kw_only=True):
    rate: Annotated[float, Meta(gt=0, le=2, description="How far.")] = 0.1
    steps: Annotated[int, Meta(ge=1, lt=100, description="How many.")] = 30
    kind: Annotated[Literal["adam", "sgd"], Meta(description="Which.")] = "sgd"
    loud: Annotated[bool, Meta(description="Whether.")] = False
    free: float = 0.0


def test_defaults_and_text_are_read() -> None:
    assert make(Args, {}) == Args()
    made = make(Args, {"rate": "0.5", "steps": "7", "kind": "adam", "loud": "yes"})
    assert (made.rate, made.steps, made.kind, made.loud) == (0.5, 7, "adam", True)
    assert type(make(Args, {"rate": 1}).rate) is float
    assert make(Args, {"steps": 1e1}).steps == 10


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"rate": 7}, "rate is 7; it must be above 0 and at most 2."),
        ({"rate": 0}, "rate is 0; it must be above 0 and at most 2."),
        ({"rate": "fast"}, "rate is 'fast'; it must be a number above 0 and at most 2."),
        ({"rate": float("nan")}, "rate is nan; it must be a number above 0 and at most 2."),
        ({"rate": True}, "rate is True; it must be a number above 0 and at most 2."),
        ({"free": float("inf")}, "free is inf; it must be finite."),
        ({"steps": 100}, "steps is 100; it must be at least 1 and below 100."),
        ({"steps": 2.5}, "steps is 2.5; it must be a whole number at least 1 and below 100."),
        ({"steps": "inf"}, "steps is 'inf'; it must be a whole number at least 1 and below 100."),
        ({"kind": "adan"}, "kind is 'adan'; it must be one of adam, sgd. Did you mean 'adam'?"),
        ({"loud": "perhaps"}, "loud is 'perhaps'; it must be true or false."),
        ({"stpes": 3}, "There is no argument 'stpes' here. Did you mean 'steps'?"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_what_is_allowed(values: dict[str, object], line: str) -> None:
    with pytest.raises(MlaError) as caught:
        make(Args, values)
    assert str(caught.value) == line


def test_describe_tells_all_that_a_form_needs() -> None:
    rate, steps, kind, loud, free = describe(Args)
    assert (rate.name, rate.type, rate.default, rate.low, rate.high) == ("rate", float, 0.1, 0, 2)
    assert (rate.open_low, rate.open_high, rate.description) == (True, False, "How far.")
    assert (steps.type, steps.open_low, steps.open_high) == (int, False, True)
    assert (kind.type, kind.choices) == (str, ("adam", "sgd"))
    assert loud.type is bool
    assert (free.low, free.high, free.allowed) == (None, None, "")


@pytest.mark.parametrize("learner", [gradient_descent, line_fit, search, sine_fit, surface_descent])
def test_every_learner_documents_every_argument(learner: object) -> None:
    for argument in describe(learner.Args):  # type: ignore[attr-defined]
        assert argument.description.endswith("."), argument.name
        assert argument.choices or argument.type is bool or (argument.low is not None and argument.high is not None)
        assert argument.parse(argument.default) == argument.default
    with pytest.raises(AttributeError):
        learner.Args().steps = 3  # type: ignore[attr-defined]
