"""Excel: each sheet is a page and a section with its tables (``documents.formats.sheet``), values as it shows them."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from documents.blocks import Merged
from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.number_format import shown
from documents.formats.package import check_package
from documents.formats.sheet import Sheet, add_tables, without_empty_end

PARSER = "xlsx/6"

MAX_ROWS = 200_000  # non-empty rows of all sheets
MAX_CELLS = 5_000_000  # cells of all sheets, including empty ones before the last non-empty one
MAX_MERGED = 1_000_000  # cells of a sheet that merged ones cover; merged cells beyond that are read as single ones
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')


def parse(data: bytes, name: str, most_rows: int = MAX_ROWS) -> Document:
    """The document of a workbook; raises DocumentError for one that is broken, encrypted, too large or empty."""
    archive = check_package(data, name, "XLSX")
    try:
        import openpyxl

        with archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles, validations and drawings that it leaves out
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            builder = Builder(PARSER)
            budget = _Budget(name, most_rows)
            for number, sheet in enumerate(book.worksheets, start=1):
                _add_sheet(sheet, number, builder, budget, _merged_cells(archive, sheet))
            title = book.properties.title or ""
            book.close()
    except DocumentError:
        raise
    except Exception as error:  # openpyxl passes on any error of its XML and number parsing
        raise DocumentError(f"{name}: not a readable workbook; open it and save it again as XLSX") from error
    return builder.document(name, title)


class _Budget:
    """How many more rows and cells may be read."""

    def __init__(self, name: str, rows: int) -> None:
        self._name, self._most_rows = name, rows
        self._rows, self._cells = rows, MAX_CELLS

    def take(self, width: int, *, filled: bool) -> None:
        self._cells -= max(width, 1)
        self._rows -= filled
        if self._cells < 0 or self._rows < 0:
            raise DocumentError(
                f"{self._name}: more than {self._most_rows} rows or {MAX_CELLS} cells, the limit; split it into parts"
            )


def _add_sheet(sheet: Any, number: int, builder: Builder, budget: _Budget, merged: list[Merged]) -> None:
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # the size that a sheet states may be far from its real size
    builder.page(number)
    rows = list(_rows(sheet.iter_rows(), budget))
    if any(rows):
        builder.heading(sheet.title, 1)
        add_tables(builder, Sheet(rows, merged))


def _rows(rows: Iterable[Sequence[Any]], budget: _Budget) -> Iterator[list[str]]:
    for row in rows:
        texts = [shown(cell.value, getattr(cell, "number_format", "General")) for cell in row]
        budget.take(len(row), filled=bool(without_empty_end(texts)))
        yield texts


def _merged_cells(archive: zipfile.ZipFile, sheet: Any) -> list[Merged]:
    """The merged cells of a sheet, which openpyxl does not tell of sheets that it reads row by row.

    They stand behind the rows in the sheet's XML.
    """
    path = getattr(sheet, "_worksheet_path", "")
    if path not in archive.namelist():
        return []
    data, found, left = archive.read(path), list[Merged](), MAX_MERGED
    for match in _MERGED.finditer(data, max(0, data.rfind(b"sheetData>"))):
        column, row, last_column, last_row = match.groups()
        cell = Merged(
            int(row) - 1,
            _column(column),
            int(last_row) - int(row) + 1,
            _column(last_column) - _column(column) + 1,
        )
        left -= cell.rows * cell.columns
        if min(cell.row, cell.rows - 1, cell.columns - 1) >= 0 and left >= 0:
            found.append(cell)
    return found


def _column(letters: bytes) -> int:
    """The number of a column, from 0, by its letters."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number - 1
