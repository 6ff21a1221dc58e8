"""CIFAR-10: 60,000 photographs of 32x32 pixels in ten classes (Alex Krizhevsky, 2009), downloaded once when it is asked for.

Pooch fetches the binary archive (162 MB) into the cache and checks its hash. A download that is damaged or breaks off is deleted and
tried once more; then one line says so, and what to use in its place. The archive is read where it lies and holds no code:
records of one byte for the label and 3072 for the picture, its colours one after the other.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import sys
import tarfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlanimated.data.cache import cache_folder
from mlanimated.data.images import CLASSES, Images, Split
from mlanimated.errors import MissingExtra, MlaError

__all__ = ["load_cifar10", "read_cifar10"]

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
HASH = "md5:c32a1d4ab5d03f1284b67883e8d87530"
"""As the page of the data set gives it."""
NAME = "cifar-10-binary.tar.gz"
INSTEAD = "leave data out to train on doodles, which are drawn here"
RECORD = 1 + 3 * 32 * 32
TRAIN = tuple(f"data_batch_{part}.bin" for part in range(1, 6))
TEST = ("test_batch.bin",)


@lru_cache(maxsize=1)
def load_cifar10(url: str = URL, known_hash: str = HASH) -> Split:
    """Return CIFAR-10's 50,000 pictures to learn from and its 10,000 to test with, downloaded when they are not in the cache.

    Args:
        url: Where the archive is.
        known_hash: What it must hash to, "md5:…" or "sha256:…".

    Raises:
        MissingExtra: Pooch is not installed.
        MlaError: It cannot be downloaded, or comes damaged twice; the line names what needs no download.
    """
    return read_cifar10(_fetched(url, known_hash))


def read_cifar10(archive: Path) -> Split:
    """Return the pictures in an archive of CIFAR-10's binary format, of any length.

    Raises:
        MlaError: It is no such archive.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive) as packed:
            for member in packed:
                content = packed.extractfile(member)
                if content is not None:
                    found[Path(member.name).name] = content.read()
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        raise MlaError(f"{archive} is no archive of CIFAR-10 ({error}); delete it, or {INSTEAD}.") from error
    missing = [name for name in (*TRAIN, *TEST) if not found.get(name) or len(found[name]) % RECORD]
    if missing:
        raise MlaError(
            f"{archive} is no archive of CIFAR-10: {missing[0]} is missing or broken; delete it, or {INSTEAD}."
        )
    return Split(*(_records(b"".join(found[name] for name in names)) for names in (TRAIN, TEST)))


def _records(content: bytes) -> Images:
    """Return pictures from records: a label, then 1024 bytes of red, of green and of blue."""
    rows = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    labels = rows[:, 0].astype(np.int64)
    if labels.max() >= len(CLASSES):
        raise MlaError(
            f"The archive of CIFAR-10 has a label {labels.max()}; there are 0 to 9. Delete it, or {INSTEAD}."
        )
    pictures: NDArray[np.uint8] = np.ascontiguousarray(rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    return Images(pictures, labels, CLASSES, "CIFAR-10")


def _fetched(url: str, known_hash: str) -> Path:
    """Return the archive's place in the cache, fetched and checked."""
    try:
        pooch: Any = importlib.import_module("pooch")
    except ModuleNotFoundError as error:
        raise MissingExtra("CIFAR-10", "data") from error
    pooch.get_logger().setLevel(logging.WARNING)
    folder, problem = cache_folder(), ""
    for _ in range(2):
        with _Bar() as bar:
            downloader = pooch.HTTPDownloader(progressbar=bar, timeout=30)
            try:
                return Path(pooch.retrieve(url, known_hash, NAME, folder, downloader=downloader))
            except ValueError:  # Pooch has deleted what came
                problem = "what came is damaged or not whole, twice"
            except (
                OSError
            ) as error:  # no network, no such page, a connection that broke off: all are OSErrors of requests
                problem = f"no answer from {url.split('/')[2]}, {type(error).__name__}"
            except Exception as error:  # a body that ends early is an error of urllib3, which has no common base
                problem = f"the download broke off, {type(error).__name__}"
        with contextlib.suppress(OSError):
            (folder / NAME).unlink()
    raise MlaError(f"CIFAR-10 cannot be downloaded ({problem}): try again when online, or {INSTEAD}.")


class _Bar:
    """A bar of rich's in the form that Pooch asks for; silent where nobody watches."""

    def __init__(self) -> None:
        self.total = 0
        self._done = 0
        self._shown: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, count: int) -> None:
        """Say that so many bytes more have come."""
        self._done += count
        if not sys.stderr.isatty():
            return
        if self._shown is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("CIFAR-10"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
            self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
            self._shown.start()
            self._shown.add_task("", total=self.total or None)
        self._shown.update(self._shown.task_ids[0], completed=min(self._done, self.total or self._done))

    def reset(self) -> None:
        """Begin to count anew."""
        self._done = 0

    def close(self) -> None:
        """Take the bar away."""
        if self._shown is not None:
            self._shown.stop()
            self._shown = None
