"""Games in the browser: what a table does, and that it plays by the rules."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from starlette.testclient import TestClient

from mlanimated.errors import MlaError
from mlanimated.games.catch import Catch, State
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.seats import table
from mlanimated.studio.table_boards import CONSIDERS, PLACES, BoardTable
from mlanimated.studio.table_catch import CatchTable, Numbered
from mlanimated.studio.table_grid import GridTable
from mlanimated.studio.tables import GAMES
from mlanimated.views.cells import layout


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("wide", [True, False])
def test_every_table_draws_says_and_takes_anything(game: str, wide: bool) -> None:
    if game in ("connect-four", "tic-tac-toe"):
        pytest.importorskip("safetensors")  # the agents' weights
    at = table(game, wide=wide, seed=1)
    for name in ("ArrowLeft", "ArrowUp", "Enter", " ", "1", "9", "n", "p", "Escape", "F5", ""):
        at.key(name)
        at.advance(0.1)
    for place in ((0.0, 0.0), (-5.0, 9e9), (200.0, 200.0)):
        at.point(*place)
    for control in at.controls():
        at.put(
            control.name,
            {"range": control.high, "switch": False, "choice": control.options[-1:] and control.options[-1][0]}.get(
                control.kind
            ),
        )
        frame = at.frame()
        assert (frame.width, frame.height) == at.size
        assert frame.children
        assert at.text()


@pytest.mark.parametrize("game", ["tic-tac-toe", "connect-four"])
def test_a_game_is_played_to_its_end_against_the_agent(game: str) -> None:
    pytest.importorskip("safetensors")  # the agents' weights
    at = table(game, seed=3)
    assert isinstance(at, BoardTable)
    at.simulations = 20
    moves = 0
    while at.rules.result(at.state) is None:
        assert at.rules.player(at.state) == 1
        if moves:
            at.key(str(at.rules.legal(at.state)[0] + 1))
        else:
            left, _ = at.parts()
            at.point(*left.centre)
            assert at.state == at.rules.play(at.rules.start, 4 if game == "tic-tac-toe" else 3)
        moves += 1
        for _ in range(40):
            at.advance((CONSIDERS + PLACES) / 10)
    assert at._moving is None
    assert sum(at.won) == 1
    assert at.text().startswith(("You win", "You lose", "A draw"))
    at.put("seat", "second")
    for _ in range(40):
        at.advance((CONSIDERS + PLACES) / 10)
    assert np.abs(at.rules.board(at.state)).sum() == 1, "the agent begins"


def test_a_move_out_of_turn_or_on_a_stone_is_none() -> None:
    pytest.importorskip("safetensors")  # the agents' weights
    at = table("tic-tac-toe", seed=3)
    assert isinstance(at, BoardTable)
    at.key("5")
    state = at.state
    at.key("1")
    assert at.state == state
    for _ in range(40):
        at.advance(0.1)
    state = at.state
    at.key("5")
    assert at.state == state


def learn(at: GridTable | CatchTable, steps: int) -> None:
    """Learn as `advance` does, however slow the machine is."""
    until = at.play.steps + steps
    while at.play.steps < until:
        length = at.play.step(0.3).get("length")
        if length is not None and isinstance(at, GridTable):
            at.lengths.append(int(length))


def test_the_world_is_edited_while_it_is_learned_and_what_was_learned_stays() -> None:
    at = table("grid-world", seed=1)
    assert isinstance(at, GridTable)
    learn(at, 12_000)
    assert min(at.lengths) <= 30, "it has found a way"
    known = at.play.q.copy()
    board = layout(at.world.rows, at._box())
    at.put("tool", "wall")
    at.point(*board.middle(11))
    assert at.world.walls[11]
    here = np.isfinite(at.play.q)
    assert np.array_equal(at.play.q[here], known[here])
    assert not here[11].any()
    at.point(*board.middle(11))
    assert not at.world.walls[11]
    at.put("reward", -1.5)
    at.point(*board.middle(12))
    assert at.world.rewards[12] == -1.5
    at.put("tool", "goal")
    at.point(*board.middle(9))
    assert at.world.goal == 9
    at.put("tool", "start")
    with pytest.raises(MlaError, match="free cell"):
        at.point(*board.middle(9))
    learn(at, 12_000)
    assert at.lengths[-1] < 200, "it has learned the other way"


def test_who_walks_beside_the_agent_walks_by_the_rules() -> None:
    at = table("grid-world", seed=1)
    assert isinstance(at, GridTable)
    at.put("learns", False)
    assert not at.advance(1.0)
    way = "down down down down down down down right right right right right up up right"
    state = at.world.start
    for name in way.split():
        at.key(f"Arrow{name.capitalize()}")
        state = at.world.step(state, {"left": 0, "down": 1, "right": 2, "up": 3}[name]).state
        assert at.me == state
    at._live_in(at.world.with_start(57).with_goal(0))
    at.me = 0
    at.key("ArrowRight")
    assert at.me == at.world.start
    assert at.mine == [16]


def test_catch_as_numbers_is_catch() -> None:
    game = Catch()
    numbered = Numbered(game, np.random.default_rng(0))
    for number in range(numbered.states):
        state = numbered.state(number)
        assert numbered.number(state) == number
        for action in numbered.legal(number):
            move, step = game.step(state, action), numbered.step(number, action)
            assert (numbered.state(step.state), step.reward, step.terminated) == move
    assert numbered.state(0) == State(0, 0, 1)


@pytest.mark.slow
def test_the_agent_beside_learns_to_catch() -> None:
    at = table("catch", seed=2)
    assert isinstance(at, CatchTable)
    assert at.advance(0.1)
    learn(at, 60_000)
    q, caught = at.play.q, 0
    for start in at.game.starts:
        state, over, reward = start, False, 0.0
        while not over:
            state, reward, over = at.game.step(state, int(np.argmax(q[at.numbered.number(state)])))
        caught += reward > 0
    assert caught >= 60
    at._begin()
    at.mine = at.mine._replace(basket=5)
    at.key("ArrowLeft")
    at.advance(1.0 / at.tempo + 1e-6)
    assert at.mine.basket == 4, "the arrow moves the basket"


def test_a_socket_plays(asker: TestClient) -> None:
    pytest.importorskip("safetensors")  # the agents' weights
    with asker.websocket_connect("/table/tic-tac-toe?wide=0", headers={"host": "127.0.0.1"}) as socket:
        told = json.loads(socket.receive_text())
        assert "Your move" in told["text"]
        assert {control["name"] for control in told["controls"]} >= {"new", "opponent", "hints"}
        data = socket.receive_bytes()
        assert struct.unpack_from("<H", data)[0] == 0
        socket.send_text("nonsense")
        socket.send_text(json.dumps({"point": ["a", None], "put": 7}))
        socket.send_text(json.dumps({"put": ["opponent", "nobody"]}))
        said = json.loads(socket.receive_text())
        assert "has no 'nobody'" in said["trouble"]
        socket.send_text(json.dumps({"got": 1}))
        socket.send_text(json.dumps({"key": "5"}))
        words = ""
        while "on its way" not in words and "considers" not in words:
            message = socket.receive()
            words += message.get("text") or ""
            socket.send_text(json.dumps({"got": 1}))
    with asker.websocket_connect("/table/chess", headers={"host": "127.0.0.1"}) as socket:
        assert "no game 'chess'" in socket.receive_text()
    with pytest.raises(Refusal):
        table("chess")
    assert asker.get("/play/chess").status_code == 404
    for path in ("/play", *(f"/play/{game}" for game in GAMES)):
        assert asker.get(path).status_code == 200
