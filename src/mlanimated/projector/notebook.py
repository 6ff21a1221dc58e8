"""What a notebook shows for a film: the player, with the film inside."""

from __future__ import annotations

from mlanimated.draw.frame import Reel

__all__ = ["html"]


def html(reel: Reel) -> str:
    """Return the player as HTML that a notebook's output cell can hold.

    Args:
        reel: The film. All its frames are computed now.
    """
    from mlanimated.render.html import html_fragment

    return html_fragment(reel)
