"""Atomic: a file is either the old one or the whole new one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlanimated.errors import MlaError

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[Path]:
    """Give a temporary path beside `path`; what was written there takes its place when the block ends well.

        with replacing("film.mp4") as temporary:
            write(temporary)

    The temporary file has the same suffix, for writers that go by it. On any error, an interrupt included, it is removed
    and what was at `path` stays.

    Args:
        path: The file to write. Its folder must exist.

    Yields:
        The path to write to; an empty file is there already.

    Raises:
        MlaError: The folder does not exist or cannot be written to, `path` is a folder, or the disk is full.
    """
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise MlaError(f"{target} is a folder; name a file in it, such as {target / 'film.mp4'}.")
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise MlaError(f"Cannot write {target.name}: the folder {folder} {what}. Make it first, or name another.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem[:40]}-", suffix=target.suffix, dir=folder)
    except OSError as error:
        raise MlaError(
            f"Cannot write {target.name} in {folder}: {_reason(error)}. Name a folder that you may write to."
        ) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise MlaError(f"Cannot write {target}: {_reason(error)}. What was there before is unchanged.") from error
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """Return the permissions of the file that is replaced; else those that a new file gets here."""
    try:
        return target.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
