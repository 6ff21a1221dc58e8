"""A convolutional network tells pictures apart: filters that slide, pooling, and at the end one number for each class (chapters 5 to 7).

Of three kinds, so that they can be compared: "linear" (a weight for each pixel and class), "mlp" (a hidden layer of
256 units), "cnn" (filters 5x5, then 3x3, with pooling after each; LeCun et al. 1998 in today's dress: ReLU, batch normalization, AdamW).

Recorded beside what `supervised` records: `filters` (n, size, size, channels), the first layer's; for pictures of the test set that
are watched `probability` (k, classes) and `maps/0`, `maps/1`…, what each stage of filters gives out for the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.images import Images, Split
from mlanimated.learn.augmentation import Augmentation, augmented
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.supervised import Examples, Fitted, Settings, fit
from mlanimated.trace import Recorder

__all__ = ["Architecture", "Network", "build", "learn_pictures", "prepared", "stored", "watched"]


Network = Literal["linear", "mlp", "cnn"]


class Architecture(Struct, frozen=True, kw_only=True):
    """What the network is made of."""

    kind: Annotated[
        Literal["linear", "mlp", "cnn"], Meta(description="A sum of pixels, a hidden layer, or filters.")
    ] = "cnn"
    filters: Annotated[int, Meta(ge=2, le=256, description="Of the first stage; each next one has twice as many.")] = 16
    stages: Annotated[int, Meta(ge=1, le=4, description="Of filters and pooling; each halves the picture.")] = 3
    hidden: Annotated[int, Meta(ge=2, le=4096, description="Units of the hidden layer.")] = 256
    dropout: Annotated[float, Meta(ge=0, lt=1, description="Part of the last units left out at each step.")] = 0.1


def build(architecture: Architecture, shape: Sequence[int], classes: int, seed: int) -> Any:
    """Return a network for pictures of a shape, its first weights drawn from a seed.

    Args:
        architecture: What it is made of.
        shape: (height, width, channels).
        classes: How many outputs; 2 classes have two as well.
        seed: Draws the weights.
    """
    torch = load_torch()
    nn = torch.nn
    height, width, channels = shape
    with seeded(seed):
        if architecture.kind != "cnn":
            pixels = height * width * channels
            hidden = architecture.hidden
            inner = [nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
            return nn.Sequential(nn.Flatten(), *(inner if architecture.kind == "mlp" else [nn.Linear(pixels, classes)]))
        layers: list[Any] = []
        count = architecture.filters
        for stage in range(architecture.stages):
            size = 5 if stage == 0 and min(height, width) >= 16 else 3
            layers += [
                nn.Conv2d(channels, count, size, padding=size // 2),
                nn.BatchNorm2d(count),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
            channels, height, width, count = count, height // 2, width // 2, count * 2
        layers += [nn.Flatten(), nn.Dropout(architecture.dropout), nn.Linear(channels * height * width, classes)]
        return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def stored(pictures: NDArray[np.uint8]) -> Any:
    """Return pictures (n, height, width, channels) as a tensor (n, channels, height, width) that shares their memory."""
    return load_torch().from_numpy(np.array(pictures)).permute(0, 3, 1, 2)


def prepared(batch: Any) -> Any:
    """Return stored pictures as the network sees them: float32 around 0, where 0..255 becomes -2..2."""
    return (batch.float() - 127.5) / 63.75


def learn_pictures(
    split: Split,
    architecture: Architecture,
    settings: Settings,
    augmentation: Augmentation | None,
    recorder: Recorder,
    *,
    watch: Sequence[int] = (),
    look: Callable[[int, Any, NDArray[np.float32]], Mapping[str, Any]] | None = None,
    resume: Mapping[str, Any] | None = None,
) -> tuple[Any, Fitted]:
    """Train a network on pictures and return it, with how it does on those it has not learned from.

    Args:
        split: The pictures.
        architecture: What the network is made of.
        settings: How it learns.
        augmentation: How pictures are changed each time; None for not at all.
        recorder: Takes the series and events.
        watch: Places of test pictures whose probabilities, and feature maps of the first, are recorded.
        look: Gives more to record, as in `fit`.
        resume: A checkpoint to go on from.

    Raises:
        MlaError: As `supervised.fit`.
    """
    model = build(architecture, split.train.pictures.shape[1:], len(split.train.names), settings.seed)
    seen = watched(split.test, watch)

    def looks(step: int, model: Any, outputs: NDArray[np.float32]) -> dict[str, Any]:
        return {**seen(model, outputs), **(look(step, model, outputs) if look else {})}

    change = partial(augmented, how=augmentation) if augmentation and augmentation.changes else None
    train, test = (Examples(stored(images.pictures), images.labels) for images in split)
    return model, fit(
        model, train, test, "classes", settings, recorder, names=split.train.names, prepare=prepared,
        augment=change, look=looks, resume=resume,
    )  # fmt: skip


def watched(test: Images, places: Sequence[int]) -> Callable[[Any, NDArray[np.float32]], dict[str, Any]]:
    """Return a function of model and outputs that gives what there is to see: filters, probabilities, feature maps.

    Args:
        test: The test pictures.
        places: Which of them are watched; none for filters alone.
    """
    torch = load_torch()
    picture = stored(test.pictures[list(places[:1])]) if places else None

    def look(model: Any, outputs: NDArray[np.float32]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        filters = [layer for layer in model if isinstance(layer, torch.nn.Conv2d)]
        if filters:
            seen["filters"] = filters[0].weight.detach().permute(0, 2, 3, 1).contiguous().numpy().copy()
        if picture is None:
            return seen
        chosen = outputs[list(places)].astype(np.float64)
        shares = np.exp(chosen - chosen.max(1, keepdims=True))
        seen["probability"] = shares / shares.sum(1, keepdims=True)
        seen |= {f"maps/{stage}": maps for stage, maps in enumerate(_maps(model, prepared(picture)))}
        return seen

    return look


def _maps(model: Any, picture: Any) -> list[NDArray[np.float32]]:
    """Return what each ReLU behind filters gives out for one picture, float32 (filters, height, width)."""
    torch = load_torch()
    found: list[NDArray[np.float32]] = []
    model.eval()
    with torch.inference_mode():
        value = picture
        for layer in model:
            value = layer(value)
            if isinstance(layer, torch.nn.ReLU) and value.dim() == 4:
                found.append(value[0].contiguous().numpy().copy())
    model.train()
    return found
