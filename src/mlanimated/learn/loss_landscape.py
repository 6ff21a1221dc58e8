"""A loss landscape with the path: how high the loss of a real network lies around where training went, in a slice through its weights.

H. Li et al., "Visualizing the loss landscape of neural nets", 2018. A slice is the plane through the last weights along two directions: the
principal components of the path (section 7), in which most of a path can be seen; or random ones, each scaled row by row as the weights are
("filter normalization", section 4; biases do not move), which tell the valley's shape and hide the path: in so many dimensions any two
directions are nearly at right angles to it. What is off the plane is not seen: `loss/slice` says how high the map is below the path.

The network is trained twice, to the same bit: first to learn where the path goes, then again, recorded, on the map of it.

Recorded: `loss/batch` of each step; at times `loss` over all points, `place` (2,) on the map, `loss/slice`, the loss there, and `field`
(rows, columns), the log-odds that the network gives each place of the plane of its points; at step 0 `landscape` (grid, grid), log10 of
the loss, lowest second direction first, `window` (4,), `shown`, the part of the path's variance that lies along the two directions,
`inputs` (n, 2) and `labels` (n,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.plane import draw_points, grid
from mlanimated.learn import decision_boundary
from mlanimated.learn.decision_boundary import Noise, Points, Seed, Shape
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.principal_components import PrincipalComponents
from mlanimated.learn.rounds import repeat
from mlanimated.learn.words import small
from mlanimated.trace import Recorder

__all__ = ["Args", "Slice", "heights", "random_directions", "slice_of", "train"]

Numbers = NDArray[np.float64]
LEAST = 1e-6
"""A loss below this is drawn as high as this."""
ROOM = 0.35
"""So much of its size is left around the path."""


class Args(Struct, frozen=True, kw_only=True):
    """Points, network, training and slice."""

    shape: Shape = "moons"
    train: Points = 150
    noise: Noise = 0.15
    units: Annotated[int, Meta(ge=1, le=256, description="Of each hidden layer.")] = 12
    layers: Annotated[int, Meta(ge=1, le=6, description="Hidden layers.")] = 2
    optimizer: Annotated[Literal["sgd", "momentum", "adam"], Meta(description="What turns a gradient into a step.")] = (
        "momentum"
    )
    learning_rate: Annotated[float, Meta(gt=0, le=10, description="The optimizer's step length.")] = 0.05
    batch: Annotated[int, Meta(ge=1, le=10_000, description="Points in a step.")] = 32
    steps: Annotated[int, Meta(ge=2, le=100_000, description="Steps of training.")] = 400
    directions: Annotated[
        Literal["path", "random"], Meta(description="The slice goes along the path, or anywhere.")
    ] = "path"
    grid: Annotated[int, Meta(ge=5, le=201, description="Places of the map in each direction.")] = 41
    rows: Annotated[int, Meta(ge=2, le=10_000, description="How often the path is recorded.")] = 200
    seed: Seed = 0


class Slice(NamedTuple):
    """A plane through the weights.

    Attributes:
        middle: The weights that it goes through, (weights,).
        directions: (2, weights).
        shown: The part of the path's variance that lies along them, 0..1.
    """

    middle: Numbers
    directions: Numbers
    shown: float

    def places(self, weights: Numbers) -> Numbers:
        """Return the places nearest to some weights (n, weights), (n, 2)."""
        away = (np.atleast_2d(weights) - self.middle).T
        return np.asarray(np.linalg.lstsq(self.directions.T, away, rcond=None)[0].T, np.float64)


def slice_of(path: Numbers, directions: Numbers | None = None) -> Slice:
    """Return the plane through the end of a path.

    Args:
        path: Weights, oldest first, (n, weights).
        directions: (2, weights); None for the principal components of the path.
    """
    components = PrincipalComponents(2)
    components.fit_transform(path)
    if directions is None:
        return Slice(path[-1], components.directions, float(components.shares.sum()))
    around = path - path.mean(axis=0)
    along = np.linalg.qr(directions.T)[0]
    return Slice(path[-1], directions, float(((around @ along) ** 2).sum() / max(float((around**2).sum()), 1e-300)))


def random_directions(model: Any, seed: int) -> Numbers:
    """Return two random directions, (2, weights), each row of each layer as long as the model's own, none along biases."""
    random = np.random.default_rng(seed)
    found: list[Numbers] = []
    for _ in range(2):
        parts: list[Numbers] = []
        for weight in model.parameters():
            values: Numbers = weight.detach().double().numpy()
            if values.ndim < 2:
                parts.append(np.zeros(values.size))
                continue
            rows: Numbers = values.reshape(len(values), -1)
            drawn = random.standard_normal(rows.shape)
            drawn *= np.linalg.norm(rows, axis=1, keepdims=True) / np.linalg.norm(drawn, axis=1, keepdims=True)
            parts.append(drawn.ravel())
        found.append(np.concatenate(parts))
    return np.stack(found)


