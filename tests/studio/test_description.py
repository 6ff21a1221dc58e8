"""How a run was made is told whole, whatever its arguments are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlanimated.studio.description import described
from mlanimated.studio.runs import Run


def test_an_argument_keeps_its_value_whatever_it_is_called(write: Callable[..., Path]) -> None:
    args = {"on": "Tuesdays", "with": "care", "seed": 3, "learning_rate": 0.1}
    run = Run("mine", write(args=args, seed=4))
    run.refresh()
    _, info = described((run,))
    told = dict(info["mine"]["about"])
    assert {name: told[name] for name in args} == {name: str(value) for name, value in args.items()}
    about = run.trace.about
    assert told["on (recorded)"] == about.platform
    assert "numpy" in told["with (recorded)"]
    assert told["begun"].endswith("UTC")
