"""Real files of each format: what is read, where it lies in the text, and what is left out."""

from __future__ import annotations

import datetime as dt
import io
import json
import pkgutil
import sys
import zipfile
from email.message import EmailMessage
from importlib.util import find_spec
from pathlib import Path

import pytest
import real_files
from components import lacking
from real_files import converted, png_file, scan_file, zip_file

import documents.formats
from documents.blocks import MAX_COLUMNS, check_structure
from documents.document import Document, DocumentError, Part
from documents.find import find
from documents.formats import Options
from documents.formats.build import Builder
from documents.linearise import linearise
from documents.load import FORMATS, parse, parts, parts_of
from documents.normalise import normalise
from documents.sentences import sentences
from documents.split import Splitter


def titles(document: Document) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


def linearised(document: Document) -> str:
    """The whole text as models read it."""
    return linearise(document.text, document.tables, 0, len(document.text)).text


def pages(document: Document) -> list[str]:
    return [document.text[page.start : page.end] for page in document.pages]


@pytest.mark.parametrize("name", real_files.FILES)
def test_every_format_reads_its_file_and_normalises_it(name: str) -> None:
    found = list(parts_of(real_files.FILES[name](), name))
    assert found
    for part in found:
        assert part.reason == ""
        assert part.document is not None
        assert part.document.text == normalise(part.document.text)
        check_structure(part.document.text, part.document.blocks, part.document.tables)
        assert part.document.parser.split("/")[1].isdecimal()


def test_word_keeps_headings_lists_and_rows() -> None:
    document = parse(real_files.docx_file(), "a.docx")
    assert document.title == "Annual plan"
    assert titles(document) == [(1, "Annual plan"), (1, "Money"), (2, "People")]
    assert "• Rent first\n• Salaries next" in document.text
    assert "| Item | 2023 | 2024 |\n| Rent | 100 | 110 |\n| Salaries | 900 | 950 |" in document.text
    assert document.section_path(document.text.index("Ann leads")) == ("Money", "People")


def test_powerpoint_keeps_slides_and_notes() -> None:
    document = parse(real_files.pptx_file(), "a.pptx")
    first, second = pages(document)
    assert first == "Results\n\n• Sales rose by 5%\n• Costs fell by 3%\n\nThank the team in Bonn."
    assert second == "Cities\n\n| City | People |\n| Bonn | 330,000 |"
    assert document.page_at(document.text.index("330,000")) == 2


def test_excel_keeps_sheets_and_shows_values_as_formatted() -> None:
    document = parse(real_files.xlsx_file(), "a.xlsx")
    sales, staff = pages(document)
    assert [page.number for page in document.pages] == [1, 3]
    assert sales.startswith("Sales\n\nSales of 2024\n\n| Region | Date | Amount | Share |\n")
    assert "| North | 2024-03-01 | 12,345.50 | 12.5% |" in sales
    assert "| South | 2024-04-01 12:30 | 9.00 | 50.0% |" in sales
    assert staff == "Staff\n\n| Name | Office |\n| Ann | Bonn |"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_rows_are_read_with_their_column_headings(delimiter: str) -> None:
    data = 'name;age;"town, country"\nAnn;30;"Bonn, D"\nBob;;Köln\n'.replace(";", delimiter).encode()
    document = parse(data, "a.csv")
    assert document.text.split("\n") == [
        "| name | age | town, country |",
        "| Ann | 30 | Bonn, D |",
        "| Bob |  | Köln |",
    ]
    assert linearised(document).split("\n")[1:] == [
        "| name: Ann | age: 30 | town, country: Bonn, D |",
        "| name: Bob | town, country: Köln |",
    ]


def test_an_unclosed_quote_in_csv_is_an_error() -> None:
    rows = b"name,size\nAnn,1\n"
    with pytest.raises(DocumentError, match=r"^a\.csv: a quote that opens in the row of line 3 is never closed$"):
        parse(rows + b'"Bob,2\n' + b"Eve,3\n" * 9, "a.csv")
    assert parse(rows + b'Bob,"2', "a.csv").text.endswith("| Bob | 2 |")
    assert parse(rows + b'Bob,"2\n3\n4"', "a.csv").text.endswith("| Bob | 2 3 4 |")


