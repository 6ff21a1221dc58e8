"""Event marks: where the events of a run lie along the x axis of a chart."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np

from mlanimated.draw.commands import Command, Group, Polyline
from mlanimated.draw.text import fitted, label, width
from mlanimated.views.axes import Plane
from mlanimated.views.cache import once
from mlanimated.views.points import across
from mlanimated.views.source import Source

__all__ = ["event_marks"]


def event_marks(source: Source, frame: Plane, step: float, x: str) -> Group:
    """Return a thin line for each event up to a step, with its name above the chart where it has room, right of it or left."""
    key = ("event marks", source.name, x, frame.box, frame.x)
    steps, marks = once(source.trace, key, lambda: _all_event_marks(source, frame, x))
    return Group(tuple(mark for some in marks[: bisect_right(steps, step)] for mark in some), key="events")


def _all_event_marks(source: Source, frame: Plane, x: str) -> tuple[list[int], list[tuple[Command, ...]]]:
    """Return the steps of all events within the chart, and how each is marked."""
    events = source.trace.events
    places = frame.x(across(source, np.array([float(event.step) for event in events]), x))
    steps: list[int] = []
    marks: list[tuple[Command, ...]] = []
    free = drawn = -math.inf
    for event, place in zip(events, places.tolist(), strict=True):
        if not frame.box.x <= place <= frame.box.right:
            continue
        mark: list[Command] = []
        if place >= drawn + 2.0:  # nearer ones would be one grey band
            drawn = place
            mark.append(Polyline((place, frame.box.y, place, frame.box.bottom), "muted", 1.0, dash=(2.0, 4.0)))
        text = fitted(event.name, frame.box.right - place, 14)
        if text != event.name and place - width(event.name, 14) >= max(free, frame.box.x):
            free = place + 12
            mark.append(label(place, frame.box.y - 8, event.name, 14, "muted", "end"))
        elif place >= free and len(text) > 3:
            free = place + width(text, 14) + 12
            mark.append(label(place, frame.box.y - 8, text, 14, "muted"))
        steps.append(event.step)
        marks.append(tuple(mark))
    return steps, marks
