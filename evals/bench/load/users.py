"""Those who ask: each with questions and a conversation of his own, holding every reply to them."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gevent
from locust import HttpUser, constant, task

_LONGEST_S = 300
_FOLLOW_UP = "And who said so?"
_FOLLOWS_UP_EVERY = 4


@dataclass
class Book:
    """What the users saw together."""

    asked: int = 0
    answered: int = 0
    refused: int = 0
    rewritten: int = 0
    sent_away: int = 0
    citations: int = 0
    problems: list[str] = field(default_factory=list)
    """Whatever may not happen: failures, replies to somebody else, citations that are not so."""

    @property
    def unfinished(self) -> int:
        """Questions that were still on their way at the end."""
        done = self.answered + self.refused + self.sent_away + len(self.problems)
        return max(0, self.asked - done)


Observe = Callable[[str, float], None]
"""Takes a stage and its seconds."""


def asking_user(
    questions: Sequence[str], users: int, book: Book, observe: Observe
) -> type[HttpUser]:
    """Return the class of those who ask; user i has questions i, i + users, …"""
    numbers = itertools.count()
    articles: dict[str, str] = {}

    class Asking(HttpUser):
        wait_time = constant(0)

        def on_start(self) -> None:
            self.client.trust_env = False
            number = next(numbers)
            self.questions = itertools.cycle(questions[number % users :: users])
            self.turns: list[dict[str, str]] = []
            self.asked = 0

        @task
        def ask(self) -> None:
            self.asked += 1
            follows = bool(self.turns) and self.asked % _FOLLOWS_UP_EVERY == 0
            question = _FOLLOW_UP if follows else next(self.questions)
            answer = self._answer(question)
            if answer is None:
                return
            if follows:
                book.rewritten += 1
                self._check_rewritten(answer)
            self.turns = [{"question": question, "answer": answer["text"]}]

        def _answer(self, question: str) -> dict[str, Any] | None:
            book.asked += 1
            request_id = uuid.uuid4().hex
            began = time.monotonic()
            with self.client.post(
                "/v1/answers",
                json={"question": question, "turns": self.turns, "stream": True},
                headers={"X-Request-ID": request_id},
                stream=True,
                catch_response=True,
                timeout=_LONGEST_S,
            ) as reply:
                if reply.status_code == 429 and int(reply.headers.get("Retry-After", 0)) >= 1:
                    book.sent_away += 1
                    reply.success()
                    gevent.sleep(min(int(reply.headers["Retry-After"]), 20))
                    return None
                if reply.status_code != 200:
                    self._fail(reply, f"{reply.status_code} {reply.text[:200]}")
                    return None
                if reply.headers.get("X-Request-ID") != request_id:
                    self._fail(reply, "the reply has the id of another request")
                    return None
                events: dict[str, dict[str, Any]] = {}
                first: dict[str, float] = {}
                last: dict[str, float] = {}
                for name, event in _events(reply.iter_lines()):
                    events[name] = event
                    last[name] = time.monotonic()
                    first.setdefault(name, last[name])
                took = time.monotonic() - began
                answer = events.get("finished", {}).get("answer")
                if answer is None:
                    self._fail(reply, f"a stream without an answer: {list(events)}")
                    return None
                problem = self._problem_of(answer, question, events.get("retrieved", {}))
                if problem:
                    self._fail(reply, problem)
                    return None
                reply.success()
            self._note(answer, took)
            if "token" in first and "drafted" in last:
                observe("draft", last["drafted"] - first["token"])
                observe("verify", last["finished"] - last["drafted"])
            found: dict[str, Any] = answer
            return found

        def _fail(self, reply: Any, problem: str) -> None:
            book.problems.append(problem)
            reply.failure(problem)

        def _note(self, answer: dict[str, Any], took: float) -> None:
            if answer["refusal"] is None:
                book.answered += 1
            else:
                book.refused += 1
            timings = answer["timings"]
            observe("queue", max(0.0, took - timings["total_s"]))
            observe("retrieve", timings["retrieve_s"])
            if timings["first_token_s"] is not None:
                observe("first token", timings["first_token_s"])
            observe("total without queue", timings["total_s"])
            observe("whole request", took)

        def _problem_of(
            self, answer: dict[str, Any], question: str, retrieved: dict[str, Any]
        ) -> str:
            if answer["question"] != question:
                return f"asked {question!r}, answered {answer['question']!r}"
            shown = {
                (item["article"]["article_id"], item["start"]): item
                for item in retrieved.get("evidence", ())
            }
            for citation in answer["citations"]:
                book.citations += 1
                article_id, start, end = citation["article_id"], citation["start"], citation["end"]
                if self._text(article_id)[start:end] != citation["quote"]:
                    return f"a citation is not verbatim: {citation}"
                if not any(
                    other == article_id and start <= evidence["end"] and evidence["start"] <= end
                    for (other, _), evidence in shown.items()
                ):
                    return f"a citation of {question!r} is of what another question found"
            return ""

        def _check_rewritten(self, answer: dict[str, Any]) -> None:
            """A follow-up takes words from the turn before it; they have to be this user's."""
            before = " ".join(self.turns[-1].values()).lower()
            taken = set((answer["rewritten"] or "").lower().split()) - set(
                _FOLLOW_UP.lower().split()
            )
            if not any(word.strip("?.,()“”\"'") in before for word in taken if len(word) > 3):
                book.problems.append(f"{answer['rewritten']!r} takes nothing from {before!r}")

        def _text(self, article_id: str) -> str:
            if article_id not in articles:
                reply = self.client.get(f"/v1/articles/{article_id}", name="/v1/articles/ID")
                articles[article_id] = reply.json()["text"]
            return articles[article_id]

    return Asking


def searching_user(questions: Sequence[str]) -> type[HttpUser]:
    """Return the class of those who search without pause, each from another question on."""
    numbers = itertools.count()

    class Searching(HttpUser):
        wait_time = constant(0)

        def on_start(self) -> None:
            self.client.trust_env = False
            start = next(numbers) * 17 % len(questions)
            self.questions = itertools.cycle([*questions[start:], *questions[:start]])

        @task
        def search(self) -> None:
            question = next(self.questions)
            with self.client.post(
                "/v1/search", json={"question": question}, catch_response=True
            ) as reply:
                body = reply.json() if reply.status_code == 200 else {}
                if body.get("question") != question or not body.get("passages"):
                    reply.failure(f"{reply.status_code} {reply.text[:200]}")

    return Searching


def _events(lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in lines:
        text = line.decode()
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))
