"""A film is made again from its own file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest

from mlanimated.draw.commands import Circle
from mlanimated.draw.frame import Frame, Reel
from mlanimated.errors import MlaError
from mlanimated.projector.provenance import exact, read, versions
from mlanimated.projector.redo import redo
from mlanimated.projector.save import save


@dataclasses.dataclass(frozen=True)
class Disc:
    """As much of a film as `redo` asks for."""

    speed: float
    width: float = 320.0
    height: float = 180.0
    seconds: float = 0.5
    told: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def sized(self, width: float, height: float) -> Self:
        return dataclasses.replace(self, width=width, height=height)

    def lasting(self, seconds: float) -> Self:
        return dataclasses.replace(self, seconds=seconds, told={**self.told, "seconds": exact(seconds)})

    def save(self, path: str | Path, **options: Any) -> Path:
        def frame(time: float) -> Frame:
            return Frame(self.width, self.height, (Circle(40 + self.speed * time, 90, 20, fill="accent"),))

        made = {**versions(), "recipe": "disc", "arguments": json.dumps({"speed": self.speed}), **self.told}
        reel = Reel(frame, self.seconds, width=self.width, height=self.height, provenance=made)
        return save(reel, path, **options)


def build(recipe: str, arguments: Mapping[str, Any]) -> Disc:
    if recipe != "disc":
        raise MlaError(f"There is no film named {recipe!r}.")
    return Disc(**arguments)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("film.mp4", {"theme": "dark", "fps": 12, "size": (640, 360), "quality": "draft"}),
        ("film.mp4", {"fps": 24000 / 1001}),
        ("film.webm", {}),
        ("film.gif", {"fps": 20, "size": (480, 270)}),
        ("film.webp", {"theme": "dark"}),
        ("film.png", {"at": (0.0, 0.2, 0.4), "columns": 2}),
        ("film.svg", {"at": 0.3}),
        ("film.svg", {"at": 1 / 3}),
        ("film.html", {"theme": "dark"}),
    ],
)
def test_the_film_made_again_is_the_same_file(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    first = Disc(speed=150.0).save(tmp_path / name, **options)
    again = redo(first, build=build)
    assert again.name == name.replace(".", "-again.")
    assert again.read_bytes() == first.read_bytes()


def test_length_and_canvas_come_back(tmp_path: Path) -> None:
    first = Disc(speed=90.0).sized(270.0, 480.75).lasting(0.8).save(tmp_path / "film.mp4", size=(270, 480))
    assert redo(first, tmp_path / "again.mp4", build=build).read_bytes() == first.read_bytes()


def test_length_canvas_and_moments_come_back_to_the_last_digit(tmp_path: Path) -> None:
    odd = Disc(speed=90.0).sized(270.0, 480 + 1 / 3).lasting(5 / 7)
    page = odd.save(tmp_path / "film.html", fps=3)
    assert redo(page, tmp_path / "again.html", build=build).read_bytes() == page.read_bytes()
    end = odd.save(tmp_path / "film.png", at=odd.seconds)
    assert redo(end, tmp_path / "again.png", build=build).read_bytes() == end.read_bytes()


def test_another_format_keeps_what_both_have(tmp_path: Path) -> None:
    first = Disc(speed=150.0).save(tmp_path / "film.png", theme="dark", at=(0.1, 0.2), size=(640, 360))
    told = read(redo(first, tmp_path / "film.gif", build=build))
    assert (told["theme"], told["size"], told["fps"]) == ("dark", "640x360", "25")
    assert "at" not in told


def test_what_cannot_be_made_again_is_one_line(tmp_path: Path) -> None:
    reel = Reel(lambda time: Frame(64, 64, ()), 0.1, width=64.0, height=64.0, provenance=versions())
    recording = save(reel, tmp_path / "recording.gif")
    with pytest.raises(MlaError, match="from a recording"):
        redo(recording, build=build)
    unknown = save(dataclasses.replace(reel, provenance={**versions(), "recipe": "other"}), tmp_path / "other.gif")
    with pytest.raises(MlaError, match="no film named 'other'"):
        redo(unknown, build=build)
    damaged = {**versions(), "recipe": "disc", "arguments": "{"}
    with pytest.raises(MlaError, match="damaged"):
        redo(save(dataclasses.replace(reel, provenance=damaged), tmp_path / "damaged.gif"), build=build)
    assert not list(tmp_path.glob("*-again*"))
