"""The shelf: what is the same is not made twice, what has changed is."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from mlanimated.errors import MlaError
from mlanimated.lessons import sources
from mlanimated.lessons.pressing import frame_hash, press
from mlanimated.lessons.shelf import Shelf
from mlanimated.recipes import find

MODULE = importlib.import_module("mlanimated.lessons.shelf")
"""The module, which the function of the same name hides."""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "cache", tmp_path / "films")


def count_trainings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    trained: list[str] = []
    kind = type(find("gradient-descent"))
    train = kind.train

    def counting(self, name, run, path=None):
        trained.append(self.name)
        return train(self, name, run, path)

    monkeypatch.setattr(kind, "train", counting)
    return trained


def test_a_recording_is_made_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = count_trainings(monkeypatch)
    for _ in range(2):
        _, _, traces, _ = shelf.runs("gradient-descent", {"steps": 3})
        assert traces[""].last_step == 3
    assert trained == ["gradient-descent"]
    shelf.runs("gradient-descent", {"steps": 4})
    assert len(trained) == 2


def test_a_line_that_changes_makes_it_anew(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = count_trainings(monkeypatch)
    shelf.runs("gradient-descent", {"steps": 3})
    real = sources.digest
    monkeypatch.setattr(MODULE, "digest", lambda module: real(module) + "another line")
    shelf.runs("gradient-descent", {"steps": 3})
    assert len(trained) == 2


def test_without_a_folder_nothing_is_kept() -> None:
    assert Shelf().runs("gradient-descent", {"steps": 2})[2][""].last_step == 2
    with pytest.raises(MlaError, match="MLA_BOOK_FILMS"):
        Shelf().made("gradient-descent", {})


def test_quick_arguments_take_the_place_of_others_but_not_of_the_choice() -> None:
    recipe = find("celsius")
    assert Shelf(quick=True).values(recipe, {"epochs": 8000, "w": 2}) == {"epochs": 40, "w": 2}
    assert Shelf(quick=True).values(recipe, {}, {"epochs": 5}) == {"epochs": 5}
    assert Shelf().values(recipe, {"epochs": 8000}) == {"epochs": 8000}


def test_what_a_module_depends_on_is_found() -> None:
    found = sources.closure("mlanimated.learn.gradient_descent")
    assert "mlanimated.learn.surfaces" in found
    assert "mlanimated.trace.recorder" in found
    assert not [name for name in found if name.startswith("mlanimated.views")], "a view changes no training"
    assert "mlanimated.views.landscape" in sources.closure("mlanimated.recipes.gradient_descent")


def test_an_interrupted_film_leaves_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(MODULE, "press", fails)
    with pytest.raises(KeyboardInterrupt):
        shelf.made("gradient-descent", {"steps": 2})
    assert not list((shelf.cache / "films").iterdir())


def test_who_comes_second_leaves_what_is_there(tmp_path: Path) -> None:
    goal = tmp_path / "film"
    with MODULE._Whole(goal) as mine, MODULE._Whole(goal) as other:
        (mine / "about.json").write_text("mine")
        (other / "about.json").write_text("other")
    assert (goal / "about.json").read_text() == "other"
    assert list(tmp_path.iterdir()) == [goal]


def test_a_folder_that_came_to_be_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goal = tmp_path / "film"
    with MODULE._Whole(goal) as folder:
        (folder / "about.json").write_text("mine")
        goal.mkdir()
        (goal / "about.json").write_text("theirs")
        seen = iter([False])  # not yet there when it was asked for, there when it was to be moved
        real = Path.exists
        monkeypatch.setattr(Path, "exists", lambda path: next(seen, True) if path == goal else real(path))
    assert (goal / "about.json").read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [goal]


@pytest.mark.slow
def test_a_film_of_the_pages_own_lies_beside_it(shelf: Shelf) -> None:
    reel = find("gradient-descent").make(steps=2).reel
    with pytest.raises(MlaError, match="MLA_BOOK_FILMS"):
        Shelf().pressed(reel)
    first, second = shelf.pressed(reel), shelf.pressed(reel)
    assert first.key == second.key
    assert first.about["recipe"] == ""
    about = json.loads((shelf.films / first.key / "about.json").read_text())
    assert about["hash"] == frame_hash(shelf.films / first.key / "film.mla.gz")
    assert [path.name for path in shelf.films.iterdir()] == [first.key]


@pytest.mark.slow
def test_a_film_too_heavy_for_a_page_has_fewer_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reel = find("stride").make().reel
    monkeypatch.setattr("mlanimated.lessons.pressing.HEAVY", 10)
    monkeypatch.setattr("mlanimated.lessons.pressing.SLOWER", (2.0, 1.0))
    monkeypatch.setattr("mlanimated.lessons.pressing.WIDE", 64)
    about = press(reel, tmp_path)
    assert about["frames"] == round(reel.seconds) + 1
    assert about["seconds"] == pytest.approx(reel.seconds, abs=0.01)


@pytest.mark.slow
def test_the_same_film_has_the_same_hash_and_another_another(tmp_path: Path) -> None:
    hashes = []
    for name, steps in (("a", 2), ("b", 2), ("c", 3)):
        folder = tmp_path / name
        folder.mkdir()
        about = press(find("gradient-descent").make(steps=steps).reel, folder)
        assert about["hash"] == frame_hash(folder / "film.mla.gz")
        assert {path.name for path in folder.iterdir()} >= {"film.mla.gz", "poster-light.webp", "poster-dark.webp"}
        json.dumps(about)
        hashes.append(about["hash"])
    assert hashes[0] == hashes[1] != hashes[2]
