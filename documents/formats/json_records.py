"""JSON and JSON Lines: each record with a text is a document; other records are rows of one document."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from documents.blocks import MAX_COLUMNS
from documents.decode import decode
from documents.document import Document, DocumentError, Part
from documents.formats import Nesting, Options
from documents.formats.build import Builder
from documents.normalise import normalise

PARSER = "json/3"

MAX_RECORDS = 100_000
MAX_DEPTH = 50
_MAX_FIELDS = 50_000  # of a document that is not a list of records
_TEXTS = (
    "text",
    "content",
    "body",
    "contents",
    "document",
    "passage",
    "markdown",
    "abstract",
    "description",
    "message",
)
_TITLES = ("title", "headline", "subject", "name")
_DATES = ("date", "published", "published_at", "created_at", "timestamp", "modified", "updated_at")
_LEAST_TEXT = 40  # characters in the median record; shorter fields are cells of a table
_LOOKED_AT = 100
_LONGEST_KEPT = 200
_MOST_KEPT = 20
_MOST_DIGITS = 1_000

Record = dict[str, Any]


def of_json(data: bytes, name: str, nesting: Nesting) -> Iterator[Part]:
    """The records of a JSON file; a file that is not a list of records gives one document."""
    value = _loaded(decode(data, name), name)
    records = _records(value)
    if records is None:
        yield Part("", _nested(value, name))
    else:
        beside = {key: own for key, own in value.items() if own is not records} if isinstance(value, dict) else {}
        numbered = list(enumerate(records, start=1))
        yield from _parts(numbered, name, nesting.options, beside)


def of_lines(data: bytes, name: str, nesting: Nesting) -> Iterator[Part]:
    """The records of a JSON Lines file; a line that is not JSON gives a part with the reason, named by its number."""
    records: list[tuple[int, Record]] = []
    for number, line in enumerate(decode(data, name).split("\n"), start=1):
        if not line.strip():
            continue
        if len(records) >= MAX_RECORDS:
            raise DocumentError(f"{name}: more than {MAX_RECORDS} records, the limit; split it into parts")
        try:
            value = _loaded(line, f"{name}/{number}", number)
            records.append((number, value if isinstance(value, dict) else {"text": value}))
        except DocumentError as error:
            yield Part(str(number), None, str(error))
    if records:
        yield from _parts(records, name, nesting.options)


class _Number(NamedTuple):
    """A number as it stands in the file: Python would write 12.50 and 1e5 in other ways."""

    text: str


def _integer(digits: str) -> int | _Number:
    """The integer, which Python writes as it stands, or the digits where they are too many for Python to convert."""
    return int(digits) if len(digits) <= _MOST_DIGITS else _Number(digits)


_FLAT = (str, int, float, _Number)
_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_integer)


def _loaded(text: str, name: str, line: int = 1) -> Any:
    """The JSON value of ``text``, whose first line is line number ``line`` of the file."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise DocumentError(f"{name}: its JSON is nested too deep") from error
    except json.JSONDecodeError as error:
        place = f"line {line + error.lineno - 1}, column {error.colno}"
        raise DocumentError(f"{name}: not JSON ({error.msg} in {place})") from error


def _records(value: Any) -> list[Record] | None:
    """A JSON value that is a list of objects, or the only such list in a small object; None for anything else."""
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list) and each]
        value = lists[0] if len(lists) == 1 and len(value) <= 5 else None
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return value
    return None


def _parts(
    records: Sequence[tuple[int, Record]], name: str, options: Options, beside: Record | None = None
) -> Iterator[Part]:
    """The records as documents, or as the rows of one; ``beside`` are the fields of the object that they stand in."""
    if len(records) > MAX_RECORDS:
        raise DocumentError(f"{name}: more than {MAX_RECORDS} records, the limit; split it into parts")
    text_field = options.text_field or _likely_text([record for _, record in records[:_LOOKED_AT]])
    if not text_field:
        yield Part("", _rows([record for _, record in records], name, beside or {}))
        return
    title_field = options.title_field or next((field for field in _TITLES if field in records[0][1]), "")
    for number, record in records:
        text = normalise(_as_text(_field(record, text_field)))
        if not text.strip():
            yield Part(str(number), None, f"{name}/{number}: the record has no text in its field {text_field!r}")
            continue
        title = " ".join(normalise(_as_text(_field(record, title_field))).split()) if title_field else ""
        document = Document(text, title[:_LONGEST_KEPT], parser=PARSER)
        yield Part(str(number), document, "", _date(record), _metadata(record, options, {text_field, title_field}))


