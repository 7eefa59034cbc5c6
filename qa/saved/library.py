"""The check of a list of the library."""

from __future__ import annotations

from collections.abc import Sequence

from documents.document import Source
from qa.answer.notices import library_line
from qa.saved.verification_source import Problems, VerificationSource


def library(count: int, lines: Sequence[str], more: int, against: VerificationSource) -> Problems:
    """A list of the library has lines of documents that are there, and their number."""
    if against.sources is None:
        return
    listed: list[str] = []
    for line in lines:
        named = [path for path in against.sources if Source(path, "").name in line]
        own = [
            document for path in named for document in against.sources[path] if _lists(line, path, document, against)
        ]
        if own:
            listed += own[:1]
        else:
            yield f"the list has a document that is not in {against.place}: {line}"
    there = sum(map(len, against.sources.values()))
    if not (len(set(listed)) <= count <= len(lines) + more <= there) or (not more and count != len(set(listed))):
        yield f"the number of documents in the list is not that of {against.place}"


def _lists(line: str, path: str, document_id: str, against: VerificationSource) -> bool:
    """Whether this is the line of a document of a path."""
    document = against.document_of(document_id)
    dates = against.dates.get((path, document_id), ()) if against.dates is not None else ()
    return document is not None and any(
        line == library_line(Source(path, document_id).name, document.title, date) for date in dates or (None,)
    )
