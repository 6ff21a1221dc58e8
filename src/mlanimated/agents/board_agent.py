"""An agent that plays a board game: what it thinks of a position, simulation by simulation, and how it does against others.

    four = agent("connect-four")
    thought = four.think(state)                     # policy, value, visits and the move
    play_out(ConnectFour(), four, random_player, generator)     # it is a `Player`
    for thought in four.thinking(state): ...        # the search, one simulation after the other

It plays in plain NumPy: PyTorch is not needed. Two files, a card and weights, as any agent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.agents.card import Card, Match
from mlanimated.errors import MlaError
from mlanimated.games.board_game import BoardGame, Player, random_player
from mlanimated.games.minimax import Minimax
from mlanimated.learn.board_network import BoardNetwork
from mlanimated.learn.many_boards import Bits, many
from mlanimated.learn.self_play_games import careful_moves, play_many, random_moves
from mlanimated.learn.tree_search import UNKNOWN, Found, Tree, search

__all__ = ["BoardAgent", "Opponent", "Thought", "opponent_player"]

Opponent = Literal["random", "careful", "minimax"]
"""Random moves; one that wins at once where it can and blocks where it must; minimax, to the end or four moves ahead."""


class Thought(NamedTuple):
    """What an agent thinks of a position.

    Attributes:
        move: The move to make.
        policy: Chance of each move, float32 (moves,); 0 of what is not legal or a proven mistake.
        value: From −1, a loss of whoever moves, to 1, a win.
        proof: 1, 0 or −1 where the search has proven how the game ends; None else.
        visits: Simulations of each move, float32 (moves,).
        q: Value of each move, float32 (moves,); not a number where nothing is known of it.
    """

    move: int
    policy: NDArray[np.float32]
    value: float
    proof: int | None
    visits: NDArray[np.float32]
    q: NDArray[np.float32]


@dataclass(frozen=True)
class BoardAgent:
    """A trained player of a board game; called with a game, a position and a generator it is a `Player`.

    Attributes:
        card: What it plays, how it was trained, what it reaches.
        network: Its network.
        simulations: How far it thinks about each move; 0 asks the network alone.
    """

    card: Card
    network: BoardNetwork
    simulations: int = 400

    @property
    def game(self) -> BoardGame[Any]:
        """The rules of its game."""
        return self.network.rules.game

    def __call__(self, game: BoardGame[Any], state: Any, random: np.random.Generator) -> int:
        """Return its move; nothing is drawn.

        Raises:
            MlaError: It is another game, or the game is over.
        """
        del random
        if game.name != self.game.name:
            raise MlaError(f"This agent plays {self.game.name}, not {game.name}.")
        return self.think(state).move

    def think(self, state: Any, simulations: int | None = None) -> Thought:
        """Return what it thinks of a position.

        Args:
            state: A position of its game.
            simulations: In place of its own number.

        Raises:
            MlaError: The game is over.
        """
        number = self.simulations if simulations is None else simulations
        return _thought(search(self.network.rules, self.network, self._root(state), number))

    def thinking(self, state: Any, simulations: int | None = None) -> Iterator[Thought]:
        """Yield what it thinks before the first simulation and after each one, to the last or to a proof.

        The arguments are those of `think`.
        """
        number = self.simulations if simulations is None else simulations
        tree = Tree(self.network.rules, self.network, self._root(state), number)
        yield _thought(tree.found())
        for _ in range(number):
            if tree.proof[0] != UNKNOWN:
                return
            tree.simulate()
            yield _thought(tree.found())

    def moves(self, boards: Bits) -> NDArray[np.intp]:
        """Return its move in each of many positions, uint64 (n, 2) as `many_boards` has them."""
        parts = [boards[at : at + SIDE_BY_SIDE] for at in range(0, len(boards), SIDE_BY_SIDE)]
        return np.concatenate([search(self.network.rules, self.network, part, self.simulations).move for part in parts])

    def match(self, opponent: Opponent, games: int = 100, *, seat: Literal[1, -1] = 1, seed: int = 0) -> Match:
        """Play games against an opponent and return how they ended.

        Args:
            opponent: Against whom.
            games: How many.
            seat: 1 moves first, −1 second.
            seed: Draws the opponent's moves; it has none itself.
        """
        rules, random = self.network.rules, np.random.default_rng(seed)

        def other(boards: Bits) -> NDArray[np.intp]:
            if opponent == "minimax":
                return np.array([strong(self.game, rules.state(board), random) for board in boards])
            return (careful_moves if opponent == "careful" else random_moves)(rules, boards, random)

        strong = opponent_player(self.game, "minimax")
        players = (self.moves, other) if seat == 1 else (other, self.moves)
        ends = (play_many(rules, *players, games) * seat).tolist()
        won, drawn, lost = ends.count(1), ends.count(0), ends.count(-1)
        return Match(
            opponent=opponent,
            seat="first" if seat == 1 else "second",
            simulations=self.simulations,
            games=games,
            won=won,
            drawn=drawn,
            lost=lost,
            seed=seed,
        )

    def _root(self, state: Any) -> Bits:
        if self.game.result(state) is not None:
            raise MlaError(f"{self.game.name}: the game is over; there is nothing to think about.")
        return self.network.rules.boards([state])


def opponent_player(game: BoardGame[Any], opponent: Opponent) -> Player:
    """Return an opponent that plays one game at a time."""
    if opponent == "minimax":
        return Minimax() if game.moves == 9 else Minimax(4)
    if opponent == "random":
        return random_player
    rules = many(game.name.lower().replace(" ", "-"))

    def careful(game: BoardGame[Any], state: Any, random: np.random.Generator) -> int:
        del game
        return int(careful_moves(rules, rules.boards([state]), random)[0])

    return careful


SIDE_BY_SIDE = 256
"""Positions that are thought about in step; more would not be faster."""


def _thought(found: Found) -> Thought:
    proof = int(found.proof[0])
    return Thought(
        int(found.move[0]),
        found.policy[0],
        float(found.value[0]),
        None if proof == UNKNOWN else proof,
        found.visits[0],
        found.q[0],
    )
