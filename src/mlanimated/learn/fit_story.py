"""The story of a fit: the moments of a supervised training that a film should stay at, found from its numbers alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.learn.accuracy import Accuracy
from mlanimated.learn.targets import Kind
from mlanimated.learn.words import number, small
from mlanimated.trace import Recorder

__all__ = ["FitStory", "Tested"]

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
WORSE = 1.15  # a test loss so many times its lowest says that what is learned no longer helps

LASTING = 4  # tests in a row that must say so: a single one may be a bump


class Tested(NamedTuple):
    """A test at a step.

    Attributes:
        step: The step.
        epoch: How often every example was learned from by then.
        loss: Over the test examples.
        accuracy: Of the test examples; 0 of 0 in a regression.
        confusion: How many of each class (rows) were taken for each (columns); None in a regression.
    """

    step: int
    epoch: float
    loss: float
    accuracy: Accuracy
    confusion: NDArray[np.int64] | None


class FitStory:
    """Records events: the start, the first step, levels of accuracy reached, learning by heart, and the result.

    Args:
        recorder: Takes the events.
        kind: What is learned.
        names: Of the classes, or none.
        last: The last step.
    """

    def __init__(self, recorder: Recorder, kind: Kind, names: Sequence[str], last: int) -> None:
        self._recorder, self._kind, self._names, self._last = recorder, kind, tuple(names), last
        self._told: set[str] = set()
        self._first = self._least = math.nan
        self._level = 0.0
        self._worse = 0

    def tell(self, test: Tested, row: Mapping[str, Any]) -> None:
        """Record what is new at this test; `row` is what was recorded of it."""
        if test.step == 0:
            self._first = self._least = test.loss
        self._worse = self._worse + 1 if test.loss > WORSE * self._least else 0
        news = [(name, text) for name, text in self._news(test, row) if name not in self._told]
        self._least = min(self._least, test.loss)
        for name, text in news[-1:]:
            self._told.add(name)
            self._recorder.event(name, text, step=test.step)

    def fault(self, step: int, where: str) -> None:
        """Record that the loss is not a number."""
        text = f"At step {number(step)} the loss is not a number: the first one arose {where}. Training stops."
        self._recorder.event("not a number", text, step=step)

    def state(self) -> dict[str, Any]:
        """Return what `load` needs."""
        return {
            "told": sorted(self._told),
            "first": self._first,
            "least": self._least,
            "level": self._level,
            "worse": self._worse,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._told = set(state["told"])
        self._first, self._least, self._level = (float(state[name]) for name in ("first", "least", "level"))
        self._worse = int(state.get("worse", 0))

    def _news(self, test: Tested, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        right, share = test.accuracy, test.accuracy.share
        if test.step == 0:
            told = f"The weights are random: {self._right(right)}" if right.count else "The weights are random: "
            rest = ", no better than chance." if right.count else f"the test error is {number(test.loss, 3)}."
            yield "initialize", told + rest
            return
        if test.epoch >= 1 and test.step < self._last:
            so_far = self._right(right) if right.count else f"the test error is {number(test.loss, 3)}"
            yield "first epoch", f"Every example was learned from once: {so_far}."
        if right.count:
            reached = max((level for level in LEVELS if share >= level), default=0.0)
            if reached > self._level and test.step < self._last:
                if reached > 1 / (len(self._names) or 2):
                    yield (
                        f"{reached:.0%}",
                        f"More than {reached:.0%} of the test examples are right now.{self._hardest(test)}",
                    )
                self._level = reached
        elif test.loss <= self._first / 10 and test.step < self._last:
            yield "a tenth", f"The test error has come down to a tenth, {small(test.loss)}."
        learned = row.get("train/accuracy")
        if test.step < self._last and self._worse >= LASTING and (learned is None or learned > share + 0.05):
            how = (
                f" {learned:.0%} of the training examples are right, {share:.0%} of the others."
                if learned is not None
                else ""
            )
            yield "by heart", f"The test loss rises again: the model begins to learn its examples by heart.{how}"
        if test.step == self._last:
            yield "result", self._result(test, learned)

    def _result(self, test: Tested, learned: float | None) -> str:
        """Return the last sentence, with the interval of what was measured."""
        epochs = f"After {test.epoch:g} epoch{'s' if test.epoch != 1 else ''}"
        if not test.accuracy.count:
            return f"{epochs} the test error is {small(test.loss)}."
        low, high = test.accuracy.interval
        del learned
        told = f"{epochs} {test.accuracy.share:.1%} of {number(test.accuracy.count)} test examples are right"
        return f"{told} (95% interval {100 * low:.1f} to {100 * high:.1f}).{self._hardest(test)}"

    @staticmethod
    def _right(accuracy: Accuracy) -> str:
        return f"{accuracy.share:.0%} of {number(accuracy.count)} test examples are right"

    def _hardest(self, test: Tested) -> str:
        """Return which class is most often taken for which, where classes have names and one is."""
        if test.confusion is None or len(self._names) < 3:
            return ""
        shares = test.confusion / np.maximum(1, test.confusion.sum(axis=1, keepdims=True))
        np.fill_diagonal(shares, 0.0)
        true, said = np.unravel_index(int(np.argmax(shares)), shares.shape)
        if shares[true, said] <= 0:
            return ""
        return f" Hardest: {shares[true, said]:.0%} of {self._names[true]} are taken for {self._names[said]}."
