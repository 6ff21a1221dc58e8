from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Path, Polyline, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.games.connect_four import ConnectFour
from mlanimated.games.tic_tac_toe import TicTacToe
from mlanimated.trace import Trace
from mlanimated.views.board import Board
from mlanimated.views.stones import lines_of


def game(rules, moves: str, chosen: float = 0.9) -> Trace:
    """A trace of a game: at each step the board, a chance for each legal move, and the move that follows."""
    state, rows = rules.start, {}
    for step in range(len(moves) + 1):
        chances = np.full(rules.moves, np.nan)
        for move in rules.legal(state):
            chances[move] = 0.1 + 0.05 * move
        row = {"board": rules.board(state), "chances": chances, "move": -1}
        if step < len(moves):
            row["move"] = int(moves[step])
            chances[int(moves[step])] = chosen
            state = rules.play(state, int(moves[step]))
        rows[step] = row
    return trace_of(rows)


DISCS = game(ConnectFour(), "33244115505")
CROSSES = game(TicTacToe(), "40263")
WITH_CHANCES = Board(chances="chances", chosen="move")


def discs(commands, *keys: str) -> list[tuple[float, float, str]]:
    """Middle and colour of each disc, the marks on them left out."""
    circles = find(commands, Circle, *keys)
    most = max((circle.radius for circle in circles), default=0)
    return sorted((circle.x, circle.y, circle.fill) for circle in circles if circle.radius == most)


def test_discs_lie_in_the_holes_of_their_cells() -> None:
    commands = drawn(Board(), DISCS, 6)
    board = DISCS.value("board", 6)
    found = discs(commands, "stones")
    xs, ys = sorted({x for x, _, _ in found}), sorted({y for _, y, _ in found})
    cell = min(np.diff(xs))
    assert len(found) == 6
    for x, y, colour in found:
        column = round((x - xs[0]) / cell) + int(np.flatnonzero(board.any(axis=0))[0])
        row = 5 - round((ys[-1] - y) / cell)
        assert board[row, column] == {"series-1": 1, "series-2": -1}[colour]
    (plate,) = find(commands, Path, "plate")
    assert plate.d.count("M") == 43


def test_a_disc_waits_then_falls_ever_faster_and_lands_where_it_will_lie() -> None:
    heights = []
    for share in (0.55, 0.65, 0.75, 0.85, 0.999):
        ((x, y, colour),) = discs(drawn(Board(), DISCS, 6 + share), "flying")
        heights.append(y)
        assert colour == "series-1"
    steps = np.diff(heights)
    assert (steps[:2] > 0).all()
    assert steps[1] > steps[0]
    after = set(discs(drawn(Board(), DISCS, 7), "stones")) - set(discs(drawn(Board(), DISCS, 6), "stones"))
    ((landed_x, landed_y, _),) = after
    assert (x, heights[-1]) == pytest.approx((landed_x, landed_y), abs=0.5)
    assert not discs(drawn(Board(), DISCS, 6), "flying")


def test_the_move_is_shown_before_it_is_made() -> None:
    commands = drawn(WITH_CHANCES, DISCS, 6)
    ((x, y, colour),) = discs(commands, "waiting")
    assert colour == "series-1"
    ((_, lies, _),) = set(discs(drawn(Board(), DISCS, 7, BOX), "stones")) - set(
        discs(drawn(Board(), DISCS, 6), "stones")
    )
    bold = [text for text in find(commands, Text, "chances") if text.bold]
    assert [text.text for text in bold] == ["90%"]
    assert bold[0].x == pytest.approx(x)
    assert y < lies
    crosses = drawn(WITH_CHANCES, CROSSES, 2)
    assert [rect for rect in find(crosses, Rect, "chances") if rect.stroke == "accent"]
    assert len(find(crosses, Text, "chances")) == 7


def test_columns_that_are_full_have_no_chance() -> None:
    trace = game(ConnectFour(), "0000001")
    texts = [text.text for text in find(drawn(WITH_CHANCES, trace, 6), Text, "chances")]
    assert texts[0] == "–"
    assert texts.count("–") == 1


