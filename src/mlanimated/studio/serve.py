"""Serve: a studio on a port, until it is interrupted."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path

from mlanimated.errors import MissingExtra, MlaError

__all__ = ["PORT", "serve"]

PORT = 8017
TRIES = 20
SWITCH_SECONDS = 0.0005
"""How long a thread that draws keeps the loop that sends waiting; Python's own 5 ms add up over the way from a row to a page."""


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    token: str = "",
    show: bool = True,
    demo: bool = False,
    book: Callable[[], Path | None] = lambda: None,
    tell: Callable[[str], object] = print,
) -> None:
    """Serve the traces of a folder until interrupted.

    Args:
        folder: The folder; it is made if need be.
        host: The address to listen at. Any but a loopback one needs a token.
        port: The port; when it is taken the next free one is used and told. 0 for any.
        token: The token for other addresses; "" makes one.
        show: Open the browser.
        demo: Train something small at once.
        book: Returns the folder of the built book, or None; it is served at /book.
        tell: Called with each line for the person who started it.

    Raises:
        MlaError: The folder or the address cannot be served, or the extra is not installed.
    """
    try:
        import uvicorn

        from mlanimated.studio.app import application
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("mlanimated"):
            raise
        raise MissingExtra("The studio", "studio") from None
    from mlanimated.studio.guard import is_loopback, new_token
    from mlanimated.studio.studio import Studio

    secret = "" if is_loopback(host) else token or new_token()
    studio = Studio(folder, book)
    try:
        listener = _listen(host, port, tell)
    except MlaError:
        studio.store.close()
        raise
    chosen = listener.getsockname()[1]
    name = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{chosen}/"
    config = uvicorn.Config(
        application(studio, secret),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",
        ws_max_size=1 << 18,
        ws_per_message_deflate=bool(secret),  # on the loopback interface it only costs time
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    tell(f"{folder} is served at {address}")
    if not studio.writable:
        tell("The folder cannot be written to: cells and tags last as long as this studio.")
    if secret:
        tell(f"From elsewhere, with this token, which is shown once: http://{name}:{chosen}/?token={secret}")
    switch = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        start = "" if not demo else f"watch?run={studio.demo()}"
        if show:
            query = f"{'&' if start else '?'}token={secret}" if secret else ""
            threading.Timer(0.6, _open, (f"{address}{start}{query}",)).start()
        tell("Ctrl-C ends it.")
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        sys.setswitchinterval(switch)
        studio.trainings.stop()
        studio.store.close()
        listener.close()


def _open(address: str) -> None:
    with contextlib.suppress(Exception):  # no browser here: the address was told
        webbrowser.open(address)


def _listen(host: str, port: int, tell: Callable[[str], object]) -> socket.socket:
    """Return a socket that listens at the port, or at the next that is free.

    Raises:
        MlaError: There is no such address here, or no free port.
    """
    try:
        family, _, _, _, _ = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise MlaError(f"{host!r} is no address of this machine: 127.0.0.1 is, and 0.0.0.0 for all.") from None
    for wanted in [0] if port == 0 else [*range(port, min(port + TRIES, 65536)), 0]:
        # Said to be TCP, so that asyncio sends each frame at once: else a small one waits 40 ms for what was sent before it.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if socket.SO_REUSEADDR and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, wanted))
            listener.listen(1024)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE:
                continue
            reason = (error.strerror or str(error)).lower()
            raise MlaError(f"Port {wanted} of {host} cannot be listened at ({reason}): give another --port.") from None
        listener.setblocking(False)
        if port and wanted != port:
            tell(f"Port {port} is in use; another is taken.")
        return listener
    raise MlaError(f"No port from {port} on is free: give another --port.")
