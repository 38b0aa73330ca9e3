"""The embedded engine: llama.cpp's own server, in this process, on loopback."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from pathlib import Path

import httpx

from assistant.errors import ModelNotFoundError, SettingsError
from assistant.settings import Settings

logger = logging.getLogger(__name__)

SLOTS = 4
"""Requests that are served at once; each keeps the constant prefix of one prompt."""

_KEPT_FOLDER = "prefixes"
_SILENT = -1
_STATES_MIB = 512
"""Memory for states of slots that were given to another prompt; the default is 8 GiB."""


class EmbeddedEngine:
    """Serves a GGUF model on a random port of 127.0.0.1, behind a random key.

    The state in which a slot has read a constant prefix can be kept on disk (`keep`) and
    taken back by another process (`recall`), which saves reading it again.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        import xllamacpp

        self.key = secrets.token_urlsafe(32)
        self._kept = settings.data_dir / _KEPT_FOLDER
        self._model = f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}"
        self._version = str(getattr(xllamacpp, "__version__", ""))
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.api_keys = [self.key]
        parameters.ui = False
        parameters.n_ctx = settings.context_tokens
        parameters.n_parallel = SLOTS
        parameters.n_gpu_layers = 0
        parameters.cpuparams.n_threads = settings.threads
        parameters.cpuparams_batch.n_threads = settings.threads
        parameters.warmup = False
        parameters.verbosity = _SILENT
        parameters.endpoint_slots = True
        parameters.cache_ram_mib = _STATES_MIB
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"The data folder {settings.data_dir} cannot be written: {error}.",
                hint="Set ASSISTANT_DATA_DIR to a folder that you may write.",
            ) from error
        parameters.slot_save_path = f"{self._kept}{os.sep}"
        self._settings = f"{settings.context_tokens} {SLOTS}"
        try:
            self._server = xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise ModelNotFoundError(
                f"The chat model {path} cannot be loaded: {error}.",
                hint="It must be a GGUF file that this version of llama.cpp reads.",
            ) from error
        self.address: str = self._server.listening_address
        self._client = httpx.Client(
            base_url=self.address,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=settings.chat_timeout_s,
            trust_env=False,
        )

    def recall(self, slot: int, prefix: str) -> bool:
        """Put a kept state into a slot; False if there is none that fits."""
        name = self._name(prefix)
        if not (self._kept / name).is_file():
            return False
        reply = self._client.post(
            f"/slots/{slot}", params={"action": "restore"}, json={"filename": name}
        )
        if reply.is_success and reply.json().get("n_restored", 0) > 0:
            return True
        logger.debug("kept state %s was refused: %s", name, reply.text)
        (self._kept / name).unlink(missing_ok=True)
        return False

    def keep(self, slot: int, prefix: str) -> None:
        """Write a slot's state to disk. Failing to is no error: it only costs time later."""
        name = self._name(prefix)
        partial = f"{name}.{os.getpid()}.partial"
        reply = self._client.post(
            f"/slots/{slot}", params={"action": "save"}, json={"filename": partial}
        )
        if reply.is_success and reply.json().get("n_saved", 0) > 0:
            (self._kept / partial).replace(self._kept / name)
        else:
            logger.debug("slot %d was not kept: %s", slot, reply.text)
            (self._kept / partial).unlink(missing_ok=True)

    def close(self) -> None:
        """End the engine; what it was writing is dropped."""
        self._client.close()
        self._server = None

    def _name(self, prefix: str) -> str:
        parts = "\0".join((self._model, self._version, self._settings, prefix))
        return f"{hashlib.sha256(parts.encode()).hexdigest()[:24]}.slot"
