"""Where a corpus is: a folder of this machine, or the URL of one elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BROKEN_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_PARTS = re.compile(
    r"(?P<scheme>[^:]+)://(?:(?P<user>[^/]*)@)?(?P<rest>[^?]*)(?P<query>\?.*)?", re.DOTALL
)
_WITHOUT_USERS = frozenset({"s3", "s3a", "gs", "gcs"})
_HIDDEN = "***"


@dataclass(frozen=True, slots=True, repr=False)
class FolderUrl:
    """URL of a folder. Printing shows it without user, password and query; `full` has them."""

    full: str

    @property
    def protocol(self) -> str:
        """The part before `://`."""
        return self._part("scheme")

    def hide(self, message: str) -> str:
        """Take what must not be shown of this URL out of a message."""
        user, query = self._part("user"), self._part("query").removeprefix("?")
        for secret in (user, *user.split(":"), query):
            for form in {secret, unquote(secret)} - {""}:
                message = message.replace(form, _HIDDEN)
        return message

    def __str__(self) -> str:
        user = f"{_HIDDEN}@" if self._part("user") else ""
        query = f"?{_HIDDEN}" if self._part("query") else ""
        return f"{self._part('scheme')}://{user}{self._part('rest')}{query}"

    def __repr__(self) -> str:
        return f"FolderUrl({str(self)!r})"

    def _part(self, name: str) -> str:
        found = _PARTS.fullmatch(self.full)
        return (found[name] or "") if found else ""


Location: TypeAlias = Path | FolderUrl


def read_location(given: object) -> object:
    """Turn a path, which may begin with ~, or a URL into a Location; leave other things alone.

    Raises:
        ValueError: it is a URL that cannot be the folder of a corpus; the URL is not repeated.
    """
    if isinstance(given, Path):
        given = str(given)
        if _BROKEN_URL.match(given):
            raise ValueError("a URL has to be given as a string, with two slashes after the colon")
    if not isinstance(given, str):
        return given
    if "::" in given and "://" in given:
        raise ValueError("it must not chain several protocols with ::")
    if not _URL.match(given):
        if _BROKEN_URL.match(given):
            raise ValueError("a URL needs two slashes after its colon")
        return Path(given).expanduser()
    protocol, _, rest = given.partition("://")
    protocol = protocol.lower()
    if protocol in {"file", "local"}:
        if not rest.startswith("/"):
            raise ValueError("a file URL has three slashes: file:///folder")
        return Path(unquote(rest))
    if protocol in {"http", "https"}:
        raise ValueError(
            "a web server does not list its files; add pages by `assistant ingest URL` instead"
        )
    if protocol in _WITHOUT_USERS:
        if "@" in rest.partition("/")[0]:
            raise ValueError("it must hold no key or password: those come from the environment")
        if not rest.strip("/"):
            raise ValueError("it must name a bucket")
    return FolderUrl(f"{protocol}://{rest.rstrip('/')}")
