"""Questions to an app while articles come and go, each answer held against what was ever there."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from assistant.types import Article

_SENTENCE = re.compile(r"The (\w+) of town (\d+) had report (\d+-\d+) on (\w+) matters\.")
_LONGEST_S = 300.0


@dataclass
class Asker:
    """Asks one app for something that a search of it just found, over and over."""

    name: str
    port: int
    articles: Mapping[str, Article]
    """Every article that there ever is, by id."""

    answered: int = 0
    refused: int = 0
    cited: int = 0
    failed: int = 0
    begun_last: float = 0.0
    """When the last question began that got an answer, by the monotonic clock."""

    problems: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def ask_on(self) -> None:
        """Ask until ended."""
        base = f"http://127.0.0.1:{self.port}"
        with httpx.Client(base_url=base, timeout=_LONGEST_S, trust_env=False) as http:
            for number in itertools.count():
                if self.ended.is_set():
                    return
                try:
                    self._ask(http, number % 14)
                except httpx.TransportError:
                    self.failed += 1
                self.ended.wait(1)

    def _ask(self, http: httpx.Client, number: int) -> None:
        began = time.monotonic()
        found = http.post("/v1/search", json={"question": f"reports of town {number}", "k": 1})
        sentence = _SENTENCE.search(found.text)
        if found.status_code != 200 or sentence is None:
            return
        who, town, _, matters = sentence.groups()
        question = f"Which report did the {who} of town {town} have on {matters} matters?"
        reply = http.post("/v1/answers", json={"question": question})
        if reply.status_code != 200:
            self.failed += 1
            error = reply.json().get("error", {})
            if reply.status_code != 503 or not error.get("hint"):
                self.problems.append(f"{self.name}: {reply.status_code} {reply.text[:300]}")
            return
        answer = reply.json()
        if answer["question"] != question:
            self.problems.append(
                f"{self.name}: {question!r} was answered as {answer['question']!r}"
            )
        for citation in answer["citations"]:
            self.cited += 1
            article = self.articles.get(citation["article_id"])
            if (
                article is None
                or article.text[citation["start"] : citation["end"]] != citation["quote"]
            ):
                self.problems.append(f"{self.name}: no article ever said {citation}")
        if answer["refusal"] is None:
            self.answered += 1
            self.begun_last = began
        else:
            self.refused += 1
