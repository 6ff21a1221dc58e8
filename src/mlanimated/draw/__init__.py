"""What to paint: the display list, and what a view needs to make it. Each name is loaded when it is first used.

A view of one's own takes all of it from here: `Circle`, `Rect`, `Polyline`… are the eight commands, `label` a measured
text, `Linear` and `Log` scales with good ticks, `Box` the room it has; mathematics is set by `draw.formula`, movement eased by `draw.ease`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlanimated.errors import did_you_mean

if TYPE_CHECKING:
    from mlanimated.draw.box import Box
    from mlanimated.draw.commands import (
        Circle,
        Clip,
        Colour,
        Command,
        Group,
        Image,
        InkOn,
        Mapped,
        Path,
        Pixels,
        Polyline,
        Rect,
        Text,
    )
    from mlanimated.draw.ease import between
    from mlanimated.draw.frame import Cue, Frame, Reel
    from mlanimated.draw.scale import Band, Linear, Log, nice
    from mlanimated.draw.text import fitted, label, number, width, wrapped

__all__ = [
    "Band",
    "Box",
    "Circle",
    "Clip",
    "Colour",
    "Command",
    "Cue",
    "Frame",
    "Group",
    "Image",
    "InkOn",
    "Linear",
    "Log",
    "Mapped",
    "Path",
    "Pixels",
    "Polyline",
    "Rect",
    "Reel",
    "Text",
    "between",
    "fitted",
    "label",
    "nice",
    "number",
    "width",
    "wrapped",
]

_MODULES = {
    "box": ("Box",),
    "commands": (
        *("Circle", "Clip", "Colour", "Command", "Group", "Image", "InkOn"),
        *("Mapped", "Path", "Pixels", "Polyline", "Rect", "Text"),
    ),
    "ease": ("between",),
    "frame": ("Cue", "Frame", "Reel"),
    "scale": ("Band", "Linear", "Log", "nice"),
    "text": ("fitted", "label", "number", "width", "wrapped"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used."""
    if name not in _HOMES:
        hint = "" if name.startswith("_") else did_you_mean(name, __all__)
        raise AttributeError(f"{__name__} has no {name!r}.{hint}", name=name)
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
