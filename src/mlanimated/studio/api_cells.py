"""REST of the cells: /api/v1/cells, and the same under /values and /api/v1/values as clients of 2015 know it, where the id is `_id`."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from mlanimated.studio.api import answer, studio_of
from mlanimated.studio.cells import FRAME_POLICY, picture_of
from mlanimated.studio.refusal import Refusal
from mlanimated.studio.studio import Studio

__all__ = ["cells", "frames", "values", "values_v1"]

Served = Annotated[Studio, Depends(studio_of)]

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "maxLength": 200},
                        "type": {"type": "string", "enum": ["html", "img"]},
                        "value": {"type": "string"},
                        "pos": {},
                        "description": {"type": "string", "maxLength": 2000},
                    },
                }
            }
        },
    }
}


async def _fields(request: Request) -> Any:
    """Return the fields of a request, sent as JSON or as a form."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
        except ValueError:
            raise Refusal(422, "That is no form of at most 20 fields in UTF-8.") from None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refusal(400, "A cell is sent as JSON, {name, type, value, pos, description}, or as a form.") from None


def _one(fields: Any) -> dict[str, Any]:
    if not isinstance(fields, dict):
        raise Refusal(422, "A cell is an object, {name, type, value, pos, description}.")
    return {str(name): value for name, value in fields.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _number(text: str | None, usual: int) -> int:
    if text is None:
        return usual
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise Refusal(422, "$limit and $skip are whole numbers.")
    return min(int(text), usual) if usual else int(text)


def _routes(prefix: str, key: str, tag: str) -> APIRouter:
    """Return find, get, create, update, patch and remove under a prefix."""
    router = APIRouter(prefix=prefix, tags=[tag])

    @router.get("", summary="Find cells")
    def find(studio: Served, request: Request) -> Response:
        """Return all cells, or those of a name or type; $limit and $skip take a part."""
        asked = request.query_params
        limit, skip = _number(asked.get("$limit"), 1000), _number(asked.get("$skip"), 0)
        found = studio.cells.find(name=asked.get("name", ""), kind=asked.get("type", ""), limit=limit, skip=skip)
        return answer([cell.told(key) for cell in found])

    @router.post("", status_code=201, summary="Create a cell", openapi_extra=_BODY)
    async def create(studio: Served, request: Request) -> Response:
        """Put a cell on the board. An array makes several."""
        fields = await _fields(request)
        if isinstance(fields, list):
            several: list[Any] = fields  # pyright: ignore[reportUnknownVariableType]
            if len(several) > 100:
                raise Refusal(413, "At most 100 cells are made at once.")
            with studio.store.together():  # all or none
                made = [studio.cells.create(_one(each)) for each in several]
            return answer([cell.told(key) for cell in made], 201)
        return answer(studio.cells.create(_one(fields)).told(key), 201)

    @router.get("/{cell}", summary="Get a cell")
    def get(studio: Served, cell: str) -> Response:
        """Return a cell."""
        return answer(studio.cells.get(cell).told(key))

    @router.put("/{cell}", summary="Replace a cell", openapi_extra=_BODY)
    async def update(studio: Served, cell: str, request: Request) -> Response:
        """Replace a cell."""
        return answer(studio.cells.update(cell, _one(await _fields(request))).told(key))

    @router.patch("/{cell}", summary="Change a cell", openapi_extra=_BODY)
    async def patch(studio: Served, cell: str, request: Request) -> Response:
        """Change the fields that are given."""
        return answer(studio.cells.patch(cell, _one(await _fields(request))).told(key))

    @router.delete("/{cell}", summary="Remove a cell")
    def remove(studio: Served, cell: str) -> Response:
        """Remove a cell and return it as it was."""
        return answer(studio.cells.remove(cell).told(key))

    del find, create, get, update, patch, remove
    return router


cells = _routes("/api/v1/cells", "id", "cells")
values = _routes("/values", "_id", "cells, as in 2015")
values_v1 = _routes("/api/v1/values", "_id", "cells, as in 2015")
frames = APIRouter(prefix="/cells", include_in_schema=False)


@frames.get("/{cell}/frame")
def frame(studio: Served, cell: str) -> Response:
    """Return the HTML of a cell as a page without an origin."""
    found = studio.cells.get(cell)
    if found.type != "html":
        raise Refusal(404, f"The cell {cell[:40]!r} holds a picture.")
    head = '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light">'
    text = found.value if found.value.lstrip()[:9].lower() == "<!doctype" else head + found.value
    return Response(text, media_type="text/html; charset=utf-8", headers={"content-security-policy": FRAME_POLICY})


@frames.get("/{cell}/img")
def img(studio: Served, cell: str) -> Response:
    """Return the picture of a cell."""
    kind, data = picture_of(studio.cells.get(cell))
    policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # an SVG that is opened by itself runs nothing
    return Response(data, media_type=kind, headers={"content-security-policy": policy})
