"""What is asked of what, and what is right: the one shape that every benchmark format is read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from documents.document import Document
from documents.errors import RefdeskError

DatasetKind = Literal["reading", "retrieval", "open", "support"]


class DatasetError(RefdeskError):
    """A dataset that cannot be read as one. The message is one line: the file, the record, and what to do."""


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """One acceptable answer; ``start`` is its offset in the text of document ``document``, where that is known."""

    text: str
    document: str | None = None
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question (or, in support data, one claim).

    - ``id``: unique in the dataset; ``group``: what questions share when they are not independent (the article or
      document they are about), for clustered intervals;
    - ``answers``: all acceptable ones; empty with ``answerable`` False for questions without an answer here, and
      with ``answerable`` None where the dataset does not say (retrieval);
    - ``relevant``: document name -> grade above 0; in reading data, the passage that was asked of, also of questions
      that it does not answer;
    - ``evidence``: texts that support the claim or hold the answer, where the dataset gives them;
    - ``label``: of a claim: "supported", "partially_supported", "not_supported";
    - ``slices``: what tables are cut by, e.g. {"language": "zh"}.
    """

    id: str
    question: str
    group: str
    answers: tuple[GoldAnswer, ...] = ()
    answerable: bool | None = None
    relevant: Mapping[str, int] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    label: str | None = None
    slices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A benchmark: named documents (may be none, where questions are asked of an existing index) and items.

    ``digest`` is the SHA-256 of what was read, for run files; ``language`` is the two-letter code of the language
    that the answers are in; ``notes`` tell, a line each, what was read with a reservation, such as judged documents
    that the corpus lacks; ``unread`` names the files of the corpus that cannot be read, each with its reason.
    """

    name: str
    kind: DatasetKind
    documents: Mapping[str, Document]
    items: tuple[Item, ...]
    language: str
    digest: str
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
