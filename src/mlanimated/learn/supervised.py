"""Supervised learning: any torch.nn.Module learns targets from examples: numbers, yes or no, or one of several classes.

    train, test = Examples(inputs, labels), Examples(other_inputs, other_labels)
    fit(model, train, test, "classes", Settings(epochs=20), recorder, names=("horse", "deer"))

Recorded: `train/loss` of each batch; at moments close together at the beginning `test/loss`, `epoch`, `learning_rate`, with classes also
`train/accuracy` (since the moment before), `test/accuracy`, `confusion` (classes, classes), rows being true; and what `look`
returns. Step 0 is the model as it was given: it is tested and looked at before it has learned anything.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.learn.accuracy import Accuracy
from mlanimated.learn.faults import first_fault
from mlanimated.learn.fit_story import FitStory, Tested
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread, seeded
from mlanimated.learn.networks import half_precision
from mlanimated.learn.targets import Kind, as_targets, check, loss_function
from mlanimated.learn.training import load_optimizer, optimizer_state
from mlanimated.trace import Recorder

__all__ = ["Examples", "Fitted", "Kind", "Look", "Settings", "fit", "measured", "moments"]

Look = Callable[[int, Any, NDArray[np.float32]], Mapping[str, Any]]
"""Step, model and its outputs for the test examples → series to record at that step."""

AT_ONCE = 500  # examples tested at once


class Settings(Struct, frozen=True, kw_only=True):
    """How the model learns."""

    epochs: Annotated[int, Meta(ge=0, le=100_000, description="Times that every example is learned from.")] = 20
    batch: Annotated[int, Meta(ge=1, le=100_000, description="Examples learned from in one step.")] = 128
    learning_rate: Annotated[float, Meta(ge=0, le=100, description="The optimizer's step length, at its highest.")] = (
        0.002
    )
    optimizer: Annotated[
        Literal["sgd", "momentum", "rmsprop", "adam", "adamw"], Meta(description="What turns a gradient into a step.")
    ] = "adamw"
    weight_decay: Annotated[float, Meta(ge=0, le=10, description="Part of each weight taken off, times the rate.")] = (
        0.0
    )
    schedule: Annotated[
        Literal["constant", "cosine"],
        Meta(description="Keep the rate, or warm up for a twentieth and then let it fall."),
    ] = "constant"
    loss: Annotated[
        Literal["", "squared", "absolute", "huber"], Meta(description="Of numbers: what an error costs; '' is squared.")
    ] = ""
    half: Annotated[bool, Meta(description="Multiply in bfloat16 where the machine is quicker so.")] = False
    rows: Annotated[int, Meta(ge=2, le=10_000, description="How often it is tested and looked at.")] = 80
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Deals the batches; dropout and augmentation too.")] = 0


class Examples(NamedTuple):
    """Inputs as a tensor or array (n, …), and what should come out.

    Attributes:
        inputs: One row an example.
        targets: Classes: whole numbers from 0, (n,). Binary: 0 or 1, (n,). Regression: float, in the shape of the outputs.
    """

    inputs: Any
    targets: NDArray[Any]


@dataclass(frozen=True)
class Fitted:
    """How it ended.

    Attributes:
        loss: Mean loss over the test examples, of the last model tested.
        accuracy: How many were right; 0 of 0 in a regression.
        outputs: What the model says of the test examples, float32 (n, …).
        stopped: Why it ended early: "not a number", or "".
    """

    loss: float
    accuracy: Accuracy
    outputs: NDArray[np.float32]
    stopped: str = ""


def fit(
    model: Any,
    train: Examples,
    test: Examples,
    kind: Kind,
    settings: Settings,
    recorder: Recorder,
    *,
    names: Sequence[str] = (),
    prepare: Callable[[Any], Any] | None = None,
    augment: Callable[[Any], Any] | None = None,
    look: Look | None = None,
    resume: Mapping[str, Any] | None = None,
) -> Fitted:
    """Train a model in place and return how it does on examples that it has not learned from.

    A loss that is not a number ends the training with an event that says when, and in which layer it arose.

    Args:
        model: Any torch.nn.Module.
        train: Examples to learn from.
        test: Examples to test with.
        kind: What is learned: "regression", "binary" (one output, a logit) or "classes" (a logit for each).
        settings: How.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        names: Of the classes.
        prepare: Changes a batch of inputs before the model sees it, in training and in tests.
        augment: Changes a prepared batch, in training only.
        look: Gives more to record at the moments of `moments`.
        resume: A checkpoint of an earlier run to go on from, with the same arguments.

    Raises:
        MissingExtra: PyTorch is not installed.
        MlaError: Targets that do not fit the outputs: a label out of range, a wrong shape; nothing to learn from.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    prepare = prepare or (lambda batch: batch)
    loss_of = loss_function(kind, settings.loss)
    inputs, targets = torch.as_tensor(train.inputs), as_targets(train.targets, kind)
    others = Examples(torch.as_tensor(test.inputs), test.targets)
    batches = math.ceil(len(inputs) / settings.batch)
    last = settings.epochs * batches
    check(model, prepare, kind, (("learn from", train), ("test with", others)), names)
    rate = recorder.control(
        "learning_rate", settings.learning_rate, minimum=0.0, maximum=max(1.0, settings.learning_rate)
    )
    optimizer = _optimizer(torch, model, settings)
    told = moments(last, settings.rows)
    story = FitStory(recorder, kind, names, last)
    first, right, seen, result = 0, 0, 0, Fitted(math.nan, Accuracy(0, 0), np.zeros(0, np.float32))
    if resume:
        model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in resume["model"].items()})
        load_optimizer(optimizer, resume["optimizer"])
        first, (right, seen) = int(resume["step"]), (int(count) for count in resume["counts"])
        story.load(resume["story"])

    order = np.arange(len(inputs))
    with one_thread(), seeded(settings.seed):
        for step in range(first, last + 1):
            resumed = resume is not None and step == first
            counts = (right, seen)
            torch.manual_seed(
                _seed(settings, step)
            )  # anew at each step, so that a checkpoint need not hold torch's generator
            if step in told:
                result = measured(model, others, kind, settings, prepare)
                row = _row(result, others, kind, step / max(1, batches), Accuracy(right, seen))
                row |= dict(look(step, model, result.outputs)) if look else {}
                recorder.log({**row, "learning_rate": rate.value * _share(settings, step, last)}, step=step)
                if not resumed:
                    story.tell(
                        Tested(step, step / max(1, batches), result.loss, result.accuracy, row.get("confusion")), row
                    )
                right = seen = 0
            recorder.tick(step, state=lambda step=step, counts=counts: _state(step, model, optimizer, counts, story))
            if step == last:
                break
            epoch, place = divmod(step, batches)
            if place == 0 or step == first:
                order = np.random.default_rng([settings.seed, epoch]).permutation(len(inputs))
            chosen = torch.from_numpy(order[place * settings.batch : (place + 1) * settings.batch])
            torch.manual_seed(_seed(settings, step))  # whatever `look` has drawn
            batch = prepare(inputs[chosen])
            batch = augment(batch) if augment else batch
            optimizer.zero_grad()
            with half_precision("cpu") if settings.half else contextlib.nullcontext():
                outputs = model(batch)
            loss = loss_of(outputs.float(), targets[chosen])
            recorder.log({"train/loss": loss.item()}, step=step)
            if not math.isfinite(loss.item()):
                story.fault(step, first_fault(model, batch))
                return Fitted(loss.item(), result.accuracy, result.outputs, "not a number")
            if kind != "regression":
                guess = outputs.argmax(1) if kind == "classes" else (outputs.reshape(-1) > 0).float()
                right, seen = right + int((guess == targets[chosen].reshape(-1)).sum()), seen + len(chosen)
            loss.backward()
            for group in optimizer.param_groups:
                group["lr"] = rate.value * _share(settings, step, last)
            optimizer.step()
    return result


