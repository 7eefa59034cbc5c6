"""The one shape that every benchmark is read into: documents, questions or claims about them, and what is right."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from documents.document import Document
from documents.errors import RefdeskError
from qa.evaluation.datasets.expected import Expected

DatasetKind = Literal["reading", "retrieval", "open", "support", "visitors"]
Importance = Literal["vital", "okay"]
Place = tuple[str, int, int]
"""A document's name, start and end: the characters ``start`` to ``end`` (exclusive) of its text."""


class DatasetError(RefdeskError):
    """A dataset cannot be read. The message is one line: the file, the record, and what to do."""


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """One acceptable answer; ``start`` is its offset in the text of the document named ``document``, where known."""

    text: str
    document: str | None = None
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Nugget:
    """A fact that a good answer says: must say, where it is vital."""

    text: str
    importance: Importance


@dataclass(frozen=True, slots=True)
class Item:
    """One question (or, in support data, one claim).

    - ``id``: unique in the dataset;
    - ``group``: the article or document that the question is about. Questions of one group are not independent, so
      confidence intervals resample whole groups;
    - ``answers``: every acceptable one; empty where the question has no answer in the documents;
    - ``answerable``: whether it has one; None where the dataset does not say (retrieval);
    - ``relevant``: document name -> grade above 0. In reading data it holds the passage that the question is about,
      also where the passage does not answer it;
    - ``wanted``: where all answers are wanted, each with its wordings; empty where the answers are alternatives;
    - ``evidence``: texts that support the claim or contain the answer, where the dataset gives them;
    - ``places``: where people marked the evidence: alternative sets, each of which alone is complete;
    - ``label``: of a claim: "supported", "partially_supported" or "not_supported";
    - ``slices``: the dimensions that figures are broken down by, such as {"language": "zh"};
    - ``after``: the earlier questions of the conversation; ``replies``: what the dataset says was answered to each, ""
      for a refusal; without them, every system gives its own;
    - ``among``: the names of the documents that it is asked of, where it has some of its own; empty: all of them;
    - ``nuggets``: the facts that a good answer says, where the dataset gives these in place of answers;
    - ``expect``: what a right answer must say and cite, of visitors' questions; ``corpus``: which of the dataset's
      corpora it is asked of.
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
    expect: Expected | None = None
    after: tuple[str, ...] = ()
    corpus: str = ""
    replies: tuple[str, ...] = ()
    wanted: tuple[tuple[str, ...], ...] = ()
    places: tuple[tuple[Place, ...], ...] = ()
    among: tuple[str, ...] = ()
    nuggets: tuple[Nugget, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A benchmark.

    - ``documents``: by name; empty where the questions are asked of an existing index;
    - ``language``: the two-letter code of the language that the answers are in;
    - ``digest``: SHA-256 of the files that it was read from;
    - ``notes``: warnings from reading it, a line each, such as judged documents that the corpus lacks;
    - ``unread``: the files of the corpus that cannot be read, each with the reason;
    - ``corpora``: of visitors' questions the folders of documents, by name.
    """

    name: str
    kind: DatasetKind
    documents: Mapping[str, Document]
    items: tuple[Item, ...]
    language: str
    digest: str
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    corpora: Mapping[str, Path] = field(default_factory=dict)


def sample(items: Sequence[Item], limit: int | None, seed: int) -> list[Item]:
    """``limit`` of the items, drawn at random with ``seed``, in their original order; all of them if None."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[number] for number in sorted(random.Random(seed).sample(range(len(items)), limit))]