def test_a_csv_without_headings_becomes_rows_of_plain_cells() -> None:
    assert linearised(parse(b"1.5,2\n3,4\n", "a.csv")) == "| 1.5 | 2 |\n| 3 | 4 |"
    headed = parse(b"Region,2023,2024\nNorth,1,2\n", "a.csv")
    assert linearised(headed).split("\n")[1] == "| Region: North | 2023: 1 | 2024: 2 |"


def test_each_row_is_a_sentence_and_a_chunk_of_its_own() -> None:
    rows = [["Item", "Amount in the year"]] + [
        [f"Item no. {number}. Of many", f"{number}.5 million euros"] for number in range(9)
    ]
    builder = Builder("test/1")
    builder.paragraph("What things cost. Here they are.")
    builder.rows(rows)
    document = builder.document("a")
    said = [document.text[start:end] for start, end in sentences(document.text)]
    assert said[:2] == ["What things cost.", "Here they are."]
    assert said[2:] == [f"| {item} | {amount} |" for item, amount in rows]
    chunks = Splitter(max_tokens=200).split(document)
    assert not any("What things cost" in chunk.text and "|" in chunk.text for chunk in chunks)
    assert max(chunk.text.count("\n") for chunk in chunks if chunk.text.startswith("|")) <= 1


def test_rows_of_a_markdown_table_stay_in_one_chunk_with_their_headings() -> None:
    document = parse(b"# T\n\n| a | b |\n|---|---|\n" + b"| one | two |\n" * 5, "a.md")
    assert Splitter(max_tokens=200).split(document)[0].text == document.text


def test_html_keeps_the_main_content_only() -> None:
    document = parse(real_files.HTML, "a.html")
    assert document.title == "Harbour news"
    assert titles(document) == [(1, "Harbour news"), (2, "Figures")]
    assert "The harbour handled 1,234 ships in 2024.\nKöln is upstream." in document.text
    assert "• first item\n• second item" in document.text
    assert "| Year | Ships |\n| 2023 | 1,100 |" in document.text
    assert not any(word in document.text for word in ("Home", "rights", "var x"))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
def test_html_is_decoded_as_it_declares(encoding: str) -> None:
    page = f"<html><head><meta charset='{encoding}'></head><body><p>Grüße aus Köln – schön hier.</p></body></html>"
    assert parse(page.encode(encoding), "a.html").text == "Grüße aus Köln – schön hier."


def test_html_cells_that_span_rows_and_columns() -> None:
    page = b"<table><tr><th>City<th>2023<th>2024<tr><td rowspan=2>Bonn<td>1<td>2<tr><td colspan=2>none</table>"
    document = parse(page, "a.html")
    assert document.text.split("\n")[1:] == ["| Bonn | 1 | 2 |", "|  | none |"]
    assert linearised(document).split("\n")[2] == "| Bonn | 2023: none |"


def test_html_keeps_content_whose_class_name_suggests_a_menu() -> None:
    page = """<p>Intro.</p><section id="related-work"><p>Others.</p></section>
<div class="menu"><h2>Dinner</h2><p>Fish.</p></div><ul class="nav"><li>Home</ul>"""
    assert parse(page.encode(), "a.html").text == "Intro.\n\nOthers.\n\nDinner\n\nFish."
    page = f'<div class="share"><p>{"Most of the text. " * 9}</p></div><div class="share">Post it</div><p>End.</p>'
    assert parse(page.encode(), "a.html").text == f"{('Most of the text. ' * 9).strip()}\n\nEnd."


def test_hidden_html_is_left_out() -> None:
    hide = '<span style="color: red; DISPLAY : none">secret</span>'
    page = f"""<h1>Title{hide}</h1><p>Seen{hide} text.</p><div style="display:none">secret</div><pre>a{hide}
b</pre><table><tr><th>A{hide}<th>B<tr><td>1<td>2{hide}</table><p style="display: block">End.</p>"""
    document = parse(page.encode(), "a.html")
    assert document.title == "Title"
    assert document.text == "Title\n\nSeen text.\n\na\nb\n\n| A | B |\n| 1 | 2 |\n\nEnd."


def test_restructuredtext_keeps_headings_lists_and_tables() -> None:
    document = parse(real_files.RST, "a.rst")
    assert document.title == "Harbour report"
    assert titles(document) == [(1, "Harbour report"), (2, "Staff")]
    assert "• Ann leads\n• Bob sails" in document.text
    assert "| Year | Ships |\n| 2023 | 1,100 |" in document.text


