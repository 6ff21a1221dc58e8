"""The backward pass: one picture goes through any torch.nn.Module, and the true gradient comes back through it, layer by layer.

    step = look_through(model, inputs, loss_of, recorder, step=0)       # your own model: any module, any loss
    BackwardPass()                                                       # the view that draws it

Layers that have no weights of their own (activation, pooling, dropout) belong to the one before them. Recorded, one step a stage:
`pass/stage`, 0 while the input is shown, one more for each block that gives out, one for the loss, one more for each block whose
gradient has come back, the last one first and the input at the end; `pass/blocks`, once, what the blocks are, as JSON; `pass/out/0`
(the input), `pass/out/1`… what each gives out for the one example; `pass/gradient/0`… of the same shapes, how the loss changes with
each number of it; `pass/loss`; `pass/norm` (blocks + 1,), the lengths of those gradients.

Films of this package train a small convolutional network on handwritten digits and look through it before, while and after it learns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.digits import load_digits
from mlanimated.errors import MlaError
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread, seeded
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["Args", "Passed", "build", "look_through", "pass_through", "train"]

NORMS = ("norm", "dropout")


class Args(Struct, frozen=True, kw_only=True):
    """Which picture, and when it is looked through."""

    digit: Annotated[int, Meta(ge=0, le=9, description="The digit that goes through.")] = 3
    which: Annotated[int, Meta(ge=0, le=30, description="Which of the test pictures of it, from 0.")] = 0
    filters: Annotated[int, Meta(ge=1, le=64, description="Of the first layer; the second has twice as many.")] = 4
    first: Annotated[int, Meta(ge=1, le=10_000, description="Batches learned from before the second look.")] = 20
    last: Annotated[int, Meta(ge=2, le=10_000, description="Batches learned from before the last look.")] = 300
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.005
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Deals the digits, draws the weights.")] = 0


class Passed(NamedTuple):
    """What went through and what came back.

    Attributes:
        names: Of the input ("input") and of each block.
        kinds: The classes of the layers of each, "" for the input.
        outputs: What each gave out for the first example, float32.
        gradients: How the loss changes with each number of that, of the same shapes.
        loss: The loss.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    outputs: tuple[NDArray[np.float32], ...]
    gradients: tuple[NDArray[np.float32], ...]
    loss: float


def pass_through(model: Any, inputs: Any, loss_of: Callable[[Any], Any]) -> Passed:
    """Send inputs through a model and the gradient of a loss back; the model, its gradients and random numbers stay as they were.

    Args:
        model: Any torch.nn.Module; it is asked as in a test, without dropout.
        inputs: A float tensor, a batch of one example at least; the first one is told.
        loss_of: Takes what the model gives out, returns a tensor with one number.

    Raises:
        MlaError: No layer of it has weights, or the inputs are whole numbers.
    """
    torch = load_torch()
    if not inputs.is_floating_point():
        raise MlaError("Gradients of whole numbers are none: look through the layers behind an embedding instead.")
    found: list[tuple[str, Any, Any]] = []

    def hook_of(name: str) -> Any:
        def hook(module: Any, _inputs: Any, output: Any) -> None:
            if torch.is_tensor(output) and output.requires_grad:
                found.append((name, module, output))

        return hook

    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    hooks = [module.register_forward_hook(hook_of(name)) for name, module in leaves]
    states = [(module, module.training) for module in model.modules()]
    model.eval()
    start = inputs.detach().clone().requires_grad_(True)
    try:
        with torch.enable_grad():
            loss = loss_of(model(start))
    finally:
        for hook in hooks:
            hook.remove()
        for module, was in states:
            module.training = was
    blocks = _blocks(found)
    if not blocks:
        raise MlaError("The model has no layer with weights, so there is nothing for a gradient to come back through.")
    tensors = [start, *(output for _, _, output in blocks)]
    backs = torch.autograd.grad(loss, tensors, allow_unused=True)
    gradients = [
        torch.zeros_like(tensor) if back is None else back for tensor, back in zip(tensors, backs, strict=True)
    ]
    return Passed(
        ("input", *(name for name, _, _ in blocks)),
        ("", *(kinds for _, kinds, _ in blocks)),
        tuple(tensor.detach()[0].float().numpy().copy() for tensor in tensors),
        tuple(back[0].float().numpy().copy() for back in gradients),
        float(loss.detach()),
    )


