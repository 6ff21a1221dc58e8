from __future__ import annotations

import threading
from typing import Any

import msgspec
import numpy as np
import pytest
from toys import Catch

from mlanimated.learn.networks import pick
from mlanimated.trace import Recorder
from mlanimated.trace.checkpoint import decode_state, encode_state

torch = pytest.importorskip("torch")

from mlanimated.learn import parallel_q  # noqa: E402

TOY = parallel_q.Args(
    game="toy",
    steps=4096,
    games=16,
    rollout=16,
    minibatch=64,
    learning_rate=1e-3,
    size=36,
    epsilon=0.05,
    epsilon_share=0.6,
)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_q, "world_of", lambda args, seed: Catch(args.games, seed))


@pytest.mark.parametrize("decay", [0.0, 0.65, 1.0])
def test_returns_are_the_mixture_that_the_forward_view_defines(decay: float) -> None:
    """Against (1 − λ) Σ λ^(n−1) · (n-step return), what is left of the weight on the longest, each worked out on its own."""
    random = np.random.default_rng(3)
    rewards, best = random.normal(size=(2, 12, 3))
    done, last = random.random((12, 3)) < 0.15, random.normal(size=3)
    found = parallel_q.traced(rewards, best, done, 0.9, decay, last)
    following = np.concatenate([best[1:], last[None]])

    def ahead(at: int, game: int, steps: int) -> float:
        total, worth = 0.0, 1.0
        for step in range(at, at + steps):
            total += worth * rewards[step, game]
            if done[step, game]:
                return total
            worth *= 0.9
        return total + worth * following[at + steps - 1, game]

    for game in range(3):
        for at in range(12):
            longest = 12 - at
            mixture = [(1 - decay) * decay ** (steps - 1) for steps in range(1, longest)]
            mixture.append(decay ** (longest - 1))
            wanted = sum(part * ahead(at, game, steps) for steps, part in enumerate(mixture, 1))
            assert sum(mixture) == pytest.approx(1.0)
            assert found[at, game] == pytest.approx(wanted)


@pytest.mark.usefixtures("toy")
def test_an_interrupted_training_ends_with_the_same_weights() -> None:
    args = msgspec.structs.replace(TOY, steps=2048)
    recorder = Recorder()
    kept: list[tuple[int, bytes]] = []

    class Keeper:
        def offer(self, step: int, state: dict[str, Any], score: float) -> None:
            kept.append((step, encode_state(state)))

    whole = parallel_q.train(args, recorder, keeper=Keeper()).state()  # type: ignore[arg-type]
    for step, state in kept[::3]:
        again = Recorder()
        resumed = parallel_q.train(args, again, decode_state(state)).state()
        assert all(np.array_equal(whole[name], resumed[name]) for name in whole), step
        for name in ("loss", "fixed/q", "value/estimated", "value/realized", "score"):
            there = recorder.trace.series(name, step + 1)
            here = again.trace.series(name)
            assert np.array_equal(there.values, here.values), name


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("threads", [1, 3])
def test_as_many_threads_learn_as_are_asked_for(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    learners: set[str] = set()

    def seen(*args: Any) -> Any:
        learners.add(threading.current_thread().name)
        assert torch.get_num_threads() == 1
        return pick(*args)

    monkeypatch.setattr(parallel_q, "pick", seen)
    parallel_q.train(msgspec.structs.replace(TOY, steps=1024, threads=threads), Recorder())
    assert len(learners) == threads


@pytest.mark.usefixtures("toy")
def test_what_a_film_needs_is_recorded() -> None:
    recorder = Recorder()
    parallel_q.train(msgspec.structs.replace(TOY, steps=1024), recorder)
    trace = recorder.trace
    assert trace.info("fixed/seen").shape == (16, 36, 36)
    assert trace.info("fixed/q").shape == (16, 3)
    assert trace.steps("loss").tolist() == [256, 512, 768, 1024]
    assert trace.steps("value/estimated").size == trace.steps("value/realized").size == 4


@pytest.mark.slow
@pytest.mark.usefixtures("toy")
def test_it_learns_to_catch() -> None:
    """Random play catches a fifth of the fruit at the most; chance cannot bring nine of ten in 200 games."""
    network = parallel_q.train(msgspec.structs.replace(TOY, steps=40_960), Recorder())
    world, caught, games = Catch(20, seed=1234), 0, 0
    while games < 200:
        with torch.no_grad():
            actions = network(network.prepare(world.observation))[0].argmax(1).numpy()
        ended = world.step(actions).games
        games += len(ended)
        caught += sum(game.score > 0 for game in ended)
    assert caught >= 0.9 * games


@pytest.mark.usefixtures("toy")
def test_what_begins_with_an_agent_does_not_begin_with_random_actions() -> None:
    learned = parallel_q.train(TOY, Recorder()).state()
    args = msgspec.structs.replace(TOY, steps=1024, learning_rate=1e-30, seed=1)
    kept: list[dict[str, Any]] = []

    class Keeper:
        def offer(self, step: int, state: dict[str, Any], score: float) -> None:
            kept.append(state)

    recorder = Recorder()
    later = parallel_q.train(args, recorder, keeper=Keeper(), start=learned).state()  # type: ignore[arg-type]
    assert all(np.array_equal(learned[name], later[name]) for name in learned), "the weights, and how pictures are seen"
    assert recorder.trace.series("epsilon").values == pytest.approx(0.05)
    resumed = Recorder()
    parallel_q.train(args, resumed, decode_state(encode_state(kept[2])))
    assert resumed.trace.series("epsilon").values == pytest.approx(0.05), "known after an interruption too"
    plain = Recorder()
    parallel_q.train(args, plain)
    assert plain.trace.series("epsilon").values[0] > 0.9
