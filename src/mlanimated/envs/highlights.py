"""Highlights of a game, found by the program: from its points, its lives and its pictures, never by eye.

For any game: the first point, the longest run of points without a loss, the five seconds that brought most, the end. Where `objects`
knows the game: the ball behind the wall with bricks left, five times running (Breakout), a screen that is cleared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Highlight", "Story", "clips", "highlights", "settled"]

RUN = 5
"""So many times without losing a life is a run; so many points in a row a streak."""
BURST = 5.0
"""Seconds over which points are summed to find the richest."""
BEHIND = 57
"""Rows of Breakout's screen above the wall."""
GAP = 1.5
"""A gap of so many seconds between two clips is shown too."""
BEFORE, AFTER, LONGEST = 2.0, 1.0, 7.0
"""Seconds shown before and after a highlight, and of one clip at the most."""
QUIET = 5.0
"""Seconds shown after the last thing that happens in a game that goes on for ever."""


@dataclass(frozen=True)
class Story:
    """What happened in a game, step by step; n steps.

    Attributes:
        game: The game's name.
        rate: Steps a second.
        points: (n,), what each step brought.
        lives: (n + 1,), lives left before each step and at the end; 0 all along where a game has none.
        ball: (n + 1, 4), the box of the ball, not finite where there is none; (0, 4) where it is not looked for.
        targets: (n + 1,), how many targets are left on the screen; (0,) where they are not counted.
    """

    game: str
    rate: float
    points: np.ndarray
    lives: np.ndarray
    ball: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Highlight:
    """A moment to be shown.

    Attributes:
        step: When it happened.
        start: First step that belongs to it.
        stop: Last step that belongs to it.
        name: A few words, for a chapter.
        text: One sentence, for a caption.
        weight: How much it is worth showing.
    """

    step: int
    start: int
    stop: int
    name: str
    text: str
    weight: float


def highlights(story: Story) -> list[Highlight]:
    """Return the highlights of a game, in the order of their steps."""
    found = [*_points(story), *_cleared(story), *_behind(story)]
    return sorted(found, key=lambda one: (one.step, -one.weight))


def settled(story: Story) -> int:
    """Return the step from which on nothing is to be seen any more: some seconds after the last point or lost life, or the end."""
    happened = np.flatnonzero((story.points != 0) | (np.diff(story.lives) != 0))
    after = int(happened[-1]) + 1 if happened.size else 0
    return min(len(story.points), after + round(QUIET * story.rate))


def clips(found: list[Highlight], story: Story, seconds: float, end: int | None = None) -> list[tuple[int, int]]:
    """Return which steps a film of so many seconds shows, as (first, last) in order: the beginning, what is best, the end.

    Args:
        found: The highlights.
        story: The game.
        seconds: How much of the game is shown; all of it, if it is no longer.
        end: The step with which the film ends; None: with the game.
    """
    last, rate = len(story.points) if end is None else end, story.rate
    budget = round(seconds * rate)
    if last <= budget:
        return [(0, last)]
    shown = np.zeros(last + 1, np.bool_)
    shown[: max(1, round(min(4.0, seconds / 4) * rate))] = True
    shown[last - round(min(3.0, seconds / 5) * rate) :] = True
    for one in sorted(found, key=lambda one: -one.weight):
        first = max(0, max(one.start, one.step - round(LONGEST * rate)) - round(BEFORE * rate))
        stop = min(last, min(one.stop, one.step + round(LONGEST * rate)) + round(AFTER * rate))
        more = int((~shown[first : stop + 1]).sum())
        if shown.sum() + more <= budget:
            shown[first : stop + 1] = True
    for step in range(last + 1):  # what is left of the time goes to what follows the clips
        if shown.sum() >= budget:
            break
        shown[step] = True
    runs = np.flatnonzero(np.diff(shown.astype(np.int8)) == -1)  # the last step before each gap
    for before in runs.tolist():
        after = before + 1 + int(shown[before + 1 :].argmax())
        if after - before <= GAP * rate:
            shown[before:after] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shown, [False]]).astype(np.int8)))
    return [(int(first), int(stop) - 1) for first, stop in zip(edges[::2], edges[1::2], strict=True)]


