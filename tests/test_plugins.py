"""What other packages bring: the example of examples/plugin, installed into a folder; and one that is broken."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from mlanimated import plugins
from mlanimated.errors import MlaError

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "plugin"


def installed(folder: Path, name: str, entries: dict[str, dict[str, str]]) -> None:
    """Lay down what an installed package has of metadata: its name and its entry points."""
    info = folder / f"{name.replace('-', '_')}-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
    lines = [
        line for group, found in entries.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in found.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to put on the path, with the example plugin and a broken one."""
    told = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed(tmp_path, told["name"], told["entry-points"])
    (tmp_path / "mlanimated_spiral").symlink_to(EXAMPLE / "src" / "mlanimated_spiral")
    broken = {"mlanimated.recipes": {"lost": "nowhere.at_all:RECIPE", "number": "math:pi"}}
    installed(tmp_path, "mlanimated-broken", {**broken, "mlanimated.views": {"Lost": "nowhere.at_all:Lost"}})
    return tmp_path


def run(folder: Path, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command, or some code, in a process that finds the packages."""
    program = f"import sys; sys.path.insert(0, {str(folder)!r})\n" + (
        code or "from mlanimated.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    (folder / "work").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder / "work",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
def test_a_recipe_and_a_view_of_another_package(folder: Path) -> None:
    made = run(folder, "film", "spiral", "--steps", "5", "--at", "end", "-o", "spiral.png")
    assert made.returncode == 0, made.stderr
    assert (folder / "work" / "spiral.png").exists()
    assert re.search(r"mla: The plugin 'lost' of mlanimated-broken cannot be loaded \(ModuleNotFoundError", made.stderr)
    assert "'number' brings no recipe but float" in made.stderr
    assert "Traceback" not in made.stderr
    seen = run(folder, code="import mlanimated as mla; print(mla.views.Compass.__name__); mla.views.Lost")
    assert seen.stdout == "Compass\n"
    assert "MlaError: The plugin 'Lost' of mlanimated-broken cannot be loaded" in seen.stderr


@pytest.mark.slow
def test_a_learner_of_another_package_is_swept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))  # the sweep's own processes find it too
    done = run(folder, "sweep", "spiral-learner", "--grid", "turn=0,1", "--seeds", "2", "--workers", "1", "-o", "sw")
    assert done.returncode == 0, done.stderr
    assert "4 of 4 runs are whole" in done.stdout
    assert {path.name for path in (folder / "work" / "sw").glob("*.mla")} == {
        f"turn={turn},seed={seed}.mla" for turn in (0, 1) for seed in (0, 1)
    }


@pytest.mark.slow
def test_an_environment_of_another_package_is_trained_on(folder: Path) -> None:
    pytest.importorskip("torch")
    words = ("train", "spiral/Corridor-v0", "--steps", "600", "--folder", "runs")
    trained = run(folder, *words, "--learner", "double-dqn", "--warm-up", "100", "--greedy-games", "0")
    assert trained.returncode == 0, trained.stderr
    assert (folder / "work" / "runs" / "spiral-corridor-v0-double-dqn-0.mla").exists()


def test_what_is_not_installed_is_not_there() -> None:
    assert set(plugins.GROUPS) == {"recipes", "views", "learners", "environments"}
    for group in plugins.GROUPS:
        assert isinstance(plugins.named(group), dict)
    with pytest.raises(KeyError):
        plugins.load("recipes", "none of that name")


def test_a_plugin_that_cannot_be_loaded_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    entry = EntryPoint("lost", "nowhere.at_all:RECIPE", "mlanimated.recipes")
    monkeypatch.setattr(plugins, "named", lambda group: {"lost": entry})
    with pytest.raises(MlaError, match="'lost' cannot be loaded"):
        plugins.load("recipes", "lost")
    with pytest.warns(plugins.PluginWarning, match="'lost' cannot be loaded"):
        assert plugins.whole("recipes") == {}
