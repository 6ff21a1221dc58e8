"""A film of a training that was recorded before: its series are taken from the file in place of a new training.

Run(recorded.take, recorded.Args(trace="runs/pong-pong-from-pixels-0.mla", series=("weights/0", "points/won")))
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from mlanimated.errors import MlaError
from mlanimated.trace import Recorder, Trace

__all__ = ["Args", "take"]


class Args(Struct, frozen=True, kw_only=True):
    """Which recording, and what of it."""

    trace: Annotated[str, Meta(description="The recording.")] = ""
    series: tuple[str, ...] = ()
    hint: str = ""


def take(args: Args, recorder: Recorder, resume: Any = None) -> None:
    """Copy some series and all events of a recording.

    Args:
        args: Which recording; which series, each of which it must have; how one is made that has them.
        recorder: Takes the rows.
        resume: There is nothing to take up.

    Raises:
        MlaError: There is no such recording, or it lacks one of the series.
    """
    del resume
    trace = Trace.open(args.trace)
    for name in args.series:
        if name not in trace.names:
            raise MlaError(
                f"{args.trace} does not hold {name!r}, which this film shows.{args.hint and ' ' + args.hint}"
            )
    rows = sorted((int(step), name) for name in args.series for step in trace.steps(name))
    for step, name in rows:
        recorder.log({name: trace.value(name, step)}, step=step)
    for event in trace.events:
        recorder.event(event.name, event.text, step=event.step)
