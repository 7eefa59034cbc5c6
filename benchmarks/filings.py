"""Five filings of invented companies as PDF files, and what is right of each cell of their tables.

    python -m benchmarks.filings --out DIR

``benchmarks/filings/*.json`` hold the figures; LibreOffice prints them (``soffice`` must be on the path; on Debian
``apt-get install libreoffice-writer libreoffice-calc``). Among them are tables over two pages, tables in two columns of
text, currency signs in columns of their own, groups of rows, headings over several columns and in several lines,
negative numbers in parentheses, footnote marks, units in captions and corners, and rows with and without rules.

A table's ``rows`` are ``[label, level, value, …]``: a row without values heads the rows below it of a deeper level. In
``heads``, ``[text, n]`` is a heading over n columns. ``^`` stands before a footnote mark.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).with_name("filings")
_SIGNS = ("$", "€")
_WITHOUT_SCALE = re.compile(r"per share|EPS|\bNote\b|Effective|Maturity")
_INDENT = 9  # points a level
_MARGIN = 50  # points
_SIGN = 9  # points, the width of a column of currency signs
_LINES = {"none": (), "heads": ("heads",), "totals": ("totals",), "all": ("heads", "totals"), "grid": ("grid",)}

Part = Mapping[str, Any]


class Gold(NamedTuple):
    """A cell of a filing: its text and headings as printed.

    ``groups`` are the headings of the groups of rows, ``unit`` a word that its unit has ("" where it has none).
    """

    table: str
    groups: tuple[str, ...]
    label: str
    columns: tuple[str, ...]
    text: str
    unit: str


class Head(NamedTuple):
    """A heading over the columns ``first`` to ``last``."""

    text: str
    first: int
    last: int


def read(path: Path) -> dict[str, Any]:
    """The filing of that JSON file."""
    return dict(json.loads(path.read_text("utf-8")))


def filings() -> list[Path]:
    """The committed files."""
    return sorted(FOLDER.glob("*.json"))


def heads_of(row: Sequence[Any]) -> list[Head]:
    """The headings of a row of ``heads``, each with its columns."""
    found, first = list[Head](), 0
    for entry in row:
        text, width = entry if isinstance(entry, list) else (entry, 1)
        found.append(Head(text, first, first + width - 1))
        first += width
    return found


def cells(filing: Mapping[str, Any]) -> Iterator[Gold]:
    """The cells of the filing's tables, in order."""
    for table in filing["parts"]:
        if "table" not in table:
            continue
        heads = [head for row in table["heads"] for head in heads_of(row) if head.text]
        open_ones = list[tuple[int, str]]()
        for label, level, *values in table["rows"]:
            open_ones = [group for group in open_ones if group[0] < level]
            if not values:
                open_ones.append((level, printed(label)))
            for column, text in enumerate(values, start=1):
                if text:
                    above = tuple(head.text for head in heads if head.first <= column <= head.last)
                    groups = tuple(name for _, name in open_ones)
                    headings = " ".join((*groups, label, *above))
                    yield Gold(table["table"], groups, printed(label), above, text, _unit(table, headings, text))


def _unit(table: Part, headings: str, text: str) -> str:
    """The word of scale that holds for the cell.

    None does for shares of a hundred, for what is said of one share, and for a dash.
    """
    is_other = "%" in text or not any(map(str.isdigit, text)) or _WITHOUT_SCALE.search(headings)
    return "" if is_other else "million" if "($ million)" in headings else str(table["scale"])


def printed(label: str) -> str:
    """The label as it is read: its footnote mark is raised on the page."""
    return label.replace("^", "")


def write(path: Path, folder: Path) -> Path:
    """Print the filing into the folder; returns the PDF file.

    Raises:
        SystemExit: LibreOffice is missing or fails.
    """
    filing = read(path)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / f"{path.stem}{'.xlsx' if filing.get('calc') else '.docx'}"
        if filing.get("calc"):
            _sheets(filing).save(source)
        else:
            _text(filing).save(str(source))
        profile = f"-env:UserInstallation=file://{scratch}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(source)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"soffice cannot print {path.name}: {error}; install LibreOffice") from error
    return folder / f"{path.stem}.pdf"


def _text(filing: Mapping[str, Any]) -> Any:
    """The filing as a document of LibreOffice Writer."""
    import docx
    from docx.enum.section import WD_SECTION
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = docx.Document()
    document.styles["Normal"].font.size = Pt(8)
    document.styles["Normal"].paragraph_format.space_after = Pt(5)
    page = document.sections[0]
    page.left_margin = page.right_margin = Pt(_MARGIN)
    page.header.paragraphs[0].text = filing["running"]
    document.add_heading(filing["title"], 0)
    now = 1
    for part in filing["parts"]:
        wanted = part.get("columns", part.get("look", {}).get("columns", 1))
        if wanted != now:
            section = document.add_section(WD_SECTION.CONTINUOUS)
            section._sectPr.find(qn("w:cols")).set(qn("w:num"), str(wanted))
            now = wanted
        if "heading" in part:
            document.add_heading(part["heading"], 1)
        elif "text" in part:
            document.add_paragraph(part["text"])
        else:
            _add_table(document, part, (page.page_width.pt - 2 * _MARGIN) / wanted - (20 if wanted > 1 else 0))
    return document


