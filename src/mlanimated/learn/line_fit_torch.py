"""The line of `line_fit`, fitted by PyTorch: one neuron, `torch.nn.Linear(1, 1)`, and `torch.optim.SGD` (chapter 3).

The same series are recorded, so that the same film is drawn, and the numbers are the same: PyTorch finds the gradient by
itself, nothing else differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread
from mlanimated.learn.line_fit import CELSIUS, FAHRENHEIT, FAR, PROBE, Args, Story
from mlanimated.trace import Recorder

__all__ = ["Args", "train"]


@one_thread()
def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> tuple[float, float]:
    """Fit the line and return w and b.

    Args:
        args: The hyperparameters, those of `line_fit`.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint of an earlier run to go on from; the hyperparameters are those of `args`.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=0.1)
    celsius, fahrenheit = (torch.from_numpy(values[:, None]) for values in (CELSIUS, FAHRENHEIT))
    neuron = torch.nn.Linear(1, 1, dtype=torch.float64)
    first = int(resume["step"]) if resume else 0
    with torch.no_grad():
        neuron.weight.fill_(float(resume["w"]) if resume else args.w)
        neuron.bias.fill_(float(resume["b"]) if resume else args.b)
    optimizer = torch.optim.SGD(neuron.parameters(), lr=rate.value)
    story = Story(recorder, args.epochs)

    for epoch in range(first, args.epochs + 1):
        prediction = neuron(celsius)
        squared = (prediction - fahrenheit) ** 2
        error = squared.mean()
        optimizer.zero_grad()
        error.backward()
        w, b, loss = neuron.weight.item(), neuron.bias.item(), error.item()
        gradient = torch.cat([neuron.weight.grad.flatten(), neuron.bias.grad])
        recorder.log(
            {
                "w": w,
                "b": b,
                "loss": loss,
                "prediction": prediction.detach().numpy()[:, 0],
                "squared_error": squared.detach().numpy()[:, 0],
                "gradient": gradient.numpy(),
                "activations/0": PROBE,
                "activations/1": w * PROBE + b,
                "learning_rate": rate.value,
            },
            step=epoch,
        )
        if resume is None or epoch > first:
            story.tell(epoch, w, b, loss)
        recorder.tick(epoch, state=lambda epoch=epoch, w=w, b=b: {"step": epoch, "w": w, "b": b})
        if epoch == args.epochs or not loss < FAR:
            break
        optimizer.param_groups[0]["lr"] = rate.value
        optimizer.step()
    return neuron.weight.item(), neuron.bias.item()
