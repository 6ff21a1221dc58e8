"""Checkpoints that PyTorch saved, brought into a trace: how the weights of a training moved, without training again.

    import_checkpoints("checkpoints", "runs/mine.mla")         # step-100.pt, step-200.pt, …

Files are read as plain tensors (`weights_only`), so that nothing in them can run. Recorded at each file's step is what `record.torch.watch`
records of weights: `weights/norm` (tensors,), `weights/histogram` (tensors, 40) and `weights/range` (tensors,), from the second on
`updates/norm` (tensors,), how far a sample of each has moved; snapshots `weights/NAME` as a budget of bytes allows, the first and the
last always among them; `watch/names`, once. Numbers that stand beside the weights in a file ("loss") are recorded under their own names.
"""

from __future__ import annotations

import importlib
import json
import math
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from mlanimated.errors import MissingExtra, MlaError
from mlanimated.record.weights import Weights
from mlanimated.trace import Recorder

__all__ = ["BUDGET", "Checkpoint", "found_in", "import_checkpoints", "tensors_of"]

BUDGET = 64 * 2**20
SUFFIXES = {".pt", ".pth", ".ckpt", ".bin", ".safetensors"}
OTHERS = re.compile(r"(optimi[sz]er|scheduler|rng_state|scaler|training_args)", re.IGNORECASE)
"""What lies beside the weights of a checkpoint and is none."""
HOLDERS = ("state_dict", "model_state_dict", "model_state", "model", "module", "network", "net", "weights", "params")
"""Under what names weights are kept in a checkpoint that holds more."""
PREFIXES = ("_orig_mod.", "module.")
"""What compiling and training on several machines put before each name."""


class Checkpoint(NamedTuple):
    """A file and its place in the training.

    Attributes:
        step: The number in its name.
        path: The file.
    """

    step: int
    path: Path


def found_in(folder: Path) -> tuple[list[Checkpoint], list[Path]]:
    """Return the checkpoints of a folder by their steps, and the files without a number, which are left out.

    The number is that after "step" or "iter", or that after "epoch" or "ep", or the last in the name: whichever tells most files apart. A
    file without any takes that of the folder it lies in ("checkpoint-500/model.safetensors").

    Args:
        folder: Searched with all folders within.

    Raises:
        MlaError: There is no such folder, no checkpoint, or two have one number.
    """
    if not folder.is_dir():
        raise MlaError(f"There is no folder {folder}; give the one that holds the checkpoints.")
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES and path.is_file() and not OTHERS.search(path.stem)
    )
    if not files:
        raise MlaError(f"{folder} holds no checkpoints: none of its files ends in {', '.join(sorted(SUFFIXES))}.")
    numbered: dict[int, Path] = {}
    rest: list[Path] = []
    number_of = _numbering(folder, files)
    for path in files:
        step = number_of(path)
        if step is None:
            rest.append(path)
        elif step in numbered:
            one, other = (known.relative_to(folder) for known in (numbered[step], path))
            raise MlaError(
                f"{one} and {other} have the same number, {step}; give a folder with one checkpoint for each."
            )
        else:
            numbered[step] = path
    if not numbered:
        raise MlaError(f"{rest[0].name} has no number in its name; call checkpoints by their steps, as in step-100.pt.")
    return [Checkpoint(step, numbered[step]) for step in sorted(numbered)], rest


