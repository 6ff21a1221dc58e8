"""The file: plain once it is closed, readable anywhere, and clear about what is wrong with it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace
from mlanimated.trace.codec import decode_integers, encode_integers, encode_text, encode_values
from mlanimated.trace.store import APPLICATION_ID, FORMAT


@pytest.fixture
def path(tmp_path):
    """A closed trace of some pages."""
    with Recorder(tmp_path / "a.mla", name="run") as recorder:
        for step in range(3000):
            recorder.log({"loss": np.sin(step), "weights": np.random.default_rng(step).normal(size=8)}, step=step)
    return tmp_path / "a.mla"


def query(path, text):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(text).fetchone()


def test_a_closed_trace_is_one_plain_file(path):
    assert [file.name for file in path.parent.iterdir()] == ["a.mla"]
    assert query(path, "PRAGMA journal_mode") == ("delete",)
    assert query(path, "PRAGMA application_id") == (APPLICATION_ID,)
    assert query(path, "PRAGMA user_version") == (FORMAT,)
    assert query(path, "PRAGMA integrity_check") == ("ok",)
    assert query(path, "PRAGMA freelist_count")[0] <= 16
    assert Trace.open(path).finished
    assert [file.name for file in path.parent.iterdir()] == ["a.mla"]


def test_a_closed_trace_opens_where_nothing_may_be_written(path, tmp_path):
    as_stranger(tmp_path, path, "assert trace.finished and trace.series('loss').values.shape == (3000,)")


def test_a_crashed_trace_opens_where_nothing_may_be_written(tmp_path):
    recorder = Recorder(tmp_path / "live.mla")
    for step in range(3000):
        recorder.log({"loss": float(step)}, step=step)
    recorder.flush()
    crashed = tmp_path / "crashed.mla"
    shutil.copy(tmp_path / "live.mla", crashed)
    shutil.copy(tmp_path / "live.mla-wal", f"{crashed}-wal")
    recorder.close()
    as_stranger(tmp_path, crashed, "assert not trace.finished and trace.series('loss').values[-1] == 2999")
    assert Trace.open(crashed).last_step == 2999


def as_stranger(folder, path, check):
    """Open a trace in a read-only folder, as a user without the right to overrule that."""
    program = f"""
        import os
        from mlanimated.trace import Recorder, Trace
        with Recorder({str(folder / "first.mla")!r}) as recorder:
            recorder.log({{"a": 1.0}})
        Trace.open({str(folder / "first.mla")!r}).series("a")  # whatever is imported late is imported now
        os.chmod({str(path.parent)!r}, 0o555)
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        assert not os.access({str(path.parent)!r}, os.W_OK)
        trace = Trace.open({str(path)!r})
        {check}
    """
    modes = {place: place.stat().st_mode for place in path.parents if place.stat().st_uid == os.getuid()}
    try:
        for place, mode in modes.items():
            if place != Path("/"):
                place.chmod(mode | 0o011)
        subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(program)], check=True, timeout=60)
    finally:
        for place, mode in modes.items():
            place.chmod(mode)


def test_a_missing_file(tmp_path):
    with pytest.raises(MlaError, match=r"There is no file '.*b\.mla': check the name"):
        Trace.open(tmp_path / "b.mla")
    with pytest.raises(MlaError, match="There is no file"):
        Trace.open(tmp_path / "none" / "b.mla")


def test_a_folder(tmp_path):
    with pytest.raises(MlaError, match="cannot be read"):
        Trace.open(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "b.mla").touch()
    with pytest.raises(MlaError, match="is empty"):
        Trace.open(tmp_path / "b.mla")


@pytest.mark.parametrize("content", [b"step,loss\n0,1\n" * 20, b"x", b"\x89PNG" + bytes(500)])
def test_what_is_no_trace_at_all(tmp_path, content):
    (tmp_path / "b.mla").write_bytes(content)
    with pytest.raises(MlaError, match=r"is not a trace: give a \.mla file"):
        Trace.open(tmp_path / "b.mla")


def test_another_database(tmp_path):
    query(tmp_path / "b.mla", "CREATE TABLE t (x)")
    with pytest.raises(MlaError, match="is not a trace"):
        Trace.open(tmp_path / "b.mla")


def test_a_newer_version(path):
    query(path, f"PRAGMA user_version={FORMAT + 1}")
    for use in (Trace.open, lambda path: Recorder(path, resume=True)):
        with pytest.raises(MlaError, match=rf"newer mlanimated \(format {FORMAT + 1}, .*pip install --upgrade"):
            use(path)


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.5, 0.999])
def test_a_truncated_file(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: max(1, int(share * len(whole)))])
    with pytest.raises(MlaError, match="is cut short: copy it again"):
        Trace.open(path)


def test_a_file_that_is_truncated_while_it_is_open(path):
    trace = Trace.open(path)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(MlaError, match="cut short"):
        trace.series("loss")


def test_a_damaged_file(path):
    whole = bytearray(path.read_bytes())
    whole[4096 : len(whole)] = bytes(len(whole) - 4096)
    path.write_bytes(whole)
    with pytest.raises(MlaError, match=r"is damaged .*: copy it again"):
        Trace.open(path).series("loss")


@pytest.mark.parametrize("column", ["steps", "data"])
@pytest.mark.parametrize("content", ["x'00'", "x'3c66387a00112233'", "x''"])
def test_damaged_rows(path, column, content):
    query(path, f"UPDATE block SET {column} = {content}")
    for ask in (
        Trace.series,
        lambda trace, name: trace.value(name, 3),
        lambda trace, name: trace.summary(name, 0, 9, 3),
    ):
        with pytest.raises(MlaError, match=r"The trace is damaged .*: copy it again"):
            ask(Trace.open(path), "loss")


def test_a_file_that_goes_away(path):
    trace = Trace.open(path)
    path.unlink()
    with pytest.raises(MlaError, match="There is no file"):
        trace.series("loss")


def test_every_error_is_one_line(path, tmp_path):
    path.write_bytes(path.read_bytes()[:5000])
    (tmp_path / "b.mla").write_text("no")
    for bad in (path, tmp_path / "b.mla", tmp_path / "c.mla", tmp_path):
        with pytest.raises(MlaError) as caught:
            Trace.open(bad)
        assert "\n" not in str(caught.value)


def test_a_trace_is_not_destroyed_by_accident(path, tmp_path):
    with pytest.raises(MlaError, match=r"is there already: .*resume=True .*overwrite=True"):
        Recorder(path)
    assert Trace.open(path).last_step == 2999
    with Recorder(path, overwrite=True) as recorder:
        recorder.log({"new": 1})
    assert Trace.open(path).names == ("new",)


@pytest.mark.parametrize("how", [{}, {"overwrite": True}, {"resume": True}])
def test_a_file_that_is_no_trace_is_never_written_to(tmp_path, how):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(MlaError, match="is not a trace"):
        Recorder(tmp_path / "thesis.txt", **how)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_place_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(MlaError, match=r"cannot be written \(.*\): name a file that you may write"):
        Recorder(tmp_path / "file" / "a.mla")
    with pytest.raises(MlaError, match=r"cannot be (written|read)"):
        Recorder(tmp_path)


def test_folders_are_made_and_empty_files_filled(tmp_path):
    with Recorder(tmp_path / "runs" / "today" / "a.mla") as recorder:
        recorder.log({"a": 1})
    assert Trace.open(tmp_path / "runs" / "today" / "a.mla").value("a", 0) == 1
    (tmp_path / "b.mla").touch()
    Recorder(tmp_path / "b.mla").close()
    assert Trace.open(tmp_path / "b.mla").finished


def test_a_trace_that_is_replaced_is_read_anew(path):
    trace = Trace.open(path)
    assert trace.value("loss", 3) == np.sin(3)
    with Recorder(path, overwrite=True, name="second") as recorder:
        for step in range(10):
            recorder.log({"loss": float(step)})
    assert trace.refresh()
    assert (trace.names, trace.about.name, trace.value("loss", 3)) == (("loss",), "second", 3.0)


def test_a_trace_takes_few_bytes_a_point(tmp_path):
    values = np.random.default_rng(0).normal(size=50_000).tolist()
    with Recorder(tmp_path / "a.mla") as recorder:
        for value in values:
            recorder.log({"loss": value})
    assert (tmp_path / "a.mla").stat().st_size / len(values) < 16


def test_readers_do_not_keep_a_trace_from_being_closed(tmp_path):
    recorder = Recorder(tmp_path / "a.mla")
    recorder.log({"a": 1.0})
    traces = [recorder.trace for _ in range(3)]
    recorder.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a.mla"]
    assert all(trace.refresh() and trace.finished for trace in traces)


def everything_in(path):
    trace = Trace.open(path)
    for name in trace.names:
        trace.series(name).times, trace.value(name, 1e9), trace.around(name, 3)
        if trace.info(name).kind == "scalar":
            trace.summary(name, 0, 300, 10)
    trace.steps(), trace.checkpoint(), trace.checkpoints, trace.controls


def test_damage_of_any_kind_is_one_line_or_goes_unseen(tmp_path):
    path = tmp_path / "a.mla"
    with Recorder(path, checkpoint_steps=50) as recorder:
        recorder.control("rate", 1.0, 0.0, 2.0)
        for step in range(200):
            recorder.log({"a": float(step), "w": np.full(4, step), "note": f"at {step}"}, step=step)
            recorder.tick(step, state=lambda: {"w": np.zeros(3)})
        recorder.event("end", "It ends.")
    everything_in(path)
    whole, chance, told = path.read_bytes(), np.random.default_rng(3), []
    for count in (1, 10, 100, 1000) * 30:
        damaged = bytearray(whole)
        for place in chance.integers(100, len(whole), count):
            damaged[place] = chance.integers(256)
        path.write_bytes(damaged)
        try:
            everything_in(path)
        except MlaError as error:
            told.append(str(error))
    assert len(told) > 40
    assert not any("\n" in line for line in told)


def test_a_damaged_count_does_not_take_all_memory():
    data = encode_integers(np.arange(5))
    with pytest.raises(ValueError, match="numbers in one chunk"):
        decode_integers((1 << 60).to_bytes(8, "little") + data[8:])


def pages_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA page_size").fetchone()[0]


def test_large_rows_turn_a_small_trace_to_larger_pages(tmp_path):
    weights = np.random.default_rng(0).normal(size=(3, 50_000)).astype(np.float32)
    for name, rows in (("large", weights), ("small", weights[:, :10])):
        with Recorder(tmp_path / f"{name}.mla") as recorder:
            recorder.log({"loss": 1.0}, step=0)
            recorder.flush()
            for step, row in enumerate(rows):
                recorder.log({"weights": row}, step=step)
            recorder.event("end", "It ends.")
        trace = Trace.open(tmp_path / f"{name}.mla")
        np.testing.assert_array_equal(trace.series("weights").values, rows)
        assert trace.value("loss", 0) == 1.0
        assert [event.name for event in trace.events] == ["end"]
        assert [file.name for file in tmp_path.glob(f"{name}*")] == [f"{name}.mla"]
    assert pages_of(tmp_path / "small.mla") == 4096
    assert pages_of(tmp_path / "large.mla") == 16384


def test_a_file_left_while_it_turned_to_larger_pages_opens_as_it_was(path, tmp_path):
    left = tmp_path / "left.mla"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        for setting in ("journal_mode=DELETE", "synchronous=OFF", "cache_size=1"):
            writer.execute(f"PRAGMA {setting}")
        writer.execute("BEGIN")
        writer.execute(f"PRAGMA user_version={FORMAT + 1}")
        writer.execute("UPDATE block SET data = zeroblob(length(data))")  # too much for the cache, so it is in the file
        for end in ("", "-journal"):
            shutil.copyfile(f"{path}{end}", f"{left}{end}")
        writer.execute("ROLLBACK")
    with left.open("r+b") as file:
        file.seek(28)
        file.write((1_000_000).to_bytes(4))  # the count of pages is written first, before the pages
    before = left.read_bytes()
    rows = Trace.open(path).series("weights").values
    for _ in range(2):  # who reads leaves the file as it is
        np.testing.assert_array_equal(Trace.open(left).series("weights").values, rows)
        assert left.read_bytes() == before
    with Recorder(left, resume=True) as recorder:
        recorder.log({"loss": 7.0}, step=3000)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mla", "left.mla"]
    np.testing.assert_array_equal(Trace.open(left).series("weights").values, rows)
    assert Trace.open(left).value("loss", 3000) == 7.0


def test_pages_stay_while_somebody_reads(tmp_path):
    path = tmp_path / "a.mla"
    with Recorder(path) as recorder:
        recorder.log({"loss": 1.0}, step=0)
        recorder.flush()
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM chunk").fetchone()
            recorder.log({"weights": np.zeros(50_000)}, step=1)
            recorder.flush()
    assert pages_of(path) == 4096
    assert len(Trace.open(path).series("weights")) == 1


def test_an_unknown_type_is_damage(tmp_path):
    path = tmp_path / "a.mla"
    with Recorder(path) as recorder:
        recorder.log({"a": 1, "note": "one"})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE series SET dtype = 'in~64' WHERE name = 'a'")
    with pytest.raises(MlaError, match="damaged"):
        Trace.open(path)


@pytest.mark.parametrize("column", ["steps", "times", "data"])
@pytest.mark.parametrize("name", ["a", "note"])
def test_columns_of_different_lengths_are_damage(tmp_path, column, name):
    path = tmp_path / "a.mla"
    with Recorder(path) as recorder:
        for step in range(200):
            recorder.log({"a": float(step), "note": f"at {step}"}, step=step)
    with closing(sqlite3.connect(path)) as connection, connection:
        block = "(SELECT chunk.id FROM chunk JOIN series ON series = series.id WHERE name = ? AND level = 0)"
        if column != "data":
            other = encode_integers(np.arange(201))
        elif name == "note":
            other = encode_text(["x"] * 201, squeeze=False)
        else:
            other = encode_values(np.zeros(201), squeeze=False)
        connection.execute(f"UPDATE block SET {column} = ? WHERE id IN {block}", (other, name))
    trace = Trace.open(path)
    with pytest.raises(MlaError, match="damaged"):
        trace.series(name).times, trace.value(name, 1e9)
