"""The journal outlives whatever ends a sweep; the lock lets one sweep into a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlanimated.errors import MlaError
from mlanimated.scale.journal import Journal, Spec, locked
from mlanimated.scale.task import Outcome

ASKED = Spec(subject="sine-net", kind="recipe", grid={"learning_rate": [0.1]}, seeds=2)


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.ask(ASKED)
    journal.ask(ASKED)
    journal.end(Outcome(name="a", status="failed", error="one"))
    journal.end(Outcome(name="a", status="done", seconds=1.5))
    again = Journal(tmp_path)
    assert again.asked == [ASKED]
    assert again.ended == {"a": Outcome(name="a", status="done", seconds=1.5)}


def test_a_line_that_was_cut_off_costs_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.ask(ASKED)
    journal.end(Outcome(name="a", status="done"))
    data = journal.path.read_bytes()
    for length in range(len(data.splitlines()[0]) + 1, len(data), 7):
        journal.path.write_bytes(data[:length])
        torn = Journal(tmp_path)
        assert torn.asked == [ASKED]
        torn.end(Outcome(name="b", status="done"))
        assert "b" in Journal(tmp_path).ended


def test_one_sweep_holds_a_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mlanimated.scale.journal import locked\n"
        f"with locked(Path({str(tmp_path)!r}), {{'running': 'pong'}}):\n  print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(MlaError, match=r"Another sweep writes into .* running pong\)"), locked(tmp_path):
            pass
        other.kill()
    with locked(tmp_path):
        pass
