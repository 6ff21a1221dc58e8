"""What an agent that learned to walk reaches; and its way to those that ship.

    scripts/bench walking                                                    # 100 games of the agent that ships
    scripts/bench walking --ship runs/bipedalwalker-v3-soft-actor-critic-0   # measures a trained agent and ships it

Games are full games of BipedalWalker-v3 with a seed each, without chance; all that were begun are counted. What ships beside the agent
is a recording of a few ages of its training, for the films.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec
from _deep import print_walking

import mlanimated as mla
from mlanimated.agents.agent import SHIPPED
from mlanimated.agents.walks import AGES, ages
from mlanimated.learn.ages import Ages, at_age

NAME = "walker"
SPACED = 4  # ages that are kept besides those between which it learned to walk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ship", metavar="PATH", help="measure a trained agent and ship it")
    parser.add_argument("--games", type=int, default=100, help="full games of the evaluation")
    options = parser.parse_args()
    if options.ship:
        ship(Path(options.ship), options.games)
    else:
        print_walking()


def ship(path: Path, games: int) -> None:
    """Write what an agent reaches onto its card, and put it and a few of its ages with those that ship."""
    agent = mla.agent(path)
    measured = agent.measure(games, noops=0)
    mla.Agent(msgspec.structs.replace(agent.card, name=NAME, measured=(measured,)), agent.network).save(SHIPPED / NAME)
    print(
        f"mean {measured.mean} ({measured.low} to {measured.high}) of {measured.games} games, the worst {measured.worst}"
    )
    trace = mla.Trace.open(path.with_name(path.name + ".mla"))
    scores = ages(str(path.with_name(path.name + ".mla")))
    known = list(scores)
    first = next(at for at, age in enumerate(known) if scores[age] >= scores[known[-1]] / 3)
    spaced = {round(at * (len(known) - 1) / SPACED) for at in range(SPACED + 1)}
    with mla.Recorder(
        AGES, name="BipedalWalker-v3 soft-actor-critic", args=trace.about.args, overwrite=True
    ) as recorder:
        kept = Ages(recorder)
        for at in sorted(spaced | {max(0, first - 1), first}):
            kept.note(known[at], {"network": at_age(trace, known[at])}, last=True)
            recorder.log({"score/watched": scores[known[at]]}, step=known[at])


if __name__ == "__main__":
    main()
