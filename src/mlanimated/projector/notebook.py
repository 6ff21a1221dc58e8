"""What a notebook shows for a film: the player, with the film inside."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

from mlanimated.draw.frame import Reel
from mlanimated.errors import MissingExtra

__all__ = ["html", "widget", "widget_class"]


def html(reel: Reel) -> str:
    """Return the player as HTML that a notebook's output cell can hold.

    Args:
        reel: The film. All its frames are computed now.
    """
    from mlanimated.render.html import html_fragment

    return html_fragment(reel)


def widget(reel: Reel) -> Any:
    """Return the player as an anywidget, whose `time` the kernel reads, sets and observes.

    Args:
        reel: The film. All its frames are computed now.

    Raises:
        MissingExtra: anywidget is not installed.
    """
    kind = widget_class()
    if kind is None:
        raise MissingExtra("A film as a widget", "notebook")
    from mlanimated.render.html import packed

    return kind(film=packed(reel))


def widget_class() -> Any:
    """Return the class of what a page and a kernel share; None where anywidget is not installed.

    A film has `film`, its data, and `time`, the moment in seconds that is shown. A live view has `dress`, the newest `frame`, and
    `state`, all that stands around it.
    """
    try:
        return _widget_class()
    except ModuleNotFoundError:
        return None


@lru_cache(maxsize=1)
def _widget_class() -> Any:
    """Return that class; not being installed is not remembered, for a cell may install it."""
    anywidget: Any = importlib.import_module("anywidget")
    traitlets: Any = importlib.import_module("traitlets")
    from mlanimated.render.html import widget as script

    base: Any = anywidget.AnyWidget

    class Widget(base):
        """The player in a notebook."""

        _esm = script()
        film = traitlets.Bytes(b"").tag(sync=True)
        time = traitlets.Float(0.0).tag(sync=True)
        dress = traitlets.Bytes(b"").tag(sync=True)
        frame = traitlets.Bytes(b"").tag(sync=True)
        state = traitlets.Dict({}).tag(sync=True)

    return Widget
