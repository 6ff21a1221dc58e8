"""Four ways to turn a gradient into a step: plain descent, momentum, RMSProp, Adam.

All change arrays in place and keep their memory in arrays of the same shapes, as the libraries do; with the same
settings they take the same steps as `torch.optim` (tested).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from mlanimated.errors import MlaError, did_you_mean

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Momentum", "Optimizer", "OptimizerName", "RMSProp", "optimizer"]

OptimizerName = Literal["sgd", "momentum", "rmsprop", "adam"]
Arrays = Sequence[np.ndarray]


class Optimizer(ABC):
    """Changes parameters by their gradients and remembers what it needs.

    Attributes:
        learning_rate: May be changed between steps.
        steps: Steps taken.
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.steps = 0
        self.memory: list[list[np.ndarray]] = []

    def step(self, parameters: Arrays, gradients: Arrays) -> None:
        """Change each parameter array in place by its gradient of the same shape."""
        if not self.memory:
            self.memory = [[np.zeros_like(p) for p in parameters] for _ in range(self.moments)]
        self.steps += 1
        for index, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            self.change(parameter, gradient, [moment[index] for moment in self.memory])

    moments: int = 0

    @abstractmethod
    def change(self, parameter: np.ndarray, gradient: np.ndarray, memory: list[np.ndarray]) -> None:
        """Change one array in place; `memory` holds as many arrays of its shape as the class says in `moments`."""

    def state(self) -> dict[str, Any]:
        """Return a copy of all that it remembers, for a checkpoint."""
        return {"steps": self.steps, "memory": [[array.copy() for array in moment] for moment in self.memory]}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.steps = int(state["steps"])
        self.memory = [[np.array(array) for array in moment] for moment in state["memory"]]


class SGD(Optimizer):
    """A step straight down the slope: θ ← θ − η g."""

    def change(self, parameter: np.ndarray, gradient: np.ndarray, memory: list[np.ndarray]) -> None:
        """Take η times the gradient off."""
        del memory
        parameter -= self.learning_rate * gradient


class Momentum(Optimizer):
    """A ball that keeps rolling: v ← μ v + g, θ ← θ − η v (B. T. Polyak, 1964)."""

    moments = 1

    def __init__(self, learning_rate: float, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum

    def change(self, parameter: np.ndarray, gradient: np.ndarray, memory: list[np.ndarray]) -> None:
        """Let the velocity decay, add the gradient, move by it."""
        (velocity,) = memory
        velocity *= self.momentum
        velocity += gradient
        parameter -= self.learning_rate * velocity


class RMSProp(Optimizer):
    """Steps of like length in every direction: s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + ε) (G. Hinton, 2012)."""

    moments = 1

    def __init__(self, learning_rate: float, decay: float = 0.99, epsilon: float = 1e-8) -> None:
        super().__init__(learning_rate)
        self.decay, self.epsilon = decay, epsilon

    def change(self, parameter: np.ndarray, gradient: np.ndarray, memory: list[np.ndarray]) -> None:
        """Divide the gradient by the root of its mean square so far."""
        (square,) = memory
        square *= self.decay
        square += (1.0 - self.decay) * gradient * gradient
        parameter -= self.learning_rate * gradient / (np.sqrt(square) + self.epsilon)


class Adam(Optimizer):
    """Momentum and like lengths at once, both corrected for their start at zero (D. P. Kingma, J. Ba, 2014)."""

    moments = 2

    def __init__(
        self, learning_rate: float, momentum: float = 0.9, decay: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.momentum, self.decay, self.epsilon = momentum, decay, epsilon

    def change(self, parameter: np.ndarray, gradient: np.ndarray, memory: list[np.ndarray]) -> None:
        """Update mean and mean square of the gradient, move by the one over the root of the other."""
        mean, square = memory
        mean *= self.momentum
        mean += (1.0 - self.momentum) * gradient
        square *= self.decay
        square += (1.0 - self.decay) * gradient * gradient
        rate = self.learning_rate / (1.0 - self.momentum**self.steps)
        root = math.sqrt(1.0 - self.decay**self.steps)
        parameter -= rate * mean / (np.sqrt(square) / root + self.epsilon)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "momentum": Momentum, "rmsprop": RMSProp, "adam": Adam}


def optimizer(name: str, learning_rate: float) -> Optimizer:
    """Return a new optimizer of that name with its usual settings.

    Raises:
        MlaError: There is none of that name.
    """
    if name not in OPTIMIZERS:
        raise MlaError(f"There is no optimizer {name!r}.{did_you_mean(name, OPTIMIZERS)}")
    return OPTIMIZERS[name](learning_rate)
