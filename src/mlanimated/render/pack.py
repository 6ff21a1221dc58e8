"""Pack: frames as data that the player reads; one form for the file, the notebook and the live page.

Every Group with a key is a *node*. Nodes are interned by content: each path of keys is a *track*, each different content
on it a *version*, and a parent holds `[track, version]` where the child was. So what does not change is stored once, any
frame is a tree that is walked without replaying what came before, and a new command elsewhere shifts nothing. Versions of
a track lie next to each other, so that the compressor finds a growing curve's beginning in its window (32 KiB).

A message is what `Message.encode` returns, and what `player/film.js` reads:

    head as JSON, one line            {"format": 1, "text": …, "tracks": …, "frames": …, "pictures": …}
    one line of JSON a node           ["g", [child, [track, version], …], key, x, y, scale, rotate, opacity, tip]
    the bytes of pictures and fonts   one after the other, in the order of the head

Commands are encoded by msgspec as they stand in `draw/commands.py`: `[tag, field, field, …]`. An Image's pixels are the
number of a picture. Compressed (`compress`), a message is one gzip stream that browsers open by themselves.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, cast

import msgspec
import numpy as np
from msgspec import Struct

from mlanimated.draw import text
from mlanimated.draw.commands import Clip, Command, Group, Image, Pixels, Text
from mlanimated.draw.frame import Frame
from mlanimated.draw.text import FaceName

__all__ = ["FORMAT", "Message", "Packer", "Picture", "compress"]

FORMAT = 1
"""Version of the message; the player refuses another one."""

LARGE = 4096
"""RGB pictures of more pixels than this are stored as WebP: gzip's window is too short for them."""

LONGEST = 16383
"""A WebP's sides are no longer; what is longer is stored as PNG."""

_MAPS = re.compile(rb'\["map","([^"\\]+)"')


def _plain(value: Any) -> Any:
    """Return a NumPy scalar, which views may leave in a command, as a number."""
    if isinstance(value, np.generic):
        return cast("np.generic[Any]", value).item()
    raise TypeError(f"a command holds a {type(value).__name__}, which is no number, text or colour")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


class Picture(Struct, frozen=True, array_like=True):
    """A picture as the head of a message lists it.

    `form` says what its bytes are: "raw" (3 bytes a pixel, or 1 with a map), "webp" or "png", both without loss.
    """

    number: int
    columns: int
    rows: int
    map: str
    form: str
    length: int


class _Head(Struct, frozen=True, omit_defaults=True):
    """The first line of a message. The player reads it by these names."""

    format: int
    width: float
    height: float
    text: int
    tracks: list[tuple[int, int, int]]
    frames: list[int]
    forget: bool = False
    pictures: list[Picture] = []
    fonts: list[tuple[str, int]] = []
    palette: Mapping[str, Any] = {}
    about: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Message:
    """Nodes, pictures and frames for a player.

    Attributes:
        width: Width of each frame in scene units.
        height: Height of each frame in scene units.
        nodes: (track, version, JSON) in the order of track and version.
        pictures: Each picture with its bytes.
        frames: The version of track 0, the root, that each frame is.
        forget: The player shall drop every node and frame that is not part of the last frame.
    """

    width: float
    height: float
    nodes: Sequence[tuple[int, int, bytes]]
    pictures: Sequence[tuple[Picture, bytes]]
    frames: Sequence[int]
    forget: bool = False

    def encode(
        self,
        *,
        about: Mapping[str, Any] | None = None,
        palette: Mapping[str, Any] | None = None,
        fonts: Mapping[str, bytes] | None = None,
    ) -> bytes:
        """Return the message as bytes, not compressed.

        Args:
            about: What the player shows beside the frames: title, fps, captions… (`html.about`).
            palette: Colours by theme (`html.palette`).
            fonts: WOFF2 fonts by face.
        """
        lines = b"\n".join(node for _, _, node in self.nodes)
        head = _Head(
            format=FORMAT,
            width=self.width,
            height=self.height,
            text=len(lines),
            tracks=_stretches(self.nodes),
            frames=list(self.frames),
            forget=self.forget,
            pictures=[picture for picture, _ in self.pictures],
            fonts=[(face, len(data)) for face, data in (fonts or {}).items()],
            palette=palette or {},
            about=about or {},
        )
        parts = [_encoder.encode(head), b"\n", lines, *(data for _, data in self.pictures), *(fonts or {}).values()]
        return b"".join(parts)

    def maps(self) -> set[str]:
        """Return the names of the colour maps that the message uses."""
        found = {name.decode() for _, _, node in self.nodes for name in _MAPS.findall(node)}
        return found | {picture.map for picture, _ in self.pictures if picture.map}


