"""`assistant doctor`: look at everything that an answer rests on, and say what to run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.index import Finding, ServerOptions
from assistant.models.catalogue import load_catalogue, models_in_use
from assistant.models.pull import verify_model
from assistant.settings import Settings, config_path

_LOW_DISK_BYTES = 1_000_000_000
_NOT_LOOKED_AT = Finding(
    False,
    "index",
    "not looked at without its embedding model",
    "Run `assistant models pull`, then `assistant doctor` again.",
)


def examine(settings: Settings, assistant: Assistant | None = None) -> Iterator[Finding]:
    """Yield a finding for each model, the corpus, the index, the settings and the disk.

    Nothing is repaired and nothing is pulled. An assistant that is open already is looked
    through and left open.
    """
    yield _settings(settings)
    yield _disk(settings.data_dir)
    models = [_model(name, settings) for name in models_in_use(settings)]
    yield from models
    readable = models[0].ok
    if assistant is not None:
        yield from _corpus_and_index(assistant, readable=readable)
        return
    with Assistant(settings) as opened:
        yield from _corpus_and_index(opened, readable=readable)


def _settings(settings: Settings) -> Finding:
    origin = str(config_path()) if config_path().is_file() else "no settings file"
    where = f"corpus {settings.corpus_location}, data {settings.data_dir}"
    return Finding(True, "settings", f"valid; {origin}; {where}")


def _disk(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    return Finding(
        free >= _LOW_DISK_BYTES,
        "disk",
        f"{free / 1e9:.1f} GB free at {existing}",
        "Free some space, or set ASSISTANT_DATA_DIR to another disk.",
    )


def _model(name: str, settings: Settings) -> Finding:
    subject = f"model {name}"
    if name not in load_catalogue():
        is_missing = name.endswith(".gguf") and not Path(name).expanduser().is_file()
        message = "not a file" if is_missing else "not of the catalogue; no digest to compare"
        return Finding(not is_missing, subject, message, "Check ASSISTANT_CHAT_MODEL.")
    if wrong := verify_model(name, settings):
        remedy = f"Run `assistant models pull {name}`."
        return Finding(False, subject, f"missing or altered: {', '.join(wrong)}", remedy)
    return Finding(True, subject, "every file has its pinned digest")


def _chroma(settings: Settings) -> Finding:
    options = ServerOptions.of(settings)
    assert options is not None
    has_guard = options.is_loopback or options.token is not None
    message = f"vectors are on {options.url}"
    if not has_guard:
        message += ", which is not this machine, without a token; Chroma 1.5 asks nobody who he is"
    remedy = (
        "Keep it in a private network, or put a proxy that authenticates in front of it and set "
        "ASSISTANT_CHROMA_TOKEN."
    )
    return Finding(has_guard, "Chroma access", message, remedy)


def _replica(assistant: Assistant, *, readable: bool) -> Iterator[Finding]:
    """Look at what a replica has; it needs no corpus."""
    if readable:
        yield from assistant.index.check()
    else:
        yield _NOT_LOOKED_AT


def _corpus_and_index(assistant: Assistant, *, readable: bool) -> Iterator[Finding]:
    settings = assistant.settings
    if settings.chroma_url is not None:
        yield _chroma(settings)
    if settings.replica:
        yield from _replica(assistant, readable=readable)
        return
    try:
        reading = assistant.corpus.read(source_bytes=settings.source_bytes)
    except AssistantError as error:
        yield Finding(False, "corpus", error.message, error.hint)
        return
    for failure in reading.failed:
        yield Finding(False, f"file {failure.name}", failure.reason, "Mend or remove the file.")
    yield Finding(
        bool(reading.articles),
        "corpus",
        f"{len(reading.articles)} articles in {settings.corpus_location}",
        "Run `assistant ingest PATH`.",
    )
    if not readable:
        yield _NOT_LOOKED_AT
        return
    findings = assistant.index.check()
    yield from findings
    if not all(finding.ok for finding in findings):
        return
    wanted = {article.id for article in reading.articles}
    indexed = {article.article_id for article in assistant.index.articles()}
    message = f"{len(wanted & indexed)} of {len(wanted)} articles are indexed"
    if extra := len(indexed - wanted):
        message += f", {extra} indexed that the corpus no longer has"
    yield Finding(wanted == indexed, "index against corpus", message, "Run `assistant ingest`.")
