"""Tables in text (CSV, TSV): every row with its columns' headings."""

from __future__ import annotations

import csv
import io

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder

PARSER = "csv/1"

MAX_ROWS = 200_000
_DELIMITERS = ",;\t|"
_SAMPLE = 64 * 1024  # characters that are enough to tell the delimiter by
_MAX_FIELD = 1_000_000


def parse(data: bytes, name: str) -> Document:
    """The document of a table: a line for each row; raises DocumentError for what is no table, or too long."""
    text = decode(data, name)
    csv.field_size_limit(_MAX_FIELD)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, name), skipinitialspace=True):
            rows.append(row)
            if len(rows) > MAX_ROWS:
                raise DocumentError(f"{name}: more than {MAX_ROWS} rows, the limit for tables; split it into parts")
    except csv.Error as error:
        raise DocumentError(f"{name}: not a table of rows ({error}); save it anew as CSV") from error
    builder = Builder(PARSER)
    builder.rows(rows)
    return builder.document(name)


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
