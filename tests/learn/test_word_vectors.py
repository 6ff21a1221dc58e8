from __future__ import annotations

import numpy as np
import pytest
from learning import same_after, train, values

from mlanimated.data.little_language import COMPANY, draw_sentences, vocabulary
from mlanimated.errors import MlaError
from mlanimated.learn import word_vectors
from mlanimated.learn.word_vectors import ANALOGIES, Args, answer, counts, gradient


def test_sentences_hold_a_thing_and_its_company_alone() -> None:
    sentences = draw_sentences(300, seed=1)
    for thing, *company in sentences:
        assert len(set(company)) == 4
        assert set(company) <= set(COMPANY[thing])
    assert {sentence[0] for sentence in sentences} == set(COMPANY)
    assert sentences == draw_sentences(300, seed=1)
    assert len(set(vocabulary())) == len(vocabulary())
    assert not any(word in company for word in COMPANY for company in COMPANY.values()), "no thing is another's company"
    with pytest.raises(MlaError, match="1 or more"):
        draw_sentences(0)


def test_pairs_are_counted_as_by_hand() -> None:
    words = vocabulary()
    table = counts([["king", "he", "crown"], ["king", "he", "his"]])
    assert table[words.index("king"), words.index("he")] == 2
    assert table[words.index("he"), words.index("king")] == 2
    assert table[words.index("crown"), words.index("his")] == 0
    assert table.sum() == 12
    assert not np.diag(table).any()


def test_gradients_are_those_of_finite_differences() -> None:
    random = np.random.default_rng(0)
    shares = random.random((5, 5))
    shares /= shares.sum()
    vectors, others = random.standard_normal((5, 3)), random.standard_normal((5, 3))
    _, by_vectors, by_others = gradient(vectors, others, shares)
    for array, found in ((vectors, by_vectors), (others, by_others)):
        for place in np.ndindex(array.shape):
            kept = array[place]
            losses = []
            for moved in (1e-6, -1e-6):
                array[place] = kept + moved
                losses.append(gradient(vectors, others, shares)[0])
            array[place] = kept
            assert found[place] == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-7)


def test_riddles_are_answered_by_angle() -> None:
    words = vocabulary()
    vectors = np.random.default_rng(0).standard_normal((len(words), 4)) * 0.01
    for word, vector in {
        "man": (0, 1, 0, 0),
        "king": (1, 1, 0, 0),
        "woman": (0, 0, 1, 0),
        "queen": (5, 0, 5, 0),
    }.items():
        vectors[words.index(word)] = vector
    assert answer(vectors, "man", "king", "woman") == "queen"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_riddles_come_out_right(seed: int) -> None:
    trace, _ = train(word_vectors.train, Args(steps=200, seed=seed))
    assert values(trace, "analogies")[0] < len(ANALOGIES)
    assert values(trace, "analogies")[-1] == len(ANALOGIES)
    assert values(trace, "loss")[-1] < values(trace, "loss")[0] - 1


def test_a_run_can_be_repeated_and_resumed_bit_for_bit() -> None:
    args = Args(steps=60, sentences=100)
    whole, spy = train(word_vectors.train, args, at=45)
    again, _ = train(word_vectors.train, args)
    same_after(whole, again, 0)
    rest, _ = train(word_vectors.train, args, resume=spy.state)
    for name in ("loss", "places", "people", "vectors"):
        assert np.array_equal(values(whole, name)[-1], values(rest, name)[-1])
