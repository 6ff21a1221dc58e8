"""Atari games from ale-py, many played side by side, every choice of preprocessing stated.

    games = Atari("breakout", 64, seed=1)
    observation = games.observation                  # uint8 (64, 4, 84, 84), oldest picture first
    step = games.step(actions)                       # (64,) indices into games.actions
    step.reward, step.done, step.games               # for learning; for reporting: each full game with its true score

A game is given by its seed and its actions alone, so `replay` shows it again in colours, and `state` and `load` go on from the
very same moment. ale-py brings its own licence (GPL-2) and the games; nothing of it is copied here.

Three traps of ale-py's vector environment are avoided. `episodic_life` would begin a whole new game at each lost life; here the loss is
read off the lives that are left, and the game plays on. Its own reset spends one step that must not be learned from; here a game that
is over is begun anew at once, with a seed of ours. Its rewards are clipped by default; here the true points are kept beside their sign.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta, Struct

from mlanimated.errors import MissingExtra, MlaError, did_you_mean

__all__ = ["USUAL", "Atari", "Game", "Preprocessing", "Step", "action_names", "games", "name", "replay"]

LONGEST_REPLAY = 8000  # steps of the longest running game that `load` plays again to get where it was
SEEDS = 2**31 - 1
THREADS = (
    4  # a network waits for all games, so that more of them gain little and crowd a machine on which much is trained
)
GAMES_A_SEED = 20  # to set a seed loads the game anew, which costs as much as some hundred steps


class Preprocessing(Struct, frozen=True, kw_only=True):
    """What is done to a game before an agent sees it. The defaults are those of most published Atari results."""

    height: Annotated[int, Meta(ge=16, le=210, description="Rows of a picture.")] = 84
    width: Annotated[int, Meta(ge=16, le=160, description="Columns of a picture.")] = 84
    stack: Annotated[int, Meta(ge=1, le=16, description="Latest pictures that are seen together.")] = 4
    frame_skip: Annotated[int, Meta(ge=1, le=16, description="Frames for which an action is held.")] = 4
    max_pool: Annotated[bool, Meta(description="Each pixel is the brighter of the last two frames.")] = True
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    noops: Annotated[int, Meta(ge=0, le=100, description="A game begins with up to so many idle frames.")] = 30
    fire: Annotated[bool, Meta(description="Press fire when a game begins, where there is such a button.")] = True
    life_loss: Annotated[bool, Meta(description="A lost life ends what is learned from; the game plays on.")] = True
    point_ends: Annotated[bool, Meta(description="A point, won or lost, ends what is learned from, too.")] = False
    frames: Annotated[int, Meta(ge=100, description="A game ends after so many frames: 108,000 are half an hour.")] = (
        108_000
    )
    actions: Annotated[
        tuple[str, ...], Meta(description="Names of the actions offered; none: every one that the game knows.")
    ] = ()


USUAL = Preprocessing()


class Game(NamedTuple):
    """One game that has been played to its end: its seed and actions are all that it takes to see it again.

    Attributes:
        place: Which of the games played side by side, from 0.
        seed: What it began with.
        score: True points of the full game.
        actions: uint8 (steps,), indices into the actions offered.
        truncated: True when it was stopped at the limit of frames.
        number: Games that went before it since the seed was set; without sticky actions they change nothing else of it.
    """

    place: int
    seed: int
    score: float
    actions: np.ndarray
    truncated: bool
    number: int = 0


class Step(NamedTuple):
    """What one step of all games brought; each array has one entry a game.

    Attributes:
        observation: uint8 (count, stack, height, width): what is seen next, a new game's first pictures where one is over.
        reward: float32 (count,): −1, 0 or 1, the sign of the points. For learning.
        points: int32 (count,): the true points (float32 where rewards are fractions). For reporting.
        done: bool (count,): nothing that follows counts for this action: game over, or where that is asked for a life lost or a point.
        truncated: bool (count,): stopped at the limit of frames alone; the future still has its value. Never where `done` is.
        final: uint8 (count, stack, height, width): what is seen at the end of this step, before any new game began.
        lives: int32 (count,): lives that are left, as the game counts them.
        games: The full games that ended in this step.
    """

    observation: np.ndarray
    reward: np.ndarray
    points: np.ndarray
    done: np.ndarray
    truncated: np.ndarray
    final: np.ndarray
    lives: np.ndarray
    games: tuple[Game, ...]


class Atari:
    """Games of one name, played side by side; a game that is over is begun anew at once.

    A game is told by the seed that was set last in its place and by how many began since: all chance there is without sticky actions
    are the idle frames at its beginning. With sticky actions each game has its own seed.

    Args:
        game: Its name, in any usual spelling: "space_invaders", "Space Invaders", "ALE/SpaceInvaders-v5".
        count: How many are played side by side.
        seed: Draws each game's own seed; no two games are the same.
        seeds: Seeds of the first games in order, in place of drawn ones.
        preprocessing: What is done to pictures, actions and lives.
        threads: Threads that play; 0: one a core, four at the most. Games are the same however many there are.

    Attributes:
        game: The name as ale-py has it.
        actions: Names of the actions; `step` takes indices into them.
        observation: uint8 (count, stack, height, width): what is seen now.
        shape: (stack, height, width).

    Raises:
        MissingExtra: ale-py is not installed.
        MlaError: There is no such game or action.
    """

    def __init__(
        self,
        game: str,
        count: int = 1,
        *,
        seed: int = 0,
        seeds: Sequence[int] = (),
        preprocessing: Preprocessing = USUAL,
        threads: int = 0,
    ) -> None:
        self.game = name(game)
        self.count = count
        self.preprocessing = preprocessing
        self.actions, self._buttons = _offered(self.game, preprocessing.actions)
        self.shape = (preprocessing.stack, preprocessing.height, preprocessing.width)
        self._vector = _vector(self.game, count, preprocessing, threads)
        self._random = np.random.default_rng(seed)
        self._waiting = [int(one) for one in seeds]
        self._begin()

    def step(self, actions: np.ndarray) -> Step:
        """Play one step of every game.

        Args:
            actions: Whole numbers (count,), indices into `actions`.
        """
        seen, points, ended, truncated, info = self._vector.step(self._buttons[actions])
        lives = info["lives"]
        over = ended | truncated
        done = ended | (lives < self._lives) if self.preprocessing.life_loss else ended
        done = done | (points != 0) if self.preprocessing.point_ends else done
        self._lives = lives
        self._score += points
        for place, action in enumerate(actions.tolist()):
            self._played[place].append(action)
        final, finished = seen, ()
        if over.any():
            final = seen.copy()
            finished = tuple(self._game(place, bool(truncated[place])) for place in np.flatnonzero(over).tolist())
            seen = self._restart(over)
        self.observation = seen
        reward = np.sign(points).astype(np.float32)
        return Step(seen, reward, points, done, truncated & ~done, final, lives, finished)

    def state(self) -> dict[str, Any]:
        """Return all that `load` needs to go on from here: seeds and actions, no pictures."""
        return {
            "seeds": list(self._seeds),
            "numbers": list(self._numbers),
            "played": [np.frombuffer(bytes(played), np.uint8) for played in self._played],
            "waiting": list(self._waiting),
            "random": self._random.bit_generator.state,
        }

    def load(self, state: Mapping[str, Any]) -> bool:
        """Go on from a `state`: every running game is played again from its seed up to the same moment.

        Returns:
            False when a running game is so long (over 8,000 steps) that new games were begun instead.
        """
        self._random.bit_generator.state = dict(state["random"])
        self._waiting = list(state["waiting"])
        played = [np.asarray(actions) for actions in state["played"]]
        longest = max(map(len, played))
        if longest > LONGEST_REPLAY:
            self._begin()
            return False
        lengths = np.array([len(actions) for actions in played])
        idle = self._buttons[np.zeros(self.count, np.int64)]
        score = np.zeros(self.count, np.int64)
        seeds, numbers = np.array(state["seeds"]), np.array(state["numbers"])
        for left in range(longest, -1, -1):  # games begin one after the other, so that all arrive at the same time
            if (starts := lengths == left).any():
                seen, info = self._vector.reset(seed=seeds[starts], options={"reset_mask": starts})
                for number in range(numbers[starts].max()):
                    seen, info = self._vector.reset(options={"reset_mask": starts & (numbers > number)})
                self.observation, self._lives = seen, info["lives"]
                score[starts] = 0
            if left:
                buttons = idle.copy()
                for place in np.flatnonzero(lengths >= left).tolist():
                    buttons[place] = self._buttons[played[place][len(played[place]) - left]]
                self.observation, points, _, _, info = self._vector.step(buttons)
                self._lives = info["lives"]
                score += points
        self._seeds, self._numbers, self._score = seeds.tolist(), numbers.tolist(), score
        self._played = [bytearray(actions.tobytes()) for actions in played]
        return True

    def _begin(self) -> None:
        """Begin every game."""
        self._seeds = [0] * self.count
        self._numbers = [GAMES_A_SEED] * self.count  # so that each place takes a seed
        self._score = np.zeros(self.count, np.int64)
        self._played = [bytearray() for _ in range(self.count)]
        self.observation = self._restart(np.ones(self.count, np.bool_))

    def _restart(self, which: np.ndarray) -> np.ndarray:
        """Begin new games where asked for and return what is seen of all."""
        seeded = np.zeros(self.count, np.bool_)
        most = 1 if self.preprocessing.sticky else GAMES_A_SEED
        for place in np.flatnonzero(which).tolist():
            self._score[place] = 0
            self._played[place] = bytearray()
            self._numbers[place] += 1
            if self._waiting or self._numbers[place] >= most:
                self._seeds[place] = self._waiting.pop(0) if self._waiting else int(self._random.integers(1, SEEDS))
                self._numbers[place] = 0
                seeded[place] = True
        seeds = np.array(self._seeds)
        if seeded.all():  # ale-py wants one full reset before any partial one
            begun = self._vector.reset(seed=seeds)
        elif seeded.any():
            begun = self._vector.reset(seed=seeds[seeded], options={"reset_mask": seeded})
        else:
            begun = self._vector.reset(options={"reset_mask": which})
        if seeded.any() and (others := which & ~seeded).any():
            begun = self._vector.reset(options={"reset_mask": others})
        self._lives: np.ndarray = begun[1]["lives"]
        return begun[0]

    def _game(self, place: int, truncated: bool) -> Game:
        """Return the game that has just ended at a place."""
        actions = np.frombuffer(bytes(self._played[place]), np.uint8)
        return Game(place, self._seeds[place], int(self._score[place]), actions, truncated, self._numbers[place])


@cache
def games() -> tuple[str, ...]:
    """Return the name of every game that ale-py can play, sorted; a few of its files are for two people and left out.

    Raises:
        MissingExtra: ale-py is not installed.
    """
    ale, roms = _load("ale_py"), _load("ale_py.roms")
    ale.ALEInterface.setLoggerMode(ale.LoggerMode.Error)  # it greets everyone on the error stream
    plays = ale.ALEInterface.isSupportedROM
    return tuple(sorted(game for game in roms.get_all_rom_ids() if plays(roms.get_rom_path(game)) is not None))


def name(game: str) -> str:
    """Return a game's name as ale-py has it, from any usual spelling.

    Raises:
        MlaError: There is no such game; the line says which one may have been meant.
    """
    known = {_bare(one): one for one in games()}
    plain = re.sub(r"^ALE/|(NoFrameskip|Deterministic)?-v\d+$", "", game.strip())
    if _bare(plain) not in known:
        raise MlaError(f"There is no Atari game {game!r}.{did_you_mean(plain.lower(), known.values())}")
    return known[_bare(plain)]


@cache
def action_names(game: str) -> tuple[str, ...]:
    """Return the names of the actions that a game knows, the smallest set: ("noop", "fire", "right", "left", …)."""
    small = _vector(name(game), 1, Preprocessing(height=16, width=16, stack=1), 1)
    return tuple(action.name.lower() for action in small.ale.get_action_set())


def replay(
    game: str,
    seed: int,
    actions: Sequence[int] | np.ndarray,
    preprocessing: Preprocessing = USUAL,
    *,
    number: int = 0,
    smooth: bool = False,
) -> Iterator[np.ndarray]:
    """Play a recorded game again and yield its pictures in colours, uint8 (210, 160, 3), the first before any action.

    A few games are up to 250 rows high.

    Args:
        game: Its name.
        seed: What it began with.
        actions: Indices into the actions that were offered.
        number: Games that went before it since the seed was set (`Game.number`).
        preprocessing: As it was played with; it tells actions, sticky actions and the idle frames at the beginning.
        smooth: A picture of every frame (60 a second), not of every step.

    Yields:
        The pictures, each its own array. A picture holds the brighter of two frames, as the console's flicker asks for.
    """
    game = name(game)
    buttons = _offered(game, preprocessing.actions)[1]
    repeat = preprocessing.frame_skip if smooth else 1
    rules = msgspec.structs.replace(preprocessing, max_pool=preprocessing.max_pool and not smooth)
    vector = _vector(game, 1, rules, 1, picture=True, frame_skip=preprocessing.frame_skip // repeat)
    seen, _ = vector.reset(seed=np.array([seed]))
    for _ in range(number):
        seen, _ = vector.reset()
    before = shown = seen[0, -1].copy()
    yield shown
    over = False
    for action in np.asarray(actions):
        for _ in range(repeat):
            if over:  # the last action may end before its last frame; one more would begin a new game
                yield shown.copy()
                continue
            seen, _, ended, truncated, _ = vector.step(buttons[[action]])
            over = bool(ended[0] | truncated[0])
            picture = seen[0, -1].copy()
            shown = np.maximum(before, picture) if preprocessing.max_pool and smooth else picture
            yield shown
            before = picture


def _load(module: str) -> Any:
    """Return a module of ale-py, untyped: it is optional."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra("Playing Atari games", "atari") from error


