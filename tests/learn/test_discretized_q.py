"""Mountain Car against Gymnasium's own, and the table against exact values where they are known."""

from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.errors import MlaError
from mlanimated.games.mountain_car import LONGEST, height, rides
from mlanimated.learn.discretized_q import FLAG_PAYS, Args, Table, optimism, reward, ride
from mlanimated.learn.discretized_q import train as drive
from mlanimated.trace import Recorder

SMALL = Args(positions=40, velocities=32, cars=200, steps=6000)


def test_cells_cover_the_plane() -> None:
    table = Table(np.zeros((12, 3)), 4, 3)
    at = [(-1.2, -0.07, 0), (-1.2, 0.07, 2), (0.6, -0.07, 9), (0.6, 0.07, 11), (-0.3 - 1e-9, 0.0, 4)]
    for position, velocity, cell in at:
        assert table.cell(np.array([position]), np.array([velocity])).tolist() == [cell]
    table.q[:, 0] = np.arange(12)
    assert table.picture()[0].tolist() == [2, 5, 8, 11]  # the highest velocity on top


@pytest.mark.slow
def test_a_small_table_learns_within_seconds() -> None:
    trace, _ = train(drive, SMALL)
    assert values(trace, "solved")[0] == 0.0
    assert "from 100.0% of starts" in trace.events[-1].text
    assert values(trace, "steps").min() < 155
    # A value is minus the steps to go: never more of them than could have been driven, never above 0.
    seen = values(trace, "values")
    assert seen.max() <= 0
    assert np.diff(values(trace, "epsilon")).max() <= 0  # high first, then lower
    assert values(trace, "epsilon")[-1] == 0


@pytest.mark.slow
def test_every_start_reaches_the_flag_soon() -> None:
    """All of 1000 games of Gymnasium, 115 steps on average (the original: 120.5)."""
    gymnasium = pytest.importorskip("gymnasium")
    tables: list[Table] = []
    train(lambda *given: tables.append(drive(*given)), Args())
    env = gymnasium.make("MountainCar-v0")
    starts = np.array([env.reset(seed=number)[0][0] for number in range(1000)])
    steps = rides(tables[0].choose, starts)
    assert (steps <= LONGEST).all()
    assert steps.mean() <= 105
    for number in range(20):
        place, _ = env.reset(seed=number)
        count, terminated = 0, False
        while not terminated and count < LONGEST:
            place = np.asarray(place, np.float64)
            place, _, terminated, _, _ = env.step(int(tables[0].choose(place[:1], place[1:])[0]))
            count += 1
        assert terminated
        assert (
            abs(count - int(steps[number])) <= 40
        )  # Gymnasium shows float32: a cell's edge may fall to the other side
    env.close()


@pytest.mark.slow
def test_a_ride_says_how_it_ends() -> None:
    untrained, _ = train(ride, Args(steps=0))
    assert untrained.last_step == LONGEST
    assert "still in the valley" in untrained.events[-1].text
    trained, _ = train(ride, SMALL)
    assert "at the flag" in trained.events[-1].text
    assert values(trained, "x")[-1] >= 0.5


@pytest.mark.parametrize("step", [0, 37, 120])
def test_a_checkpoint_goes_on_exactly(step: int) -> None:
    args = Args(positions=20, velocities=16, cars=30, steps=150)
    whole, spy = train(drive, args, at=step)
    rest, _ = train(drive, args, resume=spy.state)
    same_after(whole, rest, step)
    again, _ = train(drive, args)
    same_after(whole, again, 0)


def test_rewards_are_what_they_say() -> None:
    position, action, there = np.array([-0.5, 0.5, 0.2]), np.array([0, 2, 1]), np.array([False, True, False])
    assert reward("time", position, action, there).tolist() == [-1, -1, -1]
    assert reward("height", position, action, there) == pytest.approx([height(x) for x in position])
    assert reward("fuel", position, action, there).tolist() == [-1, FLAG_PAYS - 1, 0]


def test_what_is_hoped_for_is_never_too_little() -> None:
    """No way of driving brings more than everything is believed to be worth at first."""
    random = np.random.default_rng(0)
    for kind in ("time", "height", "fuel"):
        args = Args(reward=kind, gamma=0.98)
        places, actions = random.uniform(-1.2, 0.6, (400, 20)), random.integers(0, 3, (400, 20))
        there = np.zeros((400, 20), np.bool_)
        there[-1] = True
        paid = np.stack([reward(kind, *row) for row in zip(places, actions, there, strict=True)])
        assert (paid * 0.98 ** np.arange(400)[:, None]).sum(axis=0).max() <= optimism(args)
    with pytest.raises(MlaError, match="gamma"):
        optimism(Args(reward="height", gamma=1.0))


@pytest.mark.slow
def test_an_agent_does_what_it_is_paid_for() -> None:
    ends = {}
    for kind in ("time", "height", "fuel"):
        args = Args(positions=60, velocities=48, cars=250, steps=14_000, gamma=0.98, reward=kind)
        with Recorder() as recorder:
            ride(args, recorder)
        ends[kind] = recorder.trace.series("x").values
    assert ends["time"][-1] >= 0.5
    assert 0.3 < ends["height"].max() < 0.5
    assert ends["fuel"].max() < -0.4
