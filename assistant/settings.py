"""Settings: data only. Building one opens nothing and creates nothing.

Each value comes from, in this order: the constructor, an `ASSISTANT_*` environment
variable, `settings.toml` in the user's configuration folder, the default.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.errors import SettingsError
from assistant.location import Location, read_location

APPLICATION = "article-assistant"
ENVIRONMENT_PREFIX = "ASSISTANT_"
CONFIG_VARIABLE = "ASSISTANT_CONFIG_FILE"
_SECRET = frozenset({"chroma_url", "chroma_token", "corpus_dir", "trace_to"})

_SECRET_PLACES = {"chroma_url": "chroma_token", "trace_to": "OTEL_EXPORTER_OTLP_HEADERS"}
"""Where the secret for a server goes, by the setting of its address."""

Engine = Literal["local", "ray"]
"""Who reads, splits and embeds: this process, or the workers of Ray."""


class Settings(BaseSettings):
    """Everything a user may choose. Sizes and times carry their unit in the name."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True
    )

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path(APPLICATION),
        description="Folder of the index, and of the corpus unless corpus_dir names another.",
    )
    corpus_dir: Annotated[
        Location | None,
        NoDecode,
        BeforeValidator(read_location),
        PlainSerializer(str, when_used="unless-none"),
    ] = Field(
        None,
        description="Folder of the articles, or its URL, such as s3://bucket/articles; "
        "data_dir/corpus where absent.",
    )
    corpus_timeout_s: float = Field(
        10.0, gt=0, description="Longest wait for one reply of the store of an s3 or gs corpus."
    )
    corpus_tries: int = Field(
        3, ge=1, description="Times that a request to the store of an s3 corpus is sent at most."
    )
    corpus_look_s: float = Field(
        60.0, gt=0, description="How often a server looks for changes of a corpus at a URL."
    )
    models_dir: Path = Field(
        default_factory=lambda: platformdirs.user_cache_path(APPLICATION) / "models",
        description="Folder of the downloaded models, shared by all projects of this user.",
    )
    models_mirror: Path | None = Field(
        None, description="Folder that is searched for model files before any download."
    )

    chat_model: str = Field(
        "qwen2.5-coder-1.5b-instruct",
        description="A catalogue name, a path ending in .gguf, or provider:model.",
    )
    chat_base_url: str | None = Field(
        None, description="Where the provider's OpenAI-compatible server listens."
    )
    chat_timeout_s: float = Field(
        120.0, gt=0, description="Longest that a server may take over one reply of the chat model."
    )
    chat_tries: int = Field(
        3, ge=1, description="Times that a request to the provider's server is sent at most."
    )
    chat_rest_s: float = Field(
        30.0, gt=0, description="How long a server that fails again and again is left alone."
    )
    embedding_model: str = Field(
        "all-MiniLM-L6-v2", description="A catalogue name, a folder, or a model hub's name."
    )
    reranker_model: str = Field(
        "ms-marco-minilm-l12-int8",
        description="What orders evidence sentences: a catalogue name or a folder; empty: nothing.",
    )
    threads: int = Field(
        default_factory=lambda: (
            min(len(os.sched_getaffinity(0)), 8)
            if hasattr(os, "sched_getaffinity")
            else min(os.cpu_count() or 1, 8)
        ),
        ge=1,
        description="Threads of the embedded chat model.",
    )
    context_tokens: int = Field(
        8192, ge=1024, description="Tokens of context of the embedded chat model, over all slots."
    )
    answer_tokens: int = Field(160, ge=16, description="Most tokens of an answer.")

    passage_tokens: int = Field(
        200, ge=32, description="Most word pieces of a passage, title and date not counted."
    )
    retrieval: Literal["hybrid", "dense", "lexical"] = Field(
        "hybrid", description="Engines that find passages: both, meaning only, words only."
    )
    retrieve_passages: int = Field(10, ge=1, description="Passages that retrieval hands on.")
    evidence_sentences: int = Field(
        6,
        ge=1,
        description="Most sentences chosen for the model; what belongs to them comes along.",
    )
    evidence_tokens: int = Field(280, ge=50, description="Most tokens of evidence shown.")
    minimum_similarity: float = Field(
        0.2, ge=-1, le=1, description="Cosine below which nothing counts as close."
    )
    minimum_answerable: float = Field(
        0.06,
        ge=0,
        le=1,
        description="Chance of an answer, by verifier and reranker, below which the chat model "
        "is not asked.",
    )
    support_threshold: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Support score below which a statement is not shown: lower is bolder.",
    )
    evidence_selection: bool = Field(
        True, description="Whether sentences are chosen; else the best passages are shown whole."
    )
    worked_examples: bool = Field(True, description="Whether prompts show worked examples.")
    verifier: bool = Field(True, description="Whether the small verifier judges.")
    verification: bool = Field(
        True, description="Whether statements are verified; off only to measure what that is worth."
    )
    question_chars: int = Field(2000, ge=10, description="Longest question.")

    answers_at_once: int = Field(
        2, ge=1, description="Questions that the server answers at the same time."
    )
    answers_waiting: int = Field(
        16, ge=0, description="Questions that may wait for their turn; more are sent away."
    )
    source_list: bool = Field(
        True, description="Whether answers of the OpenAI-compatible API end with their sources."
    )
    log_questions: bool = Field(
        False, description="Whether the server's log, and traces, hold the text of questions."
    )
    trace_to: str | None = Field(
        None,
        description="OpenTelemetry collector (OTLP over HTTP) that gets traces; none where absent.",
    )

    ingest_engine: Engine = Field(
        "local", description="What `ingest` reads, splits and embeds with: this process, or Ray."
    )
    ray_address: str | None = Field(
        None, description="HOST:PORT of a Ray cluster; one on this machine's loopback where absent."
    )
    ingest_workers: int | None = Field(
        None, ge=1, description="Workers of Ray; as many as there are cores where absent."
    )

    source_bytes: int = Field(50_000_000, ge=1, description="Largest file or page that is read.")
    url_timeout_s: float = Field(20.0, gt=0, description="Longest wait for a web page.")
    allow_private_urls: bool = Field(
        False, description="Whether pages on private and loopback addresses may be read."
    )
    lock_wait_s: float = Field(
        0.0, ge=0, description="How long a second writer waits before it gives up."
    )

    chroma_url: str | None = Field(
        None, description="Chroma server that several processes share; embedded where absent."
    )
    chroma_token: SecretStr | None = Field(
        None, description="Secret for the authenticating proxy in front of that server."
    )
    chroma_token_header: str = Field(
        "Authorization", description="Header of the secret; Authorization carries it as Bearer."
    )
    chroma_tenant: str = Field("default_tenant", description="Tenant on that server.")
    chroma_database: str = Field("default_database", description="Database of that tenant.")
    chroma_timeout_s: float = Field(
        10.0, gt=0, description="Longest wait for one reply of that server."
    )
    chroma_tries: int = Field(
        3, ge=1, description="Times that a request to that server is sent at most."
    )
    replica: bool = Field(
        False, description="Whether this process only follows the index on the Chroma server."
    )

    keys_file: Path | None = Field(
        None, description="File of the API's keys; keys.json in the data folder where absent."
    )

    @field_validator("chroma_url", "trace_to")
    @classmethod
    def _check_server(cls, value: str | None, field: ValidationInfo) -> str | None:
        """Take an http or https address without a password: secrets have their own place."""
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(
                "it must hold no user, password or query; see "
                + _SECRET_PLACES[str(field.field_name)]
            )
        return value.rstrip("/")

    @property
    def corpus_location(self) -> Location:
        """The folder of the articles, here or elsewhere."""
        return self.corpus_dir if self.corpus_dir is not None else self.data_dir / "corpus"

    @property
    def keys_path(self) -> Path:
        """Where the API's keys are kept."""
        return self.keys_file if self.keys_file is not None else self.data_dir / "keys.json"

    @property
    def index_path(self) -> Path:
        """The folder of everything derived from the corpus."""
        return self.data_dir / "index"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Drop the sources that settings must not come from, add the TOML file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_path())


