"""The application: pages, assets, REST and the socket, behind the guard."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Query, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocketDisconnect

import mlanimated.studio.api as rest
from mlanimated.errors import MlaError
from mlanimated.studio import api_cells, api_trainings, pages, seats
from mlanimated.studio.api import answer
from mlanimated.studio.assets import asset
from mlanimated.studio.book import ADDRESS
from mlanimated.studio.client import MOST_RUNS, Client
from mlanimated.studio.description import described
from mlanimated.studio.guard import Guard
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.studio import Studio
from mlanimated.studio.tables import GAMES

__all__ = ["application"]

MOST_VIEW = 20_000
LIST_SECONDS = 0.3
"""So long the list waits for files to be read; the page asks for the rest when it stands."""


def application(studio: Studio, token: str = "") -> Guard:
    """Return the application of a studio.

    Args:
        studio: What is served.
        token: What who asks must know; "" on the loopback interface.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncGenerator[None, None]:
        await studio.start()
        yield
        await studio.stop()

    app = FastAPI(
        title="mlanimated studio",
        description="Watch trainings live: numbers from any language in, pictures in every open browser.",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        responses={"4XX": {"description": "What was wrong, in one line: `{error}`."}},
    )
    app.state.studio = studio
    for router in (
        rest.router,
        api_trainings.router,
        api_cells.cells,
        api_cells.values,
        api_cells.values_v1,
        api_cells.frames,
    ):
        app.include_router(router)
    _pages(app, studio)
    _faults(app, studio)
    return Guard(app, token)  # pyright: ignore[reportArgumentType]


def _pages(app: FastAPI, studio: Studio) -> None:
    @app.get("/", include_in_schema=False)
    def runs(
        search: Annotated[str, Query(max_length=400)] = "",
        sort: str = "changed",
        state: str = "",
        tag: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        seen = studio.hub.listing  # before it is read: what changes meanwhile is told
        found, total = studio.listed(search=search, sort=sort, state=state, tag=tag, seconds=LIST_SECONDS)
        query = {"search": search, "sort": "" if sort == "changed" else sort, "state": state, "tag": tag}
        name = studio.folder.root.name
        return HTMLResponse(pages.runs(found, total, query, name, seen=seen, book=studio.book.there))

    @app.get("/watch", include_in_schema=False)
    def watch(
        run: Annotated[list[str], Query(min_length=1, max_length=MOST_RUNS)],
        align: Annotated[str, Query(max_length=200)] = "step",
        at: float | None = None,
        view: Annotated[str, Query(max_length=MOST_VIEW)] = "{}",
        embed: str = "",
    ) -> Response:
        found = tuple(studio.runs.fresh(each) for each in dict.fromkeys(run))
        state, info = described(found)
        asked = {
            "runs": [each.id for each in found],
            "align": align,
            "at": at if at is not None and math.isfinite(at) else None,
            "view": _view(view),
            "embed": bool(embed),
        }
        title = " · ".join(each.name for each in found)
        return HTMLResponse(pages.watch(title, asked, state, info, book=studio.book.there))

    @app.get("/board", include_in_schema=False)
    def board(request: Request) -> Response:
        return HTMLResponse(pages.board(request.url.netloc, book=studio.book.there))

    @app.get("/play", include_in_schema=False)
    def games() -> Response:
        return HTMLResponse(pages.play("", book=studio.book.there))

    @app.get("/play/{game}", include_in_schema=False)
    def play(game: str) -> Response:
        if game not in GAMES:
            raise Refusal(404, f"There is no game {game[:40]!r}; there are {', '.join(GAMES)}.")
        return HTMLResponse(pages.play(game, book=studio.book.there))

    @app.get("/book", include_in_schema=False)
    def open_book() -> Response:
        return RedirectResponse(ADDRESS)

    @app.get("/book/{name:path}", include_in_schema=False)
    def book(name: str, request: Request) -> Response:
        return studio.book.answer(name, request)

    @app.get("/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        return HTMLResponse(pages.reference(app.openapi(), request.url.netloc, book=studio.book.there))

    @app.get("/assets/{name}", include_in_schema=False)
    def assets(name: str, request: Request) -> Response:
        data, kind, tag = asset(name)
        headers = {"etag": f'"{tag}"', "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type=kind, headers=headers)

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):
            await Client(studio.hub, socket, lambda changed: _rows(studio, changed)).serve()

    @app.websocket("/table/{game}")
    async def sit(socket: WebSocket, game: str, wide: str = "1") -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):
            await seats.serve(socket, game, wide != "0", studio.hub)

    del runs, watch, board, games, play, open_book, book, docs, assets, live, sit


def _rows(studio: Studio, changed: set[str]) -> dict[str, str]:
    """Return the rows of some runs as HTML; of those that have gone, nothing."""
    rows = dict.fromkeys(changed, "")
    for card, tags in studio.rows(sorted(changed)):
        rows[card.run] = pages.row(card, tags)
    return rows


def _view(text: str) -> dict[str, Any]:
    """Return what an address says of the view, as far as it makes sense."""
    try:
        said = msgspec.json.decode(text, type=_View)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return msgspec.to_builtins(said)


class _Added(msgspec.Struct, frozen=True, omit_defaults=True):
    """A panel that was added."""

    kind: str
    series: list[str] = []
    title: str = ""


class _Set(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was changed of a panel."""

    log: bool | None = None
    smooth: float | None = None


class _View(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an address says of the view; `static/watch.js` writes it."""

    x: str = "step"
    hidden: list[str] = []
    more: list[_Added] = []
    set: dict[str, _Set] = {}
    big: str | None = None
    from_: float | None = msgspec.field(default=None, name="from")
    to: float | None = None


def _faults(app: FastAPI, studio: Studio) -> None:
    """Answer what goes wrong: a line for programs, a page for people."""

    def said(request: Request, status: int, words: str) -> Response:
        wants = request.headers.get("accept", "")
        if "text/html" in wants and not request.url.path.startswith(("/api/", "/values", "/cells/")):
            return HTMLResponse(pages.fault(status, words, book=studio.book.there), status)
        return answer({"error": words}, status)

    def refused(request: Request, error: Exception) -> Response:
        status = error.status if isinstance(error, Refusal) else 422
        return said(request, status, str(error))

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first: Any = error.errors()[0] if error.errors() else {}
        where = ".".join(str(part) for part in first.get("loc", ())[1:])
        return said(request, 422, f"{where}: {first.get('msg', 'is not allowed')}"[:500])

    def other(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return said(request, error.status_code, str(error.detail))

    app.add_exception_handler(MlaError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, other)
