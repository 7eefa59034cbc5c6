"""Real files of every format, made by the formats' own libraries (and LibreOffice where it is installed)."""

from __future__ import annotations

import ctypes
import datetime as dt
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import docx
import openpyxl
import pptx
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image, ImageDraw, ImageFont

SOFFICE = shutil.which("soffice")
WIDTH, HEIGHT = 612, 792


class Ink(NamedTuple):
    """A text drawn on a PDF page: ``x`` from the left and ``y`` from the top of its base line, in points."""

    x: float
    y: float
    text: str
    size: float = 10
    font: str = "Helvetica"


class Stroke(NamedTuple):
    """A line drawn on a PDF page, from one point to another, in points from the page's upper left corner."""

    left: float
    top: float
    right: float
    bottom: float


def pdf(*pages: Sequence[Ink | Stroke], title: str = "") -> bytes:
    """A PDF with the given texts and lines on its pages."""
    document = pdfium.PdfDocument.new()
    for inks in pages:
        page = document.new_page(WIDTH, HEIGHT)
        for ink in inks:
            if isinstance(ink, Stroke):
                raw.FPDFPage_InsertObject(page, _path(ink))
                continue
            text = raw.FPDFPageObj_NewTextObj(document, ink.font.encode(), ink.size)
            encoded = ctypes.create_string_buffer(ink.text.encode("utf-16-le") + b"\0\0")
            raw.FPDFText_SetText(text, ctypes.cast(encoded, ctypes.POINTER(ctypes.c_ushort)))
            raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, ink.x, HEIGHT - ink.y)
            raw.FPDFPage_InsertObject(page, text)
        page.gen_content()
        page.close()
    data = _saved(document.save)
    document.close()
    return with_title(data, title) if title else data


def _path(stroke: Stroke) -> raw.FPDF_PAGEOBJECT:
    path = raw.FPDFPageObj_CreateNewPath(stroke.left, HEIGHT - stroke.top)
    raw.FPDFPath_LineTo(path, stroke.right, HEIGHT - stroke.bottom)
    raw.FPDFPath_SetDrawMode(path, 0, True)
    return path


def with_title(data: bytes, title: str) -> bytes:
    """The PDF with a title in its metadata."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.add_metadata({"/Title": title})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def lines(
    texts: Sequence[str], *, x: float = 72, y: float = 100, step: float = 12, font: str = "Helvetica"
) -> list[Ink]:
    """Texts below each other, as lines of a paragraph."""
    return [Ink(x, y + number * step, text, 10, font) for number, text in enumerate(texts)]


def right(edge: float, y: float, text: str, size: float = 10) -> Ink:
    """A text that ends at ``edge``; figures of Helvetica are .556 of its size wide, its other signs taken as .3."""
    width = sum(0.556 if char.isdigit() else 0.3 for char in text) * size
    return Ink(edge - width, y, text, size)


def docx_file() -> bytes:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("Annual plan", 0)
    document.add_heading("Money", 1)
    document.add_paragraph("The budget is 5 million euros. It was 4 million in 2023.")
    document.add_paragraph("Rent first", style="List Bullet")
    document.add_paragraph("Salaries next", style="List Bullet")
    table = document.add_table(3, 3)
    for row, texts in enumerate([["Item", "2023", "2024"], ["Rent", "100", "110"], ["Salaries", "900", "950"]]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    document.add_heading("People", 2)
    document.add_paragraph("Ann leads the team.")
    return _saved(document.save)


def pptx_file() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Results"
    slide.placeholders[1].text = "Sales rose by 5%\nCosts fell by 3%"
    slide.notes_slide.notes_text_frame.text = "Thank the team in Bonn."
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Cities"
    table = slide.shapes.add_table(2, 2, 0, 1_600_000, 5_000_000, 1_000_000).table
    for row, texts in enumerate([["City", "People"], ["Bonn", "330,000"]]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    return _saved(presentation.save)


def xlsx_file() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    sheet.append(["Sales of 2024"])
    sheet.append(["Region", "Date", "Amount", "Share"])
    sheet.append(["North", dt.date(2024, 3, 1), 12345.5, 0.125])
    sheet.append(["South", dt.datetime(2024, 4, 1, 12, 30), 9.0, 0.5])
    for row in (3, 4):
        sheet.cell(row, 3).number_format = "#,##0.00"
        sheet.cell(row, 4).number_format = "0.0%"
    book.create_sheet("Empty")
    second = book.create_sheet("Staff")
    second.append(["Name", "Office"])
    second.append(["Ann", "Bonn"])
    return _saved(book.save)


def _saved(save: Callable[[io.BytesIO], None]) -> bytes:
    """What is saved, byte for byte the same whenever it is saved."""
    target = io.BytesIO()
    save(target)
    if not zipfile.is_zipfile(target):
        return re.sub(rb"/ID ?\[[^\]]*\]", b"", re.sub(rb"D:\d{14}", b"D:20240305100000", target.getvalue()))
    with zipfile.ZipFile(target) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    return zip_file({name: re.sub(rb"20\d\d-\d\d-\d\dT[\d:]+Z", _NOW, data) for name, data in members.items()})


_NOW = b"2024-03-05T10:00:00Z"


CSV = "name;age;city\nAnn;30;Bonn\nBob;41;Köln\n".encode()
HTML = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Harbour news – The Site</title>
<script>var x;</script></head>
<body><nav><a href="/">Home</a> <a href="/about">About us</a></nav><main><h1>Harbour news</h1>
<p>The harbour handled <b>1,234</b> ships in 2024.<br>Köln is upstream.</p><ul><li>first item<li>second item</ul>
<h2>Figures</h2><table><tr><th>Year</th><th>Ships</th></tr><tr><td>2023</td><td>1,100</td></tr></table></main>
<footer>All rights reserved</footer></body></html>""".encode()
RST = b"""Harbour report
==============

The harbour handled 1,234 ships.

Staff
-----

- Ann leads
- Bob sails

====  =====
Year  Ships
====  =====
2023  1,100
====  =====
"""
JSON = json.dumps(
    [
        {"id": 7, "title": "Rivers", "text": "A text about rivers and their deltas.", "date": "2024-01-02"},
        {"id": 8, "title": "Hills", "text": "Another text, of hills and what grows there."},
    ]
).encode()
JSONL = b'{"question": "Where?", "count": 1}\n{"question": "When?", "count": 2}\n'


