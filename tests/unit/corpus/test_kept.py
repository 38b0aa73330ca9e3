"""What was read of files, and when it counts no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.kept import KeptFiles
from assistant.corpus.storage import StoredFile


def file(name: str, stamp: str, *, settled: bool = True) -> StoredFile:
    return StoredFile(name, 1, stamp, settled=settled, modified=None)


def test_a_file_is_known_by_name_and_stamp(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept")
    odd = "caf\udce9.txt"
    kept.keep([(file(odd, "1-2"), "read"), (file("new.txt", "3", settled=False), "never kept")])
    kept.close()
    kept = KeptFiles(tmp_path / "kept")
    assert kept.find(file(odd, "1-2")) == "read"
    assert kept.find(file(odd, "1-3")) is None
    assert kept.find(file(odd, "1-2", settled=False)) is None
    assert kept.find(file("new.txt", "3")) is None
    kept.delete()
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept")
    kept.keep([(file("a", "1"), "A"), (file("b", "1"), "B")])
    kept.retain([file("b", "2")])
    assert (kept.find(file("a", "1")), kept.find(file("b", "1"))) == (None, "B")
    kept.close()


def test_what_was_read_under_other_facts_is_forgotten(tmp_path: Path) -> None:
    for facts, expected in (("one", None), ("one", "read"), ("two", None)):
        kept = KeptFiles(tmp_path / "kept", facts=facts)
        assert kept.find(file("a", "1")) == expected
        kept.keep([(file("a", "1"), "read")])
        kept.close()


@pytest.mark.parametrize("content", [b"no SQLite file, but some bytes" * 100, b"SQLite format 3\0"])
def test_a_damaged_one_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kept").write_bytes(content)
    kept = KeptFiles(tmp_path / "kept")
    kept.keep([(file("a.txt", "1"), "read")])
    assert kept.find(file("a.txt", "1")) == "read"
    kept.close()
