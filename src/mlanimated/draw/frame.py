"""Frame: one picture of a film. Reel: all of them in order, with the words that go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from mlanimated.draw.commands import Command

__all__ = ["Cue", "Frame", "Reel"]


class Frame(Struct, frozen=True):
    """A size in scene units and the commands that fill it, painted in order on the ground colour."""

    width: float
    height: float
    children: tuple[Command, ...]


class Cue(Struct, frozen=True):
    """Words for a stretch of film: a caption, or a chapter's name. Times in seconds of film."""

    start: float
    stop: float
    text: str


@dataclass(frozen=True)
class Reel:
    """What a writer writes.

    Attributes:
        frame: Gives the picture at a film time in seconds, 0 to `seconds`. Pure: the same time, the same frame.
        seconds: Length of the film.
        fps: Frames a second.
        width: Width of each frame in scene units.
        height: Height of each frame in scene units.
        title: One line.
        captions: What is said when, in order, not overlapping.
        chapters: Named events, in order; the moments that matter (`start`).
        alt: What the film shows, for a reader who does not see it.
        poster: The moment in seconds that stands for the film as a still.
        provenance: How the film was made; text alone, stored in the file's own metadata.
    """

    frame: Callable[[float], Frame]
    seconds: float
    fps: float = 30.0
    width: float = 1280.0
    height: float = 720.0
    title: str = ""
    captions: tuple[Cue, ...] = ()
    chapters: tuple[Cue, ...] = ()
    alt: str = ""
    poster: float = 0.0
    provenance: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def count(self) -> int:
        """How many frames there are; the last one is at `seconds`."""
        return max(1, round(self.seconds * self.fps) + 1)

    def times(self) -> Iterator[float]:
        """Yield the film time of each frame, in seconds."""
        last = self.count - 1
        for index in range(self.count):
            yield min(self.seconds, index / self.fps) if index < last else self.seconds

    def frames(self) -> Iterator[Frame]:
        """Yield each frame in order."""
        for time in self.times():
            yield self.frame(time)
