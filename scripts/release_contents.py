"""Check what a wheel and an sdist hold: all that runs, nothing that was made on the way, one version everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST = 12_000_000
"""Bytes of a wheel at the most; the agents that ship are a quarter of it, and come so to those without a network too."""
STRAYS = re.compile(r"__pycache__|\.pyc$|\.mp4$|\.sqlite$|/checkpoints/|\.env$")


def tracked(folder: str) -> list[str]:
    """Return the files below a folder that are under version control: what is released."""
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def main(folder: Path) -> int:
    """Return 0 when all is as it should be; else say what is not."""
    (wheel,), (source,) = list(folder.glob("*.whl")), list(folder.glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.getinfo(name).file_size for name in archive.namelist()}
        told = next(name for name in inside if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(told).decode("utf-8")
    with tarfile.open(source) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {path.removeprefix("src/") for path in tracked("src/mlanimated") if not STRAYS.search(path)}
    version = re.search(
        r'^__version__ = "(.+)"$', (ROOT / "src/mlanimated/__init__.py").read_text(encoding="utf-8"), re.M
    )
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    faults = [f"the wheel lacks {name}" for name in sorted(wanted - set(inside))]
    faults += [f"the wheel holds {name}" for name in inside if STRAYS.search(name)]
    faults += [
        f"the sdist lacks {name}"
        for name in ("README.md", "LICENSE", "NOTICE", "tests/test_cli.py")
        if name not in packed
    ]
    faults += [f"the sdist holds {name}" for name in packed if STRAYS.search(name)]
    faults += [] if "mlanimated/py.typed" in inside else ["the wheel is not typed: py.typed is missing"]
    faults += [] if version and f"\nVersion: {version[1]}\n" in metadata else ["the wheel has another version"]
    faults += [] if version and cited and cited[1] == version[1] else ["CITATION.cff has another version"]
    faults += (
        [] if wheel.stat().st_size <= MOST else [f"the wheel has {wheel.stat().st_size:,} bytes, {MOST:,} are allowed"]
    )
    agents = sum(size for name, size in inside.items() if "/shipped/" in name)
    print(
        f"wheel {wheel.stat().st_size / 1e6:.1f} MB, of which agents {agents / 1e6:.1f} MB; sdist {source.stat().st_size / 1e6:.1f} MB"
    )
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