def measured(
    model: Any, test: Examples, kind: Kind, settings: Settings, prepare: Callable[[Any], Any] = lambda batch: batch
) -> Fitted:
    """Return how a model does on examples, in its state of evaluation, without learning."""
    torch = load_torch()
    inputs, targets = torch.as_tensor(test.inputs), as_targets(test.targets, kind)
    was = model.training
    model.eval()
    with torch.inference_mode(), half_precision("cpu") if settings.half else contextlib.nullcontext():
        parts = [model(prepare(part)).float() for part in inputs.split(AT_ONCE)]
    model.train(was)
    outputs = torch.cat(parts)
    loss = loss_function(kind, settings.loss)(outputs, targets).item()
    if kind == "regression":
        return Fitted(loss, Accuracy(0, 0), outputs.numpy())
    guess = outputs.argmax(1) if kind == "classes" else (outputs.reshape(-1) > 0).float()
    return Fitted(loss, Accuracy(int((guess == targets.reshape(-1)).sum()), len(targets)), outputs.numpy())


def moments(last: int, count: int) -> frozenset[int]:
    """Return about so many steps from 0 to the last, both among them: half of them crowd at the beginning, where most happens."""
    half = max(2, count // 2)
    early, even = np.geomspace(1, last + 1, half) - 1, np.linspace(0, last, half)
    return frozenset(int(step) for step in np.rint(np.concatenate((early, even))))


def _optimizer(torch: Any, model: Any, settings: Settings) -> Any:
    """Return the optimizer; weights of one dimension (biases, scales) do not decay."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in weights if weight.dim() > 1], "weight_decay": settings.weight_decay},
        {"params": [weight for weight in weights if weight.dim() <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    kinds = {"sgd": "SGD", "momentum": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
    more = {"momentum": 0.9} if settings.optimizer == "momentum" else {}
    return getattr(torch.optim, kinds[settings.optimizer])(groups, lr=settings.learning_rate, **more)


def _seed(settings: Settings, step: int) -> int:
    """Return the seed of torch's random numbers at a step."""
    return settings.seed * 2_000_003 + step


def _share(settings: Settings, step: int, last: int) -> float:
    """Return the part of the learning rate that a step is taken with."""
    if settings.schedule == "constant":
        return 1.0
    warm = max(1, last // 20)
    return (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, last - warm)))


def _row(result: Fitted, test: Examples, kind: Kind, epoch: float, learned: Accuracy) -> dict[str, Any]:
    """Return what is recorded of a test."""
    row: dict[str, Any] = {"test/loss": result.loss, "epoch": epoch}
    if kind == "regression":
        return row
    row |= {"test/accuracy": result.accuracy.share}
    if learned.count:
        row |= {"train/accuracy": learned.share}
    binary = kind == "binary"
    guess = (result.outputs.reshape(-1) > 0).astype(int) if binary else result.outputs.argmax(1)
    classes = 2 if binary else result.outputs.shape[1]
    table = np.zeros((classes, classes), np.int64)
    np.add.at(table, (np.asarray(test.targets).reshape(-1).astype(int), guess), 1)
    return {**row, "confusion": table}


def _state(step: int, model: Any, optimizer: Any, counts: tuple[int, int], story: FitStory) -> dict[str, Any]:
    """Return all that training goes on from."""
    return {
        "step": step,
        "model": {name: value.detach().numpy().copy() for name, value in model.state_dict().items()},
        "optimizer": optimizer_state(optimizer),
        "counts": list(counts),
        "story": story.state(),
    }
