"""Rows that come in over HTTP: in both forms, once each, on disk when they are answered, and nothing that does not fit."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import mlanimated as mla
from mlanimated.studio.app import application
from mlanimated.studio.studio import Studio

RUN = "/api/v1/runs/mine"


@pytest.fixture
def begun(asker: TestClient) -> TestClient:
    assert asker.post("/api/v1/runs", json={"name": "mine", "args": {"rate": 0.1}, "seed": 3}).status_code == 201
    return asker


def test_what_is_answered_is_on_disk(begun: TestClient, folder: Path) -> None:
    rows = [
        {"step": step, "values": {"loss": 1 / (step + 1), "w": [[1, 2], [3, step]], "note": "a"}} for step in range(5)
    ]
    events = [{"name": "first win", "text": "It wins.", "step": 3}]
    assert begun.post(f"{RUN}/append", json={"rows": rows, "events": events}).json()["rows"] == 5
    trace = mla.Trace.open(folder / "mine.mla")
    assert trace.series("loss").values.tolist() == [1 / (step + 1) for step in range(5)]
    assert trace.value("w", 4).tolist() == [[1, 2], [3, 4]]
    assert trace.value("note", 4) == "a"
    assert [(event.step, event.name, event.text) for event in trace.events] == [(3, "first win", "It wins.")]
    assert trace.about.args == {"rate": 0.1}
    assert trace.about.seed == 3
    assert not trace.finished
    begun.post(f"{RUN}/finish")
    trace.refresh()
    assert trace.finished


def test_steps_count_on_where_none_is_given(begun: TestClient, folder: Path) -> None:
    for _ in range(3):
        begun.post(f"{RUN}/append", json={"values": {"loss": 1}})
    assert mla.Trace.open(folder / "mine.mla").steps().tolist() == [0, 1, 2]


def binary(head: dict[str, object], *parts: bytes) -> bytes:
    return json.dumps(head).encode() + b"\n" + b"".join(parts)


def test_arrays_and_pictures_as_bytes(begun: TestClient, folder: Path) -> None:
    weights = np.arange(12, dtype="<f4").reshape(3, 4) / 7
    screen = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    stream = io.BytesIO()
    Image.fromarray(screen).save(stream, "PNG")
    head = {
        "step": 7,
        "values": {
            "w": {"dtype": "float32", "shape": [3, 4]},
            "raw": {"dtype": "uint8", "shape": [2, 3, 3]},
            "png": {"picture": "png", "bytes": len(stream.getvalue())},
            "loss": 0.5,
        },
    }
    body = binary(head, weights.tobytes(), screen.tobytes(), stream.getvalue())
    assert begun.post(f"{RUN}/append.bin", content=body).status_code == 200
    trace = mla.Trace.open(folder / "mine.mla")
    assert np.array_equal(trace.value("w", 7), weights)
    assert trace.info("w").dtype == "float32"
    assert trace.info("raw").kind == trace.info("png").kind == "picture"
    assert np.array_equal(trace.value("raw", 7), screen)
    assert np.array_equal(trace.value("png", 7), screen)
    packed = begun.get(f"{RUN}/series?name=w&form=binary").content
    line, _, data = packed.partition(b"\n")
    assert json.loads(line) == {"name": "w", "rows": 1, "dtype": "float32", "shape": [3, 4]}
    assert np.array_equal(np.frombuffer(data[16:], "<f4").reshape(3, 4), weights)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}\nxx",
        b"not json\n",
        binary({"values": {"w": {"dtype": "float32", "shape": [3]}}}, b"1234"),
        binary({"values": {"w": {"dtype": "float32", "shape": [1]}}}, b"12345678"),
        binary({"values": {"w": {"dtype": "object", "shape": [1]}}}, b"12345678"),
        binary({"values": {"w": {"dtype": "float32", "shape": [1 << 31, 1 << 31]}}}, b""),
        binary({"values": {"w": {"dtype": "float32", "shape": [-1]}}}, b"1234"),
        binary({"values": {"w": {"dtype": "float32", "shape": "3"}}}, b"1234"),
        binary({"values": {"w": {"picture": "png", "bytes": 4}}}, b"1234"),
        binary({"values": {"w": {"picture": "png", "bytes": -4}}}, b""),
        binary({"values": {"w": {"what": 1}}}, b""),
        b'{"values": ' + b"[" * 3000,
    ],
)
def test_bytes_that_do_not_fit_are_refused_and_nothing_is_written(begun: TestClient, folder: Path, body: bytes) -> None:
    answer = begun.post(f"{RUN}/append.bin", content=body)
    assert answer.status_code == 422 or (answer.status_code, answer.json().get("rows")) == (200, 0)
    assert mla.Trace.open(folder / "mine.mla").names == ()


def test_a_picture_with_too_many_pixels_is_refused(begun: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlanimated.studio.intake.MOST_PIXELS", 100)
    stream = io.BytesIO()
    Image.new("L", (11, 10)).save(stream, "PNG")
    body = binary({"values": {"p": {"picture": "png", "bytes": len(stream.getvalue())}}}, stream.getvalue())
    assert begun.post(f"{RUN}/append.bin", content=body).status_code == 413


def test_a_batch_that_is_sent_again_is_written_once(begun: TestClient, folder: Path) -> None:
    for number in (0, 1, 1, 0, 2):
        answer = begun.post(f"{RUN}/append", json={"values": {"loss": number}, "client": "a", "number": number})
        assert answer.status_code == 200
    assert mla.Trace.open(folder / "mine.mla").series("loss").values.tolist() == [0, 1, 2]
    assert begun.post(f"{RUN}/append", json={"values": {"loss": 9}, "number": 5}).status_code == 422


@pytest.mark.parametrize(
    "rows",
    [
        {"values": {"loss": "text"}},
        {"values": {"loss": [1, 2]}},
        {"values": {"w": [1, 2, 3]}},
        {"values": {"": 1}},
        {"values": {"a\nb": 1}},
        {"values": {"n" * 201: 1}},
        {"values": {"x": {"a": 1}}},
        {"values": {"x": [[1, 2], [3]]}},
        {"values": {"x": ["a"]}},
        {"values": {"x": 2**70}},
        {"values": {"x": 1}, "step": 2**63},
        {"values": {"x": 1}, "step": 1.5},
        {"rows": [{"values": {"fine": 1}}, {"values": {"loss": "no"}}]},
        {"unknown": 1},
        {"rows": 3},
    ],
)
def test_what_does_not_fit_is_refused_whole(begun: TestClient, folder: Path, rows: dict[str, object]) -> None:
    begun.post(f"{RUN}/append", json={"values": {"loss": 1.0, "w": [1, 2]}})
    answer = begun.post(f"{RUN}/append", json=rows)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]
    trace = mla.Trace.open(folder / "mine.mla")
    assert sorted(trace.names) == ["loss", "w"]
    assert trace.info("loss").rows == 1


def test_what_is_not_a_number_comes_back_as_null(begun: TestClient) -> None:
    begun.post(f"{RUN}/append", json={"values": {"loss": None}})
    assert begun.get(f"{RUN}/series?name=loss").json()["values"] == [None]
    assert begun.get("/api/v1/runs").json()["runs"][0]["value"] is None


def test_a_run_of_another_program_is_left_alone(asker: TestClient, write: Callable[..., Path]) -> None:
    write("theirs")
    answer = asker.post("/api/v1/runs/theirs/append", json={"values": {"loss": 1}})
    assert answer.status_code == 409
    assert asker.post("/api/v1/runs", json={"name": "theirs"}).status_code == 409
    assert asker.post("/api/v1/runs/nobody/append", json={"values": {"loss": 1}}).status_code == 404


def test_it_goes_on_after_the_studio_was_closed(folder: Path) -> None:
    for part in range(3):
        with TestClient(application(Studio(folder)), base_url="http://127.0.0.1") as asker:
            if part == 0:
                asker.post("/api/v1/runs", json={"name": "mine"})
            asker.post(f"{RUN}/append", json={"values": {"loss": part}})
    assert mla.Trace.open(folder / "mine.mla").series("loss").values.tolist() == [0, 1, 2]


KILLED = """
import os, sys
from starlette.testclient import TestClient
from pathlib import Path
from mlanimated.studio.app import application
from mlanimated.studio.studio import Studio
with TestClient(application(Studio(Path(sys.argv[1]))), base_url="http://127.0.0.1") as asker:
    asker.post("/api/v1/runs", json={"name": "mine"})
    for number in range(4):
        asker.post("/api/v1/runs/mine/append", json={"values": {"loss": number}, "client": "a", "number": number})
    os._exit(9)
"""


@pytest.mark.slow
def test_a_studio_that_was_killed_has_lost_nothing_that_it_answered(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False, env={**os.environ}, timeout=120)
    assert done.returncode == 9
    with TestClient(application(Studio(folder)), base_url="http://127.0.0.1") as asker:
        for number in (3, 4):  # the client does not know whether 3 arrived
            asker.post(f"{RUN}/append", json={"values": {"loss": number}, "client": "a", "number": number})
    assert mla.Trace.open(folder / "mine.mla").series("loss").values.tolist() == [0, 1, 2, 3, 4]
