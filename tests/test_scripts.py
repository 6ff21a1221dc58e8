"""scripts/lib.sh: what is installed when, without installing anything. A real first run takes a network."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(BASH is None, reason="the scripts are for bash")

PYTHON = f"""#!{BASH}
# A Python that notes what it is asked for, makes an environment of itself, and fails at the pip that $FAIL names.
case "$*" in
  *"sys.version_info"*) exit "${{OLD:-0}}" ;;
  *ctypes*) printf '%s' "${{MISSING:-}}"; exit 0 ;;
  "-c "*) exit 0 ;;
esac
echo "${{0##*/}} $*" >>"$NOTES"
if [[ "$*" == *"-m venv"* ]]; then
  mkdir -p "${{@: -1}}/bin"
  cp "$0" "${{@: -1}}/bin/python"
  cp "$0" "${{@: -1}}/bin/pip"
  printf '#!%s\\nprintf "<%%s>" "$@"\\n' "{BASH}" >"${{@: -1}}/bin/mla"
  chmod +x "${{@: -1}}/bin/mla"
fi
[[ -n ${{FAIL:-}} && "$*" == *"$FAIL"* ]] && exit 1
exit 0
"""


APT = f"""#!{BASH}
echo "apt-get $*" >>"$NOTES"
exit "${{APT:-0}}"
"""


class Clone:
    """A clone of the scripts alone, with a Python that only takes notes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a clone"  # a space in the path is nothing special
        self.tools = folder / "tools"
        self.notes = folder / "notes"
        self.folder.mkdir()
        self.tools.mkdir()
        shutil.copytree(ROOT / "scripts", self.folder / "scripts")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.folder)
        for name in ("python3.13", "python3.12", "python3.11", "python3", "python", "apt-get"):
            path = self.tools / name
            path.write_text(APT if name == "apt-get" else PYTHON)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(
        self, *words: str, script: str = "mla", cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        self.notes.write_text("")
        return subprocess.run(
            [str(BASH), "-c", 'exec "$@" 0<&-', "bash", str(self.folder / "scripts" / script), *words],
            cwd=cwd or self.folder,
            env={"PATH": f"{self.tools}:/usr/bin:/bin", "NOTES": str(self.notes), "HOME": "", **variables},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @property
    def noted(self) -> str:
        return self.notes.read_text()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_the_first_run_installs_and_runs_the_command(clone: Clone, tmp_path: Path) -> None:
    ran = clone.run("film", "a b", "", "--x=*", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "<film><a b><><--x=*>"
    assert "-m venv" in clone.noted
    assert f"--editable {clone.folder}" in clone.noted
    assert "install --quiet --progress-bar off -c" in clone.noted
    first, last = ran.stderr.splitlines()
    assert first.startswith("Installing ")
    assert last.startswith("Done in ")


def test_later_runs_install_nothing_and_say_nothing(clone: Clone, tmp_path: Path) -> None:
    clone.run()
    ran = clone.run("list", cwd=tmp_path)
    assert (ran.stdout, ran.stderr, clone.noted) == ("<list>", "", "")


def test_changed_requirements_are_installed(clone: Clone) -> None:
    clone.run()
    with (clone.folder / "constraints.txt").open("a") as file:
        file.write("zlib==1\n")
    clone.run()
    assert "--editable" in clone.noted
    assert "-m venv" not in clone.noted, "what is there stays"


def test_a_moved_clone_is_installed_anew(clone: Clone, tmp_path: Path) -> None:
    clone.run()
    clone.folder = clone.folder.rename(tmp_path / "moved")
    assert clone.run().returncode == 0
    assert "-m venv --clear" in clone.noted, "its programs name the old folder"
    assert f"--editable {clone.folder}" in clone.noted


@pytest.mark.parametrize("step", ["-m venv", "--editable", "--no-deps"])
def test_an_interrupted_install_is_taken_up_again(clone: Clone, step: str) -> None:
    ran = clone.run(FAIL=step)
    assert ran.returncode == 1
    assert ran.stdout == ""
    ran = clone.run("list")
    assert (ran.returncode, ran.stdout) == (0, "<list>")
    assert "--editable" in clone.noted


def test_a_python_that_is_too_old_is_passed_over(clone: Clone) -> None:
    ran = clone.run(OLD="1")
    assert ran.returncode == 1
    assert "Python 3.11 or newer" in ran.stderr
    assert clone.noted == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_missing_system_libraries_are_installed(clone: Clone) -> None:
    ran = clone.run("list", MISSING="libEGL.so.1 ")
    assert (ran.returncode, ran.stdout) == (0, "<list>")
    assert re.search(r"^apt-get .*install libgl1 libegl1$", clone.noted, re.MULTILINE)


def test_missing_system_libraries_are_one_line_where_they_cannot_be_installed(clone: Clone) -> None:
    ran = clone.run("list", MISSING="libGL.so.1 libEGL.so.1 ", APT="100")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "Skia needs libGL.so.1 libEGL.so.1 of the system. Debian, Ubuntu: sudo apt-get install" in ran.stderr
    assert clone.run("list").stdout == "<list>", "installed by hand, it goes on"


def test_only_what_a_script_needs_is_installed(clone: Clone) -> None:
    clone.run()
    assert not (clone.folder / ".venv" / ".stamp-test").exists()
    clone.run("no-such-benchmark", script="bench")
    assert clone.noted == ""


def test_an_unknown_benchmark_is_one_line(clone: Clone) -> None:
    (clone.folder / "benchmarks").mkdir()
    (clone.folder / "benchmarks" / "render.py").touch()
    clone.run()
    ran = clone.run("rendr", script="bench")
    assert ran.returncode == 1
    assert ran.stderr == "There is no benchmark rendr; there are: render\n"


@pytest.mark.slow
def test_the_scripts_own_time_is_small(clone: Clone) -> None:
    """A later run costs two reads and no process; a generous bound, for a machine under load."""
    clone.run()
    best = 1.0
    for _ in range(10):
        began = time.perf_counter()
        clone.run()
        best = min(best, time.perf_counter() - began)
    assert best < 0.1, sys.version