def tensors_of(path: Path) -> tuple[dict[str, Any], dict[str, float]]:
    """Return the floating-point tensors of a checkpoint by name, and the numbers that stand beside them.

    Args:
        path: A file of `torch.save` or of safetensors.

    Raises:
        MissingExtra: PyTorch is not installed.
        MlaError: It cannot be read, holds more than plain data, or no weights.
    """
    try:
        torch: Any = importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise MissingExtra("Reading checkpoints of PyTorch's", "torch") from error
    whole = _read(torch, path)
    held = _weights_in(torch, whole)
    named = {
        _plain(name): value.detach() for name, value in held.items() if value.is_floating_point() and value.numel()
    }
    if not named:
        raise MlaError(f"{path.name} holds no weights: save model.state_dict(), alone or under the name 'state_dict'.")
    beside = {
        str(name): float(value)
        for name, value in whole.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
    return named, beside


def import_checkpoints(
    source: str | Path,
    target: str | Path | None = None,
    *,
    budget: int = BUDGET,
    overwrite: bool = False,
    tell: Callable[[str], object] = lambda _: None,
) -> Path:
    """Bring a folder of checkpoints into a trace.

    Args:
        source: The folder.
        target: The .mla file; None for runs/FOLDER.mla.
        budget: Bytes that all snapshots of the weights may take; 0 for none.
        overwrite: Replace a trace that is there.
        tell: Called with each line for the person who waits.

    Returns:
        The trace.

    Raises:
        MissingExtra: PyTorch, or safetensors where it is needed, is not installed.
        MlaError: There are no checkpoints, one cannot be read or holds other tensors than the first, or the trace is there already.
    """
    folder = Path(source)
    checkpoints, rest = found_in(folder)
    for path in rest:
        tell(f"{path.relative_to(folder)} has no number in its name: left out.")
    name = folder.resolve().name
    file = Path(target) if target is not None else Path("runs") / f"{name}.mla"
    if file.suffix != ".mla":
        raise MlaError(f"A trace's name ends in .mla; {file.name} does not.")
    if file.exists() and not overwrite:
        raise MlaError(f"{file} is there already: give another name, or --overwrite to replace it.")
    first, _ = tensors_of(checkpoints[0].path)  # before a file is made, so that a mistake leaves none
    shapes = {key: tuple(value.shape) for key, value in first.items()}
    weights = Weights(list(shapes), 4 * sum(map(math.prod, shapes.values())), budget, len(checkpoints))
    begun = file.with_name(f"{file.stem}.part.mla")
    recorder = Recorder(begun, name=name, args={"imported from": "checkpoints"}, overwrite=True)
    try:
        recorder.log({"watch/names": json.dumps(list(weights.names))}, step=checkpoints[0].step)
        for checkpoint in checkpoints:
            named, beside = tensors_of(checkpoint.path)
            _check(checkpoint.path.name, named, checkpoints[0].path.name, shapes)
            arrays = [_array(named[key]) for key in shapes]
            row = weights.row(arrays)
            if checkpoint is checkpoints[-1] and not weights.taken:
                row |= weights.last(arrays)
            recorder.log({**beside, **row}, step=checkpoint.step)
        recorder.close()
        begun.replace(file)
    finally:
        recorder.close()
        begun.unlink(missing_ok=True)
    several = f"{len(checkpoints)} checkpoints, {checkpoints[0].step} to {checkpoints[-1].step}"
    tell(f"{several}, of {len(shapes)} tensors, in {file}. Film: mla film {file}")
    return file


def _numbering(folder: Path, files: Sequence[Path]) -> Callable[[Path], int | None]:
    """Return what gives the number in a name: the kind that tells most files apart, steps before epochs before any."""

    def first_of(pattern: str) -> Callable[[Path], int | None]:
        def number_of(path: Path) -> int | None:
            inside = path.relative_to(folder)
            for name in (path.stem, *(part.name for part in inside.parents if part.name)):
                found = re.findall(pattern, name, re.IGNORECASE)
                if found:
                    return int(found[-1])
            return None

        return number_of

    patterns = (
        r"(?<![a-z])(?:steps?|iter(?:ation)?s?|it)[-_=. ]?(\d+)",
        r"(?<![a-z])(?:epochs?|ep)[-_=. ]?(\d+)",
        r"(\d+)",
    )
    ways = [first_of(pattern) for pattern in patterns]
    return max(ways, key=lambda way: len({way(path) for path in files} - {None}))


def _read(torch: Any, path: Path) -> Mapping[Any, Any]:
    """Return what a file holds."""
    if path.suffix == ".safetensors":
        try:
            reader: Any = importlib.import_module("safetensors.torch")
        except ModuleNotFoundError as error:
            raise MlaError(f"{path.name} needs safetensors to be read: pip install safetensors") from error
        try:
            return reader.load_file(path)
        except Exception as error:  # its own error is no class of ours to know
            raise MlaError(f"{path.name} cannot be read as safetensors: {_short(error)}") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old forms, which are read all the same
            whole: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if zipfile.is_zipfile(path):
            told = "holds more than tensors and plain data, which could run code when it is read: save model.state_dict() in its place."
            raise MlaError(f"{path.name} {told}") from error
        raise MlaError(f"{path.name} is no checkpoint of PyTorch's, or only a part of one.") from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        raise MlaError(f"{path.name} cannot be read as a checkpoint of PyTorch's: {_short(error)}") from error
    if torch.is_tensor(whole):
        return {"weight": whole}
    if not isinstance(whole, Mapping):
        raise MlaError(f"{path.name} holds no weights but {type(whole).__name__}: save model.state_dict().")
    return cast("Mapping[Any, Any]", whole)


def _weights_in(torch: Any, whole: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the tensors of a checkpoint by name: its own, or those under one of the usual names."""
    own = {str(name): value for name, value in whole.items() if torch.is_tensor(value)}
    inner = [whole[name] for name in HOLDERS if isinstance(whole.get(name), Mapping)]
    for part in cast("list[Mapping[Any, Any]]", inner):
        held = {str(name): value for name, value in part.items() if torch.is_tensor(value)}
        if held:
            return held
    return own


def _plain(name: str) -> str:
    """Return a tensor's name without what wrappers put before it."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _check(file: str, named: Mapping[str, Any], first: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """See that a checkpoint holds the tensors of the first one."""
    for name, shape in shapes.items():
        if name not in named:
            raise MlaError(f"{file} has no {name!r}, which {first} has: give the checkpoints of one model.")
        if tuple(named[name].shape) != shape:
            there, here = ("x".join(map(str, sides)) or "one number" for sides in (named[name].shape, shape))
            raise MlaError(f"{name!r} is {there} in {file} and {here} in {first}: give the checkpoints of one model.")
    for name in named:
        if name not in shapes:
            raise MlaError(f"{file} has {name!r}, which {first} has not: give the checkpoints of one model.")


def _array(tensor: Any) -> Any:
    """Return a tensor as a float32 array."""
    return (tensor.to_dense() if tensor.is_sparse else tensor).float().cpu().numpy()


def _short(error: Exception) -> str:
    """Return the first line of a library's error."""
    line = str(error).strip().partition("\n")[0].rstrip(".")
    return f"{line[:120]}." if line else f"{type(error).__name__}."
