"""The commands doctor and clean: what this machine has and lacks, and what was cached on it."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import click

import mlanimated
from mlanimated.cli.words import called
from mlanimated.errors import MlaError

__all__ = ["Finding", "clean_caches", "diagnose", "look_around"]

EXTRAS = {
    "data": ("sklearn", "pooch"),
    "torch": ("torch",),
    "games": ("gymnasium",),
    "atari": ("ale_py", "safetensors"),
    "walking": ("Box2D", "pygame"),
    "keras": ("keras",),
    "studio": ("fastapi", "uvicorn", "websockets"),
    "notebook": ("anywidget",),
    "figure": ("matplotlib",),
    "ray": ("ray",),
}
"""Extra → a module of each library that it brings."""

CODECS = {"libx264": "MP4", "libvpx-vp9": "WebM"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "firefox", "microsoft-edge")
LEAST_MEMORY = 2.0
"""Gigabytes below which a training with PyTorch may be ended by the system."""
LEAST_DISK = 1.0
"""Gigabytes of free disk below which a film or a recording may not find room."""


class Finding(NamedTuple):
    """What was looked at.

    Attributes:
        what: Its name.
        state: "good", "missing" (something cannot be done without it), or "note".
        told: What was found.
        cure: What mends it; "" for nothing.
    """

    what: str
    state: str
    told: str
    cure: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs and for reports of mistakes.")
def diagnose(*, as_json: bool) -> int:
    """Look what this machine has and what it lacks, and say what to install.

    Its status is 0 when films can be made, 1 when something of the core is missing.
    """
    found = look_around()
    if as_json:
        import json

        click.echo(json.dumps([finding._asdict() for finding in found], indent=2, ensure_ascii=False))
    else:
        signs = {"good": "  ok ", "missing": "LACKS", "note": "  -- "}
        for finding in found:
            click.echo(f"{signs[finding.state]}  {finding.what}: {finding.told}")
            if finding.cure:
                click.echo(f"       {finding.cure}")
    lacking = [finding.what for finding in found if finding.state == "missing"]
    if not as_json:
        click.echo(f"Missing: {', '.join(lacking)}." if lacking else f"All is there: {called()} film gradient-descent")
    return 1 if lacking else 0


def look_around() -> list[Finding]:
    """Return what there is to say of this machine. Nothing in it is secret: no paths, no names of people."""
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (_python, _skia, _codecs, _machine, _browser, _extras)
    found: list[Finding] = []
    for look in looks:
        try:
            found += look()
        except Exception as error:  # a look that fails is a finding too
            found.append(
                Finding(look.__name__.strip("_"), "note", f"could not be looked at ({type(error).__name__}: {error})")
            )
    return found


def _python() -> Iterator[Finding]:
    """Say what runs."""
    yield Finding("mlanimated", "good", f"{mlanimated.__version__}, Python {platform.python_version()}")
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if sys.platform.startswith("linux"):
        yield Finding("system", "good", f"{system}: tested")
    elif sys.platform == "darwin":
        yield Finding("system", "note", f"{system}: expected to work, not tested")
    else:
        yield Finding("system", "note", f"{system}: not tested", "On Windows use WSL.")


def _skia() -> Iterator[Finding]:
    """Paint a dot: libGL and libEGL are there, or not."""
    missing: list[str] = []
    if sys.platform.startswith("linux"):
        for name in ("libGL.so.1", "libEGL.so.1"):
            try:
                ctypes.CDLL(name)
            except OSError:
                missing.append(name)
    cure = "Debian, Ubuntu: apt-get install libgl1 libegl1. Fedora: dnf install libglvnd-glx libglvnd-egl."
    if missing:
        yield Finding(
            "libGL, libEGL", "missing", f"{' and '.join(missing)} cannot be loaded; Skia paints with them", cure
        )
        return
    from mlanimated.draw import Circle, Frame
    from mlanimated.render.raster import paint

    try:
        pixels = paint(Frame(16.0, 16.0, (Circle(8.0, 8.0, 4.0, fill="ink"),)))
    except MlaError as error:
        yield Finding("Skia", "missing", str(error), cure)
        return
    drawn = pixels[8, 8, 0] != pixels[0, 0, 0]
    yield Finding(
        "Skia", "good" if drawn else "missing", f"{_version('skia-python')}, paints" if drawn else "paints nothing"
    )


def _codecs() -> Iterator[Finding]:
    """Look for the encoders of films."""
    import av

    for codec, format_name in CODECS.items():
        try:
            av.Codec(codec, "w")
            yield Finding(format_name, "good", f"{codec}, in PyAV {av.__version__}")
        except Exception:  # PyAV's own class has moved between versions
            yield Finding(format_name, "missing", f"PyAV has no {codec}", "pip install --upgrade av")


def _machine() -> Iterator[Finding]:
    """Say what trains."""
    from mlanimated.scale.processes import usable_cores

    flags = _cpu_flags()
    wide = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd") if name in flags]
    yield Finding("processor", "good", f"{usable_cores()} usable cores" + (f", {', '.join(wide)}" if wide else ""))
    if flags and "asimd" not in flags and "avx2" not in flags:
        yield Finding("processor", "note", "no AVX2: PyTorch trains several times more slowly")
    total, free = _memory()
    if total:
        low = free < LEAST_MEMORY * 1e9
        cure = "Close other programs, or take fewer workers." if low else ""
        yield Finding("memory", "note" if low else "good", f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free", cure)
    here = shutil.disk_usage(Path.cwd()).free / 1e9
    low = here < LEAST_DISK
    yield Finding(
        "disk",
        "note" if low else "good",
        f"{here:.1f} GB free here",
        f"{called()} clean frees what was cached." if low else "",
    )


def _browser() -> Iterator[Finding]:
    """Look for a browser: for pages and the studio."""
    found = next((name for name in BROWSERS if shutil.which(name)), "")
    if found or sys.platform in {"darwin", "win32"}:
        yield Finding("browser", "good", found or "that of the system")
    else:
        yield Finding("browser", "note", "none found; pages (.html) and the studio open in one, here or elsewhere")


def _extras() -> Iterator[Finding]:
    """Say which extras are there."""
    there = [extra for extra, modules in EXTRAS.items() if all(importlib.util.find_spec(name) for name in modules)]
    yield Finding("extras", "good", ", ".join(there) or "none")
    absent = [extra for extra in EXTRAS if extra not in there]
    if absent:
        yield Finding(
            "extras", "note", f"not installed: {', '.join(absent)}", f"pip install 'mlanimated[{','.join(absent)}]'"
        )
    if "torch" in there:
        torch: Any = importlib.import_module("torch")
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "the processor"
        yield Finding("PyTorch", "good", f"{torch.__version__}, trains on {device}")


@click.command("clean")
@click.option("--yes", is_flag=True, help="Delete it, without asking.")
@click.option(
    "--recordings", type=click.Path(path_type=Path), help="A folder whose checkpoints are to go too, as runs."
)
def clean_caches(*, yes: bool, recordings: Path | None) -> None:
    """Show what was cached, and delete it when you say so.

    Downloaded data, and what was left by programs that were ended. Recordings, films and agents are never touched;
    --recordings FOLDER deletes the checkpoints of trainings that have ended there, with which they could be taken up again.
    """
    found = _cached()
    if recordings is not None:
        found += _checkpoints(recordings)
    if not found:
        click.echo("Nothing is cached.")
        return
    total = 0
    for path, what in found:
        size = _bytes(path)
        total += size
        click.echo(f"{_amount(size):>9}  {path}  ({what})")
    if not yes and not click.confirm(f"Delete {len(found)} ({_amount(total)})?", default=False):
        click.echo("Nothing was deleted.")
        return
    freed = 0
    for path, _ in found:
        size = _bytes(path)
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            raise MlaError(f"{path} cannot be deleted: {(error.strerror or str(error)).lower()}.") from None
        freed += size
    click.echo(f"Freed {_amount(freed)}.")


def _cached() -> list[tuple[Path, str]]:
    """Return what may go, each with what it is."""
    from mlanimated.data.cache import cache_folder

    found = [(path, "downloaded data") for path in sorted(cache_folder().iterdir())]
    mine = os.getuid() if hasattr(os, "getuid") else None
    for path in sorted(Path(tempfile.gettempdir()).glob("mla-*")):
        with contextlib.suppress(OSError):
            told = path.stat()
            old = _seconds_since(max(told.st_mtime, told.st_ctime)) > 24 * 3600
            if path.is_dir() and not path.is_symlink() and old and (mine is None or told.st_uid == mine):
                found.append((path, "left by a program that was ended"))
    return found


def _checkpoints(folder: Path) -> list[tuple[Path, str]]:
    """Return the checkpoints of trainings that have ended.

    Raises:
        MlaError: There is no such folder.
    """
    if not folder.is_dir():
        raise MlaError(f"There is no folder {folder}; name the one with the recordings, as in --recordings runs.")
    found: list[tuple[Path, str]] = []
    for path in sorted(folder.rglob("*.checkpoint*")):
        stem = path.name.split(".checkpoint")[0]
        if path.with_name(f"{stem}.safetensors").exists():
            found.append((path, "checkpoint of a training that has ended"))
    return found


def _seconds_since(moment: float) -> float:
    import time

    return time.time() - moment


def _bytes(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size if path.exists() else 0
    return sum(part.stat().st_size for part in path.rglob("*") if part.is_file() and not part.is_symlink())


def _amount(size: int) -> str:
    return f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "of unknown version"


def _cpu_flags() -> Sequence[str]:
    """Return the processor's features as Linux lists them; empty elsewhere."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, words = line.partition(":")
            if name.strip() in {"flags", "Features"}:
                return words.split()
    return ()


def _memory() -> tuple[int, int]:
    """Return all and free memory in bytes, the limit of a container taken into account; zeros where the system does not say."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = (line.split(":") for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines())
        told = {name: int(words.split()[0]) * 1024 for name, words in lines if words.split()}
        total, free = told["MemTotal"], told["MemAvailable"]
        with contextlib.suppress(OSError, ValueError):
            limit = int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="utf-8"))
            used = int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="utf-8"))
            total, free = min(total, limit), min(free, max(0, limit - used))
        return total, free
    return 0, 0
