"""Refusal: a request that is not granted, with the status that says so to programs and one line that says so to people."""

from __future__ import annotations

from mlanimated.errors import MlaError

__all__ = ["Refusal"]


class Refusal(MlaError):
    """A request is not granted.

    Args:
        status: HTTP's status: 400 for what cannot be meant, 403 for what may not be, 404 for what is not there, 409 for what
            does not fit the state of things, 413 for too much, 422 for a value out of range, 503 for later.
        message: What was wrong, what is allowed, and what to do, in one line.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
