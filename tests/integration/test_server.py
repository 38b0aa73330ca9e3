"""`assistant serve` as a process of its own, with the real models, used by official clients."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from langchain_openai import ChatOpenAI
from mcp import Client, StdioServerParameters
from openai import AuthenticationError, NotFoundError, OpenAI
from pydantic import SecretStr

from assistant import Assistant
from tests.support.server_process import Served, environment

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]

HEIGHT = "What height did the Hwasong-15 reach?"
MISSING = "What height did the Hwasong-14 reach?"
PORT = 7950
ADDRESS = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def served(
    assistant: Assistant, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(data_dir, folder / "data")
    served = Served.start(
        folder / "data",
        folder,
        port=PORT,
        ASSISTANT_ANSWERS_AT_ONCE="1",
        ASSISTANT_ANSWERS_WAITING="1",
    )
    yield served
    served.process.terminate()
    served.process.wait(60)


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ADDRESS, timeout=120, trust_env=False) as client:
        yield client


@pytest.fixture
def openai(served: Served) -> Iterator[OpenAI]:
    client = OpenAI(
        base_url=f"{ADDRESS}/v1",
        api_key="not-needed",
        max_retries=0,
        http_client=httpx.Client(trust_env=False),
    )
    with client:
        yield client


def test_the_openai_client_completes_a_chat(openai: OpenAI) -> None:
    assert [model.id for model in openai.models.list()] == ["article-assistant"]
    reply = openai.chat.completions.create(
        model="article-assistant", messages=[{"role": "user", "content": HEIGHT}]
    )
    text = reply.choices[0].message.content or ""
    assert "4,500 kilometres" in text
    assert "Sources:\n[1] “The Hwasong-15 missile reached" in text
    assert reply.usage is not None
    assert reply.usage.completion_tokens > 5
    (citation,) = reply.model_extra["citations"]  # type: ignore[index]
    assert (citation["start"], citation["end"]) == (771, 867)


def test_the_openai_client_reads_a_stream(openai: OpenAI) -> None:
    stream = openai.chat.completions.create(
        model="article-assistant",
        messages=[{"role": "user", "content": HEIGHT}],
        stream=True,
        stream_options={"include_usage": True},
    )
    text, usage, citations = "", None, None
    for chunk in stream:
        usage = chunk.usage or usage
        citations = (chunk.model_extra or {}).get("citations", citations)
        for choice in chunk.choices:
            text += choice.delta.content or ""
    assert "4,500 kilometres" in text
    assert "Sources:" in text
    assert usage is not None
    assert citations[0]["number"] == 1


def test_the_openai_client_understands_refusals_and_errors(openai: OpenAI) -> None:
    reply = openai.chat.completions.create(
        model="article-assistant", messages=[{"role": "user", "content": MISSING}]
    )
    assert reply.choices[0].message.content == "No article mentions “Hwasong-14”."
    with pytest.raises(NotFoundError, match="no model of that name"):
        openai.chat.completions.create(
            model="gpt-9", messages=[{"role": "user", "content": HEIGHT}]
        )


def test_langchain_invokes_and_streams(served: Served) -> None:
    with httpx.Client(trust_env=False) as client:
        model = ChatOpenAI(
            model="article-assistant",
            base_url=f"{ADDRESS}/v1",
            api_key=SecretStr("not-needed"),
            http_client=client,
        )
        assert "4,500 kilometres" in model.invoke(HEIGHT).text
        pieces = [chunk.text for chunk in model.stream(HEIGHT)]
    assert "4,500 kilometres" in "".join(pieces)
    assert len([piece for piece in pieces if piece]) >= 2


def test_events_come_while_the_model_writes(http: httpx.Client) -> None:
    with http.stream("POST", "/v1/answers", json={"question": HEIGHT, "stream": True}) as reply:
        names = [
            (line.removeprefix("event: "), time.monotonic())
            for line in reply.iter_lines()
            if line.startswith("event: ")
        ]
    order = [name for name, _ in names]
    assert order[0] == "retrieved"
    assert order[-2:] == ["verified", "finished"]
    assert order.count("token") > 5
    assert names[-1][1] - names[0][1] > 0.2


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


async def test_the_mcp_client_uses_the_tools_over_http(served: Served) -> None:
    async with Client(f"{ADDRESS}/mcp") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {"ask", "search", "get_article", "list_articles"}
        result = await client.call_tool("ask", {"question": HEIGHT})
        assert "4,500 kilometres" in result.content[0].text
        (resource,) = (await client.list_resources()).resources
        content = (await client.read_resource(resource.uri)).contents[0]
    citation = result.structured_content["citations"][0]
    assert content.text[citation["start"] : citation["end"]] == citation["quote"]


async def test_the_mcp_client_uses_the_tools_over_stdio(
    assistant: Assistant, data_dir: Path, tmp_path: Path
) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "assistant", "mcp"],
        env=environment(data_dir),
        cwd=tmp_path,
    )
    async with Client(server) as client:
        result = await client.call_tool("search", {"question": HEIGHT, "limit": 1})
        assert "Hwasong-15" in result.content[0].text
        result = await client.call_tool("ask", {"question": HEIGHT})
        assert "4,500 kilometres" in result.content[0].text


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
            "--checks=not_a_server_error",
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
    served: Served, openai: OpenAI, run: object
) -> None:
    data = {"ASSISTANT_DATA_DIR": str(served.data_dir)}
    created = run("keys", "create", "program", "--json", **data)  # type: ignore[operator]
    key = json.loads(created.stdout)
    try:
        with pytest.raises(AuthenticationError, match="unknown or revoked"):
            openai.models.list()
        assert openai.with_options(api_key=key["key"]).models.list().data
        run("keys", "revoke", key["id"], **data)  # type: ignore[operator]
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
