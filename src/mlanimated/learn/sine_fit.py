"""A net with hidden layers of 7 and 5 neurons learns sin(x), with an activation or without one (chapter 4).

Forward pass, backpropagation and Adam are written out. Without an activation the three layers collapse into one straight
line, however long it trains. Recorded: `loss`; `prediction` (61,) over `GRID`; `parts` (5, 61), what each of the last five
neurons adds to it (prediction less output bias); `weights/0` (1, 7), `weights/1` (7, 5), `weights/2` (5, 1), `biases/0` …
`biases/2`; and for the one input `PROBE` what each layer gives out, `activations/0` (1,) … `activations/3` (1,).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct

from mlanimated.learn.activations import ACTIVATIONS
from mlanimated.learn.optimizers import Adam
from mlanimated.learn.seeding import generator
from mlanimated.learn.words import number, small
from mlanimated.trace import Recorder

__all__ = ["GRID", "LAYERS", "PROBE", "TARGET", "Args", "Pass", "backward", "forward", "initial", "train"]

LAYERS = (1, 7, 5, 1)
GRID = np.linspace(-math.pi, math.pi, 61)
TARGET = np.sin(GRID)
PROBE = math.pi / 2
CLOSE = 0.001  # a loss below this counts as close: on the average the curves are about .03 apart
SEEN = 0.1  # slopes that differ by less look like one straight piece


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    activation: Annotated[
        Literal["relu", "tanh", "sigmoid", "none"], Meta(description="What each hidden neuron does to its sum.")
    ] = "relu"
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.01
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps to take, each with all points.")] = 1000
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Draws the first weights.")] = 0
    record_every: Annotated[
        int, Meta(ge=1, le=1000, description="Steps between rows once the first hundred are kept.")
    ] = 5


class Pass(NamedTuple):
    """What each layer gave out: `sums` before and `outputs` after its activation; the inputs are `outputs[0]`."""

    sums: list[np.ndarray]
    outputs: list[np.ndarray]


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Fit the sine and return the last loss.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    adam = Adam(rate.value)
    weights, biases = initial(args.seed)
    first = 0
    if resume:
        weights, biases = ([np.array(array) for array in resume[name]] for name in ("weights", "biases"))
        adam.load(resume["optimizer"])
        first = int(resume["step"])
    story = _Story(recorder, args)
    if resume:
        story.load(resume["story"])
    x, target = GRID[:, None], TARGET[:, None]
    loss = math.inf

    for step in range(first, args.steps + 1):
        run = forward(x, weights, biases, args.activation)
        error = run.outputs[-1] - target
        loss = float((error * error).mean())
        news = list(story.news(step, loss, run)) if resume is None or step > first else []
        if step <= 100 or step % args.record_every == 0 or step in {first, args.steps} or news:
            _record(recorder, step, loss, run, weights, biases, args.activation)
        for name, text in news[-1:]:
            recorder.event(name, text, step=step)
        recorder.tick(step, state=lambda step=step: _state(step, weights, biases, adam, story))
        if step < args.steps:
            by_weights, by_biases = backward(run, 2.0 * error / error.size, weights, args.activation)
            adam.learning_rate = rate.value
            adam.step([*weights, *biases], [*by_weights, *by_biases])
    return loss


def initial(seed: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return weights (inputs, outputs) and biases (outputs,) of each layer, drawn evenly within ±1/√inputs."""
    random = generator(seed)
    sizes = list(itertools.pairwise(LAYERS))
    weights = [random.uniform(-1.0, 1.0, size) / math.sqrt(size[0]) for size in sizes]
    biases = [random.uniform(-1.0, 1.0, outputs) / math.sqrt(inputs) for inputs, outputs in sizes]
    return weights, biases


def forward(x: np.ndarray, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], activation: str) -> Pass:
    """Run inputs of shape (n, 1) through the net; the last layer has no activation."""
    sums: list[np.ndarray] = []
    outputs = [x]
    for layer, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        sums.append(outputs[-1] @ weight + bias)
        hidden = layer < len(weights) - 1 and activation != "none"
        outputs.append(ACTIVATIONS[activation][0](sums[-1]) if hidden else sums[-1])
    return Pass(sums, outputs)


