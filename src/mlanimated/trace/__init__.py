"""What happened: a Recorder writes a trace, a Trace reads it, a Remote steers the training meanwhile."""

from __future__ import annotations

from mlanimated.trace.about import About
from mlanimated.trace.control import Control, Remote, RemoteControl, Stopped
from mlanimated.trace.recorder import Recorder
from mlanimated.trace.records import Around, Checkpoint, Event, Kind, Series, SeriesInfo, Summary
from mlanimated.trace.trace import Trace
from mlanimated.trace.waiting import RecordingWarning

__all__ = [
    "About",
    "Around",
    "Checkpoint",
    "Control",
    "Event",
    "Kind",
    "Recorder",
    "RecordingWarning",
    "Remote",
    "RemoteControl",
    "Series",
    "SeriesInfo",
    "Stopped",
    "Summary",
    "Trace",
]
