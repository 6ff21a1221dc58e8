"""Eligibility traces: how much of each error every state-action pair takes, because it was visited not long ago.

A trace is 1 at the pair just visited and fades by γλ a step. A pair that is visited again begins anew ("replacing") or counts more
("accumulating"). Sutton and Barto, chapter 12. A trace belongs to one episode: `cut` ends it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Eligibility", "Kind"]

Kind = Literal["replacing", "accumulating"]


class Eligibility:
    """The traces of all pairs.

    Attributes:
        values: float64 (states, actions), 0 where a pair takes nothing.

    Args:
        shape: States and actions.
        kind: What a second visit does.
    """

    def __init__(self, shape: tuple[int, int], kind: Kind) -> None:
        self.values: NDArray[np.float64] = np.zeros(shape)
        self.kind = kind

    def visit(self, state: int, action: int) -> None:
        """Mark a pair as just visited."""
        self.values[state, action] = 1.0 if self.kind == "replacing" else self.values[state, action] + 1.0

    def fade(self, share: float) -> None:
        """Keep this share of every trace, γλ, for the next step."""
        self.values *= share

    def cut(self) -> None:
        """Forget all: the episode is over, or the player left the path that the values are about (Watkins)."""
        self.values.fill(0.0)
