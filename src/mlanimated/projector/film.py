"""Film: a scene on a clock. It composes each frame: title, scene, caption and ribbon.

film = Film(scene, {"": trace}, title="Gradient descent")
film.save("ball.mp4")
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Command, Group
from mlanimated.draw.ease import ease
from mlanimated.draw.frame import Cue, Frame, Reel
from mlanimated.draw.text import label, wrapped
from mlanimated.errors import MlaError
from mlanimated.projector.notebook import html, widget
from mlanimated.projector.provenance import exact, versions
from mlanimated.projector.ribbon import RIBBON_HEIGHT, Count, ribbon
from mlanimated.projector.save import save
from mlanimated.trace import Event, Trace
from mlanimated.views.clock import Clock, Mark, Timeline, reading_time
from mlanimated.views.moment import Moment
from mlanimated.views.scene import Panel

__all__ = ["MARGIN", "Film"]

MARGIN = 48.0
TITLE_SIZE = 30.0
TITLE_LINE = 36.0
CAPTION_SIZE = 20.0
CAPTION_LINE = 28.0
FADE = 0.3
"""Seconds in which a caption comes in, or goes."""
LINGER = 2.5
"""Seconds that a caption stands after it could be read, when no other one follows."""

MOST_EVENTS = 24
"""At so many of a recording's events a film stays at the most, unless it is told at which."""


