"""Views: one aspect of a trace each, drawn at one moment into a box. Each is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlanimated import plugins
from mlanimated.errors import did_you_mean

if TYPE_CHECKING:
    from mlanimated.views.activation import Activation
    from mlanimated.views.agent_eye import AgentEye
    from mlanimated.views.auto import scene_of
    from mlanimated.views.backward_pass import BackwardPass
    from mlanimated.views.bandit_arms import BanditArms
    from mlanimated.views.bands import Band, Bands
    from mlanimated.views.bars import Bars
    from mlanimated.views.board import Board
    from mlanimated.views.cart_pole import CartPole
    from mlanimated.views.catch_board import CatchBoard
    from mlanimated.views.clock import Clock, Mark
    from mlanimated.views.code import Code
    from mlanimated.views.columns import Column, Columns
    from mlanimated.views.confusion import Confusion
    from mlanimated.views.curve import Curve
    from mlanimated.views.embedding import Embedding
    from mlanimated.views.field import Dots, Field
    from mlanimated.views.figure import Figure
    from mlanimated.views.formula import Formula, Symbol
    from mlanimated.views.grid import Grid
    from mlanimated.views.heatmap import HeatMap
    from mlanimated.views.hidden_units import HiddenUnits
    from mlanimated.views.histogram import Histogram
    from mlanimated.views.landscape import Landscape
    from mlanimated.views.lanes import Lanes
    from mlanimated.views.layers import Layers
    from mlanimated.views.lines import Lines
    from mlanimated.views.magnified import Magnified
    from mlanimated.views.moment import Moment
    from mlanimated.views.mountain_car import MountainCar
    from mlanimated.views.network import Network
    from mlanimated.views.phase_plane import PhasePlane
    from mlanimated.views.picture import Picture
    from mlanimated.views.pie import Pie
    from mlanimated.views.puck_world import PuckWorld
    from mlanimated.views.q_table import QTable
    from mlanimated.views.ranked_bars import RankedBars
    from mlanimated.views.readout import Number, Readout
    from mlanimated.views.replay_memory import ReplayMemory
    from mlanimated.views.results import Place, Results
    from mlanimated.views.ridges import Ridges
    from mlanimated.views.rollouts import Rollouts
    from mlanimated.views.scatter import Scatter
    from mlanimated.views.scene import Scene, View
    from mlanimated.views.screen import Screen
    from mlanimated.views.sliding_filter import SlidingFilter
    from mlanimated.views.surface import Surface
    from mlanimated.views.table import Table
    from mlanimated.views.tiles import Tiles
    from mlanimated.views.triangle import Triangle
    from mlanimated.views.walker import Walker
    from mlanimated.views.water_world import WaterWorld
    from mlanimated.views.words import Words
    from mlanimated.views.writing import Writing

__all__ = [
    "Activation",
    "AgentEye",
    "BackwardPass",
    "Band",
    "BanditArms",
    "Bands",
    "Bars",
    "Board",
    "CartPole",
    "CatchBoard",
    "Clock",
    "Code",
    "Column",
    "Columns",
    "Confusion",
    "Curve",
    "Dots",
    "Embedding",
    "Field",
    "Figure",
    "Formula",
    "Grid",
    "HeatMap",
    "HiddenUnits",
    "Histogram",
    "Landscape",
    "Lanes",
    "Layers",
    "Lines",
    "Magnified",
    "Mark",
    "Moment",
    "MountainCar",
    "Network",
    "Number",
    "PhasePlane",
    "Picture",
    "Pie",
    "Place",
    "PuckWorld",
    "QTable",
    "RankedBars",
    "Readout",
    "ReplayMemory",
    "Results",
    "Ridges",
    "Rollouts",
    "Scatter",
    "Scene",
    "Screen",
    "SlidingFilter",
    "Surface",
    "Symbol",
    "Table",
    "Tiles",
    "Triangle",
    "View",
    "Walker",
    "WaterWorld",
    "Words",
    "Writing",
    "scene_of",
]

_MODULES = {
    "Activation": "activation",
    "AgentEye": "agent_eye",
    "BackwardPass": "backward_pass",
    "Band": "bands",
    "BanditArms": "bandit_arms",
    "Bands": "bands",
    "Bars": "bars",
    "Board": "board",
    "CartPole": "cart_pole",
    "CatchBoard": "catch_board",
    "Clock": "clock",
    "Code": "code",
    "Column": "columns",
    "Columns": "columns",
    "Confusion": "confusion",
    "Curve": "curve",
    "Dots": "field",
    "Embedding": "embedding",
    "Field": "field",
    "Figure": "figure",
    "Formula": "formula",
    "Grid": "grid",
    "HeatMap": "heatmap",
    "HiddenUnits": "hidden_units",
    "Histogram": "histogram",
    "Landscape": "landscape",
    "Lanes": "lanes",
    "Layers": "layers",
    "Lines": "lines",
    "Magnified": "magnified",
    "Mark": "clock",
    "Moment": "moment",
    "MountainCar": "mountain_car",
    "Network": "network",
    "Number": "readout",
    "PhasePlane": "phase_plane",
    "Picture": "picture",
    "Pie": "pie",
    "Place": "results",
    "PuckWorld": "puck_world",
    "QTable": "q_table",
    "RankedBars": "ranked_bars",
    "Readout": "readout",
    "ReplayMemory": "replay_memory",
    "Results": "results",
    "Ridges": "ridges",
    "Rollouts": "rollouts",
    "Scatter": "scatter",
    "Scene": "scene",
    "Screen": "screen",
    "SlidingFilter": "sliding_filter",
    "Surface": "surface",
    "Symbol": "formula",
    "Table": "table",
    "Tiles": "tiles",
    "Triangle": "triangle",
    "View": "scene",
    "Walker": "walker",
    "WaterWorld": "water_world",
    "Words": "words",
    "Writing": "writing",
    "scene_of": "auto",
}
"""Which module has each name. A new view is one line here, one above, and one in `__all__`."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES and not name.startswith("_") and name in plugins.named("views"):
        found = globals()[name] = plugins.load("views", name)
        return found
    if name not in _MODULES:
        hint = "" if name.startswith("_") else did_you_mean(name, [*__all__, *plugins.named("views")])
        raise AttributeError(f"{__name__} has no {name!r}.{hint}", name=name)
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
