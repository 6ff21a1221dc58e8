"""Record any training of PyTorch's: `watch` a model and its optimizer, and train as before.

    watching = mla.record.torch.watch(model, optimizer, "runs/mine.mla", loss=criterion)
    ...                      # the training, unchanged
    watching.close()         # or: with mla.record.torch.watch(...):

It hangs on the optimizer's step and only reads: what is trained is the same to the last bit. Recorded before each step: `train/loss`
(of `loss=`, or given by `watching.loss`), `learning_rate`, `weights/norm` and `gradients/norm` (tensors,), `weights/histogram` and
`gradients/histogram` (tensors, 40) of a sample each, over ±`weights/range` and ±`gradients/range` (tensors,); `watch/names`, once,
says which tensors these are, as JSON. A snapshot of all weights, `weights/NAME` each, is taken as often as the budget allows, at the start
and the end always; with it the layers asked for on the sample given, `activations/LAYER`.
"""

from __future__ import annotations

import importlib
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, cast

import numpy as np

from mlanimated.errors import MissingExtra, MlaError, did_you_mean
from mlanimated.record.architecture import architecture_of_torch
from mlanimated.record.snapshots import Snapshots
from mlanimated.record.statistics import histograms, stride
from mlanimated.trace import Recorder, Stopped

__all__ = ["Watching", "watch"]


def watch(
    model: Any,
    optimizer: Any,
    recorder: Recorder | str | os.PathLike[str],
    *,
    loss: Any = None,
    sample: Any = None,
    layers: Sequence[str] = (),
    budget: int = 64 * 2**20,
    steps: int = 0,
    every: int = 1,
) -> Watching:
    """Record a model while an optimizer trains it.

    Args:
        model: Any torch.nn.Module.
        optimizer: Any torch.optim.Optimizer; each of its steps is a step of the recording.
        recorder: A Recorder, or the .mla file of a new one, which `close` then closes.
        loss: The module that gives the loss (`torch.nn.CrossEntropyLoss()`), to be listened to; else tell it by `Watching.loss`.
        sample: Inputs, a batch of a few, on which activations are recorded.
        layers: Names of the layers whose activations are wanted, as `model.named_modules()` has them.
        budget: Bytes that all snapshots of the weights may take; 0 for none.
        steps: How many steps there will be, so that the snapshots last; 0 when it is not known.
        every: Norms and histograms at each so-many-th step.

    Raises:
        MissingExtra: PyTorch is not installed.
        MlaError: There is no such layer (the line lists those there are), layers without a sample, or a trace that is there already.
    """
    try:
        importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise MissingExtra("Recording a training of PyTorch's", "torch") from error
    known = {name: module for name, module in model.named_modules() if name}
    for name in layers:
        if name not in known:
            raise MlaError(f"The model has no layer {name!r}.{did_you_mean(name, known)}")
    if layers and sample is None:
        raise MlaError("Activations are recorded on a sample: give sample=, a batch of a few inputs, with layers=.")
    if every < 1:
        raise MlaError(f"every is {every}; it must be 1 or more.")
    own = not isinstance(recorder, Recorder)
    opened = recorder if isinstance(recorder, Recorder) else Recorder(recorder, name=type(model).__name__)
    chosen = {name: known[name] for name in layers}
    return Watching(model, optimizer, opened, own, loss, sample, chosen, Snapshots(_bytes(model), budget, steps), every)


