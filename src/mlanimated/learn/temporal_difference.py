"""Temporal difference: learn what each action is worth by playing, without knowing the rules (Sutton and Barto, chapters 6 to 8, 12).

After each step the value of the action taken moves towards a target: the reward, and what the next state is believed to be worth.
The four methods differ in that belief: the action that will be taken (SARSA), all actions as likely as they are (expected SARSA),
the best one (Q-learning), or the best one by one table as the other one values it (double Q-learning).

Recorded at step n, the n-th step of play: `q` (states, actions; 0 where an action is not offered), `values` (states,), the step itself
as `state`, `action`, `reward`, `next_state`; what was learned from it as `before`, `target`, `error`, `after`; where the
player is now, `place`; how many cells have learned, `filled`; `episode`, `epsilon`; `eligibility` (states, actions) with traces,
`priority` (states,) with sweeping. At the end of an episode: `return` and `length`. The first `closely` steps are recorded one by one;
after them the ends of all episodes, and ever fewer whole rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.errors import MlaError
from mlanimated.games.model import Step, TabularGame
from mlanimated.learn.eligibility import Eligibility, Kind
from mlanimated.learn.planning import Memory, Sweeping, dyna
from mlanimated.learn.seeding import generator, restored, saved
from mlanimated.learn.table_story import Story
from mlanimated.learn.tasks import Task, board
from mlanimated.trace import Recorder

__all__ = ["Args", "Method", "train"]

Floats = NDArray[np.float64]

LAST_SWEEP = 200_000
"""Pairs that are swept after the last game, so that all that was seen is thought through to its end."""

Method = Literal["sarsa", "expected sarsa", "q-learning", "double q-learning"]


class Args(Struct, frozen=True, kw_only=True):
    """Hyperparameters."""

    task: Annotated[Task, Meta(description="The game.")] = "lake 4x4"
    method: Annotated[Method, Meta(description="What the target is.")] = "q-learning"
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="How far a value moves towards its target.")] = 0.5
    averaging: Annotated[
        float, Meta(ge=0, le=1, description="The learning rate is divided by visits to this power; 0 keeps it.")
    ] = 0.0
    gamma: Annotated[float, Meta(ge=0, le=1, description="What a reward is worth a step later.")] = 0.9
    epsilon: Annotated[float, Meta(ge=0, le=1, description="Chance of a random action in the first episode.")] = 0.5
    epsilon_last: Annotated[float, Meta(ge=0, le=1, description="That chance in the last episode.")] = 0.0
    optimism: Annotated[float, Meta(ge=-100, le=100, description="What every action is believed to be worth.")] = 0.0
    trace_decay: Annotated[float, Meta(ge=0, le=1, description="λ: how long errors reach back; 0 for one step.")] = 0.0
    traces: Annotated[Kind, Meta(description="What a second visit does to a trace.")] = "replacing"
    planning: Annotated[
        Literal["none", "dyna", "prioritized sweeping"], Meta(description="How remembered steps are used.")
    ] = "none"
    planning_steps: Annotated[int, Meta(ge=0, le=10_000, description="Remembered steps after each real one.")] = 20
    episodes: Annotated[int, Meta(ge=1, le=1_000_000, description="Games to play.")] = 200
    longest: Annotated[int, Meta(ge=1, le=1_000_000, description="Steps of a game at the most.")] = 1000
    step_cost: Annotated[float, Meta(ge=0, le=100, description="Taken off each reward, on the grid world.")] = 0.0
    closely: Annotated[int, Meta(ge=0, le=1_000_000, description="Steps recorded one by one.")] = 2000
    seed: Annotated[int, Meta(ge=0, description="Seed of play and ice.")] = 0


def train(
    args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None, *, game: TabularGame | None = None
) -> Floats:
    """Play, and return what each action is worth, (states, actions); -inf where an action is not offered.

    Args:
        args: The hyperparameters.
        recorder: Takes the series and events, and offers `learning_rate` and `epsilon` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.
        game: Another game than `args.task` names.

    Raises:
        MlaError: Planning and traces, or planning and two tables, are asked for together.
        Stopped: Someone who watches asked for it.
    """
    if args.planning != "none" and (args.trace_decay or args.method == "double q-learning"):
        raise MlaError("Planning goes with one table and no traces: set trace_decay to 0 and take another method.")
    game = game or board(args.task, step_cost=args.step_cost)
    play = Play(args, game)
    if resume:
        play.load(resume)
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    epsilon = recorder.control("epsilon", args.epsilon, minimum=0.0, maximum=1.0)
    story = Story(recorder, game, args.episodes, args.gamma, args.longest)
    if resume:
        story.load(resume["story"])
    else:
        recorder.log(play.row(), step=0)
        story.begin(args.optimism)

    while play.episode < args.episodes:
        done = play.episode / max(1, args.episodes - 1)
        play.epsilon = max(0.0, epsilon.value + (args.epsilon_last - epsilon.value) * done)
        learned = play.step(rate.value)
        last = play.episode == args.episodes
        if play.steps <= args.closely or play.steps >= play.due or last:
            play.due = play.steps * 1.01
            recorder.log(learned, step=play.steps)
        elif "return" in learned:
            recorder.log({name: learned[name] for name in ("return", "length", "episode", "epsilon")}, step=play.steps)
        story.after_step(play.steps, learned)
        if "return" in learned:
            story.after_episode(play.steps, play.episode, play.q, learned)
        recorder.tick(play.steps, state=lambda: {**play.state(), "story": story.state()})
    return play.q


class Play:
    """A player at a game: its table, and where it stands."""

    def __init__(self, args: Args, game: TabularGame) -> None:
        self.args, self.game = args, game
        self.random = generator(args.seed)
        self.offers = [game.legal(state) for state in range(game.states)]
        start = np.full((game.states, game.actions), -np.inf)
        for state, actions in enumerate(self.offers):
            start[state, list(actions)] = args.optimism
        self.tables = [start.copy() for _ in range(2 if args.method == "double q-learning" else 1)]
        self.visits = np.zeros(start.shape)
        self.eligibility = Eligibility((game.states, game.actions), args.traces)
        self.memory = Memory(args.gamma)
        self.sweeping = Sweeping(self.memory, self.tables[0])
        self.epsilon, self.due = args.epsilon, 0.0
        self.steps = self.episode = self.length = 0
        self.total = 0.0
        self.place, self.action = game.start, -1  # -1: not chosen yet

    @property
    def q(self) -> Floats:
        """What each action is believed to be worth, (states, actions)."""
        return self.tables[0] if len(self.tables) == 1 else (self.tables[0] + self.tables[1]) / 2

    def step(self, rate: float) -> dict[str, Any]:
        """Take one step, learn from it, and return what is to be recorded."""
        args, state = self.args, self.place
        action = self.choose(state) if self.action < 0 else self.action
        follow = self.game.step(state, action, self.random)
        self.steps, self.length, self.total = self.steps + 1, self.length + 1, self.total + follow.reward
        over = follow.terminated or follow.truncated or self.length == args.longest
        # The next action is chosen before anything is learned: SARSA needs it, and so does Watkins' rule.
        after = -1 if follow.terminated else self.choose(follow.state)

        self.visits[state, action] += 1
        size = rate / self.visits[state, action] ** args.averaging if args.averaging else rate
        before = float(self.q[state, action])
        if args.planning == "prioritized sweeping":
            self.memory.add(state, action, follow)
            target = self.memory.target((state, action), self.sweeping.best)
            self.sweeping.push((state, action))
            last = over and self.episode + 1 == args.episodes
            self.sweeping.sweep(LAST_SWEEP if last else args.planning_steps)
        else:
            target = self.learn(state, action, follow, after, size)
            if args.planning == "dyna":
                self.memory.add(state, action, follow)
                dyna(self.memory, self.tables[0], size, args.planning_steps, self.random)

        row = {
            "state": state,
            "action": action,
            "reward": follow.reward,
            "next_state": follow.state,
            "before": before,
            "target": target,
            "error": target - before,
            "after": float(self.q[state, action]),
        }
        if over:
            row |= {"return": self.total, "length": self.length}
            self.eligibility.cut()
            self.episode, self.length, self.total = self.episode + 1, 0, 0.0
        # Where the task goes on by itself (truncated) the player is carried on; else it begins anew.
        begins = over and not follow.truncated
        self.place, self.action = (self.game.start, -1) if begins else (follow.state, after)
        return {**self.row(), **row}

    def choose(self, state: int) -> int:
        """Return an action: a random one with the chance epsilon, else one that is believed to be best."""
        if self.random.random() < self.epsilon:
            offered = self.offers[state]
            return offered[int(self.random.random() * len(offered))]
        best = np.flatnonzero(self.q[state] == self.q[state].max())
        return int(best[0] if len(best) == 1 else best[int(self.random.random() * len(best))])

    def learn(self, state: int, action: int, follow: Step, after: int, rate: float) -> float:
        """Move the value of an action, and of those that led to it, towards the target; return that."""
        index = int(self.random.random() * 2) if len(self.tables) == 2 else 0
        table = self.tables[index]
        ahead = 0.0 if follow.terminated else self.worth(follow.state, after, table, self.tables[index - 1])
        target = follow.reward + self.args.gamma * ahead
        error = target - float(table[state, action])
        if not self.args.trace_decay:
            table[state, action] += rate * error
            return target
        self.eligibility.visit(state, action)
        table += rate * error * self.eligibility.values
        off_policy = self.args.method in {"q-learning", "double q-learning"}
        if off_policy and after >= 0 and self.q[follow.state, after] < self.q[follow.state].max():
            self.eligibility.cut()  # Watkins: what follows is not what the best player would have met
        else:
            self.eligibility.fade(self.args.gamma * self.args.trace_decay)
        return target

    def worth(self, state: int, action: int, table: Floats, other: Floats) -> float:
        """Return what the next state is believed to be worth, by the method."""
        values = table[state]
        if self.args.method == "sarsa":
            return float(values[action])
        if self.args.method == "expected sarsa":
            offered = values[list(self.offers[state])]
            best = offered[offered == offered.max()]
            return float(self.epsilon * offered.mean() + (1.0 - self.epsilon) * best.mean())
        if self.args.method == "q-learning":
            return float(values.max())
        return float(other[state, int(values.argmax())])

    def row(self) -> dict[str, Any]:
        """Return what is recorded of the table and the player."""
        q = self.q
        shown = np.where(np.isfinite(q), q, 0.0)
        best = q.max(axis=1)
        row: dict[str, Any] = {
            "q": shown,
            "values": np.where(np.isfinite(best), best, 0.0),
            "filled": int((np.isfinite(q) & (q != self.args.optimism)).sum()),
            "place": self.place,
            "episode": self.episode,
            "epsilon": self.epsilon,
        }
        if self.args.trace_decay:
            row["eligibility"] = self.eligibility.values
        if self.args.planning == "prioritized sweeping":
            row["priority"] = self.sweeping.of_states()
        return row

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint needs."""
        simple = ("epsilon", "due", "steps", "episode", "length", "total", "place", "action")
        return {
            **{name: getattr(self, name) for name in simple},
            "random": saved(self.random),
            "tables": [table.copy() for table in self.tables],
            "visits": self.visits.copy(),
            "eligibility": self.eligibility.values.copy(),
            "memory": self.memory.state(),
            "sweeping": self.sweeping.state(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        for name in ("epsilon", "due", "steps", "episode", "length", "total", "place", "action"):
            setattr(self, name, state[name])
        self.random = restored(state["random"])
        for table, kept in zip(self.tables, state["tables"], strict=True):
            table[:] = kept
        self.visits[:], self.eligibility.values[:] = state["visits"], state["eligibility"]
        self.memory.load(state["memory"])
        self.sweeping.load(state["sweeping"])
