"""The command, as a person types it: what it makes, what it says, and what it answers to mistakes."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import mlanimated as mla
from mlanimated import recipes
from mlanimated.cli import main
from mlanimated.recipes.recipe import Recipe

FILM = ("film", "gradient-descent", "--steps", "2", "--size", "320x180", "--fps", "5")
"""The quickest film there is."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLA_COMMAND", raising=False)
    return tmp_path


def made(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_without_a_command_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    bare = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out.rstrip() == bare.rstrip()
    for word in ("film", "list", "redo"):
        assert re.search(rf"^  {word} ", bare, re.MULTILINE)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mlanimated {mla.__version__}\n"


def test_help_loads_no_library() -> None:
    code = "import sys; from mlanimated.cli import main; main(['--help']); print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    loaded = {name.split(".")[0] for name in printed.splitlines()[-1].split()}
    assert loaded & {"PIL", "av", "fontTools", "matplotlib", "msgspec", "numpy", "rich", "skia", "sqlite3"} == set()


def test_a_film_is_made_where_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(list(FILM)) == 0
    written, another = capsys.readouterr().out.splitlines()
    match = re.fullmatch(r"Written to (\S+) \((\S+) s, 320x180, \S+ kB, made in \S+ s\)\.", written)
    assert match
    assert made(folder) == {match[1]} == {str(Path("films/gradient-descent.mp4"))}
    with av.open(folder / match[1]) as film:
        video = film.streams.video[0]
        assert (video.width, video.height) == (320, 180)
        assert float(video.average_rate or 0) == pytest.approx(5)
        assert video.frames / 5 == pytest.approx(float(match[2]), abs=0.3)
    assert another == "Another: mla film gradient-descent --steps 2 --learning-rate 0.3 -o another.mp4"


def test_the_command_for_another_works(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLA_COMMAND", "scripts/mla")
    assert main(["film", "gradient-descent", "--at", "0"]) == 0
    another = capsys.readouterr().out.splitlines()[-1].removeprefix("Another: scripts/mla ")
    assert main(another.split()) == 0


@pytest.mark.parametrize(
    "words",
    [
        "film gradient-descent --learning-rate 0.95 --theme dark -o ball.gif --size 320x180 --fps 5 --steps 2",
        "film gradient_descent --learning_rate=0.95 --theme dark -o ball.gif --size 320x180 --fps 5 --steps 2",
        "film --theme dark --learning-rate 0.95 gradient-descent -o ball.gif --size 320x180 --fps 5 --steps 2",
        "film -o ball.gif --size 320×180 --fps 5 gradient-descent --steps 2 --theme dark --learning-rate 0.95",
    ],
)
def test_options_may_be_written_and_placed_as_one_likes(words: str, folder: Path) -> None:
    assert main(words.split()) == 0
    assert made(folder) == {"ball.gif"}
    with Image.open(folder / "ball.gif") as picture:
        assert picture.size == (320, 180)
        assert sum(picture.convert("RGB").getpixel((2, 2))) < 200, "dark"


def test_a_moment_is_a_picture(folder: Path) -> None:
    assert main(["film", "gradient-descent", "--steps", "2", "--at", "1.5"]) == 0
    assert main(["film", "gradient-descent", "--steps", "2", "--at", "0,1,2", "-o", "strip.png"]) == 0
    assert made(folder) == {str(Path("films/gradient-descent.png")), "strip.png"}
    with Image.open(folder / "films/gradient-descent.png") as picture:
        assert picture.size == (1280, 720)


def test_another_shape_is_laid_out_anew(folder: Path) -> None:
    assert main(["film", "gradient-descent", "--steps", "2", "--at", "0", "--size", "540x960", "-o", "tall.png"]) == 0
    with Image.open(folder / "tall.png") as picture:
        assert picture.size == (540, 960)
        lines = np.asarray(picture.convert("L"))
    assert (lines[-200:].std(axis=1) > 1).any(), (
        "the foot of a tall film is not empty, as it would be for a cut or padded one"
    )


def test_the_length_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FILM, "--seconds", "31", "-o", "long.mp4"]) == 0
    assert "(31.0 s," in capsys.readouterr().out


def test_a_kept_recording_makes_the_film_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FILM, "--keep-trace", "kept.mla", "-o", "first.mp4"]) == 0
    assert "Recording kept in kept.mla" in capsys.readouterr().out
    assert main(["film", "kept.mla", "-o", "second.mp4", "--size", "320x180", "--fps", "5"]) == 0
    assert made(folder) == {"kept.mla", "first.mp4", "second.mp4"}