def look_through(
    model: Any, inputs: Any, loss_of: Callable[[Any], Any], recorder: Recorder, *, step: int = 0
) -> tuple[int, Passed]:
    """Record one pass there and back, a step for each stage, and return the step after the last and what passed.

    Args:
        model: Any torch.nn.Module.
        inputs: As in `pass_through`.
        loss_of: As in `pass_through`.
        recorder: Takes the series.
        step: The step of the first stage.
    """
    passed = pass_through(model, inputs, loss_of)
    count = len(passed.names)
    if step == 0:
        told = [{"name": name, "kind": kind} for name, kind in zip(passed.names, passed.kinds, strict=True)]
        recorder.log({"pass/blocks": json.dumps(told)}, step=0)
    norms = np.array([np.linalg.norm(gradient) for gradient in passed.gradients])
    for stage in range(2 * count + 1):
        row: dict[str, Any] = {"pass/stage": float(stage)}
        if stage < count:
            row[f"pass/out/{stage}"] = passed.outputs[stage]
        elif stage == count:
            row |= {"pass/loss": passed.loss, "pass/norm": norms}
        else:
            which = 2 * count - stage
            row[f"pass/gradient/{which}"] = passed.gradients[which]
        recorder.log(row, step=step + stage)
    return step + 2 * count + 1, passed


def build(args: Args) -> Any:
    """Return the network of the film, weights from the seed."""
    nn = load_torch().nn
    with seeded(args.seed):
        return nn.Sequential(
            nn.Conv2d(1, args.filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(args.filters, 2 * args.filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(8 * args.filters, 10),
        )  # fmt: skip


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Train the network, look through it three times, and return the last loss of the picture.

    Args:
        args: Which picture, and when.
        recorder: Takes the series and events.
        resume: Not used: a training of seconds is begun anew.

    Raises:
        MissingExtra: PyTorch or scikit-learn is not installed.
        MlaError: The looks are not in order.
        Stopped: Someone who watches asked for it.
    """
    del resume
    if not args.first < args.last:
        raise MlaError(f"first is {args.first} and last {args.last}; the last look comes after the first.")
    torch = load_torch()
    learned, tested = load_digits(args.seed)
    pictures, others = (
        torch.from_numpy(np.array(images.pictures)).permute(0, 3, 1, 2).float() / 255 for images in (learned, tested)
    )
    labels = torch.from_numpy(np.array(learned.labels))
    place = int(np.flatnonzero(tested.labels == args.digit)[args.which])
    picture, wanted = others[place : place + 1], torch.tensor([args.digit])
    cost = torch.nn.functional.cross_entropy
    model = build(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate)
    step, loss, length = 0, 0.0, 0.0
    with one_thread(), seeded(args.seed):
        for batch in range(args.last + 1):
            if batch in {0, args.first, args.last}:
                begin = step
                step, passed = look_through(model, picture, lambda said: cost(said, wanted), recorder, step=step)
                length = length or float(np.linalg.norm(passed.gradients[-1]))
                _tell(args, recorder, begin, batch, passed, length)
                loss = passed.loss
            recorder.tick(max(0, step - 1))
            chosen = torch.from_numpy(np.random.default_rng([args.seed, batch]).integers(0, len(labels), 64))
            optimizer.zero_grad()
            cost(model(pictures[chosen]), labels[chosen]).backward()
            optimizer.step()
    return loss


def _tell(args: Args, recorder: Recorder, begin: int, batch: int, passed: Passed, first: float) -> None:
    """Record what is told of one pass: where it stands in training, the loss, and at the end how far the gradient has shrunk."""
    count = len(passed.names)
    said = int(passed.outputs[-1].argmax())
    shares = np.exp(passed.outputs[-1] - passed.outputs[-1].max())
    share = float(shares[args.digit] / shares.sum())
    when = "The weights are random." if batch == 0 else f"After {number(batch)} batches."
    word = "and is right" if said == args.digit else f"and takes it for a {said}"
    text = f"{when} A {args.digit} goes in: the network gives it {share:.0%} {word}."
    recorder.event("initialize" if batch == 0 else f"batch {batch}", text, step=begin)
    told = (
        f"The loss is {number(passed.loss, 3)}. Its gradient goes back: should each number have been higher or lower?"
    )
    recorder.event("loss" if batch == 0 else f"loss {batch}", told, step=begin + count)
    if batch == args.last:
        length = float(np.linalg.norm(passed.gradients[-1]))
        end = f"The gradient at its answers is {number(length, 3)} long now; before it had learned anything, {number(first, 3)}."
        recorder.event("result", end, step=begin + 2 * count)


def _blocks(found: list[tuple[str, Any, Any]]) -> list[tuple[str, str, Any]]:
    """Return name, classes and output of each block: a layer with weights, and what follows it up to the next one."""
    blocks: list[tuple[str, str, Any]] = []
    for name, module, output in found:
        kind = type(module).__name__
        own = any(True for _ in module.parameters()) and not any(part in kind.lower() for part in NORMS)
        if own or not blocks:
            if own:
                blocks.append((name or kind, kind, output))
        elif kind != "Flatten":
            first, kinds, _ = blocks[-1]
            blocks[-1] = (first, f"{kinds}, {kind}", output)
    return blocks