def heights(model: Any, loss: Callable[[], Any], cut: Slice, places: Numbers) -> Numbers:
    """Return the loss at places of a slice, (n,); the model's weights are as before when it returns.

    Args:
        model: Any torch.nn.Module.
        loss: Gives the loss of the model as it is.
        cut: The slice, through the model's weights in the order of `model.parameters()`.
        places: (n, 2).
    """
    torch = load_torch()
    weights = list(model.parameters())
    flat = torch.nn.utils.parameters_to_vector(weights).detach().clone()
    found: list[float] = []
    with torch.no_grad():
        for at in cut.middle + places @ cut.directions:
            torch.nn.utils.vector_to_parameters(torch.from_numpy(at).to(flat.dtype), weights)
            found.append(float(loss()))
        torch.nn.utils.vector_to_parameters(flat, weights)
    return np.array(found)


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Train the network on its map and return the last loss over all points.

    Args:
        args: Points, network, training and slice.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from; the map is made again.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    points, labels = draw_points(args.shape, args.train, args.noise, args.seed)
    inputs, targets = torch.from_numpy(points).float(), torch.from_numpy(labels).float()
    over, shape = grid(args.shape)
    last = 0.0

    def begun() -> tuple[Any, Any]:
        model = decision_boundary.build(decision_boundary.Args(units=args.units, layers=args.layers, seed=args.seed))
        kinds = {"sgd": torch.optim.SGD, "momentum": torch.optim.SGD, "adam": torch.optim.Adam}
        more = {"momentum": 0.9} if args.optimizer == "momentum" else {}
        return model, kinds[args.optimizer](model.parameters(), lr=args.learning_rate, **more)

    def cost(model: Any, chosen: Any = slice(None)) -> Any:
        return torch.nn.functional.binary_cross_entropy_with_logits(model(inputs[chosen])[:, 0], targets[chosen])

    def flat(model: Any) -> Numbers:
        return torch.nn.utils.parameters_to_vector(model.parameters()).detach().double().numpy()

    def learning(model: Any, optimizer: Any) -> Callable[[int, np.random.Generator], dict[str, float]]:
        def learn(_step: int, random: np.random.Generator) -> dict[str, float]:
            optimizer.zero_grad()
            loss = cost(model, torch.from_numpy(random.integers(0, args.train, args.batch)))
            loss.backward()
            optimizer.step()
            return {"loss/batch": loss.item()}

        return learn

    scout, of_scout = begun()
    path: list[Numbers] = []
    with Recorder() as unseen:
        repeat(
            lambda _: path.append(flat(scout)) or {"step": 0.0}, learning(scout, of_scout), unseen,
            steps=args.steps, rows=args.rows, seed=args.seed, parts={},
        )  # fmt: skip
    cut = slice_of(np.stack(path), random_directions(scout, args.seed) if args.directions == "random" else None)
    left, right, bottom, top = window = _window(cut.places(np.stack(path)), args.directions)
    across, up = np.meshgrid(np.linspace(left, right, args.grid), np.linspace(bottom, top, args.grid))
    high = heights(scout, lambda: cost(scout), cut, np.column_stack((across.ravel(), up.ravel())))
    model, optimizer = begun()

    def look(step: int) -> dict[str, Any]:
        nonlocal last
        place = cut.places(flat(model))
        with torch.inference_mode():
            last = float(cost(model))
            said = model(torch.from_numpy(over))[:, 0].numpy().reshape(shape)
        row: dict[str, Any] = {"loss": last, "place": place[0], "field": said}
        row["loss/slice"] = float(heights(model, lambda: cost(model), cut, place)[0])
        if step == 0:
            row |= {
                "landscape": np.log10(np.maximum(high, LEAST)).reshape(args.grid, args.grid),
                "window": np.array(window), "shown": cut.shown, "inputs": points, "labels": labels,
            }  # fmt: skip
        return row

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        if step == 0:
            seen = f"{cut.shown:.0%} of where its {len(cut.middle)} weights will go can be seen in this plane"
            return "initialize", f"A network with random weights, its loss {small(row['loss'])}. {seen}."
        if step == args.steps:
            return "result", f"The loss is {small(row['loss'])}, by way of {args.steps} steps."
        return None

    repeat(
        look, learning(model, optimizer), recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"model": model, "optimizer": optimizer}, tell=tell, resume=resume,
    )  # fmt: skip
    return last


def _window(places: Numbers, directions: str) -> tuple[float, float, float, float]:
    """Return the part of the slice that is mapped: a square around the path, or the weights' own size around its end."""
    if directions == "random":
        return -1.0, 1.0, -1.0, 1.0
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2, max(float((high - low).max()), 1e-6) * (0.5 + ROOM)
    return (float(middle[0] - half), float(middle[0] + half), float(middle[1] - half), float(middle[1] + half))
