"""Store: what the studio keeps beside the traces, in one small database: cells, tags, the cards of the list, what was deleted.

Everything in it but cells and tags can be made again from the traces, so a store that is lost loses little.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlanimated.errors import MlaError

__all__ = ["NAME", "Store"]

NAME = "studio.sqlite"

_VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS cell (
  place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, name TEXT, type TEXT, value TEXT, pos TEXT, description TEXT,
  created REAL, changed REAL
);
CREATE TABLE IF NOT EXISTS tag (run TEXT, tag TEXT, PRIMARY KEY (run, tag)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS card (run TEXT PRIMARY KEY, signature TEXT, card BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS written (run TEXT PRIMARY KEY, identity TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (run TEXT, client TEXT, number INTEGER, PRIMARY KEY (run, client)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deleted (token TEXT PRIMARY KEY, run TEXT, moment REAL) WITHOUT ROWID;
"""
# written: runs that came in over HTTP, which the studio may go on with; sent: the last number that each client had acknowledged.


class Store:
    """The database of a studio.

    Args:
        path: Its file; None keeps it in memory, where a folder cannot be written to.

    Raises:
        MlaError: There is a file of that name that is something else.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        where = ":memory:" if path is None else str(path)
        self._connection = sqlite3.connect(where, isolation_level=None, check_same_thread=False, timeout=5)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise MlaError(f"{where} was written by a newer mlanimated: pip install --upgrade mlanimated")
            for statement in _TABLES.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version={_VERSION}")
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise MlaError(f"{where} is not the studio's ({error}): move it away.") from None
        except MlaError:
            self._connection.close()
            raise

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of an answer."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def change(self, query: str, values: Sequence[Any] = ()) -> int:
        """Change something and return how many rows were."""
        with self._lock:
            return self._connection.execute(query, values).rowcount

    @contextmanager
    def together(self) -> Generator[None, None, None]:
        """Make all changes of a block, or none; a block within another is part of it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database; closing twice does no harm."""
        with self._lock:
            self._connection.close()
