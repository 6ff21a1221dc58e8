"""How a film was made is read back from every format, and says nothing of who made it where or when."""

from __future__ import annotations

import getpass
import json
import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image as Pillow

from mlanimated.draw.commands import Circle
from mlanimated.draw.frame import Cue, Frame, Reel
from mlanimated.errors import MlaError
from mlanimated.projector import provenance
from mlanimated.projector.provenance import command, read, versions
from mlanimated.projector.save import save

ARGUMENTS = {"learning_rate": 0.95, "note": 'it\'s <"−é"> & more', "seed": 3, "ramp": True}
TOLD = {**versions(), "recipe": "disc", "arguments": json.dumps(ARGUMENTS)}
FORMATS = [".mp4", ".webm", ".gif", ".webp", ".png", ".svg", ".html"]


def film(**told: str) -> Reel:
    return Reel(
        lambda time: Frame(320, 180, (Circle(40 + 200 * time, 90, 20, fill="accent"),)),
        seconds=0.2,
        width=320.0,
        height=180.0,
        title="Disc",
        alt="A disc moves </script>.",
        captions=(Cue(0.0, 0.2, "It <moves>."),),
        provenance={**TOLD, **told},
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_says_how_it_was_made(tmp_path: Path, suffix: str) -> None:
    path = save(film(), tmp_path / f"film{suffix}", theme="dark", fps=20)
    told = read(path)
    assert {name: told[name] for name in TOLD} == TOLD
    assert json.loads(told["arguments"]) == ARGUMENTS
    assert (told["theme"], told["fps"], told["size"], told["canvas"]) == ("dark", "20", "320x180", "320x180")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_copy_under_another_name_still_says_it(tmp_path: Path, suffix: str) -> None:
    path = save(film(), tmp_path / f"film{suffix}")
    assert read(path.rename(tmp_path / "copy.bin"))["recipe"] == "disc"


def test_it_names_no_person_no_place_and_no_time(tmp_path: Path) -> None:
    told = json.dumps(read(save(film(), tmp_path / "film.png")))
    assert str(Path.home()) not in told
    assert not re.search(rf"\b{re.escape(getpass.getuser())}\b", told)
    assert str(tmp_path) not in told
    assert not re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d", told)


def test_the_command_is_one_that_a_shell_takes_apart_again() -> None:
    line = command({**TOLD, "theme": "dark", "size": "640x360"}, ".gif")
    assert shlex.split(line) == [
        *("mla", "film", "disc", "--learning-rate", "0.95", "--note", 'it\'s <"−é"> & more', "--seed", "3"),
        *("--ramp", "true", "--theme", "dark", "--size", "640x360", "-o", "disc.gif"),
    ]
    assert command(versions()) == ""


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_newer_program_is_named(tmp_path: Path, suffix: str) -> None:
    path = save(film(format=str(provenance.FORMAT + 1), version="9.1"), tmp_path / f"film{suffix}")
    with pytest.raises(MlaError, match=r"made by mlanimated 9\.1"):
        read(path)


def test_files_of_others_and_broken_ones_are_one_line(tmp_path: Path) -> None:
    Pillow.new("RGB", (8, 8)).save(tmp_path / "plain.png")
    Pillow.new("RGB", (8, 8)).save(tmp_path / "comment.gif", comment=b"made with care")
    (tmp_path / "text.html").write_text("<html><metadata>[1, 2]</metadata></html>")
    (tmp_path / "broken.mp4").write_bytes(b"\x00\x00\x00\x20ftypisom" + bytes(64))
    (tmp_path / "broken.gif").write_bytes(b"GIF89a")
    (tmp_path / "broken.webp").write_bytes(b"RIFF\x10\x00\x00\x00WEBPVP8L")
    (tmp_path / "empty.webm").write_bytes(b"")
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(MlaError, match="does not say how it was made") as caught:
            read(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(MlaError, match="no such file"):
        read(tmp_path / "missing.mp4")
    with pytest.raises(MlaError, match="Cannot read"):
        read(tmp_path)


def test_a_film_cut_off_in_the_middle_does_not_raise_anything_else(tmp_path: Path) -> None:
    for suffix in FORMATS:
        whole = save(film(), tmp_path / f"film{suffix}").read_bytes()
        for share in (0.1, 0.5, 0.9):
            path = tmp_path / f"cut{suffix}"
            path.write_bytes(whole[: int(len(whole) * share)])
            with suppress(MlaError):
                assert read(path)["recipe"] == "disc"
