"""Question: the film stands still at a moment, the reader says what comes next, then it goes on and shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from mlanimated.errors import MlaError
from mlanimated.lessons.markup import command_line, element, figure, script
from mlanimated.lessons.shelf import shelf
from mlanimated.projector.film import Film
from mlanimated.projector.notebook import html
from mlanimated.recipes import find
from mlanimated.trace import Trace

__all__ = ["Question", "predict"]

AFTER = 1.5
"""Seconds that the film goes on past the step that answers, so that it is seen."""


@dataclass(frozen=True)
class Question:
    """A question that a film answers.

    Attributes:
        name: The recipe's name.
        question: What is asked.
        choices: What may be answered.
        right: Finds the place of the right answer in the recordings themselves.
        why: Said when the film has shown it.
        at: The step at which the film stands still.
        until: The step at which the answer is seen.
        values: The recipe's arguments.
    """

    name: str
    question: str
    choices: tuple[str, ...]
    right: Callable[[Mapping[str, Trace]], int]
    why: str
    at: float
    until: float
    values: Mapping[str, Any]

    @cached_property
    def used(self) -> dict[str, Any]:
        """The arguments that the film is made with here."""
        return shelf().values(find(self.name), self.values)

    @cached_property
    def answer(self) -> int:
        """The place of the right answer, as the recordings have it.

        Raises:
            MlaError: There is no such choice.
        """
        place = int(self.right(shelf().runs(self.name, self.used)[2]))
        if not 0 <= place < len(self.choices):
            raise MlaError(f"The right answer is choice {place}; there are {len(self.choices)}, counted from 0.")
        return place

    def times(self, film: Film) -> tuple[float, float]:
        """Return the seconds at which the film stands still, and at which the answer has been seen."""
        return _time(film, self.at), min(film.seconds, _time(film, self.until) + AFTER)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return it for a notebook's cell, or for the page that is being built."""
        told = f"{self.question} ({' / '.join(self.choices)})"
        answer = f"{self.choices[self.answer]}. {self.why}"
        closed = f'<details class="mla-answer"><summary>Answer</summary><p>{escape(answer)}</p></details>'
        film = shelf().film(self.name, self.used)
        start, stop = self.times(film)
        if not shelf().building:
            link = html(film.reel)
            return {
                "text/html": f"<p><b>{escape(told)}</b> Look at {start:.1f} s of the film, then go on.</p>{link}{closed}",
                "text/plain": f"{told}\n{answer}",
            }
        made = shelf().made(self.name, self.used, still=start)
        buttons = "".join(f'<button type="button">{escape(choice)}</button>' for choice in self.choices)
        ask = (
            f'<div class="mla-ask" role="group" aria-label="{escape(self.question, quote=True)}">'
            f"<p><b>Stop and think.</b> {escape(self.question)}</p>{buttons}</div>"
        )
        parts = [
            element(made, name=self.name),
            ask,
            '<p class="mla-verdict" role="status"></p>',
            closed,
            command_line(self.name, self.values),
            script({"at": round(start, 3), "until": round(stop, 3), "right": self.answer, "why": self.why}),
        ]
        data = {"data_film": made.key, "data_recipe": self.name}
        return {"text/html": figure("predict", parts, **data), "text/plain": f"{told}\n{answer}"}


def predict(
    name: str,
    question: str,
    /,
    choices: Sequence[str],
    right: Callable[[Mapping[str, Trace]], int],
    why: str,
    *,
    at: float,
    until: float,
    **arguments: Any,
) -> Question:
    """Return a question that a film answers: it stands still, the reader chooses, it goes on.

    Args:
        name: The recipe's name.
        question: What is asked.
        choices: Two or three answers.
        right: Called with the recordings by name; returns the place of the right answer, so that no answer is by heart.
        why: What is said afterwards.
        at: The step at which the film stands still.
        until: The step at which the answer is seen.
        **arguments: The recipe's own.

    Raises:
        MlaError: An unknown recipe, or fewer than two answers.
    """
    find(name)
    if len(choices) < 2:
        raise MlaError("A question needs at least two answers to choose from.")
    return Question(name, question, tuple(choices), right, why, at, until, arguments)


def _time(film: Film, step: float) -> float:
    """Return when a film has come to a step of its leading run; the end where it never does."""
    timeline = film.timeline
    steps = next(iter(timeline.knot_steps.values()))
    for index in range(1, len(steps)):
        if steps[index] >= step:
            before, after = float(steps[index - 1]), float(steps[index])
            low, high = float(timeline.knot_times[index - 1]), float(timeline.knot_times[index])
            if step <= before:
                return low
            return low + (high - low) * (step - before) / (after - before)
    return film.seconds
