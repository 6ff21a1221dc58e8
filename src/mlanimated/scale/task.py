"""Task: one run of a sweep, as plain data that travels to another process or machine. Outcome: what came of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["Kind", "Outcome", "Task", "Wants"]

Kind = Literal["recipe", "agent", "learner"]
"""What is run: a recipe's training, a learner of `mla train` on a game, or a learner of another package."""


class Wants(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is given.

    Attributes:
        cpus: Cores; as many threads does it use.
        gpus: GPUs, or a part of one.
        memory: Bytes that a cluster keeps free for it; 0 for any.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory: int = 0

    @property
    def threads(self) -> int:
        """Threads that a run may use."""
        return max(1, int(self.cpus))


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    Attributes:
        name: What it is called: its trace's path within the folder, less ".mla".
        kind: What is run.
        subject: The recipe's name, or the learner's.
        run: Which training of the recipe; "" where it has one.
        point: Values of the parameters that the sweep varies, the seed among them.
        args: All arguments that were given, by name; a learner's `game` among them.
        folder: The sweep's folder, as the one who asks sees it.
        checkpoint_seconds: How often the state is kept.
        extra: The extra that it needs; "" for none.
        attempt: How often it was begun before.
    """

    name: str
    kind: Kind
    subject: str
    run: str = ""
    point: dict[str, Any] = {}
    args: dict[str, Any] = {}
    folder: str = "."
    checkpoint_seconds: float = 30.0
    extra: str = ""
    attempt: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a task.

    Attributes:
        name: The task's.
        status: "done"; "stopped" by a person, its state kept; "failed".
        error: One line that says why it failed.
        fatal: The next run would fail in the same way: a full disk, a missing extra.
        seconds: By the clock, this time.
        cpu_seconds: Of one core, this time.
        memory: The most that its process has held so far, in bytes.
        bytes: Of its trace.
        resumed: The step that it went on from; None: it began anew.
        note: A sentence on what was found, such as a damaged trace that was set aside.
        host: The machine's name within the cluster; "" for this one.
        attempts: How often it was begun.
    """

    name: str
    status: Literal["done", "stopped", "failed"]
    error: str = ""
    fatal: bool = False
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0
    bytes: int = 0
    resumed: int | None = None
    note: str = ""
    host: str = ""
    attempts: int = 1
