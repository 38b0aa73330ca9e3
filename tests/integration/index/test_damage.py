"""Damaged files are noticed, never believed, and mended by a rebuild."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.errors import SearchIndexError
from assistant.index import Index
from tests.support.corpora import make_article
from tests.support.embeddings import WordEmbeddings

pytestmark = pytest.mark.integration
ARTICLES = [make_article(number) for number in range(4)]


def open_index(folder: Path) -> Index:
    return Index.open(folder, WordEmbeddings(), passage_tokens=60)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pristine")
    index = open_index(folder)
    index.sync(ARTICLES)
    index.close()
    return folder


def published_files(folder: Path) -> list[Path]:
    return [
        path.relative_to(folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.stat().st_size and path.suffix not in {".lock", ".pid"}
    ]


def damage(path: Path, how: str) -> None:
    if how == "deleted":
        path.unlink()
    elif how == "halved":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(bytes(path.stat().st_size))


def answers(index: Index) -> list[list[str]]:
    """Search for every passage by its own words, in both engines."""
    found = []
    for article in ARTICLES:
        vector = WordEmbeddings().embed_query(article.text)
        found.append([hit.passage_id for hit in index.search_dense(vector, k=3)])
        found.append([hit.passage_id for hit in index.search_lexical(article.text, k=3)])
    return found


@pytest.mark.parametrize("how", ["deleted", "halved", "zeroed"])
def test_a_damaged_file_is_noticed_or_does_no_harm(
    pristine: Path, tmp_path: Path, how: str
) -> None:
    healthy = open_index(pristine)
    wanted = answers(healthy)
    healthy.close()
    files = published_files(pristine)
    assert len(files) >= 10
    noticed = 0
    for number, name in enumerate(files):
        folder = tmp_path / str(number)
        shutil.copytree(pristine, folder)
        damage(folder / name, how)
        index = open_index(folder)
        if all(finding.ok for finding in index.check()):
            assert answers(index) == wanted, f"{name} {how} went unnoticed"
        else:
            noticed += 1
            assert readable_or_refused(index, wanted), f"{name} {how} gave other answers"
        index.close()
    assert noticed >= len(files) // 2


def readable_or_refused(index: Index, wanted: list[list[str]]) -> bool:
    """Tell whether a damaged index either refuses or still answers as before."""
    try:
        return answers(index) == wanted
    except SearchIndexError:
        return True


@pytest.mark.parametrize("name", ["CURRENT", "catalogue.sqlite3", "data_level0.bin", "meta.json"])
def test_a_sync_mends_the_index(pristine: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(pristine, folder)
    damage(next(folder.rglob(name)), "halved")
    index = open_index(folder)
    index.sync(ARTICLES, rebuild=True)
    assert all(finding.ok for finding in index.check())
    assert len(index.articles()) == len(ARTICLES)
    index.close()


def test_old_generations_are_removed(tmp_path: Path) -> None:
    sizes = []
    index = open_index(tmp_path)
    for revision in range(6):
        index.sync([make_article(number, revision=revision) for number in range(3)])
        sizes.append(len(list(tmp_path.rglob("*"))))
    index.close()
    assert sizes[-1] <= sizes[1]
