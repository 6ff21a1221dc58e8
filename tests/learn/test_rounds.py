from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning import Spy, same_after, values

from mlanimated.learn.rounds import repeat

torch = pytest.importorskip("torch")


def line(recorder: Any, steps: int = 12, resume: Any = None, broken_at: int = -1) -> int:
    """Fit y = 2x with one weight, its examples drawn anew at each step."""
    with torch.random.fork_rng():
        weight = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(weight.weight)
    adam = torch.optim.Adam(weight.parameters(), lr=0.1)

    def look(step: int) -> dict[str, Any]:
        return {"w": weight.weight.item(), "drawn": torch.rand(()).item()}

    def learn(step: int, random: np.random.Generator) -> dict[str, float]:
        x = torch.from_numpy(random.standard_normal((8, 1)).astype(np.float32)) + torch.rand(8, 1)
        loss = ((weight(x) - 2 * x) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        return {"train/loss": float("nan") if step == broken_at else loss.item()}

    def tell(step: int, row: Any) -> tuple[str, str] | None:
        return ("half", "It is half way.") if row["w"] > 0.5 else None

    return repeat(
        look,
        learn,
        recorder,
        steps=steps,
        rows=30,
        seed=3,
        parts={"model": weight, "adam": adam},
        tell=tell,
        resume=resume,
    )


def run(**more: Any) -> tuple[Any, Spy]:
    with Spy(5) as recorder:
        line(recorder, **more)
    return recorder.trace, recorder


def test_what_goes_on_from_a_checkpoint_ends_bit_for_bit_the_same() -> None:
    whole, spy = run()
    assert values(whole, "w")[0] == 0.0
    assert values(whole, "w")[-1] > 0.8
    rest, _ = run(resume=spy.state)
    same_after(whole, rest, 5)
    assert [(event.step, event.name) for event in whole.events] == [(whole.events[0].step, "half")]


def test_looking_changes_nothing_and_outside_randomness_stays() -> None:
    torch.manual_seed(1)
    before = torch.rand(())
    torch.manual_seed(1)
    first, _ = run()
    assert torch.rand(()) == before
    second, _ = run()
    same_after(first, second, 0)


def test_a_loss_that_is_no_number_ends_it_with_an_event() -> None:
    trace, _ = run(broken_at=7)
    assert trace.last_step == 7
    assert trace.events[-1].name == "not a number"
    assert trace.events[-1].text == "At step 7 the loss train/loss is not a number. Training stops."
