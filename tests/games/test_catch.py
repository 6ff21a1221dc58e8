from __future__ import annotations

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.games.catch import LEFT, RIGHT, STAY, Catch, State


def test_games_begin_where_those_of_the_example_do() -> None:
    catch = Catch()
    assert len(catch.starts) == 63
    assert len(catch.all_starts) == 80
    assert set(catch.starts) < set(catch.all_starts)
    random = np.random.default_rng(0)
    assert {catch.begin(random) for _ in range(2000)} == set(catch.starts)


def test_every_start_can_be_won_and_lost() -> None:
    catch = Catch()
    for start in catch.all_starts:
        for result, reward in (("caught", 1.0), ("missed", -1.0)):
            state, earned, steps, terminated = start, 0.0, 0, False
            while not terminated:
                aim = state.fruit if result == "caught" else 0 if state.fruit > 4 else 9
                state, earned, terminated = catch.step(state, int(np.sign(aim - state.basket)) + 1)
                steps += 1
                assert terminated or (earned == 0 and not catch.result(state))
            assert (catch.result(state), earned, steps) == (result, reward, 9)


def test_the_basket_stops_at_the_edges() -> None:
    catch = Catch()
    state = State(0, 0, 1)
    for action in (LEFT, LEFT, STAY):
        state = catch.step(state, action).state
    assert state == State(3, 0, 1)
    state = State(0, 0, 8)
    assert catch.step(state, RIGHT).state.basket == 8


def test_the_picture_shows_three_cells_and_one() -> None:
    catch = Catch()
    for state in (State(0, 0, 1), State(5, 9, 8), State(9, 2, 7)):
        picture = catch.picture(state)
        assert (picture.shape, picture.dtype) == ((10, 10), np.float32)
        assert picture[state.row, state.fruit] == 1
        assert picture[9].sum() == (3 if state.row < 9 else 4)
        assert picture.sum() == 4
    assert catch.picture(State(9, 2, 2)).sum() == 3, "a caught fruit is in the basket"


def test_mistakes_are_one_line() -> None:
    catch = Catch()
    with pytest.raises(MlaError, match=r"over \(caught\)"):
        catch.step(State(9, 4, 5), STAY)
    with pytest.raises(MlaError, match="no action 3; actions: 0 left, 1 stay, 2 right"):
        catch.step(State(0, 4, 5), 3)
    with pytest.raises(MlaError, match="no state"):
        catch.step(State(0, 4, 0), STAY)
    with pytest.raises(MlaError, match="4 columns"):
        Catch(3)
    assert catch.legal(State(9, 4, 5)) == ()
