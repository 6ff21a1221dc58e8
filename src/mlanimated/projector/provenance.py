"""Provenance: how a film was made, in the film's own file.

It is text alone, has neither paths nor names of people in it, and no time of day: the same command gives the same file.
A flat mapping of text travels as JSON in a place that each format has for it, and `read` finds it there again.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from html import unescape
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from mlanimated.errors import MlaError

__all__ = ["FORMAT", "arguments", "command", "exact", "read", "versions"]

FORMAT = 1
"""Version of the mapping; a file that names a higher one was made by a newer program."""

LIBRARIES = ("numpy", "skia-python", "av", "pillow", "fonttools", "font-roboto")
"""What the pixels depend on."""

HEAD = 4 * 2**20
"""Bytes at the beginning of a page within which its provenance stands."""


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """Return what made the film, as far as it does not depend on the film: program, revision, Python and libraries."""
    found = {"program": "mlanimated", "format": str(FORMAT), "version": _version("mlanimated")}
    if revision := _revision():
        found["revision"] = revision
    libraries = [f"{name} {version}" for name in LIBRARIES if (version := _version(name))]
    return {**found, "python": platform.python_version(), "libraries": ", ".join(libraries)}


def exact(number: float) -> str:
    """Return a number as text from which the very same number is read again: 30, 29.97002997002997."""
    return repr(float(number)).removesuffix(".0")


def command(provenance: Mapping[str, str], suffix: str = "") -> str:
    """Return the command line that makes the film again, or "" for a film that did not come from a recipe.

    Args:
        provenance: What the film says of itself: the recipe, its arguments, how it was saved.
        suffix: The format (".gif"); "" for the command's own choice.
    """
    recipe = provenance.get("recipe", "")
    if not recipe:
        return ""
    words = ["mla", "film", recipe]
    for name, value in arguments(provenance).items():
        words += [f"--{name.replace('_', '-')}", _word(value)]
    for name in ("seconds", "theme", "size", "fps", "at", "quality"):
        if name in provenance:
            words += [f"--{name}", _word(provenance[name])]
    if suffix:
        words += ["-o", f"{recipe}{suffix}"]
    return " ".join(words)


def arguments(provenance: Mapping[str, str]) -> dict[str, Any]:
    """Return the recipe's arguments.

    Raises:
        MlaError: They are not a JSON object.
    """
    try:
        found = json.loads(provenance.get("arguments") or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise MlaError("The file's note of the arguments is damaged; make the film again with mla film and your own.")
    return cast("dict[str, Any]", found)


def read(path: str | Path) -> dict[str, str]:
    """Read from a file how it was made.

    Args:
        path: A film or picture that this program wrote: MP4, WebM, GIF, WebP, PNG, SVG or HTML, told apart by content.

    Returns:
        The mapping that was stored.

    Raises:
        MlaError: There is no such file, or it carries no provenance of this program, or of a newer version of it.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(64)
        text = _found(path, head)
    except OSError as error:
        raise MlaError(f"Cannot read {path}: {(error.strerror or str(error)).lower()}.") from None
    stored = _parsed(text)
    if stored.get("program") != "mlanimated":
        raise MlaError(
            f"{path} does not say how it was made: it is no film of mlanimated, or something took the note out."
        )
    if not stored.get("format", "").isdecimal() or int(stored["format"]) > FORMAT:
        newer = stored.get("version") or "a newer version"
        raise MlaError(
            f"{path} was made by mlanimated {newer}, this is {_version('mlanimated')}: pip install -U mlanimated"
        )
    return stored


def _found(path: Path, head: bytes) -> str:
    """Return the text that a file carries, "" for none; the kind of file is told from its first bytes."""
    if head[4:8] == b"ftyp" or head.startswith(b"\x1aE\xdf\xa3"):
        return _of_video(path)
    if head.startswith((b"GIF8", b"\x89PNG", b"RIFF")):
        return _of_picture(path)
    with path.open("rb") as file:
        return _of_page(file.read(HEAD).decode("utf-8", "replace"))


def _of_video(path: Path) -> str:
    """Return the comment of an MP4 or WebM."""
    import av
    from av.error import FFmpegError

    try:
        with av.open(path) as container:
            tags = {name.lower(): text for name, text in container.metadata.items()}
    except FFmpegError:
        return ""
    return tags.get("comment", "")


def _of_picture(path: Path) -> str:
    """Return the comment of a GIF, the source of a WebP's XMP, or the comment of a PNG."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            info = picture.info
    except (OSError, SyntaxError, ValueError):
        return ""
    if xmp := info.get("xmp"):
        match = re.search(r"<dc:source>(.*?)</dc:source>", cast("bytes", xmp).decode("utf-8", "replace"), re.DOTALL)
        return unescape(match[1]) if match else ""
    comment = cast("bytes | str", info.get("comment") or info.get("Comment") or "")
    return comment.decode("utf-8", "replace") if isinstance(comment, bytes) else comment


def _of_page(page: str) -> str:
    """Return what the metadata element of an SVG, or the provenance element of a page, holds."""
    if match := re.search(r"<script[^>]*\bid=\"mla-provenance\"[^>]*>(.*?)</script>", page, re.DOTALL):
        return match[1]
    match = re.search(r"<metadata>(.*?)</metadata>", page, re.DOTALL)
    return unescape(match[1]) if match else ""


def _parsed(text: str) -> dict[str, str]:
    """Return a JSON object of text, or an empty one for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    pairs = cast("dict[str, Any]", found)
    return {name: value for name, value in pairs.items() if isinstance(value, str)}


def _word(value: Any) -> str:
    """Return a value as one word of a command line."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if re.fullmatch(r"[\w.,:/+-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _version(distribution: str) -> str:
    """Return the version of an installed distribution, "" for one that is not."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _revision() -> str:
    """Return the revision of the source, with "+" when it has been changed since; "" for an installed package."""
    folder = Path(__file__).resolve().parents[3]
    if not (folder / ".git").exists():
        return ""
    try:
        told = subprocess.run(
            ("git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()
