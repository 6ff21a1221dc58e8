"""Games that were recorded from Gymnasium environments, seen as pictures on the page of their run."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group, Image, Text
from mlanimated.draw.frame import Frame
from mlanimated.studio.episodes import Episode, Played, game_at, holds_games
from mlanimated.studio.panels import Panel, panels_of, picture, place_of
from mlanimated.views.moment import Moment

gymnasium = pytest.importorskip("gymnasium")

from mlanimated.envs import registry  # noqa: E402

registry.register()

MOVES = ((2, 2, 1, 1, 1, 2), (1, 2, 1), (2, 1, 0, 1, 1, 2, 2, 2))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[mla.Trace, list[list[np.ndarray]]]:
    """Three games on slippery ice, recorded without pictures, and the pictures that the same environment gives meanwhile."""
    path = tmp_path_factory.mktemp("games") / "games.mla"
    seen: list[list[np.ndarray]] = []
    env = gymnasium.make("mla/FrozenLake-v0", render_mode="rgb_array", slippery=True)
    recorded = mla.record.gymnasium.Record(env, path, pictures=False)
    for seed, moves in enumerate(MOVES):
        recorded.reset(seed=seed)
        seen.append([np.array(env.render())])
        for move in moves:
            *_, terminated, truncated, _ = recorded.step(move)
            seen[-1].append(np.array(env.render()))
            if terminated or truncated:
                break
    recorded.close()
    return mla.Trace.open(path), seen


def drawn(commands: Sequence[Command], kind: type) -> list:
    found = []
    for command in commands:
        found += [command] if isinstance(command, kind) else []
        found += drawn(command.children, kind) if isinstance(command, Group) else []
    return found


def test_every_step_of_every_game_has_its_picture(played: tuple[mla.Trace, list[list[np.ndarray]]]) -> None:
    trace, seen = played
    assert holds_games(trace)
    first = 0
    for pictures in seen:
        for made, wanted in reversed(list(enumerate(pictures))):
            if made == 0 and first:
                continue  # the game before has ended at that step, and its end is shown
            found = game_at(trace, first + made)
            assert found is not None
            assert found[1] == made
            assert np.array_equal(Played(found[0]).picture(made), wanted)
        first += len(pictures) - 1
    end = game_at(trace, first + 100)
    assert end is not None
    assert end[1] == len(seen[-1]) - 1, "after the last game its end is shown"


def test_to_go_back_costs_no_other_game(
    played: tuple[mla.Trace, list[list[np.ndarray]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlanimated.studio import episodes

    trace, seen = played
    begun = []
    monkeypatch.setattr(episodes, "replay", lambda game, replay=episodes.replay: (begun.append(game), replay(game))[1])
    found = game_at(trace, 1)
    assert found is not None
    one = Played(found[0])
    for made in (2, 0, 1, 2, 1):
        assert np.array_equal(one.picture(made), seen[0][made])
    assert len(begun) == 1
    monkeypatch.setattr(episodes, "KEPT", 1)
    other = Played(found[0])
    for made in (2, 0, 1, 2):
        assert np.array_equal(other.picture(made), seen[0][made])
    assert len(begun) == 3, "where pictures are not kept it is played anew, from its beginning"


def test_the_page_of_a_run_shows_the_game(played: tuple[mla.Trace, list[list[np.ndarray]]]) -> None:
    trace, seen = played
    panels = panels_of(trace)
    assert panels[0] == Panel("episode", ("game",), label="The game")
    assert all(panel.kind == "episode" or "game" not in panel.series for panel in panels), "not its text"
    view = place_of(panels[0], ("mine",), {"mine": trace})
    assert isinstance(view, Episode)
    commands = view.draw(Moment({"": trace}, {"": 2.0}), Box(0, 0, 640, 480))
    (image,) = drawn(commands, Image)
    assert image.pixels.data == seen[0][2].tobytes()
    assert f"2 of {len(seen[0]) - 1} steps" in drawn(commands, Text)[0].text
    assert "after 2 of its" in view.describe(Moment({"": trace}, {"": 2.0}))


@pytest.mark.parametrize(
    ("env", "words"),
    [("this:Nothing-v0", "no name of an environment"), ("Nothing-v0", "cannot be made here")],
)
def test_a_file_from_elsewhere_has_nothing_imported(env: str, words: str) -> None:
    told = {"env": env, "arguments": {}, "state": None, "resets": [[0, None]], "lengths": [2], "rewards": [1.0]}
    told |= {"digests": [None], "dtype": "|u1", "shape": [2], "actions": ""}
    with mla.Recorder() as recorder:
        recorder.log({"game": json.dumps(told)}, step=2)
    frame: Frame = picture(Episode(), Moment({"": recorder.trace}, {"": 1.0}), 640, 480)
    assert words in " ".join(text.text for text in drawn(frame.children, Text))
    assert "this" not in sys.modules


@pytest.mark.parametrize(
    "text", ["", "seed 3: LLR", "[]", "{}", '{"env": 1, "lengths": 2, "rewards": 3, "actions": 4}']
)
def test_a_series_of_that_name_may_hold_something_else(text: str) -> None:
    with mla.Recorder() as recorder:
        recorder.log({"game": text, "loss": 1.0}, step=0)
    assert not holds_games(recorder.trace)
    assert all(panel.kind != "episode" for panel in panels_of(recorder.trace))
