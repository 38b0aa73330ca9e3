"""Join a Ray cluster, or start one on this machine's loopback."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

from assistant.errors import ExtraMissingError, SettingsError, WorkersError
from assistant.location import FolderUrl
from assistant.settings import Settings

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
_NOWHERE = {
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "no_proxy": "127.0.0.1,localhost",
    "autoscaler_metric_port": "-1",
}
"""For processes of a cluster that is started here: Ray's dashboard, even switched off, asks a
cloud's metadata address where it runs. With a proxy that is not there nothing leaves. Counters of
the autoscaler are not served at a port that is none; Ray has no other switch for them."""

_STORE_BYTES = 256 * 2**20
_LAST_PORT = 65535
_REACHED_S = 5.0
"""Longest wait for a connection to the cluster."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that is connected: how many workers to use, and threads for each."""

    workers: int
    threads: int


@contextmanager
def open_cluster(settings: Settings) -> Iterator[Cluster]:
    """Connect to the cluster of the settings, or start one that ends with this process.

    Workers times threads is at most the number of cores.

    Raises:
        ExtraMissingError: Ray is not installed.
        WorkersError: the cluster cannot be reached or has no cores.
    """
    ray = _import_ray()
    address = settings.ray_address
    given: dict[str, Any] = {"address": address}
    if address is None:
        given = {
            "address": "local",
            "num_cpus": settings.threads,
            "num_gpus": 0,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
            "_node_ip_address": "127.0.0.1",
        }
    if ray.is_initialized():
        raise WorkersError(
            "This process is connected to a Ray cluster already.",
            hint="Call ray.shutdown() first: ingestion connects and disconnects by itself.",
        )
    try:
        with _variables(_NOWHERE if address is None else {}):
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **given)
    except Exception as error:  # Ray raises many kinds here
        where = address or "on this machine"
        raise _unreachable(where, _first_line(error)) from error
    # What Ray prints about its workers must not stand in the command's own output.
    with redirect_stdout(sys.stderr):
        try:
            cores = int(ray.cluster_resources().get("CPU", 0))
            if cores == 0:
                raise WorkersError("The Ray cluster has no cores.", hint="Start a worker node.")
            workers = min(cores, settings.ingest_workers or cores)
            yield Cluster(workers, max(1, cores // workers))
        finally:
            ray.shutdown()


def _check_reachable(address: str) -> None:
    """Ask whether anybody listens at HOST:PORT: Ray itself tries for more than a minute.

    Raises:
        WorkersError: nobody does, or the address is none.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise _unreachable(address, "an address is HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACHED_S).close()
    except OSError as error:
        raise _unreachable(address, _first_line(error)) from error


def _unreachable(where: str, problem: str) -> WorkersError:
    return WorkersError(
        f"The Ray cluster {where} cannot be reached: {problem}.",
        hint="Check that `ray status` answers there, that the port is open, that Ray and Python "
        "have the same versions on all machines, and that RAY_AUTH_MODE and RAY_AUTH_TOKEN are "
        "the cluster's.",
    )


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that are started meanwhile."""
    names = [form for name in values for form in (name, name.upper())]
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: values[name.lower()] for name in names})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _import_ray() -> Any:
    os.environ.update(_QUIET)
    try:
        import pyarrow  # noqa: F401  Ray Data needs it, and is not all of Ray
        import ray
    except ImportError as error:
        raise ExtraMissingError("Ray", "ray") from error
    return ray


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def refuse_unready(settings: Settings) -> None:
    """Refuse before anything is loaded.

    Raises:
        ExtraMissingError: Ray is not installed.
        SettingsError: the corpus is in this process's memory, where no worker reads it.
        WorkersError: nobody listens at the address of the cluster.
    """
    if settings.ray_address is not None:
        _check_reachable(settings.ray_address)
    _import_ray()
    location = settings.corpus_location
    if isinstance(location, FolderUrl) and location.protocol == "memory":
        raise SettingsError(
            "Workers of Ray cannot read a corpus in this process's memory.",
            hint="Use --engine local, or a corpus folder that all workers reach.",
        )
