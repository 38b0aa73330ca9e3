"""Web pages, read with care: public addresses only, limited in size and time."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

import anyio
import httpx
from anyio.from_thread import start_blocking_portal

from assistant.corpus.readers import READERS, make_article, read_html
from assistant.errors import SourceError
from assistant.types import Article

Resolver = Callable[[str, int], Sequence[str]]
"""Turns a host and a port into addresses; raises OSError."""

_REDIRECTS = 5
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page's article, its bytes as they came and the suffix that fits them."""

    article: Article
    content: bytes
    suffix: str


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for a host's addresses."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def read_url(
    url: str,
    *,
    source_bytes: int,
    timeout_s: float,
    allow_private: bool,
    resolver: Resolver = resolve,
) -> FetchedPage:
    """Fetch a page and read its article.

    The host is resolved once and that very address is connected to; every redirect is checked
    again.

    Raises:
        SourceError: not http(s), an address that is not public, too large, too slow, refused,
            or nothing in it to read.
    """
    # A loop of its own: the caller's thread may have one that runs.
    with start_blocking_portal() as portal:
        try:
            response, content = portal.call(
                _fetch, url, source_bytes, timeout_s, allow_private, resolver
            )
        except TimeoutError as error:
            raise SourceError(
                f"{url} took longer than {timeout_s:g} seconds.",
                hint="Raise ASSISTANT_URL_TIMEOUT_S, or try again later.",
            ) from error
        except (ValueError, httpx.InvalidURL) as error:
            raise SourceError(
                f"{url} is no URL, or leads to none: {error}.",
                hint="Give one that a browser opens.",
            ) from error
    return _read(url, response, content)


async def _fetch(
    url: str, source_bytes: int, timeout_s: float, allow_private: bool, resolver: Resolver
) -> tuple[httpx.Response, bytes]:
    """Follow redirects to the page; the limit of time holds for all of it, headers included."""
    current = url
    with anyio.fail_after(timeout_s):
        for _ in range(_REDIRECTS + 1):
            check = partial(
                _checked_address, current, allow_private=allow_private, resolver=resolver
            )
            address = await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
            response, content = await _get(current, address, source_bytes=source_bytes)
            if not response.is_redirect:
                return response, content
            current = urljoin(current, response.headers.get("location", ""))
    raise SourceError(f"{url} redirects more than {_REDIRECTS} times.", hint="Give its last URL.")


def _checked_address(url: str, *, allow_private: bool, resolver: Resolver) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceError(f"{url} is no http or https URL.", hint="Give a URL that begins so.")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        addresses = resolver(parts.hostname, port)
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{url} cannot be reached: its host is not found.", hint="Check it and the network."
        ) from error
    if not addresses:
        raise SourceError(
            f"{url} cannot be reached: its host has no address.", hint="Check it and the network."
        )
    for address in addresses:
        if not allow_private and not _is_public(address):
            raise SourceError(
                f"{url} leads to {address}, which is not a public address.",
                hint="Set ASSISTANT_ALLOW_PRIVATE_URLS=true to read pages of your own network.",
            )
    return addresses[0]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is not None:
            parsed = inner
        elif parsed in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return parsed.is_global and not parsed.is_multicast


async def _get(url: str, address: str, *, source_bytes: int) -> tuple[httpx.Response, bytes]:
    parts = urlsplit(url)
    pinned = httpx.URL(url).copy_with(host=address, username="", password="")
    headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "article-assistant"}
    content = b""
    try:
        async with (
            httpx.AsyncClient(trust_env=False, timeout=None) as client,  # _fetch limits it
            client.stream(
                "GET", pinned, headers=headers, extensions={"sni_hostname": parts.hostname}
            ) as response,
        ):
            if response.is_redirect:
                return response, b""
            response.raise_for_status()
            async for block in response.aiter_bytes():
                content += block
                if len(content) > source_bytes:
                    raise SourceError(
                        f"{url} has more than {source_bytes:,} bytes.",
                        hint="Raise ASSISTANT_SOURCE_BYTES if you want it.",
                    )
            return response, content
    except httpx.HTTPStatusError as error:
        raise SourceError(
            f"{url} answered with HTTP {error.response.status_code}.", hint="Open it in a browser."
        ) from error
    except httpx.HTTPError as error:
        raise SourceError(
            f"{url} cannot be reached: {error or type(error).__name__}.", hint="Try again later."
        ) from error


def _read(url: str, response: httpx.Response, content: bytes) -> FetchedPage:
    kind = response.headers.get("content-type", "text/html").split(";")[0].strip().lower()
    suffix = _SUFFIXES.get(kind)
    if suffix is None:
        raise SourceError(
            f"{url} is {kind}, which cannot be read.", hint="Pages, plain texts and PDFs can."
        )
    if not content.strip():
        raise SourceError(f"{url} is empty.", hint="Open it in a browser to see why.")
    host = urlsplit(url).hostname
    if suffix == ".html":
        article = read_html(content, url, url=url)
    else:
        article = READERS[suffix](content, url)
    whole = make_article(
        article.text,
        url,
        title=article.title,
        source=article.source or host,
        author=article.author,
        published=article.published,
        url=url,
    )
    return FetchedPage(whole, content, suffix)
