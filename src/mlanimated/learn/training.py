"""Long trainings: checkpoint files that outlive a crash, each whole or not there, the one before kept."""

from __future__ import annotations

import hashlib
import os
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.learn.ages import Ages
from mlanimated.learn.frameworks import load_torch
from mlanimated.trace.checkpoint import decode_state, encode_state

__all__ = [
    "Checkpoint",
    "Keeper",
    "load_optimizer",
    "optimizer_state",
    "previous",
    "read_checkpoint",
    "write_checkpoint",
]

MAGIC = b"mla checkpoint 1\n"


class Checkpoint(NamedTuple):
    """What a training goes on from.

    Attributes:
        about: Whose it is: learner, game, arguments. Plain data.
        step: Steps done.
        state: As the learner gave it.
        note: A sentence when the newest file was damaged and the one before was taken; else "".
    """

    about: dict[str, Any]
    step: int
    state: dict[str, Any]
    note: str = ""


class Keeper:
    """Writes a training's state to a file from time to time, and at once when it is told to.

    Args:
        path: The file; the one before stays beside it as `.previous`.
        about: Whose it is; compared when the training is taken up again.
        seconds: How often it is written.
        watch: Called at each update with the step and the score, for a progress bar.

    Attributes:
        ages: Keeps the network's weights at some ages; None: nobody does.
    """

    ages: Ages | None = None

    def __init__(
        self,
        path: Path,
        about: Mapping[str, Any],
        *,
        seconds: float = 60.0,
        watch: Callable[[int, float], None] | None = None,
    ) -> None:
        self.path, self.about, self.seconds, self.watch = path, dict(about), seconds, watch
        self._due = time.monotonic() + seconds
        self._step, self._state = -1, cast("dict[str, Any]", {})

    def offer(self, step: int, state: dict[str, Any], score: float) -> None:
        """Take a state that will not change any more; write it when it is time."""
        self._step, self._state = step, state
        if self.ages is not None:
            self.ages.note(step, state)
        if self.watch is not None:
            self.watch(step, score)
        if time.monotonic() >= self._due:
            self.write()

    def write(self) -> None:
        """Write the newest state, if any was offered."""
        if self._step >= 0:
            write_checkpoint(self.path, self.about, self._step, self._state)
        self._due = time.monotonic() + self.seconds


def write_checkpoint(path: Path, about: Mapping[str, Any], step: int, state: Mapping[str, Any]) -> None:
    """Write a checkpoint: to another file first, which then takes the place of this one, which becomes `.previous`.

    Raises:
        MlaError: It cannot be written; the one that was there is as it was.
    """
    data = zlib.compress(encode_state({"about": about, "step": step, "state": state}), 1)
    fresh = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(MAGIC + hashlib.sha256(data).digest() + data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            path.replace(previous(path))
        fresh.replace(path)
    except OSError as error:
        raise MlaError(f"The checkpoint {path} cannot be written: {error.strerror or error}.") from error


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Return the newest whole checkpoint of a file, or None when there is none at all.

    Raises:
        MlaError: There are files, and none of them is whole.
    """
    found = [one for one in (path, previous(path)) if one.exists()]
    for one in found:
        with one.open("rb") as file:
            head = file.read(len(MAGIC))
        if head != MAGIC and head.startswith(MAGIC[:15]):
            raise MlaError(f"{one} was written by another version of mlanimated. Remove it to begin anew.")
        if (whole := _read(one)) is not None:
            note = "" if one == path else f"{path.name} is damaged or missing; going on from the checkpoint before it."
            return Checkpoint(whole["about"], int(whole["step"]), whole["state"], note)
    if found:
        raise MlaError(f"{path} is no whole checkpoint, nor is the one before it. Remove it to begin anew.")
    return None


def previous(path: Path) -> Path:
    """Return where the checkpoint before is kept."""
    return path.with_name(path.name + ".previous")


def optimizer_state(optimizer: Any) -> list[dict[str, np.ndarray]]:
    """Return a copy of what an optimizer remembers of each parameter, in their order; empty before the first step."""
    remembered = optimizer.state_dict()["state"]
    return [
        {name: value.detach().cpu().numpy().copy() for name, value in remembered[index].items()}
        for index in sorted(remembered)
    ]


def load_optimizer(optimizer: Any, state: list[Mapping[str, Any]]) -> None:
    """Give an optimizer back what it remembered; layouts of memory stay those of its parameters."""
    torch = load_torch()
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter, remembered in zip(parameters, state, strict=False):
        for name, value in remembered.items():
            tensor = torch.from_numpy(np.array(value))
            like = tensor.shape == parameter.shape
            optimizer.state[parameter][name] = torch.empty_like(parameter).detach().copy_(tensor) if like else tensor


def _read(path: Path) -> dict[str, Any] | None:
    """Return what a file holds, or None when it is not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    body = data[len(MAGIC) + 32 :]
    if not data.startswith(MAGIC) or hashlib.sha256(body).digest() != data[len(MAGIC) : len(MAGIC) + 32]:
        return None
    return cast("dict[str, Any]", decode_state(zlib.decompress(body)))
