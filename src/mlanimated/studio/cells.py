"""Cells: pieces of HTML and pictures that a program of any language puts on the board, and changes while it runs.

A cell is `{name, type, value, pos, description}`: `type` is "html" or "img". HTML is shown in a frame without an origin of its own,
where its scripts run and reach nothing; a picture is decoded here and served as what it is. They are kept over a restart.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from mlanimated.studio.refusal import Refusal
from mlanimated.studio.store import Store

__all__ = ["FRAME_POLICY", "Cell", "Cells", "picture_of"]

MOST_CELLS = 1000
MOST_VALUE = 16 << 20
MOST_TEXT = 2000
MOST_POS = 1000

FRAME_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' https:; style-src 'unsafe-inline' https:; "
    "img-src data: blob: https:; font-src data: https:; media-src data: blob:; connect-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""What the page of an HTML cell may do: run scripts, and draw. It has no origin, so no cookies, no storage and no neighbours."""

_FIELDS = ("name", "type", "value", "pos", "description")
_SIGNS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


class Cell(msgspec.Struct, frozen=True):
    """A cell as it is kept.

    Attributes:
        id: 24 hexadecimal digits.
        name: What it is called; two cells may be called alike.
        type: "html" or "img".
        value: The HTML; or the picture as a data address, or its bytes in base64.
        pos: Where it stands, as its program says it: any JSON.
        description: A line below it.
        created: When it was made, in seconds since 1970.
        changed: When it was last changed.
    """

    id: str
    name: str
    type: Literal["html", "img"]
    value: str
    pos: Any
    description: str
    created: float
    changed: float

    def told(self, key: str = "id") -> dict[str, Any]:
        """Return it as a program sees it, its id under `key`."""
        fields = msgspec.structs.asdict(self)
        return {key: fields.pop("id"), **fields}


class Cells:
    """The cells of a studio.

    Args:
        store: Where they are kept.
        changed: Called after each change.
    """

    def __init__(self, store: Store, changed: Callable[[], None]) -> None:
        self._store, self._changed = store, changed

    def create(self, fields: Mapping[str, Any]) -> Cell:
        """Make a cell.

        Raises:
            Refusal: A field is missing, unknown, of the wrong kind or too long, or there are too many cells.
        """
        if "type" not in fields or "value" not in fields:
            raise Refusal(422, 'A cell needs a type, "html" or "img", and a value.')
        now = time.time()
        cell = _checked({"name": "", "pos": None, "description": "", **_known(fields)}, secrets.token_hex(12), now, now)
        with self._store.together():
            ((count,),) = self._store.rows("SELECT count(*) FROM cell")
            if count >= MOST_CELLS:
                raise Refusal(409, f"There are {MOST_CELLS} cells, which is the most: remove some.")
            self._store.change(
                "INSERT INTO cell (id, name, type, value, pos, description, created, changed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                _row(cell),
            )
        self._changed()
        return cell

    def find(self, *, name: str = "", kind: str = "", limit: int = MOST_CELLS, skip: int = 0) -> list[Cell]:
        """Return cells in the order in which they were made.

        Args:
            name: Those of this name; "" for all.
            kind: Those of this type; "" for all.
            limit: At most so many.
            skip: Without the first so many.
        """
        query = (
            "SELECT id, name, type, value, pos, description, created, changed FROM cell "
            "WHERE (?1 = '' OR name = ?1) AND (?2 = '' OR type = ?2) ORDER BY place LIMIT ?3 OFFSET ?4"
        )
        return [_cell(row) for row in self._store.rows(query, (name, kind, limit, skip))]

    def get(self, number: str) -> Cell:
        """Return a cell.

        Raises:
            Refusal: There is none of that id.
        """
        query = "SELECT id, name, type, value, pos, description, created, changed FROM cell WHERE id = ?"
        found = self._store.rows(query, (number,))
        if not found:
            raise Refusal(404, f"There is no cell {number[:40]!r}.")
        return _cell(found[0])

    def update(self, number: str, fields: Mapping[str, Any]) -> Cell:
        """Replace a cell: what is not given is as in a new one."""
        before = self.get(number)
        if "type" not in fields or "value" not in fields:
            raise Refusal(
                422, "To replace a cell, give at least type and value; to change some fields alone, PATCH it."
            )
        return self._put(
            _checked({"name": "", "pos": None, "description": "", **_known(fields)}, number, before.created)
        )

    def patch(self, number: str, fields: Mapping[str, Any]) -> Cell:
        """Change the fields that are given."""
        before = self.get(number)
        kept = {field: getattr(before, field) for field in _FIELDS}
        return self._put(_checked({**kept, **_known(fields)}, number, before.created))

    def remove(self, number: str) -> Cell:
        """Remove a cell and return it as it was."""
        cell = self.get(number)
        self._store.change("DELETE FROM cell WHERE id = ?", (number,))
        self._changed()
        return cell

    def _put(self, cell: Cell) -> Cell:
        row = _row(cell)
        query = "UPDATE cell SET name = ?, type = ?, value = ?, pos = ?, description = ?, created = ?, changed = ? WHERE id = ?"
        if not self._store.change(query, (*row[1:], row[0])):
            raise Refusal(404, f"There is no cell {cell.id!r} any more.")
        self._changed()
        return cell


