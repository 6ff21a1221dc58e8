"""Cards: what the list shows of each run, kept by the file's size and time so that a folder of hundreds is listed at once."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from mlanimated.errors import MlaError
from mlanimated.studio.folder import Found, spoken
from mlanimated.studio.store import Store
from mlanimated.trace import Trace

__all__ = ["SORTS", "STATES", "Card", "Cards", "sorted_by", "unread"]

POINTS = 40
SILENT_SECONDS = 60.0
TELLING = ("loss", "error", "return", "reward", "score", "accuracy")

State = Literal["running", "paused", "silent", "stopped", "finished", "damaged"]
STATES: tuple[State, ...] = ("running", "paused", "silent", "stopped", "finished", "damaged")
SORTS = ("changed", "created", "name", "steps", "value")


class Card(msgspec.Struct, frozen=True):
    """A run as the list shows it.

    Attributes:
        run: Its id.
        title: What its training called it.
        status: As the trace says it: "running", "paused", "stopped" or "finished"; "damaged" when it cannot be read.
        created: When it began, ISO 8601.
        changed: When its file last changed, seconds since 1970.
        last_step: Its last step, -1 when it is empty.
        series: How many series it has.
        events: How many events.
        headline: The series that the small curve shows; "" for none.
        points: The curve: at most 40 finite values.
        value: Its last value; None when there is none or it is not finite.
        bytes: Size of the file.
        arguments: The arguments of the training, as text, cut short.
        hypothesis: What it was meant to show.
        trouble: Why it cannot be read.
    """

    run: str
    title: str = ""
    status: str = "damaged"
    created: str = ""
    changed: float = 0.0
    last_step: int = -1
    series: int = 0
    events: int = 0
    headline: str = ""
    points: tuple[float, ...] = ()
    value: float | None = None
    bytes: int = 0
    arguments: str = ""
    hypothesis: str = ""
    trouble: str = ""

    def state(self, now: float | None = None) -> State:
        """Return what it does: one that is not closed and has been silent for a minute is "silent"."""
        if self.status in {"finished", "stopped", "damaged", "paused"}:
            return self.status  # pyright: ignore[reportReturnType]
        silent = (time.time() if now is None else now) - self.changed > SILENT_SECONDS
        return "silent" if silent else "running"

    def told(self, tags: Sequence[str] = ()) -> dict[str, Any]:
        """Return it as a program sees it."""
        return {**msgspec.structs.asdict(self), "name": spoken(self.run), "state": self.state(), "tags": list(tags)}


class Cards:
    """The cards of a folder's runs.

    Args:
        store: Where they are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[str, Card]] = {}
        for run, sign, data in store.rows("SELECT run, signature, card FROM card"):
            try:
                self._known[run] = (sign, msgspec.msgpack.decode(data, type=Card))
            except msgspec.MsgspecError:
                continue

    def of(self, found: Found) -> Card:
        """Return the card of a run, read anew when its file has changed."""
        sign = " ".join(map(str, found.signature))
        known = self._known.get(found.run)
        if known is not None and known[0] == sign:
            return known[1]
        card = _read(found)
        self._known[found.run] = (sign, card)
        if card.status in {"finished", "stopped"}:  # what still changes is not worth writing
            values = (found.run, sign, msgspec.msgpack.encode(card))
            self._store.change("INSERT OR REPLACE INTO card VALUES (?, ?, ?)", values)
        return card

    def known(self, found: Found) -> Card | None:
        """Return the card of a run if it need not be read."""
        known = self._known.get(found.run)
        return known[1] if known is not None and known[0] == " ".join(map(str, found.signature)) else None

    def tags(self) -> dict[str, list[str]]:
        """Return the tags of all runs."""
        tags: dict[str, list[str]] = {}
        for run, tag in self._store.rows("SELECT run, tag FROM tag ORDER BY tag"):
            tags.setdefault(run, []).append(tag)
        return tags

    def tag(self, run: str, tags: Iterable[str]) -> list[str]:
        """Give a run other tags, and return them."""
        wanted = sorted({tag.strip()[:40] for tag in tags if tag.strip()})[:20]
        with self._store.together():
            self._store.change("DELETE FROM tag WHERE run = ?", (run,))
            for tag in wanted:
                self._store.change("INSERT INTO tag VALUES (?, ?)", (run, tag))
        return wanted


def sorted_by(cards: Iterable[Card], sort: str) -> list[Card]:
    """Return cards in an order: newest, most or smallest first, by the alphabet for names; those without a value last."""
    if sort == "name":
        return sorted(cards, key=lambda card: card.run.lower())
    if sort == "steps":
        return sorted(cards, key=lambda card: -card.last_step)
    if sort == "value":
        return sorted(cards, key=lambda card: (card.value is None, card.value or 0.0, card.run))
    if sort == "created":
        return sorted(cards, key=lambda card: card.created, reverse=True)
    return sorted(cards, key=lambda card: -card.changed)


def unread(found: Found) -> Card:
    """Return what is known of a file without opening it."""
    return Card(found.run, status="", changed=max(found.signature[2::3], default=0) / 1e9)


def _read(found: Found) -> Card:
    """Return the card of a file."""
    size = sum(found.signature[1::3]) if found.signature else 0
    changed = max(found.signature[2::3], default=0) / 1e9
    try:
        trace = Trace.open(found.path, memory=1 << 20)
        about = trace.about
        headline = _headline(trace)
        points, value = _curve(trace, headline) if headline else ((), None)
        return Card(
            found.run,
            about.name,
            trace.status,
            about.created,
            changed,
            trace.last_step if trace.names or trace.events else -1,
            len(trace.names),
            len(trace.events),
            headline,
            points,
            value,
            size,
            ", ".join(f"{name} {_short(given)}" for name, given in about.args.items())[:300],
            about.hypothesis,
        )
    except MlaError as error:
        return Card(
            found.run, changed=changed, bytes=size, trouble=str(error).replace(str(found.path), spoken(found.run))
        )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]


def _headline(trace: Trace) -> str:
    """Return the scalar that tells most of how the training goes; "" when there is none."""
    scalars = [name for name in trace.names if trace.info(name).kind == "scalar"]

    def rank(name: str) -> int:
        words = set(re.split(r"[^a-z]+", name.lower()))
        return next((index for index, word in enumerate(TELLING) if word in words), len(TELLING))

    return min(scalars, key=rank, default="")


def _curve(trace: Trace, name: str) -> tuple[tuple[float, ...], float | None]:
    info = trace.info(name)
    part = trace.summary(name, info.first_step, info.last_step, POINTS)
    middle = part.first[np.isfinite(part.first)]
    last = float(trace.value(name, info.last_step))
    points = tuple(float(f"{value:.5g}") for value in middle.tolist())
    return points, last if math.isfinite(last) else None
