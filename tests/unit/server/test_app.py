"""The application's doors: hosts, headers, logins, origins, sizes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.testclient import TestClient, WebSocketDenialResponse

from assistant.errors import SettingsError
from assistant.server.app import create_app
from assistant.server.guard import COOKIE, read_token
from assistant.server.options import ServeOptions, check_options
from assistant.server.users import hash_password, password_fits, read_users, write_user
from assistant.web.app import end_streams
from tests.support.scripted import ScriptedAssistant, answer_from_first_line, open_scripted

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedAssistant]:
    folder = tmp_path_factory.mktemp("server")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "a.md").write_text("---\ntitle: Bridge\n---\n\nThe bridge is 7.4 kilometres long.\n")
    opened = open_scripted(
        folder / "data", answer_from_first_line, corpus=corpus, source_bytes=2_000_000
    )
    yield opened
    opened.close()


def make_app(assistant: ScriptedAssistant, **options: Any) -> FastAPI:
    async def make() -> FastAPI:  # in a loop, else Gradio makes loops that it never closes
        return create_app(assistant, ServeOptions(**options))

    return asyncio.run(make())


def client_of(assistant: ScriptedAssistant, **options: Any) -> TestClient:
    app = make_app(assistant, **options)
    return TestClient(app, base_url="http://localhost:7860", follow_redirects=False)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users"
    write_user(path, "ann", PASSWORD, may_edit=True)
    write_user(path, "bob", PASSWORD, may_edit=False)
    return path


def log_in(client: TestClient, name: str = "ann", password: str = PASSWORD) -> Any:
    return client.post("/login", content=f"name={name}&password={password.replace(' ', '+')}")


def test_every_response_says_what_a_page_may_not_do(assistant: ScriptedAssistant) -> None:
    client = client_of(assistant)
    for path in ("/", "/config", "/nowhere", "/gradio_api/info"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy, path
        assert "frame-ancestors 'none'" in policy
        assert "connect-src 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:7860"])
def test_other_host_names_are_refused(assistant: ScriptedAssistant, host: str) -> None:
    reply = client_of(assistant).get("/", headers={"host": host, "origin": f"http://{host}"})
    assert reply.status_code == 400
    assert "access-control-allow-origin" not in reply.headers


def test_writes_of_pages_of_other_origins_are_refused(assistant: ScriptedAssistant) -> None:
    client = client_of(assistant)
    body = {"fn_index": 0, "data": [], "session_hash": "x"}
    for origin in ("http://evil.example", "null", "http://localhost:1"):
        reply = client.post("/gradio_api/queue/join", json=body, headers={"origin": origin})
        assert reply.status_code == 403, origin
    own = {"origin": "http://localhost:7860"}
    assert client.post("/gradio_api/queue/join", json=body, headers=own).status_code != 403


def test_other_addresses_than_loopback_need_a_login(users: Path) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "example.com"):
        with pytest.raises(SettingsError, match="nobody"):
            check_options(ServeOptions(host=host))
        check_options(ServeOptions(host=host, users_file=users))
        check_options(ServeOptions(host=host, user_header="X-User"))
    for host in ("127.0.0.1", "localhost", "::1", "127.3.2.1"):
        check_options(ServeOptions(host=host))
    with pytest.raises(SettingsError, match="no users file"):
        check_options(ServeOptions(users_file=users.with_name("other")))


def test_without_a_login_everything_but_the_login_page_is_closed(
    assistant: ScriptedAssistant, users: Path
) -> None:
    client = client_of(assistant, users_file=users)
    for path in ("/config", "/gradio_api/info", "/evals/report", "/gradio_api/startup-events"):
        assert client.get(path).status_code == 401, path
    assert client.post("/gradio_api/queue/join", json={}).status_code == 401
    assert client.post("/gradio_api/upload", files={"files": b"x"}).status_code == 401
    page = client.get("/", headers={"accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert client.get("/login").status_code == 200


def test_a_login_opens_and_a_logout_closes(assistant: ScriptedAssistant, users: Path) -> None:
    client = client_of(assistant, users_file=users)
    reply = log_in(client)
    assert reply.status_code == 303
    assert "HttpOnly" in reply.headers["set-cookie"]
    assert "SameSite=lax" in reply.headers["set-cookie"]
    assert client.get("/config").status_code == 200
    token = client.cookies[COOKIE]
    client.post("/logout")
    client.cookies.set(COOKIE, token)
    assert client.get("/config").status_code == 401


def test_wrong_logins_are_throttled_by_name_and_address(
    assistant: ScriptedAssistant, users: Path
) -> None:
    client = client_of(assistant, users_file=users, login_tries_per_minute=5)
    codes = [log_in(client, password="wrong password").status_code for _ in range(7)]
    assert codes == [401] * 5 + [429] * 2
    assert log_in(client).status_code == 429


def test_logins_that_succeed_are_not_counted(assistant: ScriptedAssistant, users: Path) -> None:
    client = client_of(assistant, users_file=users, login_tries_per_minute=2)
    assert [log_in(client).status_code for _ in range(4)] == [303] * 4


def test_a_proxy_says_who_logs_in_and_how(assistant: ScriptedAssistant, users: Path) -> None:
    app = make_app(
        assistant, users_file=users, trusted_proxies=("10.0.0.1",), login_tries_per_minute=2
    )

    def code(number: int, address: str) -> int:
        client = TestClient(app, base_url="http://localhost", client=(address, 5000))
        told = {"X-Forwarded-For": f"10.9.9.9, 10.1.1.{number}", "X-Forwarded-Proto": "https"}
        body = f"name=nobody{number}&password=wrong"
        return client.post("/login", content=body, headers=told).status_code

    assert [code(number, "10.0.0.1") for number in range(4)] == [401] * 4
    assert [code(number, "10.0.0.2") for number in range(4, 8)] == [401, 401, 429, 429]
    proxied = TestClient(
        app, base_url="http://localhost", client=("10.0.0.1", 1), follow_redirects=False
    )
    proxied.headers["X-Forwarded-Proto"] = "https"
    assert "Secure" in log_in(proxied).headers["set-cookie"]


@pytest.mark.parametrize("before", ['a={"x":1}; ', "x[0]=1; ", "flag; "])
def test_cookies_of_other_apps_log_nobody_out(before: str) -> None:
    assert read_token(f"{before}{COOKIE}=token; b=c") == "token"


def test_no_other_origin_may_read(assistant: ScriptedAssistant) -> None:
    client = client_of(assistant, hosts=("assistant.example.com",))
    headers = {"Host": "assistant.example.com", "Origin": "https://evil.example"}
    for path in ("/", "/config", "/gradio_api/info"):
        found = client.get(path, headers=headers).headers
        assert not [name for name in found if name.startswith("access-control-")]


def test_streams_of_open_pages_end_with_the_server(assistant: ScriptedAssistant) -> None:
    app = make_app(assistant)
    (web,) = [route.app for route in app.routes if isinstance(route, Mount) and not route.path]
    assert not web.stop_event.is_set()
    end_streams(app)
    assert web.stop_event.is_set()


def test_a_login_page_shows_no_markup_of_the_request(
    assistant: ScriptedAssistant, users: Path
) -> None:
    reply = log_in(client_of(assistant, users_file=users), name="<script>1</script>")
    assert reply.status_code == 401
    assert "<script>" not in reply.text


def test_a_header_is_trusted_from_the_proxy_only(assistant: ScriptedAssistant) -> None:
    headers = {"X-User": "ann"}
    app = make_app(assistant, user_header="X-User", trusted_proxies=("10.0.0.1",))
    for address, expected in (("10.0.0.1", 200), ("10.0.0.2", 401)):
        client = TestClient(app, base_url="http://localhost", client=(address, 5000))
        assert client.get("/config", headers=headers).status_code == expected
        assert client.get("/config").status_code == 401


def test_too_much_is_refused(assistant: ScriptedAssistant) -> None:
    client = client_of(assistant)
    long = {"fn_index": 0, "data": ["x" * 1_100_000], "session_hash": "x"}
    assert client.post("/gradio_api/queue/join", json=long).status_code == 413
    chunks = (b"x" * 100_000 for _ in range(20))
    assert client.post("/gradio_api/queue/join", content=chunks).status_code == 413
    files = [("files", ("a.txt", b"x" * 9_000_000))]
    assert client.post("/gradio_api/upload", files=files).status_code == 413
    small = [("files", ("a.txt", b"x" * 1_000))]
    assert client.post("/gradio_api/upload", files=small).status_code == 200


def test_who_may_only_read_cannot_upload(assistant: ScriptedAssistant, users: Path) -> None:
    client = client_of(assistant, users_file=users)
    log_in(client, "bob")
    assert client.get("/config").status_code == 200
    files = [("files", ("a.txt", b"x"))]
    assert client.post("/gradio_api/upload", files=files).status_code == 403


def test_uploads_are_limited_a_minute(assistant: ScriptedAssistant) -> None:
    client = client_of(assistant, changes_per_minute=2)
    codes = [
        client.post("/gradio_api/upload", files=[("files", ("a.txt", b"x"))]).status_code
        for _ in range(3)
    ]
    assert codes == [200, 200, 429]


def test_uploads_wait_in_the_data_folder_where_only_this_assistant_is(
    assistant: ScriptedAssistant,
) -> None:
    reply = client_of(assistant).post("/gradio_api/upload", files=[("files", ("a.txt", b"x"))])
    (stored,) = reply.json()
    assert Path(stored).is_relative_to(assistant.settings.data_dir / "uploads")
    assert Path(stored).read_bytes() == b"x"
    assert "GRADIO_TEMP_DIR" not in os.environ


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../etc/passwd",
        "/gradio_api/file=%2e%2e%2fetc%2fpasswd",
        "/file=/etc/passwd",
        "/gradio_api/proxy=http://outside.invalid/",
    ],
)
def test_no_file_of_the_machine_is_served(assistant: ScriptedAssistant, path: str) -> None:
    reply = client_of(assistant).get(path)
    assert reply.status_code in {400, 403, 404, 405}
    assert "root:" not in reply.text


def test_users_are_written_hashed_and_private(users: Path) -> None:
    assert PASSWORD not in users.read_text()
    assert users.stat().st_mode & 0o077 == 0
    found = read_users(users)
    assert [(user.name, user.may_edit) for user in found.values()] == [
        ("ann", True),
        ("bob", False),
    ]
    assert password_fits(PASSWORD, found["ann"].password_hash)
    assert not password_fits("wrong", found["ann"].password_hash)
    assert not password_fits("anything", None)
    assert hash_password("same words") != hash_password("same words")


@pytest.mark.parametrize("line", ["ann", "ann:all:x", "a/b:edit:x", ":edit:x", "ann:edit:x:y"])
def test_a_line_that_is_no_user_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "users"
    path.write_text(line + "\n")
    with pytest.raises(SettingsError, match="Line 1"):
        read_users(path)


@pytest.mark.parametrize(
    ("name", "password"), [("a:b", PASSWORD), ("ann", "short"), ("", PASSWORD)]
)
def test_names_and_passwords_that_will_not_do(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(SettingsError):
        write_user(tmp_path / "users", name, password, may_edit=True)


@pytest.mark.parametrize("path", ["/v1/models", "/readyz", "/", "/login"])
def test_a_request_for_an_unknown_host_is_told_what_to_do(
    assistant: ScriptedAssistant, path: str
) -> None:
    reply = client_of(assistant).get(path, headers={"host": "elsewhere.example"})
    assert reply.status_code == 400
    assert "x-frame-options" in reply.headers
    assert "--allowed-host" in reply.text
    assert "'elsewhere.example'" in reply.text
    if path in {"/v1/models", "/readyz"}:
        assert reply.json()["error"]["type"] == "unknown_host"


def test_a_web_socket_for_an_unknown_host_is_refused(assistant: ScriptedAssistant) -> None:
    client = client_of(assistant)
    with (
        pytest.raises(WebSocketDenialResponse) as caught,
        client.websocket_connect("/anywhere", headers={"host": "elsewhere.example"}),
    ):
        pass
    assert caught.value.status_code == 400
    assert "--allowed-host" in caught.value.text
