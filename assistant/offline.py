"""Keep the libraries beneath us from calling home."""

from __future__ import annotations

import os

_SWITCHES = {
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",
}
_HUB_SWITCH = "HF_HUB_OFFLINE"
_POLITE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}

_ours: set[str] = set()
"""Names of the variables that this module set, not the user."""


def stay_offline() -> None:
    """Switch off telemetry, tracing and hub look-ups for this process.

    Tracing is forced off, since it would send questions and articles to a server. The hub
    stays reachable for those who set HF_HUB_OFFLINE=0 to load an embedding model by its name.
    """
    os.environ.update(_SWITCHES)
    for name, value in _POLITE.items():
        if name not in os.environ:
            os.environ[name] = value
            _ours.add(name)


def hub_allowed() -> bool:
    """Tell whether `models pull` may ask the model hub: yes, unless the user is offline."""
    return _HUB_SWITCH in _ours or os.environ.get(_HUB_SWITCH, "0") in {"", "0"}
