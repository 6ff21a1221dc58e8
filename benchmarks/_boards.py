"""What the players of board games reach, for `games.py`: Tic Tac Toe against every reply, Connect Four against a perfect solver.

    python benchmarks/games.py tic-tac-toe connect-four
    python benchmarks/_boards.py --ship runs/connect-four-self-play-0 connect-four    # measure it, and ship it

The 1,000 positions are those of `tests/games/connect_four_answers.json`: 8 to 30 random moves, every move's value known.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import mlanimated as mla
from mlanimated.agents.agent import SHIPPED, save
from mlanimated.agents.board_agent import BoardAgent
from mlanimated.agents.card import Card, Kept
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.tic_tac_toe import TicTacToe
from mlanimated.learn import outcome_prediction
from mlanimated.learn.board_network import BoardNetwork, fresh
from mlanimated.learn.outcome_boards import Boards
from mlanimated.learn.outcome_boards import match as played
from mlanimated.learn.tree_search import search
from mlanimated.trace import Recorder, Trace

__all__ = ["endings", "kept", "print_connect_four", "print_tic_tac_toe", "share"]

ANSWERS = Path(__file__).parents[1] / "tests/games/connect_four_answers.json"
MOST = 800
"""Simulations of a move at the most."""


def share(count: int, total: int) -> str:
    """Return a share with its 95% Wilson interval."""
    z, part = 1.96, count / total
    middle = (part + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(part * (1 - part) / total + z * z / (4 * total * total))
    return f"{count}/{total} = {100 * part:.1f}% [{100 * (middle - half):.1f}, {100 * min(1.0, middle + half):.1f}]"


def endings(choose: Callable[[list[Any]], list[int]], seat: int) -> tuple[int, int, int]:
    """Return in how many different ends of Tic Tac Toe a player has won, drawn and lost when every reply is tried.

    Args:
        choose: Its move in each of many positions.
        seat: 1 where it moves first, −1 where it moves second.
    """
    game = TicTacToe()
    states, ends = {game.start}, dict[Any, int]()
    for ply in range(9):
        going = sorted(states)
        moves = (
            [(move,) for move in choose(going)] if (ply % 2 == 0) == (seat == 1) and going else map(game.legal, going)
        )
        after = {game.play(state, move) for state, each in zip(going, moves, strict=True) for move in each}
        ends |= {state: result * seat for state in after if (result := game.result(state)) is not None}
        states = after - set(ends)
    results = list(ends.values())
    return results.count(1), results.count(0), results.count(-1)


def positions() -> tuple[list[Any], list[list[int | None]]]:
    """Return the 1,000 positions of Connect Four and the scores of their moves."""
    known = {played: scores for played, scores in json.loads(ANSWERS.read_text(encoding="utf-8")).items() if played}
    game = ConnectFour()
    return [game.after(int(digit) - 1 for digit in played) for played in known], list(known.values())


def kept(network: BoardNetwork, simulations: int) -> Kept:
    """Return how many of a player's moves keep what a position is worth."""
    states, answers = positions()
    boards = network.rules.boards(states)
    parts = [boards[at : at + 250] for at in range(0, len(boards), 250)]
    moves = np.concatenate([search(network.rules, network, part, simulations).move for part in parts]).tolist()
    good = deciding = good_deciding = 0
    for move, scores in zip(moves, answers, strict=True):
        values = {np.sign(score) for score in scores if score is not None}
        keeps = bool(np.sign(scores[move]) == max(values))
        good += keeps
        deciding += len(values) > 1
        good_deciding += keeps and len(values) > 1
    return Kept(
        positions=len(states), kept=good, deciding=deciding, kept_deciding=good_deciding, simulations=simulations
    )


def print_tic_tac_toe() -> None:
    """Print how the player that ships and the supervised net of chapter 11 do against every reply and at random."""
    print(
        "Tic Tac Toe: different ends against every reply of every opponent (must: none lost), and 1000 random games a seat"
    )
    agent = mla.agent("tic-tac-toe")
    for simulations in (0, agent.simulations):
        player = BoardAgent(agent.card, agent.network, simulations)

        def choose(states: list[Any], player: BoardAgent = player) -> list[int]:
            return player.moves(player.network.rules.boards(states)).tolist()

        for seat in (1, -1):
            match = player.match("random", 1000, seat=seat)
            told(f"self-play, {simulations} sim.", seat, endings(choose, seat), (match.won, match.drawn, match.lost))
    begun = time.process_time()
    with Recorder() as recorder:
        predict = outcome_prediction.train(outcome_prediction.Args(task="tic tac toe"), recorder)
    spent, task = time.process_time() - begun, Boards(TicTacToe())
    for seat in (1, -1):
        ends = endings(lambda states: np.nanargmax(task.chances(predict, states), axis=1).tolist(), seat)
        told(f"supervised, {spent:.0f} s", seat, ends, played(task, predict, outcome_random, 1000, seat))
    print(f"  the player that ships: {cost(agent.card)}")


