"""A studio that really listens, for tests that open its pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mlanimated.studio.app import application
from mlanimated.studio.studio import Studio


@contextmanager
def listening(studio: Studio) -> Iterator[int]:
    """Let a studio listen, and yield its port."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(application(studio), port=0, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def until(page, script: str, *arguments: object) -> None:
    """Wait until a script says yes. Playwright's own way needs eval, which the pages forbid."""
    limit = time.monotonic() + 60
    while not page.evaluate(script, *arguments):
        assert time.monotonic() < limit, script
        page.wait_for_timeout(50)
