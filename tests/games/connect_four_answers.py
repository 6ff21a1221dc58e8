"""Works out `connect_four_answers.json`: the scores of every move in 1,000 random positions, and from the empty board.

    pip install numba && python tests/games/connect_four_answers.py

The positions take some four minutes of one core; the empty board comes last and takes five more, and 1.2 GB for its table.
Positions are those after 8 to 30 random moves, 43 or 44 of each length, all different, none decided yet (seed 0).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from connect_four_solver import ILLEGAL, STRIDE, WIDTH, Solver, position

ANSWERS = Path(__file__).with_name("connect_four_answers.json")
COUNT, LENGTHS, SEED = 1000, range(8, 31), 0


def answers() -> dict[str, list[int | None]]:
    """Return the score of each column, None for a full one, by the moves that led to a position, columns 1 to 7."""
    return json.loads(ANSWERS.read_text(encoding="utf-8"))


def keeps(scores: list[int | None], move: int) -> bool:
    """Return whether a move, 0 to 6, keeps what a position is worth: a win, a draw or a loss."""
    legal = [score for score in scores if score is not None]
    made = scores[move]
    return made is not None and np.sign(made) == np.sign(max(legal))


def positions() -> list[str]:
    """Return the positions as moves, longest first."""
    random = np.random.default_rng(SEED)
    found: dict[tuple[int, int], str] = {}
    for index in range(COUNT):
        length = LENGTHS[index % len(LENGTHS)]
        while True:
            played = randomly(length, random)
            if played and position(played) not in found:
                found[position(played)] = played
                break
    return sorted(found.values(), key=lambda played: (-len(played), played))


def randomly(length: int, random: np.random.Generator) -> str:
    """Return so many random moves; nothing where the game was over before."""
    played = ""
    for _ in range(length):
        _, filled = position(played)
        played += str(random.choice([c + 1 for c in range(WIDTH) if not filled >> (STRIDE * c + 5) & 1]))
        mine, filled = position(played)
        if any(won(mine ^ filled, step) for step in (1, STRIDE - 1, STRIDE, STRIDE + 1)):
            return ""
    return played


def won(discs: int, step: int) -> bool:
    """Return whether there are four in a line of that direction."""
    return bool(discs & discs >> step & discs >> 2 * step & discs >> 3 * step)


def save(found: dict[str, list[int | None]]) -> None:
    """Write the file, one position a line, the shortest game first."""
    ordered = sorted(found.items(), key=lambda item: (len(item[0]), item[0]))
    lines = ",\n".join(f"{json.dumps(played)}: {json.dumps(scores)}" for played, scores in ordered)
    ANSWERS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def main() -> None:
    """Work out all positions that are not known yet, the longest first, the empty board last; remove the file to begin anew."""
    solver, began = Solver((1 << 27) + 29), time.process_time()
    found = answers() if ANSWERS.exists() else {}
    for number, played in enumerate([*positions(), ""], 1):
        if played in found:
            continue
        found[played] = [None if score == ILLEGAL else score for score in solver.scores(played)]
        if number % 50 == 0 or number > COUNT:
            save(found)
            spent = time.process_time() - began
            print(f"{number} of {COUNT + 1}, {len(played)} moves, {spent:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
