"""The derived index: vectors in Chroma, words in tantivy, published in verified generations.

The corpus is the truth, a SQLite catalogue beside the index holds what was read from it and
every embedding ever made; all else here can be built again from that.
"""

from assistant.index.chroma_server import ServerOptions
from assistant.index.following import Following
from assistant.index.index import Index
from assistant.index.inspection import Finding
from assistant.index.view import Hit, IndexedPassage

__all__ = ["Finding", "Following", "Hit", "Index", "IndexedPassage", "ServerOptions"]
