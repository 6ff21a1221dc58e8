"""REST: what is said of runs, and that it is what was recorded."""

from __future__ import annotations

import csv
import io
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

import mlanimated as mla
from mlanimated.studio.cards import Cards
from mlanimated.studio.exports import Order, film_of
from mlanimated.studio.panels import Panel
from mlanimated.studio.store import Store
from mlanimated.studio.studio import Studio

Write = Callable[..., Path]


def names(answer: Any) -> list[str]:
    return [run["name"] for run in answer.json()["runs"]]


def test_runs_are_found_sorted_and_narrowed(asker: TestClient, write: Write, folder: Path) -> None:
    write("b", steps=5, args={"rate": 0.25}, hypothesis="Faster is better.")
    write("a", steps=50)
    (folder / "broken.mla").write_bytes(b"x" * 3000)
    assert names(asker.get("/api/v1/runs?sort=name")) == ["a", "b", "broken"]
    assert names(asker.get("/api/v1/runs?sort=steps"))[0] == "a"
    assert names(asker.get("/api/v1/runs?sort=value")) == ["a", "b", "broken"]
    assert names(asker.get("/api/v1/runs?search=FASTER rate")) == ["b"]
    assert names(asker.get("/api/v1/runs?state=damaged")) == ["broken"]
    assert asker.put("/api/v1/runs/b/tags", json={"tags": ["good", " new "]}).json()["tags"] == ["good", "new"]
    assert names(asker.get("/api/v1/runs?tag=good")) == names(asker.get("/api/v1/runs?search=new")) == ["b"]
    limited = asker.get("/api/v1/runs?sort=name&limit=1&skip=1").json()
    assert (limited["total"], [run["name"] for run in limited["runs"]]) == (3, ["b"])
    for wrong in ("sort=x", "state=x", "limit=-1", "limit=x"):
        assert asker.get(f"/api/v1/runs?{wrong}").status_code == 422
    page = asker.get("/?tag=good").text
    assert 'id="run-b"' in page
    assert 'id="run-a"' not in page


def test_a_run_is_described(asker: TestClient, write: Write) -> None:
    write(args={"rate": 0.25}, seed=7)
    told = asker.get("/api/v1/runs/mine").json()
    assert (told["state"], told["last_step"], told["about"]["seed"], told["about"]["args"]) == (
        "finished",
        19,
        7,
        {"rate": 0.25},
    )
    kinds = {series["name"]: (series["kind"], series["shape"]) for series in told["series"]}
    assert kinds == {
        "train/loss": ("scalar", []),
        "weights": ("array", [3, 4]),
        "frame": ("picture", [6, 8, 3]),
        "note": ("text", []),
    }
    assert {panel["kind"] for panel in told["panels"]} == {"lines", "heatmap", "picture", "words", "events"}
    assert asker.get("/api/v1/runs/mine/events").json()["events"] == [
        {"step": 0, "time": pytest.approx(0, abs=60), "name": "begun", "text": "It has begun."}
    ]


def test_series_come_whole_in_part_or_in_short(asker: TestClient, write: Write) -> None:
    path = write(steps=500)
    trace = mla.Trace.open(path)
    get = "/api/v1/runs/mine/series?name=train/loss"
    assert asker.get(get).json()["values"] == trace.series("train/loss").values.tolist()
    part = asker.get(f"{get}&start=10&stop=12").json()
    assert (part["steps"], part["values"]) == ([10, 11, 12], [1 / 11, 1 / 12, 1 / 13])
    short = asker.get(f"{get}&points=10").json()
    assert len(short["low"]) <= 10
    assert (min(short["low"]), max(short["high"]), sum(short["rows"])) == (1 / 500, 1.0, 500)
    assert asker.get("/api/v1/runs/mine/series?name=weights&start=3&stop=3").json()["values"] == [[[3.0] * 4] * 3]
    assert asker.get("/api/v1/runs/mine/series?name=note&start=3&stop=3").json()["values"] == ["step 3"]
    for wrong, status in (
        ("name=x", 404),
        ("name=weights&points=5", 422),
        ("name=note&form=binary", 422),
        ("points=3", 422),
        ("name=note&start=nan", 422),
    ):
        assert asker.get(f"/api/v1/runs/mine/series?{wrong}").status_code == status


