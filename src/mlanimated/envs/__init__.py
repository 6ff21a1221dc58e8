"""Games as environments: Atari's, played many at a time."""

from __future__ import annotations

__all__: list[str] = []
