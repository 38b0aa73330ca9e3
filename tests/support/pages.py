"""A page of the web, on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WEB_PAGE = b"""<!doctype html><html><head><title>Ferry of Calder sails again</title></head><body>
<article><h1>Ferry of Calder sails again</h1><p>The ferry of Calder sails again after a winter in
the dock of Arnside, and it carries 820 passengers to Tolmen every evening.</p><p>Its captain,
Ines Pell, said that the crossing takes eleven hours.</p></article></body></html>"""


@dataclass
class PageServer:
    """Where it listens, and the paths that were asked for."""

    url: str
    asked: list[str]


@contextmanager
def serving_page(
    path: str, page: bytes, may_answer: threading.Event | None = None
) -> Iterator[PageServer]:
    """Serve HTML at one path, once it may; every other one is missing."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if may_answer is not None:
                may_answer.wait(60)
            found = self.path == path
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page if found else b"no")

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield PageServer(f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
            thread.join()
