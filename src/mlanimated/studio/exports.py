"""Exports: what is on the screen as a film, a picture or a table. Films are made in a process of their own, one at a time."""

from __future__ import annotations

import asyncio
import csv
import io
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mlanimated.errors import MlaError
from mlanimated.studio.panels import Panel, place_of
from mlanimated.studio.refusal import Refusal
from mlanimated.trace import Trace
from mlanimated.views.scene import Panel as Place
from mlanimated.views.scene import Scene

__all__ = ["FORMATS", "Exporter", "Order", "film_of", "scene", "table"]

FORMATS = {
    "html": "text/html; charset=utf-8",
    "mp4": "video/mp4",
    "gif": "image/gif",
    "webp": "image/webp",
    "png": "image/png",
    "svg": "image/svg+xml",
}
SECONDS = 600.0
MOST_WAITING = 4


class Order(msgspec.Struct, frozen=True):
    """A film that is wanted.

    Attributes:
        names: Names of the runs.
        paths: Their files.
        panels: What is shown; empty for what tells most.
        align: What the runs have in common.
        theme: "light", "dark", or "" for the usual.
        width: Of the picture, in pixels.
        height: Of the picture.
        seconds: Length of the film; None as the training needs.
        step: Step of a picture; None for the end.
        title: A line at the top.
        out: The file to write.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    panels: tuple[Panel, ...]
    align: str
    theme: str
    width: int
    height: int
    seconds: float | None
    step: float | None
    title: str
    out: str


class Exporter:
    """Makes films, one at a time; some may wait."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def film(self, order: Order) -> Path:
        """Return the file of a film, in a folder of its own that the caller removes.

        Raises:
            Refusal: It cannot be made, or too many wait.
        """
        if self._waiting >= MOST_WAITING:
            raise Refusal(503, "Other films are being made: try again in a minute.")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._make(order)
        finally:
            self._waiting -= 1

    async def _make(self, order: Order) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="mla-film-"))
        order = msgspec.structs.replace(order, out=str(folder / order.out))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "mlanimated.studio.exports",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await asyncio.wait_for(process.communicate(msgspec.json.encode(order)), SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            await process.wait()
            raise Refusal(
                503, f"The film took longer than {SECONDS:g} seconds: choose fewer panels or a shorter one."
            ) from None
        if process.returncode:
            words = said.decode("utf-8", "replace").strip().splitlines() or ["unknown"]
            raise Refusal(422 if process.returncode == 2 else 500, f"The film could not be made: {words[-1][:300]}")
        return Path(order.out)


def film_of(order: Order) -> Any:
    """Return the film that an order asks for."""
    from mlanimated.projector.film import Film
    from mlanimated.views.clock import Clock

    traces = {name: Trace.open(path) for name, path in zip(order.names, order.paths, strict=True)}
    place = scene(order.panels, order.names, traces)
    film = Film(place, traces, Clock(align=order.align), title=order.title)
    film = film.shaped(order.width, order.height)
    return film if order.seconds is None else film.lasting(order.seconds)


def scene(panels: Sequence[Panel], names: Sequence[str], traces: dict[str, Trace]) -> Place:
    """Return panels as a scene: in rows of two or three, each with its title."""
    from mlanimated.studio.panels import panels_of

    chosen = panels or panels_of(traces[names[0]])[:4]
    if not chosen:
        raise MlaError("Nothing was recorded here yet.")
    places = [place_of(panel, names, traces).titled(panel.title) for panel in chosen]
    columns = 1 if len(places) == 1 else 2 if len(places) <= 4 else 3
    rows = [Scene(tuple(places[start : start + columns])) for start in range(0, len(places), columns)]
    return rows[0] if len(rows) == 1 else Scene(tuple(rows), "column")


def table(trace: Trace, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a CSV file: step and time, then a column for each scalar series, empty where it has no row.

    Args:
        trace: The run.
        names: Scalar series; empty for all.

    Raises:
        Refusal: One of them is no scalar series.
    """
    scalars = [name for name in trace.names if trace.info(name).kind == "scalar"]
    for name in names:
        if name not in scalars:
            raise Refusal(404, f"There is no scalar series {name[:100]!r}.")
    chosen = list(names) or scalars
    return _lines(trace, chosen)


def _lines(trace: Trace, chosen: Sequence[str]) -> Iterator[str]:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(["step", "time", *map(_harmless, chosen)])
    read = [trace.series(name) for name in chosen]
    steps = np.unique(np.concatenate([np.zeros(0, np.int64), *(series.steps for series in read)]))
    places = [np.searchsorted(series.steps, steps) for series in read]
    for row, step in enumerate(steps.tolist()):
        cells: list[str] = []
        moment = ""
        for series, place in zip(read, places, strict=True):
            at = int(place[row])
            there = at < len(series) and int(series.steps[at]) == step
            cells.append(repr(series.values[at].item()) if there else "")
            if there and not moment:
                moment = f"{float(series.times[at]):.6f}"
        writer.writerow([step, moment, *cells])
        if stream.tell() > 1 << 16:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


def _harmless(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t"} else name


def _main() -> int:
    """Make the film of the order on the standard input."""
    try:
        if hasattr(os, "nice"):
            os.nice(5)  # who watches live goes first
        order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
        film = film_of(order)
        still = order.out.endswith((".png", ".svg"))
        at = None
        if still:
            at = film.seconds if order.step is None else _time_of(film, order)
        film.save(order.out, theme=order.theme or None, size=(order.width, order.height), at=at)
    except MlaError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _time_of(film: Any, order: Order) -> float:
    """Return when the leading run stands at the step of an order."""
    steps = film.timeline.knot_steps[order.names[0]]
    wanted = float(order.step if order.step is not None else math.inf)
    index = int(np.searchsorted(steps, wanted, side="left"))
    return float(film.timeline.knot_times[min(index, len(steps) - 1)])


if __name__ == "__main__":
    raise SystemExit(_main())
