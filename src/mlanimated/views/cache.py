"""Cache: what is worked out once for a trace and used for every frame of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from mlanimated.trace import Trace

__all__ = ["once"]

MOST = 256
"""How many results are kept for one trace."""

Result = TypeVar("Result")

_kept: WeakKeyDictionary[Trace, tuple[Any, OrderedDict[Hashable, Any]]] = WeakKeyDictionary()


def once(trace: Trace, key: Hashable, work: Callable[[], Result]) -> Result:
    """Return the result of `work`, done once for a trace, its version and a key.

    Rows that arrive make all of a trace's results stale. A trace that nobody uses any more takes its results with it.

    Args:
        trace: The trace that the result depends on.
        key: What else it depends on.
        work: Makes the result; called when there is none.
    """
    version, results = _kept.get(trace, (None, OrderedDict[Hashable, Any]()))
    if version != trace.version or trace not in _kept:
        version, results = trace.version, OrderedDict[Hashable, Any]()
        _kept[trace] = (version, results)
    if key in results:
        results.move_to_end(key)
        return results[key]
    made = work()
    results[key] = made
    while len(results) > MOST:
        results.popitem(last=False)
    return made