def test_several_runs_are_kept_in_several_files(folder: Path) -> None:
    assert main(["film", "learning-rates", "--steps", "2", "--at", "0", "-o", "a.png", "--keep-trace", "k.mla"]) == 0
    assert made(folder) == {"a.png", "k-0.0003.mla", "k-0.1.mla", "k-0.95.mla"}


def test_redo_makes_the_same_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FILM, "--learning-rate", "0.7", "--theme", "dark", "-o", "one.gif"]) == 0
    assert main(["redo", "one.gif"]) == 0
    assert "Written to one-again.gif" in capsys.readouterr().out
    assert (folder / "one-again.gif").read_bytes() == (folder / "one.gif").read_bytes()
    assert main(["redo", "one.gif", "-o", "two.gif"]) == 0
    assert (folder / "two.gif").read_bytes() == (folder / "one.gif").read_bytes()


def test_list_shows_every_film(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for recipe in recipes.everything():
        (line,) = (line for line in lines if line.split()[:1] == [recipe.name])
        assert recipe.summary in line
        assert line.split()[1] == str(recipe.chapter)


def test_list_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    cards = json.loads(capsys.readouterr().out)
    assert [card["name"] for card in cards] == [recipe.name for recipe in recipes.everything()]
    (card,) = (card for card in cards if card["name"] == "gradient-descent")
    rate = card["arguments"][0]
    assert (rate["name"], rate["default"], rate["allowed"]) == ("learning_rate", 0.1, "above 0 and at most 2")


@pytest.mark.parametrize("recipe", recipes.everything(), ids=lambda recipe: recipe.name)
def test_each_film_says_what_can_be_changed(recipe: Recipe, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["film", recipe.name, "--help"]) == 0
    lines = capsys.readouterr().out
    printed, packed = re.sub(r"\s+", " ", lines), re.sub(r"\s+", "", lines)  # a long word may go on in the next line
    own = set()
    for argument in recipe.card()["arguments"]:
        own.add(argument["name"])
        assert f"--{argument['name'].replace('_', '-')} " in printed
        assert f"{argument['allowed']}" in printed
        assert re.sub(r"\s+", "", f"[default:{argument['default']}]") in packed
    common = {"output", "theme", "size", "fps", "seconds", "at", "quality", "open", "show", "keep_trace"}
    assert own & common == set(), "an argument would hide an option that all films have"


MISTAKES = [
    ("film", "Which film? mla list shows all"),
    ("film --theme dark", "Which film? mla list shows all"),
    ("film gradient-decent", "no film named 'gradient-decent'. Did you mean 'gradient-descent'?"),
    ("film gradient-descent --learning-rat 0.3", "Did you mean '--learning-rate'? It must be above 0 and at most 2."),
    ("film gradient-descent --learning-rate 3", "learning_rate is 3; it must be above 0 and at most 2."),
    ("film gradient-descent --learning-rate nan", "it must be a number above 0 and at most 2."),
    ("film gradient-descent --learning-rate fast", "it must be a number above 0 and at most 2."),
    ("film gradient-descent --learning-rate", "--learning-rate"),
    ("film gradient-descent --steps 2.5", "steps is '2.5'; it must be a whole number"),
    ("film gradient-descent --seed 1", "has no seed"),
    ("film gradient-descent --theme blue", "'light', 'dark'"),
    ("film gradient-descent --size 641x361", "even"),
    ("film gradient-descent --size big", "1280x720"),
    ("film gradient-descent --size 0x0", "16 to 7680"),
    ("film gradient-descent --fps 0", "1 to 240"),
    ("film gradient-descent --fps 100 -o a.gif", "1 to 50"),
    ("film gradient-descent --seconds 0", "above 0"),
    ("film gradient-descent --seconds nan", "above 0"),
    ("film gradient-descent --seconds 0.1", "pauses and captions"),
    ("film gradient-descent --at soon", "as in 2.5"),
    ("film gradient-descent --at 1 -o a.mp4", "for a picture"),
    ("film gradient-descent --at 0,1 -o a.svg", "one moment"),
    ("film gradient-descent --at 9999", "from 0 to"),
    ("film gradient-descent -o ball.mpg", "use one of .mp4"),
    ("film gradient-descent -o ball", "use one of .mp4"),
    ("film gradient-descent -o nowhere/ball.mp4", "no folder nowhere"),
    ("film gradient-descent -o folder.mp4", "is a folder"),
    ("film gradient-descent --keep-trace kept.db", "ends in .mla"),
    ("film gradient-descent --keep-trace nowhere/kept.mla", "no folder nowhere"),
    ("film gradient-descent something", "something"),
    ("film ball.txt", "no recording: they end in .mla"),
    ("film none.mla", "none.mla"),
    ("film words.mla", "words.mla"),
    ("film newer.mla", "newer.mla"),
    ("film cut.mla", "cut.mla"),
    ("film empty.mla", "recorder.log("),
    ("film other.mla", "other.mla"),
    ("redo", "FILE"),
    ("redo none.mp4", "none.mp4"),
    ("redo ball.txt", "does not say how it was made"),
    ("lst", "'list'"),
    ("list --jso", "--json"),
    ("--verison", "--version"),
]


@pytest.fixture
def bad_files(folder: Path) -> None:
    """What a person may take for a recording."""
    (folder / "folder.mp4").mkdir()
    for name in ("ball.txt", "words.mla"):
        (folder / name).write_text("These are words.\n" * 100)
    with mla.Recorder(folder / "whole.mla") as recorder:
        for step in range(200):
            recorder.log({"weights": np.random.default_rng(step).normal(size=64)}, step=step)
    data = (folder / "whole.mla").read_bytes()
    (folder / "cut.mla").write_bytes(data[: len(data) // 2])
    (folder / "newer.mla").write_bytes(data)
    with sqlite3.connect(folder / "newer.mla") as database:
        database.execute("PRAGMA user_version = 1000")
    database.close()
    with sqlite3.connect(folder / "other.mla") as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()
    mla.Recorder(folder / "empty.mla").close()


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(("words", "told"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_a_mistake_is_one_line_and_leaves_nothing(
    words: str, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = made(folder)
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"mla: [^\n]+\n", err), err
    assert told in err
    assert made(folder) == before


def test_a_mistake_leaves_the_old_film(folder: Path) -> None:
    (folder / "ball.mp4").write_text("the old film")
    assert main(["film", "gradient-descent", "-o", "ball.mp4", "--seconds", "0.1"]) == 2
    assert (folder / "ball.mp4").read_text() == "the old film"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.chmod(0o555)
    try:
        assert main(list(FILM)) == 2
    finally:
        folder.chmod(0o755)
    assert "cannot be written" in capsys.readouterr().err


def test_values_that_are_not_finite_are_drawn_around(folder: Path) -> None:
    with mla.Recorder(folder / "gaps.mla") as recorder:
        for step in range(8):
            recorder.log({"loss": (math.nan, math.inf, 1.0, 0.5)[step % 4], "never": math.nan}, step=step)
    assert main(["film", "gaps.mla", "--at", "0,3", "-o", "gaps.png"]) == 0


def test_our_own_mistakes_show_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Recipe, **values: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Recipe, "make", broken)
    with pytest.raises(ZeroDivisionError):
        main(list(FILM))


def test_an_interrupt_is_quiet(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(self: mla.Film, path: Path, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mla.Film, "save", interrupted)
    assert main(list(FILM)) == 130
    out, err = capsys.readouterr()
    assert (out, err.strip()) == ("", "")  # a line break ends the line on which ^C stands
    assert made(folder) == set()


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "import sys; from mlanimated.cli import main; sys.exit(main(sys.argv[1:]))", *words]


@pytest.mark.slow
def test_nobody_needs_to_read_to_the_end() -> None:
    with subprocess.Popen(command("list", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout
        program.stdout.close()
        assert program.stderr
        assert program.stderr.read() == b""
    assert program.returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("suffix", ["mp4", "gif", "html"])
def test_a_film_interrupted_half_way_leaves_the_old_one(folder: Path, suffix: str) -> None:
    film = folder / f"ball.{suffix}"
    film.write_text("the old film")
    words = command("film", "gradient-descent", "--seconds", "600", "-o", film.name)
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE) as program:
        began = time.monotonic()
        while len(made(folder)) < 2 and time.monotonic() - began < 5 and program.poll() is None:
            time.sleep(0.02)  # until the new film is being written beside the old one, or drawn before
        time.sleep(0.3)
        program.send_signal(signal.SIGINT)
        assert program.stderr
        assert program.stderr.read().strip() == b""
    assert program.returncode == 130
    assert made(folder) == {film.name}
    assert film.read_text() == "the old film"


def test_end_is_the_last_moment(folder: Path) -> None:
    assert main(["film", "gradient-descent", "--steps", "2", "--at", "0,end", "-o", "strip.png"]) == 0
    assert (folder / "strip.png").exists()


def test_captions_stand_beside_the_film(folder: Path) -> None:
    assert main(["film", "gradient-descent", "--steps", "2", "--at", "0", "--captions", "-o", "ball.png"]) == 0
    assert (folder / "ball.vtt").read_text().startswith("WEBVTT")
