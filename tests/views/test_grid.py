from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, overlapping, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Group, Mapped, Polyline, Rect, Text
from mlanimated.errors import MlaError
from mlanimated.games.frozen_lake import LAKES
from mlanimated.games.grid_world import CLASSIC, GridWorld
from mlanimated.views.grid import Grid

LAKE = LAKES["4x4"]
SMALL = ("S.#", "..-", ".#G")


def cell(commands, index: int) -> Group:
    return next(command for command in commands if getattr(command, "key", "") == f"cell-{index}")


def ground(group: Group):
    return group.children[0].fill


def tips(group: Group) -> set[tuple[int, int]]:
    """The directions, down and right, of the arrows of a cell."""
    found = set()
    for command in group.children:
        if isinstance(command, Polyline) and command.closed:
            points = np.array(command.points).reshape(-1, 2)
            right, down = points[0] - points[1:].mean(axis=0)
            found.add(
                (round(np.sign(down)) if abs(down) > 1e-6 else 0, round(np.sign(right)) if abs(right) > 1e-6 else 0)
            )
    return found


def test_values_are_colours_and_numbers() -> None:
    values = np.array([0.5, 0.0, 9, -1.0, 1.0, 0.25, 0.0, 9, -0.5])
    values[[2, 7]] = 0
    trace = trace_of({0: {"v": values}})
    commands = drawn(Grid(SMALL, values="v"), trace, 0)
    for index, value in enumerate(values):
        if SMALL[index // 3][index % 3] == "#":
            assert not [part for part in cell(commands, index).children if isinstance(part, Text)]
            continue
        assert ground(cell(commands, index)) == Mapped("diverging", round((value + 1) / 2, 3))
        told = [part.text for part in cell(commands, index).children if isinstance(part, Text) and not part.bold]
        assert [float(text.replace("−", "-")) for text in told] == [value]
    positive = trace_of({0: {"v": np.abs(values)}})
    assert ground(cell(drawn(Grid(SMALL, values="v"), positive, 0), 3)) == Mapped("sequential", 1.0)
    fixed = drawn(Grid(SMALL, values="v", limits=(0.0, 4.0)), positive, 0)
    assert ground(cell(fixed, 3)) == Mapped("sequential", 0.25)


def test_colours_glide_and_numbers_do_not() -> None:
    trace = trace_of({0: {"v": np.zeros(9)}, 10: {"v": np.full(9, 2.0)}})
    group = cell(drawn(Grid(SMALL, values="v"), trace, 7.5), 4)
    assert ground(group) == Mapped("sequential", 0.5)
    assert [part.text for part in group.children if isinstance(part, Text)] == ["0.000"]


def test_a_table_counts_its_best_offered_action() -> None:
    table = np.zeros((9, 4))
    table[0] = (5, 1, 2, 7)  # at the upper left corner neither left nor up is offered
    table[4] = (-3, -1, -2, -4)
    trace = trace_of({0: {"q": table}})
    commands = drawn(Grid(SMALL, values="q", policy="q"), trace, 0)
    told = [part.text for part in cell(commands, 0).children if isinstance(part, Text) and not part.bold]
    assert told == ["2.000"]
    assert tips(cell(commands, 0)) == {(0, 1)}
    assert tips(cell(commands, 4)) == {(1, 0)}
    assert tips(cell(commands, 3)) == set(), "where all are the same nothing is known"
    lake = np.zeros((16, 4))
    lake[0, 0] = 1
    on_ice = drawn(Grid(LAKE, policy="q"), trace_of({0: {"q": lake}}), 0)
    assert tips(cell(on_ice, 0)) == {(0, -1)}, "on a lake every action is offered everywhere"


def test_arrows_follow_chances_and_actions() -> None:
    chances = np.zeros((9, 4))
    chances[4] = (0.25, 0, 0.75, 0)
    chances[0] = (0, 1, 0, 0)
    trace = trace_of({0: {"p": chances, "a": np.array([1, -1, -1, -1, 2, -1, -1, -1, -1])}})
    commands = drawn(Grid(SMALL, policy="p"), trace, 0)
    assert tips(cell(commands, 4)) == {(0, -1), (0, 1)}
    shafts = [part for part in cell(commands, 4).children if isinstance(part, Polyline) and not part.closed]
    lengths = sorted(abs(shaft.points[2] - shaft.points[0]) for shaft in shafts)
    assert lengths[1] > lengths[0]
    by_action = drawn(Grid(SMALL, policy="a"), trace, 0)
    assert tips(cell(by_action, 4)) == {(0, 1)}
    assert tips(cell(by_action, 0)) == tips(cell(commands, 0)) == {(1, 0)}
    assert tips(cell(by_action, 1)) == set()


def player(commands) -> tuple[float, float, float] | None:
    found = [command for command in commands if getattr(command, "key", "") == "player"]
    return (found[0].x, found[0].y, found[0].children[0].radius) if found else None


def test_the_player_slides_to_the_next_cell_and_leaves_for_a_far_one() -> None:
    trace = trace_of({step: {"s": cell} for step, cell in enumerate((0, 4, 5, 0))})
    view = Grid(LAKE, agent="s")
    (x0, y0, r), (x1, y1, _), (x2, y2, _) = (player(drawn(view, trace, step)) for step in range(3))
    side = y1 - y0
    assert (x1 - x0, x2 - x1, y2 - y1) == (0, side, 0)
    between = player(drawn(view, trace, 0.75))
    assert between == pytest.approx((x0, (y0 + y1) / 2, r))
    leaving, arriving = player(drawn(view, trace, 2.6)), player(drawn(view, trace, 2.9))
    assert leaving[:2] == (x2, y2)
    assert arriving[:2] == (x0, y0)
    assert leaving[2] < r
    assert arriving[2] < r


def test_the_player_reaches_the_end_before_the_next_game_begins() -> None:
    rows = {0: {"place": 4, "next": 4}, 1: {"place": 0, "next": 5}, 2: {"place": 1, "next": 1}}
    view = Grid(LAKE, agent="place", via="next")
    xs, sizes = [], []
    for share in (0.6, 0.7, 0.79, 0.9):
        x, y, size = player(drawn(view, trace_of(rows), share))
        xs.append((x, y))
        sizes.append(size)
    (x0, y0, r), (x1, _, _) = (
        player(drawn(view, trace_of(rows), 0)),
        player(drawn(Grid(LAKE, agent="next"), trace_of(rows), 1)),
    )
    assert all(y == y0 for _, y in xs[:3])
    assert x0 < xs[0][0] < xs[1][0] <= x1
    assert xs[3] == player(drawn(view, trace_of(rows), 1))[:2]
    assert sizes[0] == sizes[1] == r
    assert sizes[3] < r
    assert player(drawn(view, trace_of(rows), 1.75)) == player(drawn(Grid(LAKE, agent="place"), trace_of(rows), 1.75))


def test_what_glows() -> None:
    with pytest.raises(MlaError):
        drawn(Grid(SMALL, glow="e"), trace_of({0: {"e": np.zeros(5)}}), 0)
    commands = drawn(Grid(SMALL, glow="e"), trace_of({0: {"e": np.array([0, 0.25, 0, 1.0, 0, 0, 0, 0, 0])}}), 0)
    strengths = {
        index: [
            part.opacity
            for part in cell(commands, index).children
            if isinstance(part, Rect) and part.stroke == "accent"
        ]
        for index in range(9)
    }
    assert strengths[3] == [1.0]
    assert strengths[1] == [0.5]
    assert [index for index, found in strengths.items() if found] == [1, 3]


def test_landmarks_walls_and_rewards() -> None:
    world = GridWorld.of(SMALL)
    commands = drawn(Grid(SMALL, rewards=world.rewards), trace_of({0: {"x": 1.0}}), 0)
    assert [text.text for text in find((cell(commands, 5),), Text)] == ["−1"]
    assert [text.text for text in find((cell(commands, 8),), Text)] == ["+1"]
    assert [text.text for text in find((cell(commands, 0),), Text)] == ["S"]
    assert find((cell(commands, 8),), Polyline, "flag")
    assert ground(cell(commands, 2)) != ground(cell(commands, 1))
    ice = drawn(Grid(LAKE), trace_of({0: {"x": 1.0}}), 0)
    assert [index for index in range(16) if find((cell(ice, index),), Circle)] == [5, 7, 11, 12]


def test_a_map_may_change_while_it_is_learned_on() -> None:
    trace = trace_of({0: {"map": "S.\n.G"}, 1: {"map": "S#\n.G"}})
    view = Grid("map")
    assert ground(cell(drawn(view, trace, 0), 1)) != ground(cell(drawn(view, trace, 1), 1))


@pytest.mark.parametrize("box", [BOX, Box(10, 20, 300, 300), Box(0, 0, 1184, 560), Box(0, 0, 90, 60)])
def test_words_do_not_overlap(box: Box) -> None:
    random = np.random.default_rng(0)
    trace = trace_of({0: {"v": random.normal(size=100), "p": np.full((100, 4), 0.25), "s": 33}})
    world = GridWorld()
    commands = drawn(Grid(CLASSIC, values="v", policy="p", agent="s", rewards=world.rewards), trace, 0, box)
    assert not overlapping(text_boxes(commands))
    assert not outside(text_boxes(commands), box)


def test_cells_that_do_not_change_are_equal() -> None:
    trace = trace_of({0: {"v": np.zeros(9), "s": 0}, 1: {"v": np.eye(1, 9, 4).ravel(), "s": 1}})
    view = Grid(SMALL, values="v", agent="s")
    first, second = drawn(view, trace, 0), drawn(view, trace, 1)
    assert [index for index in range(9) if cell(first, index) != cell(second, index)] == [4]


def test_words_and_mistakes() -> None:
    trace = trace_of({0: {"v": np.arange(9.0), "s": 4, "short": np.zeros(5)}})
    said = Grid(SMALL, values="v", agent="s").describe(at(trace, 0))
    assert said == "The player is in row 2, column 2. The most valuable cell, row 3, column 3, is worth 8.000."
    assert Grid(SMALL).describe(at(trace, 0)) == "A board of 3 by 3 cells."
    for view in (Grid(SMALL, values="short"), Grid(SMALL, policy="short")):
        with pytest.raises(MlaError, match="short"):
            drawn(view, trace, 0)
    for bad in (("S.", "G"), (), ("SX", ".G")):
        with pytest.raises(MlaError, match="map"):
            Grid(bad)
    with pytest.raises(MlaError, match="in order"):
        Grid(SMALL, limits=(1, 0))
