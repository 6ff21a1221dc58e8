"""Architecture: what a model is made of, layer by layer, as text that a trace keeps and a view draws.

Each layer is a mapping: `name`, `kind` (its class), `shape` of what it gives out without the batch ([] where it is not known), `parameters`
(how many it has of its own), `group` (the layer above it, "" at the top). Layers stand in the order in which they are run.
"""

from __future__ import annotations

import contextlib
import importlib
import json
from typing import Any, cast

__all__ = ["architecture_of_keras", "architecture_of_torch"]


def architecture_of_torch(model: Any, sample: Any = None) -> str:
    """Return the layers of a torch.nn.Module as JSON.

    With a sample they are run once, in evaluation and without gradients, which gives order and shapes; without one they stand as
    they were registered, and a shape is known of linear layers alone.

    Args:
        model: The module.
        sample: Inputs, a tensor or a tuple of them; or None.
    """
    torch: Any = importlib.import_module("torch")
    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    shapes: dict[str, list[int]] = {}

    def hook_of(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            first: Any = cast("tuple[Any, ...]", output)[0] if isinstance(output, tuple) else output
            shapes.setdefault(name, [int(side) for side in first.shape[1:]] if hasattr(first, "shape") else [])

        return hook

    if sample is not None:
        hooks = [module.register_forward_hook(hook_of(name)) for name, module in leaves]
        states = [(module, module.training) for module in model.modules()]
        inputs = cast("tuple[Any, ...]", sample) if isinstance(sample, tuple) else (sample,)
        model.eval()
        try:
            with torch.no_grad(), torch.random.fork_rng():
                model(*inputs)
        finally:
            for hook in hooks:
                hook.remove()
            for module, was in states:
                module.training = was
        order = {name: place for place, name in enumerate(shapes)}
        leaves = sorted((leaf for leaf in leaves if leaf[0] in order), key=lambda leaf: order[leaf[0]])
    layers = [
        {
            "name": name or type(module).__name__,
            "kind": type(module).__name__,
            "shape": shapes.get(name, [int(module.out_features)] if hasattr(module, "out_features") else []),
            "parameters": sum(parameter.numel() for parameter in module.parameters(recurse=False)),
            "group": name.rpartition(".")[0],
        }
        for name, module in leaves
    ]
    return json.dumps(layers)


def architecture_of_keras(model: Any) -> str:
    """Return the layers of a Keras model as JSON; shapes are known once it is built."""
    layers: list[dict[str, Any]] = []
    for layer in model.layers:
        shape: list[int] = []
        with contextlib.suppress(AttributeError, ValueError, TypeError):  # not built yet, or more than one output
            shape = [int(side) for side in layer.output.shape[1:]]
        layers.append(
            {
                "name": str(layer.name),
                "kind": type(layer).__name__,
                "shape": shape,
                "parameters": int(layer.count_params()) if layer.built else 0,
                "group": "",
            }
        )
    return json.dumps(layers)
