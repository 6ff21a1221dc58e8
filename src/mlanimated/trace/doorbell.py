"""Doorbell: how a recorder tells a studio in another process that there is something new.

A studio that someone looks at leaves a file in its folder that names a port of the loopback interface. A recorder that writes
anywhere below that folder finds it, writes sooner, and sends one datagram after each write. A datagram never waits and may be
lost, so nobody depends on it: a studio that hears nothing looks at the files.
"""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

__all__ = ["DOORBELL", "Doorbell"]

DOORBELL = ".mla-doorbell"
"""Name of the file: one line, a port, a space, and the key that a ring begins with."""

_LEVELS = 5
_LOOK_SECONDS = 0.5


class Doorbell:
    """The doorbell of a studio that watches over a trace, if there is one.

    Args:
        path: The .mla file. The file is looked for in its folder and in those around it.
    """

    def __init__(self, path: Path) -> None:
        folder = path.absolute().parent
        self._places = [place / DOORBELL for place in (folder, *folder.parents)][:_LEVELS]
        self._path = path.absolute()
        self._looked = -_LOOK_SECONDS
        self._found: tuple[int, bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def there(self) -> bool:
        """Whether somebody watches. Looked for at most every half a second."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._found = self._look()
            self._looked = now  # last: another thread that asks meanwhile looks for itself
        return self._found is not None

    def ring(self) -> None:
        """Tell the studio, if there is one, that rows were written. Never waits, never raises."""
        if not self.there or self._found is None:
            return
        port, message = self._found
        with contextlib.suppress(OSError):
            if self._socket is None:
                self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(message, ("127.0.0.1", port))

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _look(self) -> tuple[int, bytes] | None:
        for place in self._places:
            try:
                port, key = place.read_text(encoding="ascii").split()
                name = self._path.relative_to(place.parent).as_posix()
                if 0 < int(port) < 65536:
                    return int(port), f"{key} {name}".encode()
            except (OSError, ValueError):
                continue
        return None
