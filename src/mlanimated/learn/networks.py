"""Networks of the agents: a body that looks, heads that answer; for pictures and for vectors alike (PyTorch).

small    16 filters 8x8 by 4, 32 filters 4x4 by 2, 256 units: the first DQN's (Mnih et al. 2013)
nature   32 filters 8x8 by 4, 64 filters 4x4 by 2, 64 filters 3x3, 512 units (Mnih et al. 2015)
mlp      two layers of 64 tanh units, for vectors (Schulman et al. 2017)
…-normed the same, each layer's sums normalized before its activation (Ba, Kiros and Hinton 2016; as in Gallici et al. 2024)

Pictures are prepared once, when they are stored: `prepare` subtracts each pixel's mean over random play, multiplies by about 16 over
its deviation, in whole numbers that fit int8, and puts colours last. A ball that crosses a pixel once in a while then counts as much as
a paddle that is always about; but nothing is multiplied so much that what usually comes no longer fits, for in a small picture it is by
its shades that one sees where between two pixels the ball is. The 16 is divided out in the first filters, where it costs nothing.

Filters that move by 4 and then by 2 meet the far edge of a picture only at some sizes: of 36, 44, … 84 pixels all count. Of any other
size the last rows and columns would never be looked at, and at 42 these hold Pong's own paddle; a margin of nothing is put around it.
"""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np

from mlanimated.errors import MlaError
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import one_thread

__all__ = ["Kind", "Network", "half_precision", "pick", "pick_device"]

ONE = 16.0  # how a deviation of 1 is stored
STILL = 2.0  # grey levels, halved: a pixel that never changes in random play is taken to change by so much
FITS = 0.95  # share of the pixels that ever change whose farthest value fits

Kind = Literal["small", "nature", "mlp", "small-normed", "nature-normed", "mlp-normed"]


