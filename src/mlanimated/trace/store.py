"""The .mla file: one SQLite database, its tables, how it is opened and what can be wrong with it.

While it is written the journal is a write-ahead log, so that others read without waiting. Every reader connects, reads and lets go
at once: a connection that stays open would keep the writer from turning the database into one plain file at the end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import struct
import tempfile
import threading
import weakref
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import msgspec

from mlanimated.errors import MlaError

__all__ = [
    "FORMAT",
    "FileSource",
    "Header",
    "MemorySource",
    "Source",
    "begin",
    "check",
    "connect",
    "decoding",
    "enlarge",
    "fetch_one",
    "finish",
    "headers",
    "remove",
    "telling",
    "tune",
]

APPLICATION_ID = 0x6D6C6131  # "mla1"
FORMAT = 1
PAGE = 4096  # a small trace takes 52 kB
LARGE_PAGE = 16384  # what a trace of pictures or snapshots turns to, as long as it is small
MOST_ENLARGED = 1 << 20
_MAGIC = b"SQLite format 3\0"
_BUSY_SECONDS = 5.0
_JOURNALS = ("-wal", "-journal")  # what a recording that was cut off leaves beside its file
_DECODERS = (struct.error, zlib.error, msgspec.MsgspecError)

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (version INTEGER, rewrites INTEGER, writer TEXT, finished INTEGER, status TEXT);
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT UNIQUE, kind TEXT, dtype TEXT, shape TEXT, logged INTEGER);
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY, series INTEGER, level INTEGER,
  start INTEGER, span INTEGER, stride INTEGER, rows INTEGER, bytes INTEGER,
  first_step INTEGER, last_step INTEGER, low REAL, high REAL, first REAL, last REAL, gaps INTEGER
);
CREATE TABLE block (id INTEGER PRIMARY KEY, steps BLOB, times BLOB, data BLOB);
CREATE TABLE event (id INTEGER PRIMARY KEY, step INTEGER, time REAL, name TEXT, text TEXT);
CREATE TABLE control (name TEXT PRIMARY KEY, value REAL, minimum REAL, maximum REAL) WITHOUT ROWID;
CREATE TABLE command (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, name TEXT, value REAL);
CREATE TABLE checkpoint (id INTEGER PRIMARY KEY, step INTEGER, time REAL, bytes INTEGER, data BLOB);
INSERT INTO state VALUES (0, 0, '', 0, 'running');
"""
# meta: about (JSON), identity. state: one row. chunk: level 0 holds rows, level k buckets of 16**k rows (summary.py).
# start and span count rows as they were logged; rows and bytes are what is kept; stride: every how manieth row is.


class Header(NamedTuple):
    """One row of the table `chunk`: all that is known of a chunk without decoding it."""

    id: int
    series: int
    level: int
    start: int
    span: int
    stride: int
    rows: int
    bytes: int
    first_step: int
    last_step: int
    low: float | None
    high: float | None
    first: float | None
    last: float | None
    gaps: int


def headers(connection: sqlite3.Connection, after: int = 0) -> list[Header]:
    """Return the headers of the chunks with a number above `after`, in the order in which they were written."""
    return [Header(*row) for row in connection.execute("SELECT * FROM chunk WHERE id > ? ORDER BY id", (after,))]


