"""Replacing a file: all of the new one, or all of the old one."""

from __future__ import annotations

import os
import stat

import pytest

from mlanimated.errors import MlaError
from mlanimated.render.atomic import replacing


def test_the_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_text("old")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".mp4"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MlaError])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "film.gif"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise error("stop")

    with pytest.raises(error):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_disk_is_one_clear_line(tmp_path):
    path = tmp_path / "film.gif"
    with pytest.raises(MlaError, match="no space left on device") as caught, replacing(path):
        raise OSError(28, "No space left on device")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_permissions_are_those_of_the_old_file_or_of_any_new_one(tmp_path):
    fresh, kept, plain = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"
    plain.write_text("")
    kept.write_text("")
    kept.chmod(0o640)
    for path in (fresh, kept):
        with replacing(path) as temporary:
            temporary.write_text("new")
    assert stat.S_IMODE(fresh.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(MlaError, match="does not exist"), replacing(tmp_path / "no" / "film.mp4"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(MlaError, match="is not a folder"), replacing(tmp_path / "file" / "film.mp4"):
        pass
    with pytest.raises(MlaError, match="is a folder"), replacing(tmp_path):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_one_clear_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(MlaError, match="permission denied"), replacing(tmp_path / "film.mp4"):
        pass
    tmp_path.chmod(0o700)


def test_a_refused_folder_is_one_clear_line(tmp_path, monkeypatch):
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(MlaError, match="permission denied") as caught, replacing(tmp_path / "film.mp4"):
        pass
    assert "\n" not in str(caught.value)


def test_names_alone_are_written_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with replacing("film.svg") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "film.svg").read_text() == "new"