def _points(story: Story) -> list[Highlight]:
    """Return what points alone tell."""
    points = story.points
    gains = np.flatnonzero(points > 0)
    if not gains.size:
        return []
    first = int(gains[0])
    found = [
        Highlight(
            first + 1, first, first + 1, "first point", f"The first point, after {first / story.rate:.0f} s.", 1.0
        )
    ]
    lost = (points < 0) | (np.diff(story.lives) < 0)
    start, stop, run = _longest_run(points > 0, lost)
    if run >= RUN:
        low = (points < 0).any() or not story.lives.any()
        text = (
            f"{run} points in a row." if low else f"{points[start : stop + 1].sum():.0f} points without losing a life."
        )
        found.append(Highlight(stop + 1, start, stop + 1, "streak", text, 2.0))
    wide = max(1, round(BURST * story.rate))
    sums = np.convolve(np.maximum(points, 0), np.ones(wide), "valid") if len(points) > wide else np.zeros(1)
    if sums.max() > 3 * points[gains].min() and not (points < 0).any():
        at = int(sums.argmax())
        text = f"The best {BURST:.0f} seconds: {sums.max():.0f} points."
        found.append(Highlight(at + wide, at, at + wide, "best seconds", text, 3.0))
    return found


def _longest_run(gained: np.ndarray, lost: np.ndarray) -> tuple[int, int, int]:
    """Return first and last step of the longest run of gains that no loss ends, and how many they are."""
    best = (0, 0, 0)
    start = run = 0
    for step in np.flatnonzero(gained | lost).tolist():
        if lost[step]:
            run = 0
            continue
        start = step if run == 0 else start
        run += 1
        if run > best[2]:
            best = (start, step, run)
    return best


def _cleared(story: Story) -> list[Highlight]:
    """Return where the last target of a screen went, with a point, and no life was lost."""
    left = story.targets
    found: list[Highlight] = []
    if not left.size:
        return found
    for step in (np.flatnonzero((left[1:] == 0) & (left[:-1] > 0)) + 1).tolist():
        recent = slice(max(0, step - round(2 * story.rate)), min(len(story.points), step + 2))
        if story.points[recent].max(initial=0) > 0 and story.lives[step] == story.lives[recent.start]:
            which = "" if not found else f" for the {_ordinal(len(found) + 1)} time"
            text = f"The screen is cleared{which}, after {step / story.rate:.0f} s."
            found.append(Highlight(step, step, step, "cleared", text, 9.0))
    return found


def _behind(story: Story) -> list[Highlight]:
    """Return where the ball is behind Breakout's wall with bricks left: the first time, and runs of five times."""
    if story.game != "breakout" or not story.ball.size or not story.targets.size:
        return []
    top = story.ball[:, 1]
    above = (top < BEHIND) & (story.targets > 0)
    entered = np.flatnonzero(above[1:] & ~above[:-1]) + 1
    visits: list[tuple[int, int]] = []
    for step in entered.tolist():
        out = step + int(np.argmin(above[step:])) if not above[step:].all() else len(above) - 1
        visits.append((step, out))
    if not visits:
        return []
    step, out = visits[0]
    text = f"The ball gets behind the wall: {int(story.targets[step])} bricks are left, {step / story.rate:.0f} s are gone."
    found = [Highlight(step, step, out, "behind the wall", text, 8.0)]
    run: list[tuple[int, int]] = []
    for visit in visits:
        if run and (story.lives[visit[0]] < story.lives[run[-1][0]]):
            run = []
        run.append(visit)
        if len(run) == RUN:
            gone = int(story.targets[run[0][0]] - story.targets[visit[1]])
            text = f"Behind the wall for the fifth time running: {gone} bricks went meanwhile."
            found.append(Highlight(visit[0], visit[0], visit[1], "five times running", text, 10.0))
            break
    return found


def _ordinal(number: int) -> str:
    """Return "second", "third", …, from the eleventh on "11th"."""
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return words[number - 1] if number <= len(words) else f"{number}th"
