"""A sweep as a film: what it says is what the traces hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlanimated.cli import main
from mlanimated.errors import MlaError
from mlanimated.render.raster import Raster
from mlanimated.scale import sweep as module
from mlanimated.scale.drawing import best_film, sweep_film
from mlanimated.scale.sweep import Sweep, sweep
from scale.runs import Here


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "engine_of", lambda *_: Here())
        return sweep("sine-net", grid={"learning_rate": (0.001, 0.1)}, fixed={"steps": 20}, seeds=2, folder=folder)


def test_it_says_what_came_of_it(done: Sweep) -> None:
    film = sweep_film(done)
    means = {
        rate: sum(run.trace.value("loss", 20) for run in done.runs if run.point["learning_rate"] == rate) / 2
        for rate in (0.001, 0.1)
    }
    best = min(means, key=lambda rate: means[rate])
    said = film.cues[-1].text
    assert f"Best: learning_rate = {best:g}, with loss = {means[best]:.3g}" in said
    assert film.cues[0].text == "4 runs start together. They differ in learning_rate; 2 seeds each."
    assert set(film.runs) == {run.name for run in done.runs}
    assert done.best().point["learning_rate"] == best


def test_frames_are_drawn_from_first_to_last(done: Sweep) -> None:
    film = sweep_film(done, series="loss", goal="max", by="learning_rate")
    for share in (0.0, 0.4, 1.0):
        assert film.frame(film.seconds * share).children
    assert "Best learning_rate" in film.describe(film.seconds)


def test_the_best_runs_film_is_the_recipes(done: Sweep) -> None:
    film = best_film(done)
    assert list(film.runs) == [""]
    assert film.runs[""].about.args["learning_rate"] == done.best().point["learning_rate"]


def test_the_command_films_a_folder(done: Sweep, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["film", str(done.folder), "--at", "0", "-o", "sweep.png"]) == 0
    assert main(["film", str(done.folder), "--best", "--at", "0", "-o", "best.png"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"sweep.png", "best.png"}
    capsys.readouterr()
    assert main(["film", str(tmp_path), "-o", "none.mp4"]) == 2
    assert "There is no sweep in" in capsys.readouterr().err


def test_mistakes(done: Sweep, tmp_path: Path) -> None:
    with pytest.raises(MlaError, match="no parameter 'steps'"):
        sweep_film(done, by="steps")
    with pytest.raises(MlaError, match="There is no sweep in"):
        Sweep(tmp_path)


def test_many_settings_are_coloured_along_a_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "engine_of", lambda *_: Here())
    rates = [0.01 * number for number in range(1, 11)]
    many = sweep("gradient-descent", grid={"learning_rate": rates}, fixed={"steps": 3}, folder=tmp_path)
    film = sweep_film(many)
    raster = Raster(film.width, film.height, 0.5)
    first = raster.paint(film.frame(0.0)).copy()
    assert (raster.paint(film.frame(film.seconds)) != first).any()