@dataclass
class _Track:
    """The contents that one path of keys has had."""

    versions: dict[bytes, int] = field(default_factory=dict[bytes, int])
    next: int = 0


class Packer:
    """Turns frames into messages that hold only what the receiver has not yet seen.

        packer = Packer()
        for frame in reel.frames():
            packer.add(frame)
        packer.whole().encode()                       # a film

        live = Packer()
        socket.send(live.add(frame, forget=True).encode())     # one frame after the other

    With `forget` neither side keeps more than the last frame; `whole()` is then what a late receiver needs.

    Args:
        first_picture: Number of the first picture, where one receiver gets frames of several packers in turn: their pictures
            then have numbers of their own.
    """

    def __init__(self, first_picture: int = 0) -> None:
        self._numbers: dict[tuple[int, str], int] = {}
        self._tracks: list[_Track] = [_Track()]
        self._pictures: dict[bytes, int] = {}
        self._stored: dict[int, tuple[Picture, bytes]] = {}
        self._next_picture = first_picture
        self._frames: list[int] = []
        self._size = (0.0, 0.0)
        self._new: list[tuple[int, int, bytes]] = []
        self._used: set[tuple[int, bytes]] = set()
        self._shown: set[int] = set()
        self._texts: dict[bool, set[str]] = {False: set(), True: set()}

    def add(self, frame: Frame, *, forget: bool = False) -> Message:
        """Take in the next frame.

        Args:
            frame: The frame.
            forget: Keep nothing that this frame does not need, here and at the receiver.

        Returns:
            The frame, and of its nodes and pictures those that came with no earlier message.
        """
        self._new = []
        self._used = set()
        self._shown = set()
        before = self._next_picture
        self._size = (frame.width, frame.height)
        root = self._node(0, Group(frame.children))
        if forget:
            self._sweep()
            self._frames = []
        self._frames.append(root)
        pictures = [self._stored[number] for number in range(before, self._next_picture)]
        return Message(*self._size, sorted(self._new, key=lambda node: node[:2]), pictures, [root], forget)

    def whole(self) -> Message:
        """Return all frames since the beginning, or since the last that made it forget, as one message."""
        nodes = [
            (number, version, node)
            for number, track in enumerate(self._tracks)
            for node, version in track.versions.items()
        ]
        return Message(*self._size, nodes, list(self._stored.values()), list(self._frames))

    def characters(self) -> dict[FaceName, str]:
        """Return the characters of all texts so far, by the face that they are set in, sorted."""
        found: dict[FaceName, set[str]] = {}
        for bold, texts in self._texts.items():
            for face, run in text.runs("".join(sorted(set("".join(texts)))), bold):
                found.setdefault(face, set()).update(run)
        return {face: "".join(sorted(found[face])) for face in sorted(found)}

    def _node(self, number: int, group: Group) -> int:
        """Intern the content of a group on a track; return its version."""
        content = _encoder.encode(self._opened(group, number))
        track = self._tracks[number]
        version = track.versions.get(content)
        if version is None:
            version = track.versions[content] = track.next
            track.next += 1
            self._new.append((number, version, content))
        self._used.add((number, content))
        return version

    def _opened(self, group: Group, track: int) -> list[Any]:
        """Return a group as it is encoded, with its children interned."""
        inside = self._children(group.children, track)
        return ["g", inside, group.key, group.x, group.y, group.scale, group.rotate, group.opacity, group.tip]

    def _children(self, children: Iterable[Command], track: int) -> list[Any]:
        """Return commands as they are encoded: nodes as [track, version], pixels as a number, all else as it is."""
        opened: list[Any] = []
        for child in children:
            kind = type(child)
            if kind is Text:
                assert isinstance(child, Text)
                self._texts[child.bold].add(child.text)
                opened.append(child)
            elif isinstance(child, Group):
                if child.key:
                    number = self._numbers.get((track, child.key))
                    if number is None:
                        number = self._numbers[track, child.key] = len(self._tracks)
                        self._tracks.append(_Track())
                    opened.append((number, self._node(number, child)))
                else:
                    opened.append(self._opened(child, track))
            elif isinstance(child, Clip):
                inside = self._children(child.children, track)
                opened.append(["k", child.x, child.y, child.width, child.height, inside, child.radius])
            elif isinstance(child, Image):
                number = self._picture(child.pixels)
                opened.append(
                    ["i", child.x, child.y, child.width, child.height, number, child.smooth, child.opacity, child.tip]
                )
            else:
                opened.append(child)
        return opened

    def _picture(self, pixels: Pixels) -> int:
        """Intern a picture by its content; return its number."""
        shape = f"{pixels.columns}x{pixels.rows} {pixels.map}".encode()
        digest = hashlib.blake2b(pixels.data, digest_size=16, key=shape[:64]).digest()
        number = self._pictures.get(digest)
        if number is None:
            number = self._pictures[digest] = self._next_picture
            self._next_picture += 1
            form, data = _stored(pixels)
            picture = Picture(number, pixels.columns, pixels.rows, pixels.map, form, len(data))
            self._stored[number] = (picture, data)
        self._shown.add(number)
        return number

    def _sweep(self) -> None:
        """Drop what the frame just added does not use. Versions go on counting, so that no number means two things."""
        for number, track in enumerate(self._tracks):
            track.versions = {node: version for node, version in track.versions.items() if (number, node) in self._used}
        self._pictures = {digest: number for digest, number in self._pictures.items() if number in self._shown}
        self._stored = {number: self._stored[number] for number in sorted(self._shown)}


