"""Where a workspace's records live between two starts.

A record is a kind, a key and a JSON value. Writes are gathered and committed together, before the caller is answered.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from bot.playground.errors import PlaygroundError

# An update in place keeps the row's number, and with it the order of people and channels.
_UPSERT = "INSERT INTO records VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"


class Store(Protocol):
    def put(self, kind: str, key: str, value: Any) -> None: ...
    def drop(self, kind: str, key: str) -> None: ...
    def commit(self) -> None: ...
    def load(self, kind: str) -> Iterator[tuple[str, Any]]: ...
    def close(self) -> None: ...


class MemoryStore:
    """Forgets: the state the playground holds in memory is all there is."""

    def put(self, kind: str, key: str, value: Any) -> None:
        """Do nothing."""

    def drop(self, kind: str, key: str) -> None:
        """Do nothing."""

    def commit(self) -> None:
        """Do nothing."""

    def load(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Return nothing: there is no earlier start to remember."""
        return iter(())

    def close(self) -> None:
        """Do nothing."""


class SqliteStore:
    """Keeps records in one SQLite file. Once `commit` has returned, a kill of the process loses nothing."""

    def __init__(self, path: Path) -> None:
        self._pending: dict[tuple[str, str], str | None] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The lock is held for as long as the playground runs: two of them on one file would overwrite each other.
            # One thread at a time uses it: the one that opens it, then the one that serves.
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            # NORMAL survives the death of the process, not that of the machine: right for a development server.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS records (kind TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (kind, key))"
            )
        except sqlite3.OperationalError as err:
            if "locked" in str(err):
                raise PlaygroundError(f"{path} is in use by another playground. Stop that one first.") from err
            raise PlaygroundError(f"Cannot open {path}: {err}. Choose a folder you may write to.") from err
        except sqlite3.DatabaseError as err:
            raise PlaygroundError(
                f"{path} is not a playground data file ({err}). Move it away to start afresh."
            ) from err
        except OSError as err:
            raise PlaygroundError(f"Cannot write {path}: {err.strerror}. Choose a folder you may write to.") from err

    def put(self, kind: str, key: str, value: Any) -> None:
        """Write a record at the next commit, in place of any other of that kind and key."""
        self._pending[kind, key] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def drop(self, kind: str, key: str) -> None:
        """Remove a record at the next commit."""
        self._pending[kind, key] = None

    def commit(self) -> None:
        """Make everything put and dropped since the last commit lasting, all or nothing."""
        if not self._pending:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        for (kind, key), value in self._pending.items():
            if value is None:
                self._connection.execute("DELETE FROM records WHERE kind = ? AND key = ?", (kind, key))
            else:
                self._connection.execute(_UPSERT, (kind, key, value))
        self._connection.execute("COMMIT")
        self._pending.clear()

    def load(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Return key and value of every committed record of one kind, in the order they were first put."""
        rows = self._connection.execute("SELECT key, value FROM records WHERE kind = ? ORDER BY rowid", (kind,))
        return ((key, json.loads(value)) for key, value in rows.fetchall())

    def close(self) -> None:
        """Commit what is left and let go of the file."""
        self.commit()
        self._connection.close()
