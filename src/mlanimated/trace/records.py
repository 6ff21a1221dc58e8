"""What a trace answers with: small immutable records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Around", "Checkpoint", "Event", "Kind", "Series", "SeriesInfo", "Summary"]

Kind = Literal["scalar", "array", "picture", "text"]


class Event(NamedTuple):
    """A named moment of a training.

    Attributes:
        step: The step at which it happened.
        time: Seconds since the recording began.
        name: A few words that name it ("first win").
        text: One sentence that says what happened; may be empty.
    """

    step: int
    time: float
    name: str
    text: str


class Around(NamedTuple):
    """The two recorded rows on either side of a step; at the ends of a series both are the same row.

    Attributes:
        before_step: Step of the last row at or before the step asked for.
        before: Its value.
        after_step: Step of the first row after it.
        after: Its value.
    """

    before_step: int
    before: Any
    after_step: int
    after: Any


class Checkpoint(NamedTuple):
    """What a training needs to go on from a step.

    Attributes:
        step: The step whose `tick` saved it.
        time: Seconds since the recording began.
        state: What `tick(step, state=...)` was given: numbers, strings, bytes, lists, dicts and NumPy arrays.
    """

    step: int
    time: float
    state: Any


class SeriesInfo(NamedTuple):
    """What is known of a series without reading its rows.

    Attributes:
        name: Its name ("train/loss").
        kind: "scalar", "array", "picture" (uint8, (height, width) or (height, width, 3)) or "text".
        dtype: NumPy dtype of the values ("float64"); "str" for text.
        shape: Shape of one value; () for scalars and text.
        rows: Number of rows that are kept.
        first_step: Step of the first row.
        last_step: Step of the last row.
        low: Smallest finite value; NaN when there is none, and for text.
        high: Largest finite value; NaN when there is none, and for text.
        gaps: How many values are NaN or infinite.
        logged: Number of rows that were logged; more than `rows` when the byte budget thinned the series.
    """

    name: str
    kind: Kind
    dtype: str
    shape: tuple[int, ...]
    rows: int
    first_step: int
    last_step: int
    low: float
    high: float
    gaps: int
    logged: int


@dataclass(frozen=True, slots=True)
class Series:
    """Rows of one series.

    Attributes:
        steps: int64 (n,), ascending.
        times: float64 (n,), seconds since the recording began, to the microsecond.
        values: (n, *shape) of the series' dtype; a list of n strings for text.
    """

    steps: npt.NDArray[np.int64]
    times: npt.NDArray[np.float64]
    values: Any

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class Summary:
    """A scalar series in few buckets, for drawing: each bucket stands for neighbouring rows.

    Attributes:
        steps: int64 (n,), step of the first row of each bucket.
        low: float64 (n,), smallest finite value of each; NaN where there is none.
        high: float64 (n,), largest finite value of each; NaN where there is none.
        first: float64 (n,), value of the first row of each; may be NaN or infinite.
        last: float64 (n,), value of the last row of each; may be NaN or infinite.
        rows: int64 (n,), how many recorded rows each stands for.
        stops: int64 (n,), step of the last row of each.
        gaps: int64 (n,), how many of the rows are NaN or infinite.
    """

    steps: npt.NDArray[np.int64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    first: npt.NDArray[np.float64]
    last: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    gaps: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.steps)
