"""The corpus folder: what is stored, skipped and removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.corpus.store import CorpusFolder, ensure_starter
from assistant.errors import ArticleNotFoundError
from assistant.settings import Settings, load_settings

LIMIT = 1_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "data")


@pytest.fixture
def corpus(tmp_path: Path) -> CorpusFolder:
    (tmp_path / "corpus").mkdir()
    return CorpusFolder(tmp_path / "corpus")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_the_original_and_its_text_are_kept(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path
) -> None:
    source = write(tmp_path / "in" / "bridge.txt", "Bridge opens\n\nIt is high.")
    report = corpus.add([source], settings)
    (article,) = corpus.read(source_bytes=LIMIT).articles
    assert report.added == (article.id,)
    assert (article.title, article.text) == ("Bridge opens", "It is high.")
    (original,) = (corpus.path / "originals").iterdir()
    assert original.read_text() == "Bridge opens\n\nIt is high."


def test_a_folder_is_read_recursively_and_bad_files_are_named(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "a.txt", "One\n\nFirst text.")
    write(tmp_path / "in" / "deep" / "er" / "b.md", "# Two\n\nSecond text.")
    write(tmp_path / "in" / "empty.txt", "")
    write(tmp_path / "in" / "picture.png", "x")
    write(tmp_path / "in" / ".hidden.txt", "Three\n\nThird.")
    report = corpus.add([tmp_path / "in", tmp_path / "missing.txt"], settings)
    assert len(report.added) == 2
    assert [Path(failure.name).name for failure in report.failed] == [
        "empty.txt",
        "picture.png",
        "missing.txt",
    ]


def test_the_same_content_twice_is_one_article(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path
) -> None:
    write(tmp_path / "in" / "a.txt", "One\n\nFirst text.")
    write(tmp_path / "in" / "b.txt", "One\n\nFirst text.")
    report = corpus.add([tmp_path / "in"], settings)
    assert len(report.added) == 1
    assert corpus.add([tmp_path / "in"], settings).added == ()
    assert len(corpus.read(source_bytes=LIMIT).articles) == 1


def test_an_edited_file_is_another_article(corpus: CorpusFolder) -> None:
    path = write(corpus.path / "a.md", "# One\n\nFirst.")
    before = corpus.fingerprint()
    (old,) = corpus.read(source_bytes=LIMIT).articles
    write(path, "# One\n\nSecond, longer.")
    (new,) = corpus.read(source_bytes=LIMIT).articles
    assert new.id != old.id
    assert corpus.fingerprint() != before


def test_removing_an_article_removes_its_files(
    corpus: CorpusFolder, settings: Settings, tmp_path: Path
) -> None:
    source = write(tmp_path / "in" / "a.txt", "One\n\nFirst text.")
    (article_id,) = corpus.add([source], settings).added
    corpus.remove(article_id)
    assert corpus.read(source_bytes=LIMIT).articles == ()
    assert list((corpus.path / "originals").iterdir()) == []
    with pytest.raises(ArticleNotFoundError):
        corpus.remove(article_id)


def test_readme_and_links_out_of_the_corpus_are_no_articles(
    corpus: CorpusFolder, tmp_path: Path
) -> None:
    write(corpus.path / "README.md", "About this folder.")
    secret = write(tmp_path / "secret.txt", "Secret\n\nPasswords.")
    (corpus.path / "link.txt").symlink_to(secret)
    reading = corpus.read(source_bytes=LIMIT)
    assert reading.articles == ()
    assert [failure.name for failure in reading.failed] == ["link.txt"]


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
    source = write(tmp_path / "in" / "odd.txt", text)
    report = corpus.add([source], settings)
    assert report.failed == ()
    assert [article.id for article in corpus.read(source_bytes=LIMIT).articles] == list(
        report.added
    )


def test_the_starter_article_is_put_into_a_new_corpus_only(tmp_path: Path) -> None:
    ensure_starter(tmp_path / "corpus")
    (article,) = CorpusFolder(tmp_path / "corpus").read(source_bytes=LIMIT).articles
    assert article.title == "White House confirms plans for Second Trump-Kim summit"
    assert article.published is None
    (tmp_path / "other").mkdir()
    ensure_starter(tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []
