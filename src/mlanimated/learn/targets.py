"""Targets: what a model should say, checked before it learns, and what an error costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.learn.frameworks import load_torch

__all__ = ["Kind", "as_targets", "check", "loss_function"]

Kind = Literal["regression", "binary", "classes"]


def as_targets(targets: NDArray[Any], kind: Kind) -> Any:
    """Return targets as the tensor that the loss compares with: int64 classes, else float32."""
    torch = load_torch()
    return torch.from_numpy(np.array(targets, np.int64 if kind == "classes" else np.float32))


def loss_function(kind: Kind, name: str = "") -> Callable[[Any, Any], Any]:
    """Return the mean loss of outputs and targets.

    Args:
        kind: Cross-entropy of logits for "classes" and "binary".
        name: Of numbers: "squared" (or ""), "absolute", or "huber" (squared up to an error of 1, from there on absolute).
    """
    functional = load_torch().nn.functional
    if kind == "classes":
        return functional.cross_entropy
    if kind == "binary":
        return lambda outputs, targets: functional.binary_cross_entropy_with_logits(
            outputs.reshape(-1), targets.reshape(-1)
        )
    named: dict[str, Any] = {"absolute": functional.l1_loss, "huber": functional.huber_loss}
    return named.get(name, functional.mse_loss)


def check(
    model: Any,
    prepare: Callable[[Any], Any],
    kind: Kind,
    sets: Sequence[tuple[str, tuple[Any, NDArray[Any]]]],
    names: Sequence[str],
) -> None:
    """See that targets fit what a model gives out.

    Args:
        model: The module; it is asked for one example of each set.
        prepare: What inputs go through first.
        kind: What is learned.
        sets: What each set of inputs and targets is for ("learn from"), and the set.
        names: Of the classes.

    Raises:
        MlaError: A set is empty, a label is out of range, or shapes differ; the line says where, and what is allowed.
    """
    torch = load_torch()
    for purpose, (inputs, given) in sets:
        count, targets = len(inputs), np.asarray(given)
        if not count or count != len(targets):
            raise MlaError(
                f"There are {count} examples to {purpose} and {len(targets)} targets; give a target to each, one at least."
            )
        was = model.training
        model.eval()
        with torch.no_grad():
            shape = tuple(model(prepare(torch.as_tensor(inputs)[:1])).shape)[1:]
        model.train(was)
        if kind == "regression":
            if shape != targets.shape[1:]:
                raise MlaError(
                    f"The model gives out {_shape(shape)} an example, the targets to {purpose} are {_shape(targets.shape[1:])}."
                )
            continue
        outputs = shape[0] if len(shape) == 1 else 0
        if (kind == "binary" and shape not in {(), (1,)}) or (kind == "classes" and outputs < 2):
            wanted = "one number, a logit" if kind == "binary" else "a logit for each of two or more classes"
            raise MlaError(f"The model gives out {_shape(shape)} an example; to tell {kind} it should give {wanted}.")
        if kind == "classes" and names and len(names) != outputs:
            raise MlaError(
                f"The model has {outputs} outputs and there are {len(names)} names of classes; give as many."
            )
        labels = targets.reshape(count, -1)
        classes = 2 if kind == "binary" else outputs
        bad = (labels < 0) | (labels >= classes) | (labels != np.floor(labels))
        if labels.shape[1] != 1 or bad.any():
            place = int(np.argmax(bad.any(1)))
            raise MlaError(
                f"Label {labels[place].tolist()[0]:g} of example {place} to {purpose} is out of range: a label is a whole number"
                f" from 0 to {classes - 1}."
                if labels.shape[1] == 1
                else f"The targets to {purpose} have the shape {targets.shape}; give one label an example."
            )


def _shape(shape: tuple[int, ...]) -> str:
    return "one number" if shape in {(), (1,)} else f"an array {shape}"
