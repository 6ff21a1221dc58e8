"""The oracle of Connect Four is itself checked: against plain minimax, by symmetry, and on published values."""

from __future__ import annotations

import numpy as np
import pytest
from connect_four_answers import COUNT, LENGTHS, answers, keeps, positions, randomly
from connect_four_solver import CELLS, ILLEGAL, Solver, position

from mlanimated.games.connect_four import ConnectFour, State

GAME = ConnectFour()


@pytest.fixture(scope="module")
def solver() -> Solver:
    return Solver((1 << 18) + 3)


def plain(state: State) -> int:
    """The score by minimax over the rules of the game alone, every move of every game."""
    result = GAME.result(state)
    left = CELLS - state.filled.bit_count()
    if result is not None:
        return -(left // 2 + 1) if result else 0  # whoever moved last has won
    return max(-plain(GAME.play(state, move)) for move in GAME.legal(state))


def some(length: int, count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    found: list[str] = []
    while len(found) < count:
        found += [played] if (played := randomly(length, random)) else []
    return found


def test_late_positions_are_worth_what_plain_minimax_says(solver: Solver) -> None:
    seen = set()
    for length in (31, 33, 35, 37, 39, 41):
        for played in some(length, 4, length):
            scores = solver.scores(played)
            state = GAME.after(int(digit) - 1 for digit in played)
            assert tuple(state) == position(played)
            legal = GAME.legal(state)
            assert [column for column, score in enumerate(scores) if score != ILLEGAL] == list(legal)
            for move in legal:
                assert scores[move] == -plain(GAME.play(state, move))
                seen.add(int(np.sign(scores[move])))
    assert seen == {-1, 0, 1}


def test_mirrored_positions_have_mirrored_scores_and_weak_ones_their_signs(solver: Solver) -> None:
    for played in [*some(22, 6, 1), *some(27, 6, 2)]:
        scores = solver.scores(played)
        mirrored = "".join(str(8 - int(digit)) for digit in played)
        assert solver.scores(mirrored) == scores[::-1]
        weak = solver.scores(played, weak=True)
        assert weak == [score if score == ILLEGAL else int(np.sign(score)) for score in scores]


PUBLISHED = {
    "2252576253462244111563365343671351441": -1,
    "7422341735647741166133573473242566": 1,
    "23163416124767223154467471272416755633": 0,
    "65214673556155731566316327373221417": -1,
}
"""The first four positions of the easy end games that Pascal Pons's solver is tested with (blog.gamesolver.org)."""


def test_published_positions(solver: Solver) -> None:
    assert {played: solver.score(*position(played)) for played in PUBLISHED} == PUBLISHED


def test_the_empty_board() -> None:
    """The first player wins with its very last disc (Allis, 1988; Tromp, 1995)."""
    assert answers()[""] == [-2, -1, 0, 1, 0, -1, -2]


@pytest.mark.slow
def test_the_answers_are_those_of_these_positions() -> None:
    known = answers()
    assert set(known) - {""} == set(positions())
    assert len(set(known) - {""}) == COUNT
    lengths = [len(played) for played in known if played]
    assert {lengths.count(length) for length in LENGTHS} == {COUNT // len(LENGTHS), COUNT // len(LENGTHS) + 1}
    assert all(len(scores) == 7 for scores in known.values())
    assert all(
        (score is None) == (f"{column}" in full(played))
        for played, scores in known.items()
        for column, score in enumerate(scores, 1)
    )


def test_what_keeps_the_value() -> None:
    won, drawn, lost = [-3, 2, None, 9, 0], [-1, 0, None, -4, 0], [-3, -2, None, -9]
    assert [move for move in range(5) if keeps(won, move)] == [1, 3]
    assert [move for move in range(5) if keeps(drawn, move)] == [1, 4]
    assert [move for move in range(4) if keeps(lost, move)] == [0, 1, 3]


def full(played: str) -> str:
    return "".join(str(column) for column in range(1, 8) if played.count(str(column)) == 6)


@pytest.mark.parametrize("length", [30, 26, 23])
def test_the_answers_can_be_had_again(solver: Solver, length: int) -> None:
    for played, scores in answers().items():
        if len(played) == length:
            assert [None if score == ILLEGAL else score for score in solver.scores(played)] == scores


@pytest.mark.slow
def test_all_answers_of_later_positions_can_be_had_again() -> None:
    solver = Solver()
    for played, scores in answers().items():
        if len(played) >= 20:
            assert [None if score == ILLEGAL else score for score in solver.scores(played)] == scores
