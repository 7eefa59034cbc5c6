"""Malicious files: each is refused or read in bounded time, and nothing outside the file is touched."""

from __future__ import annotations

import io
import json
import re
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pypdf
import pytest
from components import lacking
from PIL import Image
from real_files import CSV, Ink, docx_file, eml_file, epub_file, pdf, pdf_file, xlsx_file, zip_file

from documents.document import DocumentError, Part
from documents.formats import MAX_MEMBERS, Budget, safe_name, xlsx
from documents.formats.zipped import MAX_RATIO
from documents.load import parse, parts, parts_of

SECRET = "the secret that lies outside"


def changed(data: bytes, member: str, old: bytes, new: bytes) -> bytes:
    """A container with ``old`` replaced in one of its files."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        members = {entry.filename: source.read(entry) for entry in source.infolist()}
    assert old in members[member]
    return zip_file({**members, member: members[member].replace(old, new, 1)})


def refused(data: bytes, name: str) -> str:
    """The one-line reason for which ``data`` is refused."""
    with pytest.raises(DocumentError) as caught:
        parse(data, name)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    return message


def outcome(data: bytes, name: str) -> str:
    """The text or, where the file is refused, the one-line reason."""
    try:
        return "\n".join(part.document.text if part.document else part.reason for part in parts_of(data, name))
    except DocumentError as error:
        return re.fullmatch(rf"{re.escape(name)}: .+", str(error))[0]  # type: ignore[index]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


def doctype(path: Path) -> bytes:
    return f'<!DOCTYPE x [<!ENTITY leak SYSTEM "{path.as_uri()}">]>'.encode()


LAUGHS = b'<!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.encode() for n in range(1, 12)
) + b"]>"  # fmt: skip


@pytest.mark.parametrize(
    ("make", "name", "member"),
    [(docx_file, "a.docx", "word/document.xml"), (xlsx_file, "a.xlsx", "xl/workbook.xml")],
)
def test_office_files_with_entities_are_refused(make: object, name: str, member: str, outside: Path) -> None:
    whole = make()  # type: ignore[operator]
    root = b"<w:document" if name == "a.docx" else b"<workbook"
    for harm in (doctype(outside), LAUGHS, b"<!--" + b" " * 100_000 + b"-->" + LAUGHS):
        assert "declares entities" in refused(changed(whole, member, root, harm + root), name)


def test_epubs_with_entities_are_refused(outside: Path) -> None:
    for harm in (doctype(outside), LAUGHS):
        data = changed(epub_file(), "OPS/book.opf", b"<package", harm + b"<package")
        assert "declares entities" in refused(data, "a.epub")


def test_entities_in_html_read_no_file(outside: Path) -> None:
    for page in (doctype(outside) + b"<p>Seen: &leak;</p>", LAUGHS + b"<p>Seen: &a11;</p>"):
        text = parse(b"<html>" + page + b"</html>", "a.html").text
        assert SECRET not in text
        assert len(text) < 1000


@pytest.mark.parametrize(
    "directive", ["include:: {}", "raw:: html\n   :file: {}", "csv-table:: t\n   :file: {}", "literalinclude:: {}"]
)
def test_restructuredtext_includes_no_files(directive: str, outside: Path) -> None:
    text = parse(f"Title\n=====\n\nA text.\n\n.. {directive.format(outside)}\n".encode(), "a.rst").text
    assert "A text." in text
    assert SECRET not in text


def test_linked_images_and_frames_are_not_read(outside: Path) -> None:
    page = f'<p>Text.</p><img src="{outside.as_uri()}"><iframe src="{outside.as_uri()}"></iframe>'
    assert SECRET not in parse(page.encode(), "a.html").text
    relation = (
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"'
    )
    relation += f' Target="{outside.as_uri()}" TargetMode="External"/>'.encode()
    data = changed(docx_file(), "word/_rels/document.xml.rels", b"</Relationships>", relation + b"</Relationships>")
    assert SECRET not in parse(data, "a.docx").text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd.txt", "etc/passwd.txt"),
        ("/etc/passwd.txt", "etc/passwd.txt"),
        ("..\\..\\windows\\x.txt", "windows/x.txt"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("a\nb/\x00c.txt", "ab/c.txt"),
        ("../..", ""),
    ],
)
def test_member_names_cannot_leave_the_archive(name: str, expected: str) -> None:
    assert safe_name(name) == expected


def test_members_with_paths_outside_are_placed_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_file({"../../up.txt": b"one", "/abs.txt": b"two", "up.txt": b"three", "../up.txt": b"four"}))
    names = [part.name for part in parts(path)]
    assert names == ["up.txt", "abs.txt", "up (2).txt", "up (3).txt"]
    assert all((path / name).is_relative_to(path) for name in names)
    assert list(tmp_path.iterdir()) == [path]


def only(data: bytes, name: str) -> Part:
    (part,) = parts_of(data, name)
    return part


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = zip_file({"zeros.txt": b"\0" * (50 * 1024 * 1024)})
    assert len(bomb) < 100_000
    assert "packed 200 times smaller" in only(bomb, "a.zip").reason
    assert "packed 200 times smaller" in refused(zip_file({"word/document.xml": b" " * (9 * 1024 * 1024)}), "a.docx")


@pytest.mark.parametrize("members", [{"photo.raw": b"x", ".hidden.txt": b"text"}, {"only/": b""}])
def test_an_archive_without_documents_is_reported(members: dict[str, bytes]) -> None:
    data = zip_file(members)
    with pytest.raises(DocumentError, match=r"^a\.zip: holds no file of a known format$"):
        list(parts_of(data, "a.zip"))
    assert only(zip_file({"in.zip": data}), "a.zip").reason == "a.zip/in.zip: holds no file of a known format"


def test_two_members_with_the_same_name_are_both_kept() -> None:
    data = zip_file({"in.zip": zip_file({"a.txt": b"one"}), "in.zip/a.txt": b"two"})
    assert [(part.name, part.document.text if part.document else "") for part in parts_of(data, "a.zip")] == [
        ("in.zip/a.txt", "one"),
        ("in.zip/a (2).txt", "two"),
    ]


def test_a_member_that_misstates_its_size_is_refused() -> None:
    data = zip_file({"a.txt": b"word " * 1000})
    lying = data.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    assert lying != data
    assert "cannot be unpacked" in only(lying, "a.zip").reason


def test_the_unpacked_size_and_number_of_all_members_are_limited() -> None:
    budget = Budget(size=1000)
    for size in (400, 500, *[0] * (MAX_MEMBERS - 3)):
        budget.take(size, "a.zip")
    with pytest.raises(DocumentError, match=r"^a\.zip: more than 1024 MB when unpacked"):
        budget.take(400, "a.zip")
    with pytest.raises(DocumentError, match=r"^a\.zip: more than 20000 files in it"):
        budget.take(0, "a.zip")


def test_nesting_depth_is_limited() -> None:
    data = zip_file({"deep.txt": b"Deep."})
    for _ in range(8):
        data = zip_file({"next.zip": data})
    part = only(data, "a.zip")
    assert part.name == "next.zip/next.zip/next.zip"
    assert "nested too deep" in part.reason


def test_archives_and_mails_may_contain_each_other() -> None:
    quine = zip_file({"a.eml": eml_file(), "a.txt": b"x"})
    mail = eml_file().replace(b'filename="staff.csv"', b'filename="in.zip"')
    assert [part.name for part in parts_of(mail, "a.eml")] == ["", "in.zip"]
    assert len(list(parts_of(quine, "a.zip"))) == 3


def test_encrypted_files_are_reported_as_encrypted() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_file()))
    writer.encrypt("secret", algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    assert "encrypted; open it with its password" in refused(target.getvalue(), "a.pdf")
    assert "encrypted, or of a format before 2007" in refused(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx"
    )
    locked = bytearray(zip_file({"a.txt": b"text"}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        locked[locked.index(mark) + (6 if mark == b"PK\x03\x04" else 8)] |= 1
    assert only(bytes(locked), "a.zip").reason == "a.zip/a.txt: encrypted; unpack it with its password first"


def test_a_pdf_with_a_loop_of_pages_terminates() -> None:
    circle = re.sub(rb"/Kids ?\[[^\]]*\]", b"/Kids[1 0 R 2 0 R 3 0 R]", pdf_file())
    assert outcome(circle, "a.pdf")


def test_deeply_nested_json_is_refused() -> None:
    assert "nested too deep" in refused(b"[" * 200_000 + b"]" * 200_000, "a.json")
    value: object = "x"
    for _ in range(300):
        value = {"a": value}
    assert "nested too deep" in refused(json.dumps(value).encode(), "a.json")


def test_very_long_numbers_are_read_as_text() -> None:
    digits = "9" * 100_000
    assert outcome(f'{{"a": -{digits}, "b": 7}}'.encode(), "a.json") == f"a: -{digits}\nb: 7"


def test_deeply_nested_html_and_mail_terminate() -> None:
    assert parse(b"<div>" * 240 + b"deep down", "a.html").text == "deep down"
    assert "nested too deep" in refused(b"<div>" * 50_000 + b"deep down", "a.html")
    mail = b"Subject: x\nContent-Type: message/rfc822\n\n" * 2_000 + b"Subject: y\n\nEnd."
    assert outcome(mail, "a.eml")


def test_the_size_a_sheet_states_is_ignored() -> None:
    data = changed(
        xlsx_file(), "xl/worksheets/sheet1.xml", b'<dimension ref="A1:D4"', b'<dimension ref="A1:XFD1048576"'
    )
    assert parse(data, "a.xlsx") == parse(xlsx_file(), "a.xlsx")
    far = changed(xlsx_file(), "xl/worksheets/sheet3.xml", b'r="2"', b'r="1048576"')
    assert parse(far, "a.xlsx").text.endswith("Bonn |")


def test_a_table_with_too_many_rows_is_refused() -> None:
    assert "more than 200000 rows" in refused(b"a,b\n" * 200_001, "a.csv")
    with pytest.raises(DocumentError, match=r"^a\.xlsx: more than 3 rows"):
        xlsx.parse(xlsx_file(), "a.xlsx", most_rows=3)


def test_pages_and_characters_of_a_pdf_are_limited() -> None:
    assert "more than 5000 pages" in refused(pdf(*[()] * 5_001), "a.pdf")
    assert "more than 300000 letters" in refused(
        pdf([Ink(72, 20 * number, "w" * 10_000) for number in range(1, 32)]), "a.pdf"
    )


def test_an_image_with_too_many_pixels_is_refused() -> None:
    if find_spec("rapidocr") is None:
        lacking("rapidocr", 'pip install "refdesk[ocr]"')
    data = io.BytesIO()
    Image.new("1", (20_000, 5_001)).save(data, "PNG")
    assert "larger than 100 megapixels, the limit" in refused(data.getvalue(), "a.png")


def test_macro_formats_are_unknown() -> None:
    with pytest.raises(DocumentError, match="unknown format"):
        parse(docx_file(), "a.docm")


def test_a_damaged_container_is_reported() -> None:
    for name in ("a.docx", "a.pptx", "a.xlsx", "a.epub", "a.zip"):
        assert "container is broken" in refused(CSV, name)


def test_a_small_file_may_be_packed_any_number_of_times_smaller() -> None:
    data = changed(docx_file(), "word/document.xml", b"</w:document>", b"</w:document>" + b"\n" * 1_000_000)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        entry = opened.getinfo("word/document.xml")
        assert entry.file_size > MAX_RATIO * entry.compress_size
    assert parse(data, "a.docx") == parse(docx_file(), "a.docx")
