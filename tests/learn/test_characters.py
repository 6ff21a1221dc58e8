from __future__ import annotations

import math

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.little_tales import ALPHABET, draw_tales
from mlanimated.learn import characters
from mlanimated.learn.characters import PROMPT, TEMPERATURES, Args, build, encoded, judged, written

torch = pytest.importorskip("torch")

QUICK = Args(units=6, tales=20, window=12, batch=3, steps=5, letters=30, rows=6)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_each_letter_is_drawn_from_what_the_network_says_of_all_before(kind: str) -> None:
    model = build(Args(kind=kind, units=6))  # type: ignore[arg-type]
    chances = np.random.default_rng(0).random((2, 25))
    said = written(model, (0.5, 2.0), chances)
    # In another way: the whole text is read anew for each letter, and the letter is looked up where chance falls.
    for text, heat, row in zip(said, (0.5, 2.0), chances, strict=True):
        read = PROMPT
        for letter, chance in zip(text, row, strict=True):
            seen = torch.nn.functional.one_hot(torch.from_numpy(encoded(read)), len(ALPHABET)).float()
            with torch.no_grad():
                scores = model["readout"](model["memory"](seen[None])[0][0, -1]).numpy().astype(float) / heat
            shares = np.exp(scores - scores.max())
            reached = np.cumsum(shares / shares.sum())
            assert letter == ALPHABET[int(np.searchsorted(reached, chance, side="right"))]
            read += letter


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_memory_begins_by_keeping(kind: str) -> None:
    memory = build(Args(kind=kind, units=6))["memory"]  # type: ignore[arg-type]
    with torch.no_grad():
        for weight in (memory.weight_ih_l0, memory.weight_hh_l0, memory.bias_ih_l0):
            weight.zero_()
        memory.bias_hh_l0[:6] = 0
        memory.bias_hh_l0[12:] = 0
        full, nothing = torch.ones(1, 1, 6), torch.zeros(1, 1, len(ALPHABET))
        kept = memory(nothing, full)[1] if kind == "gru" else memory(nothing, (full, full))[1][1]
    assert kept.flatten().tolist() == pytest.approx([1 / (1 + math.exp(-2))] * 6)


def test_words_and_sentences_are_counted_and_what_breaks_off_is_not() -> None:
    right = "the king hides his red lamp because he is hungry. "
    wrong = "the king hides her red lamp because he is hungry. "
    assert judged([right + right + "the ki"]) == (1.0, 1.0, 0.5)
    assert judged([right + wrong + "xq the"]) == (20 / 21, 0.5, 1.0)
    assert judged(["xxxx"]) == (0.0, 0.0, 0.0)


def test_what_is_tested_are_bits_and_no_reader_needs_fewer_than_the_grammar_leaves() -> None:
    trace, _ = train(characters.train, QUICK)
    assert values(trace, "test/bits")[0] == pytest.approx(math.log2(len(ALPHABET)), abs=0.3)
    tales = draw_tales(80, 2**32)
    assert values(trace, "least")[0] == pytest.approx(tales.bits / len(tales.text))
    nexts = values(trace, f"next/{TEMPERATURES[0]}")
    assert ((nexts >= 0) & (nexts.sum(axis=1, keepdims=True) <= 1)).all()


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    whole, spy = train(characters.train, QUICK, at=3)
    again, _ = train(characters.train, QUICK)
    same_after(whole, again, 0)
    rest, _ = train(characters.train, QUICK, resume=spy.state)
    for name in ("test/bits", "train/loss", f"said/{TEMPERATURES[1]}"):
        assert values(whole, name)[-1] == values(rest, name)[-1]


@pytest.mark.slow
def test_it_learns_to_write_words() -> None:
    trace, _ = train(characters.train, Args(units=48, steps=130, letters=80, rows=2))
    assert values(trace, "words/0.3")[-1] > 0.9
    assert values(trace, "test/bits")[-1] < 1.0
