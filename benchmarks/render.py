"""What a film costs, beside matplotlib's FuncAnimation on the same work, and what a frame costs as a trace grows.

    scripts/bench render                     # 200 frames of 800x400: a heat map, a scatter and a curve
    scripts/bench render --frames 50         # quicker, less exact

Each row is run by the peer and by this project in turn, in this one process. What is counted is processor time of all threads
and of child processes, from the data in memory to the file on disk; wall time stands beside it. Each side has written a short film
before, so that no row pays for loading a library. All frames differ, so that nothing can be skipped.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

import mlanimated as mla

SIZE = (800, 400)
FPS = 30
TARGETS = {"MP4": (5.0, 10.0), "GIF": (12.0, 5.0), "HTML": (3.0, 1.0)}
"""Processor milliseconds a frame at the most, and how many times quicker than the peer at the least."""

HTML_BYTES, PLAYER_BYTES = 1_000_000, 30 * 1024


class Work:
    """A training as both sides get it: a matrix, a cloud of points and a loss, one row a frame."""

    def __init__(self, frames: int) -> None:
        random = np.random.default_rng(0)
        time_ = np.linspace(0, 1, frames)[:, None, None]
        grid = np.linspace(0, 3, 16)
        self.weights = np.sin(grid[:, None] * (1 + 2 * time_) + 4 * time_) * np.cos(grid[None, :] + 3 * time_)
        cloud = random.normal(size=(100, 2))
        self.points = cloud * (1.2 - time_) + 0.3 * np.sin(6 * time_ + cloud)
        self.loss = 2 * np.exp(-4 * time_.ravel()) + 0.05 * random.random(frames)
        self.frames = frames


def cost(run: Callable[[], object]) -> tuple[float, float]:
    """Return the processor seconds of all threads and children, and the wall seconds, that a call takes."""

    def spent() -> float:
        usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before, begun = spent(), time.perf_counter()
    run()
    return spent() - before, time.perf_counter() - begun


def busy(run: Callable[[], object]) -> float:
    """Return the processor seconds of this process that a call takes, finely: for one that takes less than a millisecond."""
    before = time.process_time()
    run()
    return time.process_time() - before


def ours(work: Work, path: Path) -> None:
    """Record the work, lay out a scene of three views, and write it."""
    with mla.Recorder() as recorder:
        for step in range(work.frames):
            values = {"weights": work.weights[step], "points": work.points[step], "loss": work.loss[step]}
            recorder.log(values, step=step)
    scene = (
        mla.views.HeatMap("weights", title="Weights")
        | mla.views.Scatter("points", title="Points", radius=4)
        | mla.views.Lines("loss", title="Loss")
    )
    clock = mla.Clock(seconds=(work.frames - 1) / FPS, pace="even", intro=0, outro=0)
    film = mla.Film(scene, recorder.trace, clock=clock, ribbon=False, width=SIZE[0], height=SIZE[1], fps=FPS)
    film.save(path, fps=None if path.suffix == ".html" else FPS)


def theirs(work: Work, path: Path) -> None:
    """Animate three axes with FuncAnimation, updating the artists in place, and write it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import animation
    from matplotlib import pyplot as plt

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100)
    image = left.imshow(work.weights[0], cmap="RdBu", vmin=-1, vmax=1)
    left.set_title("Weights")
    dots = middle.scatter(*work.points[0].T, s=40)
    middle.set(title="Points", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
    (line,) = right.plot([], [])
    right.set(title="Loss", xlim=(0, work.frames), ylim=(0, work.loss.max() * 1.05))

    def draw(step: int) -> tuple[object, ...]:
        image.set_data(work.weights[step])
        dots.set_offsets(work.points[step])
        line.set_data(np.arange(step + 1), work.loss[: step + 1])
        return image, dots, line

    film = animation.FuncAnimation(figure, draw, frames=work.frames, interval=1000 / FPS)
    if path.suffix == ".html":
        with mpl.rc_context({"animation.embed_limit": 500}):
            path.write_text(film.to_jshtml(fps=FPS), encoding="utf-8")
    elif path.suffix == ".gif":
        film.save(path, writer=animation.PillowWriter(fps=FPS))
    elif animation.FFMpegWriter.isAvailable():
        film.save(path, writer=animation.FFMpegWriter(fps=FPS))
    else:
        film.save(path, writer=pyav_writer())
    plt.close(figure)


def pyav_writer() -> object:
    """Return a movie writer that does what matplotlib's own does with the ffmpeg program, through the same library in PyAV."""
    import av
    from matplotlib.animation import AbstractMovieWriter

    class Writer(AbstractMovieWriter):
        """The figure as raw RGBA, as FFMpegWriter pipes it, into libx264 with ffmpeg's default settings."""

        def setup(self, fig: object, outfile: str, dpi: float | None = None) -> None:
            super().setup(fig, outfile, dpi)
            self.container = av.open(str(outfile), "w")
            self.stream = self.container.add_stream("libx264", rate=Fraction(self.fps))
            self.stream.width, self.stream.height = self.frame_size
            self.stream.pix_fmt = "yuv420p"

        def grab_frame(self, **options: object) -> None:
            from io import BytesIO

            buffer = BytesIO()
            self.fig.savefig(buffer, format="rgba", dpi=self.dpi, **options)
            width, height = self.frame_size
            pixels = np.frombuffer(buffer.getbuffer(), np.uint8).reshape(height, width, 4)
            self.container.mux(self.stream.encode(av.VideoFrame.from_numpy_buffer(pixels, "rgba")))

        def finish(self) -> None:
            self.container.mux(self.stream.encode())
            self.container.close()

    return Writer(fps=FPS)


def films(folder: Path, frames: int) -> bool:
    """Print a row for each format; return whether every target is met."""
    work, short = Work(frames), Work(3)
    print(f"{frames} frames of {SIZE[0]}x{SIZE[1]}: a heat map of 16x16, 100 points, a growing curve")
    if not shutil.which("ffmpeg"):
        print("no ffmpeg program: the peer's MP4 goes through PyAV, with libx264 as ffmpeg would set it")
    print(f"{'':6} {'CPU ms a frame':>31} {'wall ms a frame':>25} {'kB':>17}")
    print(
        f"{'':6} {'FuncAnimation':>15} {'this':>6} {'ratio':>8} {'FuncAnimation':>16} {'this':>8} {'peer':>9} {'this':>7}  target"
    )
    met = True
    for name, (most, least) in TARGETS.items():
        suffix = f".{name.lower()}"
        figures: list[tuple[float, float, int]] = []
        for side in (theirs, ours):
            path = folder / f"{side.__name__}{suffix}"
            side(short, path)
            cpu, wall = cost(lambda side=side, path=path: side(work, path))
            figures.append((1000 * cpu / frames, 1000 * wall / frames, path.stat().st_size))
        peer, own = figures
        ratio = peer[0] / own[0]
        good = own[0] <= most and ratio >= least and (name != "HTML" or own[2] <= HTML_BYTES)
        met &= good
        wanted = f"≤ {most:g} ms" + (", ≤ 1 MB" if name == "HTML" else f", ≥ {least:g}x")
        print(
            f"{name:6} {peer[0]:15.1f} {own[0]:6.2f} {ratio:7.1f}x {peer[1]:16.1f} {own[1]:8.2f}"
            f" {peer[2] / 1000:9.0f} {own[2] / 1000:7.0f}  {wanted}: {'met' if good else 'MISSED'}"
        )
    return met & player(folder / "ours.html")


def player(page: Path) -> bool:
    """Print the size of the player as a page holds it; return whether its target is met."""
    script = page.read_text(encoding="utf-8").rpartition("<script>")[2].partition("</script>")[0].encode()
    good = len(script) <= PLAYER_BYTES
    squeezed = len(gzip.compress(script, 9))
    print(f"player {len(script):,} bytes, {squeezed:,} compressed  ≤ {PLAYER_BYTES:,}: {'met' if good else 'MISSED'}")
    return good


def flatness() -> bool:
    """Print what a frame of a curve costs as the trace grows; return whether it stays flat."""
    print("\na curve's frame, drawn from traces of growing length (median of 40 moments)")
    costs: list[float] = []
    for count in (1_000, 10_000, 100_000, 1_000_000):
        noise = np.random.default_rng(1).random(count)
        with mla.Recorder() as recorder:
            for step in range(count):
                recorder.log({"loss": 1 / (1 + step / count * 9) + 0.1 * noise[step]}, step=step)
        film = mla.Film(mla.views.Lines("loss"), recorder.trace, ribbon=False)
        cpu, _ = cost(lambda film=film: film.frame(0.0))
        moments = np.linspace(0.0, film.seconds, 40)
        costs.append(float(np.median([busy(lambda at=at, film=film: film.frame(at)) for at in moments])))
        print(
            f"{count:>10,} steps {1000 * costs[-1]:7.2f} ms a frame   (the first one, with the clock: {1000 * cpu:.0f} ms)"
        )
    growth = max(costs) / costs[0]
    good = growth <= 2.0
    print(f"grows {growth:.2f}x over a thousand times the steps  ≤ 2: {'met' if good else 'MISSED'}")
    return good


def main() -> int:
    """Run all; the exit status is 1 when a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--frames", type=int, default=200, help="frames of each film [200]")
    parser.add_argument("--keep", type=Path, help="leave the films in this folder")
    options = parser.parse_args()
    if importlib.util.find_spec("matplotlib") is None:
        parser.error("the peer is matplotlib, which is not installed: pip install matplotlib")
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        met = films(Path(name), options.frames)
        if options.keep:
            shutil.copytree(name, options.keep, dirs_exist_ok=True)
    return 0 if met & flatness() else 1


if __name__ == "__main__":
    sys.exit(main())
