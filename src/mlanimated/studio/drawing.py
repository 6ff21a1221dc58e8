"""Drawing: where the runs stand, what a panel then looks like, and frames as messages for the player."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import numpy as np

from mlanimated.draw.frame import Frame
from mlanimated.draw.palette import MAPS
from mlanimated.errors import MlaError
from mlanimated.render.html import palette
from mlanimated.render.pack import Packer
from mlanimated.studio.panels import Panel, height_of, picture, place_of
from mlanimated.studio.runs import Run
from mlanimated.trace import Trace
from mlanimated.views.clock import Clock, Timeline
from mlanimated.views.moment import Moment
from mlanimated.views.words import Words

__all__ = ["Artist", "Look", "Stage", "names_of"]

MOST_FRAMES = 128
FRESH_AFTER = 2000
"""So many frames a packer takes; then another begins, so that it does not grow for ever."""


class Look(NamedTuple):
    """What is looked at.

    Attributes:
        runs: Ids of the runs, the leading one first.
        align: What they have in common: "step", "progress", or a scalar series.
        panel: What is shown of them.
        width: How wide it is drawn.
    """

    runs: tuple[str, ...]
    align: str
    panel: Panel
    width: int


def names_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return what runs are called on the screen: their names, less the folders that all share."""
    names = [run.name for run in runs]
    short = [name.rpartition("/")[2] for name in names]
    return tuple(short if len(set(short)) == len(short) else names)


class Stage:
    """Frames of one look, one after the other, as messages: the difference for who has the one before, the whole for others.

    Attributes:
        number: How many frames it has had.
        stamp: What the last one was drawn from; the same stamp gives the same frame.
        lock: Held while a frame is drawn for it.
    """

    _pictures = itertools.count(0, 1 << 20)

    def __init__(self) -> None:
        self.number = 0
        self.stamp: object = None
        self.lock = threading.Lock()
        self._taken = 0
        self._packer = Packer()
        self._delta = b""
        self._whole = b""

    def take(self, frame: Frame, stamp: object) -> None:
        """Take the next frame; one that looks like the last is none."""
        fresh = self._taken % FRESH_AFTER == 0
        if fresh:
            self._packer = Packer(next(Stage._pictures))
        message = self._packer.add(frame, forget=True)
        self.stamp = stamp
        if not fresh and not message.nodes:
            return
        self._taken += 1
        self.number += 1
        self._whole = b""
        self._delta = b"" if fresh else message.encode()

    def ready(self, seen: int | None) -> bool:
        """Return whether `message` has nothing to encode for a receiver that has this frame."""
        return bool(seen) and (seen == self.number or bool(seen == self.number - 1 and self._delta))

    def message(self, seen: int | None) -> bytes:
        """Return what brings a receiver to the last frame.

        Args:
            seen: Number of the last frame of this stage that it has; 0 when it has one of another stage; None: it has none at all.

        Returns:
            A message for the player; empty when there is nothing new.
        """
        if seen == self.number and seen:
            return b""
        if seen and seen == self.number - 1 and self._delta:
            return self._delta
        if seen is None:
            return self._encoded(colours=True)
        if not self._whole:
            self._whole = self._encoded(colours=False)
        return self._whole

    def _encoded(self, *, colours: bool) -> bytes:
        message = dataclasses.replace(self._packer.whole(), forget=True)
        if not colours:
            return message.encode()
        return message.encode(about={"title": "", "seconds": 0, "fps": 1}, palette=_colours())


def _colours() -> Mapping[str, object]:
    """Return all colours: a message that comes later may use a map that the first did not."""
    if not _palette:
        _palette.update(palette(MAPS))
    return _palette


_palette: dict[str, object] = {}


class Artist:
    """Draws what is looked at. Frames that were drawn lately are kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: OrderedDict[object, Frame] = OrderedDict()
        self._timelines: OrderedDict[object, Timeline] = OrderedDict()

    def stamp(self, look: Look, runs: Sequence[Run], at: float | None) -> object:
        """Return what a frame depends on. Who follows sees another frame only when one of the panel's own series has grown."""
        if at is not None or look.panel.kind == "scene":
            return at, tuple(run.generation for run in runs)
        grown: list[object] = []
        for run in runs:
            trace = run.trace
            rows = tuple(trace.info(name).logged for name in look.panel.series if name in trace.names)
            shown = look.panel.kind in {"lines", "events"}
            grown.append((rows, len(trace.events) if shown else 0, run.trouble != "", trace.identity))
            if look.panel.x not in {"step", "time"}:
                grown.append(run.generation)
        return None, tuple(grown)

    def frame(self, look: Look, runs: Sequence[Run], at: float | None) -> Frame:
        """Return a panel where the runs stand.

        Args:
            look: What is looked at.
            runs: Its runs.
            at: Step of the leading run; None for the last one of each.
        """
        key = (look, at, tuple((run.id, run.generation) for run in runs))
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
        with _all(runs):
            panel = look.panel
            names = names_of(runs)
            traces = {name: run.window(panel.start, panel.stop) for name, run in zip(names, runs, strict=True)}
            height = height_of(panel, look.width, len(runs))
            try:
                moment = self.moment(traces, look.align, at, tuple(run.generation for run in runs))
                frame = picture(place_of(panel, names, traces), moment, look.width, height)
            except MlaError as error:
                frame = picture(
                    Words(text=str(error), size=16.0, colour="muted"),
                    Moment(traces, dict.fromkeys(traces, 0.0)),
                    look.width,
                    height,
                )
        with self._lock:
            self._frames[key] = frame
            while len(self._frames) > MOST_FRAMES:
                self._frames.popitem(last=False)
        return frame

    def moment(self, traces: Mapping[str, Trace], align: str, at: float | None, generations: object) -> Moment:
        """Return where the runs stand when the leading one is at a step; None: all at their last."""
        ends = {name: _ends(trace) for name, trace in traces.items() if trace.names or trace.events}
        if not ends:
            raise MlaError("Nothing was recorded here yet.")
        ends = {name: ends.get(name, (0, 0)) for name in traces}  # a run that has only begun stands beside the others
        if at is None:
            return Moment(traces, {name: float(last) for name, (_, last) in ends.items()})
        if align == "step" or len(traces) == 1:
            return Moment(traces, {name: float(min(max(at, first), last)) for name, (first, last) in ends.items()})
        key = (tuple(traces), align, generations, tuple(id(trace) for trace in traces.values()))
        timeline = self._timelines.get(key)
        if timeline is None:
            clock = Clock(seconds=1.0, pace="even", intro=0.0, outro=0.0, hold=0.0, align=align)
            timeline = self._timelines[key] = clock.timeline(traces)
            while len(self._timelines) > 8:
                self._timelines.popitem(last=False)
        lead = timeline.knot_steps[next(iter(traces))]
        return timeline.moment(float(np.interp(at, lead, timeline.knot_times)))


@contextmanager
def _all(runs: Sequence[Run]) -> Generator[None, None, None]:
    """Hold the locks of some runs, always taken in the same order."""
    with ExitStack() as stack:
        for run in sorted({run.id: run for run in runs}.values(), key=lambda run: run.id):
            stack.enter_context(run.lock)
        yield


def _ends(trace: Trace) -> tuple[int, int]:
    return trace.first_step, trace.last_step