class FileSource:
    """Reads from a .mla file.

    Args:
        path: The file.

    Raises:
        MlaError: There is none, or it is not a whole trace that this version can read.
    """

    def __init__(self, path: Path) -> None:
        check(path)
        self.path = path
        self._held: sqlite3.Connection | None = None
        self._copy: Path | None = None
        self._lock = threading.RLock()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """Give a connection for one or more reads; nested uses share it."""
        with self._lock, telling(self.path):
            if self._held is not None:
                yield self._held
                return
            with contextlib.closing(self._connect()) as connection:
                self._held = connection
                try:
                    yield connection
                finally:
                    self._held = None

    def _connect(self) -> sqlite3.Connection:
        path = self._copy or self.path
        connection = connect(path, "mode=rw" if self._copy else "mode=ro")
        try:
            connection.execute("SELECT version FROM state").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if self._copy is not None or not path.exists():
                raise
            # A recording that was cut off leaves a journal. To read a write-ahead log SQLite must write beside the file, and to take
            # back half a change (larger pages) in the file itself: where it may not, and the reader never may, a copy is read.
            folder = tempfile.mkdtemp(prefix="mla-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._copy = Path(folder) / path.name
            for end in ("", *_JOURNALS):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(f"{path}{end}", f"{self._copy}{end}")
            return self._connect()
        return connection


class MemorySource:
    """Reads what a recorder keeps in memory.

    Args:
        connection: Its database.
        lock: Held while the database is used.
    """

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock, flush: Callable[[], object]) -> None:
        self._connection = connection
        self._lock = lock
        self.flush = flush

    @classmethod
    def of(cls, data: bytes) -> MemorySource:
        """Return a source that holds what another one was copied to."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.deserialize(data)
        source = cls(connection, threading.RLock(), lambda: None)
        weakref.finalize(source, connection.close)
        return source

    def copied(self) -> bytes:
        """Return all that is kept, as the bytes of a database."""
        self.flush()
        with self._lock:
            return self._connection.serialize()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """Give the connection for one or more reads."""
        with self._lock:
            yield self._connection


Source = FileSource | MemorySource


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database file.

    Args:
        path: The file.
        mode: SQLite's URI parameters: "mode=ro", "mode=rw" or "mode=rwc".
    """
    # Not Path.as_uri, which insists on absolute paths: what is shown to people stays as they wrote it.
    uri = Path(os.path.abspath(path)).as_uri()  # noqa: PTH100  (resolve() would follow links)
    return sqlite3.connect(
        f"{uri}?{mode}", uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def begin(connection: sqlite3.Connection, meta: dict[str, str]) -> None:
    """Make an empty database a trace.

    Args:
        connection: The database.
        meta: Texts for the table `meta`.
    """
    connection.execute(f"PRAGMA page_size={PAGE}")
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={FORMAT}")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    connection.execute("COMMIT")


def tune(connection: sqlite3.Connection) -> None:
    """Set up a connection for writing while others read."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def enlarge(connection: sqlite3.Connection) -> None:
    """Give a database that is still small larger pages: large rows are written at less than half the cost. Not while somebody reads.

    Args:
        connection: A connection for writing, outside a transaction; it is tuned again.
    """
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    (count,) = connection.execute("PRAGMA page_count").fetchone()
    if size >= LARGE_PAGE or size * count > MOST_ENLARGED:
        return
    connection.execute("PRAGMA busy_timeout=0")
    connection.execute("PRAGMA synchronous=OFF")  # a recording that has just begun does not wait for the disk
    with contextlib.suppress(sqlite3.OperationalError):  # it is read: the pages stay as they are
        (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        if mode == "delete":
            connection.execute(f"PRAGMA page_size={LARGE_PAGE}")
            connection.execute("VACUUM")
    connection.execute(f"PRAGMA busy_timeout={int(1000 * _BUSY_SECONDS)}")
    tune(connection)


def finish(connection: sqlite3.Connection) -> None:
    """Turn the database into one plain file that anyone can open read-only.

    Raises:
        sqlite3.Error: It could not be; it stays readable beside its write-ahead log.
    """
    connection.execute("PRAGMA busy_timeout=1000")
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free > 16:
        connection.executescript("PRAGMA incremental_vacuum")  # execute() would give back one page only
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    if mode != "delete":
        raise sqlite3.OperationalError("another program holds the file open")


def remove(path: Path) -> None:
    """Delete a trace and what lies beside it."""
    for end in (*_JOURNALS, "-shm", ""):
        Path(f"{path}{end}").unlink(missing_ok=True)


def check(path: Path) -> None:
    """Make sure that a file is a trace that can be read.

    Raises:
        MlaError: It is missing, not a trace, cut short, or of a newer version.
    """
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
        journals = [Path(f"{path}{end}") for end in _JOURNALS]  # from which SQLite mends a file that was cut off
        whole = not any(journal.exists() and journal.stat().st_size for journal in journals)
    except FileNotFoundError:
        raise MlaError(f"There is no file {str(path)!r}: check the name, or record a training to it first.") from None
    except OSError as error:
        reason = error.strerror or error
        raise MlaError(
            f"{str(path)!r} cannot be read ({reason}): check that it is a file and its permissions."
        ) from None
    if not head:
        raise MlaError(f"{str(path)!r} is empty: record a training to it first.")
    if len(head) < 100 and head.startswith(_MAGIC[: len(head)]):
        raise _cut_short(path)
    if not head.startswith(_MAGIC) or int.from_bytes(head[68:72]) != APPLICATION_ID:
        raise _not_a_trace(path)
    pages, page = int.from_bytes(head[28:32]), int.from_bytes(head[16:18])
    if whole and size < pages * page:
        raise _cut_short(path)
    version = int.from_bytes(head[60:64])
    if version > FORMAT:
        raise MlaError(
            f"{str(path)!r} was written by a newer mlanimated (format {version}, known up to {FORMAT}): pip install --upgrade mlanimated"
        )


@contextmanager
def telling(path: Path) -> Generator[None, None, None]:
    """Turn errors of SQLite into a line that says what to do."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite quotes the damaged bytes, which need not be text
        _explain(path, error)


@contextmanager
def decoding() -> Generator[None, None, None]:
    """Tell of what was read and cannot be understood."""
    try:
        yield
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError, *_DECODERS) as error:
        raise MlaError(f"The trace is damaged ({error}): copy it again, or record again.") from error


def _explain(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> NoReturn:
    check(path)
    if "no such table" in str(error):
        raise _not_a_trace(path) from None
    if isinstance(error, sqlite3.OperationalError):
        raise MlaError(f"{str(path)!r} cannot be read now ({error}): check its permissions and try again.") from error
    raise MlaError(f"{str(path)!r} is damaged ({error}): copy it again, or record again.") from error


def _cut_short(path: Path) -> MlaError:
    return MlaError(f"{str(path)!r} is cut short: copy it again, or record again.")


def _not_a_trace(path: Path) -> MlaError:
    return MlaError(f"{str(path)!r} is not a trace: give a .mla file that a Recorder wrote.")


def fetch_one(connection: sqlite3.Connection, query: str, values: tuple[Any, ...] = ()) -> Any:
    """Return the first column of the first row of an answer, or None."""
    row = connection.execute(query, values).fetchone()
    return None if row is None else row[0]
