from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Group, Mapped, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.games.frozen_lake import FrozenLake
from mlanimated.learn import temporal_difference
from mlanimated.trace import Recorder, Trace
from mlanimated.views.q_table import QTable

ACTIONS = ("left", "down", "right", "up")
RATE, GAMMA = 0.5, 0.9


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A real run, and not numbers made up for the view."""
    with Recorder() as recorder:
        args = temporal_difference.Args(episodes=300, learning_rate=RATE, gamma=GAMMA, seed=3)
        temporal_difference.train(args, recorder)
    return recorder.trace


VIEW = QTable(actions=ACTIONS, learning_rate=RATE, gamma=GAMMA)
FULL = Box(0, 0, 560, 660)


def learned(trace: Trace) -> list[int]:
    """Steps at which a value changed much."""
    errors = trace.series("error")
    return [int(step) for step, error in zip(errors.steps, errors.values, strict=True) if abs(error) > 0.1]


def told(text: str) -> float:
    return float(text.strip().replace("\u2007", "").replace("−", "-"))


def rows(commands) -> dict[str, Group]:
    return {command.key: command for command in commands if getattr(command, "key", "").startswith("row-")}


def test_cells_hold_the_recorded_numbers(trace: Trace) -> None:
    step = learned(trace)[-1]
    found = rows(drawn(VIEW, trace, step, FULL))
    table = trace.value("q", step)
    assert len(found) == 16
    for state in range(16):
        texts = find((found[f"row-{state}"],), Text)
        assert [told(text.text) for text in texts] == pytest.approx(table[state].tolist(), abs=6e-4)
        bold = [index for index, text in enumerate(texts) if text.bold]
        assert bold == ([int(table[state].argmax())] if np.ptp(table[state]) > 0 else [])


def test_the_update_adds_up_as_it_is_written(trace: Trace) -> None:
    """Every number of the two lines is recorded, and both sums are right."""
    assert len(learned(trace)) > 5
    for step in learned(trace):
        commands = drawn(VIEW, trace, step, FULL)
        lines: dict[float, list[str]] = {}
        for text in find(commands, Text, "update"):
            if text.size == 18:
                lines.setdefault(text.y, []).append(text.text)
        first, second = (lines[y] for y in sorted(lines))
        new, old, target, again = (told(first[index]) for index in (0, 2, 4, 6))
        assert old == again
        assert f"{RATE} · (" in first[3]
        assert new == pytest.approx(old + RATE * (target - old), abs=1.1e-3)
        assert told(second[0]) == target
        assert f"{GAMMA} · " in second[3]
        state, action, following = (int(trace.value(name, step)) for name in ("state", "action", "next_state"))
        assert new == pytest.approx(trace.value("q", step)[state, action], abs=6e-4)
        over = FrozenLake().result(following) != ""
        ahead = 0.0 if over else trace.value("q", step - 1)[following].max()
        assert told(second[4]) == pytest.approx(ahead, abs=6e-4)
        assert target == pytest.approx(told(second[2]) + GAMMA * told(second[4]), abs=1.1e-3)


def test_the_cell_that_learned_is_lit_in_the_row_that_was_acted_in(trace: Trace) -> None:
    step = learned(trace)[0]
    commands = drawn(VIEW, trace, step, FULL)
    state, action = int(trace.value("state", step)), int(trace.value("action", step))
    row, *_ = (command for command in commands if getattr(command, "key", "") == f"row-{state}")
    cells = [rect for rect in find((row,), Rect) if rect.stroke is None]
    frame, _, lit = find(commands, Rect, "lit")
    assert lit.stroke == "accent"
    assert lit.x == pytest.approx(row.x + cells[action].x, abs=1.5)
    assert lit.y == pytest.approx(row.y, abs=1.5)
    assert frame.y == pytest.approx(row.y, abs=1.5)
    assert frame.width > 3.9 * lit.width


def test_colours_share_one_scale(trace: Trace) -> None:
    step = learned(trace)[-1]
    table = trace.value("q", step)
    high = trace.bounds("q")[1]
    for state in (0, 14):
        cells = [
            rect.fill for rect in find((rows(drawn(VIEW, trace, step, FULL))[f"row-{state}"],), Rect) if not rect.stroke
        ]
        assert cells == [Mapped("sequential", round(float(value) / high, 3)) for value in table[state]]


@pytest.mark.parametrize("box", [FULL, Box(10, 20, 420, 330), Box(0, 0, 600, 200), Box(5, 5, 240, 330)])
def test_long_tables_turn_pages_and_nothing_overlaps(trace: Trace, box: Box) -> None:
    for step in learned(trace)[::3]:
        commands = drawn(VIEW, trace, step, box)
        assert f"row-{int(trace.value('state', step))}" in rows(commands)
        texts = text_boxes(commands, "update") | text_boxes(commands, "labels")
        assert not overlapping(texts)
        assert not outside(text_boxes(commands), box)


def test_closed_rows_are_empty(trace: Trace) -> None:
    closed = QTable(actions=ACTIONS, closed=(5, 15))
    found = rows(drawn(closed, trace, learned(trace)[-1], FULL))
    assert not find((found["row-5"],), Text)
    assert find((found["row-6"],), Text)


def test_words_and_mistakes(trace: Trace) -> None:
    step = learned(trace)[0]
    assert VIEW.describe(at(trace, step)) == "In state 14, action right went from 0.000 to 0.500."
    assert VIEW.describe(at(trace, 0)) == "0 of 64 numbers of the table are not zero."
    with pytest.raises(MlaError, match="16 states, but 2 names"):
        drawn(QTable(states=("a", "b")), trace, 0)
    with pytest.raises(MlaError, match="4 actions, but 1 names"):
        drawn(QTable(actions=("a",)), trace, 0)
    flat = trace_of({0: {"q": np.zeros(4)}})
    with pytest.raises(MlaError, match=r"record \(states, actions\)"):
        drawn(QTable(), flat, 0, BOX)
    alone = trace_of({0: {"q": np.zeros((3, 2))}})
    assert len(rows(drawn(QTable(), alone, 0))) == 3, "a table without its updates is drawn too"
