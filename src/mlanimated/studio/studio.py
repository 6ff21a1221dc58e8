"""The studio itself: a folder, what is kept beside it, and everything that is done with it."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlanimated.errors import MlaError
from mlanimated.studio import trainings
from mlanimated.studio.book import Book
from mlanimated.studio.cards import SORTS, STATES, Card, Cards, sorted_by, unread
from mlanimated.studio.cells import Cells
from mlanimated.studio.exports import Exporter
from mlanimated.studio.folder import Folder, spoken
from mlanimated.studio.hub import Hub
from mlanimated.studio.intake import Batch, Intake
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.runs import Runs
from mlanimated.studio.store import NAME, Store
from mlanimated.studio.trainings import Trainings

__all__ = ["Studio"]

KEEP_DELETED = 7 * 86400.0
BEGIN = 60.0
"""So many seconds a training's process may take until its recordings are there."""


class Studio:
    """Serves a folder of traces.

    Args:
        root: The folder; it is made if need be.
        book: Returns the folder of the built book, or None; see `Book`.

    Raises:
        MlaError: It is no folder, or cannot be made.
    """

    def __init__(self, root: Path, book: Callable[[], Path | None] = lambda: None) -> None:
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MlaError(f"{root} cannot be served: {(error.strerror or str(error)).lower()}.") from None
        self.folder = Folder(root)
        self.writable = os.access(self.folder.root, os.W_OK | os.X_OK)
        self.store = Store(self.folder.root / NAME if self.writable else None)
        self.runs = Runs(self.folder)
        self.hub = Hub(self.folder, self.runs)
        self.cards = Cards(self.store)
        self.cells = Cells(self.store, lambda: self.hub.told("cells"))
        self.intake = Intake(self.folder, self.store)
        self.trainings = Trainings()
        self.exporter = Exporter()
        self.book = Book(book)
        self._purge()

    async def start(self) -> None:
        """Begin to follow the folder."""
        await self.hub.start()
        self.hub.begin(_warm)

    async def stop(self) -> None:
        """Close all that is open; nothing that was answered is lost."""
        await self.hub.stop()
        self.trainings.stop()
        self.intake.close()
        self.store.close()

    def listed(
        self,
        *,
        search: str = "",
        sort: str = "changed",
        state: str = "",
        tag: str = "",
        limit: int = 1000,
        skip: int = 0,
        seconds: float = math.inf,
    ) -> tuple[list[tuple[Card, list[str]]], int]:
        """Return the runs that fit with their tags, in order, and how many fit in all.

        Args:
            search: Words that all stand in name, title, arguments, hypothesis or tags.
            sort: One of `SORTS`.
            state: One of `STATES`; "" for all.
            tag: A tag; "" for all.
            limit: At most so many.
            skip: Without the first so many.
            seconds: Read files that have changed for so long; the rest come as cards that are not read yet.
        """
        if sort not in SORTS:
            raise Refusal(422, f"Runs are sorted by {', '.join(SORTS)}, not by {sort[:40]!r}.")
        if state and state not in STATES:
            raise Refusal(422, f"A run is {', '.join(STATES)}, not {state[:40]!r}.")
        self.intake.idle()
        tags = self.cards.tags()
        words = search.lower().split()[:10]
        fitting: list[Card] = []
        until = time.monotonic() + seconds
        for found in self.folder.look().values():
            card = self.cards.of(found) if time.monotonic() < until else self.cards.known(found) or unread(found)
            own = tags.get(card.run, [])
            text = " ".join([spoken(card.run), card.title, card.arguments, card.hypothesis, *own]).lower()
            if all(word in text for word in words) and (not state or card.state() == state) and (not tag or tag in own):
                fitting.append(card)
        shown = sorted_by(fitting, sort)[skip : skip + limit]
        return [(card, tags.get(card.run, [])) for card in shown], len(fitting)

    def card(self, run: str) -> tuple[Card, list[str]]:
        """Return the card of one run and its tags."""
        self.folder.look()
        return self.cards.of(self.folder.get(run)), self.cards.tags().get(run, [])

    def begin(self, name: str, **about: Any) -> str:
        """Begin a run that comes in over HTTP, and return its id."""
        run = self.intake.begin(name, **about)
        self.hub.told("runs")
        return run

    def append(self, run: str, batch: Batch) -> dict[str, Any]:
        """Write what was sent in, and show it."""
        answer = self.intake.append(run, batch)
        self.hub.wrote(run)
        return answer

    def finish(self, run: str) -> None:
        """Close a run that came in over HTTP."""
        self.intake.finish(run)
        self.hub.wrote(run)

    def delete(self, run: str) -> str:
        """Delete a run and return the token that brings it back, for a week.

        Raises:
            Refusal: It is still being written.
        """
        card, _ = self.card(run)
        if self.intake.writes(run):
            self.intake.finish(run)
        elif card.state() in {"running", "paused"}:
            raise Refusal(409, f"{spoken(run)!r} is still being written: stop its training first.")
        token = secrets.token_hex(8)
        self.folder.throw_away(run, token)
        self.runs.drop(run)
        self.store.change("INSERT INTO deleted VALUES (?, ?, ?)", (token, run, time.time()))
        self.hub.wrote(run)
        self.hub.told("runs")
        return token

    def undo(self, token: str) -> str:
        """Bring a deleted run back and return its id."""
        found = self.store.rows("SELECT run FROM deleted WHERE token = ?", (token,))
        if not found:
            raise Refusal(404, "There is nothing to bring back under that token.")
        run = str(found[0][0])
        self.folder.bring_back(run, token)
        self.store.change("DELETE FROM deleted WHERE token = ?", (token,))
        self.folder.look()
        self.hub.wrote(run)
        self.hub.told("runs")
        return run

    def control(self, run: str, command: str, name: str = "", value: float | None = None) -> None:
        """Pass a command on to the training of a run.

        Args:
            run: Its id.
            command: "pause", "play", "step", "slower", "faster", "checkpoint", "stop" or "set".
            name: With "set": the control.
            value: With "set": its new value.
        """
        remote = self.runs.fresh(run).remote()
        plain: dict[str, Callable[[], None]] = {
            "pause": remote.pause,
            "play": remote.play,
            "step": remote.step,
            "slower": remote.slower,
            "faster": remote.faster,
            "checkpoint": remote.checkpoint,
            "stop": remote.stop,
        }
        try:
            pace = remote.controls.get(trainings.Paced.CONTROL) if command in {"slower", "faster"} else None
            if pace is not None:  # it has a speed of its own
                wanted = pace.value * (2.0 if command == "faster" else 0.5)
                remote.set(pace.name, min(max(wanted, pace.minimum), pace.maximum))
            elif command in plain:
                plain[command]()
            elif command == "set" and value is not None:
                remote.set(name, value)
            else:
                raise Refusal(422, f"A command is {', '.join(plain)}, or set with name and value.")
        except Refusal:
            raise
        except MlaError as error:
            raise Refusal(422, str(error)) from None

    def branch(self, run: str, step: int, changes: Mapping[str, float], name: str = "") -> str:
        """Go on from a kept step of a run with other values, as a new run; return its id."""
        self.trainings.alone()
        source = self.runs.fresh(run)
        if not trainings.there_is_room(source.path):
            raise Refusal(409, "The disk has no room for another copy of this run.")
        base = name or f"{spoken(run)}-from-{step}"
        taken = self.folder.look()
        number = 1
        while not name and base in {spoken(each) for each in taken}:
            number += 1
            base = f"{spoken(run)}-from-{step}-{number}"
        made, path = self.folder.new(base)
        plan = trainings.branch(source.trace, source.path, path, step, changes)
        try:
            self.trainings.start(plan)
        except Refusal:
            trainings.remove_copy(path)
            raise
        self.folder.look()
        return made

    def train(self, name: str, values: Mapping[str, Any]) -> list[str]:
        """Begin the trainings of a film anew and return the ids of their runs, which can be looked at then.

        Args:
            name: The recipe's.
            values: Its arguments.

        Raises:
            MlaError: There is no such recipe, or an argument is not allowed.
            Refusal: Another training runs, or this one could not begin.
        """
        self.trainings.alone()
        if not self.writable:
            raise Refusal(409, "The studio's folder cannot be written to.")
        made: list[str] = []

        def new(run: str) -> Path:
            found, path = self.folder.new(run)
            made.append(found)
            return path

        plans = trainings.again(name, values, new)
        runs = made[-len(plans) :]
        self.trainings.start(*plans)
        self._wait_for(runs, [Path(plan.path) for plan in plans])
        self.hub.told("runs")
        return runs

    def _wait_for(self, runs: Sequence[str], paths: Sequence[Path]) -> None:
        """Wait until runs that have been begun can be looked at."""
        limit = time.monotonic() + BEGIN
        while time.monotonic() < limit:
            if all(path.exists() for path in paths):
                self.folder.look()
                with contextlib.suppress(Refusal):
                    for run in runs:
                        self.runs.fresh(run)
                    return
            elif not self.trainings.running:
                raise Refusal(409, "The training could not begin; the window that the studio was started in says why.")
            time.sleep(0.02)
        raise Refusal(503, "The training has not begun yet: look for it among the runs.")

    def demo(self) -> str:
        """Begin the demonstration and return the id of its run."""
        plan = trainings.demo(self.folder.root)
        self.trainings.start(plan)
        return Path(plan.path).stem

    def rows(self, runs: Sequence[str]) -> list[tuple[Card, list[str]]]:
        """Return the cards of those runs that are there, with their tags."""
        tags = self.cards.tags()
        found = self.folder.found
        return [(self.cards.of(found[run]), tags.get(run, [])) for run in runs if run in found]

    def _purge(self) -> None:
        """Forget what was deleted more than a week ago."""
        old = self.store.rows("SELECT token FROM deleted WHERE moment < ?", (time.time() - KEEP_DELETED,))
        for (token,) in old:
            self.folder.forget(str(token))
            self.store.change("DELETE FROM deleted WHERE token = ?", (token,))


def _warm() -> None:
    """Load what the first page needs, while the browser is still opening."""
    from mlanimated.recipes import everything
    from mlanimated.studio.assets import asset

    everything()
    for name in ("player.js", "regular.woff2", "bold.woff2", "fallback.woff2"):
        asset(name)
