from __future__ import annotations

import gzip
import json
from io import BytesIO

import msgspec
import numpy as np
import pytest
from card import CARDS, picture
from film import REEL, frame
from PIL import Image as Pillow

from mlanimated.draw.commands import Circle, Clip, Group, Image, Pixels, Polyline, Rect
from mlanimated.draw.frame import Frame
from mlanimated.draw.text import label
from mlanimated.render.pack import FORMAT, LARGE, Message, Packer, compress


class Reader:
    """Reads messages as the player does, written anew from the description of the format: the oracle of these tests."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[int, int], list] = {}
        self.pictures: dict[int, tuple] = {}
        self.frames: list[int] = []
        self.fonts: dict[str, bytes] = {}

    def read(self, data: bytes) -> Reader:
        line, rest = data.split(b"\n", 1)
        self.head = json.loads(line)
        assert self.head["format"] == FORMAT
        lines = rest[: self.head["text"]].decode().split("\n")
        blobs = rest[self.head["text"] :]
        for track, first, count in self.head["tracks"]:
            for version in range(first, first + count):
                self.nodes[track, version] = json.loads(lines.pop(0))
        assert lines in ([], [""])
        for number, columns, rows, map_, form, length in self.head.get("pictures", []):
            self.pictures[number] = (columns, rows, map_, form, blobs[:length])
            blobs = blobs[length:]
        for face, length in self.head.get("fonts", []):
            self.fonts[face], blobs = blobs[:length], blobs[length:]
        assert blobs == b""
        if self.head.get("forget"):
            self.frames = []
        self.frames += self.head["frames"]
        return self

    def tree(self, index: int) -> list:
        return self.opened(self.nodes[0, self.frames[index]])

    def opened(self, command: list) -> list:
        if isinstance(command[0], int):
            command = self.nodes[tuple(command)]
        inside = {"g": 1, "k": 5}.get(command[0])
        if inside is None:
            return command
        return [*command[:inside], [self.opened(child) for child in command[inside]], *command[inside + 1 :]]


def plain(shown: Frame) -> list:
    """A frame as msgspec encodes it, with pictures as they are."""
    return json.loads(msgspec.json.encode(Group(shown.children)))


def without_pictures(command: list) -> list:
    if command[0] == "i":
        return [*command[:5], None, *command[6:]]
    inside = {"g": 1, "k": 5}.get(command[0])
    if inside is None:
        return command
    return [*command[:inside], [without_pictures(child) for child in command[inside]], *command[inside + 1 :]]


def packed(frames) -> Packer:
    packer = Packer()
    for shown in frames:
        packer.add(shown)
    return packer


def test_every_frame_comes_back_as_it_was():
    frames = list(REEL.frames())
    reader = Reader().read(packed(frames).whole().encode())
    assert len(reader.frames) == len(frames) == REEL.count
    for index, shown in enumerate(frames):
        assert without_pictures(reader.tree(index)) == without_pictures(plain(shown))


def test_messages_one_by_one_say_the_same_as_the_whole():
    packer, reader = Packer(), Reader()
    for time in (0.0, 0.1, 3.9, 0.1):
        reader.read(packer.add(frame(time)).encode())
    whole = Reader().read(packer.whole().encode())
    assert reader.nodes == whole.nodes
    assert reader.frames == whole.frames
    assert reader.pictures == whole.pictures


def test_a_message_holds_only_what_is_new():
    packer = Packer()
    first = packer.add(frame(0.0))
    assert packer.add(frame(0.0)).nodes == []
    again = packer.add(frame(0.1))
    assert 0 < len(again.nodes) < len(first.nodes)
    assert again.pictures == []
    assert packer.add(frame(0.0)).nodes == []


def test_what_does_not_change_is_stored_once():
    reader = Reader().read(packed(REEL.frames()).whole().encode())
    counts = {}
    for track, _ in reader.nodes:
        counts[track] = counts.get(track, 0) + 1
    named = {reader.nodes[track, 0][2]: count for track, count in counts.items()}
    assert named["title"] == named["still"] == named["axis"] == 1
    assert named["ball"] == named["cell"] == REEL.count


def test_a_new_command_shifts_no_other_node():
    packer = Packer()
    packer.add(frame(1.0))
    shown = frame(1.0)
    more = Frame(640, 360, (Group((Circle(1, 2, 3, "ink"),), key="new"), Rect(0, 0, 1, 1), *shown.children))
    new = packer.add(more)
    assert len(new.nodes) == 2  # the group itself, and the root that lists it


def test_versions_of_a_key_lie_side_by_side():
    whole = packed(REEL.frames()).whole()
    assert [node[:2] for node in whole.nodes] == sorted(node[:2] for node in whole.nodes)


def test_equal_keys_of_siblings_keep_apart():
    twins = Frame(9, 9, (Group((Circle(1, 1, 1, "ink"),), key="a"), Group((Circle(2, 2, 2, "ink"),), key="a")))
    assert Reader().read(packed([twins]).whole().encode()).tree(0) == plain(twins)


def test_keys_are_found_inside_clips_and_groups_without_a_key():
    inner = Group((Circle(1, 1, 1, "ink"),), key="inner")
    deep = Frame(9, 9, (Group((Clip(0, 0, 9, 9, (inner,)),), x=3),))
    reader = Reader().read(packed([deep]).whole().encode())
    assert len(reader.nodes) == 2
    assert reader.tree(0) == plain(deep)


def test_pictures_are_stored_once_by_content():
    small = picture(8, 6)
    again = picture(8, 6)
    other = picture(8, 6, "diverging")
    packer = packed([Frame(9, 9, (Image(0, 0, 8, 6, small), Image(1, 0, 8, 6, again), Image(0, 1, 8, 6, other)))])
    reader = Reader().read(packer.whole().encode())
    assert [command[5] for command in reader.tree(0)[1]] == [0, 0, 1]
    assert reader.pictures == {0: (8, 6, "", "raw", small.data), 1: (8, 6, "diverging", "raw", other.data)}


def test_the_same_bytes_in_another_shape_are_another_picture():
    wide, high = picture(8, 2), picture(8, 2)
    high = msgspec.structs.replace(high, columns=2, rows=8)
    reader = Reader().read(packed([Frame(9, 9, (Image(0, 0, 8, 6, wide), Image(0, 0, 8, 6, high)))]).whole().encode())
    assert len(reader.pictures) == 2


@pytest.mark.parametrize(
    ("shown", "form"), [(picture(90, 60), "webp"), (picture(200, 100, "grey"), "raw"), (picture(16384, 1), "png")]
)
def test_large_pictures_are_stored_without_loss(shown, form):
    assert shown.columns * shown.rows > LARGE
    stored = Reader().read(packed([Frame(9, 9, (Image(0, 0, 8, 6, shown),))]).whole().encode()).pictures[0]
    assert stored[3] == form
    if form != "raw":
        with Pillow.open(BytesIO(stored[4])) as opened:
            assert np.asarray(opened.convert("RGB")).tobytes() == shown.data


def test_a_game_screen_costs_little():
    """A screen of 210x160 with few colours, as Atari games have, costs less than a hundredth of its bytes."""
    screen = np.zeros((210, 160, 3), np.uint8)
    screen[30:60] = (200, 72, 72)
    for number in range(60):
        y, x = 60 + 37 * number % 140, 53 * number % 150
        screen[y : y + 4, x : x + 8] = (number, 4 * number, 255 - number)
    message = packed([Frame(9, 9, (Image(0, 0, 8, 6, Pixels(160, 210, screen.tobytes())),))]).whole()
    assert len(message.pictures[0][1]) < screen.size / 100


def test_forgetting_keeps_the_last_frame_and_no_more():
    packer = Packer()
    reader = Reader()
    for number in range(50):
        shown = (Group((Circle(number, 1, 1, "ink"),), key="a"), Image(0, 0, 8, 6, picture(8, number + 1)))
        message = packer.add(Frame(9, 9, shown), forget=True)
        assert message.forget
        reader.read(message.encode())
    whole = packer.whole()
    assert len(whole.nodes) == 2
    assert len(whole.pictures) == 1
    late = Reader().read(whole.encode())
    assert late.tree(0) == reader.tree(0)
    versions = [version for _, version, _ in whole.nodes]
    assert versions == [49, 49]  # a number never means two things


def test_characters_by_face():
    packer = packed([Frame(9, 9, (label(0, 0, "ab→"), Group((label(0, 0, "bc", bold=True),), key="x")))])
    assert packer.characters() == {"bold": "bc", "fallback": "→", "regular": "ab"}


def test_maps_that_are_used():
    assert packed([CARDS["colours"]()]).whole().maps() == {"sequential", "diverging", "grey", "heat", "cyclic"}
    assert packed([Frame(9, 9, (Image(0, 0, 8, 6, picture(8, 6, "heat")),))]).whole().maps() == {"heat"}
    assert packed([Frame(9, 9, (label(0, 0, '["map","none",0.5]'),))]).whole().maps() == set()


def test_an_empty_frame():
    reader = Reader().read(packed([Frame(9, 9, ())]).whole().encode())
    assert reader.tree(0) == plain(Frame(9, 9, ()))


def test_numbers_that_are_not_finite_are_null():
    reader = Reader().read(
        packed([Frame(9, 9, (Polyline((0, 0, float("nan"), float("inf")), "ink"),))]).whole().encode()
    )
    assert reader.tree(0)[1][0][1] == [0, 0, None, None]


def test_numpy_numbers_are_numbers():
    shown = Frame(9, 9, (Circle(np.float64(1.5), np.float32(2), np.int64(3), "ink"),))
    assert Reader().read(packed([shown]).whole().encode()).tree(0)[1][0][1:4] == [1.5, 2.0, 3]
    with pytest.raises(TypeError, match="holds a object"):
        packed([Frame(9, 9, (Circle(object(), 0, 0, "ink"),))])


def test_compressed_it_is_one_gzip_stream_and_the_same_each_time():
    data = packed(REEL.frames()).whole().encode()
    assert gzip.decompress(compress(data)) == data
    assert compress(data) == compress(data)


def test_a_growing_curve_is_not_paid_for_in_every_frame():
    """400 frames of a curve of up to 400 points hold 80,000 points; compressed they cost some times what the 400 do."""
    rng = np.random.default_rng(1)
    points = tuple(np.round(np.stack([np.arange(400), rng.normal(size=400)], 1).ravel(), 2).tolist())
    frames = [Frame(9, 9, (Group((Polyline(points[: 2 * end], "ink"),), key="a"),)) for end in range(1, 401)]
    once, film = (packed(shown).whole().encode() for shown in (frames[-1:], frames))
    assert len(film) > 100 * len(once)
    assert len(compress(film)) < 8 * len(compress(once))


def test_a_message_of_nothing_new_is_small():
    packer = Packer()
    packer.add(frame(0.0))
    message = packer.add(frame(0.0))
    assert isinstance(message, Message)
    assert len(message.encode()) < 120


@pytest.mark.parametrize("card", CARDS)
def test_every_card_comes_back(card):
    shown = CARDS[card]()
    reader = Reader().read(packed([shown]).whole().encode())
    assert without_pictures(reader.tree(0)) == without_pictures(plain(shown))