def eml_file() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Ann <ann@example.org>", "bob@example.org"
    message["Subject"], message["Date"] = "Meeting in Köln", "Tue, 05 Mar 2024 10:00:00 +0000"
    message.set_content("We meet on Friday at ten.\n\nBring the plans.")
    message.add_alternative("<p>We meet on <b>Friday</b> at ten.</p>", subtype="html")
    message.add_attachment(CSV, maintype="text", subtype="csv", filename="staff.csv")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"frontier-{number}")
    return bytes(message)


def mbox_file() -> bytes:
    messages = [eml_file(), eml_file().replace(b"Friday", b"Monday") + b"\n>From the start it rained.\n"]
    return b"".join(b"From ann@example.org Tue Mar  5 10:00:00 2024\n" + message + b"\n" for message in messages)


def zip_file(members: dict[str, bytes] | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (members or {"docs/plan.docx": docx_file(), "staff.csv": CSV, "skip.exe": b"MZ"}).items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 3, 5, 10, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def epub_file() -> bytes:
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    package = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The River Book</dc:title></metadata><manifest>
<item id="two" href="two%20.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="one"/><itemref idref="two"/></spine></package>"""
    chapter = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'
    return zip_file(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OPS/book.opf": package.encode(),
            "OPS/two .xhtml": chapter.format("<h1>The sea</h1><p>It ends at the sea.</p>").encode(),
            "OPS/one.xhtml": chapter.format("<h1>The spring</h1><p>It begins in the hills.</p>").encode(),
        }
    )


def pdf_file() -> bytes:
    """Two pages: a heading, a paragraph and a table."""
    page = [
        Ink(72, 80, "Harbour report", 20, "Helvetica-Bold"),
        *lines(
            ["The harbour handled 1,234 ships in the year 2024, which is more than in any", "year before it."], y=110
        ),
        *table_inks(170),
    ]
    return pdf(page, lines(["The second page tells of the staff."]))


def table_inks(y: float) -> list[Ink]:
    """A table of three rows and two columns of figures, as in reports."""
    inks = [right(400, y, "2023"), right(500, y, "2024")]
    rows = [("Containers", "1,100", "1,234"), ("Bulk goods", "(20)", "310"), ("Total", "1,080", "1,544")]
    for number, (label, *values) in enumerate(rows, start=1):
        inks.append(Ink(72, y + 14 * number, label))
        inks += [right(edge, y + 14 * number, value) for edge, value in zip((400, 500), values, strict=True)]
    return inks


def picture(*texts: str) -> Image.Image:
    """A picture of lines of text, in the shape of a screen: one of a line only would be read much enlarged."""
    font = ImageFont.load_default(size=32)
    image = Image.new("RGB", (1000, 750), "white")
    for number, text in enumerate(texts):
        ImageDraw.Draw(image).text((60, 40 + 60 * number), text, font=font, fill="black")
    return image


def png_file(*texts: str) -> bytes:
    return _saved(lambda target: picture(*(texts or ("The harbour handled 1,234 ships.",))).save(target, "PNG"))


def scan_file() -> bytes:
    """A PDF that holds a picture of text only."""
    return _saved(lambda target: picture("The harbour handled 1,234 ships.").save(target, "PDF"))


FILES: dict[str, Callable[[], bytes]] = {
    "a.txt": lambda: "Grüße aus Köln. The harbour is full.".encode(),
    "a.md": lambda: b"# Harbour\n\nIt is *full*.\n",
    "a.rst": lambda: RST,
    "a.pdf": pdf_file,
    "a.docx": docx_file,
    "a.pptx": pptx_file,
    "a.xlsx": xlsx_file,
    "a.csv": lambda: CSV,
    "a.tsv": lambda: CSV.replace(b";", b"\t"),
    "a.html": lambda: HTML,
    "a.epub": epub_file,
    "a.eml": eml_file,
    "a.mbox": mbox_file,
    "a.ics": lambda: b"BEGIN:VEVENT\r\nSUMMARY:Choir\r\nDTSTART:20250512T140000Z\r\nLOCATION:Hall\r\nEND:VEVENT\r\n",
    "a.json": lambda: JSON,
    "a.jsonl": lambda: JSONL,
    "a.zip": zip_file,
}


def converted(suffix: str, *sources: Path) -> list[Path]:
    """Files of one folder saved by LibreOffice in another format, beside them, at one start of it.

    Tests share the settings of its first start.
    """
    folder = sources[0].parent
    profile = f"-env:UserInstallation={folder.with_name('libreoffice').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", suffix, "--outdir", str(folder), *map(str, sources)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return [source.with_name(f"{source.stem}.{suffix}") for source in sources]
