"""Watch an agent play: one full game, recorded as its moves and what the agent thought, with the highlights that it has.

    watched = watch("pong", seed=1)                  # or watch("runs/breakout-ppo-0"), or watch("", game="seaquest") at random
    record(Args(agent="pong"), recorder)             # what a film needs, some bytes a step; no picture is stored

A trace of a game holds, by the game's own steps: `game` (once, text: seed and moves, all that `open_console` needs to show it), `player`
(once, text: who plays, read by `player_of`), `at`,
`second`, `score`, `lives`, `action`; of an agent `chances` (probability of each action) or `q` (what each is worth), and `value`;
`object/…`, the boxes of things that `envs.objects` finds; on request `saliency`. Rows are those of the clips that are shown, and a few
of what lies between two of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct

from mlanimated.agents.aged import aged, is_aged
from mlanimated.agents.agent import Agent, agent, cards
from mlanimated.agents.saliency import saliency
from mlanimated.envs.atari import USUAL, Atari, Game, Preprocessing, replay
from mlanimated.envs.atari import name as game_name
from mlanimated.envs.highlights import Highlight, Story, clips, highlights, settled
from mlanimated.envs.objects import count, locate, things
from mlanimated.envs.playback import Playback
from mlanimated.errors import MlaError
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.scores import game_of, text_of
from mlanimated.trace import Recorder, Trace

__all__ = ["Args", "Player", "Watched", "agent_for", "named", "open_console", "player_of", "record", "watch"]

FORWARD = 12
"""Rows of what lies between two clips: a film runs through them in less than a second."""


class Args(Struct, frozen=True, kw_only=True):
    """Who plays what, and how much of it is recorded."""

    agent: Annotated[str, Meta(description="Name or path of an agent; none: the buttons are pressed at random.")] = ""
    draws: Annotated[bool, Meta(description="Moves are drawn by their probabilities, as in training.")] = False
    game: Annotated[str, Meta(description="The game, where no agent tells it.")] = ""
    like: Annotated[str, Meta(description="An agent whose rules of play are kept to, where none plays.")] = ""
    seed: Annotated[int, Meta(ge=0, le=2**31 - 2, description="Draws the game.")] = 1
    sticky: Annotated[float, Meta(ge=0, lt=1, description="Chance that a frame repeats the action before.")] = 0.0
    most: Annotated[int, Meta(ge=1, le=10**6, description="Steps played at the most.")] = 27_000
    seconds: Annotated[float, Meta(gt=0, le=10**5, description="Seconds of the game that are recorded.")] = 24.0
    choose: Annotated[Literal["highlights", "beginning"], Meta(description="Which of its seconds.")] = "highlights"
    saliency: Annotated[bool, Meta(description="Record what the network looks at, too.")] = False


class Player(Struct, frozen=True, kw_only=True):
    """Who plays a game that was recorded.

    Attributes:
        game: The game's name.
        actions: Names of the actions.
        name: The agent's name; "" of random moves.
        learner: What it learned with.
        steps: Steps that it learned from.
        score: Mean score of the full games that its card tells; None where it tells none.
        games: How many those were.
    """

    game: str
    actions: tuple[str, ...]
    name: str = ""
    learner: str = ""
    steps: int = 0
    score: float | None = None
    games: int = 0


@dataclass(frozen=True)
class Watched:
    """A game that was watched, n steps long.

    Attributes:
        game: The game's name.
        preprocessing: How it was played.
        played: Seed and moves.
        actions: Names of the actions.
        chances: float32 (n, actions): probabilities, or what each action is worth where `kind` is "q".
        value: float32 (n,): what the agent expected; not finite where it does not say.
        kind: "chances" or "q".
        points: float32 (n,): what each step brought.
        lives: int32 (n + 1,).
        boxes: Name of a thing → float32 (n + 1, 4).
        highlights: The moments to be shown, in order.
        story: What they were found in.
        over: Whether the game came to its end.
        player: Who played; None of random moves.
    """

    game: str
    preprocessing: Preprocessing
    played: Game
    actions: tuple[str, ...]
    chances: np.ndarray
    value: np.ndarray
    kind: str
    points: np.ndarray
    lives: np.ndarray
    boxes: dict[str, np.ndarray]
    highlights: tuple[Highlight, ...]
    story: Story
    over: bool
    player: Agent | None

    @property
    def end(self) -> int:
        """The step with which a film of it ends: the last, or where nothing more comes in a game that was stopped at the limit."""
        return settled(self.story) if self.over and self.played.truncated else len(self.points)

    @property
    def text(self) -> str:
        """All that `open_console` needs to show it."""
        return named(self.game, self.preprocessing, self.played)


def agent_for(game: str, folder: Path = Path("runs")) -> str:
    """Return the agent that plays a game: the best that ships, of equals the one with the game's name; else the newest trained here.

    Raises:
        MlaError: There is neither; the line says how to train one, or which game may have been meant.
    """
    title = game_name(game)
    ship = [card for card in cards() if card.game == title]
    if ship:
        return max(
            ship, key=lambda card: (max((one.mean for one in card.measured), default=-np.inf), card.name == title)
        ).name
    own = sorted(folder.glob(f"{title}-*.safetensors"), key=lambda path: path.stat().st_mtime)
    if own:
        return str(own[-1].with_suffix(""))
    raise MlaError(
        f"No trained agent ships for {title}: 'mla train {title}' makes one, which 'mla watch {title}' shows."
    )


def watch(
    player: str,
    *,
    game: str = "",
    like: str = "",
    seed: int = 1,
    sticky: float = 0.0,
    most: int = 27_000,
    draws: bool = False,
) -> Watched:
    """Let an agent play one game from its beginning and return all that happened.

    Args:
        player: Name or path of the agent, or RECORDING.mla@STEPS for one at an earlier age; "" presses buttons at random.
        game: The game; where an agent tells it, it must be the same.
        like: An agent whose game and rules are kept to, where moves are random.
        seed: Draws the game: its idle frames, sticky frames and random moves.
        sticky: Chance that a frame repeats the action before.
        most: Steps at the most.
        draws: Draw moves by their probabilities, as in training; else the best is made. Where there are none the best is made.

    Raises:
        MlaError: There is no such agent or game.
        MissingExtra: What plays is not installed.
    """
    chosen = (aged(player) if is_aged(player) else agent(player)) if player else None
    model = chosen or (agent(like) if like else None)
    if model and game and (wanted := game_name(game)) != model.card.game:
        raise MlaError(f"{player or like} plays {model.card.game}, not {wanted}.")
    title, rules = (model.card.game, model.card.preprocessing) if model else (game_name(game), USUAL)
    rules = msgspec.structs.replace(rules, sticky=sticky)
    world = Atari(title, seeds=[seed + 1], preprocessing=rules)
    random = np.random.default_rng(seed)
    lives, points, moves = list[int](), list[float](), list[int]()
    said, worth = list[np.ndarray](), list[float]()
    ended: tuple[Game, ...] = ()
    kind = "q" if chosen is not None and "policy" not in chosen.card.heads else "chances"
    while not ended and len(moves) < most:
        row, value = _said(chosen, world.observation, len(world.actions))
        if chosen is None:
            move = int(random.integers(len(row)))
        elif draws and kind == "chances":
            move = min(int(np.searchsorted(np.cumsum(row), random.random(), side="right")), len(row) - 1)
        else:
            move = int(row.argmax())
        step = world.step(np.array([move]))
        said.append(row)
        worth.append(value)
        moves.append(move)
        points.append(float(step.points[0]))
        lives.append(int(step.lives[0]))
        ended = step.games
    played = ended[0] if ended else Game(0, seed + 1, float(sum(points)), np.array(moves, np.uint8), True)
    story, boxes = _pictured(title, rules, played, np.array(points, np.float32), np.array([lives[0], *lives], np.int32))
    return Watched(
        title, rules, played, world.actions, np.stack(said), np.array(worth, np.float32), kind,
        story.points, story.lives, boxes, tuple(highlights(story)), story, bool(ended), chosen,
    )  # fmt: skip


def record(args: Args, recorder: Recorder, resume: Any = None) -> Watched:
    """Let an agent play one game, and record the part of it that a film shows.

    Args:
        args: Who plays what.
        recorder: Takes the series; each highlight that is shown is an event, and so are beginning and end.
        resume: A game is played from its beginning; nothing is taken up.
    """
    del resume
    torch = load_torch() if args.agent else None
    threads = torch.get_num_threads() if torch else 1
    if torch:
        torch.set_num_threads(1)  # a small network is quicker so, and other work goes on
    try:
        watched = watch(args.agent, game=args.game, like=args.like, seed=args.seed, sticky=args.sticky, most=args.most)
        wanted = [] if args.choose == "beginning" else list(watched.highlights)
        shown = clips(wanted, watched.story, args.seconds, watched.end)
        if args.choose == "beginning":
            shown = [(0, min(len(watched.points), round(args.seconds * watched.story.rate)))]
        _log(watched, shown, recorder, looks=args.saliency)
    finally:
        if torch:
            torch.set_num_threads(threads)
    return watched


def named(game: str, preprocessing: Preprocessing, played: Game) -> str:
    """Return a game as text for a trace: all that it takes to see it again, some hundred bytes a minute of play."""
    rules = msgspec.to_builtins(preprocessing)
    return json.dumps({"game": game, "preprocessing": rules, "played": json.loads(text_of(played))})


def open_console(text: str) -> Playback:
    """Return the game that `named` wrote, ready to be seen at any moment."""
    found = json.loads(text)
    rules = msgspec.convert(found["preprocessing"], Preprocessing)
    return Playback(found["game"], game_of(json.dumps(found["played"])), rules)


def player_of(trace: Trace) -> Player:
    """Return who plays in a trace of a game."""
    return msgspec.json.decode(str(trace.value("player", trace.last_step)), type=Player)


def _player(watched: Watched) -> Player:
    """Return who plays."""
    if watched.player is None:
        return Player(game=watched.game, actions=watched.actions)
    card = watched.player.card
    first = card.measured[0] if card.measured else None
    return Player(
        game=watched.game, actions=watched.actions, name=card.name, learner=card.learner, steps=card.steps,
        score=first.mean if first else None, games=first.games if first else 0,
    )  # fmt: skip


def _log(watched: Watched, shown: list[tuple[int, int]], recorder: Recorder, *, looks: bool) -> None:
    """Record the clips."""
    last = len(watched.points)
    score = np.concatenate([[0.0], np.cumsum(watched.points)])
    begin, end = shown[0][0], shown[-1][1]
    recorder.log({"game": watched.text, "player": msgspec.json.encode(_player(watched)).decode()}, step=begin)
    eye = Playback(watched.game, watched.played, watched.preprocessing) if looks and watched.player else None
    for index, (first, stop) in enumerate(shown):
        following = shown[index + 1][0] if index + 1 < len(shown) else stop + 1
        between = np.linspace(stop, following, FORWARD + 2)[1:-1].astype(
            np.int64
        )  # what is passed over, in a few steps
        for step in [*range(first, stop + 1), *np.unique(between[between > stop]).tolist()]:
            now = min(step, last - 1)  # at the end nothing is chosen any more
            row: dict[str, Any] = {
                "at": float(step),
                "second": step / watched.story.rate,
                "score": float(score[step]),
                "lives": float(watched.lives[step]),
                "action": float(watched.played.actions[now]),
                watched.kind: watched.chances[now],
            }
            if np.isfinite(watched.value[now]):
                row["value"] = float(watched.value[now])
            row |= {f"object/{name}": boxes[step] for name, boxes in watched.boxes.items()}
            if eye is not None and watched.player is not None and (step - first) % 2 == 0 and step <= stop:
                row["saliency"] = saliency(watched.player, eye.seen(step)[None])[0]
            recorder.log(row, step=step)
    for one in watched.highlights:
        if any(first <= one.step <= stop for first, stop in shown):
            recorder.event(one.name, one.text, step=one.step)
    seconds = last / watched.story.rate
    length = f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} minutes"
    if watched.over and end == last:
        ended = "stopped" if watched.played.truncated else "over"
        recorder.event("end", f"The game is {ended} after {length} of play.", step=end)
    elif watched.over and end == watched.end:
        recorder.event("end", f"Nothing more comes: so it goes on until the game is stopped, after {length}.", step=end)


def _said(player: Agent | None, observation: np.ndarray, actions: int) -> tuple[np.ndarray, float]:
    """Return what a player says of each action, float32 (actions,), and of what it expects; not finite where it does not say."""
    if player is None:
        return np.full(actions, 1 / actions, np.float32), float("nan")
    answers = {name: answer[0] for name, answer in player.answers(observation).items()}
    if "policy" in answers:
        return answers["policy"], float(answers["value"][0]) if "value" in answers else float("nan")
    q = answers["q"] if "q" in answers else answers["value"] + answers["advantage"] - answers["advantage"].mean()
    return q, float(q.max())


def _pictured(
    game: str, rules: Preprocessing, played: Game, points: np.ndarray, lives: np.ndarray
) -> tuple[Story, dict[str, np.ndarray]]:
    """Return what a game's pictures tell, and where its things are."""
    looked, counted = things(game), list[int]()
    boxes: dict[str, list[np.ndarray]] = {thing.name: [] for thing in looked}
    if looked:
        for picture in _pictures(game, rules, played):
            for thing in looked:
                boxes[thing.name].append(locate(thing, picture))
            left = count(game, picture)
            if left is not None:
                counted.append(left)
    found = {name: np.stack(rows) for name, rows in boxes.items()}
    ball = found.get("ball", np.zeros((0, 4), np.float32))
    story = Story(game, 60 / rules.frame_skip, points, lives, ball, np.array(counted, np.int64))
    return story, found


def _pictures(game: str, rules: Preprocessing, played: Game) -> Iterator[np.ndarray]:
    """Yield the screen before each step and at the end."""
    yield from replay(game, played.seed, played.actions, rules, number=played.number)
