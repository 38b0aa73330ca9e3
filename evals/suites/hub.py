"""Public sets from the model hub, through the optional `datasets` library."""

from __future__ import annotations

from typing import Any

from evals.suites.loading import DataError


def load_from_hub(suite: str, name: str, split: str) -> list[dict[str, Any]]:
    """Download a data set of the hub and return its rows.

    Raises:
        DataError: the library is missing, or the hub cannot be reached.
    """
    try:
        from datasets import load_dataset  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise DataError(
            f"Loading {suite} from the hub needs the `datasets` library: pip install datasets."
        ) from error
    try:
        return [dict(row) for row in load_dataset(name, split=split)]
    except Exception as error:  # the library raises many kinds: of network, cache and format
        raise DataError(
            f"{name} could not be loaded from the hub ({type(error).__name__}: {error}). "
            "Offline, name a folder with --data."
        ) from error


def not_on_hub(suite: str, where: str) -> DataError:
    """Return the error for a set that its authors publish elsewhere."""
    return DataError(f"{suite} is not on the hub: get it from {where} and name the folder: --data.")
