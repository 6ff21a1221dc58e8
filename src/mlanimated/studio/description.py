"""Description: what a page is told of its runs beside the pictures: what changes all the time, and what rarely does."""

from __future__ import annotations

import weakref
from typing import Any

import msgspec

from mlanimated.studio.drawing import names_of
from mlanimated.studio.panels import Panel, panels_of
from mlanimated.studio.runs import Run
from mlanimated.trace import About, Trace

__all__ = ["described", "panels"]

MOST_EVENTS = 200
MOST_CHECKPOINTS = 500
MOST_ARGUMENTS = 60

_panels: weakref.WeakKeyDictionary[Trace, tuple[object, tuple[Panel, ...]]] = weakref.WeakKeyDictionary()
_infos: weakref.WeakKeyDictionary[Trace, tuple[object, dict[str, Any]]] = weakref.WeakKeyDictionary()


def panels(trace: Trace) -> tuple[Panel, ...]:
    """Return the panels of a trace. While it grows they are chosen anew only when it has another series, or four times the rows."""
    rows = max((trace.info(name).rows for name in trace.names), default=0)
    key = (trace.names, rows.bit_length() // 2, bool(trace.events), trace.finished)
    known = _panels.get(trace)
    if known is None or known[0] != key:
        known = _panels[trace] = (key, panels_of(trace))
    return known[1]


def described(runs: tuple[Run, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return state and info of some runs by id.

    Returns:
        The state: status, first and last step, trouble, values of the controls. And the info: name, series, panels, events, ranges of
        the controls, checkpoints, how it was made; the same object as before while nothing of it has changed.
    """
    state: dict[str, Any] = {}
    info: dict[str, Any] = {}
    for run, name in zip(runs, names_of(runs), strict=True):
        with run.lock:
            trace = run.trace
            empty = not trace.names and not trace.events
            state[run.id] = {
                "status": trace.status,
                "first": None if empty else trace.first_step,
                "last": None if empty else trace.last_step,
                "trouble": run.trouble,
                "controls": {each: control.value for each, control in run.controls.items()},
            }
            chosen = panels(trace)
            key = (name, chosen, trace.names, trace.events, run.checkpoints, tuple(run.controls), trace.identity)
            known = _infos.get(trace)
            if known is None or known[0] != key:
                known = _infos[trace] = (key, _info(run, name, chosen))
            info[run.id] = known[1]
    return state, info


def _info(run: Run, name: str, chosen: tuple[Panel, ...]) -> dict[str, Any]:
    trace = run.trace
    return {
        "name": name,
        "title": trace.about.name,
        "series": [(each, trace.info(each).kind) for each in trace.names],
        "panels": [{**msgspec.to_builtins(panel), "title": panel.title, "group": panel.group} for panel in chosen],
        "events": [(event.step, event.name, event.text) for event in trace.events[-MOST_EVENTS:]],
        "controls": [(each, control.minimum, control.maximum) for each, control in run.controls.items()],
        "checkpoints": list(run.checkpoints[-MOST_CHECKPOINTS:]),
        "hypothesis": trace.about.hypothesis,
        "about": _about(trace.about),
    }


def _about(about: About) -> list[tuple[str, str]]:
    """Return how a run was made, as names and texts: its arguments first."""
    rows = {name: str(value) for name, value in list(about.args.items())[:MOST_ARGUMENTS]}
    if about.seed is not None:
        rows.setdefault("seed", str(about.seed))
    ours = {
        "begun": about.created.replace("T", " ").replace("+00:00", " UTC"),
        "with": ", ".join(f"{name} {version}" for name, version in about.versions.items()),
        "on": about.platform,
        "revision": about.revision[:10],
    }
    for name, text in ours.items():
        rows[f"{name} (recorded)" if name in rows else name] = text  # an argument of the same name keeps its own
    return [(name, text[:200]) for name, text in rows.items() if text]
