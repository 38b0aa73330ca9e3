"""Kill the Chroma server, an app and the ingestor in turn while two apps are searched and asked.

`python -m tests.support.chroma_faults [ROUNDS]` prints how long each took to recover.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import httpx

from assistant import load_settings
from assistant.index import Index, ServerOptions
from assistant.models.pull import ensure_model
from tests.support.chroma import ChromaProcess, free_port
from tests.support.chroma_asking import Asker
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings
from tests.support.model_server import ModelServer
from tests.support.syncing import corpus

ROOT = Path(__file__).parents[2]
ARTICLES = {
    article.id: article
    for number in range(14)
    for revision in range(2)
    for article in [make_article(number, revision=revision, sentences=30)]
}
_RECOVERS_S = 240.0
_ANSWERS_S = 300.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was killed, and the seconds from its new start until all was well again."""

    victim: str
    seconds: float


@dataclass
class Reader:
    """Searches one app over and over and holds every reply against what may be said."""

    name: str
    port: int
    folder: Path
    chroma_url: str
    begun: Callable[[], int]
    model_url: str
    process: subprocess.Popen[bytes] | None = None
    problems: list[str] = field(default_factory=list)
    seen: int = -1
    replies: int = 0
    refusals: int = 0
    well_since: float | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.chroma_app", str(self.folder)]
        command += [self.chroma_url, str(self.port), self.model_url]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "app.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.well_since = None

    def read_on(self) -> None:
        """Search until ended."""
        base = f"http://127.0.0.1:{self.port}"
        with httpx.Client(base_url=base, timeout=30, trust_env=False) as http:
            number = 0
            while not self.ended.is_set():
                number += 1
                try:
                    good = self._search(http, number % 14) and self._list(http)
                except httpx.TransportError:
                    good = False
                if not good:
                    self.well_since = None
                elif self.well_since is None:
                    self.well_since = time.monotonic()
                self.ended.wait(0.1)

    def _search(self, http: httpx.Client, number: int) -> bool:
        reply = http.post("/v1/search", json={"question": f"reports of town {number}", "k": 5})
        if not self._is_served(reply):
            return False
        passages = reply.json()["passages"]
        if not passages:
            self.problems.append(f"{self.name}: nothing found of town {number}")
        for item in passages:
            article = ARTICLES.get(item["article"]["article_id"])
            if article is None or article.text[item["start"] : item["end"]] != item["text"]:
                self.problems.append(f"{self.name}: a wrong passage of {item['article']}")
        return True

    def _list(self, http: httpx.Client) -> bool:
        # What may be listed is what was begun when the reply came, and nothing older than before.
        reply = http.get("/v1/articles")
        if not self._is_served(reply):
            return False
        ids = {item["article_id"] for item in reply.json()["articles"]}
        fitting = [seed for seed in range(self.begun() + 1) if ids == _ids(seed)]
        if not fitting or fitting[-1] < self.seen:
            self.problems.append(f"{self.name}: lists {len(ids)} articles of no state, or an old")
        else:
            self.seen = max(self.seen, fitting[0])
        return True

    def _is_served(self, reply: httpx.Response) -> bool:
        """Tell whether a reply is one; an error has to be typed and say what to do."""
        if reply.status_code == 200:
            self.replies += 1
            return True
        self.refusals += 1
        error = reply.json().get("error", {})
        if reply.status_code != 503 or not error.get("hint"):
            self.problems.append(f"{self.name}: {reply.status_code} {reply.text[:300]}")
        return False


