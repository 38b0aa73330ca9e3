"""A replica as a process: `python -m tests.support.chroma_app DATA_DIR CHROMA PORT [MODEL]`.

The whole application of `assistant serve` with a real index. Its models are scripted; with the
address of a chat model's server all are real but for the embeddings, which are the ingestor's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from assistant import Assistant, load_settings
from assistant.errors import AssistantError
from assistant.models.embeddings import EmbeddingModel
from assistant.server.logs import configure_logs
from assistant.server.options import ServeOptions
from assistant.server.serving import serve
from tests.support.embeddings import WordEmbeddings
from tests.support.serving import BridgeAssistant


class ReadingAssistant(Assistant):
    """Answers with real models about what was indexed with scripted embeddings."""

    @property
    def embeddings(self) -> EmbeddingModel:
        with self._lock:
            if self._embeddings is None:
                self._embeddings = WordEmbeddings()
            return self._embeddings


def main() -> None:
    """Follow the server and answer until killed."""
    folder, url, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    configure_logs("json")
    values: dict[str, Any] = {"chroma_url": url, "replica": True}
    values |= {"chroma_timeout_s": 5, "chroma_tries": 2}
    assistant: Assistant
    if len(sys.argv) > 4:
        values |= {"chat_model": "openai:of-that-server", "chat_base_url": sys.argv[4]}
        values |= {"data_dir": folder, "minimum_similarity": -1, "passage_tokens": 60}
        assistant = ReadingAssistant(load_settings(**values))
    else:
        assistant = BridgeAssistant(folder, **values)
    try:
        assistant.refresh()
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
    serve(assistant, ServeOptions(port=port, runs=folder / "runs"))


if __name__ == "__main__":
    main()
