"""Bearer keys with scopes. Only their digests are stored."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock

from assistant.errors import SettingsError, UserError
from assistant.types import to_plain

Scope = Literal["ask", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_LOCK_WAIT_S = 10.0
_PREFIX = "aa"
_SHAPE = re.compile(r"aa_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key. `digest` is the SHA-256 of the whole key.

    A fast hash is right here: a key has 256 random bits, which cannot be guessed.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    digest: str
    created: str
    revoked: str | None = None


class KeyStore:
    """The keys of one data folder. A change by another process is noticed at the next use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._mark: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    def keys(self) -> tuple[Key, ...]:
        """List all keys, also revoked ones, in the order of their creation.

        Raises:
            SettingsError: the file is damaged.
        """
        with self._lock:
            mark = self._read_mark()
            if mark != self._mark:
                self._keys = self._read() if mark is not None else ()
                self._mark = mark
            return self._keys

    def required(self) -> bool:
        """Tell whether a request needs a key: from the first key on, also after its end."""
        return bool(self.keys())

    def create(self, name: str, scopes: Sequence[Scope]) -> tuple[Key, str]:
        """Make a key; the second value is the key itself, which is kept nowhere."""
        identity = secrets.token_hex(4)
        whole = f"{_PREFIX}_{identity}_{secrets.token_urlsafe(32)}"
        kept = tuple(scope for scope in SCOPES if scope in scopes)
        key = Key(identity, name, kept, _digest(whole), _now())
        with self._changed() as keys:
            keys.append(key)
        return key, whole

    def revoke(self, identity: str) -> Key:
        """End a key. Revoking it again changes nothing.

        Raises:
            UserError: there is no such key.
        """
        with self._changed() as keys:
            for place, key in enumerate(keys):
                if key.id == identity:
                    if key.revoked is None:
                        keys[place] = dataclasses.replace(key, revoked=_now())
                    return keys[place]
        raise UserError(f"No key has the id {identity!r}.", hint="See `assistant keys list`.")

    def find(self, whole: str) -> Key | None:
        """Return the key that this is, unless it is revoked or unknown."""
        if not _SHAPE.fullmatch(whole):
            return None
        digest = _digest(whole)
        for key in self.keys():
            if hmac.compare_digest(key.digest, digest):
                return key if key.revoked is None else None
        return None

    @contextmanager
    def _changed(self) -> Iterator[list[Key]]:
        """Lock the file, let its keys be changed, and write them whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock"), timeout=_LOCK_WAIT_S):
            keys = list(self.keys())
            yield keys
            self._write(keys)

    def _write(self, keys: Sequence[Key]) -> None:
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([to_plain(key) for key in keys], file, indent=1)
        partial.replace(self.path)

    def _read_mark(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> tuple[Key, ...]:
        try:
            rows: list[dict[str, Any]] = json.loads(self.path.read_text("utf-8"))
            return tuple(Key(**{**row, "scopes": tuple(row["scopes"])}) for row in rows)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                f"{self.path} cannot be read as a list of keys: {error}.",
                hint="Repair it, or move it away and create new keys.",
            ) from error


def _digest(whole: str) -> str:
    return hashlib.sha256(whole.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
