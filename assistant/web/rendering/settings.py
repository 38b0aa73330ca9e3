"""The settings in force and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from assistant.settings import Settings
from assistant.web.rendering.markup import text

GROUPS = {
    "Models": (
        "chat_model chat_base_url chat_timeout_s embedding_model threads context_tokens "
        "answer_tokens worked_examples models_dir models_mirror"
    ),
    "Retrieval": (
        "retrieval retrieve_passages passage_tokens evidence_selection evidence_sentences "
        "evidence_tokens minimum_similarity"
    ),
    "Verification": "verification verifier support_threshold minimum_answerable",
    "Articles and limits": (
        "corpus_dir corpus_timeout_s corpus_tries corpus_look_s data_dir question_chars "
        "source_bytes url_timeout_s allow_private_urls lock_wait_s"
    ),
    "Shared index": (
        "chroma_url chroma_token chroma_token_header chroma_tenant chroma_database "
        "chroma_timeout_s chroma_tries replica"
    ),
}


def render_settings(settings: Settings, origins: Mapping[str, str]) -> str:
    """Draw every setting with its value, its origin and its meaning. They are changed elsewhere."""
    named = {name for names in GROUPS.values() for name in names.split()}
    others = [name for name in Settings.model_fields if name not in named]
    groups = {head: names.split() for head, names in GROUPS.items()}
    if others:
        groups["Others"] = others
    tables = "".join(
        f"<h3>{head}</h3><table class='settings'><thead><tr><th>Setting</th><th>Value</th>"
        f"<th>From</th><th>Meaning</th></tr></thead><tbody>"
        f"{''.join(_row(settings, name, origins[name]) for name in names)}</tbody></table>"
        for head, names in groups.items()
    )
    return (
        '<section class="page-text wide"><h2>Settings in force</h2><p>They are set by environment '
        "variables or in <code>settings.toml</code> and take effect at the next start; "
        f"<code>assistant settings</code> prints the same.</p>{tables}</section>"
    )


def _row(settings: Settings, name: str, origin: str) -> str:
    found = getattr(settings, name)
    value = "not set" if found is None else without_secret(str(found))
    meaning = Settings.model_fields[name].description or ""
    where = origin if origin in {"default", "caller"} else origin.rsplit("/", 1)[-1]
    return (
        f"<tr><td><code>{text(name)}</code></td><td class='value'>{text(value)}</td>"
        f"<td>{text(where)}</td><td>{text(meaning)}</td></tr>"
    )


def without_secret(value: str) -> str:
    """Take name, password and query out of an address; anything else stays."""
    if "://" not in value:
        return value
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(an address that cannot be read)"
    return urlunsplit((parts.scheme, f"{parts.hostname or ''}{port}", parts.path, "", ""))
