"""Panels: what of a run is shown, as an address can say it, and the view that draws it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command
from mlanimated.draw.frame import Frame
from mlanimated.draw.text import label
from mlanimated.errors import MlaError
from mlanimated.record.episodes import SERIES as GAMES
from mlanimated.studio.episodes import Episode, holds_games
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.scenes import Beside, known, scene_for
from mlanimated.trace import SeriesInfo, Trace
from mlanimated.views.auto import views_of
from mlanimated.views.bars import Bars
from mlanimated.views.heatmap import HeatMap
from mlanimated.views.histogram import Histogram
from mlanimated.views.lines import Lines
from mlanimated.views.moment import Moment
from mlanimated.views.picture import Picture
from mlanimated.views.ridges import Ridges
from mlanimated.views.scene import Panel as Place
from mlanimated.views.scene import Scene, View
from mlanimated.views.words import Words

__all__ = ["KINDS", "WIDTHS", "Panel", "height_of", "panels_of", "picture", "place_of"]

WIDTHS = (400, 640, 960, 1280)
"""The widths in which panels are drawn, in scene units: a browser takes the nearest, so that letters have their size."""

MARGIN = 14.0
MOST_SERIES = 12
MOST_PANELS = 60
MOST_RIDGES = 8
"""Tensors of a model whose histograms are shown at first."""
KINDS = ("lines", "bars", "heatmap", "histogram", "ridges", "picture", "episode", "words", "events", "scene")


class Panel(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one panel shows.

    Attributes:
        kind: "lines", "bars", "heatmap", "histogram", "ridges" (histograms over time), "picture", "episode" (one of a Gymnasium
            environment, played again), "words", "events" (what the last one says) or "scene" (everything at once, as a film of the run
            would).
        series: The series that it draws; none for "events" and "scene".
        log: A logarithmic axis.
        smooth: The part of the x axis over which values are averaged, 0 to below 0.5.
        x: "step", "time", or the name of a scalar series such as an epoch.
        start: First step shown; None for all.
        stop: Last step shown.
        best: Bars light up the largest.
        tensor: Which of the tensors ridges show, from 0.
        label: What stands above it, in place of the names of its series.
    """

    kind: str
    series: tuple[str, ...] = ()
    log: bool = False
    smooth: float = 0.0
    x: str = "step"
    start: float | None = None
    stop: float | None = None
    best: bool = False
    tensor: int = 0
    label: str = ""

    @classmethod
    def checked(cls, given: Any) -> Panel:
        """Return what a client asks for.

        Raises:
            Refusal: It is no panel.
        """
        try:
            panel = msgspec.convert(given, cls)
        except msgspec.ValidationError as error:
            raise Refusal(422, f"That is no panel: {error}.") from None
        if panel.kind not in KINDS:
            raise Refusal(422, f"There is no panel of the kind {panel.kind[:40]!r}; there are {', '.join(KINDS)}.")
        if (not panel.series) != (panel.kind in {"events", "scene"}) or len(panel.series) > MOST_SERIES:
            raise Refusal(
                422, f"A panel of the kind {panel.kind!r} takes 1 to {MOST_SERIES} series; events and scene take none."
            )
        if not 0.0 <= panel.smooth < 0.5:
            raise Refusal(422, "smooth is a part of the x axis, 0 to below 0.5.")
        bounds = [bound for bound in (panel.start, panel.stop) if bound is not None]
        if len(bounds) == 1 or not all(map(math.isfinite, bounds)):
            raise Refusal(422, "start and stop are given together and are numbers.")
        return panel

    @property
    def title(self) -> str:
        """What stands above it."""
        if self.label:
            return self.label
        if self.kind in {"events", "scene"}:
            return {"events": "What happened", "scene": "Overview"}[self.kind]
        if len(self.series) == 1:
            return self.series[0]
        ends = {name.rpartition("/")[2] for name in self.series}
        heads = {name.rpartition("/")[0] for name in self.series}
        return (
            ends.pop()
            if len(ends) == 1
            else heads.pop()
            if len(heads) == 1 and "" not in heads
            else ", ".join(self.series)
        )

    @property
    def group(self) -> str:
        """The part of the names before the last slash that all its series share; "" for none."""
        heads = {name.rpartition("/")[0] for name in self.series}
        return heads.pop() if len(heads) == 1 else ""


def panels_of(trace: Trace) -> tuple[Panel, ...]:
    """Return panels for all that a trace holds, the most telling first."""
    ridges = _ridges(trace)
    told = {f"{head}/{end}" for head in ridges for end in ("histogram", "range")}
    found = [panel for view in views_of(trace) if (panel := _panel(view)) is not None]
    panels = [panel for panel in found if not told.intersection(panel.series)]
    panels += [panel for tensors in ridges.values() for panel in tensors]
    if holds_games(trace):
        panels = [
            Panel("episode", (GAMES,), label="The game"),
            *(panel for panel in panels if panel.series != (GAMES,)),
        ]
    panels = panels[:MOST_PANELS]
    if any(event.text for event in trace.events):
        panels.insert(min(len(panels), 2), Panel("events"))
    if panels and known(trace):
        panels.insert(0, Panel("scene"))
    return tuple(panels)


