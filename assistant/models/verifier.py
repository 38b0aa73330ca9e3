"""The verifier: a small cross-encoder that tells whether a text answers a question.

It reads a question together with a sentence of an article in its context, and is no judge of its
own writing as a chat model is. How it was trained, and how good it is, stands in
`evals/verifier/README.md`; its weights travel with the package and are loaded only if their
SHA-256 is the pinned one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from assistant.errors import ModelDigestError
from assistant.models.cross_encoder import AbsentCrossEncoder, CrossEncoder
from assistant.models.pull import digest_file
from assistant.settings import Settings

WEIGHTS = Path(__file__).parent / "verifier_weights"
"""The trained weights, their tokenizer, and the card that pins both."""


def load_verifier(settings: Settings, *, folder: Path = WEIGHTS) -> CrossEncoder:
    """Load the weights that travel with the package, or those of another folder.

    Where the settings leave the verifier out, it is one without opinions.

    Raises:
        ModelDigestError: a file is not the one that the folder's card pins.
    """
    if not settings.verifier:
        return AbsentCrossEncoder()
    card = tomllib.loads((folder / "card.toml").read_text("utf-8"))
    for name, digest in card["sha256"].items():
        if digest_file(folder / name) != digest:
            raise ModelDigestError(
                f"{folder / name} is not the pinned file of {card['name']}: its SHA-256 differs. "
                "It is not loaded.",
                hint="Install the package again.",
            )
    return CrossEncoder(folder, name=card["name"], threads=settings.threads)
