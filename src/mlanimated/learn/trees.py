"""Trees: one decision tree, a random forest, and boosting, by scikit-learn, learn the same two classes in the plane.

A tree asks one question after another, each of one coordinate. A forest (L. Breiman, 2001) lets many trees vote, each grown from
other points drawn with replacement. Boosting (J. Friedman, 2001) adds small trees, each of which mends what those before it left wrong.

One step is one question of the tree (leaves are added where they help most), one tree of the forest, one tree of boosting. Recorded:
`field` (rows, columns), the probability of class 1 over `data.plane.window`; `train/accuracy` and `test/accuracy`; at step 0
`inputs` (n, 2) and `labels` (n,). Step 0 is before the first tree: all places have the share of class 1 among the points.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.plane import PlaneName, draw_points, grid
from mlanimated.errors import MissingExtra
from mlanimated.learn.accuracy import Accuracy
from mlanimated.trace import Recorder

__all__ = ["ACROSS", "Args", "train"]

Places = NDArray[np.float32]

ACROSS = 90


class Args(Struct, frozen=True, kw_only=True):
    """Points, and what grows."""

    kind: Annotated[Literal["tree", "forest", "boosting"], Meta(description="What learns.")] = "tree"
    shape: Annotated[PlaneName, Meta(description="How the points lie.")] = "moons"
    train: Annotated[int, Meta(ge=4, le=10_000, description="Points to learn from.")] = 150
    test: Annotated[int, Meta(ge=4, le=10_000, description="Points to test with.")] = 2000
    noise: Annotated[float, Meta(ge=0, le=2, description="Standard deviation of the noise in each coordinate.")] = 0.35
    steps: Annotated[int, Meta(ge=1, le=1000, description="Questions, or trees.")] = 60
    depth: Annotated[int, Meta(ge=1, le=20, description="Of each tree of boosting.")] = 2
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Part of each tree that boosting adds.")] = 0.2
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws the points, and what each tree sees.")] = 0


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> Accuracy:
    """Let it grow and return how it does on points that it has not learned from.

    Args:
        args: Points, and what grows.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from: what was grown by then is grown anew, which is quick and exact.

    Raises:
        MissingExtra: scikit-learn is not installed.
        Stopped: Someone who watches asked for it.
    """
    points, labels = draw_points(args.shape, args.train, args.noise, args.seed)
    others, other_labels = draw_points(args.shape, args.test, args.noise, 2**31 + args.seed)
    places, shape = grid(args.shape, ACROSS)
    asked = np.concatenate((points, others, places))
    first = int(resume["step"]) if resume else 0
    right = Accuracy(0, args.test)
    for step, said in enumerate(_said(args, points, labels, asked)):
        learned, tested, field = np.split(said, [args.train, args.train + args.test])
        right = Accuracy(int(((tested > 0.5) == other_labels).sum()), args.test)
        if step >= first:
            row: dict[str, Any] = {
                "field": field.reshape(shape).astype(np.float32),
                "train/accuracy": float(((learned > 0.5) == labels).mean()),
                "test/accuracy": right.share,
            }
            if step == 0:
                row |= {"inputs": points, "labels": labels}
            recorder.log(row, step=step)
            _tell(args, recorder, step, row)
        recorder.tick(step, state=lambda step=step: {"step": step})
    return right


def _said(args: Args, points: Places, labels: NDArray[np.int64], asked: Places) -> Iterator[NDArray[np.float64]]:
    """Yield the probability of class 1 at each place that is asked for, before the first step and after each."""
    yield np.full(len(asked), labels.mean())
    if args.kind == "forest":
        model = _ensemble("RandomForestClassifier", n_estimators=args.steps, random_state=args.seed)
        model.fit(points, labels)
        total = np.zeros(len(asked))
        for count, tree in enumerate(model.estimators_, start=1):
            total += tree.predict_proba(asked)[:, 1]
            yield total / count
    elif args.kind == "boosting":
        model = _ensemble(
            "GradientBoostingClassifier", n_estimators=args.steps, max_depth=args.depth,
            learning_rate=args.learning_rate, random_state=args.seed,
        )  # fmt: skip
        model.fit(points, labels)
        for said in model.staged_predict_proba(asked):
            yield said[:, 1]
    else:
        for leaves in range(2, args.steps + 2):
            tree = _library("tree").DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=args.seed)
            yield tree.fit(points, labels).predict_proba(asked)[:, 1]


def _tell(args: Args, recorder: Recorder, step: int, row: Mapping[str, Any]) -> None:
    """Record an event at the start, at the first step, and at the end."""
    learned, tested = row["train/accuracy"], row["test/accuracy"]
    if step == 0:
        share = float(row["field"][0, 0])
        recorder.event(
            "initialize", f"Before the first step every place has the same probability, {share:.2f}.", step=0
        )
    elif step == 1:
        word = {
            "tree": "One question",
            "forest": "One tree, grown from points drawn with replacement,",
            "boosting": f"One small tree, of which {args.learning_rate:g} counts,",
        }[args.kind]
        recorder.event(
            "first step", f"{word} puts {tested:.0%} of {args.test} points never seen on the right side.", step=1
        )
    if step == args.steps:
        told = f"{learned:.0%} of the points learned from are right, and {tested:.1%} of {args.test} never seen."
        recorder.event("result", told, step=step)


def _ensemble(name: str, **settings: Any) -> Any:
    return getattr(_library("ensemble"), name)(**settings)


def _library(part: str) -> Any:
    """Return a part of scikit-learn, untyped.

    Raises:
        MissingExtra: It is not installed.
    """
    try:
        return importlib.import_module(f"sklearn.{part}")
    except ModuleNotFoundError as error:
        raise MissingExtra("Trees and forests", "data") from error