def test_too_much_at_once_is_refused(asker: TestClient, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    monkeypatch.setattr("mlanimated.studio.api.MOST_VALUES", 30)
    assert asker.get("/api/v1/runs/mine/series?name=weights").status_code == 413
    assert asker.get("/api/v1/runs/mine/series?name=weights&start=1&stop=2").status_code == 200


def test_a_picture_is_what_was_recorded(asker: TestClient, write: Write) -> None:
    write()
    png = asker.get("/api/v1/runs/mine/picture?name=frame&step=4.5").content
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), np.full((6, 8, 3), 4, np.uint8))
    assert asker.get("/api/v1/runs/mine/picture?name=note").status_code == 404
    assert asker.get("/api/v1/runs/mine/picture?name=frame&step=-3").status_code == 404


def test_a_table_has_a_row_for_each_step(asker: TestClient, folder: Path) -> None:
    with mla.Recorder(folder / "mine.mla") as recorder:
        for step in range(40):
            recorder.log({"loss": math.nan if step == 3 else 0.1 * step}, step=step)
            if step % 7 == 0:
                recorder.log({"=cmd()": step}, step=step)
    answer = asker.get("/api/v1/runs/mine/film.csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["step", "time", "loss", "'=cmd()"]
    assert [int(row[0]) for row in rows[1:]] == list(range(40))
    assert [float(row[2]) for row in rows[1:] if row[0] != "3"] == [0.1 * step for step in range(40) if step != 3]
    assert rows[4][2] == "nan"
    assert [row[3] for row in rows[1:]] == [str(step) if step % 7 == 0 else "" for step in range(40)]
    assert asker.get("/api/v1/runs/mine/film.csv?series=nothing").status_code == 404


def test_films_show_the_panels_that_are_asked_for(write: Write) -> None:
    paths = tuple(str(write(name)) for name in ("a", "b"))
    order = Order(
        ("a", "b"),
        paths,
        (Panel("lines", ("train/loss",)), Panel("picture", ("frame",))),
        "step",
        "",
        640,
        360,
        None,
        None,
        "t",
        "",
    )
    film = film_of(order)
    assert list(film.runs) == ["a", "b"]
    assert (film.width / film.height) == pytest.approx(16 / 9)
    assert "a is" in film.describe(film.seconds)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "sign"), [("png", b"\x89PNG"), ("html", b"<!doctype html>"), ("gif", b"GIF8"), ("mp4", b"ftyp")]
)
def test_films_are_made(asker: TestClient, write: Write, form: str, sign: bytes) -> None:
    write()
    panel = '{"kind": "lines", "series": ["train/loss"]}'
    answer = asker.get(
        f"/api/v1/runs/mine/film.{form}", params={"panel": panel, "width": 320, "height": 240, "step": 4}
    )
    assert answer.status_code == 200
    assert sign in answer.content[:16]


def test_films_that_make_no_sense_are_refused(asker: TestClient, write: Write) -> None:
    write()
    for query, status in (
        ("film.exe", 404),
        ("film.mp4?panel={", 422),
        ('film.mp4?panel={"kind":"x"}', 422),
        ("film.png?width=99999", 422),
        ("film.png?with=nobody", 404),
    ):
        assert asker.get(f"/api/v1/runs/mine/{query}").status_code == status


def test_a_training_is_taken_in_hand(asker: TestClient, folder: Path) -> None:
    """Pause, another value, step, resume, stop: through the file, as from another process."""
    seen: list[float] = []
    ended = threading.Event()

    def train() -> None:
        with mla.Recorder(folder / "mine.mla") as recorder:
            rate = recorder.control("rate", 0.1, 0.0, 1.0)
            try:
                for step in range(100_000):
                    seen.append(rate.value)
                    recorder.log({"loss": 1.0}, step=step)
                    recorder.tick(step, state=lambda step=step: {"step": step})
                    time.sleep(0.001)
            except mla.Stopped:
                ended.set()

    thread = threading.Thread(target=train)
    thread.start()

    def until(reached: Callable[[], bool]) -> None:
        limit = time.monotonic() + 60
        while not reached():
            assert time.monotonic() < limit
            time.sleep(0.02)

    def told() -> dict[str, Any]:
        return asker.get("/api/v1/runs/mine").json()

    def order(**body: Any) -> int:
        return asker.post("/api/v1/runs/mine/control", json=body).status_code

    until(lambda: bool(told().get("controls")))
    assert told()["controls"] == [{"name": "rate", "value": 0.1, "minimum": 0.0, "maximum": 1.0}]
    assert order(command="set", name="rate", value=0.5) == 202
    until(lambda: seen[-1] == 0.5)
    assert order(command="pause") == 202
    until(lambda: told()["status"] == "paused")
    count = len(seen)
    assert order(command="step") == 202
    until(lambda: len(seen) == count + 1)
    assert order(command="set", name="rate", value=7) == 422
    assert order(command="set", name="rat", value=0.1) == 422
    assert order(command="fly") == 422
    assert asker.delete("/api/v1/runs/mine").status_code == 409, "it is still being written"
    assert order(command="slower") == 202
    assert order(command="faster") == 202
    assert order(command="play") == 202
    until(lambda: len(seen) > count + 3)
    assert order(command="stop") == 202
    until(ended.is_set)
    thread.join()
    assert told()["checkpoints"], "its last state was kept"
    assert order(command="pause") == 409


