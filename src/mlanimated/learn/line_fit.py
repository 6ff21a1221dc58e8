"""A line learns to turn Celsius into Fahrenheit, by hand (chapter 3): y = w x + b, mean squared error, full batches.

Nobody tells it 1.8 or 32: it sees ten pairs, 8000 times. Recorded at each epoch: `w`, `b`, `loss`, `prediction` (10,),
`squared_error` (10,), `gradient` (2,: of w and b), `learning_rate`; and what goes into the neuron and comes out for a
temperature that it never saw, `activations/0` and `activations/1`. Step n is the line after n epochs, step 0 untouched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["CELSIUS", "FAHRENHEIT", "PROBE", "Args", "Story", "train"]

CELSIUS = np.array([-40.0, -30.0, -10.0, 0.0, 5.0, 10.0, 20.0, 40.0, 60.0, 100.0])
FAHRENHEIT = np.array([-40.0, -22.0, 14.0, 32.0, 41.0, 50.0, 68.0, 104.0, 140.0, 212.0])
PROBE = 50  # a temperature that is not among the ten
CLOSE = 0.01  # a loss below this counts as converged: a tenth of a degree
FAR = 1e12  # a loss above this has diverged: training ends while the numbers still mean something


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    learning_rate: Annotated[
        float, Meta(gt=0, le=0.1, description="How far each step goes: this part of the gradient.")
    ] = 0.0005
    epochs: Annotated[int, Meta(ge=1, le=1_000_000, description="How often all ten pairs are seen.")] = 8000
    w: Annotated[float, Meta(ge=-100, le=100, description="The weight to begin with.")] = 1.0
    b: Annotated[float, Meta(ge=-100, le=100, description="The bias to begin with.")] = 1.0


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> tuple[float, float]:
    """Fit the line and return w and b.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=0.1)
    w, b, first = args.w, args.b, 0
    if resume:
        w, b, first = float(resume["w"]), float(resume["b"]), int(resume["step"])
    story = Story(recorder, args.epochs)
    count = len(CELSIUS)

    for epoch in range(first, args.epochs + 1):
        prediction = w * CELSIUS + b
        error = prediction - FAHRENHEIT
        squared = error * error
        loss = float(squared.sum()) / count
        gradient = np.array((2.0 * float(error @ CELSIUS) / count, 2.0 * float(error.sum()) / count))
        recorder.log(
            {
                "w": w,
                "b": b,
                "loss": loss,
                "prediction": prediction,
                "squared_error": squared,
                "gradient": gradient,
                "activations/0": PROBE,
                "activations/1": w * PROBE + b,
                "learning_rate": rate.value,
            },
            step=epoch,
        )
        if resume is None or epoch > first:
            story.tell(epoch, w, b, loss)
        recorder.tick(epoch, state=lambda epoch=epoch, w=w, b=b: {"step": epoch, "w": w, "b": b})
        if epoch == args.epochs or not loss < FAR:
            break
        w -= rate.value * float(gradient[0])
        b -= rate.value * float(gradient[1])
    return w, b


class Story:
    """Finds the moments of a fit that a film should dwell on, from its numbers alone, one at a step at the most."""

    def __init__(self, recorder: Recorder, epochs: int) -> None:
        self.recorder = recorder
        self.epochs = epochs
        self.first: tuple[float, float, float] | None = None
        self.before = (0.0, 0.0, 0.0)
        self.first_move = self.move = 0.0
        self.told: set[str] = set()

    def tell(self, epoch: int, w: float, b: float, loss: float) -> None:
        """Record an event when this epoch is worth one."""
        if self.first is None:
            self.first = self.before = (w, b, loss)
        # Most epochs are worth none: this cheap look spares 8000 of them the rest.
        if epoch < 2 or epoch == self.epochs or loss > self.before[2] or not self.told >= _CROSSINGS:
            news = [(name, text) for name, text in self._news(epoch, w, b, loss) if name not in self.told]
            if news:
                self.recorder.event(*news[-1], step=epoch)
            self.told.update(name for name, _ in news)
        self.move = w - self.before[0]
        self.before = (w, b, loss)

    def _news(self, epoch: int, w: float, b: float, loss: float) -> Iterator[tuple[str, str]]:
        """Yield name and text of what holds at this epoch, the most important last."""
        assert self.first is not None
        w_first, b_first, loss_first = self.first
        w_before, b_before, _ = self.before
        if epoch == 0:
            yield (
                "initialize",
                f"w = {number(w)} and b = {number(b)} are a guess: its mean squared error is {number(loss, 1)}.",
            )
            return
        if epoch == 1:
            self.first_move = abs(w - w_first)
            drop = "falls" if loss < loss_first else "rises"
            yield (
                "first step",
                f"One step: w goes from {number(w_first, 2)} to {number(w, 2)}, and the error {drop} to {number(loss, 1)}.",
            )
        if loss <= loss_first / 2:
            yield (
                "half way",
                f"After {number(epoch)} epoch{'s' if epoch > 1 else ''} the error has halved, to {number(loss, 1)}.",
            )
        # At first w swings about the floor of the valley; once it has stopped, it drifts along it.
        if epoch > 1 and abs(w - w_before) < self.first_move / 100 and (w - w_before) * self.move > 0:
            ways = "grows" if b < 32.0 else "falls", "comes down" if w > 1.8 else "goes up"
            yield (
                "steep part done",
                f"w is at {number(w, 2)}. Now b {ways[0]} slowly, {number(abs(b - b_before), 3)} an epoch, and w {ways[1]} with it.",
            )
        if abs(b - 32.0) <= abs(b_first - 32.0) / 2 and loss < loss_first:
            yield (
                "bias half way",
                f"After {number(epoch)} epochs b is half way to 32, and w is at {number(w, 2)}.",
            )
        if loss <= CLOSE:
            yield (
                "converged",
                f"Converged after {number(epoch)} epochs: the mean squared error is below {number(CLOSE)}: a tenth of a degree.",
            )
        if loss > loss_first * 2:
            yield "diverging", f"It diverges: the steps are too long, the error is {number(loss, 0)} already."
        if epoch == self.epochs or not loss < FAR:
            if loss < loss_first:
                says = f"{number(PROBE)} °C is {number(w * PROBE + b, 2)} °F, says the neuron."
                yield "result", f"{says} The true line, 1.8 · °C + 32, gives {number(1.8 * PROBE + 32)}."
            else:
                yield "result", f"Diverged after {number(epoch)} epochs: it needs a smaller learning rate."


_CROSSINGS = frozenset({"half way", "steep part done", "bias half way", "converged"})
