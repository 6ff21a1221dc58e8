"""Chapter 3: a single neuron learns to turn Celsius into Fahrenheit, by hand and with PyTorch; the film is the same."""

from __future__ import annotations

from collections.abc import Mapping

from mlanimated.learn import line_fit, line_fit_torch
from mlanimated.learn.line_fit import CELSIUS, FAHRENHEIT
from mlanimated.projector.film import Film
from mlanimated.projector.ribbon import Count
from mlanimated.recipes.recipe import Recipe, Run
from mlanimated.recipes.shape import SQUARE, Either
from mlanimated.trace import Trace
from mlanimated.views import Clock, Column, Columns, Curve, Network

__all__ = ["RECIPES"]


def film(args: line_fit.Args, traces: Mapping[str, Trace]) -> Film:
    """Return the film: the neuron and its line, beside what it says of the ten pairs and how wrong that is."""
    del args
    neuron = Network(
        (1, 1),
        ("w",),
        ("b",),
        activations=("activations/0", "activations/1"),
        inputs=("Celsius",),
        outputs=("Fahrenheit",),
        decimals=3,
        title="°F = w · °C + b, asked for 50 °C",
    )
    line = Curve(
        tuple(CELSIUS.tolist()),
        "prediction",
        tuple(FAHRENHEIT.tolist()),
        residuals=True,
        names=("°C", ""),
        labels=("predicted", "true"),
        title="What it says, and what is true",
    )
    pairs = Columns(
        (
            Column("°C", tuple(CELSIUS.tolist()), decimals=0),
            Column("true °F", tuple(FAHRENHEIT.tolist()), decimals=0, colour="target"),
            Column("says °F", "prediction", decimals=1, colour="prediction"),
            Column("squared error", "squared_error", decimals=1, bar=True, colour="error", foot="mean"),
        ),
        title="Ten pairs, seen in every epoch",
    )
    return Film(
        Either(
            neuron | line.shared(1.35) | pairs.shared(1.15),
            Either((neuron | line.shared(1.4)) / pairs.shared(1.2), neuron / line.shared(1.7) / pairs.shared(1.7)),
            SQUARE,
        ),
        traces,
        Clock(first=1.4, seconds=11),
        title="A neuron learns to turn Celsius into Fahrenheit",
        count=Count(word="epoch"),
        alt="A network of one neuron, the line that it draws, and a table of ten temperatures with predictions and squared errors.",
    )


RECIPES = (
    Recipe(
        name="celsius",
        chapter=3,
        summary="One neuron finds °F = 1.8 °C + 32 from ten pairs, in 8000 steps by hand.",
        seconds=6,
        arguments=line_fit.Args,
        runs=lambda args: {"": Run(line_fit.train, args)},
        film=film,
        quick={"epochs": 40},
    ),
    Recipe(
        name="celsius-torch",
        chapter=3,
        summary="The same neuron, trained by PyTorch: the numbers and the film are the same.",
        seconds=10,
        arguments=line_fit_torch.Args,
        runs=lambda args: {"": Run(line_fit_torch.train, args)},
        film=film,
        quick={"epochs": 40},
        extra="torch",
    ),
)