def _add_table(document: Any, table: Part, width: float) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    look = table.get("look", {})
    document.add_paragraph().add_run(table["table"]).bold = True
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    if table["unit"]:
        document.add_paragraph(table["unit"]).paragraph_format.keep_with_next = True
    count = sum(head.last - head.first + 1 for head in heads_of(table["heads"][-1])) - 1
    places = [0, *(2 * column if look.get("signs") else column for column in range(1, count + 1))]
    grid = document.add_table(len(table["heads"]) + len(table["rows"]), places[-1] + 1)
    grid.autofit = False
    label = width * max(0.22, 0.58 - 0.06 * count)
    each = (width - label) / count
    for column in range(places[-1] + 1):
        is_sign = look.get("signs") and column % 2 == 1
        size = label if not column else (_SIGN if is_sign else each - (_SIGN if look.get("signs") else 0))
        grid.columns[column].width = Pt(size)
        for row, cell in enumerate(grid.columns[column].cells):
            cell.width = Pt(size)
            if is_sign and row >= len(table["heads"]):
                _without_margins(cell)
    for row in grid.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    small = Pt(7 if look.get("small") else 8)

    for cell in (own for row in grid.rows for own in row.cells):
        cell.paragraphs[0].paragraph_format.space_after = Pt(1)

    def put(row: int, column: int, text: str, *, bold: bool = False, level: int = 0, middle: bool = False) -> None:
        paragraph = grid.cell(row, column).paragraphs[0]
        paragraph.paragraph_format.keep_with_next = row < len(table["heads"])
        if column:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if middle else WD_ALIGN_PARAGRAPH.RIGHT
        elif level:
            paragraph.paragraph_format.left_indent = Pt(_INDENT * level)
        for number, piece in enumerate(text.split("^")):
            run = paragraph.add_run(piece)
            run.font.size, run.bold, run.font.superscript = small, bold, number > 0 or None

    for row, line in enumerate(table["heads"]):
        for head in heads_of(line):
            first = places[head.first] - (1 if look.get("signs") and head.first else 0)
            if places[head.last] > first:
                grid.cell(row, first).merge(grid.cell(row, places[head.last]))
            put(row, first, head.text, bold=True, middle=head.last > head.first)
        if look.get("repeat"):
            grid.rows[row]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _rule(grid, table, places)
    for row, (name, level, *values) in enumerate(table["rows"], start=len(table["heads"])):
        put(row, 0, name, level=level)
        for column, text in enumerate(values, start=1):
            if look.get("signs") and text[:1] in _SIGNS:
                put(row, places[column] - 1, text[0])
                text = text[1:]
            put(row, places[column], text)
    document.add_paragraph()


def _rule(grid: Any, table: Part, places: Sequence[int]) -> None:
    """Draw the table's rules."""
    lines = _LINES[table.get("look", {}).get("lines", "none")]
    count = len(table["heads"])
    if "heads" in lines:
        for place in range(places[-1] + 1):
            _underline(grid.cell(count - 1, place), "bottom")
    if "totals" in lines:
        for row, (name, *_) in enumerate(table["rows"], start=count):
            if name.startswith(("Total", "Group")):
                for place in places[1:]:
                    _underline(grid.cell(row, place), "top")


def _without_margins(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    margins = OxmlElement("w:tcMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "0")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    cell._tc.get_or_add_tcPr().append(margins)


def _underline(cell: Any, side: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tcBorders")
    edge = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
        edge.set(qn(f"w:{name}"), value)
    borders.append(edge)
    cell._tc.get_or_add_tcPr().append(borders)


def _sheets(filing: Mapping[str, Any]) -> Any:
    """The filing as a workbook of LibreOffice Calc, a sheet a table."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.worksheet.properties import PageSetupProperties

    book = Workbook()
    book.remove(book.active)
    thin = Side(style="thin")
    for number, table in enumerate(filing["parts"], start=1):
        sheet, lines = book.create_sheet(f"T{number}"), _LINES[table.get("look", {}).get("lines", "none")]
        sheet.append([f"Table {number}: {table['table']}"])
        sheet["A1"].font = Font(bold=True)
        sheet.append([table["unit"]])
        for line in table["heads"]:
            row = sheet.max_row + 1
            for head in heads_of(line):
                cell = sheet.cell(row, head.first + 1, head.text or None)
                cell.font = Font(bold=True)
                cell.alignment = Alignment(wrap_text=True, horizontal="center" if head.first else None)
                if head.last > head.first:
                    sheet.merge_cells(None, row, head.first + 1, row, head.last + 1)
                if "heads" in lines and line is table["heads"][-1]:
                    cell.border = Border(bottom=thin)
        top = sheet.max_row + 1
        for name, level, *values in table["rows"]:
            sheet.append([name, *values])
            sheet.cell(sheet.max_row, 1).alignment = Alignment(horizontal="left", indent=level)
            for cell in sheet[sheet.max_row][1:]:
                cell.alignment = Alignment(horizontal="right")
        if "grid" in lines:
            for cells_of_row in sheet.iter_rows(min_row=top - len(table["heads"])):
                for cell in cells_of_row:
                    cell.border = Border(thin, thin, thin, thin)
        sheet.page_setup.orientation = "landscape"
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToHeight = 0
        sheet.column_dimensions["A"].width = 32
        for letter in "BCDEF":
            sheet.column_dimensions[letter].width = 13
    return book


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for path in filings():
        print(write(path, options.out))


if __name__ == "__main__":
    main()
