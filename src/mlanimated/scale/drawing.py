"""What came of a sweep as a film: every run on one clock, parameter against result, bands over seeds; and the best run's own film."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mlanimated.draw.commands import Colour, Mapped
from mlanimated.errors import MlaError
from mlanimated.learn.arguments import make
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes import find
from mlanimated.scale.measure import Measure, result_of
from mlanimated.scale.parameters import spelt
from mlanimated.scale.sweep import Run, Sweep
from mlanimated.trace import Trace
from mlanimated.views.auto import scene_of
from mlanimated.views.bands import Band, Bands, rows_of
from mlanimated.views.clock import Clock, Mark
from mlanimated.views.results import Place, Results

__all__ = ["best_film", "sweep_film"]

FEW = 8
"""So many groups have a colour and a name each; more are coloured along a scale."""
STEEP = 50.0
"""From this ratio of results on their axis is logarithmic."""


class _Group:
    """The runs of one point, whatever their seed."""

    def __init__(self, values: Mapping[str, Any], runs: Sequence[Run]) -> None:
        self.values, self.runs = values, tuple(runs)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its runs."""
        return tuple(run.name for run in self.runs)

    def label(self, parameters: Sequence[str], *, named: bool) -> str:
        """Return its values as a few words."""
        parts = [
            f"{name} = {spelt(self.values[name])}" if named else spelt(self.values[name])
            for name in parameters
            if name in self.values
        ]
        return ", ".join(parts)


def sweep_film(done: Sweep, *, series: str = "", goal: str = "", by: str = "") -> Film:
    """Return the film of a sweep.

    Args:
        done: The sweep; its runs that are whole are drawn.
        series: What runs are compared by; "" for the most telling series.
        goal: "min" or "max"; "" for what the series' name says.
        by: The parameter that results are drawn over; "" for the first that takes several values.

    Raises:
        MlaError: No run is whole yet, or there is no such series or parameter.
    """
    measure = done.measure(series, goal)
    groups, parameters = _groups(done)
    if by and by not in parameters:
        raise MlaError(
            f"The sweep has no parameter {by!r} that takes several values: {', '.join(parameters) or 'none'}."
        )
    first = by or (parameters[0] if parameters else "")
    traces: dict[str, Trace] = {run.name: run.trace for group in groups for run in group.runs}
    colours = _colours(len(groups))
    log = _steep(traces.values(), measure)
    few = len(groups) <= FEW
    bands = tuple(
        Band(group.label(parameters, named=False) if few and parameters else "", group.names, colour)
        for group, colour in zip(groups, colours, strict=True)
    )
    over = Bands(measure.series, bands, log=log)
    title = f"{done.spec.subject}: {len(traces)} runs on one clock"
    marks, told = _marks(done, groups, parameters, measure), _result(done, groups, parameters, measure)
    scene = over.titled(_heading(measure, groups, parameters))
    if first and len(groups) > 1:
        others = [name for name in parameters if name != first]
        places = tuple(
            Place(_axis_value(group.values[first]), group.names, colour, group.label(others, named=False))
            for group, colour in zip(groups, colours, strict=True)
            if first in group.values
        )
        results = Results(measure.series, first, places, measure.goal, log)
        scene = scene.shared(1.7) | results.titled(f"Result over {first}")
    return Film(
        scene,
        traces,
        Clock(first=0.8, seconds=9.0),
        title=title,
        captions=marks,
        count=Count(run=max(traces, key=lambda name: traces[name].last_step)),
        provenance={"sweep": done.spec.subject},
        alt=f"{len(traces)} runs of {done.spec.subject} learn side by side. {told}",
    )


def best_film(done: Sweep, *, series: str = "", goal: str = "") -> Film:
    """Return the film of the best run: that of its recipe, or one laid out from what it recorded.

    Raises:
        MlaError: No run is whole yet.
    """
    best = done.best(series, goal)
    if best.task.kind != "recipe":
        return Film(scene_of(best.trace), best.trace, title=f"The best of {len(done.done)}: {best.name}")
    recipe = find(best.task.subject)
    args = make(recipe.arguments, best.task.args)
    together = {run.task.run: run.trace for run in done.done if spelt_point(run) == spelt_point(best)}
    ordered = {name: together[name] for name in recipe.runs(args) if name in together}
    if len(ordered) < len(recipe.runs(args)):
        raise MlaError(f"Not all trainings of {best.name} are whole yet, so that its film cannot be made.")
    return recipe.film(args, ordered)


def spelt_point(run: Run) -> tuple[str, ...]:
    """Return a run's point, its seed among it, as text that can be compared."""
    return tuple(f"{name}={spelt(value)}" for name, value in sorted(run.point.items()))


def _groups(done: Sweep) -> tuple[list[_Group], tuple[str, ...]]:
    """Return the runs by what they have in common but the seed, in order of their values, and the names of what varies."""
    whole = done.done
    several = len({run.task.run for run in whole}) > 1
    parameters = (*done.parameters, *(("run",) if several else ()))
    grouped: dict[tuple[str, ...], _Group] = {}
    for run in whole:
        values = {name: run.point[name] for name in done.parameters if name in run.point}
        values |= {"run": run.task.run} if several else {}
        key = tuple(spelt(value) for value in values.values())
        before = grouped[key].runs if key in grouped else ()
        grouped[key] = _Group(values, (*before, run))
    return sorted(
        grouped.values(), key=lambda group: [_sorted_by(value) for value in group.values.values()]
    ), parameters