def outcome_random(game: Any, state: Any, random: np.random.Generator) -> int:
    """Return any legal move."""
    return int(random.choice(game.legal(state)))


def told(name: str, seat: int, ends: tuple[int, int, int], games: tuple[int, int, int]) -> None:
    """Print a row."""
    where = "first" if seat == 1 else "second"
    print(f"  {name:<22}{where:<8}ends {'/'.join(map(str, ends)):<12} random {'/'.join(map(str, games))}", flush=True)


def cost(card: Card) -> str:
    """Return what a player's training cost."""
    return f"{card.command}: {card.steps:,} positions, {card.cpu_seconds / 60:.1f} minutes of one core"


def print_connect_four() -> None:
    """Print how the player that ships does at random, against minimax, and on positions that a solver knows."""
    print(
        "Connect Four, learned from self-play alone (must: 1000/0/0 at random from both seats; 90% of moves keep the value)"
    )
    agent = mla.agent("connect-four")
    print(f"  {cost(agent.card)}")
    rules, width, blocks = agent.network.rules, agent.card.arguments["width"], agent.card.arguments["blocks"]
    nothing = BoardNetwork(rules, fresh(rules.features, rules.game.moves, width, blocks, 0))
    for name, network in (("untrained", nothing), ("trained", agent.network)):
        for simulations in (0, 32, 200, MOST):
            begun = time.process_time()
            found = kept(network, simulations)
            spent = time.process_time() - begun
            deciding = share(found.kept_deciding, found.deciding)
            print(
                f"  {name:<10} {simulations:>3} simulations  kept {share(found.kept, found.positions)}"
                f"  where a move can be wrong {deciding}  {spent:.0f} CPU s",
                flush=True,
            )
    for opponent, games in (("random", 1000), ("careful", 1000), ("minimax", 20)):
        for seat in (1, -1):
            print(f"  {agent.match(opponent, games, seat=seat).summary()}", flush=True)


def ship(path: str, name: str) -> None:
    """Write what a player reaches onto its card and put it with those that ship; of Connect Four its training's diary too."""
    agent: Any = mla.agent(path)
    matches = [agent.match("random", 1000, seat=seat) for seat in (1, -1)]
    matches += [agent.match("minimax", 20, seat=seat) for seat in (1, -1)]
    right = (
        tuple(kept(agent.network, simulations) for simulations in (0, 32, 200, MOST)) if name == "connect-four" else ()
    )
    card = msgspec.structs.replace(agent.card, name=name, matches=tuple(matches), kept=right)
    save(SHIPPED / name, card, agent.network.weights)
    for match in matches:
        print(match.summary())
    for each in right:
        print(f"{each.simulations} simulations: kept {share(each.kept, each.positions)}")
    if name == "connect-four":
        diary(Trace.open(f"{path}.mla"), agent)


def diary(trace: Trace, agent: BoardAgent) -> None:
    """Keep what was recorded of a training, less the weights, with how many moves were no mistakes at each age."""
    kept_file = SHIPPED / f"{agent.card.name}-learning.mla"
    minutes = agent.card.cpu_seconds / 60 / max(1, agent.card.steps)
    players = [name for name in trace.names if name.startswith("player/")]
    ages = set(trace.series(players[0]).steps.tolist())
    with Recorder(
        kept_file, name=trace.about.name, args=trace.about.args, seed=trace.about.seed, overwrite=True
    ) as recorder:
        for step in trace.steps().tolist():
            row: Mapping[str, Any] = {
                name: trace.series(name, step, step).values[0]
                for name in trace.names
                if name not in players and len(trace.series(name, step, step).steps)
            }
            known: dict[str, Any] = {**row, "minutes": step * minutes}
            if step in ages:
                weights = {name.removeprefix("player/"): np.float32(trace.value(name, step)) for name in players}
                network = BoardNetwork(agent.network.rules, weights)
                for word, simulations in (("network", 0), ("search", 32)):
                    known[f"kept/{word}"] = kept(network, simulations).kept / 1000
                print(f"{step:>9,} positions: kept {known['kept/network']:.3f}, {known['kept/search']:.3f}", flush=True)
            recorder.log(known, step=step)
        for event in trace.events:
            recorder.event(event.name, event.text, step=event.step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ship", nargs=2, metavar=("PATH", "NAME"), help="measure a trained player and ship it")
    options = parser.parse_args()
    if options.ship:
        ship(*options.ship)
    else:
        print_tic_tac_toe()
        print_connect_four()


if __name__ == "__main__":
    main()
