"""Tables in text (CSV, TSV): every row with its columns' headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder

PARSER = "csv/1"

MAX_ROWS = 200_000
_DELIMITERS = ",;\t|"
_SAMPLE = 64 * 1024  # characters that are enough to tell the delimiter by
_MAX_FIELD = 1_000_000
_END = "\x1aend"


def parse(data: bytes, name: str) -> Document:
    """The document of a table: a line for each row; raises DocumentError for what is no table, or too long."""
    text = decode(data, name)
    csv.field_size_limit(_MAX_FIELD)
    rows: list[list[str]] = []
    try:
        for row in _rows(io.StringIO(text, newline=""), _delimiter(text, name), name):
            rows.append(row)
            if len(rows) > MAX_ROWS:
                raise DocumentError(f"{name}: more than {MAX_ROWS} rows, the limit for tables; split it into parts")
    except csv.Error as error:
        raise DocumentError(f"{name}: not a table of rows ({error}); save it anew as CSV") from error
    builder = Builder(PARSER)
    builder.rows(rows)
    return builder.document(name)


def _rows(lines: Iterable[str], delimiter: str, name: str) -> Iterator[list[str]]:
    """The rows of a table; raises DocumentError where a quote that is never closed takes the lines to its end.

    The line put below the last one is a row of its own, unless it is swallowed.
    """
    reader = csv.reader(chain(lines, [_END]), delimiter=delimiter, skipinitialspace=True)
    before = 0
    for row in reader:
        if row == [_END]:
            return
        if row and row[-1].endswith(_END):
            if reader.line_num - before > 2:
                raise DocumentError(f"{name}: a quote that opens in the row of line {before + 1} is never closed")
            row[-1] = row[-1].removesuffix(_END)  # what it took is the rest of its own line
        yield row
        before = reader.line_num


def _delimiter(text: str, name: str) -> str:
    """What parts the cells: the sign that parts the first lines into equally many, a tab in TSV."""
    if name.lower().endswith(".tsv"):
        return "\t"
    lines = [line for line in text[:_SAMPLE].split("\n")[:50] if line.strip()]

    def merit(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(counts), key=counts.count, default=1)
        return (counts.count(usual) if usual > 1 else 0), usual

    try:
        return max(_DELIMITERS, key=merit)
    except csv.Error:
        return ","