def _sorted_by(value: object) -> tuple[float, str]:
    """Return what values are sorted by: numbers by size, before words."""
    return (float(value), "") if isinstance(value, int | float) else (math.inf, str(value))


def _axis_value(value: object) -> float | str:
    """Return a value as it stands on an axis."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else spelt(value)


def _colours(count: int) -> list[Colour]:
    """Return a colour for each group: its own, or of many one along a scale."""
    if count <= FEW:
        return [f"series-{index + 1}" for index in range(count)]
    return [Mapped("sequential", 0.2 + 0.8 * index / (count - 1)) for index in range(count)]


def _steep(traces: Any, measure: Measure) -> bool:
    """Whether the results lie so far from each other that their axis is logarithmic."""
    ends: list[float] = []
    for trace in traces:
        _, values = rows_of(trace, measure.series)
        ends += [float(value) for value in (*values[:1], *values[-1:]) if math.isfinite(value)]
    return bool(ends) and min(ends) > 0 and max(ends) / min(ends) >= STEEP


def _heading(measure: Measure, groups: Sequence[_Group], parameters: Sequence[str]) -> str:
    """Return what stands above the bands."""
    seeds = max(len(group.runs) for group in groups)
    what = f"{measure.series}, {measure.better}"
    varied = f" · by {', '.join(parameters)}" if parameters and len(groups) <= FEW else ""
    return f"{what}{varied}" + (f" · mean and span of {seeds} seeds" if seeds > 1 else "")


def _marks(done: Sweep, groups: Sequence[_Group], parameters: Sequence[str], measure: Measure) -> tuple[Mark, ...]:
    """Return what is said: how they start, who takes the lead when, and what came of it."""
    runs = sum(len(group.runs) for group in groups)
    leader_run = max(done.done, key=lambda run: run.trace.last_step)
    first, last = leader_run.trace.first_step, leader_run.trace.last_step
    what = f"They differ in {' and '.join(parameters)}" if parameters else "They are the same"
    seeds = max(len(group.runs) for group in groups)
    also = f"; {seeds} seeds each" if seeds > 1 and parameters else " but for their seed" if seeds > 1 else ""
    marks = [Mark(first, "initialize", f"{runs} run{'s start' if runs > 1 else ' starts'} together. {what}{also}.")]
    if len(groups) > 1:
        marks += _leads(groups, parameters, measure, first, last)
    marks.append(Mark(last, "result", _result(done, groups, parameters, measure)))
    return tuple(marks)


def _leads(groups: Sequence[_Group], parameters: Sequence[str], measure: Measure, first: int, last: int) -> list[Mark]:
    """Return who takes the lead when, where it stays for a while: at the most three times."""
    looks = 40
    steps = [first + (last - first) * look // looks for look in range(1, looks)]
    heads: list[int] = []
    for step in steps:
        means = [_mean_at(group, measure, step) for group in groups]
        keys = [measure.key(mean) for mean in means]
        heads.append(keys.index(min(keys)) if math.isfinite(min(keys)) else -1)
    marks: list[Mark] = []
    for index, head in enumerate(heads):
        stays = heads[index : index + 3] == [head] * min(3, looks - 1 - index)
        if head >= 0 and stays and index + 3 < len(heads) and (not index or heads[index - 1] != head):
            label = groups[head].label(parameters, named=True)
            if not marks or label not in marks[-1].text:
                marks.append(Mark(steps[index], f"{label} leads", f"{label} takes the lead at step {steps[index]:,}."))
    return marks[:3]


def _mean_at(group: _Group, measure: Measure, step: int) -> float:
    """Return the mean of a group's measure at a step; NaN where a run has none that is finite."""
    values = [run.trace.value(measure.series, step) for run in group.runs]
    return sum(map(float, values)) / len(values) if None not in values else math.nan


def _result(done: Sweep, groups: Sequence[_Group], parameters: Sequence[str], measure: Measure) -> str:
    """Return what came of it in a sentence or two, every number from the traces."""
    found = [(group, [result_of(run.trace, measure) for run in group.runs]) for group in groups]
    ranked = sorted(found, key=lambda pair: measure.key(sum(pair[1]) / len(pair[1])))
    best, values = ranked[0]
    mean = sum(values) / len(values)
    span = f" ({_number(min(values))} to {_number(max(values))} over {len(values)} seeds)" if len(values) > 1 else ""
    label = best.label(parameters, named=True)
    said = f"Best: {label}, with" if label else "At the end"
    said += f" {measure.series} = {_number(mean)}{span}."
    lost = [group for group, results in found if not all(map(math.isfinite, results))]
    missing = len(done.runs) - len(done.done)
    if lost:
        said += f" {len(lost)} of {len(found)} settings did not stay finite."
    if missing:
        said += f" {missing} runs are not whole yet."
    return said


def _number(value: float) -> str:
    text = f"{value:.3g}"
    return text.replace("-", "−", 1) if value < 0 else text
