"""Text one character at a time: a network learns to tell little tales, and writes them at three temperatures."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.data.little_tales import tale_words
from mlanimated.learn import characters
from mlanimated.learn.characters import FIRST, TEMPERATURES, Args
from mlanimated.projector.film import Film
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Bars, Clock, Lines, Mark, Writing

__all__ = ["RECIPES"]

CALLED = ("careful", "fair", "daring")


def film(args: Args, traces: Mapping[str, Trace]) -> Film:
    """Return what it writes at three temperatures, what it takes for the next letter, and how many sentences are right."""
    pages = [
        Writing(f"said/{heat}", words=tale_words(), size=18.0, title=f"Temperature {heat}: {word}")
        for heat, word in zip(TEMPERATURES, CALLED, strict=True)
    ]
    letters = [
        Bars(f"next/{heat}", tuple(FIRST), vertical=True, numbers=False, limits=(0.0, 1.0), title=title)
        for heat, title in zip(TEMPERATURES, ("The letter after “the ”",) * 3, strict=True)
    ]
    right = Lines(
        tuple(f"sentences/{heat}" for heat in TEMPERATURES), tuple(f"at {heat}" for heat in TEMPERATURES),
        limits=(0.0, 1.0), format="{:.2f}", y_label="", title="Sentences that could be tales",
    )  # fmt: skip
    bits = Lines(
        ("test/bits", "least"), ("network", "grammar"), ("accent", "muted"), format="{:.2f}", y_label="",
        limits=(0.0, 5.0), title="Bits needed for a letter",
    )  # fmt: skip
    said = pages[0] | pages[1] | pages[2]
    after = letters[0] | letters[1] | letters[2]
    return Film(
        Either(
            (said.shared(1.5) / after).shared(2.6) | (bits / right),
            said.shared(1.3) / after.shared(0.6) / (bits | right),
            SQUARE,
        ),
        traces,
        Clock(first=0.6, seconds=13),
        title="A network learns to write, one letter after the other",
        captions=_told(args, traces[""]),
        alt="Three pages of text are written by one network: first a jumble of letters, then words, then whole sentences.",
    )


def _told(args: Args, trace: Trace) -> tuple[Mark, ...]:
    """Return what the recording says, and at the end what the temperature changes."""
    marks = [Mark(event.step, event.name, event.text) for event in trace.events if event.step < args.steps]

    def at_end(name: str) -> float:
        return float(trace.value(name, args.steps))

    told = "; ".join(
        f"at {heat} {at_end(f'sentences/{heat}'):.0%} and {1 - at_end(f'different/{heat}'):.0%}"
        for heat in TEMPERATURES
    )
    return (*marks, Mark(args.steps, "result", f"Sentences that could be tales, and that repeat another: {told}."))


RECIPES = (
    Recipe(
        name="characters",
        chapter=28,
        summary="A network learns to write, one letter after the other: little tales at three temperatures.",
        seconds=20,
        arguments=Args,
        runs=lambda args: {"": Run(characters.train, args)},
        film=film,
        quick={"steps": 4, "rows": 3, "units": 8, "tales": 20, "letters": 40},
        extra="torch",
    ),
)
