"""Errors that a person can act on: what was wrong, what is allowed, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["MissingExtra", "MlaError", "did_you_mean"]


class MlaError(Exception):
    """A mistake that the user can mend. The command prints its one line and exits with status 2.

    Args:
        message: What was wrong, what is allowed, and what to do, in one line.
    """


class MissingExtra(MlaError):
    """A library of an optional extra is not installed.

    Args:
        what: What was asked for, as a person says it ("training with PyTorch").
        extra: Name of the extra that brings it ("torch").
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra {extra!r}: pip install 'mlanimated[{extra}]'")


def did_you_mean(name: str, allowed: Iterable[str], *, most: int = 12) -> str:
    """Return the end of an error line about an unknown name: the closest one, or what is allowed.

    Args:
        name: What was given.
        allowed: Every name that would have done.
        most: How many names are listed at the most when none is close.

    Returns:
        " Did you mean 'x'?" or " Known: a, b, c."; empty when nothing is allowed.
    """
    names = sorted(set(allowed))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    if not names:
        return ""
    listed = ", ".join(names[:most])
    return f" Known: {listed}{', …' if len(names) > most else ''}."
