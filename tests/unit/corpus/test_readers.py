"""Files become articles, or are refused by name with the reason."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import docx
import pypdf
import pytest

from assistant.corpus.cleaning import clean_text
from assistant.corpus.readers import READERS, read_file
from assistant.errors import SourceError
from assistant.types import Article

LIMIT = 1_000_000
TEXT = "The mayor opened the bridge.\n\nIt is 45 metres high."


def read(folder: Path, name: str, content: bytes) -> Article:
    path = folder / name
    path.write_bytes(content)
    return read_file(path, source_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_of_a_text_is_found(tmp_path: Path, encoding: str) -> None:
    text = (
        "Café résumé\n\nThe naïve façade – “quoted” – cost £5 in Zürich, the mayor’s office said."
    )
    article = read(tmp_path, "a.txt", text.encode(encoding))
    assert article.title == "Café résumé"
    assert article.text == text.split("\n\n")[1]


def test_text_is_normalised(tmp_path: Path) -> None:
    article = read(tmp_path, "a.txt", "T\r\n\r\nCafe\u0301 one.\rTwo.\r\n".encode())
    assert article.text == "Café one.\nTwo."


def test_markdown_carries_its_front_matter(tmp_path: Path) -> None:
    content = (
        f"---\ntitle: Bridge\nsource: Gazette\nauthor: I. Pell\npublished: 2020-03-01\n---\n{TEXT}"
    )
    article = read(tmp_path, "a.md", content.encode())
    assert (article.title, article.source, article.author) == ("Bridge", "Gazette", "I. Pell")
    assert article.published == date(2020, 3, 1)
    assert article.text == TEXT


def test_an_absent_date_stays_absent(tmp_path: Path) -> None:
    article = read(tmp_path, "a.md", f"---\ntitle: T\nsource:\npublished:\n---\n{TEXT}".encode())
    assert article.published is None
    assert article.source is None


def test_a_heading_is_the_title_where_there_is_no_other(tmp_path: Path) -> None:
    assert read(tmp_path, "a.md", f"# Bridge opens\n\n{TEXT}".encode()).title == "Bridge opens"


def test_markdown_reads_as_it_is_rendered(tmp_path: Path) -> None:
    content = (
        "# The *Bridge* opens\n\n"
        "It is **45 metres** high, [the mayor](https://town.example/mayor) said.\n\n"
        "**Will it last?**\n\n"
        "> We build for _a hundred_\n> years.\n\n"
        "Costs\n-----\n\n"
        "| Part | **Million** |\n|---|---|\n| Deck | 5 |\n\n"
        "- *steel*\n- 5 * 3 bolts of type_a_b\n\n"
        "***\n\n![The bridge](bridge.jpg)\nR\\*D &amp; Sons, <b>builders</b>\n"
    )
    article = read(tmp_path, "a.md", content.encode())
    assert article.title == "The Bridge opens"
    assert article.text == (
        "It is 45 metres high, the mayor said.\n\n"
        "Will it last?\n\n"
        "We build for a hundred\nyears.\n\n"
        "Costs\n\n"
        "| Part | Million |\n|---|---|\n| Deck | 5 |\n\n"
        "- steel\n- 5 * 3 bolts of type_a_b\n\n"
        "The bridge\nR*D & Sons, <b>builders</b>"
    )


@pytest.mark.parametrize("told", ["original: originals/0123456789abcdef.pdf", "markup: false"])
def test_text_that_is_said_to_be_no_markdown_stays_as_it_is(tmp_path: Path, told: str) -> None:
    body = "It has * marks * and\n# a hash, [as](it) was."
    content = f"---\ntitle: T\n{told}\n---\n{body}"
    assert read(tmp_path, "a.md", content.encode()).text == body


def test_html_gives_main_text_title_author_and_date(tmp_path: Path) -> None:
    page = f"""<html><head><title>Bridge opens</title>
    <meta name="author" content="Ines Pell"><meta property="article:published_time"
    content="2020-03-01T10:00:00Z"></head><body><nav>Home News</nav><script>var x = 1;</script>
    <article><h1>Bridge opens</h1><p>{"The mayor opened the bridge on Friday. " * 5}</p>
    <p>{"It is 45 metres high and cost a lot of money. " * 5}</p></article>
    <footer>Cookies</footer></body></html>"""
    article = read(tmp_path, "a.html", page.encode())
    assert article.title == "Bridge opens"
    assert article.published == date(2020, 3, 1)
    assert "Ines Pell" in str(article.author)
    assert "45 metres" in article.text
    assert "var x" not in article.text
    assert "Cookies" not in article.text


def make_pdf(*, password: str | None = None, text: str = TEXT) -> bytes:
    lines = b" T* ".join(f"({line}) Tj".encode() for line in text.split("\n"))
    stream = b"BT /F1 12 Tf 14 TL 72 700 Td " + lines + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    out += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % start
    if password is None:
        return out
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(out))
    writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_a_pdf_is_read(tmp_path: Path) -> None:
    assert "45 metres high" in read(tmp_path, "a.pdf", make_pdf()).text


def test_an_encrypted_pdf_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.pdf cannot be read: .*encrypted"):
        read(tmp_path, "a.pdf", make_pdf(password="secret"))


def test_a_docx_is_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "Bridge opens"
    document.add_paragraph("The mayor opened the bridge.")
    document.add_table(rows=1, cols=2).rows[0].cells[0].text = "45 metres"
    document.save(str(tmp_path / "a.docx"))
    article = read_file(tmp_path / "a.docx", source_bytes=LIMIT)
    assert article.title == "Bridge opens"
    assert "opened the bridge" in article.text
    assert "45 metres" in article.text


def make_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 600_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b" \n\t ", "is empty"),
        ("a.txt", b"\x00\x01\x02\x03" * 50, "binary"),
        ("a.txt", b"x" * (LIMIT + 1), "more than"),
        ("a.xyz", b"text", "format that cannot be read"),
        ("a", b"text", "no suffix"),
        ("a.pdf", b"%PDF-1.4 broken", "cannot be read"),
        ("a.docx", b"PK broken", "cannot be read"),
        ("a.docx", make_bomb(), "cannot be read"),
        ("a.md", b"---\ntitle: [\n---\nText", "not YAML"),
        ("a.md", b"---\ntitle: !!timestamp x\n---\nText", "not YAML"),
        ("a.md", b"---\ntitle: " + b"[" * 5_000 + b"\n---\nText", "not YAML"),
        ("a.md", b"---\na: &a [x, x]\ntitle: [*a, *a]\n---\nText", "title is no text"),
        ("a.md", b"---\nauthor: " + b"x" * 3_000 + b"\n---\nText", "author is no text"),
        ("a.md", b"---\npublished: soon\n---\nText here.", "published"),
        ("a.md", b"---\ntitle: T\n---\n", "no text"),
        ("a.html", b"<html><body></body></html>", "no main text"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        read(tmp_path, name, content)
    assert name in str(caught.value)


def test_whatever_a_parser_raises_is_told_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(content: bytes, name: str) -> None:
        raise RecursionError("too deep")

    monkeypatch.setitem(READERS, ".txt", fail)
    with pytest.raises(SourceError, match=r"a\.txt cannot be read: RecursionError: too deep"):
        read(tmp_path, "a.txt", b"Text")


def test_long_runs_of_space_take_no_longer_than_other_text() -> None:
    # What tries each space in turn takes half an hour for this.
    assert clean_text("a" + " " * 300_000 + "b \t\nc") == "a" + " " * 300_000 + "b\nc"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.txt"):
        read_file(tmp_path / "gone.txt", source_bytes=LIMIT)


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "nowhere.txt")
    with pytest.raises(SourceError, match=r"a\.txt"):
        read_file(tmp_path / "a.txt", source_bytes=LIMIT)
