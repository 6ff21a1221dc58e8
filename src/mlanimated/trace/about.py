"""Where a trace comes from: arguments, seed, versions, revision. Never paths, never user names."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
import json
import platform
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any, Self, cast

import msgspec
import numpy as np

__all__ = ["About", "describe"]

_FRAMEWORKS = (
    "torch",
    "keras",
    "tensorflow",
    "jax",
    "sklearn",
    "gymnasium",
    "stable_baselines3",
    "lightning",
    "ale_py",
)

_FOLDERS = re.compile(
    r"""(?<![\w./\\-])                               # where a word begins, but not within a relative path or an address
    (?:file://)?
    (?:(?:~[\w.-]*|[A-Za-z]:)[/\\](?:[^\s/\\,;'"]+[/\\])* | /(?:[^\s/\\,;'"]+/)+)""",
    re.VERBOSE,
)
"""The folders of an absolute path that stands within a text, as in "--data=/home/someone/x.csv"."""


class About(msgspec.Struct, frozen=True):
    """Where a trace comes from.

    Attributes:
        name: What the run is called; may be empty.
        args: The arguments it was made with: numbers, strings, lists and dicts. Absolute paths are cut to their last part.
        seed: Seed of its random numbers, or None.
        hypothesis: One line: what the run is meant to show; may be empty.
        versions: Version of Python, mlanimated, NumPy and of each framework that was in use.
        revision: Git revision of the program that ran, 40 hexadecimal digits, or "".
        platform: Operating system and processor ("Linux x86_64").
        created: When the recording began: UTC, ISO 8601, to the second.
    """

    name: str = ""
    args: dict[str, Any] = {}
    seed: int | None = None
    hypothesis: str = ""
    versions: dict[str, str] = {}
    revision: str = ""
    platform: str = ""
    created: str = ""

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what `encode` wrote."""
        return msgspec.convert(json.loads(text), cls)

    def encode(self) -> str:
        """Return it as JSON."""
        return json.dumps(msgspec.structs.asdict(self))  # whose whole numbers may have any number of digits


def describe(name: str, args: object, seed: int | None, hypothesis: str) -> About:
    """Return the provenance of a run that starts now.

    Args:
        name: What the run is called.
        args: A mapping, dataclass, `msgspec.Struct` or `argparse.Namespace`.
        seed: Seed of its random numbers.
        hypothesis: What it is meant to show, in one line.
    """
    return About(
        name=name,
        args=_arguments(args),
        seed=None if seed is None else int(seed),
        hypothesis=" ".join(hypothesis.split()),
        versions=_versions(),
        revision=_revision(_program_folder()),
        platform=_platform(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _arguments(args: object) -> dict[str, Any]:
    if isinstance(args, Mapping):
        given = dict(cast("Mapping[Any, Any]", args))
    elif isinstance(args, msgspec.Struct):
        given = msgspec.structs.asdict(args)
    elif dataclasses.is_dataclass(args) and not isinstance(args, type):
        given = {field.name: getattr(args, field.name) for field in dataclasses.fields(args)}
    else:
        given = dict(vars(args))
    return {str(key): _plain(value) for key, value in given.items()}


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it, without private paths."""
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(cast("Any", value).tolist())
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, PurePath):
        return value.name
    if isinstance(value, str):
        absolute = PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute() or value.startswith("~")
        return re.split(r"[/\\]", value.rstrip("/\\"))[-1] if absolute else _FOLDERS.sub("", value)
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(entry) for key, entry in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(entry) for entry in cast("list[Any]", value)]
    # What prints as an address or a path says nothing to others, so of anything else the kind alone is kept.
    return str(getattr(value, "__name__", type(value).__name__))


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version(), "mlanimated": _own_version(), "numpy": np.__version__}
    for name in _FRAMEWORKS:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            versions[name] = str(version)  # torch has a subclass of str that msgspec does not encode
    return versions


@functools.lru_cache(maxsize=1)
def _own_version() -> str:
    try:
        return importlib.metadata.version("mlanimated")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


@functools.lru_cache(maxsize=1)
def _platform() -> str:
    return f"{platform.system()} {platform.machine()}"


def _program_folder() -> Path:
    program = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(program).resolve().parent if program else Path.cwd()


@functools.lru_cache(maxsize=8)
def _revision(folder: Path) -> str:
    """Return the Git revision that is checked out around a folder, read from Git's own files: no process is started."""
    try:
        for place in (folder, *folder.parents):
            git = place / ".git"
            if git.is_file():  # a worktree or submodule
                git = (place / git.read_text().removeprefix("gitdir:").strip()).resolve()
            if (git / "HEAD").is_file():
                return _head(git)
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def _head(git: Path) -> str:
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return _hash(head)
    name = head.removeprefix("ref:").strip()
    common = git / "commondir"
    for root in (git, (git / common.read_text().strip()).resolve()) if common.is_file() else (git,):
        if (root / name).is_file():
            return _hash((root / name).read_text().strip())
        if (root / "packed-refs").is_file():
            for line in (root / "packed-refs").read_text().splitlines():
                if line.endswith(f" {name}"):
                    return _hash(line.split()[0])
    return ""


def _hash(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-f]{40,64}", text) else ""
