"""Excel: each sheet is a page, each row a line with its column headings; values read as the sheet shows them."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.package import check_package

PARSER = "xlsx/1"

MAX_ROWS = 200_000  # non-empty rows of all sheets
MAX_CELLS = 5_000_000  # cells of all sheets, including empty ones before the last non-empty one
MAX_COLUMNS = 1_000
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_SYMBOL = re.compile(r'\[\$([^\]-]*)[^\]]*\]|"([$€£¥₹]|[A-Z]{3})\s?"|([$€£¥₹])')


def parse(data: bytes, name: str) -> Document:
    """The document of a workbook; raises DocumentError for one that is broken, encrypted, too large or empty."""
    check_package(data, name, "XLSX").close()
    try:
        import openpyxl

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about styles, validations and drawings that it leaves out
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            builder = Builder(PARSER)
            budget = _Budget(name)
            for number, sheet in enumerate(book.worksheets, start=1):
                _add_sheet(sheet, number, builder, budget)
            title = book.properties.title or ""
            book.close()
    except DocumentError:
        raise
    except Exception as error:  # openpyxl passes on any error of its XML and number parsing
        raise DocumentError(f"{name}: not a readable workbook; open it and save it again as XLSX") from error
    return builder.document(name, title)


class _Budget:
    """How many more rows and cells may be read."""

    def __init__(self, name: str) -> None:
        self._name, self._rows, self._cells = name, MAX_ROWS, MAX_CELLS

    def take(self, width: int, *, filled: bool) -> None:
        self._cells -= max(width, 1)
        self._rows -= filled
        if self._cells < 0 or self._rows < 0:
            raise DocumentError(
                f"{self._name}: more than {MAX_ROWS} rows or {MAX_CELLS} cells, the limit; split it into parts"
            )


def _add_sheet(sheet: Any, number: int, builder: Builder, budget: _Budget) -> None:
    """Add a sheet: empty rows separate its tables; a row of one cell above a table is its caption."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # the size that a sheet states may be far from its real size
    builder.page(number)
    for position, block in enumerate(_blocks(sheet.iter_rows(), budget)):
        if position == 0:
            builder.heading(sheet.title, 1)
        builder.rows(block)


def _blocks(rows: Iterable[Sequence[Any]], budget: _Budget) -> Iterator[list[list[str]]]:
    """Runs of non-empty rows, each row without the empty cells at its end."""
    block: list[list[str]] = []
    for row in rows:
        texts = [shown(cell.value, getattr(cell, "number_format", "General")) for cell in row[:MAX_COLUMNS]]
        while texts and not texts[-1]:
            texts.pop()
        budget.take(len(row), filled=bool(texts))
        if texts:
            block.append(texts)
        elif block:
            yield block
            block = []
    if block:
        yield block


def shown(value: Any, number_format: str) -> str:
    """A cell's value about as the sheet shows it: dates, percent, thousands separators, decimals, currency."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return str(value)
    if isinstance(value, int | float):
        return _number(value, number_format or "General")
    return " ".join(str(value).split())


def _number(value: float, number_format: str) -> str:
    pattern = number_format.split(";")[0]
    bare = _QUOTED.sub("", pattern)
    if not any(sign in bare for sign in "0#"):
        return f"{value:.10g}" if isinstance(value, float) and not value.is_integer() else str(int(value))
    decimals = len(re.sub(r"[^0#]", "", bare.partition(".")[2]))
    percent = "%" in bare
    text = f"{value * 100 if percent else value:{',' if ',' in bare else ''}.{min(decimals, 15)}f}"
    symbol = _SYMBOL.search(pattern)
    unit = next((part for part in symbol.groups() if part), "") if symbol else ""
    signed = f"-{unit}{text[1:]}" if text.startswith("-") else f"{unit}{text}"
    return f"{signed}%" if percent else signed
