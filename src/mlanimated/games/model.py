"""Model: what can follow each action in each state of a game with few states, as plain arrays.

Dynamic programming reads the whole model, temporal difference takes one `Step` at a time, and both are told the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError

__all__ = ["Model", "Outcome", "Step", "TabularGame", "model_of"]


class Outcome(NamedTuple):
    """One thing that can follow an action.

    Attributes:
        probability: How likely it is, 0..1; the outcomes of an action sum to 1.
        state: The state that follows.
        reward: The reward on the way there.
        terminated: The game is over: no value follows.
        truncated: An episode ends here although the task goes on from `state`: its value counts, but traces must be cut.
    """

    probability: float
    state: int
    reward: float
    terminated: bool = False
    truncated: bool = False


class Step(NamedTuple):
    """What did follow an action. The two flags mean what they mean in Gymnasium, and in `Outcome`."""

    state: int
    reward: float
    terminated: bool = False
    truncated: bool = False


class TabularGame(Protocol):
    """A game whose states and actions are numbers from 0."""

    @property
    def states(self) -> int:
        """How many states there are."""
        ...

    @property
    def actions(self) -> int:
        """How many actions there are; not all need be legal in each state."""
        ...

    @property
    def start(self) -> int:
        """The state in which a game begins."""
        ...

    def legal(self, state: int) -> tuple[int, ...]:
        """Return the actions that may be taken in a state; none where the game is over."""
        ...

    def outcomes(self, state: int, action: int) -> tuple[Outcome, ...]:
        """Return everything that can follow an action."""
        ...

    def step(self, state: int, action: int, random: np.random.Generator) -> Step:
        """Take an action and return what follows."""
        ...


class Model(NamedTuple):
    """What can follow, for S states, A actions and up to K outcomes of each.

    Attributes:
        legal: bool (S, A).
        probabilities: float64 (S, A, K); 0 where there are fewer outcomes, and where an action is not legal.
        next_states: int64 (S, A, K).
        rewards: float64 (S, A, K).
        terminated: bool (S, A, K).
        truncated: bool (S, A, K).
    """

    legal: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    next_states: NDArray[np.int64]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]

    def transitions(self) -> NDArray[np.float64]:
        """Return the chance of coming from s to t by a as float64 (S, A, S), whatever ends there."""
        states, actions, _ = self.probabilities.shape
        dense = np.zeros((states, actions, states))
        s, a, k = np.nonzero(self.probabilities)
        np.add.at(dense, (s, a, self.next_states[s, a, k]), self.probabilities[s, a, k])
        return dense

    def expected_rewards(self) -> NDArray[np.float64]:
        """Return the mean reward of each action in each state as float64 (S, A)."""
        return (self.probabilities * self.rewards).sum(axis=2)

    def step_many(
        self, states: NDArray[np.int64], actions: NDArray[np.int64], random: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Take one action in each of n games at once.

        Args:
            states: int64 (n,).
            actions: int64 (n,), each legal in its state.
            random: Draws one number for each game.

        Returns:
            The next states, the rewards, terminated and truncated, each (n,).

        Raises:
            MlaError: An action is not legal in its state, or the game is over there.
        """
        allowed = self.legal[states, actions]
        if not allowed.all():
            wrong = int(np.argmin(allowed))
            raise MlaError(
                f"Game {wrong}: action {int(actions[wrong])} is not legal in state {int(states[wrong])};"
                f" legal: {_listed(np.flatnonzero(self.legal[states[wrong]]).tolist())}."
            )
        chances = self.probabilities[states, actions].cumsum(axis=1)
        # The last outcome takes what rounding leaves of 1.
        chosen = (random.random(len(states))[:, None] >= chances[:, :-1]).sum(axis=1)
        at = (states, actions, chosen)
        return self.next_states[at], self.rewards[at], self.terminated[at], self.truncated[at]


def model_of(game: TabularGame) -> Model:
    """Return the model of a game, read from its outcomes."""
    table = {
        (state, action): game.outcomes(state, action) for state in range(game.states) for action in game.legal(state)
    }
    shape = (game.states, game.actions, max(map(len, table.values()), default=1))
    model = Model(
        np.zeros(shape[:2], np.bool_),
        np.zeros(shape),
        np.zeros(shape, np.int64),
        np.zeros(shape),
        np.zeros(shape, np.bool_),
        np.zeros(shape, np.bool_),
    )
    for (state, action), outcomes in table.items():
        model.legal[state, action] = True
        _fill(model, state, action, outcomes)
    for part in model:
        part.setflags(write=False)
    return model


def _fill(model: Model, state: int, action: int, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes of one action into the arrays."""
    for index, outcome in enumerate(outcomes):
        at = (state, action, index)
        model.probabilities[at], model.next_states[at], model.rewards[at] = outcome[:3]
        model.terminated[at], model.truncated[at] = outcome[3:]


def _listed(actions: Sequence[int]) -> str:
    return ", ".join(map(str, actions)) or "none, the game is over"