def _vector(
    game: str, count: int, wanted: Preprocessing, threads: int, *, picture: bool = False, frame_skip: int = 0
) -> Any:
    """Return ale-py's vector environment; `picture`: in colours and full size, without a stack."""
    height, width, stack = (*_screen(game), 1) if picture else (wanted.height, wanted.width, wanted.stack)
    return _load("ale_py.vector_env").AtariVectorEnv(
        game,
        count,
        num_threads=min(threads or min(THREADS, os.cpu_count() or 1), count),
        max_num_frames_per_episode=wanted.frames,
        repeat_action_probability=wanted.sticky,
        img_height=height,
        img_width=width,
        grayscale=not picture,
        stack_num=stack,
        frameskip=frame_skip or wanted.frame_skip,
        maxpool=wanted.max_pool,
        noop_max=wanted.noops,
        reward_clipping=False,
        use_fire_reset=wanted.fire,
    )


@cache
def _screen(game: str) -> tuple[int, int]:
    """Return how many rows and columns a game's screen has."""
    console = _load("ale_py").ALEInterface()
    console.loadROM(_load("ale_py.roms").get_rom_path(game))
    height, width = console.getScreenDims()
    return int(height), int(width)


def _offered(game: str, wanted: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the actions offered, and for each its number as ale-py counts."""
    known = action_names(game)
    for action in wanted:
        if action not in known:
            raise MlaError(f"{game} has no action {action!r}.{did_you_mean(action, known)}")
    names = tuple(wanted) or known
    return names, np.array([known.index(action) for action in names], np.int64)


def _bare(game: str) -> str:
    """Return a name without capitals, spaces and marks."""
    return re.sub(r"[^a-z0-9]", "", game.lower())
