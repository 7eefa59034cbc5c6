"""Parts as plain JSON: what passes from a process that has read a stranger's file to one that must not trust it.

What arrives is checked, not believed: nothing but texts and numbers, offsets within the text, never code (no pickle).
"""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import Any

from documents.document import Document, Page, Section
from documents.load import Part


class WireError(ValueError):
    """What arrived is not what a reader sends."""


def pack(part: Part) -> bytes:
    """``part`` as JSON."""
    document = part.document
    fields = {
        "name": part.name,
        "reason": part.reason,
        "modified": part.modified,
        "metadata": part.metadata,
        "document": document and document_fields(document),
    }
    return json.dumps(fields, ensure_ascii=True).encode("ascii")


def unpack(data: bytes) -> Part:
    """The part that ``data`` packs. Raises WireError for anything else."""
    try:
        fields = json.loads(data)
        document = fields["document"] and document_of(fields["document"])
        modified = fields["modified"]
        metadata = tuple((_text(name), _text(value)) for name, value in fields["metadata"])
        return Part(
            _text(fields["name"]),
            document or None,
            _text(fields["reason"]),
            None if modified is None else float(modified),
            metadata,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise WireError(f"no part ({type(error).__name__})") from error


def document_fields(document: Document) -> dict[str, Any]:
    """All that makes ``document``, in plain lists."""
    return {
        "text": document.text,
        "title": document.title,
        "sections": [astuple(section) for section in document.sections],
        "pages": [astuple(page) for page in document.pages],
        "parser": document.parser,
    }


def document_of(fields: dict[str, Any]) -> Document:
    """The document of such fields; raises one of the errors of a wrong type or value."""
    text = _text(fields["text"])
    sections = tuple(Section(*section) for section in fields["sections"])
    pages = tuple(Page(*page) for page in fields["pages"])
    for section in sections:
        _text(section.title)
        _ascending(0, section.start, section.heading_end, section.end, len(text))
    for page in pages:
        _ascending(0, page.start, page.end, len(text))
    _ascending(*(section.start for section in sections))
    _ascending(*(page.start for page in pages))
    _ascending(*sorted([*(section.level for section in sections), *(page.number for page in pages)]))
    return Document(text, _text(fields["title"]), sections, pages, _text(fields["parser"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WireError("no text")
    value.encode("utf-8")  # half of a surrogate pair is an error
    return value


def _ascending(*numbers: int) -> None:
    if not all(type(number) is int for number in numbers) or list(numbers) != sorted(numbers):
        raise WireError("numbers that are none, or out of order")
