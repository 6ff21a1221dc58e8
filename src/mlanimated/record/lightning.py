"""Record any training of Lightning's by one callback.

    Trainer(callbacks=[mla.record.lightning.Callback("runs/mine.mla")])

Recorded is what `record.torch.watch` records, of the module and its first optimizer; the loss that `training_step` returns; and what
the module logs, under its own names, at the end of each epoch and validation. It only reads: what is trained is the same to the last bit.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any, cast

from mlanimated.errors import MlaError
from mlanimated.record.torch import Watching, watch
from mlanimated.trace import Recorder

__all__ = ["Callback"]


def Callback(  # noqa: N802 (it is used as the class that it returns one of)
    recorder: Recorder | str | os.PathLike[str],
    *,
    sample: Any = None,
    layers: Sequence[str] = (),
    budget: int = 64 * 2**20,
    every: int = 1,
) -> Any:
    """Return a Lightning callback that records the training that it is given to; in other processes than the first it is silent.

    Args:
        recorder: A Recorder, or the .mla file of a new one, which is closed when the training ends.
        sample: As in `record.torch.watch`.
        layers: As in `record.torch.watch`.
        budget: Bytes that all snapshots of the weights may take; 0 for none.
        every: Norms and histograms at each so-many-th step.

    Raises:
        MlaError: Lightning is not installed. What `watch` finds wrong is told when the training begins.
    """
    base = _library().Callback
    state: dict[str, Watching] = {}

    # Lightning keeps a figure until the next one comes: each is recorded where it first came from, an epoch's end or a validation's,
    # so that none is recorded twice, or again when it is old.
    told_by: dict[str, str] = {}

    def more(trainer: Any, teller: str) -> None:
        if "watching" in state:
            logged = cast("Mapping[str, Any]", trainer.callback_metrics)
            values = {
                name: float(value)
                for name, value in logged.items()
                if (not hasattr(value, "numel") or value.numel() == 1) and told_by.setdefault(name, teller) == teller
            }
            state["watching"].log({**values, "epoch": float(trainer.current_epoch + 1)})

    def end() -> None:
        if "watching" in state:
            state.pop("watching").close()

    class Record(base):
        """Hands on what Lightning tells."""

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            if trainer.is_global_zero:
                steps = trainer.estimated_stepping_batches
                steps = int(steps) if 0 < steps < 10**12 else 0
                first = trainer.optimizers[0]
                state["watching"] = watch(
                    pl_module, first, recorder, sample=sample, layers=layers, budget=budget, steps=steps, every=every
                )

        def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
            del trainer, pl_module
            if "watching" in state:
                state["watching"].loss(loss)

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            del pl_module
            more(trainer, "epoch")

        def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
            del pl_module
            if not trainer.sanity_checking:
                more(trainer, "validation")

        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            del trainer, pl_module
            end()

        def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
            del trainer, pl_module, exception
            end()

    return Record()


def _library() -> Any:
    """Return Lightning, under either of its names."""
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise MlaError("Recording a training of Lightning's needs Lightning: pip install lightning")
