from __future__ import annotations

import math
import re
from collections import Counter

import pytest

from mlanimated.data.little_tales import ALPHABET, draw_tales, is_tale, tale_words
from mlanimated.errors import MlaError


def sentences(text: str) -> list[str]:
    return [f"{part}." for part in text.split(". ")[:-1]]


def test_every_tale_is_one_and_uses_known_words_and_letters_alone() -> None:
    text = draw_tales(400, seed=3).text
    assert all(map(is_tale, sentences(text)))
    assert set(text) <= set(ALPHABET)
    assert set(re.findall(r"\w+", text)) <= set(tale_words())
    assert set(re.findall(r"\w+", draw_tales(4000).text)) == set(tale_words()), "no word that is never said"


@pytest.mark.parametrize(
    "wrong",
    [
        "the king hides her red lamp because he is hungry.",
        "the king hides his red lamp because she is hungry.",
        "the king hides his lamp red because he is hungry.",
        "the king hides his red lamp.",
        "the king hides his red lamp because he is hungry",
        "the kin hides his red lamp because he is hungry.",
        "",
    ],
)
def test_what_breaks_a_rule_is_none(wrong: str) -> None:
    assert is_tale("the king hides his red lamp because he is hungry.")
    assert not is_tale(wrong)


def entropy(count: int) -> float:
    """Bits of a choice among so many, the second half as likely as the first, the third a third as likely."""
    weights = [1 / (index + 1) for index in range(count)]
    return -sum(weight / sum(weights) * math.log2(weight / sum(weights)) for weight in weights)


def test_bits_are_what_choices_come_to() -> None:
    tales = draw_tales(4000)
    told = sentences(tales.text)
    # How it opens, if it does; who, of what kind; does; how; what; and how it ends.
    exact = entropy(2) + entropy(8) / 3 + entropy(3) + entropy(4) + 3 * entropy(8) + entropy(10)
    assert tales.bits / len(told) == pytest.approx(exact, rel=0.01)
    who = Counter(re.findall(r"the (\w+)", tale)[-1] for tale in told)
    women = sum(who[name] for name in ("queen", "witch", "girl", "sister"))
    assert women / len(told) == pytest.approx(6 / 11, abs=0.03)  # 1, 1/2, 1/3
    assert who["queen"] / women == pytest.approx(12 / 25, abs=0.03)  # 1, 1/2, 1/3, 1/4


def test_the_first_tales_of_a_larger_number_are_the_same() -> None:
    assert draw_tales(20, seed=5).text.startswith(draw_tales(7, seed=5).text)
    assert draw_tales(7, seed=5).text != draw_tales(7, seed=6).text
    with pytest.raises(MlaError, match="1 or more"):
        draw_tales(0)
