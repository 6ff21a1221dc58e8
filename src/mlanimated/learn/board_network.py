"""Network of a board game's player: from a position to a policy and a value. Plain NumPy plays; the same arithmetic in PyTorch learns.

network = BoardNetwork.fresh(many("connect-four"), width=512, blocks=2, seed=0)
logits, value = network(boards)                 # (n, moves), (n,): −1 to 1, for whoever moves

h = relu(x W + b), then for each block h + relu(h W + b), then one linear layer to the logits of all moves and the logit of a win.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.learn.many_boards import Bits, ManyBoards

__all__ = ["BoardNetwork", "Weights", "forward", "fresh"]

Floats = NDArray[np.float32]
Weights = dict[str, Floats]
"""`0/weight` (in, out), `0/bias` (out,), `1/weight` and so on; the last layer gives logits and value."""


@dataclass(frozen=True)
class BoardNetwork:
    """A policy and a value for every position; an `Evaluate`, as tree search asks for.

    Attributes:
        rules: The game.
        weights: By name, float32.
    """

    rules: ManyBoards
    weights: Weights

    def __post_init__(self) -> None:
        shapes = {name: value.shape for name, value in self.weights.items()}
        depth = len(shapes) // 2
        ends = self.rules.features, self.rules.game.moves + 1
        wanted = {f"{layer}/{part}" for layer in range(depth) for part in ("weight", "bias")}
        if depth < 2 or set(shapes) != wanted or (shapes["0/weight"][0], shapes[f"{depth - 1}/weight"][1]) != ends:
            raise MlaError(f"These are no weights of a network for {self.rules.game.name}.")

    def __call__(self, boards: Bits) -> tuple[Floats, Floats]:
        """Return the logits of every move, (n, moves), and the value for whoever moves, (n,), −1 to 1."""
        said = forward(self.weights, self.rules.inputs(boards), _linear, _relu)
        return said[:, :-1], np.tanh(said[:, -1] / 2)


def fresh(features: int, moves: int, width: int, blocks: int, seed: int) -> Weights:
    """Return first weights: Gaussian, of the size that keeps activations' size (He et al. 2015); the last layer small."""
    random = np.random.default_rng(seed)
    sizes = [features, *[width] * (blocks + 1), moves + 1]
    weights: Weights = {}
    for layer, (before, after) in enumerate(pairwise(sizes)):
        gain = 0.01 if layer == blocks + 1 else np.sqrt(2 / before)
        weights[f"{layer}/weight"] = (random.standard_normal((before, after)) * gain).astype(np.float32)
        weights[f"{layer}/bias"] = np.zeros(after, np.float32)
    return weights


def forward(
    weights: Mapping[str, Any],
    inputs: Any,
    linear: Callable[[Any, Any, Any], Any],
    relu: Callable[[Any], Any],
) -> Any:
    """Return logits of the moves and of a win, (n, moves + 1), in whichever library the arguments are of.

    Args:
        weights: By name.
        inputs: (n, features).
        linear: x, weight, bias → x weight + bias.
        relu: May change its argument.
    """
    last = len(weights) // 2 - 1
    hidden = relu(linear(inputs, weights["0/weight"], weights["0/bias"]))
    for layer in range(1, last):
        hidden = hidden + relu(linear(hidden, weights[f"{layer}/weight"], weights[f"{layer}/bias"]))
    return linear(hidden, weights[f"{last}/weight"], weights[f"{last}/bias"])


def _linear(inputs: Floats, weight: Floats, bias: Floats) -> Floats:
    product = inputs @ weight
    product += bias
    return product


def _relu(values: Floats) -> Floats:
    return np.maximum(values, 0, out=values)
