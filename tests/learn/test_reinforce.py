from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.learn.reinforce import Args, Games, Policy, lengths, loss_of, play, returns, targets_of
from mlanimated.learn.reinforce import train as learn

VARIANTS = ("plain", "baseline", "actor-critic")


def played(seed: int = 0, count: int = 3) -> tuple[Policy, Games]:
    pytest.importorskip("torch")
    policy = Policy(seed)
    return policy, play(policy, count, np.random.default_rng(seed))


def test_returns_are_those_of_a_plain_loop() -> None:
    _, games = played(count=5)
    gamma, last = 0.9, np.arange(5) * 10.0
    for end, given in ((np.zeros(5), None), (last, last)):
        found = returns(games, gamma, given)
        for game in range(5):
            length = int(games.alive[:, game].sum())
            worth = 0.0 if games.lost[length - 1, game] else end[game]
            for step in reversed(range(length)):
                worth = 1 + gamma * worth
                assert found[step, game] == pytest.approx(worth)
            assert (found[length:, game] == 0).all()


def test_a_game_that_is_cut_off_goes_on_being_worth_something() -> None:
    alive, lost = np.ones((2, 1), bool), np.zeros((2, 1), bool)
    games = Games(np.zeros((3, 1, 4)), np.zeros((2, 1), np.int64), alive, lost)
    assert returns(games, 0.5, np.array([8.0]))[:, 0].tolist() == [1 + 0.5 * 5, 1 + 0.5 * 8]
    lost[1] = True
    assert returns(games, 0.5, np.array([8.0]))[:, 0].tolist() == [1.5, 1.0]


def test_a_game_is_played_by_the_rules_and_stands_still_when_it_is_over() -> None:
    _, games = played(count=4)
    for game in range(4):
        length = int(games.alive[:, game].sum())
        assert games.alive[:length, game].all()
        assert games.lost[:, game].sum() == 1
        assert games.lost[length - 1, game]
        assert (games.states[length:, game] == games.states[length, game]).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_gradient_is_that_of_a_plain_loop_over_every_action(variant: Any) -> None:
    policy, games = played(seed=4)
    args = Args(variant=variant)
    loss_of(policy, games, args).total.backward()
    found = [parameter.grad.numpy().copy() for parameter in policy.push.parameters()]
    assert all(parameter.grad is None for parameter in policy.value.parameters())

    # By hand: d log softmax(z)[a] / dz = one-hot(a) − p, pushed back through the two layers.
    first, last = policy.push[0], policy.push[2]
    w0, b0, w1, b1 = (
        array.detach().numpy().astype(np.float64) for array in (first.weight, first.bias, last.weight, last.bias)
    )
    reached, expected = targets_of(policy, games, args)
    weights = (reached - expected)[games.alive]
    middle = 0.0 if variant == "plain" else weights.mean()
    sums = [np.zeros_like(array) for array in (w0, b0, w1, b1)]
    for step, game in np.argwhere(games.alive):
        x = games.states[step, game] / np.array([2.4, 3.0, 12 * np.pi / 180, 3.0])
        hidden = np.tanh(w0 @ x + b0)
        z = w1 @ hidden + b1
        chances = np.exp(z) / np.exp(z).sum()
        weight = (reached[step, game] - expected[step, game] - middle) / weights.std()
        by_z = weight * (np.eye(2)[games.actions[step, game]] - chances)
        by_hidden = (w1.T @ by_z) * (1 - hidden**2)
        for total, part in zip(sums, (np.outer(by_hidden, x), by_hidden, np.outer(by_z, hidden), by_z), strict=True):
            np.subtract(total, part / len(weights), out=total)
    for ours, theirs in zip(found, sums, strict=True):
        assert np.allclose(ours, theirs, atol=2e-5)


def test_one_step_targets_of_the_critic_are_reward_and_value_ahead() -> None:
    policy, games = played(seed=2)
    reached, expected = targets_of(policy, games, Args(variant="actor-critic", gamma=0.5, trace_decay=0))
    known = policy.values(games.states)
    for step, game in np.argwhere(games.alive):
        ahead = 0.0 if games.lost[step, game] else 0.5 * known[step + 1, game]
        assert reached[step, game] == pytest.approx(1 + ahead)
        assert expected[step, game] == known[step, game]


def test_errors_of_all_steps_together_are_the_return() -> None:
    policy, games = played(seed=2)
    reached, _ = targets_of(policy, games, Args(variant="actor-critic", gamma=0.9, trace_decay=1))
    returned, _ = targets_of(policy, games, Args(variant="baseline", gamma=0.9))
    assert np.allclose(reached[games.alive], returned[games.alive])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_checkpoint_goes_on_exactly(variant: Any) -> None:
    pytest.importorskip("torch")
    args = Args(variant=variant, updates=4, games=3, value_steps=2)
    whole, spy = train(learn, args, at=2)
    again, _ = train(learn, args)
    same_after(whole, again, 0)
    rest, _ = train(learn, args, resume=spy.state)
    same_after(whole, rest, 2)
    assert (whole.events[0].name, whole.events[-1].name) == ("initialize", "result")


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_holds_the_pole_in_500_games_of_500(variant: Any) -> None:
    pytest.importorskip("torch")
    found: list[Policy] = []
    trace, _ = train(lambda *given: found.append(learn(*given)), Args(variant=variant))
    assert (lengths(found[0], range(500)) == 500).all()
    assert values(trace, "steps")[0] < 40