def test_the_list_reads_only_what_has_changed(folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlanimated.studio import cards
    from mlanimated.studio.folder import Folder

    for index in range(6):
        write(f"run{index}", steps=2)
    read: list[str] = []
    plain = cards._read
    monkeypatch.setattr(cards, "_read", lambda found: (read.append(found.run), plain(found))[1])
    place = folder / "cards.sqlite"
    for round_ in range(3):
        store = Store(place)
        known = Cards(store)
        if round_ == 2:
            (folder / "run3.mla").unlink()
            write("run3", steps=4)
        for found in Folder(folder).look().values():
            known.of(found)
        store.close()
    assert sorted(read) == sorted([*(f"run{index}" for index in range(6)), "run3"])


def test_a_list_does_not_wait_for_files(studio: Studio, write: Write) -> None:
    from mlanimated.studio import pages

    for name in ("a", "b"):
        write(name)
    found, total = studio.listed(seconds=0.0)
    assert total == 2
    page = pages.runs(found, total, {}, "runs")
    assert page.count(" data-unread>") == 2
    assert {card.status for card, _ in studio.listed()[0]} == {"finished"}
    assert " data-unread>" not in pages.runs(*studio.listed(seconds=0.0), {}, "runs")
    studio.store.close()


def test_what_goes_wrong_is_a_page_for_people_and_a_line_for_programs(asker: TestClient) -> None:
    people = {"accept": "text/html"}
    assert "<h2>404</h2>" in asker.get("/watch?run=nobody", headers=people).text
    assert "<h2>404</h2>" in asker.get("/nowhere", headers=people).text
    assert "<h2>422</h2>" in asker.get("/watch", headers=people).text
    assert set(asker.get("/watch?run=nobody").json()) == {"error"}
    assert asker.get("/watch?run=<script>alert(1)</script>", headers=people).text.count("<script>alert") == 0


@pytest.mark.parametrize(
    "view",
    [
        "{",
        "[]",
        '{"hidden": 3}',
        '{"set": {"a": {"log": "<script>"}}}',
        "[" * 5000,
        '{"x": "</script><script>alert(1)"}',
    ],
)
def test_an_address_does_no_harm(asker: TestClient, write: Write, view: str) -> None:
    write()
    page = asker.get("/watch", params={"run": "mine", "view": view, "at": "nan"})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "</script><script>alert" not in page.text


def test_pages_name_the_address_at_which_they_are_asked(asker: TestClient) -> None:
    for page in ("/board", "/docs"):
        told = asker.get(page, headers={"host": "127.0.0.1:8017"}).text
        assert "curl 127.0.0.1:8017/api/v1/" in told


def test_a_training_with_a_speed_of_its_own_is_slowed_by_it(asker: TestClient, folder: Path) -> None:
    with mla.Recorder(folder / "mine.mla") as recorder:
        speed = recorder.control("steps_per_second", 10.0, 1.0, 2000.0)
        recorder.log({"loss": 1.0}, step=0)
        recorder.flush()
        for command, value in (("faster", 20.0), ("slower", 10.0)):
            assert asker.post("/api/v1/runs/mine/control", json={"command": command}).status_code == 202
            limit = time.monotonic() + 60
            while speed.value != value:
                assert time.monotonic() < limit
                recorder.tick(1)
                recorder.flush()
                time.sleep(0.01)
