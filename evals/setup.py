"""What a run depends on besides its samples: written down, and held against a resumed run."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant import Assistant, Settings
from evals.rows import RunError

SETUP = "setup.json"
_PACKAGES = (
    "chromadb",
    "langchain-core",
    "numpy",
    "sentence-transformers",
    "tantivy",
    "torch",
    "xllamacpp",
)
_CODE = {"assistant": {".py", ".toml", ".md"}, "evals": {".py"}}
"""Which files of a package are part of its digest, by suffix."""
_PLACES = frozenset({"data_dir", "corpus_dir", "models_dir", "models_mirror", "replica"})
_PLACES |= {name for name in Settings.model_fields if name.startswith("chroma_")}


def describe(assistant: Assistant, *, judge: str = "", whole_corpus: bool = True) -> dict[str, Any]:
    """Return models with digests, prompt version, corpus digest, settings and packages.

    `judge` names the chat model that judges as well; empty where none does. Without
    `whole_corpus` samples are asked of their own articles, which their digests cover: a larger
    draw brings more articles and continues the run.
    """
    chain = assistant.chain
    return {
        "model": chain.chat.name,
        "model_digests": _digests(assistant.settings),
        "embedding_model": assistant.embeddings.name,
        "embedding_digest": assistant.embeddings.digest,
        "prompt_version": chain.prompts.version,
        "corpus_digest": assistant.index.version() if whole_corpus else "",
        "settings": {
            name: str(value)
            for name, value in assistant.settings.model_dump().items()
            if name not in _PLACES
        },
        "code": code_digest(code_homes()),
        "judge": judge,
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {platform.system()}",
    }


def check_setup(out: Path, suite: str, setup: dict[str, Any]) -> None:
    """Write the set-up of a suite's run, or hold it against the one that is there.

    Raises:
        RunError: the folder holds a run with another set-up.
    """
    path = out / SETUP
    known = read_setups(out)
    before = known.get(suite)
    if before is not None:
        if changed := sorted(key for key in setup if before.get(key) != setup[key]):
            raise RunError(
                f"{out} holds a run of {suite} with other {', '.join(changed)}. "
                "Give another --out, or delete it."
            )
        return
    path.write_text(json.dumps(known | {suite: setup}, indent=2) + "\n", "utf-8")


def read_setups(out: Path) -> dict[str, Any]:
    """Return the set-ups of a run by suite; empty where nothing is written yet."""
    path = out / SETUP
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found


def _digests(settings: Settings) -> dict[str, str]:
    """Return the pinned SHA-256 of each file of the chat model; empty for other models."""
    from assistant.models.catalogue import load_catalogue

    model = load_catalogue().get(settings.chat_model)
    return {file.path: file.sha256 for file in model.files} if model is not None else {}


def code_homes() -> tuple[Path, ...]:
    """Return where the code lies on which rows depend: answers on one package, scores on both."""
    import assistant
    import evals

    return Path(assistant.__file__).parent, Path(evals.__file__).parent


def code_digest(homes: Sequence[Path]) -> str:
    """Hash the sources of packages, and the data and texts among those of the assistant."""
    digest = hashlib.sha256()
    for home in homes:
        for path in sorted(home.rglob("*")):
            if path.suffix in _CODE[home.name]:
                name = f"{home.name}/{path.relative_to(home)}"
                digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
