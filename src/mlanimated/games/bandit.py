"""Bandit: a machine with ten arms; each pays around a mean of its own that nobody knows, and that may drift.

    bandits = Bandits.drawn(2000, 10, random)       # 2000 machines, played side by side
    rewards = bandits.pull(arms, random)            # one arm of each
    bandits = bandits.drifted(random)               # the means a step later; the same where they do not drift

The testbed is that of Sutton and Barto (Reinforcement Learning, 2nd edition, section 2.3): means from a normal distribution
of deviation 1, rewards around them of deviation 1; drifting means (exercise 2.5) all begin at 0 and walk at random.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = ["Bandits"]


@dataclass(frozen=True, eq=False)
class Bandits:
    """Machines side by side, n of them with k arms each; one machine has n = 1.

    Attributes:
        means: What each arm pays on average, float64 (n, k); not to be written to.
        spread: Standard deviation of a reward around its mean.
        drift: Standard deviation of what is added to each mean at each step; 0 keeps them.

    Raises:
        MlaError: There are not two arms at least, or a deviation is negative.
    """

    means: NDArray[np.float64]
    spread: float = 1.0
    drift: float = 0.0

    def __post_init__(self) -> None:
        means = np.array(self.means, dtype=np.float64)
        if means.ndim != 2 or means.shape[0] < 1 or means.shape[1] < 2:
            raise MlaError(f"Bandits: means have the shape {means.shape}; give (machines, arms), two arms at least.")
        if not np.isfinite(means).all():
            raise MlaError("Bandits: means are finite numbers.")
        if not (self.spread >= 0 and self.drift >= 0):
            raise MlaError(f"Bandits: spread is {self.spread} and drift {self.drift}; neither is negative.")
        means.setflags(write=False)
        object.__setattr__(self, "means", means)

    @classmethod
    def drawn(
        cls, machines: int, arms: int, random: np.random.Generator, *, spread: float = 1.0, drift: float = 0.0
    ) -> Bandits:
        """Return the testbed: means of deviation 1 around 0; where they will drift, all begin at 0."""
        if machines < 1 or arms < 2:
            raise MlaError(
                f"Bandits: {machines} machines with {arms} arms; there is one machine at least, with two arms."
            )
        means = np.zeros((machines, arms)) if drift else random.standard_normal((machines, arms))
        return cls(means, spread, drift)

    @property
    def machines(self) -> int:
        """How many machines there are, n."""
        return self.means.shape[0]

    @property
    def arms(self) -> int:
        """How many arms each has, k."""
        return self.means.shape[1]

    @property
    def best(self) -> NDArray[np.int64]:
        """The arm with the highest mean of each machine, the first of equals, int64 (n,)."""
        return self.means.argmax(axis=1)

    def legal(self) -> tuple[int, ...]:
        """Return the arms."""
        return tuple(range(self.arms))

    def pull(self, arms: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float64]:
        """Pull one arm of each machine and return the rewards, float64 (n,).

        Args:
            arms: int64 (n,), 0 to k - 1.
            random: Draws one normal number for each machine, in order; machine i of n pays `means[i, arms[i]] + spread * z[i]`.

        Raises:
            MlaError: There is not one arm for each machine, or no such arm.
        """
        arms = np.asarray(arms)
        if arms.shape != (self.machines,):
            raise MlaError(f"Bandits: {arms.size} arms are pulled on {self.machines} machines; pull one of each.")
        if arms.dtype.kind not in "iu" or arms.min() < 0 or arms.max() >= self.arms:
            raise MlaError(f"Bandits: arms are whole numbers, 0 to {self.arms - 1}.")
        paid = self.means[np.arange(self.machines), arms]
        return paid + self.spread * random.standard_normal(self.machines)

    def drifted(self, random: np.random.Generator) -> Bandits:
        """Return the machines a step later. Nothing is drawn, and the same machines return, where they do not drift."""
        if not self.drift:
            return self
        return dataclasses.replace(self, means=self.means + self.drift * random.standard_normal(self.means.shape))