class Network:
    """A body and one linear head for each answer, with what an observation must go through first.

    Args:
        shape: Of one observation: (stack, height, width) of a picture, (n,) of a vector.
        heads: Name of each head → how many numbers it gives.
        kind: Which body.
        seed: Draws the weights: orthogonal, the heads with the gain given.
        gains: Name of a head → the gain of its first weights [default: 1].
        device: "cpu" or "cuda".

    Attributes:
        modules: The torch modules: `body` and each head.
        mean: uint8 (height, width), each pixel's mean; taken off by `prepare`.
        gain: int16 (height, width), what each pixel, halved and less its mean, is multiplied by.
    """

    def __init__(
        self,
        shape: Sequence[int],
        heads: Mapping[str, int],
        kind: Kind,
        *,
        seed: int = 0,
        gains: Mapping[str, float] | None = None,
        device: str = "cpu",
    ) -> None:
        torch = load_torch()
        self.shape, self.heads, self.kind, self.device = tuple(shape), dict(heads), kind, device
        self._margin = _margin(self.shape, kind) if len(self.shape) == 3 else (0, 0, 0, 0)
        layers, width = _body(torch, self.shape, kind)
        modules = {"body": torch.nn.Sequential(*layers)}
        modules |= {name: torch.nn.Linear(width, size) for name, size in heads.items()}
        self.modules = torch.nn.ModuleDict(modules)
        random = torch.Generator().manual_seed(seed)
        with one_thread():  # with more, sums are rounded otherwise, and a seed means other weights on another machine
            for name, module in modules.items():
                gain = math.sqrt(2.0) if name == "body" else (gains or {}).get(name, 1.0)
                for layer in module.modules():
                    if hasattr(layer, "weight") and layer.weight.dim() > 1:
                        torch.nn.init.orthogonal_(layer.weight, gain, generator=random)
                        torch.nn.init.zeros_(layer.bias)
        self.modules.to(device=device, memory_format=torch.channels_last)
        self.mean = np.zeros(self.shape[-2:] if len(self.shape) == 3 else (), np.uint8)
        self.gain = np.ones_like(self.mean, np.int16)

    def prepare(
        self, observation: np.ndarray, out: Any = None, *, before: Any = None, begun: Sequence[int] = ()
    ) -> Any:
        """Return observations as they are stored: int8 (n, height, width, stack) of pictures, else float32 (n, …).

        Args:
            observation: (n, *shape), pictures in uint8.
            out: A tensor to write into, in place of a new one.
            before: What was stored one step earlier: all pictures but the newest are taken from there, which is quicker.
            begun: Places of the games that were begun since `before`, whose pictures are all new.
        """
        torch = load_torch()
        if len(self.shape) != 3:
            stored = np.ascontiguousarray(observation, np.float32)
        elif before is None or self.device != "cpu" or not _packs(self.shape[0]):
            stored = _colours_last(self._scaled(observation))
        else:
            newest = self._scaled(observation[:, -1]).view(np.uint8)
            packed = before.numpy().view(np.uint32)[..., 0] >> 8
            packed |= newest.astype(np.uint32) << 24
            stored = packed.view(np.int8).reshape(*packed.shape, 4)
            if len(begun):
                stored[list(begun)] = _colours_last(self._scaled(observation[list(begun)]))
        seen = torch.from_numpy(stored)
        return seen if out is None else out.copy_(seen)

    def _scaled(self, pictures: np.ndarray) -> np.ndarray:
        """Return pictures uint8 (…, height, width) less the mean and times the gain, int8."""
        halved = (pictures >> 1).view(np.int8) - (self.mean >> 1).view(np.int8)  # fits: both lie between 0 and 127
        scaled = halved * self.gain
        return np.clip(scaled, -127, 127, out=scaled).astype(np.int8)

    def measure(self, observations: np.ndarray) -> None:
        """Take each pixel's mean and gain from pictures (n, stack, height, width) of random play."""
        pictures = observations[:, -1]
        self.mean = np.rint(pictures.mean(axis=0, dtype=np.float64)).astype(np.uint8)
        deviation = pictures.std(axis=0, dtype=np.float64) / 2
        farthest = np.abs((pictures >> 1).view(np.int8) - (self.mean >> 1).view(np.int8)).max(axis=0)
        usual = float(np.quantile(farthest[farthest > 0], FITS)) if farthest.any() else 1.0
        wanted = np.minimum(ONE / np.maximum(deviation, STILL), 127.0 / usual)
        self.gain = np.maximum(1, np.rint(wanted)).astype(np.int16)

    def __call__(self, stored: Any) -> tuple[Any, ...]:
        """Return what each head says, float32 (n, size), from observations as they are stored."""
        torch = load_torch()
        body = self.modules["body"]
        if len(self.shape) == 3:
            half = torch.is_autocast_enabled(stored.device.type)
            if any(self._margin):
                stored = torch.nn.functional.pad(stored, (0, 0, *self._margin))
            seen = stored.permute(0, 3, 1, 2).to(torch.bfloat16 if half else torch.float32)
            first = body[0]
            weight = first.weight / ONE
            seen = torch.nn.functional.conv2d(seen, weight, first.bias, first.stride)
            flat = next(at for at, layer in enumerate(body) if isinstance(layer, torch.nn.Flatten))
            seen = body[1:flat](seen)
            if seen.requires_grad:  # flattening gives a gradient colours first, with which ReLU takes 30 times as long
                seen.register_hook(_channels_last)
            seen = body[flat:](seen)
        else:
            seen = body(stored)
        with torch.autocast(stored.device.type, enabled=False):  # bfloat16's eight bits cannot tell like values apart
            return tuple(self.modules[name](seen.float()) for name in self.heads)

    def parameters(self) -> list[Any]:
        """Return the weights and biases that are learned."""
        return list(self.modules.parameters())

    def state(self) -> dict[str, np.ndarray]:
        """Return a copy of every weight and bias by name, and of `mean` and `gain`: all that `load` needs."""
        weights = {name: value.detach().cpu().numpy().copy() for name, value in self.modules.state_dict().items()}
        return {**weights, "mean": self.mean.copy(), "gain": self.gain.copy()}

    def load(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` returned, of any float type.

        Raises:
            MlaError: It is of another network.
        """
        torch = load_torch()
        weights = {
            name: torch.from_numpy(np.array(value, np.float32))
            for name, value in state.items()
            if name not in {"mean", "gain"}
        }
        for name, own in self.modules.state_dict().items():
            if name not in weights or weights[name].shape != own.shape:
                has = f"{name} of {tuple(weights[name].shape)}" if name in weights else f"no {name}"
                raise MlaError(
                    f"These are the weights of another network: it has {has}, this one of {tuple(own.shape)}. "
                    "One that saw pictures of another size than 36, 44, … 84 before every pixel counted is to be trained anew."
                )
        self.modules.load_state_dict(weights)
        self.mean = np.array(state["mean"], np.uint8)
        self.gain = np.array(state["gain"], np.int16)


def pick(stored: Any, which: Any) -> Any:
    """Return `stored[which]`, a tenth as long about it: rows are copied whole, which torch does of flat rows alone.

    Args:
        stored: Observations as they are stored (n, …), contiguous.
        which: int64, indices of rows.
    """
    return stored.flatten(1).index_select(0, which).unflatten(1, stored.shape[1:])


def pick_device() -> str:
    """Return "cuda" where there is a GPU that PyTorch can use, else "cpu"."""
    return "cuda" if load_torch().cuda.is_available() else "cpu"


def half_precision(device: str) -> Any:
    """Return a context in which matrices are multiplied in bfloat16, where the machine is faster so; else it changes nothing."""
    torch = load_torch()
    return torch.autocast(device, torch.bfloat16) if _has_bfloat16(device) else contextlib.nullcontext()


@cache
def _has_bfloat16(device: str) -> bool:
    """Return whether the machine multiplies bfloat16 in hardware."""
    torch = load_torch()
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    asks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, ask)()) for ask in asks if hasattr(torch.cpu, ask))


def _packs(stack: int) -> bool:
    """Return whether the pictures of a stack are the bytes of one number, the oldest the lowest."""
    return stack == 4 and sys.byteorder == "little"


def _colours_last(pictures: np.ndarray) -> np.ndarray:
    """Return int8 (n, stack, height, width) as (n, height, width, stack); four at a time as one number, which is 4 times as quick."""
    if not _packs(pictures.shape[1]):
        return np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))
    planes = pictures.view(np.uint8)
    packed = planes[:, 0].astype(np.uint32)
    for at in (1, 2, 3):
        packed |= planes[:, at].astype(np.uint32) << (8 * at)
    return packed.view(np.int8).reshape(*packed.shape, 4)


def _channels_last(gradient: Any) -> Any:
    """Return a gradient (n, channels, height, width), channels last in memory."""
    return gradient.contiguous(memory_format=load_torch().channels_last)


def _body(torch: Any, shape: tuple[int, ...], kind: Kind) -> tuple[list[Any], int]:
    """Return the layers of a body and how many numbers it gives."""
    nn = torch.nn
    normed = kind.endswith("-normed")
    layers: list[Any] = []
    if kind.startswith("mlp"):
        width = math.prod(shape)
        layers.append(nn.Flatten())
        for _ in range(2):
            layers += [nn.Linear(width, 64), *([nn.LayerNorm(64)] if normed else []), nn.Tanh()]
            width = 64
        return layers, width
    stack, height, width = shape
    left, right, above, below = _margin(shape, kind)
    height, width = height + above + below, width + left + right
    units = 256 if kind.startswith("small") else 512
    for count, size, stride in _filters(kind):
        layers += [nn.Conv2d(stack, count, size, stride), *([nn.GroupNorm(1, count)] if normed else []), nn.ReLU()]
        stack, height, width = count, (height - size) // stride + 1, (width - size) // stride + 1
    layers += [nn.Flatten(), nn.Linear(stack * height * width, units), *([nn.LayerNorm(units)] if normed else [])]
    return [*layers, nn.ReLU()], units


def _filters(kind: Kind) -> tuple[tuple[int, int, int], ...]:
    """Return how many filters each layer of a body for pictures has, their size, and by how much they move."""
    return ((16, 8, 4), (32, 4, 2)) if kind.startswith("small") else ((32, 8, 4), (64, 4, 2), (64, 3, 1))


def _margin(shape: tuple[int, ...], kind: Kind) -> tuple[int, int, int, int]:
    """Return how many columns of nothing to put left and right of a picture, and rows above and below, so that all of it is seen."""
    sees, moves = 1, 1  # of how many pixels a number of the last layer comes, and how far the next one's are from these
    for _, size, stride in _filters(kind):
        sees, moves = sees + (size - 1) * moves, moves * stride
    rows, columns = ((sees - size) % moves if size >= sees else sees - size for size in shape[-2:])
    return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
