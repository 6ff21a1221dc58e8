"""PyTorch, loaded when a learner needs it, with a clear line when it is not installed."""

from __future__ import annotations

import importlib
from typing import Any

from mlanimated.errors import MissingExtra

__all__ = ["load_torch"]


def load_torch() -> Any:
    """Return the module `torch`, untyped: it is optional, so that this package is checked without it.

    Raises:
        MissingExtra: PyTorch is not installed.
    """
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise MissingExtra("Training with PyTorch", "torch") from error
