"""Provenance says how a run was made and nothing about who made it where."""

from __future__ import annotations

import argparse
import getpass
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from mlanimated.trace import Recorder, Trace
from mlanimated.trace.about import _revision


@dataclass
class Arguments:
    learning_rate: float = 0.1
    layers: tuple[int, ...] = (3, 5)


class Struct(msgspec.Struct):
    learning_rate: float = 0.1
    layers: tuple[int, ...] = (3, 5)


@pytest.mark.parametrize(
    "args",
    [
        {"learning_rate": 0.1, "layers": [3, 5]},
        {"learning_rate": np.float64(0.1), "layers": np.array([3, 5])},
        Arguments(),
        Struct(),
        argparse.Namespace(learning_rate=0.1, layers=(3, 5)),
    ],
    ids=lambda args: type(args).__name__,
)
def test_arguments_of_every_make(tmp_path, args):
    with Recorder(tmp_path / "a.mla", name="run", args=args, seed=7, hypothesis="It\n learns.") as recorder:
        recorder.log({"a": 1})
    about = Trace.open(tmp_path / "a.mla").about
    assert about == recorder.about
    assert about.args == {"learning_rate": 0.1, "layers": [3, 5]}
    assert (about.name, about.seed, about.hypothesis) == ("run", 7, "It learns.")


def test_versions_are_of_what_is_in_use(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(__version__="9.9"))
    versions = Recorder().about.versions
    assert (versions["numpy"], versions["torch"]) == (np.__version__, "9.9")
    assert versions["python"] == sys.version.split()[0]
    assert "keras" not in versions


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Path("/home/someone/data/x.csv"), "x.csv"),
        ("/home/someone/data/", "data"),
        (r"C:\Users\someone\x.csv", "x.csv"),
        ("~/x.csv", "x.csv"),
        ("adam", "adam"),
        ("a/b", "a/b"),
        ([{"p": "/home/someone/secret"}], [{"p": "secret"}]),
        ({"/home/someone/secret": 1}, {"secret": 1}),
        ("--data=/home/someone/x.csv --out ~/films/a.mp4", "--data=x.csv --out a.mp4"),
        (r"file:///home/someone/x.csv, C:\Users\someone\x.csv", "x.csv, x.csv"),
        ("https://host/a/b.zip", "https://host/a/b.zip"),
        ("y = x / 2 / 3, ../a/b, 1/2/3", "y = x / 2 / 3, ../a/b, 1/2/3"),
        (1 << 100, 1 << 100),
        (object(), "object"),
        (len, "len"),
    ],
)
def test_paths_are_cut_to_their_last_part(given, kept):
    assert Recorder(args={"value": given}, seed=1 << 90).trace.about.args == {"value": kept}


def test_nothing_private_is_in_the_file(tmp_path):
    args = {"out": str(tmp_path / "out.mp4"), "home": Path.home() / "runs"}
    with Recorder(tmp_path / "a.mla", args=args) as recorder:
        recorder.log({"a": 1})
    content = (tmp_path / "a.mla").read_bytes()
    for private in (str(tmp_path), str(Path.home() / "runs"), f"/{getpass.getuser()}/"):
        assert private.encode() not in content


def test_the_revision_is_read_from_git(tmp_path):
    revision = "0123456789abcdef" * 2 + "01234567"
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{revision} refs/heads/main\n")
    (tmp_path / "source").mkdir()
    assert _revision.__wrapped__(tmp_path / "source") == revision
    (git / "refs" / "heads" / "main").write_text("f" * 40 + "\n")
    assert _revision.__wrapped__(tmp_path / "source") == "f" * 40
    (git / "HEAD").write_text(revision)
    assert _revision.__wrapped__(tmp_path) == revision
    (git / "HEAD").write_text("something else")
    assert _revision.__wrapped__(tmp_path) == ""
