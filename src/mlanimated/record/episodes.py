"""Episodes: games as text, played again from the random state and the actions with which they were played."""

from __future__ import annotations

import base64
import contextlib
import importlib
import json
import math
import random
import warnings
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.trace import Trace

__all__ = ["SERIES", "Game", "Row", "digest", "games", "games_of", "made", "plays_again", "random_state", "replay"]

SERIES = "game"


class Game(NamedTuple):
    """An episode that can be played again.

    Attributes:
        first: Number of steps that all episodes had taken when it began.
        last: The same when it ended.
        reward: What it brought in all.
        number: Which of its row's episodes it is, from 0.
        text: The row: how its episodes are played again, one after the other.
    """

    first: int
    last: int
    reward: float
    number: int
    text: str


def games(trace: Trace) -> tuple[Game, ...]:
    """Return the episodes of a trace that can be played again, in order.

    Args:
        trace: What `Record` has written.
    """
    if SERIES not in trace.names:
        return ()
    kept = trace.series(SERIES)
    found: list[Game] = []
    for last, text in zip(kept.steps.tolist(), kept.values, strict=True):
        found += games_of(int(last), text)
    return tuple(found)


def games_of(last: int, text: str) -> list[Game]:
    """Return the episodes of one row.

    Args:
        last: The row's step.
        text: Its value.
    """
    told = json.loads(text)
    ends = last - sum(told["lengths"]) + np.cumsum(told["lengths"])
    rows = zip(told["lengths"], ends.tolist(), told["rewards"], strict=True)
    made_of = enumerate(rows)
    return [Game(end - length, end, reward, number, text) for number, (length, end, reward) in made_of if length]


def replay(game: Game) -> Iterator[Any]:
    """Play an episode again and yield its pictures, uint8 (height, width, 3), the first before any action.

    Args:
        game: One of `games`.

    Raises:
        MlaError: The environment is not here, gives no pictures, or does something else than it did.
    """
    told = json.loads(game.text)
    try:
        env = _make(told, render_mode="rgb_array")
    except Exception as error:
        raise MlaError(f"{told['env']} cannot be made here ({type(error).__name__}: {error}).") from None
    try:
        for number, sure in _played(env, told):
            if number > game.number:
                break
            if number == game.number:
                picture = env.render()
                if not isinstance(picture, np.ndarray):
                    raise MlaError(f"{told['env']} gives no pictures.")
                if not sure:
                    raise MlaError("The environment did something else than when it was recorded.")
                yield np.array(cast("Any", picture), np.uint8)
    finally:
        env.close()


class Row:
    """Episodes that follow each other and are kept together.

    Args:
        seed: With which the first one begins.
        state: The environment's random numbers before it, where it has no seed.
    """

    def __init__(self, seed: int | None, state: Any) -> None:
        self.seed, self.state = seed, state
        self.resets: list[Any] = []
        self.actions: list[Any] = []
        self.lengths: list[int] = []
        self.rewards: list[float] = []
        self.digests: list[int | None] = []

    def add(self, actions: Sequence[Any], reward: float, seen: int | None) -> None:
        """Take an episode."""
        self.actions += actions
        self.lengths.append(len(actions))
        self.rewards.append(reward)
        self.digests.append(seen)

    def text(self, env: Any) -> str:
        """Return it as text."""
        array = np.asarray(self.actions)
        if array.dtype.kind not in "biuf":
            raise TypeError("actions are numbers or arrays of one shape")
        if array.dtype.kind in "iu" and array.size and array.min() >= 0 and array.max() < 256:
            array = array.astype(np.uint8)
        name, arguments = cast("tuple[str, dict[str, Any]]", made(env))
        told = {
            "env": name,
            "arguments": arguments,
            "state": self.state,
            "resets": self.resets[: len(self.lengths)],
            "lengths": self.lengths,
            "rewards": self.rewards,
            "digests": self.digests,
            "dtype": array.dtype.str,
            "shape": array.shape,
            "actions": base64.b85encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 1)).decode(),
        }
        return json.dumps(told, separators=(",", ":"))


