"""Rows that were logged and not yet written: what a value is, and one column for each series."""

from __future__ import annotations

from array import array
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mlanimated.trace.records import Kind
from mlanimated.trace.rows import Taken

__all__ = ["Column", "WrongRow", "recordable"]

_TYPECODES = {"bool": "b", "int64": "q", "float64": "d"}
_WIDTHS = ("bool", "int64", "float64")
_SCALAR_BYTES = 24
_TEXT_BYTES = 200  # a guess, for bounding memory
_NUMERIC = "biuf"


class WrongRow(Exception):
    """A value does not fit. The message says why; `kind` is warned about once for each series."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def recordable(value: Any) -> tuple[Kind, Any]:
    """Return what kind of value this is, and it as bool, int, float, str or an array that is not yet a copy.

    Raises:
        WrongRow: It is nothing that can be recorded.
    """
    if isinstance(value, (bool, int, float)):
        return "scalar", value
    if isinstance(value, str):
        return "text", str(value)
    detach = getattr(value, "detach", None)  # a torch tensor, without importing torch
    if callable(detach):
        value = cast("Any", detach()).cpu()
        value = value.float().numpy() if "bfloat16" in str(value.dtype) else value.numpy()
    elif not isinstance(value, (np.ndarray, np.generic)):
        if value is None or isinstance(value, (dict, set, bytes)):
            raise WrongRow(
                "type",
                f"is of type {type(cast('Any', value)).__name__}; record numbers, arrays, uint8 pictures or text",
            )
        try:
            value = np.asarray(value)
        except Exception as error:
            raise WrongRow(
                "type", f"cannot be made an array ({error}); record numbers, arrays, uint8 pictures or text"
            ) from None
    numbers: npt.NDArray[Any] = np.asarray(cast("Any", value))
    if numbers.dtype.kind not in _NUMERIC:
        if numbers.dtype.kind == "V" and "float" in numbers.dtype.name:  # bfloat16 and its kin
            numbers = numbers.astype(np.float32)
        elif numbers.dtype.kind == "U" and not numbers.ndim:
            return "text", str(numbers[()])
        else:
            raise WrongRow("type", f"holds {numbers.dtype}; record real numbers, uint8 pictures or text")
    if not numbers.ndim:
        return "scalar", numbers.item()
    if numbers.dtype.itemsize > 8:
        numbers = numbers.astype(np.float64)
    picture = numbers.dtype == np.uint8 and (numbers.ndim == 2 or (numbers.ndim == 3 and numbers.shape[2] == 3))
    return "picture" if picture else "array", numbers


class Column:
    """Rows of one series that wait to be written.

    Args:
        name: Name of the series.
        kind: What its values are.
        dtype: Their dtype ("str" for text).
        shape: Their shape.

    Attributes:
        stride: Every how manieth row is kept.
        large: Its rows count by their bytes, not their number.
        row_bytes: How much memory a row takes while it waits.
        logged: How many rows were logged, without those that wait.
    """

    def __init__(self, name: str, kind: Kind, dtype: str, shape: tuple[int, ...]) -> None:
        self.name = name
        self.kind: Kind = kind
        self.dtype = dtype
        self.shape = shape
        self.stride = 1
        self.logged = 0
        self._phase = 0
        self.large = kind != "scalar"
        self.row_bytes = _SCALAR_BYTES if kind != "text" else _TEXT_BYTES
        if kind in {"array", "picture"}:
            self.row_bytes += int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        self._last: tuple[int, float, Any] | None = None
        self.clear()

    @classmethod
    def of(cls, name: str, value: Any) -> Column:
        """Return the column of a series that begins with a value."""
        kind, value = recordable(value)
        if kind == "text":
            return cls(name, kind, "str", ())
        if kind == "scalar":
            return cls(name, kind, _scalar_dtype(value), ())
        return cls(name, kind, value.dtype.name, value.shape)

    def clear(self) -> None:
        """Forget the waiting rows."""
        self.steps: array[int] = array("q")
        self.times: array[float] = array("d")
        self.values: Any = array(_TYPECODES[self.dtype]) if self.kind == "scalar" else []

    def add(self, step: int, time: float, value: Any) -> int:
        """Take a row, copied if it is an array, and return how many bytes it takes now; 0 when it was left out by the stride.

        Raises:
            WrongRow: It does not fit.
        """
        kind, value = recordable(value)
        if kind == "scalar" or self.kind == "scalar" or kind == "text" or self.kind == "text":
            if kind != self.kind:
                expected = self.kind if self.kind in {"scalar", "text"} else f"{self.kind} of shape {self.shape}"
                given = kind if kind in {"scalar", "text"} else f"{kind} of shape {value.shape}"
                raise WrongRow("shape", f"expects a {expected} but was given a {given}")
            if kind == "scalar":
                self._widen(_scalar_dtype(value))
        else:
            if value.shape != self.shape:
                raise WrongRow("shape", f"expects the shape {self.shape} but was given {value.shape}")
            if not np.can_cast(value.dtype, self.dtype, "same_kind"):
                raise WrongRow("dtype", f"expects {self.dtype} but was given {value.dtype}")
        kept = self._phase % self.stride == 0
        if kept or self._last is None or self.kind in {"scalar", "text"}:
            row = np.array(value, self.dtype, order="C") if self.kind in {"array", "picture"} else value
        else:
            row = self._last[2]  # the row left out before is no longer the last: its place is used again
            np.copyto(row, value, casting="same_kind")
        if kept:
            self._append(step, time, row)
            self._last = None
        else:
            self._last = (step, time, row)
            self.logged += 1
        self._phase += 1
        return self.row_bytes if kept else 0

    def thin(self) -> None:
        """Leave out every second waiting row, but neither the oldest nor the newest."""
        rows = len(self.steps)
        if rows > 2:
            self.steps = self.steps[:-1:2] + self.steps[-1:]
            self.times = self.times[:-1:2] + self.times[-1:]
            self.values = self.values[:-1:2] + self.values[-1:]
            self.logged += rows - len(self.steps)

    def slow_down(self, stride: int) -> None:
        """Keep only every `stride`-th row from now on."""
        self.stride, self._phase = stride, 0

    def repair(self) -> None:
        """Make the columns equally long again, after an interruption in the middle of a row."""
        rows = min(len(self.steps), len(self.times), len(self.values))
        for column in (self.steps, self.times, self.values):
            del column[rows:]

    def take(self) -> Taken:
        """Hand out the waiting rows and begin anew."""
        taken = self.steps, self.times, self.values
        self.logged += len(self.steps)
        self.clear()
        return taken

    def take_last(self) -> None:
        """Add the newest row if the stride left it out: the last row of a series always stays."""
        if self._last is not None:
            self._append(*self._last)
            self._last = None
            self.logged -= 1  # it was counted when it was left out

    def put_back(self, taken: Taken) -> None:
        """Take rows back that could not be written."""
        steps, times, values = taken
        self.logged -= len(steps)
        if self.kind == "scalar" and values.typecode != self.values.typecode:
            values = array(cast("str", self.values.typecode), values)
        self.steps, self.times, self.values = steps + self.steps, times + self.times, values + self.values

    @property
    def waiting_bytes(self) -> int:
        """How much memory the waiting rows take."""
        return len(self.steps) * self.row_bytes

    def _append(self, step: int, time: float, value: Any) -> None:
        if self.kind == "scalar":
            self.values.append(value if self.dtype == "float64" else int(value))
        else:
            self.values.append(value)
        self.steps.append(step)
        self.times.append(time)

    def _widen(self, dtype: str) -> None:
        if _WIDTHS.index(dtype) > _WIDTHS.index(self.dtype):
            self.dtype = dtype
            self.values = array(_TYPECODES[dtype], self.values)


def _scalar_dtype(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "int64" if isinstance(value, int) and -(1 << 63) <= value < 1 << 63 else "float64"
