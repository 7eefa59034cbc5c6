"""What the shape of a Word document, a workbook, slides or a PDF costs grows as its size does, where it is read.

Work is counted in calls of Python's functions, not in seconds.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from functools import cache

import docx
import openpyxl
import pptx
import pytest
from counting import counted, word_count
from docx.oxml.ns import nsdecls
from real_files import Ink, lines, pdf

from documents.load import parts_of
from documents.prepare import Preparing, prepared
from documents.split import Splitter

SPLITTER = Splitter(count=word_count)
BODY = "word/document.xml"


@cache
def _empty() -> dict[str, bytes]:
    """The parts of a Word document in which nothing is written."""
    saved = io.BytesIO()
    docx.Document().save(saved)
    with zipfile.ZipFile(saved) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def word(body: str) -> bytes:
    """A Word document of this body, which is written faster than python-docx builds it."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as archive:
        for name, content in (
            _empty() | {BODY: f"<w:document {nsdecls('w')}><w:body>{body}</w:body></w:document>"}
        ).items():
            archive.writestr(name, content)
    return saved.getvalue()


def said(text: str, style: str = "") -> str:
    above = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{above}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(within: str, merged: str = "") -> str:
    return f"<w:tc><w:tcPr>{merged}</w:tcPr>{within}</w:tc>"


def table(*rows: Sequence[str]) -> str:
    inner = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    return f"<w:tbl>{inner}</w:tbl>{said('')}"


def merged(number: int) -> str:
    return '<w:vMerge w:val="restart"/>' if number % 4 == 0 else "<w:vMerge/>"


HEAD, ROW = [cell(said("a")), cell(said("b"))], [cell(said("x")), cell(said("1"))]
WORD: dict[str, Callable[[int], str]] = {
    "rows": lambda size: table(HEAD, *[ROW] * 4 * size),
    "columns": lambda size: table(*[HEAD * size] * 3),
    "merged cells": lambda size: table(HEAD, *[[cell(said("x"), merged(n)), ROW[1]] for n in range(4 * size)]),
    "tables": lambda size: table(HEAD, ROW) * size,
    "tables in cells": lambda size: table(HEAD, *[[cell(table(ROW)), ROW[1]]] * size),
    "headings": lambda size: (said("head", "Heading1") + said("text")) * 2 * size,
    "items": lambda size: said("item", "ListNumber") * 4 * size,
    "one paragraph": lambda size: said("word " * 40 * size),
    "parts of a paragraph": lambda size: f"<w:p>{'<w:r><w:t>word </w:t></w:r>' * 20 * size}</w:p>",
}


def book(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    workbook, saved = openpyxl.Workbook(), io.BytesIO()
    fill(workbook)
    workbook.save(saved)
    return saved.getvalue()


def grid(rows: int, columns: int, tall: bool = False) -> bytes:
    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.active
        for row in range(rows):
            sheet.append([f"head {column}" if row == 0 else row for column in range(columns)])
        for row in range(2, rows - 2, 4) if tall else ():
            sheet.merge_cells(start_row=row, start_column=1, end_row=row + 2, end_column=1)

    return book(fill)


def sheets(count: int) -> bytes:
    def fill(workbook: openpyxl.Workbook) -> None:
        for number in range(count):
            sheet = workbook.create_sheet(f"Sheet {number} of them")
            sheet.append(["a", "b"])
            sheet.append(["x", number])

    return book(fill)


def slides(count: int) -> bytes:
    presentation, saved = pptx.Presentation(), io.BytesIO()
    for number in range(count):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = f"Slide {number}", "one\ntwo"
    presentation.save(saved)
    return saved.getvalue()


def pages(count: int) -> bytes:
    def page(number: int) -> list[Ink]:
        return lines([f"Page {number} has this text.", "It goes on in a second line."])

    return pdf(*(page(number) for number in range(count)))


SHAPES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    **{f"{name} of a document": ("a.docx", lambda size, make=make: word(make(size))) for name, make in WORD.items()},
    "rows of a sheet": ("a.xlsx", lambda size: grid(4 * size, 3)),
    "columns of a sheet": ("a.xlsx", lambda size: grid(4, 2 * size)),
    "merged cells of a sheet": ("a.xlsx", lambda size: grid(4 * size, 3, tall=True)),
    "sheets": ("a.xlsx", lambda size: sheets(size // 4)),
    "slides": ("a.pptx", lambda size: slides(size // 4)),
    "pages": ("a.pdf", lambda size: pages(size // 4)),
}  # fmt: skip


def read(data: bytes, name: str) -> int:
    """How many passages there are."""
    parts = list(prepared(parts_of(data, name), Preparing(SPLITTER), name))
    return sum(len(part.prepared.chunks) for part in parts if part.prepared)


@pytest.mark.parametrize("name", SHAPES)
def test_four_times_the_size_costs_four_times_as_much(name: str) -> None:
    file, make = SHAPES[name]
    (few, fewer), (many, more) = counted(read, make(40), file), counted(read, make(160), file)
    assert many < 6 * few
    assert 1 <= fewer <= more
