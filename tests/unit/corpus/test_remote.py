"""A corpus at a URL: what is fetched, what is refused, and what is never lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant, load_settings
from assistant.corpus.store import CorpusFolder
from assistant.doctor import examine
from assistant.errors import (
    CorpusEmptyError,
    CorpusStoreError,
    ExtraMissingError,
    SettingsError,
)
from assistant.location import FolderUrl
from assistant.settings import Settings
from assistant.web.rendering.settings import render_settings
from tests.support.scripted import ScriptedAssistant, answer_from_first_line
from tests.support.stores import CountedFileSystem, Files, local_path

LIMIT = 1_000_000
URL = "counted://bucket/articles"


@pytest.fixture(autouse=True)
def _fresh_store() -> Iterator[None]:
    CountedFileSystem.reset()
    yield
    CountedFileSystem.reset()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "data", corpus_dir=URL)


@pytest.fixture
def files() -> Files:
    found = Files(FolderUrl(URL))
    found.write("ferry.md", "# Ferry line ends\n\nThe ferry stopped in May.")
    found.write("bridge.md", "# Bridge opens\n\nThe bridge is 40 metres high.")
    return found


@pytest.fixture
def assistant(settings: Settings, files: Files) -> Iterator[ScriptedAssistant]:
    with ScriptedAssistant(settings, answer_from_first_line) as opened:
        opened.refresh()
        yield opened


def titles(assistant: Assistant) -> list[str]:
    return [article.title for article in assistant.articles()]


def test_only_what_changed_is_fetched_again(settings: Settings, files: Files) -> None:
    for expected in (["bridge.md", "ferry.md"], []):
        corpus = CorpusFolder.of(settings)  # as another process would
        assert len(corpus.read(source_bytes=LIMIT).articles) == 2
        corpus.close()
        assert CountedFileSystem.reads == expected
        CountedFileSystem.reads.clear()
    files.write("ferry.md", "# Ferry line ends\n\nThe ferry stopped in July.")
    files.delete("bridge.md")
    (article,) = corpus.read(source_bytes=LIMIT).articles
    assert "July" in article.text
    assert CountedFileSystem.reads == ["ferry.md"]
    corpus.forget()
    corpus.read(source_bytes=LIMIT)
    assert CountedFileSystem.reads == ["ferry.md", "ferry.md"]
    corpus.close()


def test_what_is_no_article_is_not_fetched(settings: Settings, files: Files) -> None:
    files.write("picture.png", b"\x89PNG")
    files.write("large.txt", "x" * 300)
    corpus = CorpusFolder.of(settings)
    assert len(corpus.read(source_bytes=200).failed) == 2
    assert CountedFileSystem.reads == ["bridge.md", "ferry.md"]
    corpus.close()


def test_a_file_is_never_seen_half_written(settings: Settings, tmp_path: Path) -> None:
    corpus = CorpusFolder.of(settings)
    source = local_path(tmp_path, "in.txt", "One\n\nText.")
    CountedFileSystem.failing["pipe_file"] = OSError("the line was cut")
    with pytest.raises(CorpusStoreError, match="the line was cut"):
        corpus.add([source], settings)
    CountedFileSystem.failing.clear()
    corpus.add([source], settings)
    assert not [name for name in Files(FolderUrl(URL)).names() if "partial" in name]
    assert len(corpus.read(source_bytes=LIMIT).articles) == 1
    corpus.close()


def test_edits_additions_and_removals_are_noticed(
    assistant: ScriptedAssistant, files: Files
) -> None:
    assert titles(assistant) == ["Bridge opens", "Ferry line ends"]
    assert assistant.refresh() is None
    files.write("ferry.md", "# Ferry line goes on\n\nThe ferry did not stop.")
    files.delete("bridge.md")
    files.write("new/tower.txt", "Tower closes\n\nThe tower is shut.")
    assert assistant.refresh() is not None
    assert titles(assistant) == ["Ferry line goes on", "Tower closes"]
    (entry, _) = assistant.entries()
    assert entry.added is not None


def test_articles_are_added_found_and_removed(
    assistant: ScriptedAssistant, files: Files, tmp_path: Path
) -> None:
    report = assistant.ingest(local_path(tmp_path, "in/tower.txt", "Tower shut\n\nIt is closed."))
    assert assistant.search("Which tower is closed?", k=1)[0].article.title == "Tower shut"
    assert assistant.article(report.added[0]).text == "It is closed."
    assert len(files.names()) == 4
    assistant.remove(report.added[0])
    assert files.names() == ["bridge.md", "ferry.md"]
    assert titles(assistant) == ["Bridge opens", "Ferry line ends"]


@pytest.mark.parametrize("act", ["ls", "cat_file"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError("Access Denied"), "is refused"),
        (OSError(5, "no route to host"), "cannot be used"),
        (TimeoutError("no reply"), "cannot be used"),
        (RuntimeError("NoCredentialsError: Unable to locate credentials"), "is refused"),
    ],
)
def test_a_store_that_fails_is_no_empty_corpus(
    assistant: ScriptedAssistant, files: Files, act: str, error: Exception, words: str
) -> None:
    before = assistant.index.version()
    files.write("new.md", "# New\n\nIt is new.")
    CountedFileSystem.failing[act] = error
    for sync in (assistant.refresh, assistant.sync, assistant.ingest):
        with pytest.raises(CorpusStoreError, match=words) as caught:
            sync()
        assert "index was left as it is" in caught.value.hint
    assert assistant.index.version() == before
    assert titles(assistant) == ["Bridge opens", "Ferry line ends"]
    CountedFileSystem.failing.clear()
    assistant.refresh()
    assert "New" in titles(assistant)


def test_articles_are_read_and_listed_while_the_store_is_away(
    settings: Settings, assistant: ScriptedAssistant
) -> None:
    CountedFileSystem.failing |= {name: OSError("away") for name in ("ls", "cat_file")}
    with ScriptedAssistant(settings, answer_from_first_line) as other:
        (bridge, _) = other.entries()
        assert bridge.added is None
        assert other.article(bridge.article_id).title == "Bridge opens"
        assert other.search("How high is the bridge?", k=1)
        assert other.example_questions() == []
        (finding,) = [item for item in examine(settings, other) if item.subject == "corpus"]
        assert not finding.ok
        assert "away" in finding.message


def test_a_file_in_the_place_of_the_folder_is_no_empty_corpus(tmp_path: Path, files: Files) -> None:
    settings = load_settings(data_dir=tmp_path, corpus_dir=f"{URL}/bridge.md")
    with pytest.raises(CorpusStoreError, match="it is a file"):
        CorpusFolder.of(settings).files()


def test_a_folder_that_was_emptied_needs_a_yes(assistant: ScriptedAssistant, files: Files) -> None:
    for name in files.names():
        files.delete(name)
    with pytest.raises(CorpusEmptyError):
        assistant.refresh()
    assert len(titles(assistant)) == 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nosuch://bucket/x", "protocol that is not known"),
        ("s3:/bucket/x", "two slashes"),
        ("https://example.com/articles", "assistant ingest URL"),
        ("zip://a::s3://bucket/x", "chain"),
        ("simplecache::s3://bucket/x", "chain"),
        ("s3://", "bucket"),
        ("s3://key:hush@bucket/x", "environment"),
        ("file://folder", "three slashes"),
    ],
)
def test_a_url_that_cannot_be_a_corpus_is_refused(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        Assistant.open(load_settings(data_dir=tmp_path, corpus_dir=url))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(("protocol", "package"), [("s3", "s3fs"), ("gs", "gcsfs")])
def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, protocol: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(ExtraMissingError, match=rf"article-assistant\[{protocol}\]"):
        Assistant.open(load_settings(data_dir=tmp_path, corpus_dir=f"{protocol}://bucket/x"))


def test_what_a_url_must_not_show_is_shown_nowhere(tmp_path: Path) -> None:
    full = "sftp://ann:hu%21sh@files.example/articles?token=hush-hush"
    settings = load_settings(data_dir=tmp_path, corpus_dir=full)
    url = settings.corpus_location
    assert isinstance(url, FolderUrl)
    assert url.full == full
    shown = [
        repr(settings),
        settings.model_dump_json(),
        str(settings.model_dump()),
        f"{url}{url!r}",
    ]
    shown.append(render_settings(settings, dict.fromkeys(Settings.model_fields, "default")))
    shown.append(url.hide(f"{full}: no, not hu!sh, user ann, ?token=hush-hush"))
    with ScriptedAssistant(settings, answer_from_first_line) as opened:
        findings = [f"{item.message} {item.remedy}" for item in examine(settings, opened)]
    shown += findings
    assert any("sftp://***@files.example/articles" in text for text in findings)
    for text in shown:
        assert "hush" not in text
        assert "hu%21sh" not in text
        assert "hu!sh" not in text
        assert "ann:" not in text


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("~/articles", Path("~/articles").expanduser()),
        ("articles", Path("articles")),
        (Path("/srv/articles"), Path("/srv/articles")),
        ("file:///srv/my%20articles", Path("/srv/my articles")),
        ("S3://Bucket/a/", FolderUrl("s3://Bucket/a")),
        ("memory://", FolderUrl("memory://")),
    ],
)
def test_a_path_or_a_url_is_taken(given: object, expected: object) -> None:
    assert load_settings(corpus_dir=given).corpus_location == expected


def test_workers_are_refused_a_corpus_of_this_process(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    settings = load_settings(data_dir=tmp_path, corpus_dir="memory://x", ingest_engine="ray")
    with (
        ScriptedAssistant(settings, answer_from_first_line) as opened,
        pytest.raises(SettingsError, match="memory") as caught,
    ):
        opened.ingest()
    assert "--engine local" in caught.value.hint
