"""Watch a machine learn: record a training, then see it as a film, a page that scrubs, or a picture.

    import mlanimated as mla

    film = mla.film("gradient-descent", learning_rate=0.3)
    film.save("ball.mp4")

Names are loaded when they are first used: to import the package loads no library.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from mlanimated import draw, recipes, record, views
    from mlanimated.agents.agent import Agent, agent
    from mlanimated.agents.board_agent import BoardAgent
    from mlanimated.errors import MlaError
    from mlanimated.projector.film import Film
    from mlanimated.projector.ribbon import Count
    from mlanimated.record.session import finish, init, log
    from mlanimated.scale.sweep import Sweep, sweep
    from mlanimated.studio.notebook import live
    from mlanimated.trace import Recorder, Remote, Stopped, Trace
    from mlanimated.views.clock import Clock, Mark
    from mlanimated.views.moment import Moment
    from mlanimated.views.scene import Panel, Scene, View

__all__ = [
    "Agent",
    "Clock",
    "Count",
    "Film",
    "Mark",
    "MlaError",
    "Moment",
    "Recorder",
    "Remote",
    "Scene",
    "Stopped",
    "Sweep",
    "Trace",
    "View",
    "agent",
    "draw",
    "film",
    "finish",
    "init",
    "live",
    "log",
    "recipes",
    "record",
    "redo",
    "sweep",
    "train",
    "views",
]

__version__ = "0.1.0"

_HOMES = {
    "Agent": "mlanimated.agents.agent",
    "Clock": "mlanimated.views.clock",
    "Count": "mlanimated.projector.ribbon",
    "Film": "mlanimated.projector.film",
    "Mark": "mlanimated.views.clock",
    "MlaError": "mlanimated.errors",
    "Moment": "mlanimated.views.moment",
    "Recorder": "mlanimated.trace",
    "Remote": "mlanimated.trace",
    "Scene": "mlanimated.views.scene",
    "Stopped": "mlanimated.trace",
    "Sweep": "mlanimated.scale.sweep",
    "Trace": "mlanimated.trace",
    "View": "mlanimated.views.scene",
    "agent": "mlanimated.agents.agent",
    "sweep": "mlanimated.scale.sweep",
    "finish": "mlanimated.record.session",
    "init": "mlanimated.record.session",
    "live": "mlanimated.studio.notebook",
    "log": "mlanimated.record.session",
}
"""Where a public name lives; a name that is not here is a part of the package (`views`) or stands below."""


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    elif name in __all__:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        from mlanimated.errors import did_you_mean

        meant = did_you_mean(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{meant}", name=name, obj=__name__)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def film(
    what: str | Path | Trace | Panel, traces: Trace | Mapping[str, Trace] | None = None, /, **arguments: Any
) -> Film:
    """Return a film: of a recipe, of a trace, or of a scene of your own.

        film("gradient-descent", learning_rate=0.3)     # trains, and shows it
        film("runs/mine.mla")                           # a scene laid out from what the trace holds
        film(left | right, trace, title="My training")  # your own scene

    Args:
        what: A recipe's name (`mla list` shows them), the path of a trace (it ends in .mla), a Trace, or a View or Scene.
        traces: With a View or Scene: the trace that it draws, or several by name, the leading one first.
        **arguments: With a recipe its own arguments; else those of `Film`: title, clock, captions, width, height, fps…

    Raises:
        MlaError: An unknown recipe or argument, a value out of range, or a trace that cannot be read. One line says what is
            allowed.
    """
    from mlanimated.errors import MlaError
    from mlanimated.projector.film import Film
    from mlanimated.trace import Trace
    from mlanimated.views.scene import Panel

    if isinstance(what, Panel):
        if traces is None:
            raise MlaError("A scene needs a trace to draw: mla.film(scene, trace).")
        return _checked(Film, what, traces, arguments)
    if traces is not None:
        raise MlaError("Traces are given with a view or a scene only: mla.film(scene, trace).")
    if isinstance(what, Trace):
        from mlanimated.views.auto import scene_of

        return _checked(Film, scene_of(what), what, {"title": what.about.name, **arguments})
    if not isinstance(what, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise MlaError(
            f"A film is made of a recipe's name, a trace or its path, or a scene, not with {type(what).__name__}."
        )
    if isinstance(what, Path) or what.endswith(".mla"):
        trace = Trace.open(what)
        return film(trace, **{"title": trace.about.name or Path(what).stem, **arguments})
    from mlanimated.recipes import find

    return find(what).make(**arguments)


def redo(path: str | Path, out: str | Path | None = None) -> Path:
    """Make a film again from what its own file says: recipe, arguments, seed, size, theme and rate.

    Args:
        path: A film that `mla film` or `film("…").save(…)` wrote.
        out: Where the new one goes, in any format; beside the old one by default.

    Returns:
        The path of the new film.

    Raises:
        MlaError: The file does not say how it was made.
    """
    from mlanimated.projector.redo import redo as again
    from mlanimated.recipes import find

    return again(path, out, build=lambda name, arguments: find(name).make(**arguments))


def train(
    game: str, learner: str = "", *, resume: bool = False, start: str | os.PathLike[str] = "", **arguments: Any
) -> Agent | BoardAgent | None:
    """Train an agent from a game's name alone: any Atari game, Gymnasium environment, Connect Four or Tic Tac Toe.

        agent = train("pong")
        train("seaquest", "double-dqn", steps=10_000_000, resume=True)
        train("pong", seed=1, start="pong", sticky=0.25)

    It shows how far it is. Trace, checkpoint and agent are kept in runs/; ctrl-C keeps them too.

    Args:
        game: Its name, in any usual spelling, or the id of a Gymnasium environment.
        learner: "ppo", "double-dqn", "parallel-q", "pong-from-pixels", "soft-actor-critic" or "self-play"; none: self-play of a board game,
            soft-actor-critic where an action is numbers, else ppo.
        resume: Go on with the training that is there.
        start: Begin with the weights of this agent: the name of one that ships, or the path of one that was trained here. Of ppo.
        **arguments: The learner's own by name (steps, seed, learning_rate, …), `overwrite=True` to begin anew, `folder`.

    Returns:
        The agent; None of "pong-from-pixels", whose trace holds its weights.

    Raises:
        MlaError: An unknown game, learner or argument, or a training that is there already. One line says what is allowed.
    """
    from mlanimated.agents.progress import Watcher
    from mlanimated.agents.training import train as run

    with Watcher(game) as watch:
        return run(game, learner, resume=resume, start=start, watch=watch, **arguments)


def _checked(kind: type[Film], scene: Panel, traces: Trace | Mapping[str, Trace], arguments: Mapping[str, Any]) -> Film:
    """Make the film; an argument that it does not have is a mistake that the user can mend."""
    import dataclasses

    from mlanimated.errors import MlaError, did_you_mean

    known = [field.name for field in dataclasses.fields(kind) if field.name not in {"scene", "traces"}]
    for name in arguments:
        if name not in known:
            raise MlaError(f"A film has no argument {name!r}.{did_you_mean(name, known)}")
    return kind(scene, traces, **arguments)