def backward(
    run: Pass, by_output: np.ndarray, weights: Sequence[np.ndarray], activation: str
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the loss's gradient by each weight and bias array, from its gradient by the outputs, shape (n, 1).

    Backpropagation: from the last layer to the first, each sum's blame goes to its weights, its bias and the layer before.
    """
    by_weights: list[np.ndarray] = []
    by_biases: list[np.ndarray] = []
    blame = by_output
    for layer in reversed(range(len(weights))):
        by_weights.insert(0, run.outputs[layer].T @ blame)
        by_biases.insert(0, blame.sum(axis=0))
        if layer:
            blame = blame @ weights[layer].T
            if activation != "none":
                blame = blame * ACTIVATIONS[activation][1](run.sums[layer - 1])
    return by_weights, by_biases


def _state(
    step: int, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], adam: Adam, story: _Story
) -> dict[str, Any]:
    """Return all that training goes on from."""
    return {
        "step": step,
        "weights": [array.copy() for array in weights],
        "biases": [array.copy() for array in biases],
        "optimizer": adam.state(),
        "story": story.state(),
    }


def _record(
    recorder: Recorder,
    step: int,
    loss: float,
    run: Pass,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray],
    activation: str,
) -> None:
    """Write one row of every series."""
    probe = forward(np.array([[PROBE]]), weights, biases, activation)
    recorder.log(
        {
            "loss": loss,
            "prediction": run.outputs[-1][:, 0],
            "parts": run.outputs[-2].T * weights[-1],
            **{f"weights/{layer}": weight.copy() for layer, weight in enumerate(weights)},
            **{f"biases/{layer}": bias.copy() for layer, bias in enumerate(biases)},
            **{f"activations/{layer}": output[0] for layer, output in enumerate(probe.outputs)},
        },
        step=step,
    )


class _Story:
    """Finds the moments that a film should dwell on, from the numbers alone."""

    def __init__(self, recorder: Recorder, args: Args) -> None:
        self.recorder = recorder
        self.args = args
        self.losses: list[float] = []
        self.told: set[str] = set()

    def state(self) -> dict[str, Any]:
        """Return all that telling goes on from."""
        return {"losses": np.array(self.losses), "told": sorted(self.told)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state`."""
        self.losses, self.told = np.asarray(state["losses"]).tolist(), set(state["told"])

    def news(self, step: int, loss: float, run: Pass) -> Iterator[tuple[str, str]]:
        """Yield name and text of what happens at this step for the first time, the most important last."""
        self.losses.append(loss)
        for name, text in self._news(step, loss, run):
            if name not in self.told:
                self.told.add(name)
                yield name, text

    def _news(self, step: int, loss: float, run: Pass) -> Iterator[tuple[str, str]]:
        """Yield what holds at this step."""
        losses, curve = self.losses, run.outputs[-1][:, 0]
        if step == 0:
            yield (
                "initialize",
                f"The first weights are random: what comes out is no sine, the mean squared error is {number(loss, 3)}.",
            )
        if step == 1:
            verb = "falls" if loss < losses[0] else "rises"
            count = sum(inputs * outputs + outputs for inputs, outputs in itertools.pairwise(LAYERS))
            yield (
                "first step",
                f"One step for all {count} weights and biases: the error {verb} from {number(losses[0], 3)} to {number(loss, 3)}.",
            )
        if loss <= losses[0] / 2 and "half way" not in self.told:
            line = self._shape(run) if self.args.activation == "none" else ""
            yield "half way", f"After {step} steps the error has halved, to {number(loss, 3)}.{line}"
        if loss <= losses[0] / 20 and "bends" not in self.told:
            yield "bends", f"After {step} steps the error is {number(loss, 3)}.{self._shape(run)}"
        if loss <= CLOSE and "close" not in self.told:
            off = np.abs(curve - TARGET)
            worst = int(np.argmax(off))
            text = (
                f"Close after {step} steps: the mean squared error is below {number(CLOSE)}. "
                f"It is furthest off at x = {number(GRID[worst], 1)}, by {number(off[worst], 2)}."
            )
            yield "close", text
        if (
            step >= 200
            and step % 50 == 0
            and "stuck" not in self.told
            and min(losses) > CLOSE
            and min(losses[-100:]) > 0.999 * min(losses[:-100])
        ):
            yield (
                "stuck",
                f"For a hundred steps the error has not fallen, it stays at {number(loss, 3)}.{self._shape(run)}",
            )
        if step == self.args.steps:
            end = f"After {number(step)} steps the mean squared error is {small(loss)}."
            yield "result", end + self._shape(run)

    def _shape(self, run: Pass) -> str:
        """Return a sentence on what the curve looks like, from the curve itself."""
        curve = run.outputs[-1][:, 0]
        tilt, level = (float(part) for part in np.polyfit(GRID, curve, 1))
        if float(np.abs(curve - (tilt * GRID + level)).max()) < 1e-6:
            why = (
                ": without an activation, layers on layers are still one line" if self.args.activation == "none" else ""
            )
            return f" The net draws a straight line{why}."
        if self.args.activation != "relu":
            return ""
        pieces = _pieces(curve)
        return f" The net draws {pieces} straight pieces, bent where neurons switch on or off." if pieces > 1 else ""


def _pieces(curve: np.ndarray) -> int:
    """Return how many straight pieces one sees in a curve over `GRID`, shape (61,).

    A piece is straight over two spaces of the grid at least, and its slope differs from the one before by `SEEN`.
    """
    slopes = np.diff(curve) / np.diff(GRID)
    straight = slopes[1:][np.abs(np.diff(slopes)) < 1e-9]
    count, last = 0, math.inf
    for slope in straight.tolist():
        if abs(slope - last) >= SEEN:
            count, last = count + 1, slope
    return count
