"""Book: the built pages of the book at /book, as they are, with one script more: it offers to train their films again."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse

from mlanimated.errors import MlaError
from mlanimated.studio.guard import SECURITY
from mlanimated.studio.refusal import Refusal

__all__ = ["ADDRESS", "Book"]

ADDRESS = "/book/"
SCRIPT = b'<script type="module" src="/assets/again.js"></script>'
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Kinds of files by their ends. They are told here, for what an operating system knows of them differs, and browsers take no guess."""

_INLINE = re.compile(rb"<script(?P<told>[^>]*)>(?P<lines>.*?)</script>", re.DOTALL | re.IGNORECASE)
_POLICY = SECURITY[b"content-security-policy"].decode()


class Book:
    """The pages of the book.

    Args:
        find: Returns the folder of the built book, or None where none has been built. It is asked each time, so that a book that
            is built while the studio runs is there.
    """

    def __init__(self, find: Callable[[], Path | None] = lambda: None) -> None:
        self._find = find

    @property
    def folder(self) -> Path | None:
        """Where the pages lie; None where there are none."""
        try:
            return self._find()
        except MlaError:  # it was there when the studio was started, and has been removed since
            return None

    @property
    def there(self) -> bool:
        """Whether there is a book to read."""
        return self.folder is not None

    def answer(self, name: str, request: Request) -> Response:
        """Return a file of the book.

        Args:
            name: Its path within the book; "" for the first page.
            request: Who asks may have it already.

        Raises:
            Refusal: There is no book, or no such file in it.
        """
        path = self._path(name)
        about = path.stat()
        tag = hashlib.blake2b(f"{path}:{about.st_size}:{about.st_mtime_ns}".encode(), digest_size=8).hexdigest()
        headers = {"etag": f'"{tag}"', "cache-control": "no-cache"}
        page = path.read_bytes() if path.suffix == ".html" else b""
        if page:  # told with a 304 too: what a browser has kept is then shown under what is told now
            headers["content-security-policy"] = _policy(page)
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        kind = _KINDS.get(path.suffix.lower(), "application/octet-stream")
        if not page:
            return FileResponse(path, media_type=kind, headers=headers)
        return Response(_with_script(page), media_type=kind, headers=headers)

    def _path(self, name: str) -> Path:
        """Return the file of a name; nothing outside of the book, and nothing hidden, has one."""
        if self.folder is None:
            raise Refusal(
                404,
                "The book has not been built here: scripts/book builds it in a clone of the project, for mla book too.",
            )
        root = self.folder.resolve()
        try:
            path = (root / (f"{name}index.html" if not name or name.endswith("/") else name)).resolve()
            inside = path.is_relative_to(root) and path.is_file()
        except (OSError, ValueError):  # a name that no file can have
            inside, path = False, root
        if not inside or any(part.startswith(".") for part in path.relative_to(root).parts):
            raise Refusal(404, f"The book has no page {name[:100]!r}.")
        return path


def _with_script(page: bytes) -> bytes:
    """Return a page with the studio's script at its end."""
    head, end, rest = page.rpartition(b"</body>")
    return head + SCRIPT + end + rest if end else page + SCRIPT


def _policy(page: bytes) -> str:
    """Return what a page may load: as the studio's own pages, and the lines of script that stand in it as it was built."""
    own = [
        f"'sha256-{base64.b64encode(hashlib.sha256(found['lines']).digest()).decode()}'"
        for found in _INLINE.finditer(page)
        if found["lines"].strip() and not re.search(rb"\bsrc=|application/json", found["told"])
    ]
    return _POLICY.replace("script-src 'self'", " ".join(["script-src 'self'", *dict.fromkeys(own)]))
