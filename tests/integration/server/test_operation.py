"""The server in operation: its queue, its log, its keys, odd requests, and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openai import AuthenticationError, OpenAI

from tests.integration.conftest import Run
from tests.integration.server.conftest import ADDRESS, HEIGHT, MISSING, OPENED
from tests.support.server_process import Served

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_the_page_is_opened_once_where_it_can_be_reached(served: Served) -> None:
    assert (served.data_dir / OPENED).read_text().split() == [ADDRESS]
    assert "Article assistant" in httpx.get(ADDRESS, trust_env=False).text


def test_a_client_that_hangs_up_frees_the_only_place(http: httpx.Client) -> None:
    with http.stream("POST", "/v1/answers", json={"question": HEIGHT, "stream": True}) as reply:
        for line in reply.iter_lines():
            if line == "event: token":
                break
    hung_up = time.monotonic()
    while "assistant_queue_running 0.0" not in http.get("/metrics").text:
        assert time.monotonic() - hung_up < 10
        time.sleep(0.02)
    assert 'assistant_answers_total{outcome="abandoned"}' in http.get("/metrics").text


def test_a_full_queue_sends_away_honestly(http: httpx.Client) -> None:
    statuses: list[int] = []

    def ask() -> None:
        reply = httpx.post(
            f"{ADDRESS}/v1/answers", json={"question": HEIGHT}, timeout=120, trust_env=False
        )
        statuses.append(reply.status_code)
        if reply.status_code == 429:
            assert int(reply.headers["Retry-After"]) >= 1
        else:
            assert "4,500" in reply.json()["text"]

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) >= 2


def test_an_uploaded_article_answers_and_is_deleted(http: httpx.Client) -> None:
    story = b"Lark sold\n\nThe ferry Lark-2 was sold for 70 euros in Marlow."
    (added,) = http.post("/v1/articles", files={"file": ("a.txt", story)}).json()["added"]
    question = {"question": "For how much was the Lark-2 sold?"}
    assert "70 euros" in http.post("/v1/answers", json=question).json()["text"]
    assert http.delete(f"/v1/articles/{added}").json() == {"removed": added}
    refusal = http.post("/v1/answers", json=question).json()["refusal"]
    assert refusal["missing_terms"] == ["Lark-2"]


def test_the_log_is_json_without_questions(served: Served, http: httpx.Client) -> None:
    http.post("/v1/answers", json={"question": MISSING}, headers={"X-Request-ID": "mine-1"})
    for _ in range(100):
        lines = [json.loads(line) for line in served.log if line.startswith("{")]
        mine = [line for line in lines if line.get("request_id") == "mine-1"]
        if len(mine) == 2:
            break
        time.sleep(0.05)
    assert {line["event"] for line in mine} == {"question", "request"}
    assert "Hwasong-14" not in "".join(served.log)


@pytest.fixture
def keeps_its_articles(served: Served, http: httpx.Client) -> Iterator[None]:
    """Whoever tries everything deletes articles as well."""
    files = [path for path in (served.data_dir / "corpus").glob("*.md") if path.name != "README.md"]
    texts = {path.name: path.read_bytes() for path in files}
    yield
    for name, text in texts.items():
        assert http.post("/v1/articles", files={"file": (name, text)}).status_code == 201


def test_no_request_that_the_document_allows_fails_in_the_server(
    served: Served, tmp_path: Path, keeps_its_articles: None
) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{ADDRESS}/openapi.json",
            "--checks=not_a_server_error,status_code_conformance,content_type_conformance,"
            "response_schema_conformance",
            "--phases=examples,fuzzing",
            "--max-examples=12",
            "--seed=1",
            "--request-timeout=60",
            "--workers=1",
        ],
        env=os.environ | {"NO_PROXY": "127.0.0.1", "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    text = httpx.get(f"{ADDRESS}/metrics", trust_env=False).text
    for route in ("/v1/answers", "/v1/search", "/v1/articles", "/v1/chat/completions"):
        assert f'route="{route}",status="2' in text
    assert 'status="5' not in text


def test_keys_are_needed_while_it_runs_from_the_first_one_on(
    served: Served, openai: OpenAI, run: Run
) -> None:
    data = {"ASSISTANT_DATA_DIR": str(served.data_dir)}
    created = run("keys", "create", "program", "--json", **data)
    key = json.loads(created.stdout)
    try:
        with pytest.raises(AuthenticationError, match="unknown or revoked"):
            openai.models.list()
        assert openai.with_options(api_key=key["key"]).models.list().data
        run("keys", "revoke", key["id"], **data)
        with pytest.raises(AuthenticationError):
            openai.with_options(api_key=key["key"]).models.list()
    finally:
        (served.data_dir / "keys.json").unlink()
    assert openai.models.list().data


def test_a_server_that_is_told_to_end_finishes_its_answer(served: Served) -> None:
    """The last test of this file: afterwards the server is gone."""
    finished: list[str] = []

    def ask() -> None:
        reply = httpx.post(
            f"{ADDRESS}/v1/answers", json={"question": HEIGHT}, timeout=120, trust_env=False
        )
        finished.append(reply.json()["text"])

    asking = threading.Thread(target=ask)
    asking.start()
    until = time.monotonic() + 20
    while (
        "assistant_queue_running 1.0" not in httpx.get(f"{ADDRESS}/metrics", trust_env=False).text
        and time.monotonic() < until
    ):
        time.sleep(0.02)
    served.process.send_signal(signal.SIGTERM)
    asking.join(60)
    assert "4,500" in finished[0]
    assert served.process.wait(60) == 0
    assert "Traceback" not in "".join(served.log)
