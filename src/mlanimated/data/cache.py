"""Where downloaded data is kept: a folder of the user's own, outside any project."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mlanimated.errors import MlaError

__all__ = ["cache_folder", "keep"]


def cache_folder() -> Path:
    """Return the folder, made when missing: `MLANIMATED_CACHE`, else the system's usual place for caches.

    Raises:
        MlaError: It cannot be made.
    """
    if given := os.environ.get("MLANIMATED_CACHE"):
        folder = Path(given)
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "mlanimated" / "cache"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches" / "mlanimated"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlanimated"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MlaError(
            f"No folder for downloaded data ({error.strerror}); set MLANIMATED_CACHE to one that can be written."
        ) from error
    return folder


def keep(name: str, content: bytes) -> Path:
    """Write a file into the cache, whole or not at all, and return where it is.

    Raises:
        MlaError: It cannot be written.
    """
    path = cache_folder() / name
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise MlaError(
            f"Downloaded data cannot be kept ({error.strerror}); set MLANIMATED_CACHE to a folder with room."
        ) from error
    return path