class Watching:
    """A training that is being recorded; made by `watch`.

    Attributes:
        recorder: The recorder.
        step: Steps taken so far.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        recorder: Recorder,
        own: bool,
        loss: Any,
        sample: Any,
        layers: Mapping[str, Any],
        snapshots: Snapshots,
        every: int,
    ) -> None:
        self._torch: Any = importlib.import_module("torch")
        self._model, self.recorder, self._own = model, recorder, own
        self._inputs = cast("tuple[Any, ...]", sample) if isinstance(sample, tuple) else (sample,)
        self._layers, self._snapshots, self._every = layers, snapshots, every
        self._named: list[tuple[str, Any]] = list(model.named_parameters())
        self._loss: Any = None
        self.step = 0
        self._closed = False
        self._hooks = [optimizer.register_step_pre_hook(self._before), optimizer.register_step_post_hook(self._after)]
        self._optimizer = optimizer
        if loss is not None:
            self._hooks.append(loss.register_forward_hook(self._heard))
        text = architecture_of_torch(model, sample)
        recorder.log({"watch/names": json.dumps([name for name, _ in self._named]), "model/layers": text}, step=0)
        if snapshots.count < 2:
            size = _bytes(model) / 2**20
            told = (
                f"A snapshot of the weights takes {size:.3g} MB, so that the budget does not hold two: none are kept."
            )
            warnings.warn(told, stacklevel=3)
        self._record_all({"weights": self._weights()}, {})

    def loss(self, value: Any) -> None:
        """Tell the loss of the step that comes: a number, or a tensor with one."""
        self._loss = value.detach() if hasattr(value, "detach") else value

    def log(self, values: Mapping[str, Any]) -> None:
        """Record more at the present step, such as {"test/accuracy": 0.9}."""
        self.recorder.log(values, step=self.step)

    def close(self) -> None:
        """Record the end, let go of model and optimizer, and close the recorder if `watch` has made it."""
        if self._closed:
            return
        self._closed = True
        for hook in self._hooks:
            hook.remove()
        if self.step:
            row = self._statistics({"weights": self._weights()})
            if self._snapshots.last():
                row |= self._snapshot()
            self.recorder.log(row, step=self.step)
        if self._own:
            self.recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _heard(self, _module: Any, _inputs: Any, output: Any) -> None:
        """Keep what the loss's module gave while gradients were on: of training, and not of a test."""
        if self._torch.is_grad_enabled() and self._torch.is_tensor(output) and output.numel() == 1:
            self._loss = output.detach()

    def _before(self, _optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record before the optimizer's step; one that is given a closure has no gradients before it has called it."""
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if closure is None:
            self._record()
            return None
        called = False

        def then_record() -> Any:
            nonlocal called
            loss = closure()
            if not called:  # L-BFGS calls it several times a step
                called = True
                if self._loss is None and self._torch.is_tensor(loss):
                    self.loss(loss)
                self._record()
            return loss

        if len(args) > 1:
            return (args[0], then_record, *args[2:]), kwargs
        return args, {**kwargs, "closure": then_record}

    def _record(self) -> None:
        """Record weights and gradients; whatever fails here, the training goes on."""
        try:
            row: dict[str, Any] = {}
            if self._loss is not None:
                row["train/loss"] = float(self._loss)
                self._loss = None
            row["learning_rate"] = float(self._optimizer.param_groups[0]["lr"])
            kinds: dict[str, list[Any]] = {}
            if self.step % self._every == 0:
                kinds["gradients"] = self._gradients()
                if self.step:  # step 0 was recorded when the watch began
                    kinds["weights"] = self._weights()
            self._record_all(kinds, row)
        except Exception as error:
            warnings.warn(f"A step was not recorded ({type(error).__name__}: {error}).", stacklevel=2)

    def _after(self, *_: Any) -> None:
        """Count the step, and let a viewer pause or stop the training."""
        self.step += 1
        try:
            self.recorder.tick(self.step)
        except Stopped:
            self.close()
            raise

    def _record_all(self, kinds: Mapping[str, list[Any]], row: dict[str, Any]) -> None:
        """Record a row, with the statistics of some kinds of tensors, and a snapshot when one is due."""
        row |= self._statistics(kinds)
        if "weights" in kinds and self._snapshots.due(self._sample):
            row |= self._snapshot()
        self.recorder.log(row, step=self.step)

    def _weights(self) -> list[Any]:
        return [weight.detach() for _, weight in self._named]

    def _gradients(self) -> list[Any]:
        """Return the gradients; a tensor without one counts as zeros."""
        return [self._torch.zeros(1) if weight.grad is None else weight.grad.detach() for _, weight in self._named]

    def _statistics(self, kinds: Mapping[str, list[Any]]) -> dict[str, Any]:
        """Return norms and histograms of some kinds of tensors, and keep the sample of the weights.

        A tensor's norm reads all of it, so that its sample, up to `SAMPLE` values, evenly spaced, is near when it is taken.
        """
        row: dict[str, Any] = {}
        samples: list[Any] = []
        for kind, tensors in kinds.items():
            dense = [tensor.to_dense() if tensor.is_sparse else tensor for tensor in tensors]
            norms = [norm.float().cpu() for norm in self._torch._foreach_norm(dense)]
            row[f"{kind}/norm"] = self._torch.stack(norms).numpy()
            flat = [tensor.flatten()[:: stride(tensor.numel())] for tensor in dense]
            taken = [np.array(part.to("cpu", self._torch.float32).numpy()) for part in flat]
            if kind == "weights":
                self._sample = np.concatenate(taken)
            samples += taken
        counts, ranges = histograms(samples)  # of all in one pass
        for index, kind in enumerate(kinds):
            part = slice(index * len(self._named), (index + 1) * len(self._named))
            row |= {f"{kind}/histogram": counts[part], f"{kind}/range": ranges[part]}
        return row

    def _snapshot(self) -> dict[str, Any]:
        """Return a copy of every weight, and the activations that were asked for."""
        row: dict[str, Any] = {f"weights/{name}": weight.detach().float().cpu().numpy() for name, weight in self._named}
        return row | self._activations()

    def _activations(self) -> dict[str, Any]:
        """Return what the chosen layers give out for the sample; model and random numbers stay as they are."""
        if not self._layers:
            return {}
        found: dict[str, Any] = {}

        def hook_of(name: str) -> Any:
            def hook(_module: Any, _inputs: Any, output: Any) -> None:
                first: Any = cast("tuple[Any, ...]", output)[0] if isinstance(output, tuple) else output
                found[f"activations/{name}"] = first.detach().float().cpu().numpy().copy()

            return hook

        hooks = [module.register_forward_hook(hook_of(name)) for name, module in self._layers.items()]
        states = [(module, module.training) for module in self._model.modules()]
        self._model.eval()
        try:
            with self._torch.no_grad(), self._torch.random.fork_rng():
                self._model(*self._inputs)
        finally:
            for hook in hooks:
                hook.remove()
            for module, was in states:
                module.training = was
        return found


def _bytes(model: Any) -> int:
    """Return what a snapshot takes, as float32."""
    return 4 * sum(weight.numel() for weight in model.parameters())
