"""A process that syncs over and over, to be killed.

`python -m tests.support.syncing DIR SEED [CHROMA_URL]`
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from assistant.errors import SearchIndexError
from assistant.index import Index, ServerOptions
from assistant.types import Article
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings


def corpus(seed: int) -> list[Article]:
    """Return one of many corpora that share most articles with their neighbours."""
    chooser = random.Random(seed)
    numbers = chooser.sample(range(14), 9)
    return [make_article(n, revision=chooser.randrange(2), sentences=30) for n in sorted(numbers)]


def main() -> None:
    """Sync to the corpora of SEED, SEED + 1, …, saying so before each.

    With a Chroma server a sync that failed is done again, as an operator would.
    """
    server = ServerOptions(sys.argv[3], timeout_s=5, tries=2) if len(sys.argv) > 3 else None
    index = Index.open(Path(sys.argv[1]), WordEmbeddings(), passage_tokens=60, server=server)
    for seed in range(int(sys.argv[2]), int(sys.argv[2]) + 1000):
        sys.stdout.write(f"{seed}\n")
        sys.stdout.flush()
        while True:
            try:
                index.sync(corpus(seed), wait_s=5 if server is None else 40)
                break
            except SearchIndexError as error:
                if server is None:
                    raise
                sys.stderr.write(f"{error}\n")
                time.sleep(0.5)


if __name__ == "__main__":
    main()
