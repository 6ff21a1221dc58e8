"""Words as vectors: each word gets a few numbers, by which the words that stand beside it can be foretold (skip-gram).

T. Mikolov et al., "Efficient estimation of word representations in vector space", 2013. All pairs of words of one sentence are
counted; a word's vector and a second vector of each neighbour give the neighbour's probability (softmax over the whole vocabulary, which is
small enough here to need no negative sampling). Forward pass, gradient and Adam are written out.

Recorded: `loss`, the mean cross-entropy in nats; `places` (words, 2), the two principal components of the vectors, turned so that
they follow each other; `people` (8, 2), those of the people's vectors alone; `vectors` (words, numbers) at the end; `analogies`, how
many of `ANALOGIES` are right: the word nearest by angle to second - first + third, those three left out, is the fourth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.little_language import KINDS, draw_sentences, vocabulary
from mlanimated.learn.optimizers import Adam
from mlanimated.learn.principal_components import embedded
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["ANALOGIES", "Args", "answer", "counts", "gradient", "train"]

Numbers = NDArray[np.float64]

ANALOGIES = (
    ("man", "king", "woman", "queen"),
    ("king", "queen", "man", "woman"),
    ("boy", "prince", "girl", "princess"),
    ("man", "boy", "woman", "girl"),
    ("king", "prince", "queen", "princess"),
    ("prince", "boy", "princess", "girl"),
)
"""First is to second as third is to fourth."""


class Args(Struct, frozen=True, kw_only=True):
    """Sentences, vectors and training."""

    sentences: Annotated[int, Meta(ge=10, le=1_000_000, description="Sentences of the little language.")] = 4000
    numbers: Annotated[int, Meta(ge=2, le=300, description="In each vector.")] = 8
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps, each with all pairs.")] = 600
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length.")] = 0.03
    record_every: Annotated[int, Meta(ge=1, le=1000, description="Steps between rows after the first forty.")] = 8
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Makes the sentences, draws the vectors.")] = 0


def counts(sentences: list[list[str]]) -> Numbers:
    """Return how often each word (row) stands in one sentence with each other (column), (words, words)."""
    words = {word: index for index, word in enumerate(vocabulary())}
    table = np.zeros((len(words), len(words)))
    for sentence in sentences:
        places = [words[word] for word in sentence]
        for first in places:
            for second in places:
                table[first, second] += first != second
    return table


def gradient(vectors: Numbers, others: Numbers, shares: Numbers) -> tuple[float, Numbers, Numbers]:
    """Return the loss and its gradients by both sets of vectors.

    Args:
        vectors: Of each word, (words, numbers).
        others: Of each word as a neighbour, (words, numbers).
        shares: The share of each pair among all, (words, words).
    """
    scores = vectors @ others.T
    scores -= scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    off = np.exp(logs) * shares.sum(axis=1, keepdims=True) - shares
    return -float((shares * logs).sum()), off @ others, off.T @ vectors


def answer(vectors: Numbers, first: str, second: str, third: str) -> str:
    """Return the word that is to `third` as `second` is to `first`, by the angle between vectors; none of the three."""
    words = vocabulary()
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    a, b, c = (units[words.index(word)] for word in (first, second, third))
    likeness = units @ (b - a + c)
    likeness[[words.index(word) for word in (first, second, third)]] = -np.inf
    return words[int(likeness.argmax())]


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> int:
    """Learn the vectors and return how many analogies are right at the end.

    Args:
        args: Sentences, vectors and training.
        recorder: Takes the series and events, and offers `learning_rate` to whoever watches.
        resume: A checkpoint to go on from.

    Raises:
        Stopped: Someone who watches asked for it.
    """
    rate = recorder.control("learning_rate", args.learning_rate, minimum=0.0, maximum=1.0)
    table = counts(draw_sentences(args.sentences, args.seed))
    shares = table / table.sum()
    random = np.random.default_rng(args.seed)
    vectors, others = (0.1 * random.standard_normal((len(table), args.numbers)) for _ in range(2))
    adam, first, right, told = Adam(rate.value), 0, 0, False
    people = [vocabulary().index(word) for word in KINDS["people"]]
    places: Numbers | None = None
    some: Numbers | None = None
    if resume:
        vectors, others = np.array(resume["vectors"]), np.array(resume["others"])
        adam.load(resume["optimizer"])
        first, told = int(resume["step"]), bool(resume["told"])
        places, some = (None if resume[name] is None else np.array(resume[name]) for name in ("places", "people"))
    for step in range(first, args.steps + 1):
        before = {"places": places, "people": some, "told": told}
        loss, by_vectors, by_others = gradient(vectors, others, shares)
        if step <= 40 or step % args.record_every == 0 or step == args.steps:
            places, some = embedded(vectors, places), embedded(vectors[people], some)
            right = sum(answer(vectors, *three) == fourth for *three, fourth in ANALOGIES)
            row: dict[str, Any] = {"loss": loss, "places": places, "people": some, "analogies": float(right)}
            recorder.log({**row, **({"vectors": vectors} if step == args.steps else {})}, step=step)
            if resume is None or step > first:
                told = _tell(args, recorder, step, loss, right, told)
        recorder.tick(
            step,
            state=lambda step=step, before=before: {
                "step": step, "vectors": vectors, "others": others, "optimizer": adam.state(), **before,
            },
        )  # fmt: skip
        if step < args.steps:
            adam.learning_rate = rate.value
            adam.step([vectors, others], [by_vectors, by_others])
    return right


def _tell(args: Args, recorder: Recorder, step: int, loss: float, right: int, told: bool) -> bool:
    """Record an event at the start, when all analogies are right, and at the end; return whether all have been."""
    count = len(ANALOGIES)
    if step == 0:
        recorder.event("initialize", f"{len(vocabulary())} words at random places: nothing is known of any.", step=0)
    elif step == args.steps:
        text = (
            f"{right} of {count} riddles like king − man + woman = queen come out right; the loss is {number(loss, 2)}."
        )
        recorder.event("result", text, step=step)
    elif right == count and not told:
        recorder.event(
            "analogies",
            f"Step {step}: king − man + woman is nearest to queen, and all {count} such riddles come out.",
            step=step,
        )
    return told or right == count