def test_crosses_and_rings_stand_in_their_cells_and_are_drawn_stroke_by_stroke() -> None:
    commands = drawn(Board(), CROSSES, 4)
    assert len(find(commands, Polyline, "stones")) == 4
    assert len(find(commands, Circle, "stones")) == 2
    lengths = []
    for share in (0.2, 0.65, 0.8, 1.0):
        strokes = find(drawn(Board(), CROSSES, 4 + share), Polyline, "flying")
        lengths.append(sum(np.hypot(*np.subtract(line.points[2:], line.points[:2])) for line in strokes))
    assert lengths[0] == 0
    assert 0 < lengths[1] < lengths[2]
    ring = find(drawn(Board(), CROSSES, 3.9), Polyline, "flying")
    assert len(ring) == 1


@pytest.mark.parametrize(
    ("rules", "moves"), [(ConnectFour(), "0101010"), (TicTacToe(), "40261"), (TicTacToe(), "03142")]
)
def test_what_wins_is_struck_through(rules, moves: str) -> None:
    trace = game(rules, moves)
    won = len(moves)
    before, after = drawn(Board(), trace, won - 1), drawn(Board(), trace, won)
    assert not find(before, Polyline, "won")
    expected = rules.result(
        rules.state(trace.value("board", won).ravel() if rules.moves == 9 else trace.value("board", won))
    )
    assert bool(find(after, Polyline, "won")) == (expected not in (None, 0))


def test_lines_are_those_of_the_rules() -> None:
    rules = ConnectFour()
    random = np.random.default_rng(0)
    won = 0
    for _ in range(60):
        state = rules.start
        while rules.result(state) is None:
            state = rules.play(state, int(random.choice(rules.legal(state))))
        cells = set()
        for first, last in lines_of(rules.board(state), 4):
            length = max(abs(last[0] - first[0]), abs(last[1] - first[1]))
            cells |= {
                (first[0] + (last[0] - first[0]) * i // length, first[1] + (last[1] - first[1]) * i // length)
                for i in range(length + 1)
            }
        assert cells == set(rules.line(state))
        won += bool(cells)
    assert won > 50


@pytest.mark.parametrize("box", [BOX, Box(20, 30, 320, 300), Box(0, 0, 1184, 560)])
@pytest.mark.parametrize("trace", [DISCS, CROSSES], ids=["discs", "crosses"])
def test_nothing_overlaps_or_sticks_out(trace: Trace, box: Box) -> None:
    for step in (0, 3, 3.7, 5):
        commands = drawn(WITH_CHANCES, trace, step, box)
        assert not overlapping(text_boxes(commands))
        assert not outside(text_boxes(commands), box)


def test_a_new_game_begins_without_falling_stones() -> None:
    trace = trace_of(
        {0: {"board": TicTacToe().board((1, -1, 0, 0, 0, 0, 0, 0, 0))}, 1: {"board": np.zeros((3, 3), np.int8)}}
    )
    commands = drawn(Board(), trace, 0.8)
    assert len(find(commands, Circle, "stones")) == 1
    assert not find(commands, Circle, "flying")
    assert not find(drawn(Board(), trace, 1), Circle)


def test_flat_boards_and_words() -> None:
    flat = trace_of({0: {"board": np.zeros(42), "chances": np.array([0.1, 0.2, np.nan, 0.4, 0.3, 0.2, 0.1])}})
    assert find(drawn(Board(), flat, 0), Path, "plate")
    said = Board(chances="chances").describe(at(flat, 0))
    assert said == "0 of 42 cells are taken; the best move, column 4, is given 40%."
    assert Board().describe(at(CROSSES, 5)) == "5 of 9 cells are taken."
    assert Board().describe(at(game(TicTacToe(), "40261"), 5)) == "5 of 9 cells are taken."
    assert Board().describe(at(game(ConnectFour(), "0101010"), 7)) == "7 of 42 cells are taken; the game is won."


def test_mistakes_are_one_line() -> None:
    odd = trace_of({0: {"board": np.zeros(10), "chances": np.zeros(5)}})
    with pytest.raises(MlaError, match=r"record \(rows, columns\)"):
        drawn(Board(), odd, 0)
    wrong = trace_of({0: {"board": np.zeros((3, 3)), "chances": np.zeros(5)}})
    with pytest.raises(MlaError, match="has 5 numbers; this board has 9 moves"):
        drawn(Board(chances="chances"), wrong, 0)
