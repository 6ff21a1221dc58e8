"""Use an installed package as its users do: with nothing else around, for one extra. Prints what was measured."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
MOST_MB = 350
"""Megabytes that the plain package may take on the disk beyond Python."""

USES: dict[str, list[str]] = {
    "core": [
        "film gradient-descent --steps 3 --size 320x180 --fps 5 -o ball.mp4",
        "redo ball.mp4 -o again.gif",
        "film gradient-descent --steps 3 -o ball.html",
        "sweep gradient-descent --grid learning_rate=.1,.9 -o sweep",
        "film sweep --at end -o sweep.png",
        "doctor",
        "list",
    ],
    "data": ["film countries --at end -o countries.png"],
    "torch": ["film celsius-torch --at end -o celsius.png"],
    "games": ["film own-environment --at end -o lake.png"],
    "atari": ["list --atari", "evaluate pong --games 1"],
    "walking": ["evaluate walker --games 1"],
    "ray": ["sweep gradient-descent --grid learning_rate=.1,.9 --on ray --workers 1 -o on-ray"],
    "studio": ["studio --help"],
    "notebook": [],
    "figure": [],
    "keras": [],
    "book": [],
    "all": ["list"],
}
"""Extra → commands that must work with it alone."""

FIGURE = """
from matplotlib.figure import Figure
import mlanimated as mla

def curve(moment):
    figure = Figure()
    figure.subplots().plot([0, 1, moment.value("loss")])
    return figure

with mla.Recorder() as recorder:
    for step in range(5):
        recorder.log({"loss": 1 / (step + 1)})
mla.film(mla.views.Figure(curve), recorder.trace).save("figure.mp4")
"""

ABSENT = {
    "core": ("film celsius-torch --at end -o no.png", "torch"),
    "games": ("film celsius-torch --at end -o no.png", "torch"),
}
"""Extra → a command that needs another one, and the name of that one: one line says so."""


def cpu_ms(*words: str) -> float:
    """Return the least processor time of some runs of a command in milliseconds."""
    import resource

    found: list[float] = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(BIN / words[0]), *words[1:]], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return min(found)


def main(extra: str, megabytes: int) -> int:
    """Run the commands of an extra; an assertion says what does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        for words in USES.get(extra, []):
            subprocess.run([str(BIN / "mla"), *words.split()], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            print(f"    mla {words}")
        if extra in ABSENT:
            words, needed = ABSENT[extra]
            done = subprocess.run(
                [str(BIN / "mla"), *words.split()], cwd=folder, capture_output=True, text=True, check=False
            )
            assert done.returncode == 2, done
            assert f"pip install 'mlanimated[{needed}]'" in done.stderr, done.stderr
            assert len(done.stderr.splitlines()) == 1, done.stderr
        if extra == "studio":
            subprocess.run([sys.executable, "-c", "from mlanimated.studio.app import *"], check=True, cwd=folder)
        if extra == "notebook":
            code = "import mlanimated as mla; mla.live(mla.Recorder(name='mine')).widget"
            subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
        if extra == "keras":
            code = "import mlanimated as mla; mla.record.keras.Callback"
            subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
        if extra == "figure":
            subprocess.run([sys.executable, "-c", FIGURE], check=True, cwd=folder)
            nothing, ours, theirs = (
                cpu_ms("python", "-c", code) for code in ("pass", "import mlanimated", "import matplotlib.pyplot")
            )
            print(
                f"    processor time: python {nothing:.0f} ms, import mlanimated {ours:.0f}, matplotlib.pyplot {theirs:.0f}"
            )
            assert ours < theirs
    if extra == "core":
        assert importlib.util.find_spec("mlanimated") is not None
        helped = cpu_ms("mla", "--help")
        print(f"    mla --help {helped:.0f} ms")
        assert helped <= 300
        assert megabytes <= MOST_MB, f"{megabytes} MB, {MOST_MB} are allowed"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
