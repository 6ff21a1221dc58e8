"""Chapter 16: Pong from pixels, what goes in and how the net answers: the picture made small step by step, then the network at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from mlanimated.agents import watching
from mlanimated.draw.text import number
from mlanimated.envs.atari import Atari, Game
from mlanimated.envs.objects import locate, things
from mlanimated.envs.playback import Playback
from mlanimated.errors import MlaError
from mlanimated.learn import pong_from_pixels
from mlanimated.learn.ages import at_age, known_ages
from mlanimated.learn.pong_from_pixels import DOWN, SEEN, UP, lit
from mlanimated.learn.seeding import generator
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.pong_from_pixels import ROLLOUT, SIGNED
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.trace import Recorder, Trace
from mlanimated.views import Bars, Clock, HeatMap, Mark, Picture, Screen

__all__ = ["RECIPES", "crop", "erase", "halve"]

LATEST = 160
"""Steps by which the ball has long been in play."""
WHILE = 16
"""Steps for which the ball must be seen, half of them before the first picture that is shown."""
BALL = 236
"""The grey of the ball."""
RATE = 15.0
COUNT = Count(word="second of the game", series="second", words=())
COURT = (0, 34, 160, 160)
"""x, y, width and height of what is left when the score is cut off."""


class Pictures(Struct, frozen=True, kw_only=True):
    """Which game, and how much of it."""

    length: Annotated[
        float, Meta(ge=1, le=600, description="Seconds of play that are shown when all is explained.")
    ] = 6.0
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game and its moves.")] = 1


class Answers(Struct, frozen=True, kw_only=True):
    """Which net plays."""

    trace: Annotated[str, Meta(description="Recording of a long training; none: train briefly.")] = ""
    changes: Annotated[int, Meta(ge=1, le=10_000, description="Changes of the weights; 850 play well.")] = 10
    games: Annotated[int, Meta(ge=1, le=1024, description="Games played side by side.")] = 16
    length: Annotated[float, Meta(ge=1, le=600, description="Seconds of play that are shown.")] = 10.0
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws weights, games and moves.")] = 1


def crop(picture: np.ndarray) -> np.ndarray:
    """Return a screen (210, 160) without score and frame: (160, 160)."""
    x, y, wide, high = COURT
    return picture[y : y + high, x : x + wide]


def halve(picture: np.ndarray) -> np.ndarray:
    """Return every second pixel of every second row: (80, 80)."""
    return picture[::2, ::2]


def erase(picture: np.ndarray) -> np.ndarray:
    """Return 255 where something stands before the background, else 0, uint8."""
    return np.where(lit(picture), 255, 0).astype(np.uint8)


def record_pictures(args: Pictures, recorder: Recorder, resume: Any = None) -> None:
    """Play a game at random; take one of its pictures apart, then let it run."""
    del resume
    world = Atari("pong", seeds=[args.seed + 1], preprocessing=SEEN)
    random = generator(args.seed)
    moves, seen = list[int](), [world.observation[0].copy()]
    for _ in range(LATEST + round(args.length * RATE)):
        moves.append(int(random.integers(2)))
        seen.append(world.step(np.array(moves[-1:])).final[0].copy())
    flying = _flying([picture[1] for picture in seen[:LATEST]])
    played = Game(0, args.seed + 1, 0.0, np.array(moves, np.uint8), True)
    recorder.log({"game": watching.named("pong", SEEN, played)}, step=0)
    for row in range(4 + round(args.length * RATE) + 1):
        at = flying + max(0, row - 4)
        before, now = seen[at]
        stages: dict[str, Any] = {"at": float(at), "second": at / RATE}
        cut = crop(now)
        made = {
            "stage/crop": cut,
            "stage/half": halve(cut),
            "stage/erased": erase(halve(cut)),
            "stage/difference": pong_from_pixels.difference(np.stack([before, now])[None])[0]
            .reshape(80, 80)
            .astype(np.int8),
        }
        stages |= dict(list(made.items())[: max(0, row)])
        recorder.log(stages, step=row)


def pictures(args: Pictures, traces: Mapping[str, Trace]) -> Film:
    """Return the screen, and beside it what becomes of it, one stage after the other."""
    del args
    screen = Screen(watching.open_console, crop=COURT)
    stages = (
        Picture("stage/crop", title="1  Score cut off"),
        Picture("stage/half", title="2  Every second pixel"),
        Picture("stage/erased", title="3  Background erased"),
        HeatMap("stage/difference", map="diverging", limits=SIGNED, bar=False, title="4  Minus the one before"),
    )
    told = (
        Mark(0, "screen", "A screen of the console is 210 × 160 pixels in three colours: 100 800 numbers."),
        Mark(1, "crop", "The score and the walls tell nothing about the next move: they are cut off."),
        Mark(2, "halve", "Every second pixel of every second row is enough: 80 × 80 are left."),
        Mark(3, "erase", "The background is erased: what is left are ball and paddles."),
        Mark(
            4, "difference", "The picture before is taken off, so that one picture tells where things go: 6400 numbers."
        ),
        Mark(6, "play", "This is all that the network sees: blue is where something is now, orange where it was."),
    )
    return Film(
        screen.shared(1.35) | ((stages[0] | stages[1]) / (stages[2] | stages[3])),
        traces,
        Clock(pace="even", seconds=traces[""].last_step / RATE, intro=0.5, hold=0.3),
        title="Pong from pixels: what goes into the network",
        captions=told,
        count=COUNT,
        alt="A screen of Pong is cropped, halved, its background erased and the picture before taken off, step by step.",
    )


def record_network(args: Answers, recorder: Recorder, resume: Any = None) -> None:
    """Train briefly, or take the weights of a recording; then play a game and record what every hidden unit says.

    Raises:
        MlaError: The recording holds no weights of this method.
    """
    del resume
    weights, steps = _weights(args)
    world = Atari("pong", seeds=[args.seed + 1], preprocessing=SEEN)
    random = generator(args.seed)
    moves, rows = list[int](), list[dict[str, Any]]()
    courts = list[np.ndarray]()
    for step in range(LATEST + round(args.length * RATE)):
        courts.append(world.observation[0, 1].copy())
        picture = pong_from_pixels.difference(world.observation)
        hidden, p_up = pong_from_pixels.forward(picture, weights)
        up = bool(random.random() < p_up[0])
        votes = (hidden[0] * weights[1]).astype(np.float32)
        width = next(wide for wide in (10, 8, 5, 4, 2, 1) if votes.size % wide == 0)
        rows.append(
            {
                "at": float(step),
                "second": step / RATE,
                "difference": picture[0].reshape(80, 80).astype(np.int8),
                "votes": votes.reshape(-1, width),
                "p": np.array([p_up[0], 1 - p_up[0]], np.float32),
                "sum": float(votes.sum()),
            }
        )
        moves.append(UP if up else DOWN)
        world.step(np.array(moves[-1:]))
    played = Game(0, args.seed + 1, 0.0, np.array(moves, np.uint8), True)
    first = _flying(courts[:LATEST])
    last = min(len(rows), first + round(args.length * RATE) + 1)
    recorder.log({"game": watching.named("pong", SEEN, played), "learned": float(steps)}, step=first)
    console = Playback("pong", played, SEEN)
    ball = next(thing for thing in things("pong") if thing.name == "ball")
    for step in range(first, last):
        recorder.log({**rows[step], "ball": locate(ball, console.picture(step))}, step=step)


def network(args: Answers, traces: Mapping[str, Trace]) -> Film:
    """Return the picture that goes in, the votes of the hidden units, and the probability that comes out."""
    del args
    (trace,) = traces.values()
    steps = float(trace.value("learned", trace.first_step))
    units = int(np.prod(trace.info("votes").shape))
    told = (
        Mark(
            trace.first_step,
            "start",
            f"Learned from {number(steps, 0)} moves. Each hidden unit compares the picture with its own and votes for up (blue) or down.",
        ),
        Mark(
            (trace.first_step + trace.last_step) // 2,
            "draw",
            "The sum of the votes gives the probability of up; the move is drawn by it, so that others are tried now and then.",
        ),
    )
    screen = Screen(watching.open_console, path="ball", title="The game")
    seen = HeatMap("difference", map="diverging", limits=SIGNED, bar=False, title="6400 numbers go in")
    votes = HeatMap("votes", map="diverging", square=False, title=f"{units} hidden units vote")
    out = Bars("p", ("up", "down"), format="{:.2f}", limits=(0, 1), glide=False, title="P(up) comes out")
    return Film(
        screen.shared(1.3) | (seen.shared(1.8) / out).shared(0.8) | votes.shared(0.75),
        traces,
        Clock(pace="even", seconds=len(trace.steps()) / RATE, intro=1.0, hold=0.0),
        title="Pong from pixels: the network at work",
        captions=told,
        count=COUNT,
        alt="A difference picture of Pong goes into a network; its hidden units vote, and the probability of going up comes out.",
    )


def _flying(screens: list[np.ndarray]) -> int:
    """Return the first step from which the ball is seen for a while, of grey screens (210, 160)."""
    there = np.array([(crop(screen) == BALL).any() for screen in screens])
    run = np.convolve(there, np.ones(WHILE, np.int64), "valid") == WHILE
    return int(run.argmax()) + WHILE // 2 if run.any() else len(screens) - 1


def _weights(args: Answers) -> tuple[list[np.ndarray], int]:
    """Return the weights of a net and how many moves it learned from."""
    if not args.trace:
        steps = args.changes * args.games * ROLLOUT
        given = pong_from_pixels.Args(
            steps=steps,
            games=args.games,
            rollout=ROLLOUT,
            seed=args.seed,
            record_every=args.changes + 1,
            threads=1,
        )
        with Recorder() as unseen:
            return pong_from_pixels.train(given, unseen), steps
    trace = Trace.open(args.trace)
    ages = known_ages(trace)
    arrays = at_age(trace, ages[-1]) if ages else {}
    if set(arrays) != {"0", "1"} or arrays["0"].shape[0] != 6400:
        raise MlaError(
            f"{args.trace} holds no weights of Pong from pixels: mla train pong --learner pong-from-pixels keeps them."
        )
    return [arrays["0"], arrays["1"]], ages[-1]


RECIPES = (
    Recipe(
        name="pong-preprocessing",
        chapter=16,
        summary="Pong from pixels: the picture is cropped, halved, erased and compared with the one before, step by step.",
        seconds=15,
        arguments=Pictures,
        runs=lambda args: {"": Run(record_pictures, args)},
        film=pictures,
        quick={"length": 1.0},
        extra="atari",
    ),
    Recipe(
        name="pong-network",
        chapter=16,
        summary="Pong from pixels: the picture goes in, 200 hidden units vote, the probability of going up comes out.",
        seconds=20,
        arguments=Answers,
        runs=lambda args: {"": Run(record_network, args)},
        film=network,
        quick={"changes": 1, "games": 2, "length": 1.0},
        extra="atari",
    ),
)
