"""Record: adapters that record a training of one's own, in PyTorch, Keras or Lightning. Each loads its library when it is used.

mla.record.torch.watch(model, optimizer, "runs/mine.mla")
model.fit(x, y, callbacks=[mla.record.keras.Callback("runs/mine.mla")])
Trainer(callbacks=[mla.record.lightning.Callback("runs/mine.mla")])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlanimated.errors import did_you_mean

if TYPE_CHECKING:
    from mlanimated.record import keras, lightning, torch

__all__ = ["keras", "lightning", "torch"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        hint = "" if name.startswith("_") else did_you_mean(name, __all__)
        raise AttributeError(f"{__name__} has no {name!r}.{hint}", name=name)
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return __all__
