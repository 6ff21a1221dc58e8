"""Apart: a reel painted on several processes, picture for picture what one process paints.

Each process has the whole reel and paints stretches of it in turn; the pictures come back, in order, through files that are mapped into
memory: on Linux files that have no place on any disk (not /dev/shm, of which a container has little), elsewhere temporary ones.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlanimated.draw.frame import Frame, Reel
from mlanimated.errors import MlaError
from mlanimated.render.raster import Raster

__all__ = ["Stretch", "painted_apart"]

STRETCH_BYTES = 48 << 20
"""How much a stretch of pictures takes."""
LONGEST = 48
"""Pictures of a stretch at the most."""


class Stretch(NamedTuple):
    """Pictures that follow each other.

    Attributes:
        start: Number of the first.
        pixels: uint8 (n, height, width, 4): the pictures that differ from the one before, the first of the stretch among them.
        which: For each picture of the stretch its place in `pixels`.
    """

    start: int
    pixels: NDArray[np.uint8]
    which: list[int]


def painted_apart(reel: Reel, raster: Raster, processes: int) -> Iterator[Stretch]:
    """Yield the pictures of a reel in order, painted by several processes.

    Args:
        reel: The film; its scene and its traces are sent to each process once.
        raster: Says the size and the theme.
        processes: How many.

    Raises:
        MlaError: The film cannot be sent to another process.
    """
    try:
        sent = pickle.dumps(reel)
    except Exception as error:  # whatever it is that cannot be pickled, a lambda or an open file
        raise MlaError(
            f"This film cannot be painted on several processes ({' '.join(str(error).split())}): write its functions and views "
            "in a module, or leave the processes out."
        ) from None
    shape = (raster.height, raster.width, 4)
    length = max(1, min(LONGEST, STRETCH_BYTES // int(np.prod(shape))))
    starts = deque(range(0, reel.count, length))
    executor = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _begin, (sent, raster.width, raster.height, raster.theme)
    )
    with _rooms(2 * processes, length * int(np.prod(shape))) as rooms:
        # Each room is mapped once: to map it anew for each stretch costs a fault for each of its pages.
        free: deque[tuple[Path, NDArray[np.uint8]]] = deque(
            (path, np.memmap(path, np.uint8, "r+", shape=(length, *shape))) for path in rooms
        )
        coming: deque[tuple[int, tuple[Path, NDArray[np.uint8]], Future[list[int]]]] = deque()
        try:
            while starts or coming:
                while starts and free:
                    start, room = starts.popleft(), free.popleft()
                    stop = min(start + length, reel.count)
                    coming.append((start, room, executor.submit(_paint, start, stop, str(room[0]), length)))
                start, room, future = coming.popleft()
                which = future.result()
                yield Stretch(start, room[1][: which[-1] + 1], which)
                free.append(room)
        except (BrokenProcessPool, pickle.UnpicklingError) as error:
            raise MlaError(
                "A process that painted the film has ended, for want of memory or because the film's own views are not in a module: "
                "take fewer processes, or one."
            ) from error
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _rooms(count: int, size: int) -> Generator[list[Path]]:
    """Return files of a size that other processes of this user can open, for as long as the context lasts."""
    if not hasattr(os, "memfd_create"):
        with tempfile.TemporaryDirectory(prefix="mla-paint-", ignore_cleanup_errors=True) as folder:
            paths = [Path(folder) / f"{number}" for number in range(count)]
            for path in paths:
                with path.open("wb") as file:
                    file.truncate(size)
            yield paths
        return
    descriptors = [os.memfd_create("mla-paint") for _ in range(count)]
    try:
        for descriptor in descriptors:
            os.ftruncate(descriptor, size)
        yield [Path(f"/proc/{os.getpid()}/fd/{descriptor}") for descriptor in descriptors]
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


class _Painter:
    """What a process paints with.

    Args:
        reel: The film.
        raster: Paints its frames.
    """

    def __init__(self, reel: Reel, raster: Raster) -> None:
        self.reel, self.raster = reel, raster
        self.times = list(reel.times())

    def stretch(self, start: int, stop: int, room: NDArray[np.uint8]) -> list[int]:
        """Paint some pictures into the room, and return the place of each there."""
        which: list[int] = []
        before: Frame | None = None
        place = -1
        for time in self.times[start:stop]:
            frame = self.reel.frame(time)
            if before is None or (frame is not before and frame != before):
                place += 1
                room[place] = self.raster.paint(frame)
            before = frame
            which.append(place)
        return which


_painter: list[_Painter] = []
"""The one painter of a process that was started to paint."""


def _begin(sent: bytes, width: int, height: int, theme: str) -> None:
    """Prepare a process: it leaves ctrl-C to the one that started it, and ends when that one has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    reel: Reel = pickle.loads(sent)  # of the process that started this one, and of nobody else
    _painter[:] = [_Painter(reel, Raster(width, height, 1.0, theme))]


def _end_with(sentinel: Any) -> None:
    wait([sentinel])
    os._exit(1)


def _paint(start: int, stop: int, path: str, length: int) -> list[int]:
    """Paint some pictures into a file that has room for `length` of them."""
    painter = _painter[0]
    return painter.stretch(start, stop, _room(path, (length, painter.raster.height, painter.raster.width, 4)))


@cache
def _room(path: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.memmap(path, np.uint8, "r+", shape=shape)
