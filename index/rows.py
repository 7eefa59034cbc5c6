"""Rows of the store's tables as what they stand for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from documents.blocks import check_structure
from documents.document import Document, Edition, Page, Section, Source
from documents.structure_fields import structure_of
from index.database import DamageError
from index.embed import Vectors

T = TypeVar("T")

# Last, whose document it is, if it is a visitor's own ("" or null: everyone's).
DOCUMENT = (
    "id, text, title, sections, pages, parser, blocks, tables,"
    " (SELECT max(owner) FROM sources WHERE sources.document = documents.id)"
)
SOURCE = "path, document, collection, owner, modified, metadata, family, date, dated_by, version, name, title"


def found_row(row: T | None, what: str) -> T:
    """``row``, which the store refers to.

    Raises:
        DamageError: it is missing.
    """
    if row is None:
        raise DamageError(f"{what} is missing")
    return row


def document_of(
    document_id: str,
    text: str,
    title: str,
    sections: str,
    pages: str,
    parser: str,
    blocks: str,
    tables: str,
    owner: str | None,
) -> Document:
    """A document of its row (``DOCUMENT``).

    Raises:
        DamageError: it cannot be what was written.
    """
    try:
        own_blocks, own_tables, code = structure_of(json.loads(blocks), json.loads(tables))
        check_structure(text, own_blocks, own_tables, code)
        document = Document(
            text,
            title,
            tuple(Section(*fields) for fields in json.loads(sections)),
            tuple(Page(*fields) for fields in json.loads(pages)),
            parser,
            own_blocks,
            own_tables,
            inline_code=code,
        )
        if owner and document.id != document_id:
            document = replace(document, owner=owner)
    except (TypeError, ValueError, AttributeError) as error:
        raise DamageError(f"document {document_id[:19]}… cannot be read") from error
    if document.id != document_id:
        raise DamageError(f"the text of document {document_id[:19]}… has changed")
    return document


def source_of_row(row: tuple[Any, ...]) -> Source:
    """A source of its row (``SOURCE``).

    Raises:
        DamageError: it cannot be what was written.
    """
    path, document, collection, owner, modified, metadata, family, *edition = row
    try:
        fields = tuple((str(name), str(value)) for name, value in json.loads(metadata))
    except (TypeError, ValueError) as error:
        raise DamageError(f"the metadata of {path} cannot be read") from error
    return Source(path, document, collection, owner or None, modified, fields, Edition(*edition), family)


def ids_of(rows: Iterable[tuple[Any, ...]]) -> NDArray[np.int64]:
    """The ids that the rows begin with, in order: shape (n,)."""
    return np.fromiter(sorted(row[0] for row in rows), dtype=np.int64)


def matrix_of(blobs: Sequence[bytes]) -> Vectors:
    """The vectors of their bytes: shape (n, dimension).

    Raises:
        DamageError: they are not of one length.
    """
    try:
        return np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(len(blobs), -1 if blobs else 0)
    except (TypeError, ValueError) as error:
        raise DamageError("its vectors cannot be read") from error