def compress(data: bytes, level: int = 6) -> bytes:
    """Return a message as one gzip stream; the same message gives the same bytes."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 31, 9)
    return packer.compress(data) + packer.flush()


def _stored(pixels: Pixels) -> tuple[str, bytes]:
    """Return the form and the bytes in which a picture is stored."""
    if pixels.map or pixels.columns * pixels.rows <= LARGE:
        return "raw", pixels.data
    from PIL import Image as Pillow

    picture = Pillow.frombytes("RGB", (pixels.columns, pixels.rows), pixels.data)
    stream = BytesIO()
    if max(picture.size) > LONGEST:
        picture.save(stream, "PNG")
        return "png", stream.getvalue()
    # Few colours, as on a game's screen, become a palette at this effort, smaller and sooner; many only cost time.
    effort, method = (20, 1) if picture.getcolors(256) else (0, 0)
    picture.save(stream, "WEBP", lossless=True, quality=effort, method=method)
    return "webp", stream.getvalue()


def _stretches(nodes: Sequence[tuple[int, int, bytes]]) -> list[tuple[int, int, int]]:
    """Return (track, first version, how many) for each stretch of nodes of successive versions."""
    found: list[tuple[int, int, int]] = []
    for track, version, _ in nodes:
        if found and found[-1][0] == track and found[-1][1] + found[-1][2] == version:
            found[-1] = (track, found[-1][1], found[-1][2] + 1)
        else:
            found.append((track, version, 1))
    return found
