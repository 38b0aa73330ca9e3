"""The reranker: the cross-encoder that puts evidence sentences in order."""

from __future__ import annotations

from pathlib import Path

from assistant.errors import SettingsError
from assistant.models.catalogue import in_catalogue
from assistant.models.cross_encoder import AbsentCrossEncoder, CrossEncoder
from assistant.models.pull import ensure_model
from assistant.settings import Settings
from assistant.types import Progress, no_progress

_TEMPERATURE = 3.0
"""Rankers trained on MS MARCO give logits up to 11 either way."""


def load_reranker(settings: Settings, *, progress: Progress = no_progress) -> CrossEncoder:
    """Load a cross-encoder of the catalogue, pulled where needed, or of a folder.

    Where the settings name none, it is one without opinions: the order of fusion remains.

    Raises:
        SettingsError: what is named is no cross-encoder of the catalogue, and no folder of one.
        ModelDigestError, ModelPullError: see `ensure_model`.
    """
    named = settings.reranker_model
    if not named:
        return AbsentCrossEncoder()
    if in_catalogue(named, "cross-encoder"):
        folder = ensure_model(named, settings, progress=progress)
    else:
        folder = Path(named).expanduser()
        absent = [n for n in ("model.onnx", "tokenizer.json") if not (folder / n).is_file()]
        if absent:
            raise SettingsError(
                f"The reranker {named!r} is no model of the catalogue, and no folder with "
                f"{' and '.join(absent)}.",
                hint="See `assistant models list`, or name a folder with both files.",
            )
    return CrossEncoder(folder, name=named, threads=settings.threads, temperature=_TEMPERATURE)
