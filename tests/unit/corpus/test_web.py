"""Web pages: public addresses only, limited in size and time."""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from assistant.corpus.web import FetchedPage, read_url
from assistant.errors import SourceError

PAGE = (
    "<html><head><title>Bridge opens</title></head><body><article><h1>Bridge opens</h1><p>"
    + "The mayor opened the bridge on Friday and spoke about its height. " * 6
    + "</p></article></body></html>"
)


def fetch(
    url: str, *, allow_private: bool = False, addresses: Sequence[str] = (), **limits: float
) -> FetchedPage:
    def resolver(host: str, port: int) -> Sequence[str]:
        return addresses or [host.strip("[]")]

    return read_url(
        url,
        source_bytes=int(limits.get("source_bytes", 1_000_000)),
        timeout_s=limits.get("timeout_s", 5.0),
        allow_private=allow_private,
        resolver=resolver,
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::5",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(SourceError, match="not a public address"):
        fetch("http://innocent.example/story", addresses=[address])


def test_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(SourceError, match="not a public address"):
        fetch("http://innocent.example/", addresses=["93.184.216.34", "127.0.0.1"])


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/a", "gopher://x/", "javascript:1", "http://"]
)
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(SourceError, match="no http or https URL"):
        fetch(url)


@pytest.mark.parametrize("url", ["http://[", "http://example.com/\x01", "http://a.b:port/"])
def test_what_is_no_url_is_a_clear_error(url: str) -> None:
    with pytest.raises(SourceError, match=r"no URL|cannot be reached"):
        fetch(url, addresses=["93.184.216.34"])


def test_an_unknown_host_is_a_clear_error() -> None:
    def resolver(host: str, port: int) -> Sequence[str]:
        raise OSError("no such host")

    with pytest.raises(SourceError, match="host is not found"):
        read_url(
            "http://nowhere.example/",
            source_bytes=10,
            timeout_s=1,
            allow_private=False,
            resolver=resolver,
        )


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        if self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        if self.path == "/dripped":
            self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
            for _ in range(100):
                self.wfile.write(b"a")
                self.wfile.flush()
                time.sleep(0.1)
        self.send_response(404 if self.path == "/gone" else 200)
        kind = "image/png" if self.path == "/picture" else "text/html; charset=utf-8"
        self.send_header("Content-Type", kind)
        self.end_headers()
        if self.path == "/slow":
            for _ in range(100):
                self.wfile.write(b"<p>")
                time.sleep(0.1)
        self.wfile.write(PAGE.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{found.server_address[1]}"
    found.shutdown()
    found.server_close()


pytest_loopback = pytest.mark.enable_socket


@pytest_loopback
def test_a_page_is_read_where_private_addresses_are_allowed(server: str) -> None:
    page = fetch(f"{server}/story", allow_private=True)
    assert page.article.title == "Bridge opens"
    assert page.article.url == f"{server}/story"
    assert page.suffix == ".html"
    assert page.content == PAGE.encode()


@pytest_loopback
def test_the_target_of_a_redirect_is_resolved_and_checked_again(server: str) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        if host == "169.254.169.254":
            raise OSError("refused by the test")
        return [host]

    with pytest.raises(SourceError, match=r"169\.254\.169\.254"):
        read_url(
            f"{server}/away",
            source_bytes=10_000,
            timeout_s=2,
            allow_private=True,
            resolver=resolver,
        )
    assert asked == ["127.0.0.1", "169.254.169.254"]


@pytest_loopback
@pytest.mark.parametrize(
    ("path", "limits", "message"),
    [
        ("/loop", {}, "redirects more than"),
        ("/gone", {}, "404"),
        ("/story", {"source_bytes": 50}, "more than 50 bytes"),
        ("/slow", {"timeout_s": 0.5}, r"longer than 0\.5 seconds"),
        ("/dripped", {"timeout_s": 0.5}, r"longer than 0\.5 seconds"),
        ("/picture", {}, "image/png"),
    ],
)
def test_a_page_that_cannot_be_had_says_why(
    server: str, path: str, limits: dict[str, float], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        fetch(f"{server}{path}", allow_private=True, **limits)


def test_a_name_that_is_looked_up_for_long_counts_against_the_limit() -> None:
    waiting = threading.Event()

    def resolver(host: str, port: int) -> Sequence[str]:
        waiting.wait(5)
        return [host]

    with pytest.raises(SourceError, match=r"longer than 0\.2 seconds"):
        read_url(
            "http://slow.test/",
            source_bytes=10_000,
            timeout_s=0.2,
            allow_private=True,
            resolver=resolver,
        )
    waiting.set()


@pytest_loopback
def test_a_page_is_read_where_a_loop_runs_in_this_thread(server: str) -> None:
    async def read() -> str:
        return fetch(f"{server}/story", allow_private=True).article.title

    assert asyncio.run(read()) == "Bridge opens"
