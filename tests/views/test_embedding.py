from __future__ import annotations

import numpy as np
import pytest
from drawn import BOX, at, drawn, find, outside, text_boxes, trace_of

from mlanimated.draw.box import Box
from mlanimated.draw.commands import Circle, Clip, Image, Text
from mlanimated.errors import MlaError
from mlanimated.views.embedding import Embedding

WINDOW = (-1.0, 1.0, -1.0, 1.0)
PLACES = np.array([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.5]])
TRACE = trace_of({0: {"e": PLACES, "c": np.array([0, 7, 2])}, 10: {"e": np.zeros((3, 2))}})


def middles(view: Embedding, step: float = 0) -> list[tuple[float, float]]:
    return [(dot.x, dot.y) for dot in find(drawn(view, TRACE, step), Circle, "marks")]


def test_things_stand_at_their_places_in_a_square_and_glide() -> None:
    view = Embedding("e", window=WINDOW)
    assert middles(view) == [(100, 400), (500, 0), (300, 100)]
    half = middles(view, 7.5)
    assert half[0][0] > 100
    assert half[0][0] < 300
    assert middles(view, 10) == [(300, 200)] * 3


def test_a_number_is_its_own_mark_and_colour() -> None:
    texts = find(drawn(Embedding("e", words="c", window=WINDOW), TRACE, 0), Text, "marks")
    assert [(text.text, text.fill) for text in texts] == [("0", "series-1"), ("7", "series-8"), ("2", "series-3")]
    assert not find(drawn(Embedding("e", words="c", window=WINDOW), TRACE, 0), Circle)


def test_words_stand_beside_their_dots_inside_of_the_plane() -> None:
    names = ("elephant", "rhinoceros", "hippopotamus")
    commands = drawn(Embedding("e", words=names, window=WINDOW), TRACE, 0)
    boxes = text_boxes(commands)
    assert set(boxes) == set(names)
    assert not outside(boxes, BOX)
    assert boxes["elephant"].x > 100
    assert boxes["rhinoceros"].right < 500, "at the right edge it stands to the left"
    # Where all meet, the first is read and no other.
    together = find(drawn(Embedding("e", words=names, window=WINDOW), TRACE, 10), Text)
    assert [text.text for text in together if text.opacity > 0.1] == ["elephant"]


def test_pictures_and_arrows() -> None:
    pictures = np.arange(3 * 4, dtype=np.uint8).reshape(3, 2, 2)
    trace = trace_of({0: {"e": PLACES, "p": pictures}})
    commands = drawn(Embedding("e", pictures="p", window=WINDOW, arrows=((0, 1),), size=20), trace, 0)
    images = find(commands, Image)
    assert [image.pixels.data for image in images] == [picture.tobytes() for picture in pictures]
    assert {(image.width, image.height) for image in images} == {(20, 20)}


@pytest.mark.parametrize("box", [BOX, Box(5, 5, 200, 300)])
def test_without_a_window_all_places_of_the_film_are_inside(box: Box) -> None:
    commands = drawn(Embedding("e", names=("a", "b")), TRACE, 0, box)
    (clip,) = (part for group in commands if group.key == "plane" for part in group.children)  # type: ignore[union-attr]
    assert isinstance(clip, Clip)
    for dot in find(commands, Circle, "marks"):
        assert clip.x < dot.x < clip.x + clip.width
        assert clip.y < dot.y < clip.y + clip.height


def test_mistakes_are_told() -> None:
    assert Embedding("e").describe(at(TRACE, 0)) == "3 places in a plane from 'e'."
    with pytest.raises(MlaError, match="n x 2"):
        drawn(Embedding("c"), TRACE, 0)
    with pytest.raises(MlaError, match="3 places but 2 words"):
        drawn(Embedding("e", words=("one", "two")), TRACE, 0)
    with pytest.raises(MlaError, match="3 places but 1 classes"):
        drawn(Embedding("e", classes=(1,)), TRACE, 0)
    with pytest.raises(MlaError, match="window"):
        Embedding("e", window=(1, 1, 0, 1))
