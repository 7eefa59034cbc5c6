"""Reads saved answers strictly: anybody may have written the file.

JSON that two programs could read differently (a name twice in an object, NaN, half of a surrogate pair) is refused, and
so is a file larger than answers can be.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.document import printable
from documents.errors import RefdeskError
from qa.answer import SCHEMA

SCHEMAS = (1, SCHEMA)  # that can be read
MOST_BYTES = 100_000_000
MOST_ITEMS = 1000  # citations, statements or passages of one answer
_LISTS = ("citations", "statements", "passages")
_TEXTS = ("question", "standalone_question", "short_answer")  # that may be left out
CITATION = {"number": int, "document": str, "source": str, "start": int, "end": int, "quote": str}
_STATEMENT = {"text": str, "citations": list, "status": str}
_ANSWER = {"kind": str, "answered": bool, "text": str, "citations": list, "statements": list}


class VerifyError(RefdeskError):
    """A file that has no answers. The message is one line."""


def read_answers(path: Path) -> list[Mapping[str, Any]]:
    """The answers in a JSON file (one object, or a list of them) or a JSON Lines file.

    Raises:
        VerifyError: the file cannot be read, or a record in it is not an answer; the message gives its number.
    """
    return answers_in(_text(path), str(path))


def answers_in(text: str, place: str) -> list[Mapping[str, Any]]:
    """The answers in JSON or JSON Lines; ``place`` names where the text is from.

    Raises:
        VerifyError: a record is not an answer; the message gives its number.
    """
    try:
        loaded = _loads(text)
        records = list(enumerate(loaded if isinstance(loaded, list) else [loaded], start=1))
    except json.JSONDecodeError:
        records = list(_lines(place, text))
    except (ValueError, RecursionError) as error:  # a number with thousands of digits, brackets a thousand deep
        raise VerifyError(f"{place}: is JSON that cannot be read ({error})") from error
    if not records:
        raise VerifyError(f"{place}: holds no answers")
    for number, record in records:
        if not isinstance(record, dict) or not is_schema(record.get("schema")) or not is_answer(record):
            raise VerifyError(
                f"{place}: record {number} is no answer as refdesk ask --json writes it (schema {SCHEMA})"
            )
        if any(len(record.get(name, ())) > MOST_ITEMS for name in _LISTS if isinstance(record.get(name), list)):
            raise VerifyError(f"{place}: record {number} is no answer: it lists more than {MOST_ITEMS:,} things")
        if not is_text(record):
            raise VerifyError(f"{place}: record {number} holds half of a surrogate pair, which is no text")
    return [record for _, record in records]


def is_answer(record: Mapping[str, Any]) -> bool:
    """Whether the record has the fields of an answer, of the right types."""
    return (
        has_fields(record, _ANSWER)
        and all(isinstance(record.get(name), str | None) for name in _TEXTS)
        and all(has_fields(item, CITATION) for item in record["citations"])
        and all(has_fields(item, _STATEMENT) for item in record["statements"])
        and all(is_a(number, int) for item in record["statements"] for number in item["citations"])
    )


def has_fields(record: Any, fields: Mapping[str, type]) -> bool:
    """Whether the record is an object with fields of these names and types."""
    return isinstance(record, dict) and all(is_a(record.get(name), kind) for name, kind in fields.items())


def is_a(value: object, kind: type) -> bool:
    """Whether the value is of the type in JSON, where true is not a number."""
    return isinstance(value, kind) and (kind is not int or not isinstance(value, bool))


def is_text(value: object) -> bool:
    """Whether the value, which came from JSON, can be written again: it has no half of a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise VerifyError(f"{path}: has more than {MOST_BYTES // 10**6} MB: split it into several files")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise VerifyError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _lines(place: str, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, _loads(line)
            except (ValueError, RecursionError) as error:
                raise VerifyError(f"{place}: line {number} is not JSON ({error})") from error


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f'an object has the name "{printable(twice[:40])}" twice')
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


def is_schema(value: object) -> bool:
    """Whether the value is the number of a schema that can be read."""
    return is_a(value, int) and value in SCHEMAS
