"""Cells, as programs of today and of 2015 use them, and as hostile ones try to."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from mlanimated.studio.app import application
from mlanimated.studio.cells import FRAME_POLICY, MOST_VALUE, Cells
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.store import Store
from mlanimated.studio.studio import Studio


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 3), (10, 200, 30)).save(stream, "PNG")
    return stream.getvalue()


HTML = {"name": "plot", "type": "html", "value": "<p>hello</p>", "pos": {"x": 1, "y": 2}, "description": "A plot."}


@pytest.mark.parametrize(("prefix", "key"), [("/api/v1/cells", "id"), ("/values", "_id"), ("/api/v1/values", "_id")])
def test_the_six_services(asker: TestClient, prefix: str, key: str) -> None:
    made = asker.post(prefix, json=HTML)
    assert made.status_code == 201
    cell = made.json()
    assert {name: cell[name] for name in HTML} == HTML
    assert ("id" in cell) == (key == "id")
    number = cell[key]
    assert asker.get(f"{prefix}/{number}").json() == cell
    assert asker.get(prefix).json() == [cell]
    patched = asker.patch(f"{prefix}/{number}", json={"value": "<p>epoch 2</p>"}).json()
    assert (patched["value"], patched["name"], patched["pos"]) == ("<p>epoch 2</p>", "plot", HTML["pos"])
    replaced = asker.put(f"{prefix}/{number}", json={"type": "html", "value": "x"}).json()
    assert (replaced["value"], replaced["name"], replaced["pos"]) == ("x", "", None)
    assert asker.delete(f"{prefix}/{number}").json()["value"] == "x"
    assert asker.get(f"{prefix}/{number}").status_code == 404
    assert asker.delete(f"{prefix}/{number}").status_code == 404


def test_a_client_of_2015_sends_a_form_and_reads_the_id(asker: TestClient) -> None:
    fields = {"name": "cell", "type": "html", "value": "<b>1</b>", "pos": '{"x": 3}', "description": ""}
    number = asker.post("/values", data=fields).json()["_id"]
    assert asker.patch(f"/values/{number}", data={"value": "<b>2</b>"}).json()["value"] == "<b>2</b>"
    assert asker.get(f"/api/v1/cells/{number}").json()["pos"] == {"x": 3}


def test_several_at_once_or_none(asker: TestClient) -> None:
    assert len(asker.post("/values", json=[HTML, HTML]).json()) == 2
    assert asker.post("/values", json=[HTML, {"type": "film", "value": ""}]).status_code == 422
    assert len(asker.get("/values").json()) == 2


def test_find_takes_names_and_parts(asker: TestClient) -> None:
    for index in range(5):
        asker.post("/values", json={**HTML, "name": f"cell {index % 2}"})
    assert len(asker.get("/values", params={"name": "cell 1"}).json()) == 2
    assert [cell["name"] for cell in asker.get("/values?$limit=2&$skip=1").json()] == ["cell 1", "cell 0"]
    assert asker.get("/values?$limit=-1").status_code == 422


def test_cells_are_kept_over_a_restart(folder: Path) -> None:
    for round_ in range(2):
        studio = Studio(folder)
        with TestClient(application(studio), base_url="http://127.0.0.1:8017") as asker:
            if round_ == 0:
                asker.post("/values", json=HTML)
            assert [cell["name"] for cell in asker.get("/values").json()] == ["plot"]


def test_pictures_are_served_as_what_they_are(asker: TestClient) -> None:
    data = png()
    for value in (base64.b64encode(data).decode(), "data:image/png;base64," + base64.b64encode(data).decode()):
        number = asker.post("/api/v1/cells", json={"type": "img", "value": value}).json()["id"]
        shown = asker.get(f"/cells/{number}/img")
        assert shown.content == data
        assert shown.headers["content-type"] == "image/png"
        assert "sandbox" in shown.headers["content-security-policy"]
        assert asker.get(f"/cells/{number}/frame").status_code == 404


def test_a_drawing_that_is_opened_by_itself_runs_nothing(asker: TestClient) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    value = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    number = asker.post("/api/v1/cells", json={"type": "img", "value": value}).json()["id"]
    policy = asker.get(f"/cells/{number}/img").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "sandbox" in policy


def test_html_has_no_origin(asker: TestClient) -> None:
    number = asker.post("/values", json={**HTML, "value": "<script>document.cookie</script>"}).json()["_id"]
    shown = asker.get(f"/cells/{number}/frame")
    policy = shown.headers["content-security-policy"]
    assert policy == FRAME_POLICY
    assert "sandbox allow-scripts;" in policy
    assert "allow-same-origin" not in policy
    assert "connect-src 'none'" in policy
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "<script>document.cookie</script>" in shown.text


def test_the_board_puts_no_cell_into_its_own_page(asker: TestClient) -> None:
    asker.post("/values", json={**HTML, "name": "<script>1</script>", "value": "<script>2</script>"})
    page = asker.get("/board").text
    assert "<script>1" not in page
    assert "<script>2" not in page


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"type": "html"}, 422),
        ({"type": "video", "value": ""}, 422),
        ({"type": "html", "value": 3}, 422),
        ({"type": "html", "value": None}, 422),
        ({"type": "html", "value": "", "name": "n" * 201}, 413),
        ({"type": "html", "value": "", "pos": "x" * 2000}, 413),
        ({"type": "img", "value": "https://elsewhere.example/x.png"}, 422),
        ({"type": "img", "value": "not base64!"}, 422),
        ({"type": "img", "value": base64.b64encode(b"<html>").decode()}, 422),
        ({"type": "img", "value": "data:text/html;base64," + base64.b64encode(b"<script>").decode()}, 422),
        ([], 201),
        ("text", 422),
        (7, 422),
    ],
)
def test_what_is_no_cell_is_refused_in_a_line(asker: TestClient, fields: object, status: int) -> None:
    answer = asker.post("/api/v1/cells", json=fields)
    assert answer.status_code == status
    if status != 201:
        assert "\n" not in answer.json()["error"]
        assert asker.get("/api/v1/cells").json() == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"type": NaN}', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_is_refused(asker: TestClient, body: bytes) -> None:
    assert asker.post("/values", content=body, headers={"content-type": "application/json"}).status_code in {400, 422}


def test_there_are_only_so_many_and_only_so_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlanimated.studio.cells.MOST_CELLS", 3)
    store = Store(tmp_path / "studio.sqlite")
    cells = Cells(store, lambda: None)
    for _ in range(3):
        cells.create({"type": "html", "value": ""})
    with pytest.raises(Refusal, match="remove some"):
        cells.create({"type": "html", "value": ""})
    with pytest.raises(Refusal) as caught:
        cells.patch(cells.find()[0].id, {"value": "x" * (MOST_VALUE + 1)})
    assert caught.value.status == 413
    store.close()