class Ingestor:
    """The process that syncs; `begun` is the last corpus that it said to begin."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self.begun = -1
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.support.syncing", str(self._folder)]
        command += [str(self.begun + 1), self._url]
        with (self._folder / "ingest.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.begun = int(line)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def run(folder: Path, gguf: Path, *, rounds: int = 1, say: Callable[[str], None]) -> list[Recovery]:
    """Kill each in turn, `rounds` times; `gguf` is the chat model that the apps share.

    Raises:
        AssertionError: an article was wrong or lost, or something did not recover.
    """
    chroma = ChromaProcess(folder / "chroma")
    ingestor = Ingestor(folder / "ingestor", chroma.url)
    model = ModelServer(gguf, free_port(), tokens=8192)
    readers = [
        Reader(name, free_port(), folder / name, chroma.url, lambda: ingestor.begun, model.url)
        for name in ("app 1", "app 2")
    ]
    askers = [Asker(reader.name, reader.port, ARTICLES) for reader in readers]
    threads = [
        threading.Thread(target=work, daemon=True)
        for reader, asker in zip(readers, askers, strict=True)
        for work in (reader.read_on, asker.ask_on)
    ]
    recoveries = []

    def until_well(victim: str) -> None:
        """Wait until both apps answer from a corpus that was begun after now."""
        began, since = time.monotonic(), ingestor.begun + 1
        while not all(reader.well_since and reader.seen >= since for reader in readers):
            assert time.monotonic() - began < _RECOVERS_S, f"no recovery: {victim}, {readers}"
            time.sleep(0.05)
        recoveries.append(Recovery(victim, time.monotonic() - began))
        say(f"{victim}: all well and newer articles served after {recoveries[-1].seconds:.1f} s")

    def until_answered() -> None:
        """Wait until each app has answered a question that was asked after now."""
        began = time.monotonic()
        while not all(asker.begun_last >= began for asker in askers):
            assert time.monotonic() - began < _ANSWERS_S, f"no answer: {askers}"
            time.sleep(0.05)

    try:
        model.start()
        chroma.start()
        model.wait()
        ingestor.start()
        for reader in readers:
            reader.start()
        for thread in threads:
            thread.start()
        until_well("first start")
        until_answered()
        for _ in range(rounds):
            ingestor.kill()
            ingestor.start()
            until_well("ingestor")
            readers[0].kill()
            readers[0].start()
            until_well("app")
            until_answered()
            began = time.monotonic()
            chroma.kill()
            time.sleep(2)  # long enough for searches to meet a server that is not there
            for reader in readers:
                reader.well_since = None
            chroma.start()
            say(f"the Chroma server itself was away for {time.monotonic() - began:.1f} s")
            until_well("Chroma server")
            until_answered()
        ingestor.kill()
        for worker in (*readers, *askers):
            worker.ended.set()
        for thread in threads:
            thread.join(_ANSWERS_S)
        _compare(folder, chroma.url, ingestor.begun + 1, readers, say)
    finally:
        for worker in (*readers, *askers):
            worker.ended.set()
        for reader in readers:
            reader.kill()
        ingestor.kill()
        chroma.kill()
        model.kill()
    problems = [problem for worker in (*readers, *askers) for problem in worker.problems]
    assert not problems, "\n".join(problems[:10])
    for reader in readers:
        say(f"{reader.name}: {reader.replies} replies, {reader.refusals} typed errors, none wrong")
    for asker in askers:
        assert asker.cited, f"nothing was cited: {asker}"
        say(
            f"{asker.name}: {asker.answered} answers with {asker.cited} citations, all verbatim, "
            f"{asker.refused} refusals, {asker.failed} failed while something was away"
        )
    return recoveries


def _compare(
    folder: Path, url: str, seed: int, readers: list[Reader], say: Callable[[str], None]
) -> None:
    """Publish one last corpus, and hold every article and passage against an embedded index."""
    last = Index.open(
        folder / "last", WordEmbeddings(), passage_tokens=60, server=ServerOptions(url)
    )
    oracle = Index.open(folder / "oracle", WordEmbeddings(), passage_tokens=60)
    try:
        oracle.sync(corpus(seed))
        last.sync(corpus(seed), wait_s=40)
        published = time.monotonic()
        assert [item for item in last.check() if not item.ok] == []
        for article in corpus(seed):
            vector = WordEmbeddings().embed_query(article.text)
            assert [hit.passage_id for hit in last.search_dense(vector, k=10)] == [
                hit.passage_id for hit in oracle.search_dense(vector, k=10)
            ]
        for reader in readers:
            base = f"http://127.0.0.1:{reader.port}"
            with httpx.Client(base_url=base, timeout=30, trust_env=False) as http:
                while _listed(http) != _ids(seed):
                    assert time.monotonic() - published < _RECOVERS_S
                    time.sleep(0.1)
                for article in corpus(seed):
                    assert http.get(f"/v1/articles/{article.id}").json()["text"] == article.text
                assert http.get("/readyz").json()["detail"].endswith("0 behind the Chroma server")
        say("the last corpus is the same in both apps and in an embedded index")
    finally:
        last.close()
        oracle.close()


def chat_model_file() -> Path:
    """Return the file of the default chat model, pulled if need be."""
    settings = load_settings()
    return ensure_model(settings.chat_model, settings)


@lru_cache(maxsize=1000)
def _ids(seed: int) -> set[str]:
    return {article.id for article in corpus(seed)}


def _listed(http: httpx.Client) -> set[str]:
    return {item["article_id"] for item in http.get("/v1/articles").json().get("articles", ())}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Run it and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), chat_model_file(), rounds=rounds, say=_say)


if __name__ == "__main__":
    main()
