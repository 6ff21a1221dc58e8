"""Text one character at a time: a recurrent network reads little tales letter by letter and learns to tell its own.

It is asked one thing only: which letter comes next? (I. Sutskever, J. Martens and G. Hinton, "Generating text with recurrent neural
networks", 2011; here gated recurrent units or a long short-term memory, by PyTorch.) Its memory begins by keeping most of what it holds (R.
Jozefowicz, W. Zaremba and I. Sutskever, 2015); without that it guesses between she, he and it. To write, a letter is drawn from what it
says and read as the next one. The temperature divides its scores before they become probabilities: below 1 it writes what it is sure of,
above 1 it dares more. Chance is the same at every look and every temperature, so that only the network makes the difference.

Recorded: `train/loss` of each step in bits a letter; at times `test/bits` on tales never read, and `least`, what their grammar leaves open;
for each temperature t of `temperatures` `said/t`, what it writes; `words/t` and `sentences/t`, the shares of words that exist and of whole
sentences that the grammar could have made, over `TEXTS` texts; `different/t`, the share of these sentences that are not said twice;
`next/t` (letters,), the probabilities of `FIRST` after "the ".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from mlanimated.data.little_tales import ALPHABET, draw_tales, is_tale, tale_words
from mlanimated.learn.frameworks import load_torch
from mlanimated.learn.isolation import seeded
from mlanimated.learn.rounds import repeat
from mlanimated.learn.words import number
from mlanimated.trace import Recorder

__all__ = ["FIRST", "TEMPERATURES", "TEXTS", "Args", "build", "encoded", "judged", "train", "written"]

TEMPERATURES = (0.3, 0.8, 1.5)
TEXTS = 12
"""Texts written at each temperature at each look; the first one is shown."""
TEST, TESTED = 80, 8
"""Tales to test with, and in so many rows they are read at once."""
KEEP = 2.0
"""What the gate that keeps memory begins with."""
PROMPT = ". "
AFTER = ". the "
FIRST = "bcdfgkoqsw"
"""The letters with which whoever a tale is about may begin."""


class Args(Struct, frozen=True, kw_only=True):
    """Memory, tales and training."""

    kind: Annotated[Literal["gru", "lstm"], Meta(description="The kind of memory.")] = "gru"
    units: Annotated[int, Meta(ge=1, le=1024, description="Of the memory.")] = 96
    tales: Annotated[int, Meta(ge=10, le=1_000_000, description="Tales to read, each a sentence.")] = 4000
    window: Annotated[int, Meta(ge=2, le=1000, description="Letters read in one step of learning.")] = 60
    batch: Annotated[int, Meta(ge=1, le=1024, description="Pieces of the text in one step.")] = 24
    steps: Annotated[int, Meta(ge=1, le=100_000, description="Steps of learning.")] = 500
    learning_rate: Annotated[float, Meta(gt=0, le=1, description="Adam's step length at its highest.")] = 0.02
    letters: Annotated[int, Meta(ge=20, le=2000, description="Letters that it writes at each look.")] = 200
    rows: Annotated[int, Meta(ge=2, le=1000, description="How often it is asked to write.")] = 18
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1, description="Draws weights, tales, pieces and what is written.")] = 0


def build(args: Args) -> Any:
    """Return memory and readout as one module with the names `memory` and `readout`, weights from the seed."""
    nn = load_torch().nn
    with seeded(args.seed):
        memory = getattr(nn, args.kind.upper())(len(ALPHABET), args.units, batch_first=True)
        # The second of its gates says how much is kept: it begins open, so that what was read long ago can be learned from.
        nn.init.constant_(memory.bias_hh_l0[args.units : 2 * args.units], KEEP)
        return nn.ModuleDict({"memory": memory, "readout": nn.Linear(args.units, len(ALPHABET))})


def encoded(text: str) -> NDArray[np.int64]:
    """Return the place of each letter in the alphabet, int64 (letters,)."""
    return np.array([ALPHABET.index(letter) for letter in text], np.int64)


def written(model: Any, temperatures: Sequence[float], chances: NDArray[np.float64], prompt: str = PROMPT) -> list[str]:
    """Return texts that a network writes, each letter drawn from its probabilities by a chance that is given.

    Args:
        model: What `build` returned.
        temperatures: Of each text, above 0.
        chances: 0..1, (texts, letters): the letter drawn is the first at which the probabilities add up to more.
        prompt: What each network reads before it writes.
    """
    torch = load_torch()
    heat = torch.tensor(temperatures, dtype=torch.float64)[:, None]
    read = _seen(torch.from_numpy(encoded(prompt)).expand(len(chances), -1))
    memory: Any = None
    letters: list[Any] = []
    with torch.inference_mode():
        for chance in torch.from_numpy(chances.T):
            outputs, memory = model["memory"](read, memory)
            scores = model["readout"](outputs[:, -1]).double() / heat
            reached = torch.softmax(scores, 1).cumsum(1)
            letter = (reached <= chance[:, None]).sum(1).clamp(max=len(ALPHABET) - 1)
            letters.append(letter)
            read = _seen(letter[:, None])
    places = torch.stack(letters, 1).tolist()
    return ["".join(ALPHABET[place] for place in row) for row in places]


def judged(texts: Sequence[str]) -> tuple[float, float, float]:
    """Return the shares of words that exist, of sentences that are tales, and of sentences that are not said twice.

    What a text breaks off in counts for nothing; without a word or a sentence the share is 0.
    """
    words = [word for text in texts for word in text.replace(".", " ").split(" ")[:-1] if word]
    sentences = [part.strip() + "." for text in texts for part in text.split(".")[:-1]]
    real = set(tale_words())
    return (
        sum(word in real for word in words) / max(1, len(words)),
        sum(map(is_tale, sentences)) / max(1, len(sentences)),
        len(set(sentences)) / max(1, len(sentences)),
    )


def train(args: Args, recorder: Recorder, resume: Mapping[str, Any] | None = None) -> float:
    """Train it and return its bits a letter on tales that it has not read.

    Args:
        args: Memory, tales and training.
        recorder: Takes the series and events.
        resume: A checkpoint to go on from.

    Raises:
        MissingExtra: PyTorch is not installed.
        Stopped: Someone who watches asked for it.
    """
    torch = load_torch()
    text = encoded(draw_tales(args.tales, args.seed).text)
    others = draw_tales(TEST, 2**32 + args.seed)
    least = others.bits / len(others.text)
    asked = encoded(others.text)
    asked = asked[: len(asked) // TESTED * TESTED].reshape(TESTED, -1)
    model = build(args)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.learning_rate)
    chances = np.random.default_rng(args.seed).random((TEXTS, args.letters))
    first = encoded(FIRST)
    last = 0.0

    def bits(pieces: Any) -> Any:
        outputs, _ = model["memory"](_seen(pieces[:, :-1]))
        scores = model["readout"](outputs)
        return torch.nn.functional.cross_entropy(scores.flatten(0, 1), pieces[:, 1:].flatten()) / math.log(2)

    def look(_step: int) -> dict[str, Any]:
        nonlocal last
        with torch.inference_mode():
            last = float(bits(torch.from_numpy(asked)))
            outputs, _ = model["memory"](_seen(torch.from_numpy(encoded(AFTER))[None]))
            scores = model["readout"](outputs[0, -1]).double()
        row: dict[str, Any] = {"test/bits": last, "least": least}
        many = np.tile(chances, (len(TEMPERATURES), 1))
        texts = written(model, np.repeat(TEMPERATURES, TEXTS).tolist(), many)
        for index, heat in enumerate(TEMPERATURES):
            some = texts[index * TEXTS : (index + 1) * TEXTS]
            words, sentences, different = judged(some)
            row |= {
                f"said/{heat}": some[0].rpartition(" ")[0] or some[0],  # without the word that it breaks off in
                f"words/{heat}": words,
                f"sentences/{heat}": sentences,
                f"different/{heat}": different,
                f"next/{heat}": torch.softmax(scores / heat, 0).numpy()[first],
            }
        return row

    def learn(step: int, random: np.random.Generator) -> dict[str, float]:
        for group in optimizer.param_groups:  # smaller and smaller steps, so that what is rare is learned too
            group["lr"] = args.learning_rate * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        starts = random.integers(0, len(text) - args.window, args.batch)
        pieces = torch.from_numpy(text[starts[:, None] + np.arange(args.window + 1)])
        optimizer.zero_grad()
        loss = bits(pieces)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return {"train/loss": loss.item()}

    def tell(step: int, row: Mapping[str, Any]) -> tuple[str, str] | None:
        middle = TEMPERATURES[1]
        words, sentences = float(row[f"words/{middle}"]), float(row[f"sentences/{middle}"])
        if step == 0:
            return (
                "initialize",
                f"It knows {len(ALPHABET)} signs and nothing else: each is nearly as likely as any other.",
            )
        if step == args.steps:
            told = f"{number(last, 2)} bits a letter on tales never read; their grammar leaves {number(least, 2)} open."
            return "result", f"{told} At temperature {middle} {sentences:.0%} of its sentences could be tales."
        if sentences > 0.5:
            return "sentences", f"Step {step}: more than half of its sentences could be tales."
        if words > 0.9:
            return "words", f"Step {step}: nine of ten words exist."
        if words > 0.5:
            return "first words", f"Step {step}: more than half of its words exist."
        return None

    repeat(
        look, learn, recorder, steps=args.steps, rows=args.rows, seed=args.seed,
        parts={"model": model, "optimizer": optimizer}, tell=tell, resume=resume,
    )  # fmt: skip
    return last


def _seen(letters: Any) -> Any:
    """Return letters (n, length) as the network sees them: a 1 at the place of each, float32 (n, length, alphabet)."""
    return load_torch().nn.functional.one_hot(letters, len(ALPHABET)).float()