def _ridges(trace: Trace) -> dict[str, list[Panel]]:
    """Return the panels of histograms that are counted already, by what is spread: "weights", "gradients", a tag of TensorBoard's."""
    found: dict[str, list[Panel]] = {}
    names: list[str] = []
    if "watch/names" in trace.names:
        with contextlib.suppress(ValueError):
            names = msgspec.json.decode(str(trace.value("watch/names", math.inf)), type=list[str])
    for name in trace.names:
        head, _, end = name.rpartition("/")
        info = trace.info(name)
        if end != "histogram" or not head or len(info.shape) != 2 or f"{head}/range" not in trace.names:
            continue
        if trace.info(f"{head}/range").shape != info.shape[:1]:
            continue
        found[head] = [
            Panel(
                "ridges",
                (name,),
                tensor=tensor,
                label=head
                if info.shape[0] == 1
                else f"{head} {names[tensor] if tensor < len(names) else tensor}"[:200],
            )
            for tensor in range(min(info.shape[0], MOST_RIDGES))
        ]
    return found


def place_of(panel: Panel, runs: Sequence[str], traces: Mapping[str, Trace]) -> Place:
    """Return what draws a panel: of several runs lines share their axes, all else stands side by side.

    Args:
        panel: The panel.
        runs: Names of the runs, the leading one first.
        traces: Their traces.
    """
    if panel.kind == "lines":
        names = tuple(f"{run}:{name}" for name in panel.series for run in runs) if len(runs) > 1 else panel.series
        labels = tuple(run if len(panel.series) == 1 else f"{run} {name}" for name in panel.series for run in runs)
        x = "time" if panel.x == "time" else panel.x
        return Lines(
            names,
            labels=labels if len(runs) > 1 else (),
            log=panel.log,
            smooth=panel.smooth,
            x=x,
            events=len(runs) == 1 and panel.start is None,
            y_label="log" if panel.log else "",
        )
    if len(runs) == 1:
        return _single(panel, traces[runs[0]])
    if panel.kind == "scene":
        return Beside(panels=tuple(scene_for(traces[run]).of(run).titled(run) for run in runs))
    return Scene(tuple(_single(panel, traces[run]).of(run).titled(run) for run in runs))


def height_of(panel: Panel, width: int, runs: int = 1) -> int:
    """Return how high a panel of a width is that shows some runs."""
    if panel.kind == "scene":
        tall = 0.5625 if width > 400 or runs > 1 else 1.6
        return round(width * tall * (1.0 if runs == 1 else 0.66 * -(-runs // 2)))
    return round(width * (0.75 if width <= 400 else 0.56))


def picture(place: Place, moment: Moment, width: int, height: int) -> Frame:
    """Return a panel at a moment as a frame; what cannot be drawn is a frame that says why."""
    box = Box(0.0, 0.0, float(width), float(height)).inset(MARGIN)
    commands: tuple[Command, ...]
    try:
        commands = (place.commands(moment, box, "panel"),)
    except MlaError as error:
        commands = _told(str(error), box)
    except Exception as error:  # a view that fails on data it was not made for is one panel's trouble
        commands = _told(f"This cannot be drawn ({type(error).__name__}: {error}).", box)
    return Frame(float(width), float(height), commands)


def _told(words: str, box: Box) -> tuple[Command, ...]:
    from mlanimated.draw.text import wrapped

    lines = wrapped(words, box.width, 16)[:6]
    return tuple(label(box.x, box.y + 24 + 24 * index, line, 16, "muted") for index, line in enumerate(lines))


def _panel(view: View) -> Panel | None:
    """Return the panel that asks for a view as `views_of` makes it."""
    if isinstance(view, Lines):
        names = (view.series,) if isinstance(view.series, str) else tuple(view.series)
        return Panel("lines", names, log=view.log, smooth=view.smooth)
    if isinstance(view, Bars) and isinstance(view.series, str):
        return Panel("bars", (view.series,), best=bool(view.highlight))
    for kind, name in ((HeatMap, "heatmap"), (Histogram, "histogram"), (Picture, "picture"), (Words, "words")):
        if isinstance(view, kind):
            return Panel(name, (view.series,))
    return None


def _single(panel: Panel, trace: Trace) -> Place:
    """Return what draws a panel of one run."""
    if panel.kind == "events":
        return Words(events=True, size=20.0)
    if panel.kind == "scene":
        return scene_for(trace)
    views = tuple(_view(panel, name, trace) for name in panel.series)
    return (
        views[0]
        if len(views) == 1
        else Scene(tuple(view.titled(name) for view, name in zip(views, panel.series, strict=True)))
    )


def _view(panel: Panel, name: str, trace: Trace) -> View:
    info: SeriesInfo | None = trace.info(name) if name in trace.names else None
    if panel.kind == "bars":
        return Bars(name, highlight="largest" if panel.best else "")
    if panel.kind == "heatmap":
        if info is not None and len(info.shape) > 2:
            return HeatMap(name, at=(0,) * (len(info.shape) - 2), square=False)
        return HeatMap(name, square=False)
    if panel.kind == "histogram":
        return Histogram(name)
    if panel.kind == "ridges":
        return Ridges(name.removesuffix("/histogram"), tensor=panel.tensor)
    if panel.kind == "picture":
        return Picture(name)
    if panel.kind == "episode":
        return Episode(name)
    return Words(name, size=18.0)
