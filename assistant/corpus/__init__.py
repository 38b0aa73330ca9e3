"""Files and pages in, articles out. No model, no index; the network only for URLs."""

from assistant.corpus.readers import read_file
from assistant.corpus.starter import ensure_starter
from assistant.corpus.store import CorpusFolder, CorpusReading

__all__ = ["CorpusFolder", "CorpusReading", "ensure_starter", "read_file"]
