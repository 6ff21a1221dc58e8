"""Tree search: against a plain search of the same rules one position at a time, and its proofs against perfect players."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from connect_four_answers import answers, keeps
from test_many_boards import positions

from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.minimax import Minimax
from mlanimated.learn.many_boards import Bits, ManyBoards, many
from mlanimated.learn.tree_search import CAUTION, EXPLORATION, FEWEST, ILLEGAL, TRUST, UNKNOWN, Tree, search


def noise(moves: int) -> Any:
    """A network whose answers look random, and are the same for the same position."""

    def evaluate(boards: Bits) -> tuple[Any, Any]:
        found = [np.random.default_rng(board.tolist()).standard_normal(moves + 1) for board in boards]
        said = np.array(found, np.float32)
        return said[:, :-1], np.tanh(said[:, -1])

    return evaluate


def blank(moves: int) -> Any:
    """A network that knows nothing."""

    def evaluate(boards: Bits) -> tuple[Any, Any]:
        return np.zeros((len(boards), moves), np.float32), np.zeros(len(boards), np.float32)

    return evaluate


class Node:
    """A position of the plain search."""

    def __init__(self, rules: ManyBoards, evaluate: Any, state: Any) -> None:
        game = rules.game
        self.state, self.moves = state, game.legal(state)
        self.children: dict[int, Node] = {}
        self.visits = dict.fromkeys(self.moves, 0)
        self.total = dict.fromkeys(self.moves, 0.0)
        self.proven: dict[int, int] = {}
        for move in self.moves:
            result = game.result(game.play(state, move))
            if result is not None:
                self.proven[move] = abs(result)  # whoever moves last has won, if anybody has
        logits, value = evaluate(rules.boards([state]))
        self.logits = {move: float(logits[0, move]) for move in self.moves}
        top = max(self.logits.values())
        weights = {move: math.exp(self.logits[move] - top) for move in self.moves}
        self.prior = {move: weight / sum(weights.values()) for move, weight in weights.items()}
        self.value = float(value[0]) if self.proof is None else self.proof

    @property
    def proof(self) -> int | None:
        """What the position is proven to be worth."""
        if 1 in self.proven.values():
            return 1
        return max(self.proven.values()) if len(self.proven) == len(self.moves) else None

    def q(self, move: int) -> float:
        if move in self.proven:
            return self.proven[move]
        return self.total[move] / self.visits[move] if self.visits[move] else 0.0


def plan(candidates: int, simulations: int) -> list[int]:
    """The visits that a move must have, from the paper's words: all candidates in turn, then the better half."""
    rounds = max(1, math.ceil(math.log2(max(2, candidates))))
    found, visits, left = [], [0] * candidates, candidates
    while len(found) < simulations:
        for _ in range(max(1, simulations // (rounds * left))):
            for index in range(left):
                found.append(visits[index])
                visits[index] += 1
        left = max(2, left // 2) if candidates > 1 else 1
    return found[:simulations]


def plain_search(rules: ManyBoards, evaluate: Any, state: Any, simulations: int) -> Node:
    """The same search, one step after the other."""
    root = Node(rules, evaluate, state)
    planned = plan(len(root.moves), simulations)
    for number in range(simulations):
        if root.proof is not None:
            break
        node, way = root, []
        while True:
            if node is root:
                weight = TRUST * (FEWEST + max(root.visits.values()))
                score = {
                    move: root.logits[move] + weight * root.q(move) - 1e4 * (root.visits[move] != planned[number])
                    for move in root.moves
                    if move not in root.proven
                }
            else:
                wide = EXPLORATION * math.sqrt(sum(node.visits.values()) + 1)
                score = {
                    move: (node.q(move) if node.visits[move] or move in node.proven else node.value - CAUTION)
                    + wide * node.prior[move] / (1 + node.visits[move])
                    for move in node.moves
                    if node.proven.get(move, 0) == 0
                }
            move = max(score, key=lambda move: score[move])
            way.append((node, move))
            if move in node.proven:
                value: float = -node.proven[move]
                proof = None
                break
            if move not in node.children:
                node.children[move] = Node(rules, evaluate, rules.game.play(node.state, move))
                value, proof = node.children[move].value, node.children[move].proof
                break
            node = node.children[move]
        for node, move in reversed(way):
            value = -value
            if proof is not None:
                node.proven[move] = -proof
                proof = node.proof
                value = value if proof is None else proof
            node.visits[move] += 1
            node.total[move] += value
    return root


@pytest.mark.parametrize("name", ["tic-tac-toe", "connect-four"])
def test_it_does_what_a_plain_search_does(name: str) -> None:
    rules, evaluate = many(name), noise(many(name).game.moves)
    states = positions(rules, 6)[::3]
    found = search(rules, evaluate, rules.boards(states), 60)
    proofs = 0
    for index, state in enumerate(states):
        root = plain_search(rules, evaluate, state, 60)
        assert [found.visits[index, move] for move in root.moves] == list(root.visits.values())
        assert (UNKNOWN if root.proof is None else root.proof) == found.proof[index]
        for move in root.moves:
            assert found.proven[index, move] == root.proven.get(move, UNKNOWN)
            if root.visits[move]:
                assert found.q[index, move] == pytest.approx(root.q(move), abs=1e-5)
        proofs += root.proof is not None
    assert 0 < proofs < len(states)


def test_positions_searched_together_are_searched_as_each_alone() -> None:
    rules, evaluate = many("connect-four"), noise(7)
    boards = rules.boards(positions(rules, 4)[::9])
    together = search(rules, evaluate, boards, 40)
    for index in range(len(boards)):
        alone = search(rules, evaluate, boards[index : index + 1], 40)
        for one, other in zip(together, alone, strict=True):
            assert np.array_equal(one[index], other[0], equal_nan=True)


def test_tic_tac_toe_is_proven_as_minimax_has_it() -> None:
    rules, perfect = many("tic-tac-toe"), Minimax()
    states = [state for state in set(positions(rules, 60)) if state.count(0) <= 5]
    found = search(rules, blank(9), rules.boards(states), 400)
    assert {-1, 0, 1} == set(found.proof.tolist())
    for index, state in enumerate(states):
        scores = perfect.scores(rules.game, state)
        assert found.proof[index] == found.value[index] == np.sign(max(scores.values()))
        assert np.sign(scores[int(found.move[index])]) == found.proof[index]


def test_proofs_in_connect_four_are_true() -> None:
    rules, game = many("connect-four"), ConnectFour()
    known = {played: scores for played, scores in answers().items() if len(played) >= 22}
    boards = rules.boards([game.after(int(digit) - 1 for digit in played) for played in known])
    found = search(rules, blank(7), boards, 150)
    proven = 0
    for index, scores in enumerate(known.values()):
        best = np.sign(max(score for score in scores if score is not None))
        for move, score in enumerate(scores):
            if abs(told := int(found.proven[index, move])) <= 1:
                assert told == np.sign(score)
            assert (told == ILLEGAL) == (score is None)
        if found.proof[index] != UNKNOWN:
            proven += 1
            assert found.proof[index] == best
            assert keeps(scores, int(found.move[index]))
    assert proven > len(known) / 3


def test_the_policy_leaves_proven_mistakes_out_and_prefers_what_is_worth_more() -> None:
    rules = many("connect-four")
    state = rules.game.after([3, 0, 3, 0, 3, 1])  # the first player wins in the middle column
    found = search(rules, noise(7), rules.boards([state]), 8)
    assert found.move[0] == 3
    assert found.policy[0].tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert (found.proof[0], found.value[0], found.visits[0].sum()) == (1, 1, 0)
    state = rules.game.after([3, 0, 3, 0, 3])  # the second must block
    found = search(rules, blank(7), rules.boards([state]), 20)
    assert found.move[0] == 3
    assert np.flatnonzero(found.policy[0]).tolist() == [3]
    open_board = search(rules, noise(7), rules.start(1), 64)
    assert open_board.policy[0].sum() == pytest.approx(1)
    assert open_board.visits[0].sum() == 64
    assert open_board.move[0] == np.argmax(open_board.visits[0] + open_board.policy[0])


def test_no_simulations_ask_the_network_alone() -> None:
    rules, evaluate = many("connect-four"), noise(7)
    boards = rules.start(1)
    found = search(rules, evaluate, boards, 0)
    logits, value = evaluate(boards)
    assert found.move[0] == logits[0].argmax()
    assert found.value[0] == pytest.approx(value[0])
    assert found.policy[0] == pytest.approx(np.exp(logits[0]) / np.exp(logits[0]).sum(), abs=1e-6)


def test_noise_draws_moves_by_their_improved_policy() -> None:
    """With one simulation for each move and values that do not differ, the moves are drawn as the prior has them."""
    rules = many("connect-four")
    logits = np.log(np.array([0.4, 0.3, 0.1, 0.1, 0.05, 0.03, 0.02], np.float32))

    def evaluate(boards: Bits) -> tuple[Any, Any]:
        return np.tile(logits, (len(boards), 1)), np.zeros(len(boards), np.float32)

    found = search(rules, evaluate, rules.start(4000), 14, np.random.default_rng(0))
    shares = np.bincount(found.move, minlength=7) / 4000
    assert shares == pytest.approx(np.exp(logits), abs=4 * 0.5 / math.sqrt(4000))


def test_the_search_can_be_watched() -> None:
    rules, evaluate = many("connect-four"), noise(7)
    tree = Tree(rules, evaluate, rules.start(1), 50)
    seen = []
    for _ in range(50):
        tree.simulate()
        seen.append(tree.found().visits[0].sum())
    assert seen == list(range(1, 51))
    whole = search(rules, evaluate, rules.start(1), 50)
    assert (tree.found().visits == whole.visits).all()