def picture_of(cell: Cell) -> tuple[str, bytes]:
    """Return the kind ("image/png") and the bytes of a picture.

    Raises:
        Refusal: The cell is none, or its value is no picture.
    """
    if cell.type != "img":
        raise Refusal(404, f"The cell {cell.id!r} holds HTML and no picture.")
    return _picture(cell.value)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a cell; those that older clients add of their own are passed over."""
    return {name: fields[name] for name in _FIELDS if name in fields}


def _checked(fields: dict[str, Any], number: str, created: float, changed: float | None = None) -> Cell:
    """Return a cell made of fields.

    Raises:
        Refusal: One of them is out of range.
    """
    for name, most in (("name", 200), ("value", MOST_VALUE), ("description", MOST_TEXT)):
        text = "" if fields[name] is None and name != "value" else fields[name]
        if not isinstance(text, str):
            raise Refusal(422, f"A cell's {name} is a text, not {type(text).__name__}.")
        if len(text) > most:
            raise Refusal(413, f"A cell's {name} has at most {most} characters, not {len(text)}.")
        fields[name] = text.encode("utf-8", "replace").decode()
    kind = fields["type"]
    if kind not in ("html", "img"):  # no set: what was sent need not be hashable
        raise Refusal(422, f'A cell is of type "html" or "img", not {str(kind)[:40]!r}.')
    pos = _position(fields["pos"])
    if kind == "img":
        _picture(fields["value"])
    now = time.time() if changed is None else changed
    return Cell(number, fields["name"], kind, fields["value"], pos, fields["description"], created, now)


def _position(pos: Any) -> Any:
    """Return where a cell stands, from JSON or from a form's text."""
    if isinstance(pos, str) and pos[:1] in {"{", "[", "-", *"0123456789"}:
        with contextlib.suppress(ValueError, RecursionError):
            pos = json.loads(pos)
    try:
        size = len(json.dumps(pos, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise Refusal(422, "A cell's pos is plain JSON without NaN.") from None
    if size > MOST_POS:
        raise Refusal(413, f"A cell's pos has at most {MOST_POS} characters of JSON.")
    return pos


def _picture(value: str) -> tuple[str, bytes]:
    text = value.strip()
    match = re.match(r"data:image/([a-z+.-]+)(?:;[a-z0-9=-]+)*;base64,", text[:100])
    if text[:7].lower() in {"http://", "https:/"}:
        raise Refusal(422, "A picture is sent as a data address or as base64, not as an address of the network.")
    try:
        data = base64.b64decode("".join(text[match.end() if match else 0 :].split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, "A picture's value is a data address (data:image/png;base64,…) or base64 alone.") from None
    for sign, kind in _SIGNS.items():
        if data.startswith(sign) and (kind != "image/webp" or data[8:12] == b"WEBP"):
            return kind, data
    if match and match[1] == "svg+xml" and b"<svg" in data[:4096]:
        return "image/svg+xml", data
    raise Refusal(422, "A picture is a PNG, JPEG, GIF, WebP or SVG.")


def _row(cell: Cell) -> tuple[Any, ...]:
    pos = json.dumps(cell.pos)
    return cell.id, cell.name, cell.type, cell.value, pos, cell.description, cell.created, cell.changed


def _cell(row: tuple[Any, ...]) -> Cell:
    return Cell(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5], float(row[6]), float(row[7]))
