"""Record the games that are played in any Gymnasium environment, so that they can be watched: `Record` goes around it.

    env = mla.record.gymnasium.Record(gymnasium.make("CartPole-v1"), "runs/games.mla")
    ...                      # the training, unchanged
    env.close()

An environment that does the same from the same random state and the same actions is not painted while it trains: each episode is
kept as a line of text, `game`, and `replay` plays it again when somebody looks, picture by picture. That is tried once, on
the first episode, in an environment of its own. Where it fails, pictures of some episodes are kept, `frame`, if the environment gives
any (`render_mode="rgb_array"`). Either way each episode that ends is recorded under the number of steps taken: `episode/reward` and
`episode/length`. What the environment does is the same to the last bit.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import warnings
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from mlanimated.errors import MissingExtra, MlaError
from mlanimated.record.episodes import SERIES, Game, Row, digest, games, made, plays_again, random_state, replay
from mlanimated.trace import Recorder, RecordingWarning

__all__ = ["Game", "Record", "games", "replay"]

FRAME = "frame"
MOST_HELD = 500
"""Pictures of the first episode that wait in memory until it is known whether it can be played again."""
MOST_STEPS = 100_000
"""A longer episode is not kept to be played again."""
_PLAIN = (None, None)
"""A reset without a seed and without options."""
ROW_STEPS, ROW_SECONDS = 5000, 0.5
"""Games are written together when they are so many steps, or after so long."""


def Record(  # noqa: N802 (it is used as the class that it returns one of)
    env: Any,
    recorder: Recorder | str | os.PathLike[str],
    *,
    episodes: Callable[[int], bool] | None = None,
    pictures: bool | None = None,
) -> Any:
    """Return a gymnasium.Wrapper that records the games that are played in an environment.

    Args:
        env: The environment.
        recorder: A Recorder, or the .mla file of a new one, which `close` closes. It lets a viewer pause and stop the training
            (`Stopped` is raised from `step`); of a Recorder that is given, whoever owns it calls `tick`.
        episodes: Says of an episode's number, from 0, whether pictures of it are kept; by default of the cubes 0, 1, 8, 27, … to
            1000 and each thousandth after it, as Gymnasium's own RecordVideo does.
        pictures: True keeps pictures even where games could be played again, False never; None as said above.

    Raises:
        MissingExtra: Gymnasium is not installed.
        MlaError: Pictures are asked for and the environment gives none, or a trace that is there already.
    """
    try:
        base: Any = importlib.import_module("gymnasium").Wrapper
    except ModuleNotFoundError as error:
        raise MissingExtra("Recording Gymnasium's environments", "games") from error
    if pictures and env.render_mode != "rgb_array":
        raise MlaError(f'Pictures need render_mode="rgb_array": the environment was made with {env.render_mode!r}.')
    own = not isinstance(recorder, Recorder)
    opened = recorder if isinstance(recorder, Recorder) else Recorder(recorder, name=_name(env))
    keeper = _Keeper(env, opened, episodes or _cubes, pictures)
    step_of, actions, note, earn = env.step, keeper.actions, keeper.actions.append, keeper.rewards.append
    helm = opened.helm if own else None
    array = np.ndarray

    class Recorded(base):
        """Notes what goes through it. A step costs well under a microsecond; all else is done when an episode ends."""

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            keeper.leaves(seed, options)
            told = self.env.reset(seed=seed, options=options)
            keeper.begins()
            return told

        def step(self, action: Any) -> Any:
            told = step_of(action)
            note(action.copy() if type(action) is array else action)
            earn(told[1])
            if told[2] or told[3] or len(actions) > keeper.free:
                keeper.after(told)
            if helm is not None and helm.attention:
                opened.tick(keeper.first + len(actions))
            return told

        def close(self) -> None:
            keeper.close()
            if own:
                opened.close()
            self.env.close()

    return Recorded(env)


class _Keeper:
    """What the wrapper notes; whatever fails here, the training goes on.

    Attributes:
        actions: Those of the episode that is played, and `rewards` what each brought.
        first: Steps that all episodes before it have taken.
        free: So many steps of it there is nothing to be done.
    """

    def __init__(self, env: Any, recorder: Recorder, episodes: Callable[[int], bool], pictures: bool | None) -> None:
        self._env, self._recorder, self._wanted = env, recorder, episodes
        self.actions: list[Any] = []
        self.rewards: list[float] = []
        self.first = self._number = 0
        self.free = MOST_STEPS
        self._painting = False
        self._paints = pictures is not False and getattr(env, "render_mode", None) == "rgb_array"
        # Whether games can be played again; None: to be tried with the first one.
        self._again = None if pictures is not True and made(env) is not None else False
        self._held: list[tuple[int, Any]] = []
        self._row: Row | None = None
        self._due = 0.0

    def leaves(self, seed: int | None, options: Any) -> None:
        """Note with what the next episode begins; one that was left unfinished counts too."""
        row = self._row
        if self.actions:
            self._over(None)
        elif row is not None and len(row.resets) > len(row.lengths):
            row.add((), 0.0, None)  # it was reset twice, which takes random numbers too
        elif row is not None and seed is None and options is None:  # as nearly always
            row.resets.append(_PLAIN)
            return
        if self._again is False:
            return
        try:
            given = None if options is None else json.loads(json.dumps(options))
            if self._row is None:
                self._row = Row(seed, None if seed is not None else random_state(self._env))
            self._row.resets.append([seed, given])
        except Exception:  # options or a random state that no text holds
            self._row = None

    def begins(self) -> None:
        """An episode begins."""
        if not self._paints:
            return
        self._painting = self._paints and self._again is not True and self._wanted(self._number)
        self.free = 0 if self._painting else MOST_STEPS
        if self._painting:
            self._paint()

    def after(self, told: Sequence[Any]) -> None:
        """A step was taken after which something is to be done."""
        if self._painting:
            self._paint()
        if told[2] or told[3]:
            self._over(told[0])
        elif len(self.actions) > MOST_STEPS:  # too long to be kept
            self._flush()
            self._row = None
            self.first += len(self.actions)
            self.actions.clear()
            self.rewards.clear()

    def close(self) -> None:
        """Write what is left."""
        if self.actions:
            self._over(None)
        self._flush()

    def _paint(self) -> None:
        step = self.first + len(self.actions)
        try:
            picture = np.array(self._env.render())
            if self._again is None:  # of the first episode, until it is known whether it can be played again
                self._held = [*self._held[: MOST_HELD - 1], (step, picture)]
            else:
                self._recorder.log({FRAME: picture}, step=step)
        except Exception as error:
            self._paints = self._painting = False
            _warn(f"No pictures are kept ({type(error).__name__}: {error}).")

    def _over(self, seen: Any) -> None:
        """An episode has ended, or was left: then what was seen last is None."""
        reward, length = math.fsum(self.rewards), len(self.actions)
        self.first += length
        self._painting = False
        try:
            if self._row is not None:
                self._row.add(self.actions, reward, None if seen is None else digest(seen))
        except Exception as error:
            self._again, self._row = False, None
            _warn(f"Games are not kept to be played again ({type(error).__name__}: {error}).")
        self.actions.clear()
        self.rewards.clear()
        self._number += 1
        now = perf_counter()
        if self._row is not None and (len(self._row.actions) >= ROW_STEPS or now >= self._due):
            self._due = now + ROW_SECONDS
            self._flush()
        self._recorder.log({"episode/reward": reward, "episode/length": float(length)}, step=self.first)

    def _flush(self) -> None:
        """Write the games that are waiting, once it is known that they can be played again."""
        row, self._row = self._row, None
        if row is not None and row.actions and self._again is not False:
            try:
                text = row.text(self._env)
                if self._again is None:
                    self._again = plays_again(text)
                if self._again:
                    self._recorder.log({SERIES: text}, step=self.first)
            except Exception as error:  # actions that no array holds
                self._again = False
                _warn(f"Games are not kept to be played again ({type(error).__name__}: {error}).")
        if self._again is False:
            for step, picture in self._held:
                self._recorder.log({FRAME: picture}, step=step)
        if self._again is not None:
            self._held = []


def _cubes(episode: int) -> bool:
    return round(episode ** (1 / 3)) ** 3 == episode if episode < 1000 else episode % 1000 == 0


def _name(env: Any) -> str:
    spec = getattr(env, "spec", None)
    return str(spec.id) if spec is not None else type(env.unwrapped).__name__


def _warn(text: str) -> None:
    warnings.warn(text, RecordingWarning, stacklevel=4)
