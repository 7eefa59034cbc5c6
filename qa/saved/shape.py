"""The types and values that the fields of a saved answer may have, in both schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from documents.dates import is_date
from qa.answer import AnswerType, Role
from qa.saved.read import CITATION, has_fields, is_a

Answer = Mapping[str, Any]
Fits = Callable[[Any], bool]

_LARGEST = 1e15


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return (is_a(value, int) or is_a(value, float)) and -_LARGEST < value < _LARGEST  # type: ignore[operator]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value == value.strip()


def _or_none(fits: Fits) -> Fits:
    return lambda value: value is None or fits(value)


def _all(fits: Fits) -> Fits:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def _is_count(value: object) -> bool:
    return is_a(value, int) and 0 <= value < _LARGEST  # type: ignore[operator]


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_date(value: object) -> bool:
    return isinstance(value, str) and is_date(value)


def _is_cells(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(cell, dict) and cell.keys() == _CELL.keys() and all(fits(cell[name]) for name, fits in _CELL.items())
        for cell in value
    )


def _is_ranges(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(own, list) and len(own) == 2 and all(map(_is_count, own)) for own in value
    )


def _is_parts(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(part, dict)
        and part.keys() == {"question", "kind"}
        and _is_text(part["question"])
        and part["kind"] in ("answer", "refusal")
        for part in value
    )


def _is_reasons(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(own, dict)
        and own.keys() == {"name", "text", "share"}
        and _is_text(own["name"])
        and _is_text(own["text"])
        and _is_number(own["share"])
        for own in value
    )


def _is_nearest(value: object) -> bool:
    if not isinstance(value, dict) or not has_fields(value, CITATION):
        return False
    fields = _CITATION | _CITATION_2
    return value.keys() == CITATION.keys() | fields.keys() and all(fits(value[name]) for name, fits in fields.items())


_FIELDS: dict[str, Fits] = {
    "kind": lambda value: value in ("answer", "refusal", "notice"),
    "question": lambda value: isinstance(value, str),
    "standalone_question": lambda value: isinstance(value, str),
    "confidence": _is_share,
    "short_answer": _or_none(_is_text),
    "note": _or_none(_is_text),
    "caution": _or_none(lambda value: isinstance(value, str)),
    "passages": lambda value: isinstance(value, list),
    "model": _all(_or_none(_is_text)),
    "timings_ms": _all(lambda value: _is_number(value) and value >= 0),
}
_STATEMENT: dict[str, Fits] = {
    "text": bool,
    "status": lambda value: value in ("quoted", "supported", "computed", "unsupported"),
    "support": _is_share,
}
_CITATION: dict[str, Fits] = {
    "title": lambda value: isinstance(value, str),
    "page": _or_none(_is_count),
    "section": _or_none(lambda value: isinstance(value, str)),
}
_PASSAGE: Mapping[str, Fits] = {
    "source": lambda value: isinstance(value, str),
    "start": _is_count,
    "end": _is_count,
    "score": _is_number,
    "stage_scores": _all(_is_number),
}
_CELL: Mapping[str, Fits] = {
    "start": _is_count,
    "end": _is_count,
    "row": _is_texts,
    "columns": _is_texts,
    "unit": lambda value: isinstance(value, str),
}
# What schema 2 has beside the fields above.
_FIELDS_2: dict[str, Fits] = {
    "asked": lambda value: value in get_args(AnswerType),
    "parts": _is_parts,
    "reasons": _is_reasons,
    "nearest": _or_none(_is_nearest),
}
_BESIDE: Mapping[str, Fits] = {"beyond": _or_none(_is_text)}  # an answer; only some have it
_FIELDS_2 |= _BESIDE
_LATER = {*_BESIDE, "reasons", "marks", "nearest", "code"}  # that the first answers of schema 2 do not have
_STATEMENT_2: dict[str, Fits] = {
    "role": lambda value: value in get_args(Role),
    "part": _is_count,
    "code": _or_none(_is_ranges),
}
_CITATION_2: dict[str, Fits] = {"date": _or_none(_is_date), "cells": _is_cells, "marks": _is_ranges}

_KNOWN = {"schema", "answered", "text", "statements", "citations", *_FIELDS, *_FIELDS_2}
_KNOWN_CITATION = {*CITATION, *_CITATION, *_CITATION_2}
_KNOWN_STATEMENT = {"citations", *_STATEMENT, *_STATEMENT_2}


def misshapen(answer: Answer, *, own: bool) -> Iterator[str]:
    """The fields that are not as Refdesk writes them, a line each; only its ``own`` answers need all fields."""
    optional = _LATER if answer.get("schema") != 1 else {*_FIELDS_2, *_STATEMENT_2, *_CITATION_2}
    lists: list[tuple[str, Any, Mapping[str, Fits]]] = [
        ("", [answer], _FIELDS | _FIELDS_2),
        ("statement", answer["statements"], _STATEMENT | _STATEMENT_2),
        ("citation", answer["citations"], _CITATION | _CITATION_2),
    ]
    if own:
        lists.append(("passage", _passages_of(answer), _PASSAGE))
    if answer.get("schema") == 1 and answer != as_schema_1(answer):
        yield "schema 1 has none of the fields of schema 2"
    for what, records, fields in lists:
        for number, record in enumerate(records, start=1):
            for name, fits in fields.items():
                there = isinstance(record, dict) and name in record
                if not (fits(record[name]) if there else not own or name in optional):
                    yield f"{f'{what} {number}: ' if what else ''}{name} is not as refdesk writes it"


def as_schema_1(answer: Answer) -> dict[str, Any]:
    """The answer without the fields that schema 2 has beside those of schema 1."""
    return {
        **{name: value for name, value in answer.items() if name not in _FIELDS_2},
        "schema": 1,
        "statements": [_without(statement, _STATEMENT_2) for statement in answer["statements"]],
        "citations": [_without(citation, _CITATION_2) for citation in answer["citations"]],
    }


def _without(record: Mapping[str, Any], names: Mapping[str, Fits]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def has_others(answer: Answer) -> bool:
    """Whether there are fields that this version does not know and cannot check."""
    rows = [(answer, _KNOWN), *((row, _KNOWN_CITATION) for row in answer["citations"])]
    rows += [(row, _KNOWN_STATEMENT) for row in answer["statements"]]
    rows += [(row, {*_PASSAGE}) for row in _passages_of(answer) if isinstance(row, dict)]
    return any(row.keys() - known for row, known in rows)


def _passages_of(answer: Answer) -> list[Any]:
    passages = answer.get("passages")
    return passages if isinstance(passages, list) else []
