"""What saved answers are checked against, and what every check needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from documents.document import Document

Answer = Mapping[str, Any]
Problems = Iterator[str]


@dataclass(frozen=True, slots=True)
class VerificationSource:
    """What answers are checked against.

    - ``document_of``: a document by its id, or None;
    - ``place``: what the documents are in, for messages;
    - ``own``: whether Refdesk made the answers; less is checked of another system's;
    - ``outlined``: whether the documents have their titles, pages and sections;
    - ``sources``: the ids of the documents of each path, and ``dates`` the dates that each document has under a path
      (None: none); None where they are not known;
    - ``is_passage``: whether a document of the path has a passage from start to end;
    - ``models``: fingerprints of the models that must have made the answers, by their role.
    """

    document_of: Callable[[str], Document | None]
    place: str = "the index"
    own: bool = True
    outlined: bool = True
    sources: Mapping[str, Collection[str]] | None = None
    dates: Mapping[tuple[str, str], Collection[str | None]] | None = None
    is_passage: Callable[[str, int, int], bool] | None = None
    models: Mapping[str, str] = field(default_factory=dict)

    def documents_from(self, source: str, answer: Answer) -> list[Document]:
        """The documents of the path ``source``: by ``sources`` or, without these, those that the answer cites."""
        if self.sources is not None:
            ids = self.sources.get(source, ())
        else:
            ids = {own["document"] for own in answer["citations"] if own["source"] == source}
        return [document for document in map(self.document_of, ids) if document]


def located(answer: Answer, against: VerificationSource) -> Iterator[tuple[Answer, Document]]:
    """The citations whose quotes are the cited characters, with their documents."""
    for citation in answer["citations"]:
        document = against.document_of(citation["document"])
        if document is not None and is_located(citation, document):
            yield citation, document


def is_located(citation: Answer, document: Document) -> bool:
    """Whether the citation's range of the document is its quote."""
    start, end = citation["start"], citation["end"]
    return bool(0 <= start < end <= len(document.text) and document.text[start:end] == citation["quote"])


def said(answer: Answer) -> list[Answer]:
    """The statements of the answer's text: those that are not marked as unsupported."""
    return [statement for statement in answer["statements"] if statement["status"] != "unsupported"]
