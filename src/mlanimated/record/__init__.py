"""Record: adapters that record a training of one's own, whatever it is written with. Each loads its library when it is used.

mla.record.torch.watch(model, optimizer, "runs/mine.mla")
model.fit(x, y, callbacks=[mla.record.keras.Callback("runs/mine.mla")])
Trainer(callbacks=[mla.record.lightning.Callback("runs/mine.mla")])
model.learn(100_000, callback=mla.record.sb3.Callback("runs/mine.mla"))
env = mla.record.gymnasium.Record(env, "runs/games.mla")
writer = mla.record.tensorboard.SummaryWriter("runs/mine")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlanimated.errors import did_you_mean

if TYPE_CHECKING:
    from mlanimated.record import gymnasium, keras, lightning, sb3, tensorboard, torch

__all__ = ["gymnasium", "keras", "lightning", "sb3", "tensorboard", "torch"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        hint = "" if name.startswith("_") else did_you_mean(name, __all__)
        raise AttributeError(f"{__name__} has no {name!r}.{hint}", name=name)
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return __all__
