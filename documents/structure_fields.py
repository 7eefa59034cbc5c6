"""Blocks, tables and inline code of a document as plain values, as they are stored and sent, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from documents.blocks import Block, Group, Merged, Range, StructureError, Table
from documents.document import Document

_INLINE_CODE = "inline code"


def structure_fields(document: Document) -> dict[str, Any]:
    """Blocks, tables and inline code of ``document`` as plain values, from which ``structure_of`` makes them again.

    Code is kept behind the blocks, as if it were some: a store has a column for these.
    """
    return {
        "blocks": [
            *(astuple(block) for block in document.blocks),
            *((_INLINE_CODE, start, end, "") for start, end in document.inline_code),
        ],
        "tables": [
            (table.start, table.end, table.headings, table.labels, table.caption,
             [astuple(cell) for cell in table.merged], [astuple(group) for group in table.groups],
             table.columns, table.places)
            for table in document.tables
        ],
    }  # fmt: skip


def structure_of(
    blocks: Sequence[Any], tables: Sequence[Any]
) -> tuple[tuple[Block, ...], tuple[Table, ...], tuple[Range, ...]]:
    """The blocks, tables and inline code that ``structure_fields`` describes.

    Raises:
        ValueError, TypeError: they are none, or have other than whole numbers and texts.
    """
    code = [fields[1:3] for fields in blocks if fields[0] == _INLINE_CODE]
    require_integers(*(number for own in code for number in own))
    return (
        tuple(_block_of(*fields) for fields in blocks if fields[0] != _INLINE_CODE),
        tuple(_table_of(*fields) for fields in tables),
        tuple((start, end) for start, end in code),
    )


def _block_of(kind: Any, start: int, end: int, label: str) -> Block:
    require_integers(start, end)
    return Block(kind, start, end, require_text(label))


def _table_of(
    start: int, end: int, headings: Any, labels: int, caption: Any, merged: Any, groups: Any, columns: Any, places: Any
) -> Table:
    require_integers(start, end, labels, *headings, *(caption or ()), *columns)
    for numbers in (*merged, *groups, *(place for row in places for place in row)):
        require_integers(*numbers)
    return Table(
        start,
        end,
        tuple(headings),
        labels,
        None if caption is None else (caption[0], caption[1]),
        tuple(Merged(*cell) for cell in merged),
        tuple(Group(*group) for group in groups),
        tuple(columns),
        tuple(tuple((first, last) for first, last in row) for row in places),
    )


def require_integers(*numbers: object) -> None:
    """Raises StructureError where one of them is no whole number."""
    if not all(type(number) is int for number in numbers):
        raise StructureError("numbers that are none")


def require_text(value: object) -> str:
    """The value, if it is a text; raises StructureError where it is none, or none that UTF-8 can hold."""
    if not isinstance(value, str):
        raise StructureError("no text")
    value.encode("utf-8")  # raises for a lone surrogate
    return value