def test_epub_chapters_come_in_reading_order() -> None:
    document = parse(real_files.epub_file(), "a.epub")
    assert document.title == "The River Book"
    assert document.text == "The spring\n\nIt begins in the hills.\n\nThe sea\n\nIt ends at the sea."
    assert titles(document) == [(1, "The spring"), (1, "The sea")]


def test_epub_chapters_keep_lists_and_tables() -> None:
    with zipfile.ZipFile(io.BytesIO(real_files.epub_file())) as book:
        members = {entry.filename: book.read(entry) for entry in book.infolist()}
    table = b"<table><tr><th>Mile</th><th>Depth</th></tr><tr><td>1</td><td>3 m</td></tr></table></body>"
    steps = b"<ol start='2'><li>Row</li></ol>"
    members["OPS/one.xhtml"] = members["OPS/one.xhtml"].replace(b"</body>", steps + table)
    document = parse(zip_file(members), "a.epub")
    assert "2. Row\n\n| Mile | Depth |\n| 1 | 3 m |\n\nThe sea" in document.text
    assert [block.kind for block in document.blocks] == ["list", "step"]
    assert document.tables[0].headings == (0,)


def test_an_epub_with_a_missing_chapter_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(real_files.epub_file())) as book:
        members = {entry.filename: book.read(entry) for entry in book.infolist()}
    del members["OPS/one.xhtml"]
    with pytest.raises(DocumentError, match=r"^a\.epub: not a readable book \(OPS/one\.xhtml is missing\)$"):
        parse(zip_file(members), "a.epub")


def mail(text: str, subject: str = "Hello") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text)
    return message


def read(message: EmailMessage) -> dict[str, str]:
    """The text of each part of a mail, without the header fields."""
    found = list(parts_of(bytes(message), "a.eml"))
    assert len({part.name for part in found}) == len(found)
    return {part.name: part.document.text.partition("\n\n")[2] if part.document else part.reason for part in found}


def test_two_attachments_with_the_same_name_are_both_kept() -> None:
    message = mail("See both.")
    for text in ("one", "two"):
        message.add_attachment(f"Title\n\n{text}", filename="note.txt")
    assert read(message) == {"": "See both.", "note.txt": "one", "note (2).txt": "two"}


def test_a_mail_within_a_mail_is_an_attachment() -> None:
    message, forwarded = mail("See below."), mail("The budget is 5 million.", "Budget für Köln")
    forwarded.add_attachment("Title\n\nInner.", filename="note.txt")
    message.add_attachment(forwarded)
    message.add_attachment(mail("Another one."), filename="Re: more")
    assert read(message) == {
        "": "See below.",
        "message.eml": "The budget is 5 million.",
        "message.eml/note.txt": "Inner.",
        "Re: more.eml": "Another one.",
    }


def test_all_inline_text_parts_of_a_mail_are_its_body() -> None:
    message = mail("Before the picture.")
    message.add_attachment(b"GIF89a", maintype="image", subtype="gif", filename="a.gif", disposition="inline")
    message.add_attachment("After the picture.", disposition="inline")
    message.add_attachment("By a name.", filename="signature.asc-note", disposition="inline")
    message.add_attachment("<p>And <b>HTML</b>.</p>", subtype="html", disposition="inline")
    message.add_attachment("Title\n\nAttached.", filename="note.txt", disposition="inline")
    body = "Before the picture.\n\nAfter the picture.\n\nBy a name.\n\nAnd HTML."
    assert read(message) == {"": body, "note.txt": "Attached."}


def test_only_one_alternative_of_a_mails_body_is_read() -> None:
    message = mail("Plain words.")
    message.add_alternative("<p>Words of HTML.</p>", subtype="html")
    assert read(message) == {"": "Plain words."}


def test_mail_keeps_date_fields_and_attachments() -> None:
    message, attached = parts_of(real_files.eml_file(), "a.eml")
    assert message.document is not None
    assert attached.document is not None
    assert message.modified == dt.datetime(2024, 3, 5, 10, tzinfo=dt.UTC).timestamp()
    assert dict(message.metadata)["from"] == "Ann <ann@example.org>"
    assert message.document.title == "Meeting in Köln"
    assert message.document.text.startswith("From: Ann <ann@example.org>\nTo: bob@example.org\nDate: Tue, 05 Mar 2024")
    assert message.document.text.endswith("We meet on Friday at ten.\n\nBring the plans.")
    assert attached.name == "staff.csv"
    assert "| Bob | 41 | Köln |" in attached.document.text


