"""The OpenAPI document and its examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from assistant.corpus.readers import read_file
from assistant.server.api import conversation, examples, schemas

ROOT = Path(__file__).parents[3]


def test_the_document_has_an_example_for_every_body(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/v1/answers",
        "/v1/search",
        "/v1/articles",
        "/v1/articles/{article_id}",
        "/v1/articles/{article_id}/original",
        "/v1/models",
        "/v1/models/{model}",
        "/v1/chat/completions",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            if "requestBody" in operation and "multipart" not in str(operation["requestBody"]):
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                name = schema["$ref"].rsplit("/", 1)[-1]
                assert document["components"]["schemas"][name]["examples"]
            answered = operation["responses"].get("200") or operation["responses"]["201"]
            for media in answered.get("content", {}).values():
                name = media.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
                known = document["components"]["schemas"].get(name, {})
                assert "example" in media or "examples" in known or not name, (path, method)


BODIES = [
    body
    for module in (schemas, conversation)
    for body in vars(module).values()
    if isinstance(body, type) and issubclass(body, BaseModel) and body.__module__ == module.__name__
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_the_examples_of_the_documentation_are_what_they_are_examples_of(
    body: type[BaseModel],
) -> None:
    for example in body.model_json_schema().get("examples", []):
        body.model_validate_json(json.dumps(example))


def test_the_examples_quote_the_starter_article() -> None:
    article = read_file(ROOT / "corpus" / "second-trump-kim-summit.md", source_bytes=1 << 20)
    cited = examples.CITATION
    assert article.id == cited["article_id"]
    assert article.title == cited["title"]
    assert article.text[cited["start"] : cited["end"]] == cited["quote"]
