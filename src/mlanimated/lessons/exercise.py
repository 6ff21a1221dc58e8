"""Exercise: something to find out with one's own hands, and whether it is right."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from mlanimated.errors import MlaError
from mlanimated.lessons.markup import figure, marked, script
from mlanimated.lessons.shelf import shelf

__all__ = ["Exercise", "exercise"]


@dataclass(frozen=True)
class Exercise:
    """A question whose answer is a number.

    Attributes:
        question: What is asked.
        answer: The number.
        within: How far off it may be.
        hint: Said to who was wrong.
        solution: Said to who asks.
    """

    question: str
    answer: float
    within: float
    hint: str
    solution: str

    def check(self, given: Any) -> str:
        """Say whether an answer is right.

            exercise.check(0.99)

        Args:
            given: A number; `...` stands for one that has not been tried.
        """
        if given is ...:
            return "Your turn: put a number in the place of the three dots."
        if abs(float(given) - self.answer) <= self.within:
            return f"Right. {self.solution}"
        return f"Not yet. {self.hint}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it for a notebook's cell, or for the page that is being built."""
        plain = f"{self.question}\nHint: {self.hint}"
        closed = f"<details><summary>Solution</summary><p>{escape(self.solution)}</p></details>"
        if not shelf().building:
            hint = f"<details><summary>Hint</summary><p>{escape(self.hint)}</p></details>"
            return {"text/html": f"<p><b>Exercise.</b> {marked(self.question)}</p>{hint}{closed}", "text/plain": plain}
        form = (
            f"<form><label><b>Try it.</b> {marked(self.question)} "
            '<input inputmode="decimal" autocomplete="off" size="8"></label><button>Check</button></form>'
        )
        parts = [
            form,
            '<p class="mla-verdict" role="status"></p>',
            closed,
            script({"answer": self.answer, "within": self.within, "hint": self.hint, "solution": self.solution}),
        ]
        return {"text/html": figure("exercise", parts), "text/plain": plain}


def exercise(
    question: str, *, answer: float | Callable[[], float], within: float = 0.0, hint: str, solution: str
) -> Exercise:
    """Return an exercise whose answer is a number.

    Args:
        question: What is asked; it says how to find out. What stands between backticks is code.
        answer: The number, or what works it out: best from a run, so that it is true whatever the run gives.
        within: How far off an answer may be.
        hint: Said to who was wrong.
        solution: Said to who asks, and to who was right.

    Raises:
        MlaError: The answer is no finite number, or `within` is negative.
    """
    number = float(answer() if callable(answer) else answer)
    if not math.isfinite(number) or within < 0:
        raise MlaError(f"An exercise's answer is a finite number, and within is 0 or more; here {number} and {within}.")
    return Exercise(question, number, within, hint, solution)
