"""Rollouts: games that were played side by side, their moves pushed up or down by what they led to.

Rollouts(("up", "down"), moves="pushed/up", reward="pushed/reward", advantage="pushed/advantage", change="pushed/change")

Between two rows of the trace it tells one change of the policy: the games are played, from left to right; at each point the moves that
led to it are coloured; then each is pushed as far as its probability really changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Colour, Command, Group, Polyline
from mlanimated.draw.ease import ease, span
from mlanimated.draw.text import cap_height, label, width
from mlanimated.errors import MlaError
from mlanimated.views.axes import empty
from mlanimated.views.cache import once
from mlanimated.views.legend import Entry, legend
from mlanimated.views.moment import Moment
from mlanimated.views.numbers import source
from mlanimated.views.scene import View

__all__ = ["Rollouts"]

PLAYED, JUDGED = 0.55, 0.72
"""Shares of the way from one change to the next: by then the games are played, then the moves are judged; what is left pushes."""
REACH = 0.36
"""How far the strongest push moves a move, as a part of its lane."""
GOOD, BAD = "good", "bad"


@dataclass(frozen=True)
class Rollouts(View):
    """A lane for each game, a bead for each move.

    Attributes:
        names: What the two moves are called.
        moves: An array series (games, steps), true for the first move.
        reward: An array series of that shape: 1 where a point was won, −1 where one was lost.
        advantage: An array series of that shape: by how much a move is to become likelier; 0 for one that is not judged.
        change: An array series of that shape: by how much the log-probability of the move did change.

    Raises:
        MlaError: The series have other shapes.
    """

    names: tuple[str, str] = ("up", "down")
    _: KW_ONLY
    moves: str = "pushed/up"
    reward: str = "pushed/reward"
    advantage: str = "pushed/advantage"
    change: str = "pushed/change"

    def draw(self, moment: Moment, box: Box) -> Sequence[Command]:
        """Return lanes, beads and points."""
        found = self._rows(moment)
        if found is None:
            return empty(box, "no games yet")
        (moves, reward, advantage, change), share = found
        games, steps = moves.shape
        entries = (Entry("to become likelier", GOOD), Entry("to become less likely", BAD))
        head = 34.0
        drawn: list[Command] = [legend(entries, Box(box.x, box.y, box.width, head), "dot")]
        room = max(width(name, 14) for name in self.names) + 14
        area = box.inset(room, head, 0, 0)
        lane, gap = area.height / games, area.width / steps
        played = min(1.0, share / PLAYED) * steps
        judged = ease(span(share, PLAYED, JUDGED))
        pushed = ease(span(share, JUDGED, 0.98))
        strongest = once(moment.trace(self.run), ("rollouts", self.change), lambda: _strongest(moment, self))
        most = float(np.abs(advantage).max()) or 1.0
        radius = round(min(gap * 0.42, lane * 0.09, 6.0), 2)
        for game in range(games):
            middle = area.y + lane * (game + 0.5)
            parts: list[Command] = [
                Polyline((area.x, round(middle, 2), area.right, round(middle, 2)), "faint", 1.0),
                *(
                    label(
                        area.x - 8, round(middle + way * lane * 0.16, 2) + cap_height(14) / 2, name, 14, "muted", "end"
                    )
                    for name, way in zip(self.names, (-1, 1), strict=True)
                ),
            ]
            for step in range(min(steps, int(np.ceil(played)))):
                x = area.x + gap * (step + 0.5)
                way = -1 if moves[game, step] else 1
                push = float(change[game, step]) / strongest * REACH * lane * pushed
                y = middle + way * lane * 0.16 - min(REACH * lane, max(-REACH * lane, push))
                parts += _bead(
                    x, y, middle + way * lane * 0.16, radius, float(advantage[game, step]) / most, judged, pushed
                )
            parts += self._points(reward[game], area, gap, middle, lane, played)
            drawn.append(Group(tuple(parts), key=f"game-{game}"))
        return drawn

    def describe(self, moment: Moment) -> str:
        """Say how many points were won and lost, and how the moves were pushed."""
        found = self._rows(moment)
        if found is None:
            return ""
        _, reward, advantage, change = found[0]
        agree = float((np.sign(advantage) == np.sign(change))[advantage != 0].mean()) if (advantage != 0).any() else 0.0
        won, lost = int((reward > 0).sum()), int((reward < 0).sum())
        return f"{won} points won, {lost} lost; {agree:.0%} of the moves that were judged changed as they should."

    def _rows(self, moment: Moment) -> tuple[tuple[NDArray[Any], ...], float] | None:
        """Return the games on whose way the film is, or the last ones, and how far it has come, 0..1."""
        trace, run = moment.trace(self.run), self.run
        names = (self.moves, self.reward, self.advantage, self.change)
        found = [source(moment, name, run, "Rollouts", "array", "picture") for name in names]
        if any(each.info is None for each in found):
            return None
        step = moment.step(run)
        around = trace.around(found[0].name, step)
        first, begin = around.before_step, trace.first_step
        _, _, share = moment.between(self.moves, run)
        moving = share > 0 and around.after_step > around.before_step
        at = around.after_step if moving else around.before_step
        rows = tuple(np.asarray(trace.value(each.name, at)) for each in found)
        if any(row.shape != rows[0].shape or row.ndim != 2 for row in rows):
            raise MlaError(f"Rollouts: {', '.join(names)} must have the same shape, (games, steps).")
        if step < first:  # on the way to the first row
            return rows, max(0.0, (step - begin) / (first - begin))
        return rows, share if moving else 1.0

    @staticmethod
    def _points(
        reward: NDArray[Any], area: Box, gap: float, middle: float, lane: float, played: float
    ) -> Iterator[Command]:
        """Yield where points ended: won with a plus, lost with a minus."""
        for step in np.flatnonzero(reward).tolist():
            if step < played:
                won = reward[step] > 0
                x, colour = round(area.x + gap * (step + 0.5), 2), GOOD if won else BAD
                yield Polyline((x, round(middle - lane * 0.42, 2), x, round(middle + lane * 0.42, 2)), colour, 2.0)
                yield Circle(
                    x, round(middle, 2), 9.0, colour, "ground", 1.5, tip="a point won" if won else "a point lost"
                )
                yield Polyline((x - 4, round(middle, 2), x + 4, round(middle, 2)), "ground", 2.0)
                if won:
                    yield Polyline((x, round(middle - 4, 2), x, round(middle + 4, 2)), "ground", 2.0)


def _bead(
    x: float, y: float, from_y: float, radius: float, advantage: float, judged: float, pushed: float
) -> Iterator[Command]:
    """Yield one move: grey until it is judged, then in the colour of its judgement; a line to where it was before."""
    colour: Colour = GOOD if advantage > 0 else BAD
    x, y, from_y = round(x, 2), round(y, 2), round(from_y, 2)
    if advantage == 0 or judged < 1:
        yield Circle(
            x, y, radius, "muted", opacity=round(0.75 * (1 - judged) + (0.3 if advantage == 0 else 0.0) * judged, 2)
        )
    if advantage != 0 and judged > 0:
        if pushed > 0 and abs(y - from_y) > 1:
            yield Polyline((x, from_y, x, y), colour, max(1.0, round(radius * 0.5, 2)), opacity=0.45)
        yield Circle(x, y, radius, colour, opacity=round(judged * (0.25 + 0.75 * min(1.0, abs(advantage))), 2))


def _strongest(moment: Moment, view: Rollouts) -> float:
    """Return the push that one move in a hundred exceeds, over the film."""
    found = source(moment, view.change, view.run, "Rollouts", "array")
    values = np.abs(np.asarray(found.trace.series(found.name).values, np.float64))
    return float(np.quantile(values, 0.99)) or 1.0
