"""Helpers for tests of views: traces of a few rows, and commands flattened to where they are painted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Clip, Command, Group, Polyline, Text
from mlanimated.draw.text import ascent, descent
from mlanimated.trace import Recorder, Trace
from mlanimated.views.moment import Moment
from mlanimated.views.scene import View

BOX = Box(0, 0, 600, 400)


def trace_of(rows: Mapping[int, Mapping[str, Any]], events: Sequence[tuple[int, str]] = ()) -> Trace:
    """A finished trace of these rows, by step."""
    with Recorder() as recorder:
        for step, row in rows.items():
            recorder.log(row, step=step)
        for step, name in events:
            recorder.event(name, f"{name}.", step=step)
    return recorder.trace


def at(trace: Trace | Mapping[str, Trace], step: float | Mapping[str, float], seconds: float = 10.0) -> Moment:
    """A moment of one run, or of several."""
    if isinstance(trace, Mapping):
        steps = step if isinstance(step, Mapping) else dict.fromkeys(trace, step)
        return Moment(trace, steps, seconds=seconds)
    return Moment({"": trace}, {"": float(step)}, seconds=seconds)  # type: ignore[arg-type]


def drawn(view: View, trace: Trace | Mapping[str, Trace], step: Any, box: Box = BOX) -> tuple[Command, ...]:
    """What a view draws."""
    return tuple(view.draw(at(trace, step), box))


def flat(
    commands: Iterable[Command], x: float = 0.0, y: float = 0.0, keys: tuple[str, ...] = ()
) -> Iterator[tuple[Command, float, float, tuple[str, ...]]]:
    """Each command that paints, how far its groups move it, and the keys of those."""
    for command in commands:
        if isinstance(command, Group):
            assert command.scale == 1.0
            assert command.rotate == 0.0
            yield from flat(
                command.children, x + command.x, y + command.y, (*keys, command.key) if command.key else keys
            )
        elif isinstance(command, Clip):
            yield from flat(command.children, x, y, keys)
        else:
            yield command, x, y, keys


def find(commands: Iterable[Command], kind: type, *keys: str) -> list[Any]:
    """Commands of a kind below groups with all of these keys, as they are."""
    return [
        command
        for command, _, _, path in flat(commands)
        if isinstance(command, kind) and all(key in path for key in keys)
    ]


def text_boxes(commands: Iterable[Command], *keys: str) -> dict[str, Box]:
    """The rectangle that each text covers, by the text; texts of the same words are told apart by a number."""
    boxes: dict[str, Box] = {}
    for command, x, y, path in flat(commands):
        if isinstance(command, Text) and command.text and all(key in path for key in keys):
            left = x + command.x - command.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[command.anchor]
            # Between the tops of capitals and the baseline: what the eye sees as the line.
            top = y + command.y - ascent(command.size) * 0.76
            box = Box(left, top, command.width, ascent(command.size) * 0.76 + descent(command.size) * 0.5)
            name, number = command.text, 2
            while name in boxes:
                name, number = f"{command.text} ({number})", number + 1
            boxes[name] = box
    return boxes


def overlapping(boxes: Mapping[str, Box], slack: float = 1.0) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other."""
    items = list(boxes.items())
    return [
        (a, b)
        for index, (a, first) in enumerate(items)
        for b, second in items[index + 1 :]
        if first.x + slack < second.right
        and second.x + slack < first.right
        and first.y + slack < second.bottom
        and second.y + slack < first.bottom
    ]


def outside(boxes: Mapping[str, Box], box: Box, slack: float = 6.0) -> list[str]:
    """Texts that stick out of a box."""
    return [
        name
        for name, place in boxes.items()
        if place.x < box.x - slack
        or place.right > box.right + slack
        or place.y < box.y - slack
        or place.bottom > box.bottom + slack
    ]


def xs_ys(lines: Iterable[Polyline]) -> tuple[list[float], list[float]]:
    """All coordinates of some lines, in order."""
    points = [number for line in lines for number in line.points]
    return points[0::2], points[1::2]
