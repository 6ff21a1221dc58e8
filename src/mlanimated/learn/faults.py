"""Faults: where a number that is none comes from, in any torch.nn.Module."""

from __future__ import annotations

from typing import Any, cast

from mlanimated.learn.frameworks import load_torch

__all__ = ["first_fault"]


def first_fault(model: Any, inputs: Any) -> str:
    """Return where the first number that is not finite stands, as the end of a sentence: "in the weights 3.bias".

    Args:
        model: The module, with the weights that gave it.
        inputs: The batch that did.
    """
    torch = load_torch()

    def bad(value: Any) -> bool:
        return torch.is_tensor(value) and value.is_floating_point() and not bool(torch.isfinite(value).all())

    if bad(inputs):
        return "in the inputs"
    for name, parameter in model.named_parameters():
        if bad(parameter):
            return f"in the weights {name}"
    found: list[str] = []

    def watch(name: str, kind: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            outputs = cast("tuple[Any, ...]", output if isinstance(output, tuple) else (output,))
            if not found and any(bad(part) for part in outputs):
                found.append(f"in what layer {name} ({kind}) gives out")

        return hook

    leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
    hooks = [
        module.register_forward_hook(watch(name or "0", type(module).__name__), always_call=True)
        for name, module in leaves
    ]
    try:
        with torch.no_grad():
            outputs = model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if found or not torch.is_tensor(outputs):
        return found[0] if found else "in the loss"
    return f"in the loss, of outputs as large as {float(outputs.abs().max()):.0e}"
