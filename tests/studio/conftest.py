"""What the studio's tests share: a folder, the studio that serves it, and somebody who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx2")

from starlette.testclient import TestClient

import mlanimated as mla
from mlanimated.studio.app import application
from mlanimated.studio.studio import Studio
from serving import listening

HOME = "http://127.0.0.1:8017"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "runs"
    made.mkdir()
    return made


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Writes a finished run of a few series."""

    def record(name: str = "mine", steps: int = 20, **about: object) -> Path:
        path = folder / f"{name}.mla"
        with mla.Recorder(path, name=str(about.pop("title", name)), **about) as recorder:  # type: ignore[arg-type]
            for step in range(steps):
                recorder.log(
                    {
                        "train/loss": 1.0 / (step + 1),
                        "weights": np.full((3, 4), float(step)),
                        "frame": np.full((6, 8, 3), step % 256, np.uint8),
                        "note": f"step {step}",
                    },
                    step=step,
                )
            recorder.event("begun", "It has begun.", step=0)
        return path

    return record


@pytest.fixture
def studio(folder: Path) -> Studio:
    return Studio(folder)


@pytest.fixture
def asker(studio: Studio) -> Iterator[TestClient]:
    with TestClient(application(studio), base_url=HOME, raise_server_exceptions=True) as made:
        yield made


@pytest.fixture
def served(folder: Path) -> Iterator[int]:
    """The port of a studio that really listens."""
    with listening(Studio(folder)) as port:
        yield port
