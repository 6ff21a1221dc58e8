"""A film painted on several processes is the film painted on one."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import mlanimated as mla
from mlanimated.errors import MlaError
from mlanimated.render import apart
from mlanimated.trace import Recorder, Trace


@pytest.fixture(scope="module")
def film() -> mla.Film:
    return mla.film("gradient-descent", steps=4)


def test_a_film_that_was_sent_draws_the_same_frames(film: mla.Film) -> None:
    sent = pickle.loads(pickle.dumps(film.reel))
    assert list(sent.times()) == list(film.reel.times())
    for time in (0.0, 2.2, film.seconds):
        assert sent.frame(time) == film.frame(time)


def test_a_trace_that_was_sent_holds_the_same(tmp_path: Path) -> None:
    for path in (None, tmp_path / "run.mla"):
        with Recorder(path, name="sent") as recorder:
            for step in range(3):
                recorder.log({"loss": 1 / (step + 1), "weights": np.full((2, 2), step)}, step=step)
            recorder.event("end", "It ends.", step=2)
        trace = pickle.loads(pickle.dumps(recorder.trace))
        assert isinstance(trace, Trace)
        assert trace.about.name == "sent"
        assert trace.series("loss").values.tolist() == [1.0, 1 / 2, 1 / 3]
        assert trace.value("weights", 2).tolist() == [[2, 2], [2, 2]]
        assert [event.text for event in trace.events] == ["It ends."]


def test_stretches_hold_each_picture_once(film: mla.Film, monkeypatch: pytest.MonkeyPatch) -> None:
    """The painter of one process, without the process."""
    from mlanimated.render.painted import painted
    from mlanimated.render.raster import Raster

    raster = Raster(film.width, film.height, 0.25)
    painter = apart._Painter(film.reel, Raster(raster.width, raster.height, 1.0))
    alone = [(picture.number, picture.pixels.copy()) for picture in painted(film.reel, raster)]
    room = np.zeros((30, raster.height, raster.width, 4), np.uint8)
    which = painter.stretch(20, 50, room)
    assert which[-1] < 29, "pictures that repeat are painted once"
    for number, place in enumerate(which, 20):
        assert np.array_equal(room[place], alone[number][1]), number


def test_a_film_of_functions_that_cannot_be_sent_says_so(tmp_path: Path) -> None:
    film = mla.film("gradient-descent", steps=2)
    scene = mla.views.Landscape(lambda x: x * x, "x", domain=(-2, 22), heights=(0, 100))
    own = mla.film(scene, dict(film.runs))
    with pytest.raises(MlaError, match="cannot be painted on several processes"):
        own.save(tmp_path / "own.mp4", processes=2, fps=5, size=(320, 180))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(MlaError, match="0 processes are not possible"):
        own.save(tmp_path / "own.mp4", processes=0)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp4", "gif", "webp"])
def test_the_file_is_the_same(film: mla.Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(apart, "STRETCH_BYTES", 4 * 320 * 180 * 7)  # several stretches for each process
    one, two = (tmp_path / f"{count}.{suffix}" for count in (1, 2))
    told: list[int] = []
    film.save(one, size=(320, 180), fps=10)
    film.save(two, size=(320, 180), fps=10, processes=2, progress=lambda done, of: told.append(done))
    assert one.read_bytes() == two.read_bytes()
    assert told == list(range(1, len(told) + 1))
