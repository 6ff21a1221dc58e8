"""Players of board games that ship: never a loss in Tic Tac Toe, whatever is tried; what they think, and how they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from connect_four_answers import answers, keeps

from mlanimated.agents.agent import agent, save
from mlanimated.agents.board_agent import BoardAgent
from mlanimated.agents.hyperparameters import arguments_of, usual_learner
from mlanimated.agents.training import train
from mlanimated.errors import MlaError
from mlanimated.games.board_game import play_out, random_player
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.tic_tac_toe import TicTacToe

pytest.importorskip("safetensors")


def shipped(name: str, simulations: int) -> BoardAgent:
    found: Any = agent(name)
    assert isinstance(found, BoardAgent)
    return BoardAgent(found.card, found.network, simulations)


@pytest.mark.parametrize("seat", [1, -1])
@pytest.mark.parametrize("simulations", [0, 50])
def test_tic_tac_toe_is_never_lost_whatever_is_replied(seat: int, simulations: int) -> None:
    player, game = shipped("tic-tac-toe", simulations), TicTacToe()
    states, results = {game.start}, []
    while states:
        ends = {state for state in states if game.result(state) is not None}
        results += [(game.result(state) or 0) * seat for state in ends]
        going = sorted(states - ends)
        states = set()
        if going and game.player(going[0]) == seat:
            moves = player.moves(player.network.rules.boards(going)).tolist()
            states = {game.play(state, move) for state, move in zip(going, moves, strict=True)}
        else:
            states = {game.play(state, move) for state in going for move in game.legal(state)}
    assert -1 not in results
    assert {0, 1} <= set(results)
    assert len(results) > 40


def test_connect_four_wins_against_random_moves_from_both_seats() -> None:
    player = shipped("connect-four", 16)
    for seat in (1, -1):
        match = player.match("random", 60, seat=seat, seed=5)
        assert (match.won, match.drawn, match.lost) == (60, 0, 0)
        assert match.seat == {1: "first", -1: "second"}[seat]
        assert match.summary().endswith("60 won, 0 drawn, 0 lost of 60.")


def test_most_moves_of_connect_four_keep_what_a_position_is_worth() -> None:
    """With a small search, on a sixth of the positions; benchmarks/games.py has them all."""
    player, game = shipped("connect-four", 48), ConnectFour()
    known = [(played, scores) for played, scores in answers().items() if played][::6]
    boards = player.network.rules.boards([game.after(int(digit) - 1 for digit in played) for played, _ in known])
    moves = player.moves(boards).tolist()
    good = sum(keeps(scores, move) for (_, scores), move in zip(known, moves, strict=True))
    assert good / len(known) >= 0.95


@pytest.mark.slow
def test_connect_four_reaches_what_its_card_says() -> None:
    player, game = shipped("connect-four", 800), ConnectFour()
    known = {played: scores for played, scores in answers().items() if played}
    boards = player.network.rules.boards([game.after(int(digit) - 1 for digit in played) for played in known])
    moves = player.moves(boards).tolist()
    good = sum(keeps(scores, move) for scores, move in zip(known.values(), moves, strict=True))
    told = next(each for each in player.card.kept if each.simulations == 800)
    assert good == pytest.approx(told.kept, abs=3)  # the last bits of a sum differ from machine to machine
    assert good >= 970


def test_what_it_thinks() -> None:
    player, game = shipped("connect-four", 40), ConnectFour()
    state = game.after([3, 3, 2])
    thought = player.think(state)
    assert thought.move == int(player(game, state, np.random.default_rng(0))) in game.legal(state)
    assert thought.policy.sum() == pytest.approx(1, abs=1e-5)
    assert thought.visits.sum() == 40 or thought.proof is not None
    assert -1 <= thought.value <= 1
    steps = list(player.thinking(state))
    assert steps[0].visits.sum() == 0
    assert [step.visits.sum() for step in steps[1:]] == list(range(1, len(steps)))
    assert steps[-1].move == thought.move
    assert steps[-1].visits.tolist() == thought.visits.tolist()
    won = player.think(game.after([3, 0, 3, 0, 3, 0]))
    assert (won.move, won.proof, won.value) == (3, 1, 1.0)


def test_it_is_a_player_and_says_when_it_is_not() -> None:
    player = shipped("tic-tac-toe", 10)
    played = play_out(TicTacToe(), player, random_player, np.random.default_rng(0))
    assert played.result >= 0
    with pytest.raises(MlaError, match="plays Tic Tac Toe, not Connect Four"):
        player(ConnectFour(), ConnectFour().start, np.random.default_rng(0))
    with pytest.raises(MlaError, match="the game is over"):
        player.think(played.states[-1])


def test_a_training_by_name_leaves_a_player(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    small = {"steps": 256, "games": 32, "simulations": 4, "warm_up": 50, "width": 8, "batch": 32, "record_every": 128}
    made = train("tic-tac-toe", folder=tmp_path, **small)
    assert made is not None
    loaded: Any = agent(tmp_path / "tic-tac-toe-self-play-0")
    assert isinstance(loaded, BoardAgent)
    assert loaded.card == made.card
    boards = loaded.network.rules.start(1)
    for one, other in zip(loaded.network(boards), made.network(boards), strict=True):
        assert one == pytest.approx(other, abs=1e-2)  # float16
    with pytest.raises(MlaError, match="is there already"):
        train("Tic Tac Toe", folder=tmp_path, **small)


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    assert usual_learner("Connect Four") == "self-play"
    with pytest.raises(MlaError, match="self-play plays board games"):
        arguments_of("connect-four", "ppo", {})
    four, three = shipped("connect-four", 1), shipped("tic-tac-toe", 1)
    save(tmp_path / "mixed", four.card, three.network.weights)
    with pytest.raises(MlaError, match="holds no weights"):
        agent(tmp_path / "mixed")
