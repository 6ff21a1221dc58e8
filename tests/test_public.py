"""What `import mlanimated as mla` offers, and what it costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlanimated as mla

ROOT = Path(__file__).parent.parent
LIBRARIES = {"PIL", "av", "click", "fontTools", "matplotlib", "msgspec", "numpy", "rich", "skia", "sqlite3"}


def run(code: str, cwd: Path = ROOT) -> str:
    """Return what a fresh Python prints."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def loaded_by(statement: str) -> set[str]:
    """Return every module that a statement loads in a fresh Python."""
    return set(
        run(f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))").split()
    )


def test_the_names_are_these() -> None:
    """A change here is a change for every user: write it into the changelog."""
    assert mla.__all__ == [
        "Agent",
        "Clock",
        "Count",
        "Film",
        "Mark",
        "MlaError",
        "Moment",
        "Recorder",
        "Remote",
        "Scene",
        "Stopped",
        "Sweep",
        "Trace",
        "View",
        "agent",
        "draw",
        "film",
        "finish",
        "init",
        "live",
        "log",
        "recipes",
        "record",
        "redo",
        "sweep",
        "train",
        "views",
    ]


@pytest.mark.parametrize("name", mla.__all__)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(mla, name)
    assert value.__doc__
    assert name in dir(mla)


def test_editors_see_what_is_loaded_lazily() -> None:
    """The imports under TYPE_CHECKING and the lazy ones are the same."""
    tree = ast.parse((ROOT / "src/mlanimated/__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    for name in mla.__all__:
        if name not in {"film", "redo", "train"}:
            assert seen[name] in {mla._HOMES.get(name), "mlanimated"}, name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fil'"):
        _ = mla.fil  # type: ignore[attr-defined]


def test_importing_it_loads_no_library() -> None:
    loaded = loaded_by("import mlanimated")
    assert {name.split(".")[0] for name in loaded} & LIBRARIES == set()
    assert len(loaded) < len(loaded_by("import matplotlib.pyplot")) / 4


def test_recording_loads_neither_painter_nor_plotter() -> None:
    loaded = {name.split(".")[0] for name in loaded_by("import mlanimated; mlanimated.Recorder, mlanimated.Trace")}
    assert loaded & {"PIL", "av", "click", "fontTools", "matplotlib", "rich", "skia"} == set()


@pytest.fixture
def trace() -> mla.Trace:
    with mla.Recorder(name="halving") as recorder:
        for step in range(4):
            recorder.log({"loss": 2.0**-step}, step=step)
    return recorder.trace


def test_a_film_of_a_scene_of_ones_own(trace: mla.Trace) -> None:
    film = mla.film(mla.views.Lines("loss"), trace, title="Halving", clock=mla.Clock(seconds=2))
    assert isinstance(film, mla.Film)
    assert film.title == "Halving"


def test_a_film_of_two_runs(trace: mla.Trace) -> None:
    film = mla.film(mla.views.Lines("loss").of("a") | mla.views.Lines("loss").of("b"), {"a": trace, "b": trace})
    assert list(film.runs) == ["a", "b"]


def test_a_film_of_a_trace_and_of_its_file(trace: mla.Trace, tmp_path: Path) -> None:
    film = mla.film(trace)
    assert film.title == "halving"
    path = tmp_path / "one.mla"
    with mla.Recorder(path, name="from a file") as recorder:
        recorder.log({"loss": 1.0}, step=0)
    assert mla.film(path).title == "from a file"
    assert mla.film(str(path), title="Mine").title == "Mine"


def test_a_film_of_a_recipe() -> None:
    film = mla.film("gradient-descent", learning_rate=0.3, steps=2)
    assert film.runs[""].value("x", 1) == pytest.approx(1.2345 - 0.3 * 2 * (1.2345 - 10))


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda trace: mla.film("gradient-decent"), "Did you mean 'gradient-descent'?"),
        (
            lambda trace: mla.film("gradient-descent", learning_rate=3),
            "learning_rate is 3; it must be above 0 and at most 2.",
        ),
        (lambda trace: mla.film("gradient-descent", learning_rat=0.3), "Did you mean 'learning_rate'?"),
        (lambda trace: mla.film(trace, titel="x"), "Did you mean 'title'?"),
        (lambda trace: mla.film(mla.views.Lines("loss")), "mla.film(scene, trace)"),
        (lambda trace: mla.film("gradient-descent", trace), "mla.film(scene, trace)"),
        (lambda trace: mla.film("no-such-file.mla"), "no-such-file.mla"),
        (lambda trace: mla.film(3), "not with int"),
    ],
)
def test_mistakes_are_one_line(call, line: str, trace: mla.Trace) -> None:
    with pytest.raises(mla.MlaError, match=re.escape(line)) as caught:
        call(trace)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_every_example_runs(path: Path, tmp_path: Path) -> None:
    if "keras" in path.stem:
        pytest.importorskip("keras")
    subprocess.run([sys.executable, "-W", "error", str(path)], cwd=tmp_path, check=True, timeout=120)
    made = list(tmp_path.iterdir())
    assert made, "an example makes something"
    for file in made:
        assert file.stat().st_size > 1000


def test_a_film_of_ones_own_is_short() -> None:
    assert len((ROOT / "examples/own_film.py").read_text(encoding="utf-8").splitlines()) <= 40
