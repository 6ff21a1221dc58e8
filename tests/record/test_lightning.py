from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlanimated.errors import MlaError
from mlanimated.record.lightning import Callback
from mlanimated.trace import Recorder, Trace

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    lightning: Any = pytest.importorskip("lightning.pytorch")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]


class Line(lightning.LightningModule):
    """The user's own module."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
        self.seen: list[float] = []

    def forward(self, x: Any) -> Any:
        return self.layer(x)

    def training_step(self, batch: Any, _index: int) -> Any:
        x, y = batch
        loss = (self.layer(x) - y).square().mean()
        self.log("mean_loss", loss, on_epoch=True, on_step=False)
        self.seen.append(loss.item())
        return loss

    def validation_step(self, batch: Any, _index: int) -> None:
        x, y = batch
        self.log("error", (self.layer(x) - y).abs().mean())

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), lr=0.1)


def fitted(folder: Path, *callbacks: Any) -> Line:
    lightning.seed_everything(2, verbose=False)
    module = Line()
    x = torch.randn(32, 4)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, x[:, :1]), batch_size=8, shuffle=True)
    trainer = lightning.Trainer(
        max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, callbacks=list(callbacks), default_root_dir=folder,
    )  # fmt: skip
    trainer.fit(module, data, data)
    return module


def test_the_training_is_the_same_to_the_last_bit_and_recorded(tmp_path: Path) -> None:
    plain = fitted(tmp_path)
    watched = fitted(tmp_path, Callback(tmp_path / "mine.mla", layers=("layer",), sample=torch.ones(1, 4)))
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), watched.parameters(), strict=True))
    assert plain.seen == watched.seen
    trace = Trace.open(tmp_path / "mine.mla")
    assert np.allclose(trace.series("train/loss").values, plain.seen)
    lightning.seed_everything(2, verbose=False)
    assert np.array_equal(trace.value("weights/layer.weight", 0), Line().layer.weight.detach())
    assert np.array_equal(trace.value("weights/layer.weight", 12), watched.layer.weight.detach())
    assert len(trace.series("error").values) == 3
    assert np.allclose(trace.series("mean_loss").values, np.reshape(plain.seen, (3, 4)).mean(1))
    assert trace.value("epoch", 12) == 3.0
    assert trace.finished


def test_an_unknown_layer_lists_the_names(tmp_path: Path) -> None:
    with pytest.raises(MlaError, match="Did you mean 'layer'"):
        fitted(tmp_path, Callback(Recorder(), layers=("layr",), sample=torch.ones(1, 4)))