def config_path() -> Path:
    """Where `settings.toml` is looked for; it need not exist."""
    named = os.environ.get(CONFIG_VARIABLE)
    return Path(named) if named else platformdirs.user_config_path(APPLICATION) / "settings.toml"


def load_settings(**values: Any) -> Settings:
    """Read settings from all sources.

    Raises:
        SettingsError: an unknown name (also in the environment) or a value out of range.
    """
    _refuse_unknown_environment()
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        # What may hold a password is not repeated.
        given = "what was given" if name in _SECRET else repr(first.get("input"))
        raise SettingsError(
            f"The setting {name!r} cannot be {given}: {first['msg']}.",
            hint="See `assistant settings` for names, values and where each comes from.",
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"{config_path()} cannot be read as settings: {error}.",
            hint="It must be TOML with one `name = value` a line.",
        ) from error


def setting_origins(settings: Settings) -> dict[str, str]:
    """Tell for each setting where its value comes from."""
    file = TomlConfigSettingsSource(Settings, config_path())()
    origins = {}
    for name in Settings.model_fields:
        variable = f"{ENVIRONMENT_PREFIX}{name.upper()}"
        if os.environ.get(variable):
            origins[name] = variable
        elif name in file:
            origins[name] = str(config_path())
        elif name in settings.model_fields_set:
            origins[name] = "caller"
        else:
            origins[name] = "default"
    return origins


def _refuse_unknown_environment() -> None:
    # pydantic-settings ignores a mistyped variable even with extra="forbid".
    known = {f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in Settings.model_fields}
    known.add(CONFIG_VARIABLE)
    for variable in sorted(os.environ):
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in known:
            close = difflib.get_close_matches(variable, known, n=1)
            suggestion = f"Did you mean {close[0]}?" if close else "See `assistant settings`."
            raise SettingsError(
                f"The environment variable {variable} is no setting.", hint=suggestion
            )