def test_each_message_of_a_mailbox_is_a_document() -> None:
    found = list(parts_of(real_files.mbox_file(), "a.mbox"))
    assert [part.name for part in found] == ["1", "1/staff.csv", "2", "2/staff.csv"]
    assert found[2].document is not None
    assert "Monday" in found[2].document.text


def test_json_records_with_a_text_are_documents() -> None:
    first, second = parts_of(real_files.JSON, "a.json")
    assert first.document is not None
    assert (first.name, first.document.title) == ("1", "Rivers")
    assert first.document.text == "A text about rivers and their deltas."
    assert first.modified == dt.datetime(2024, 1, 2, tzinfo=dt.UTC).timestamp()
    assert first.metadata == (("id", "7"), ("date", "2024-01-02"))
    assert second.name == "2"


def test_options_choose_the_fields_of_json_records() -> None:
    lines = b'{"doc": {"main": "The text."}, "head": "A title", "tag": "x", "more": 1}\n{"head": "none"}\n'
    options = Options(text_field="doc.main", title_field="head", metadata_fields=("tag",))
    first, second = parts_of(lines, "a.jsonl", options)
    assert first.document is not None
    assert (first.document.text, first.document.title, first.metadata) == ("The text.", "A title", (("tag", "x"),))
    assert second == Part("2", None, "a.jsonl/2: the record has no text in its field 'doc.main'")


def test_json_records_without_a_text_are_rows() -> None:
    (only,) = parts_of(real_files.JSONL, "a.jsonl")
    assert only.document is not None
    assert only.document.text == "| question | count |\n| Where? | 1 |\n| When? | 2 |"


def test_the_fields_of_an_object_stand_above_the_rows_of_its_only_list() -> None:
    data = json.dumps({"invoice": "INV-1", "paid": True, "items": [{"sku": "A1", "qty": 2}, {"sku": "B2", "qty": 1}]})
    document = parse(data.encode(), "a.json")
    assert document.text == "invoice: INV-1\npaid: true\n\n| sku | qty |\n| A1 | 2 |\n| B2 | 1 |"
    assert document.tables[0].headings == (0,)


def test_numbers_of_json_are_as_they_stand_in_the_file() -> None:
    rows = parse(
        b'[{"price": 12.50, "many": 1e5, "all": [1.0, 2]}, {"price": -0.0, "many": 1E400, "all": 7}]', "a.json"
    )
    assert rows.text == "| price | many | all |\n| 12.50 | 1e5 | 1.0, 2 |\n| -0.0 | 1E400 | 7 |"
    digits = "9" * 5_000
    fields = parse(b'{"rate": 0.10, "ids": %s}' % digits.encode(), "a.json")
    assert fields.text == f"rate: 0.10\nids: {digits}"
    record = b'{"text": [{"size": 2.50}, "wide"], "date": 20250512.0, "weight": 3.40, "n": 3, "title": 1.10}\n'
    (part,) = parts_of(record, "a.jsonl", Options(text_field="text", title_field="title"))
    assert part.document is not None
    assert (part.document.text, part.document.title) == ('[{"size": 2.50}, "wide"]', "1.10")
    assert part.metadata == (("date", "20250512.0"), ("weight", "3.40"), ("n", "3"))


def test_json_records_with_more_fields_than_a_table_has_columns_are_given_field_by_field() -> None:
    records = [{f"key {number}": number} for number in range(MAX_COLUMNS + 1)]
    document = parse(json.dumps({"of": "Bonn", "rows": records}).encode(), "a.json")
    assert document.tables == ()
    assert document.text.startswith("of: Bonn\n1.key 0: 0\n2.key 1: 1\n")
    assert document.text.endswith(f"\n{MAX_COLUMNS + 1}.key {MAX_COLUMNS}: {MAX_COLUMNS}")


def test_other_json_becomes_a_line_for_each_field() -> None:
    data = json.dumps({"name": "refdesk", "needs": {"python": "3.11", "also": ["a", "b"]}, "none": None}).encode()
    document = parse(data, "a.json")
    assert document.text == "name: refdesk\nneeds.python: 3.11\nneeds.also: a, b"
    assert [(block.kind, block.label) for block in document.blocks] == [
        ("field", "name"), ("field", "needs.python"), ("field", "needs.also"),
    ]  # fmt: skip


