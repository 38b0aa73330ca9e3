"""Articles over HTTP."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.server.api.schemas import AddedBody, ArticleBody, ArticlesBody, ErrorBody
from tests.support.pages import serving_page
from tests.support.serving import (
    BRIDGE_TEXT,
    BridgeAssistant,
    article_of,
    make_app,
    make_assistant,
)

STORY = b"Kestrel sold\n\nThe drone Kestrel-9 was sold for 70 euros in Marlow."
PAGE = b"""<!doctype html><html><head><title>Kestrel sold again</title></head><body><article>
<h1>Kestrel sold again</h1><p>The drone Kestrel-9 was sold for 820 euros in Marlow, where it had
flown over the harbour every evening of the summer.</p><p>Its new owner, Ines Pell, said that she
would fly it over the fields.</p></article></body></html>"""


def test_articles_are_listed_by_title_in_parts(client: TestClient) -> None:
    whole = client.get("/v1/articles").json()
    ArticlesBody.model_validate(whole)
    assert [item["title"] for item in whole["articles"]] == [
        "Ferry line ends",
        "Marlow bridge opens",
    ]
    part = client.get("/v1/articles", params={"limit": 1, "offset": 1}).json()
    assert part["total"] == 2
    assert part["articles"] == whole["articles"][1:]


def test_an_article_is_returned_whole_also_by_first_digits(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    known = article_of(scripted, "Marlow bridge opens")
    for given in (known.id, known.id[:8]):
        found = client.get(f"/v1/articles/{given}").json()
        ArticleBody.model_validate(found)
        assert found["text"] == BRIDGE_TEXT
        assert found["published"] == "2020-03-04"
        assert found["article_id"] == known.id


def test_an_uploaded_file_is_found_at_once_and_known_the_second_time(client: TestClient) -> None:
    reply = client.post("/v1/articles", files={"file": ("story.txt", STORY)})
    assert reply.status_code == 201
    added = AddedBody.model_validate(reply.json())
    assert len(added.added) == 1
    found = client.post("/v1/search", json={"question": "Kestrel-9", "k": 1}).json()["passages"]
    assert found[0]["article"]["article_id"] == added.added[0]
    again = client.post("/v1/articles", files={"file": ("other.txt", STORY)}).json()
    assert again == {"added": [], "unchanged": added.added, "failed": []}


def test_the_file_that_was_added_comes_back_as_it_was_and_opens_nowhere(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    page = b"<html><title>Kestrel sold</title><script>x</script><p>It was sold for 70 euros.</p>"
    added = client.post("/v1/articles", files={"file": ("s.html", page)}).json()["added"][0]
    reply = client.get(f"/v1/articles/{added}/original")
    assert reply.content == page
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''kestrel")
    assert reply.headers["content-disposition"].endswith(".html")
    assert "sandbox" in reply.headers["content-security-policy"]
    known = article_of(scripted, "Ferry line ends")
    assert b"source: Courier" in client.get(f"/v1/articles/{known.id}/original").content
    (scripted.settings.corpus_location / "ferry.md").unlink()
    gone = client.get(f"/v1/articles/{known.id}/original")
    assert gone.status_code == 404, gone.text
    assert gone.json()["error"]["hint"]
    assert client.get("/v1/articles/none/original").status_code == 404


def test_a_deleted_article_is_gone(client: TestClient, scripted: BridgeAssistant) -> None:
    known = article_of(scripted, "Ferry line ends")
    assert client.delete(f"/v1/articles/{known.id[:15]}").status_code == 404
    reply = client.delete(f"/v1/articles/{known.id}")
    assert reply.json() == {"removed": known.id}
    assert client.get(f"/v1/articles/{known.id}").status_code == 404
    assert client.delete(f"/v1/articles/{known.id}").status_code == 404
    assert not (scripted.settings.corpus_location / "ferry.md").exists()


@pytest.mark.parametrize(
    ("files", "data", "status", "says"),
    [
        (None, {}, 400, "file or a url"),
        ({"file": ("a.txt", STORY)}, {"url": "https://example.com"}, 400, "not both"),
        ({"file": ("a.exe", b"MZ")}, {}, 422, "format"),
        ({"file": ("a.txt", b"  ")}, {}, 422, "empty"),
        ({"file": ("a.pdf", b"not a pdf")}, {}, 422, "a.pdf"),
        (None, {"url": "/etc/passwd"}, 422, "no http"),
        (None, {"url": "file:///etc/passwd"}, 422, "no http"),
    ],
)
def test_a_source_that_is_no_article_is_refused_with_a_reason(
    client: TestClient,
    files: dict[str, tuple[str, bytes]] | None,
    data: dict[str, str],
    status: int,
    says: str,
) -> None:
    reply = client.post("/v1/articles", files=files, data=data)
    assert reply.status_code == status, reply.text
    assert says in ErrorBody.model_validate(reply.json()).error.message
    assert client.get("/v1/articles").json()["total"] == 2


@pytest.mark.enable_socket
def test_a_page_of_a_private_address_is_not_fetched(client: TestClient) -> None:
    reply = client.post("/v1/articles", data={"url": "http://127.0.0.1:9/x"})
    assert reply.status_code == 422
    assert "127.0.0.1" in reply.json()["error"]["message"]


@pytest.mark.enable_socket
def test_a_page_is_fetched_and_found_at_once_and_known_the_second_time(
    tmp_path: Path, template: Path
) -> None:
    shutil.copytree(template, tmp_path / "data")
    with (
        BridgeAssistant(tmp_path / "data", allow_private_urls=True) as assistant,
        TestClient(make_app(assistant)) as client,
        serving_page("/story", PAGE) as web,
    ):
        url = f"{web.url}/story"
        reply = client.post("/v1/articles", data={"url": url})
        assert reply.status_code == 201, reply.text
        (added,) = AddedBody.model_validate(reply.json()).added
        article = client.get(f"/v1/articles/{added}").json()
        assert (article["title"], article["url"]) == ("Kestrel sold again", url)
        assert "The drone Kestrel-9 was sold for 820 euros" in article["text"]
        assert added in [item["article_id"] for item in listed(client)]
        found = client.post("/v1/search", json={"question": "Kestrel-9", "k": 1}).json()
        assert found["passages"][0]["article"]["article_id"] == added
        again = client.post("/v1/articles", data={"url": url}).json()
        assert again == {"added": [], "unchanged": [added], "failed": []}
        missing = client.post("/v1/articles", data={"url": f"{web.url}/none"})
        assert missing.status_code == 422
        assert "404" in ErrorBody.model_validate(missing.json()).error.message
        assert len(listed(client)) == 3


def listed(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/articles").json()["articles"]
    return found


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "..\\..\\evil.txt", "/abs/evil.txt", "a\x00b.txt", ".txt", "…" * 200]
)
def test_the_name_of_an_upload_leads_nowhere(
    client: TestClient, scripted: BridgeAssistant, name: str
) -> None:
    before = {path for path in scripted.settings.data_dir.parent.rglob("*") if path.is_file()}
    reply = client.post("/v1/articles", files={"file": (name, STORY)})
    assert reply.status_code in {201, 422}
    after = {path for path in scripted.settings.data_dir.parent.rglob("*") if path.is_file()}
    assert all(path.is_relative_to(scripted.settings.data_dir) for path in after - before)


def test_a_file_beyond_the_limit_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("small") / "data"
    with (
        make_assistant(folder, source_bytes=2000) as assistant,
        TestClient(make_app(assistant)) as client,
    ):
        reply = client.post("/v1/articles", files={"file": ("a.txt", b"x" * 3000)})
        assert reply.status_code == 422
        assert "2,000" in reply.json()["error"]["message"]
        reply = client.post("/v1/articles", files={"file": ("a.txt", b"x" * 1_100_000)})
        assert reply.status_code == 413
