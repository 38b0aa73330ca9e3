"""The corpus folder, here and at a URL: what is stored, skipped and removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.corpus.starter import ensure_starter
from assistant.corpus.store import CorpusFolder, fingerprint
from assistant.errors import ArticleNotFoundError, CorpusStoreError
from assistant.location import FolderUrl
from assistant.settings import Settings, load_settings
from tests.support.stores import Files, local_path

LIMIT = 1_000_000


def test_the_original_and_its_text_are_kept(
    corpus: CorpusFolder, files: Files, settings: Settings, tmp_path: Path
) -> None:
    source = local_path(tmp_path, "in/bridge.txt", "Bridge opens\n\nIt is high.")
    report = corpus.add([source], settings)
    (article,) = corpus.read(source_bytes=LIMIT).articles
    assert report.added == (article.id,)
    assert (article.title, article.text) == ("Bridge opens", "It is high.")
    (stored, original) = files.names()
    assert stored == f"bridge-opens-{article.id[:8]}.md"
    assert original.startswith("originals/")
    assert files.content(original) == b"Bridge opens\n\nIt is high."


def test_a_folder_is_read_recursively_and_bad_files_are_named(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path
) -> None:
    local_path(tmp_path, "in/a.txt", "One\n\nFirst text.")
    local_path(tmp_path, "in/deep/er/b.md", "# Two\n\nSecond text.")
    local_path(tmp_path, "in/empty.txt", "")
    local_path(tmp_path, "in/picture.png", "x")
    local_path(tmp_path, "in/.hidden.txt", "Three\n\nThird.")
    report = corpus.add([tmp_path / "in", tmp_path / "missing.txt"], settings)
    assert len(report.added) == 2
    assert [Path(failure.name).name for failure in report.failed] == [
        "empty.txt",
        "picture.png",
        "missing.txt",
    ]


def test_files_of_the_corpus_are_read_in_the_order_of_their_names(
    corpus: CorpusFolder, files: Files
) -> None:
    for name in ("b.md", "a.txt", "a/z.md", "a/b/c.md", "Z/a.txt", "a.txt.d/x.txt"):
        files.write(name, f"Of {name}\n\nIts text.")
    files.write("again.md", "Of b.md\n\nIts text.")
    files.write("broken.pdf", b"%PDF-1.7 and nothing else")
    files.write("empty.md", "")
    files.write("large.txt", "x" * 2000)
    files.write("picture.png", b"\x89PNG")
    for name in ("README.md", "originals/o.txt", ".hidden.txt", ".folder/x.txt"):
        files.write(name, "Hidden\n\nNo article.")
    files.write("a/README.md", "Inner\n\nThis one is an article.")
    reading = corpus.read(source_bytes=1000)
    assert [file.name for file in reading.files.values()] == [
        "a.txt",
        "again.md",
        "Z/a.txt",
        "a/README.md",
        "a/z.md",
        "a/b/c.md",
        "a.txt.d/x.txt",
    ]
    assert {item.name: item.reason.split(maxsplit=1)[1][:15] for item in reading.failed} == {
        "broken.pdf": "cannot be read:",
        "empty.md": "is empty. Remov",
        "large.txt": "has 2,000 bytes",
        "picture.png": "has a format th",
    }


def test_the_same_content_twice_is_one_article(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path
) -> None:
    local_path(tmp_path, "in/a.txt", "One\n\nFirst text.")
    local_path(tmp_path, "in/b.txt", "One\n\nFirst text.")
    report = corpus.add([tmp_path / "in"], settings)
    assert len(report.added) == 1
    assert corpus.add([tmp_path / "in"], settings).added == ()
    assert len(corpus.read(source_bytes=LIMIT).articles) == 1


def test_an_edited_file_is_another_article(corpus: CorpusFolder, files: Files) -> None:
    files.write("a.md", "# One\n\nFirst.")
    before = fingerprint(corpus.files())
    (old,) = corpus.read(source_bytes=LIMIT).articles
    assert fingerprint(corpus.files()) == before
    files.write("a.md", "# One\n\nOther.")  # of the same length
    (new,) = corpus.read(source_bytes=LIMIT).articles
    assert new.id != old.id
    assert fingerprint(corpus.files()) != before


def test_removing_an_article_removes_its_files(
    corpus: CorpusFolder, files: Files, settings: Settings, tmp_path: Path
) -> None:
    source = local_path(tmp_path, "in/a.txt", "One\n\nFirst text.")
    (article_id,) = corpus.add([source], settings).added
    files.write("other.md", "# Other\n\nIt stays.")
    assert corpus.remove(article_id) == f"one-{article_id[:8]}.md"
    assert files.names() == ["other.md"]
    with pytest.raises(ArticleNotFoundError):
        corpus.remove(article_id)


def test_an_original_stays_while_another_article_is_of_it(
    corpus: CorpusFolder, files: Files, settings: Settings, tmp_path: Path
) -> None:
    source = local_path(tmp_path, "in/a.txt", "One\n\nFirst text.")
    (article_id,) = corpus.add([source], settings).added
    (name, original) = files.names()
    files.write("copy.md", files.content(name).decode().replace("title: One", "title: Two"))
    corpus.remove(article_id)
    assert files.names() == ["copy.md", original]
    (other,) = corpus.read(source_bytes=LIMIT).articles
    corpus.remove(other.id)
    assert files.names() == []


def test_articles_bring_questions(corpus: CorpusFolder, files: Files) -> None:
    files.write("a.md", "---\nquestions:\n- What is one?\n---\n\nOne\n\nText.")
    files.write("b.txt", "Two\n\nText.")
    reading = corpus.read(source_bytes=LIMIT)
    one = next(article for article in reading.articles if article.title == "One")
    assert corpus.questions(reading.files) == {one.id: ("What is one?",)}


@pytest.mark.parametrize(
    "text",
    [
        "---\nnot: front matter\n---\nIt goes on.",
        "# A heading\n\nText with --- dashes\n---\nand more.",
        "Title: with colon\n\n“Quotes” & <b>tags</b>: {braces} $dollars",
        "T\n\n   indented\n\n\n\nfar apart\u2028line",
    ],
)
def test_any_text_survives_being_stored(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path, text: str
) -> None:
    source = local_path(tmp_path, "in/odd.txt", text)
    report = corpus.add([source], settings)
    assert report.failed == ()
    assert [article.id for article in corpus.read(source_bytes=LIMIT).articles] == list(
        report.added
    )


def open_folder(path: Path) -> CorpusFolder:
    return CorpusFolder.of(load_settings(corpus_dir=path, data_dir=path.parent / "data"))


def test_links_out_of_the_corpus_are_no_articles(tmp_path: Path) -> None:
    secret = local_path(tmp_path, "secret.txt", "Secret\n\nPasswords.")
    corpus = open_folder(tmp_path / "corpus")
    local_path(tmp_path, "corpus/a.txt", "One\n\nText.")
    (tmp_path / "corpus" / "link.txt").symlink_to(secret)
    (tmp_path / "corpus" / "nowhere.txt").symlink_to(tmp_path / "missing")
    (tmp_path / "corpus" / "inside.txt").symlink_to(tmp_path / "corpus" / "a.txt")
    (tmp_path / "corpus" / "folder").symlink_to(tmp_path)
    reading = corpus.read(source_bytes=LIMIT)
    assert [article.title for article in reading.articles] == ["One"]
    assert [failure.name for failure in reading.failed] == ["link.txt", "nowhere.txt"]


@pytest.mark.skipif(os.getuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_may_not_be_listed_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    local_path(tmp_path, "corpus/inner/a.txt", "One\n\nText.")
    (tmp_path / "corpus" / "inner").chmod(0)
    try:
        with pytest.raises(CorpusStoreError, match="inner"):
            open_folder(tmp_path / "corpus").files()
    finally:
        (tmp_path / "corpus" / "inner").chmod(0o755)


def test_a_file_in_the_place_of_the_folder_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    local_path(tmp_path, "corpus", "A file.")
    with pytest.raises(CorpusStoreError, match="corpus"):
        open_folder(tmp_path / "corpus").files()
    assert open_folder(tmp_path / "missing").files() == []


def test_the_starter_article_is_put_into_a_new_corpus_only(tmp_path: Path) -> None:
    ensure_starter(tmp_path / "corpus")
    (article,) = open_folder(tmp_path / "corpus").read(source_bytes=LIMIT).articles
    assert article.title == "White House confirms plans for Second Trump-Kim summit"
    assert article.published is None
    (tmp_path / "other").mkdir()
    ensure_starter(tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []
    ensure_starter(FolderUrl("memory://starter"))
    assert Files(FolderUrl("memory://starter")).names() == []
