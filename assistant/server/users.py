"""The file of users: a name, what it may do, and a hashed password on each line."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_COST, _BLOCK, _LANES = 2**15, 8, 1
_MEMORY_BYTES = 2 * 128 * _COST * _BLOCK
_LEAST_CHARS = 8
_MAY = ("edit", "read")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in; `may_edit` tells whether to change the corpus."""

    name: str
    may_edit: bool
    password_hash: str


def read_users(path: Path) -> dict[str, User]:
    """Read a file of users.

    Raises:
        SettingsError: it cannot be read, or a line is no user.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The users file {path} cannot be read: {error}.", hint="Check --users."
        ) from error
    users: dict[str, User] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.strip().split(":")
        if len(parts) != 3 or not _NAME.fullmatch(parts[0]) or parts[1] not in _MAY:
            raise SettingsError(
                f"Line {number} of {path} is no user.",
                hint="Write users with `assistant users add`.",
            )
        users[parts[0]] = User(parts[0], parts[1] == "edit", parts[2])
    return users


def write_user(path: Path, name: str, password: str, *, may_edit: bool) -> None:
    """Add a user or replace the one of this name. Only the owner can read the file.

    Raises:
        SettingsError: the name or the password will not do.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot be a user's name.", hint="Use letters, digits, dots, dashes and @."
        )
    if len(password) < _LEAST_CHARS:
        raise SettingsError(
            "The password is too short.", hint=f"Use {_LEAST_CHARS} characters or more."
        )
    users = read_users(path) if path.exists() else {}
    users[name] = User(name, may_edit, hash_password(password))
    lines = [
        f"{u.name}:{'edit' if u.may_edit else 'read'}:{u.password_hash}" for u in users.values()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    partial.replace(path)


def hash_password(password: str) -> str:
    """Hash a password with scrypt and a salt of its own."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def password_fits(password: str, password_hash: str | None) -> bool:
    """Compare in constant time; without a hash as much work is done, and nothing fits."""
    kind, salt, wanted = (password_hash or f"scrypt${'00' * 16}${'00' * 32}").split("$")
    found = _scrypt(password, bytes.fromhex(salt))
    fits = hmac.compare_digest(found, bytes.fromhex(wanted))
    return fits and kind == "scrypt" and password_hash is not None


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=_MEMORY_BYTES, dklen=32
    )
