"""Keep the libraries beneath us from calling home."""

from __future__ import annotations

import os

_SWITCHES = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",
}
_POLITE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def stay_offline() -> None:
    """Switch off telemetry, tracing and hub look-ups for this process.

    Tracing is forced off, since it would send questions and articles to a server. The hub
    stays reachable for those who set HF_HUB_OFFLINE=0 to load an embedding model by its name.
    """
    os.environ.update(_SWITCHES)
    for name, value in _POLITE.items():
        os.environ.setdefault(name, value)