def test_a_bad_json_line_is_reported_and_the_others_are_read() -> None:
    good, bad = sorted(parts_of(b'{"text": "fine"}\noops\n', "a.jsonl"), key=lambda part: part.name)
    assert bad == Part("2", None, "a.jsonl/2: not JSON (Expecting value in line 2, column 1)")
    assert good.document is not None
    assert good.document.text == "fine"


def test_an_archive_reads_like_a_folder(tmp_path: Path) -> None:
    inner = zip_file({"deep/note.txt": b"Deep down."})
    members = {"plan.docx": real_files.docx_file(), "bad.pdf": b"%PDF-nothing", "in.zip": inner, ".git/x.txt": b"no"}
    path = tmp_path / "a.zip"
    path.write_bytes(zip_file(members))
    found = {part.name: part for part in parts(path)}
    assert list(found) == ["plan.docx", "bad.pdf", "in.zip/deep/note.txt"]
    assert found["plan.docx"].modified == dt.datetime(2024, 3, 5, 10, tzinfo=dt.UTC).timestamp()
    assert found["bad.pdf"].reason.startswith(f"{path}/bad.pdf: not a readable PDF")


def test_load_refuses_a_file_of_several_documents() -> None:
    with pytest.raises(DocumentError, match=r"^a\.zip: holds several documents; add it to an index"):
        parse(zip_file({"a.txt": b"one", "b.txt": b"two"}), "a.zip")
    assert parse(zip_file({"a.txt": b"one"}), "a.zip").text == "one"


@pytest.mark.usefixtures("libreoffice")
@pytest.mark.parametrize(
    ("into", "names"),
    [("pdf", ["a.docx", "b.pptx", "c.xlsx"]), ("html", ["a.docx"]), ("epub", ["a.docx"]), ("csv", ["c.xlsx"])],
)
def test_files_saved_by_libreoffice_are_read(into: str, names: list[str], tmp_path: Path) -> None:
    sources = [tmp_path / name for name in names]
    for source in sources:
        source.write_bytes(real_files.FILES[f"a{source.suffix}"]())
    expected = {
        "a": ("The budget is 5 million euros. It was 4 million in 2023.", "Salaries next", "950"),
        "b": ("Results", "Sales rose by 5%", "Bonn"),
        "c": ("| North |", "| 12345.5 |") if into == "csv" else ("North", "12,345.50", "12.5%"),
    }
    for file in converted(into, *sources):
        document = parse(file.read_bytes(), file.name)
        for text in expected[file.stem]:
            assert text in document.text
        if into == "pdf":
            assert document.pages


def test_images_without_ocr_name_the_missing_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)  # as if it were not installed
    extra = r'run: pip install "refdesk\[ocr\]"$'
    with pytest.raises(DocumentError, match=rf"^a\.png: an image of text; .*{extra}"):
        parse(png_file(), "a.png")
    with pytest.raises(DocumentError, match=rf"^a\.pdf: holds only images of text; .*{extra}"):
        parse(scan_file(), "a.pdf")
    (tmp_path / "a.png").write_bytes(png_file())
    assert list(find([tmp_path])) == []


@pytest.mark.filterwarnings("ignore")
def test_ocr_reads_images_and_scanned_pdfs_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("rapidocr") is None:
        lacking("rapidocr", 'pip install "refdesk[ocr]"')

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    document = parse(png_file("The harbour handled 1,234 ships.", "Ninety people work there."), "a.png")
    assert "1,234 ships" in document.text
    assert "Ninety people" in document.text
    scanned = parse(scan_file(), "a.pdf")
    assert "1,234 ships" in scanned.text
    assert scanned.parser == "pdf/7+ocr/1"
    assert scanned.page_at(0) == 1


def test_parsers_are_imported_only_when_needed() -> None:
    import subprocess

    heavy = "docx pptx openpyxl lxml docutils pypdfium2 rapidocr PIL"
    code = f"import sys, documents.load; sys.exit(' '.join(m for m in '{heavy}'.split() if m in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_parser_imports_the_registry_that_loads_it_by_its_name() -> None:
    import subprocess

    names = {own.name for own in pkgutil.iter_modules(documents.formats.__path__)} - {"registry"}
    imports = "; ".join(f"import documents.formats.{name}" for name in sorted(names))
    code = f"import sys; {imports}; sys.exit('documents.formats.registry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_docs_hold_the_table_of_formats() -> None:
    from benchmarks.formats import formats_table

    assert formats_table() in (Path(__file__).parents[1] / "docs" / "formats.md").read_text("utf-8")
    assert all(kind.name in formats_table() for kind in FORMATS.values())
