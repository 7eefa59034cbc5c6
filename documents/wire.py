"""Parts as bytes, sent from the process that has read an untrusted file to one that must not trust the result.

What arrives is validated: it holds only texts and numbers, offsets lie within the text, and nothing is executed (no
pickle).
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import astuple
from typing import Any, get_args

import numpy as np

from documents.blocks import check_structure
from documents.dates import is_date
from documents.document import MAX_TITLE, DatedBy, Document, Edition, Page, Part, Prepared, Section
from documents.prepare import MAX_SECTIONS
from documents.sketch import SIZE
from documents.split import MAX_CHUNKS
from documents.structure_fields import require_integers, require_text, structure_fields, structure_of

MAX_FIELDS = 32 * 1024**2  # bytes of a part's fields, which take twenty times that as objects
MAX_OVERLAP = 16  # chunks that may hold the same character

_SIZES = struct.Struct(">II")
_LANGUAGE = re.compile("[a-z]{2}")


class WireError(ValueError):
    """The bytes received are not a valid part."""


def pack(part: Part) -> bytes:
    """``part`` as bytes: the sizes of fields and sketch, then the fields as JSON, the sketch and the text."""
    document, prepared = part.document, part.prepared
    fields = {
        "name": part.name,
        "reason": part.reason,
        "modified": part.modified,
        "metadata": part.metadata,
        "document": document and {**document_fields(document), "text": ""},
        "prepared": prepared
        and {"chunks": prepared.chunks, "language": prepared.language, "edition": astuple(prepared.edition)},
    }
    packed = json.dumps(fields, ensure_ascii=True).encode("ascii")
    sketch = prepared.sketch if prepared else b""
    text = document.text.encode("utf-8") if document else b""
    return _SIZES.pack(len(packed), len(sketch)) + packed + sketch + text


def unpack(data: bytes) -> Part:
    """The part that ``data`` packs. Raises WireError for anything else."""
    try:
        fields, sketch, text = _divided(data)
        document = fields["document"] and document_of({**fields["document"], "text": text})
        prepared = fields["prepared"] and _prepared(fields["prepared"], sketch, document)
        modified = fields["modified"]
        metadata = tuple((require_text(name), require_text(value)) for name, value in fields["metadata"])
        return Part(
            require_text(fields["name"]),
            document or None,
            require_text(fields["reason"]),
            None if modified is None else float(modified),
            metadata,
            prepared or None,
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, struct.error) as error:
        raise WireError(f"no part ({type(error).__name__})") from error


def _divided(data: bytes) -> tuple[dict[str, Any], bytes, str]:
    """Fields, sketch and text of a packed part."""
    fields, sketch = _SIZES.unpack_from(data)
    if fields > MAX_FIELDS:
        raise WireError("more fields than a part has")
    first = _SIZES.size + fields
    last = first + sketch
    if last > len(data):
        raise WireError("sizes that do not fit")
    return json.loads(data[_SIZES.size : first]), data[first:last], str(data[last:], "utf-8")


def _prepared(fields: dict[str, Any], sketch: bytes, document: Document) -> Prepared:
    """What was prepared of the document, validated: chunks start one after another, in the text, and overlap little."""
    chunks = tuple((start, end) for start, end in fields["chunks"])
    starts, ends = [start for start, _ in chunks], [end for _, end in chunks]
    size = len(document.text)
    _require_ascending(0, *starts, size)
    require_integers(*ends)
    if (
        len(set(starts)) < len(chunks)
        or any(not start < end <= size for start, end in chunks)
        or len(chunks) > MAX_CHUNKS
    ):
        raise WireError("chunks that are none")
    if sum(ends) - sum(starts) > MAX_OVERLAP * size:  # bounds the memory that embedding takes
        raise WireError("chunks that hold more than the text")
    hashes = np.frombuffer(sketch, dtype=np.uint64)
    if len(hashes) > SIZE or not np.all(hashes[:-1] < hashes[1:]):
        raise WireError("no sketch")
    language = require_text(fields["language"])
    if not _LANGUAGE.fullmatch(language):
        raise WireError("no language")
    return Prepared(chunks, language, sketch, _edition(*fields["edition"]))


def _edition(date: Any, dated_by: Any, version: Any, name: Any, title: Any) -> Edition:
    for text in (date, dated_by, version, name, title):
        if len(require_text(text)) > MAX_TITLE or not text.isprintable():
            raise WireError("no edition")
    if dated_by not in get_args(DatedBy) or bool(date) != bool(dated_by) or (date and not is_date(date)):
        raise WireError("no date")
    return Edition(date, dated_by, version, name, title)


def document_fields(document: Document) -> dict[str, Any]:
    """``document`` as plain values, from which ``document_of`` makes it again."""
    return {
        "text": document.text,
        "title": document.title,
        "sections": [astuple(section) for section in document.sections],
        "pages": [astuple(page) for page in document.pages],
        "parser": document.parser,
        **structure_fields(document),
    }


def document_of(fields: dict[str, Any]) -> Document:
    """The document that ``document_fields`` describes; raises ValueError, TypeError or KeyError for invalid fields."""
    text = require_text(fields["text"])
    sections = tuple(Section(*section) for section in fields["sections"])
    pages = tuple(Page(*page) for page in fields["pages"])
    if max(len(sections), len(pages)) > MAX_SECTIONS:
        raise WireError("more sections or pages than a document has")
    for section in sections:
        require_text(section.title)
        _require_ascending(0, section.start, section.heading_end, section.end, len(text))
    for page in pages:
        _require_ascending(0, page.start, page.end, len(text))
    _require_ascending(*(section.start for section in sections))
    _require_ascending(*(page.start for page in pages))
    _require_ascending(*sorted([*(section.level for section in sections), *(page.number for page in pages)]))
    blocks, tables, code = structure_of(fields["blocks"], fields["tables"])
    check_structure(text, blocks, tables, code)
    title, parser = require_text(fields["title"]), require_text(fields["parser"])
    return Document(text, title, sections, pages, parser, blocks, tables, inline_code=code)


def _require_ascending(*numbers: int) -> None:
    require_integers(*numbers)
    if list(numbers) != sorted(numbers):
        raise WireError("numbers out of order")
