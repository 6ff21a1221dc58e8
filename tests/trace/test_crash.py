"""Whatever moment a recording is killed at, its file opens and all but the last half second is there."""

from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mlanimated.trace import Recorder, Trace

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
VICTIM = Path(__file__).with_name("victim.py")


def kill(folder, kills, *words):
    done = subprocess.run(
        [sys.executable, VICTIM, folder, str(kills), *words], capture_output=True, text=True, timeout=300, check=True
    )
    killed = [line.rsplit(" ", 2) for line in done.stdout.splitlines()]
    assert len(killed) == kills
    return [(Path(path), float(begun), float(moment)) for path, begun, moment in killed]


def check(path, begun, killed, late=0.5):
    """Open the file as it was left, and return how many rows it holds; those of the last `late` seconds may be missing."""
    trace = Trace.open(path)
    assert not trace.finished
    if not trace.names:
        assert killed - begun < late
        return 0
    moments = trace.series("moment")
    assert trace.series("row").values.tolist() == moments.steps.tolist() == list(range(len(moments)))
    assert np.all(np.diff(moments.values) > 0)
    assert trace.info("row").rows == len(moments)
    assert killed - moments.values[-1] < late
    if "weights" in trace.names:
        weights = trace.series("weights")
        np.testing.assert_allclose(weights.values[:, 3, 3], weights.steps / 10, rtol=1e-9)
    return len(moments)


def all_there(folder, kills):
    counts = [check(*victim) for victim in kill(folder, kills)]
    assert max(counts) > 100


@pytest.mark.slow
def test_killed_recordings_open_whole(tmp_path):
    all_there(tmp_path, 5)


@pytest.mark.slow
def test_a_hundred_killed_recordings_open_whole(tmp_path):
    all_there(tmp_path, 100)


@pytest.mark.slow
def test_recordings_killed_while_they_turn_to_larger_pages_open_whole(tmp_path):
    sizes = []
    for path, begun, killed in kill(tmp_path, 50, "large"):
        check(path, begun, killed, late=math.inf)  # five that write large rows at once may be behind
        with closing(sqlite3.connect(path)) as connection:
            sizes += connection.execute("PRAGMA page_size").fetchone()
    assert set(sizes) == {4096, 16384}, "some were killed before and some after"


def test_a_killed_recording_goes_on(tmp_path):
    ((path, _, _),) = kill(tmp_path, 1)
    rows = len(Trace.open(path).steps("row"))
    with Recorder(path, resume=True) as recorder:
        recorder.log({"row": -1})
    trace = Trace.open(path)
    assert trace.finished
    assert trace.series("row").values.tolist() == [*range(rows), -1]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
