"""A game that is watched: what is recorded is what was played, and it takes few bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlanimated.agents import watching
from mlanimated.agents.agent import SHIPPED, agent
from mlanimated.agents.watching import Args, agent_for, open_console, player_of, record, watch
from mlanimated.envs.atari import Atari, Preprocessing, replay
from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace


def recorded(**args: object) -> Trace:
    pytest.importorskip("ale_py")
    with Recorder() as recorder:
        record(Args(**args), recorder)  # type: ignore[arg-type]
    return recorder.trace


def test_a_random_game_is_recorded_as_it_was_played() -> None:
    trace = recorded(game="breakout", seconds=2.0, seed=3)
    steps = trace.series("at").values.astype(int)
    console = open_console(str(trace.value("game", 0)))
    played = console.played
    shown = list(replay("breakout", played.seed, played.actions))
    assert len(shown) == console.steps + 1
    for step in (0, 5, int(steps[-1])):
        assert np.array_equal(console.picture(step), shown[step])
    world = Atari("breakout", seeds=[played.seed])
    score = [0.0]
    for action in played.actions:
        score.append(score[-1] + float(world.step(np.array([int(action)])).points[0]))
    assert trace.series("score").values.tolist() == [score[step] for step in steps]
    assert trace.series("lives").values[0] == 5
    assert player_of(trace).name == ""
    assert np.allclose(trace.value("chances", 0), 0.25)
    assert [event.name for event in trace.events][-1] == "end"
    assert int(steps[-1]) == console.steps


def test_a_game_stopped_at_its_limit_is_not_said_to_be_over(monkeypatch: pytest.MonkeyPatch) -> None:
    over = recorded(game="breakout", seconds=2.0, seed=3).events[-1]
    assert over.text.startswith("The game is over after")
    monkeypatch.setattr(watching, "USUAL", Preprocessing(frames=400))
    stopped = recorded(game="breakout", seconds=2.0, seed=3).events[-1]
    assert (stopped.name, stopped.text) == ("end", "The game is stopped after 7 s of play.")


def test_a_film_leaves_out_what_a_stopped_game_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting brings nothing in Breakout, for no ball is served: after the first moves of idleness there is nothing to see."""
    monkeypatch.setattr(watching, "USUAL", Preprocessing(frames=1200, fire=False, actions=("noop",)))
    trace = recorded(game="breakout", seconds=40.0, seed=3)
    end = trace.events[-1]
    assert (end.name, end.step, trace.last_step) == ("end", 75, 75)
    assert end.text == "Nothing more comes: so it goes on until the game is stopped, after 20 s."


@pytest.mark.slow
def test_an_agent_s_thoughts_are_recorded() -> None:
    pytest.importorskip("torch")
    trace = recorded(agent="pong", seconds=3.0, most=200, saliency=True)
    pong, console = agent("pong"), open_console(str(trace.value("game", 0)))
    for step in trace.steps("at")[[0, 7, 20]]:
        said = pong.answers(console.seen(float(step))[None])
        assert np.allclose(trace.value("chances", step), said["policy"][0], atol=1e-5)
        assert trace.value("value", step) == pytest.approx(float(said["value"][0, 0]), abs=1e-4)
        assert trace.value("action", step) == said["policy"][0].argmax()
    assert trace.value("saliency", 10).shape == (16, 16)
    told = player_of(trace)
    assert (told.name, told.game, told.actions) == ("pong", "pong", ("right", "left"))


@pytest.mark.slow
def test_the_same_seed_is_the_same_game() -> None:
    pytest.importorskip("ale_py")
    first, second = (watch("", game="pong", seed=4, sticky=0.25, most=80) for _ in range(2))
    assert first.text == second.text
    assert watch("", game="pong", seed=5, sticky=0.25, most=80).text != first.text


@pytest.mark.slow
def test_a_random_player_keeps_to_another_s_rules() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("ale_py")
    watched = watch("", like="pong", most=5)
    assert watched.actions == ("right", "left")
    with pytest.raises(MlaError, match="pong plays pong, not breakout"):
        watch("pong", game="breakout")


def test_the_agent_for_a_game(tmp_path: Path) -> None:
    pytest.importorskip("ale_py")
    assert agent_for("Pong") == "pong"
    with pytest.raises(MlaError, match=r"No trained agent ships for tutankham: 'mla train tutankham' makes one"):
        agent_for("tutankham", tmp_path)
    for suffix in (".safetensors", ".json"):
        (tmp_path / f"tutankham-ppo-0{suffix}").write_bytes((SHIPPED / f"pong{suffix}").read_bytes())
    assert agent_for("tutankham", tmp_path) == str(tmp_path / "tutankham-ppo-0")
    with pytest.raises(MlaError, match="Did you mean 'pong'"):
        agent_for("pnog", tmp_path)


@pytest.mark.slow
def test_an_hour_of_play_is_megabytes(tmp_path: Path) -> None:
    """A sixth of one: 9,000 decisions with all that is recorded of them. The same hour of pictures would be 5.4 GB."""
    pytest.importorskip("ale_py")
    random = np.random.default_rng(0)
    rules = Preprocessing(height=42, width=42, frames=10**7)
    world, hour, games = Atari("pong", seeds=[1], preprocessing=rules), 0, []
    while hour < 9000:
        made = world.step(random.integers(0, 6, 1))
        hour += 1
        games += made.games
    path = tmp_path / "hour.mla"
    with Recorder(path) as recorder:
        for game in games:
            recorder.log({"game": watching.named("pong", rules, game)}, step=hour)
        for step in range(hour):
            chances = random.dirichlet(np.ones(6)).astype(np.float32)
            row = {"at": float(step), "second": step / 15, "score": float(step // 50), "value": float(random.normal())}
            recorder.log({**row, "chances": chances, "action": float(chances.argmax())}, step=step)
    assert 6 * path.stat().st_size < 4e6