def plays_again(text: str) -> bool:
    """Whether games do the same again in an environment of their own; random numbers of everyone stay as they are."""
    told = json.loads(text)
    with _untouched(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            env = _make(told)
            try:
                return all(sure for _, sure in _played(env, told))
            finally:
                env.close()
        except Exception:  # whatever it is, it cannot be played again
            return False


def _make(told: Mapping[str, Any], **more: Any) -> Any:
    """Return an environment as it was made. It is one of those registered here: a file from elsewhere has nothing imported."""
    gymnasium: Any = importlib.import_module("gymnasium")
    name = str(told["env"])
    if ":" in name:
        raise MlaError(f"{name!r} is no name of an environment.")
    if name.startswith("mla/"):
        importlib.import_module("mlanimated.envs.registry").register()
    elif name.startswith("ALE/"):
        importlib.import_module("ale_py")
    return gymnasium.make(name, **{**told["arguments"], **more})


def _played(env: Any, told: Mapping[str, Any]) -> Iterator[tuple[int, bool]]:
    """Play the games of a row and yield, at the start of each and after each action, which it is and whether it is as it was."""
    array = np.frombuffer(zlib.decompress(base64.b85decode(told["actions"])), np.dtype(told["dtype"]))
    actions = array.reshape(told["shape"])
    whole = actions.ndim == 1 and array.dtype.kind in "biu"
    if told["state"] is not None:
        env.reset(seed=0)
        env.unwrapped.np_random.bit_generator.state = _with_arrays(told["state"])
    place = 0
    rows = zip(told["resets"], told["lengths"], told["rewards"], told["digests"], strict=True)
    for number, ((seed, options), length, reward, known) in enumerate(rows):
        seen, _ = env.reset(seed=seed, options=options)
        rewards: list[float] = []
        yield number, True
        for index, action in enumerate(actions[place : place + length], 1):
            seen, more, _, _, _ = env.step(int(action) if whole else action)
            rewards.append(more)
            if index < length:
                yield number, True
        yield number, math.fsum(rewards) == reward and known in {None, digest(seen)}
        place += length


def made(env: Any) -> tuple[str, dict[str, Any]] | None:
    """Return name and arguments with which an environment can be made anew; None where they are not known.

    Wrappers around it are not made anew: what they change in reward or observation shows in the trial, which then fails.
    """
    spec = getattr(env.unwrapped, "spec", None)
    if spec is None:
        return None
    arguments = {name: value for name, value in dict(spec.kwargs).items() if name != "render_mode"}
    try:
        json.dumps(arguments)
    except (TypeError, ValueError):
        return None
    return str(spec.id), arguments


def random_state(env: Any) -> Any:
    """Return the state of an environment's random numbers as JSON has it."""
    return _without_arrays(env.unwrapped.np_random.bit_generator.state)


def _without_arrays(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_arrays(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, np.ndarray):
        array = cast("NDArray[np.uint64]", value)
        return {"array": array.tolist(), "dtype": array.dtype.str}
    return value


def _with_arrays(value: Any) -> Any:
    if isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        if set(told) == {"array", "dtype"}:
            return np.array(told["array"], told["dtype"])
        return {key: _with_arrays(one) for key, one in told.items()}
    return value


def digest(seen: Any) -> int:
    """Return a number that tells observations apart: arrays, and mappings and tuples of them."""
    if type(seen) is np.ndarray:  # nearly always, and looked at soonest
        return zlib.crc32(np.ascontiguousarray(seen).tobytes())
    if isinstance(seen, Mapping):
        return zlib.crc32(repr([(key, digest(seen[key])) for key in sorted(cast("Mapping[str, Any]", seen))]).encode())
    if isinstance(seen, tuple):
        return zlib.crc32(repr([digest(one) for one in cast("tuple[Any, ...]", seen)]).encode())
    return zlib.crc32(np.ascontiguousarray(seen).tobytes())


@contextlib.contextmanager
def _untouched() -> Generator[None, None, None]:
    """Keep the random numbers that are everyone's as they are."""
    own, arrays = random.getstate(), np.random.get_state()  # noqa: NPY002 (this is the one that others use)
    try:
        yield
    finally:
        random.setstate(own)
        np.random.set_state(arrays)  # noqa: NPY002
