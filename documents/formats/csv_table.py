"""CSV and TSV: a file is one table or several (``documents.formats.sheet``), each row a line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.sheet import Sheet, add_tables, without_empty_end

PARSER = "csv/5"

MAX_ROWS = 200_000
_DELIMITERS = ",;\t|"
_SAMPLE = 64 * 1024  # characters from which the delimiter is guessed
_MAX_FIELD = 1_000_000
_SAID = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)  # the line by which Excel is told the delimiter
_END = "\x1aend"


def parse(data: bytes, name: str) -> Document:
    """The document of a table, a line for each row; raises DocumentError where the data is no table or too long."""
    text = decode(data, name)
    csv.field_size_limit(_MAX_FIELD)
    said = _SAID.match(text)
    text = text[said.end() :] if said else text
    rows: list[list[str]] = []
    try:
        for row in _rows(io.StringIO(text, newline=""), said[1] if said else _delimiter(text, name), name):
            rows.append(without_empty_end([cell.strip() for cell in row]))
            if len(rows) > MAX_ROWS:
                raise DocumentError(f"{name}: more than {MAX_ROWS} rows, the limit for tables; split it into parts")
    except csv.Error as error:
        raise DocumentError(f"{name}: not a table of rows ({error}); save it again as CSV") from error
    builder = Builder(PARSER)
    add_tables(builder, Sheet(rows))
    return builder.document(name)


def _rows(lines: Iterable[str], delimiter: str, name: str) -> Iterator[list[str]]:
    """The rows of a table; raises DocumentError for a quote that is never closed and so takes in all later lines.

    A marker line is appended to detect that: it comes out as a row of its own, unless an open quote swallows it.
    """
    reader = csv.reader(chain(lines, [_END]), delimiter=delimiter, skipinitialspace=True)
    before = 0
    for row in reader:
        if row == [_END]:
            return
        if row and row[-1].endswith(_END):
            if reader.line_num - before > 2:
                raise DocumentError(f"{name}: a quote that opens in the row of line {before + 1} is never closed")
            row[-1] = row[-1].removesuffix(_END)  # the open quote took in only the rest of its own line
        yield row
        before = reader.line_num


def _delimiter(text: str, name: str) -> str:
    """The delimiter: a tab in TSV, else the one that splits most of the first lines into equally many cells."""
    if name.lower().endswith(".tsv"):
        return "\t"
    sample = io.StringIO(text[:_SAMPLE], newline=None)  # Excel's "CSV (Macintosh)" ends its lines by "\r" alone
    lines = [line for line in islice(sample, 50) if line.strip()]

    def merit(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(counts), key=counts.count, default=1)
        return (counts.count(usual) if usual > 1 else 0), usual

    try:
        return max(_DELIMITERS, key=merit)
    except csv.Error:
        return ","
