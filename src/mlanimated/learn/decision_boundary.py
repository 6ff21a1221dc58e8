"""A decision boundary in the plane: a network learns which of two classes a point belongs to, and says so for every place.

Bias and variance: too few units cannot follow the boundary (under-trained); too many, trained for long on few points, follow each
point and its noise too (over-trained). Dropout (N. Srivastava et al., 2014) leaves out a part of the units at each step.

Recorded beside what `supervised` records: `field` (rows, columns) over `data.plane.window`, how sure it is of class 1 rather than
class 0, as log-odds (0 is the boundary, 3 is 95%); `train/cost`, the loss over the training points as it is tested, without
dropout; at step 0 `inputs` (n, 2), `labels` (n,), `others` (n, 2), `other_labels` (n,), the points tested with; with `show_units`
`units` (k, rows, columns), what each unit of the last hidden layer gives out, 0..1 of its largest, from the highest row down, as
pictures are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.plane import PlaneName, draw_points, grid
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.supervised import Examples, Fitted, Settings, fit, measured
from mlanimated.trace import Recorder

__all__ = ["Args", "Noise", "Points", "Seed", "Shape", "build", "train"]

UNIT_ACROSS = 28

Shape = Annotated[PlaneName, Meta(description="How the points lie.")]
Points = Annotated[int, Meta(ge=4, le=10_000, description="Points to learn from.")]
Noise = Annotated[float, Meta(ge=0, le=2, description="Standard deviation of the noise in each coordinate.")]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws points and first weights, deals the batches.")]


class Args(Struct, frozen=True, kw_only=True):
    """Points, network and training."""

    shape: Shape = "spirals"
    train: Points = 300
    test: Annotated[int, Meta(ge=4, le=10_000, description="Points to test with.")] = 1000
    noise: Noise = 0.06
    units: Annotated[int, Meta(ge=0, le=1024, description="Of each hidden layer; 0 for a straight boundary.")] = 12
    layers: Annotated[int, Meta(ge=1, le=8, description="Hidden layers.")] = 2
    dropout: Annotated[float, Meta(ge=0, lt=1, description="Part of the hidden units left out at each step.")] = 0.0
    weight_decay: Annotated[float, Meta(ge=0, le=10, description="Part of each weight taken off, times the rate.")] = (
        0.0
    )
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.01
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps, each with all points.")] = 1200
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is tested and looked at.")] = 80
    show_units: Annotated[bool, Meta(description="Record what each unit of the last hidden layer gives out.")] = False
    seed: Seed = 0


def build(args: Args) -> Any:
    """Return the network, its first weights drawn from the seed: two numbers go in, one logit comes out."""
    nn = load_torch().nn
    with seeded(args.seed):
        if not args.units:
            return nn.Sequential(nn.Linear(2, 1))
        layers: list[Any] = []
        for index in range(args.layers):
            layers += [nn.Linear(args.units if index else 2, args.units), nn.ReLU()]
            if args.dropout:
                layers.append(nn.Dropout(args.dropout))
        return nn.Sequential(*layers, nn.Linear(args.units, 1))


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Fitted:
    """Train the network and return how it does on points that it has not learned from.

    Args:
        args: Points, network and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    points, labels = draw_points(args.shape, args.train, args.noise, args.seed)
    others, other_labels = draw_points(args.shape, args.test, args.noise, 2**31 + args.seed)
    learned, tested = Examples(points, labels), Examples(others, other_labels)
    settings = Settings(
        epochs=args.steps, batch=args.train, learning_rate=args.learning_rate, weight_decay=args.weight_decay,
        rows=args.rows, seed=args.seed,
    )  # fmt: skip
    places, shape = grid(args.shape)
    coarse, coarse_shape = grid(args.shape, UNIT_ACROSS)
    model = build(args)

    def look(step: int, model: Any, _outputs: NDArray[np.float32]) -> dict[str, Any]:
        model.eval()
        with torch.inference_mode():
            said = model(torch.from_numpy(places))[:, 0].numpy().reshape(shape)
            row: dict[str, Any] = {
                "field": said,
                "train/cost": measured(model, learned, "binary", settings).loss,
            }
            if args.show_units and args.units:
                row["units"] = _units(model[:-1](torch.from_numpy(coarse)).numpy(), coarse_shape)
        model.train()
        if step == 0:
            row |= {"inputs": points, "labels": labels, "others": others, "other_labels": other_labels}
        return row

    return fit(model, learned, tested, "binary", settings, recorder, names=("orange", "blue"), look=look, resume=resume)


def _units(outputs: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return what each unit gives out as a picture (k, rows, columns), each from 0 to 1, the highest y in the first row."""
    most = np.maximum(outputs.max(axis=0), 1e-6)
    return np.ascontiguousarray((outputs / most).T.reshape(-1, *shape)[:, ::-1])