def _likely_text(records: Sequence[Record]) -> str:
    """The field that holds the records' text: one with a usual name, else the longest one; "" where there is none."""
    sizes: dict[str, list[int]] = {}
    for record in records:
        for field, value in record.items():
            if isinstance(value, str):
                sizes.setdefault(field, []).append(len(value))
    middle = {field: sorted(own)[len(own) // 2] for field, own in sizes.items() if 2 * len(own) > len(records)}
    named = [field for field in _TEXTS if field in middle]
    chosen = named[0] if named else max(middle, key=lambda field: middle[field], default="")
    return chosen if chosen and middle[chosen] >= (1 if named[:1] == ["text"] else _LEAST_TEXT) else ""


def _field(record: Record, path: str) -> Any:
    """The value of a field named with dots where nested, as in ``a.b``; a field whose own name has dots comes first."""
    if path in record:
        return record[path]
    value: Any = record
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n\n".join(value)
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    """The value as JSON in one line, with its numbers as they stand in the file."""
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_json, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_as_json(key)}: {_as_json(below)}" for key, below in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _date(record: Record) -> float | None:
    """The record's date in seconds since 1970, from the first date field that holds one; else None."""
    for field in _DATES:
        value = record.get(field)
        if isinstance(value, str):
            try:
                date = dt.datetime.fromisoformat(value.strip())
                return (date if date.tzinfo else date.replace(tzinfo=dt.UTC)).timestamp()
            except (ValueError, OverflowError):
                continue
    return None


def _metadata(record: Record, options: Options, used: set[str]) -> tuple[tuple[str, str], ...]:
    fields = options.metadata_fields
    if fields is None:
        flat = [field for field, value in record.items() if isinstance(value, _FLAT) and field not in used]
        fields = tuple(field for field in flat if len(_as_text(record[field])) <= _LONGEST_KEPT)[:_MOST_KEPT]
    values = ((field, " ".join(normalise(_as_text(_field(record, field))).split())) for field in fields)
    return tuple((field, value[:_LONGEST_KEPT]) for field, value in values if value)


def _rows(records: Sequence[Record], name: str, beside: Record) -> Document:
    """The document of records without a text: the fields ``beside`` them, and a table with a row for each record.

    Records that together have more fields than a table has columns are given field by field.
    """
    rows = [dict(field for pair in record.items() for field in _flat(*pair, name)) for record in records]
    columns = dict.fromkeys(key for row in rows for key in row)
    builder = Builder(PARSER)
    for key, text in _flat("", beside, name):
        builder.field(key, text)
    if len(columns) > MAX_COLUMNS:
        _add_fields(builder, records, name)
    else:
        builder.rows([[*columns], *([row.get(key, "") for key in columns] for row in rows)], heading=True)
    return builder.document(name)


def _nested(value: Any, name: str) -> Document:
    """The document of any other JSON: a line for each field, named by its path."""
    builder = Builder(PARSER)
    _add_fields(builder, value, name)
    return builder.document(name)


def _add_fields(builder: Builder, value: Any, name: str) -> None:
    for number, (key, text) in enumerate(_flat("", value, name)):
        if number >= _MAX_FIELDS:
            raise DocumentError(f"{name}: more than {_MAX_FIELDS} fields, the limit; split it into parts")
        builder.field(key, text)


def _flat(path: str, value: Any, name: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every field in a value with its path, as in ``a.b``."""
    if depth > MAX_DEPTH:
        raise DocumentError(f"{name}: its JSON is nested too deep")
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), below, name, depth + 1)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, below in enumerate(value, start=1):
            yield from _flat(f"{path}.{number}" if path else str(number), below, name, depth + 1)
    else:
        text = ", ".join(filter(None, map(_as_text, value))) if isinstance(value, list) else _as_text(value)
        if text.strip():
            yield path, " ".join(text.split())
