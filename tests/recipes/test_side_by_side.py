"""Chapter 20: a wall of games uses the width of the film."""

from __future__ import annotations

import pytest

from mlanimated.errors import MlaError
from mlanimated.recipes import find
from mlanimated.views import Scene

pytest.importorskip("ale_py")

GAMES = ("pong", "breakout", "enduro", "freeway", "skiing", "tennis")


@pytest.mark.parametrize(("count", "rows"), [(1, [1]), (2, [2]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (6, [3, 3])])
def test_up_to_three_games_hang_in_one_row(count: int, rows: list[int]) -> None:
    wall = find("atari-wall")
    film = wall.make(games=",".join(GAMES[:count]), length=1.0)
    assert isinstance(film.scene, Scene)
    shown = [row.panels for row in film.scene.panels if isinstance(row, Scene)]
    assert [len(row) for row in shown if isinstance(row, tuple)] == rows


def test_a_wall_has_room_for_six() -> None:
    wall = find("atari-wall")
    for games in (",".join((*GAMES, "pitfall")), ","):
        with pytest.raises(MlaError, match="one to six"):
            wall.make(games=games, length=1.0)