@dataclass(frozen=True)
class Film:
    """A scene of views, drawn from one or several traces, on a clock.

    Attributes:
        scene: What is shown.
        traces: The runs by name, the leading one first; a single trace may be given as it is.
        clock: How film time runs over the training.
        title: A line at the top; "" for none.
        captions: What is said when, as marks; None takes the events of the traces, the most telling two dozen of them.
        count: What the ribbon counts, and up to where.
        ribbon: Whether the foot carries *initialize · adjust · repeat*.
        width: Width of the canvas in units.
        height: Height of the canvas in units.
        fps: Frames a second.
        provenance: How the film was made, as text; stored in every file.
        alt: One sentence of what the film is about, for a reader who does not see it.

    Raises:
        MlaError: The canvas is too small, or the traces hold nothing.
    """

    scene: Panel
    traces: Mapping[str, Trace] | Trace
    clock: Clock = field(default_factory=Clock)
    title: str = ""
    captions: tuple[Mark, ...] | None = None
    count: Count = field(default_factory=Count)
    ribbon: bool = True
    width: float = 1280.0
    height: float = 720.0
    fps: float = 30.0
    provenance: Mapping[str, str] = field(default_factory=dict[str, str])
    alt: str = ""

    def __post_init__(self) -> None:
        if not (320 <= self.width < math.inf and 240 <= self.height < math.inf):
            raise MlaError(
                f"A film of {self.width:g}x{self.height:g} units is too small, or has no size; 320x240 is the least, 1280x720 the default."
            )
        if not 0 < self.fps <= 1000:
            raise MlaError(f"A film's fps is {self.fps}; it must be above 0 and at most 1000, 30 being the default.")
        for name in ("width", "height", "fps"):  # 720 and 720.0 are one film, byte by byte
            object.__setattr__(self, name, float(getattr(self, name)))
        if isinstance(self.traces, Trace):
            object.__setattr__(self, "traces", {"": self.traces})

    @property
    def runs(self) -> Mapping[str, Trace]:
        """The traces by name."""
        return {"": self.traces} if isinstance(self.traces, Trace) else self.traces

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """The events that the film stays at and speaks of."""
        if self.captions is not None:
            return self.captions
        return tuple(
            Mark(event.step, event.name, event.text, run)
            for run, trace in self.runs.items()
            for event in _telling(trace.events)
        )

    @cached_property
    def timeline(self) -> Timeline:
        """The clock, worked out for these traces."""
        return self.clock.timeline(self.runs, self.marks)

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return self.timeline.seconds

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """The captions with their times: each stands until it is read and a little longer, the last one to the end."""
        spoken = [(time, mark.text) for time, mark in self.timeline.marks if mark.text]
        # Captions of one moment follow each other at reading speed.
        placed: list[tuple[float, str]] = []
        for time, text in spoken:
            begin = (
                max(time, placed[-1][0] + reading_time(placed[-1][1]))
                if placed and time <= placed[-1][0] + 0.05
                else time
            )
            placed.append((begin, text))
        cues: list[Cue] = []
        for index, (begin, text) in enumerate(placed):
            last = index + 1 == len(placed)
            # What happened goes on happening: a caption that stands for long tells what is no longer seen.
            stop = self.seconds if last else min(placed[index + 1][0], begin + reading_time(text) + LINGER)
            cues.append(Cue(begin, max(begin, stop), text))
        return tuple(cues)

    @cached_property
    def chapters(self) -> tuple[Cue, ...]:
        """The named events with their times."""
        named = [(time, mark.name) for time, mark in self.timeline.marks if mark.name]
        stops = [*(time for time, _ in named[1:]), self.seconds][: len(named)]
        return tuple(Cue(begin, stop, name) for (begin, name), stop in zip(named, stops, strict=True))

    def moment(self, time: float) -> Moment:
        """Return where each run stands at a film time in seconds."""
        return self.timeline.moment(time)

    def frame(self, time: float) -> Frame:
        """Return the picture at a film time in seconds.

        A picture follows from where the runs stand, not from the time itself: while the film stays at an event, all are one.
        """
        moment = self.moment(time)
        caption = self._caption(time, self._layout.caption)
        stands = (tuple(moment.steps.values()), tuple(moment.pace.values()), moment.phase, caption)
        newest = self._newest[0] if self._newest else None
        if newest is None or newest[0] != stands:
            newest = (stands, self._compose(moment, caption))
            self._newest[:] = [newest]
        return newest[1]

    @cached_property
    def _newest(self) -> list[tuple[Any, Frame]]:
        """What the frame composed last follows from, and that frame; empty before the first."""
        return []

    def _compose(self, moment: Moment, caption: Group) -> Frame:
        """Return title, scene, caption and ribbon as a frame."""
        layout = self._layout
        groups: list[Command] = []
        if self.title:
            lines = (
                label(layout.body.x, MARGIN + 22 + TITLE_LINE * index, line, TITLE_SIZE, bold=True)
                for index, line in enumerate(layout.title)
            )
            groups.append(Group(tuple(lines), key="title"))
        groups.append(self.scene.commands(moment, layout.body, "scene"))
        if layout.caption.height:
            groups.append(caption)
        if self.ribbon:
            groups.append(ribbon(moment, layout.ribbon, self.count))
        return Frame(self.width, self.height, tuple(groups))

    @cached_property
    def _layout(self) -> _Layout:
        """Where title, scene, caption and ribbon stand: the same in every frame."""
        page = Box(0, 0, self.width, self.height).inset(MARGIN)
        foot = RIBBON_HEIGHT if self.ribbon else 0.0
        lines = max((len(wrapped(cue.text, page.width, CAPTION_SIZE)) for cue in self.cues), default=0)
        caption = lines * CAPTION_LINE
        title = wrapped(self.title, page.width, TITLE_SIZE, bold=True, lines=2) if self.title else ()
        head = 12.0 + TITLE_LINE * len(title) if title else 0.0
        gap = 20.0 if caption else (16.0 if foot else 0.0)
        foot_box = Box(page.x, page.bottom - foot + 12, page.width, foot)
        caption_box = Box(page.x, foot_box.y - caption - (4 if foot else 0), page.width, caption)
        body = Box(page.x, page.y + head, page.width, (caption_box.y if caption else foot_box.y) - gap - page.y - head)
        return _Layout(title, body, caption_box, foot_box)

    def _caption(self, time: float, box: Box) -> Group:
        """Return the caption of a time, coming and going softly."""
        cue = next((cue for cue in reversed(self.cues) if cue.start <= time + 1e-6), None)
        if cue is None or time > cue.stop:
            return Group((), key="caption")
        lines = wrapped(cue.text, box.width, CAPTION_SIZE)
        comes = 1.0 if cue.start <= 0 else ease((time - cue.start) / FADE)
        goes = 1.0 if cue.stop >= self.seconds else ease((cue.stop - time) / FADE)
        return Group(
            tuple(
                label(box.x, box.y + CAPTION_LINE * index + 21, line, CAPTION_SIZE) for index, line in enumerate(lines)
            ),
            key="caption",
            opacity=round(min(comes, goes), 2),
        )

    def describe(self, time: float) -> str:
        """Return in words what the film shows at a time."""
        moment = self.moment(time)
        return " ".join(sentence for view in self.scene.views() if (sentence := view.describe(moment)))

    @cached_property
    def reel(self) -> Reel:
        """All that a writer needs."""
        told = " ".join(dict.fromkeys(cue.text for cue in self.cues))
        end = self.describe(self.seconds)
        about = (self.alt or self.title, told, f"At the end: {end}" if end else "")
        return Reel(
            frame=self.frame,
            seconds=self.seconds,
            fps=self.fps,
            width=self.width,
            height=self.height,
            title=self.title,
            captions=self.cues,
            chapters=self.chapters,
            alt=" ".join(part for part in about if part),
            poster=0.0,
            provenance={**versions(), **self.provenance},
        )

    def save(self, path: str | Path, **options: Any) -> Path:
        """Write the film; the suffix chooses the format.

        Args:
            path: .mp4, .webm, .gif, .webp, .png, .svg, .html or .vtt.
            **options: See `projector.save.save`: theme, fps, size, at, quality, progress.

        Returns:
            The path written.

        Raises:
            MlaError: Unknown suffix, unwritable folder, odd size; nothing is left half-written.
        """
        return save(self.reel, path, **options)

    def sized(self, width: float, height: float) -> Film:
        """Return the film laid out anew on another canvas, in units: (720, 1280) for a phone, (1080, 1080) for a square."""
        return dataclasses.replace(self, width=width, height=height)

    def shaped(self, width: float, height: float) -> Film:
        """Return the film laid out anew for pictures of this shape, with as much room as it has now; itself when it fits."""
        if abs(self.height * width / self.width - height) <= 1:
            return self
        ideal = math.sqrt(self.width * self.height * width / height)
        # Whole units both ways where there are some near: the shape then is exact.
        near = range(max(320, round(ideal) - 48), round(ideal) + 49)
        units = min(near, key=lambda units: (units * height % width != 0, abs(units - ideal)))
        return self.sized(units, units * height / width)

    def lasting(self, seconds: float) -> Film:
        """Return the film with another length in seconds: its steps pass quicker or slower, its captions can still be read.

        Raises:
            MlaError: It is too short for the pauses and captions that the film has.
        """

        def length(moving: float) -> float:
            return dataclasses.replace(self.clock, seconds=moving).timeline(self.runs, self.marks).seconds

        least = length(0.0)
        if not least <= seconds < float("inf"):
            raise MlaError(
                f"The film cannot last {seconds:g} s: its pauses and captions alone take {least:.1f} s, which is the least."
            )
        low, high = 0.0, seconds
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if length(middle) < seconds else (low, middle)
        return dataclasses.replace(
            self,
            clock=dataclasses.replace(self.clock, seconds=high),
            provenance={**self.provenance, "seconds": exact(seconds)},
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return what the film was made of, for another process; what was worked out from it is worked out there again."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def widget(self) -> Any:
        """Return the film as a widget, to be put among others in a notebook. Its `time`, in seconds, is read, set and observed.

        A film alone shows itself, and is saved with the notebook; a widget needs its kernel.

        Raises:
            MissingExtra: anywidget is not installed.
        """
        return widget(self.reel)

    def _repr_html_(self) -> str:
        """Return the player, for a notebook."""
        return html(self.reel)


def _telling(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events that a film stays at: all, if they are few; else the first and last of each name, then others evenly.

    A training may well record a thousand; a film that stayed at each would last for hours.
    """
    if len(events) <= MOST_EVENTS:
        return events
    first = {event.name: index for index, event in reversed(list(enumerate(events)))}
    last = {event.name: index for index, event in enumerate(events)}
    chosen: dict[int, None] = {}
    for some in (sorted(first.values()), sorted(last.values()), list(range(len(events)))):
        rest = [index for index in some if index not in chosen]
        count = min(MOST_EVENTS - len(chosen), len(rest))
        chosen.update(dict.fromkeys(rest[place * (len(rest) - 1) // max(1, count - 1)] for place in range(count)))
    return [events[index] for index in sorted(chosen)]


@dataclass(frozen=True)
class _Layout:
    """Lines of the title, and boxes of the parts of a frame."""

    title: tuple[str, ...]
    body: Box
    caption: Box
    ribbon: Box
