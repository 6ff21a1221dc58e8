"""Two critics in one: each says what an action is worth in a state; the lower of the two is believed (PyTorch).

Two networks that learn alike err apart, so that their minimum promises too much more rarely (Fujimoto, van Hoof and Meger 2018). Their
layers are multiplied together, (2, n, units), which takes half as many calls as two networks; each layer's sums are normalized before
the activation, with no weights of its own (Ba, Kiros and Hinton 2016), which keeps values from running away.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlanimated.learn.frameworks import load_torch

__all__ = ["TwinCritics"]


class TwinCritics:
    """Q of a state and an action, twice.

    Args:
        observation: Numbers of a state.
        action: Numbers of an action.
        units: Units of each of the two layers.
        seed: Draws the weights: uniform, as wide as one over the root of a layer's inputs.
        device: "cpu" or "cuda".
    """

    def __init__(self, observation: int, action: int, units: int = 256, *, seed: int = 0, device: str = "cpu") -> None:
        torch = load_torch()
        random = torch.Generator().manual_seed(seed)
        self.weights: list[Any] = []
        self.biases: list[Any] = []
        sizes = (observation + action, units, units, 1)
        for inputs, outputs in itertools.pairwise(sizes):
            width = 1.0 / math.sqrt(inputs)
            drawn = (torch.rand(2, inputs, outputs, generator=random) * 2.0 - 1.0) * width
            self.weights.append(drawn.to(device).requires_grad_())
            self.biases.append(torch.zeros(2, 1, outputs, device=device, requires_grad=True))

    def __call__(self, observation: Any, action: Any, *, fixed: bool = False) -> Any:
        """Return what both say, (2, n).

        Args:
            observation: (n, numbers).
            action: (n, numbers), between -1 and 1.
            fixed: No gradient is kept for the weights, only for the action.
        """
        torch = load_torch()
        seen = torch.cat([observation, action], 1)
        seen = seen.expand(2, *seen.shape)
        layers = [
            (weight.detach(), bias.detach()) if fixed else (weight, bias)
            for weight, bias in zip(self.weights, self.biases, strict=True)
        ]
        for weight, bias in layers[:-1]:
            seen = torch.baddbmm(bias, seen, weight)
            seen = torch.relu(torch.nn.functional.layer_norm(seen, seen.shape[-1:]))
        weight, bias = layers[-1]
        with torch.autocast(seen.device.type, enabled=False):  # bfloat16's eight bits cannot tell like values apart
            return torch.baddbmm(bias, seen.float(), weight)[..., 0]

    def parameters(self) -> list[Any]:
        """Return the weights and biases that are learned."""
        return [*self.weights, *self.biases]

    def follow(self, other: TwinCritics, share: float) -> None:
        """Move each weight by a share of the way to those of others (Lillicrap et al. 2016: a soft target)."""
        torch = load_torch()
        with torch.no_grad():
            torch._foreach_lerp_(self.parameters(), other.parameters(), share)

    def state(self) -> dict[str, np.ndarray]:
        """Return a copy of all weights and biases by name."""
        return {str(at): one.detach().cpu().numpy().copy() for at, one in enumerate(self.parameters())}

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` returned."""
        torch = load_torch()
        with torch.no_grad():
            for at, one in enumerate(self.parameters()):
                one.copy_(torch.from_numpy(np.array(state[str(at)], np.float32)))
