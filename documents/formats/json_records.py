"""JSON and JSON Lines: records with a text are documents; other records are rows of one document."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

from documents.decode import decode
from documents.document import Document, DocumentError, Part
from documents.formats import Inside, Options
from documents.formats.build import Builder, row_line
from documents.normalise import normalise

PARSER = "json/1"

MAX_RECORDS = 100_000
MAX_DEPTH = 50
_MAX_FIELDS = 50_000  # of one document that is no list of records
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
_LEAST_TEXT = 40  # characters, in the middle of the records looked at: shorter ones are a table's cells
_LOOKED_AT = 100
_LONGEST_KEPT = 200
_MOST_KEPT = 20
_MOST_DIGITS = 1_000

Record = dict[str, Any]


def of_json(data: bytes, name: str, inside: Inside) -> Iterator[Part]:
    """The records of a JSON file, or the one document of what is no list of records."""
    value = _loaded(decode(data, name), name)
    records = _records(value)
    if records is None:
        yield Part("", _nested(value, name))
    else:
        yield from _parts([(number, record) for number, record in enumerate(records, start=1)], name, inside.options)


def of_lines(data: bytes, name: str, inside: Inside) -> Iterator[Part]:
    """The records of a JSON Lines file; a line that is none is told, with its number."""
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
        yield from _parts(records, name, inside.options)


def _integer(digits: str) -> int | str:
    """A number, or its digits where they are more than Python reads as one."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


_DECODER = json.JSONDecoder(parse_int=_integer)


def _loaded(text: str, name: str, line: int = 1) -> Any:
    """The value that a text is, of which ``line`` of the file is the first."""
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise DocumentError(f"{name}: its JSON is nested too deep") from error
    except json.JSONDecodeError as error:
        place = f"line {line + error.lineno - 1}, column {error.colno}"
        raise DocumentError(f"{name}: not JSON ({error.msg} in {place})") from error


def _records(value: Any) -> list[Record] | None:
    """The list of objects that a JSON value is, or that its one list is; None where it is something else."""
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list) and each]
        value = lists[0] if len(lists) == 1 and len(value) <= 5 else None
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return value
    return None


def _parts(records: Sequence[tuple[int, Record]], name: str, options: Options) -> Iterator[Part]:
    if len(records) > MAX_RECORDS:
        raise DocumentError(f"{name}: more than {MAX_RECORDS} records, the limit; split it into parts")
    text_field = options.text_field or _likely_text([record for _, record in records[:_LOOKED_AT]])
    if not text_field:
        yield Part("", _rows([record for _, record in records], name))
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
    """The field that holds the records' text: one so named, or the longest of words ("": there is none)."""
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
    """The value at a field, named as in ``a.b`` where nested; a field whose own name has dots comes first."""
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
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _date(record: Record) -> float | None:
    """The record's date, in seconds since 1970, where a field of that name holds one."""
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
        short = (field for field, value in record.items() if isinstance(value, str | int | float) and field not in used)
        fields = tuple(field for field in short if len(str(record[field])) <= _LONGEST_KEPT)[:_MOST_KEPT]
    values = ((field, " ".join(normalise(_as_text(_field(record, field))).split())) for field in fields)
    return tuple((field, value[:_LONGEST_KEPT]) for field, value in values if value)


def _rows(records: Sequence[Record], name: str) -> Document:
    """Records without a text, each a line of its fields."""
    builder = Builder(PARSER)
    for number, record in enumerate(records):
        fields = [field for pair in record.items() for field in _flat(*pair, name)]
        builder.line(row_line([value for _, value in fields], [key for key, _ in fields]), first=number == 0)
    return builder.document(name)


def _nested(value: Any, name: str) -> Document:
    """Any JSON, a line for each field."""
    builder = Builder(PARSER)
    for number, (key, text) in enumerate(_flat("", value, name)):
        if number >= _MAX_FIELDS:
            raise DocumentError(f"{name}: more than {_MAX_FIELDS} fields, the limit; split it into parts")
        builder.line(row_line([text], [key]), first=number == 0)
    return builder.document(name)


def _flat(path: str, value: Any, name: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every field below a value with the path to it, as ``a.b``."""
    if depth > MAX_DEPTH:
        raise DocumentError(f"{name}: its JSON is nested too deep")
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), below, name, depth + 1)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, below in enumerate(value, start=1):
            yield from _flat(f"{path}.{number}" if path else str(number), below, name, depth + 1)
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        if text.strip():
            yield path, " ".join(text.split())
