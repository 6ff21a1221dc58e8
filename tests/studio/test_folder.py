"""Which runs there are; no path leads out of the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mlanimated.studio.folder import Folder, escaped, spoken
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.studio import Studio

Write = Callable[..., Path]


def test_runs_of_all_folders_below_are_found(folder: Path, write: Write) -> None:
    write("one")
    write("group/two")
    write("group/a~b")
    write(".hidden/three")
    (folder / "no-trace.txt").write_text("x")
    assert set(Folder(folder).look()) == {"one", "group~1two", "group~1a~0b"}


def test_ids_are_paths_without_slashes() -> None:
    for name in ("a", "a/b", "a~b", "a~1b", "a~0/~1"):
        assert spoken(escaped(name)) == name
        assert "/" not in escaped(name)


def test_links_that_lead_out_are_not_followed(folder: Path, write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mla"
    secret.write_bytes(write("inside").read_bytes())
    (folder / "link.mla").symlink_to(secret)
    (folder / "out").symlink_to(tmp_path)
    (folder / "friend.mla").symlink_to(folder / "inside.mla")
    assert set(Folder(folder).look()) == {"inside", "friend"}


@pytest.mark.parametrize(
    "run",
    [
        "../secret",
        "..~1secret",
        "%2e%2e%2fsecret",
        "/etc/passwd",
        "~1etc~1passwd",
        "..",
        "inside/../../secret",
        "C:\\x",
        "inside\0",
        "link",
    ],
)
def test_no_address_leads_out(asker: TestClient, folder: Path, write: Write, tmp_path: Path, run: str) -> None:
    write("inside")
    secret = tmp_path / "secret.mla"
    secret.write_bytes((folder / "inside.mla").read_bytes())
    (folder / "link.mla").symlink_to(secret)
    from urllib.parse import quote

    for path in (
        f"/api/v1/runs/{quote(run, safe='')}",
        f"/api/v1/runs/{quote(run, safe='%')}",
        f"/watch?run={quote(run, safe='')}",
    ):
        assert asker.get(path).status_code in {404, 405}
    assert asker.delete(f"/api/v1/runs/{quote(run, safe='')}").status_code in {404, 405}
    assert secret.exists()


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/x",
        "",
        ".",
        ".x",
        "a/.b",
        "a\\b",
        "a\0b",
        "x" * 200,
        "a//b",
        "a/",
        "con:",
        "-x",
        "a/b/c/d/e/f/g",
    ],
)
def test_no_run_is_begun_outside(folder: Path, name: str, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        Folder(folder).new(name)


def test_a_linked_folder_is_not_written_through(folder: Path, tmp_path: Path) -> None:
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(Refusal, match="out of the folder"):
        Folder(folder).new("out/x")


def test_delete_and_undo(asker: TestClient, folder: Path, write: Write) -> None:
    path = write("group/mine")
    before = path.read_bytes()
    token = asker.delete("/api/v1/runs/group~1mine").json()["undo"]
    assert not path.exists()
    assert asker.get("/api/v1/runs").json()["total"] == 0
    assert asker.post(f"/api/v1/undo/{token}").json() == {"run": "group~1mine"}
    assert path.read_bytes() == before
    assert asker.post(f"/api/v1/undo/{token}").status_code == 404


def test_undo_takes_nobodys_place(asker: TestClient, write: Write) -> None:
    path = write("mine", steps=3)
    token = asker.delete("/api/v1/runs/mine").json()["undo"]
    write("mine", steps=9)
    assert asker.post(f"/api/v1/undo/{token}").status_code == 409
    path.unlink()
    assert asker.post(f"/api/v1/undo/{token}").status_code == 200
    assert asker.get("/api/v1/runs/mine").json()["last_step"] == 2


def test_what_was_deleted_long_ago_is_gone(folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("mine")
    studio = Studio(folder)
    token = studio.delete("mine")
    studio.store.close()
    monkeypatch.setattr("mlanimated.studio.studio.KEEP_DELETED", -1.0)
    later = Studio(folder)
    with pytest.raises(Refusal):
        later.undo(token)
    later.store.close()
