"""An assistant without weights: scripted models, a real index on a real folder."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage

from assistant import Assistant, load_settings
from assistant.answering import AnswerChain
from assistant.answering.prompting import Prompts
from assistant.models.chat import LoadedChatModel
from assistant.models.embeddings import EmbeddingModel
from assistant.settings import Settings
from tests.support.chat import Script, ScriptedChatModel
from tests.support.embeddings import WordEmbeddings
from tests.support.verifier import ScriptedVerifier

if TYPE_CHECKING:
    from assistant.tracing.recording import Tracing


class EmbeddedChatModel(LoadedChatModel):
    """Counts as run in this process: what it drafts may be drafted once more."""

    @property
    def embedded(self) -> bool:
        return True


class ScriptedAssistant(Assistant):
    """The real thing but for its three models: a real index on a real folder.

    The chat model replies with `script` and waits `pause_s` seconds before each word of a stream.
    """

    def __init__(
        self,
        settings: Settings,
        script: Script,
        *,
        pause_s: float = 0.0,
        tracing: Tracing | None = None,
        embedded: bool = False,
    ) -> None:
        super().__init__(settings, tracing=tracing)
        self.embedded = embedded
        self.prompts = Prompts.load()
        self.model = ScriptedChatModel(script=script, logprobs=True, pause_s=pause_s)

    @property
    def embeddings(self) -> EmbeddingModel:
        if self._embeddings is None:
            self._embeddings = WordEmbeddings()
        return self._embeddings

    @property
    def chain(self) -> AnswerChain:
        with self._lock:
            if self._chain is None:
                loaded = EmbeddedChatModel if self.embedded else LoadedChatModel
                self._chat = loaded(self.model, name="scripted")
                self._chain = AnswerChain(
                    self.index,
                    self.embeddings,
                    ScriptedVerifier(),
                    ScriptedVerifier(),
                    self._chat,
                    self.prompts,
                    self.settings,
                )
            return self._chain


def open_scripted(
    folder: Path,
    script: Script,
    *,
    corpus: Path | str | None = None,
    pause_s: float = 0.0,
    embedded: bool = False,
    **values: Any,
) -> ScriptedAssistant:
    """Open a corpus, a path or URL, an empty one where none is given, with scripted models.

    The chat model waits `pause_s` seconds before each word that it streams; one that counts as
    `embedded` is given a second chance.
    """
    given = corpus if corpus is not None else folder / "corpus"
    if isinstance(given, Path):
        given.mkdir(exist_ok=True)
    assistant = ScriptedAssistant(
        load_settings(data_dir=folder, corpus_dir=given, **values),
        script,
        pause_s=pause_s,
        embedded=embedded,
    )
    assistant.refresh()
    return assistant


def answer_from_first_line(messages: list[BaseMessage]) -> str:
    """Draft the first sentence of the evidence; say yes to every check."""
    text = str(messages[-1].content)
    if "[1]" not in text:
        return "yes"
    line = next(line for line in text.splitlines() if "[1]" in line)
    time.sleep(0.05)
    return line.replace("[1]", "").strip() + " [1]"


def answer_from_every_line(messages: list[BaseMessage]) -> str:
    """Draft every sentence of the evidence, each with its own number; say yes to every check."""
    text = str(messages[-1].content)
    shown = re.findall(r"^\[(\d+)\] (.+)$", text, re.MULTILINE)
    return " ".join(f"{line} [{number}]" for number, line in shown) or "yes"
