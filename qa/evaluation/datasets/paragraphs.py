"""Paragraphs with questions about them -> Dataset: what the formats about single passages share.

Each format's module makes ``Paragraph`` objects of its records, with every offset as it stands in the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from documents.document import Document
from documents.language import detect
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item, Place
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.offsets import moved

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ParagraphQuestion:
    """A question about a paragraph.

    - ``id``: "": it gets one from the paragraph's name;
    - ``answers``: each with its offset in the context, None where that is unknown; none: the question is unanswerable;
    - ``evidence``: alternative sets of (start, end), each of which alone is complete evidence;
    - ``several``: the answers are not alternatives: all of them must be said;
    - ``after``, ``replies``, ``slices``: as those of ``Item``.
    """

    id: str
    question: str
    answers: Sequence[tuple[str, int | None]]
    evidence: Sequence[Spans] = ()
    several: bool = False
    after: Sequence[str] = ()
    replies: Sequence[str] = ()
    slices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A context, exactly as in the file, and its questions; the paragraphs of an ``article`` are one group."""

    article: str
    title: str
    context: str
    questions: Sequence[ParagraphQuestion]


def reader(
    paragraph_of: Callable[[DatasetRecord], Paragraph], parser: str, *, repeated: bool = False
) -> Callable[[DatasetFile], Dataset]:
    """What makes a dataset of a file whose records each are a paragraph with a question.

    ``parser`` is recorded in the documents; ``repeated``: neighbours with the same context are one paragraph.
    """

    def load(file: DatasetFile) -> Dataset:
        """
        Raises:
            DatasetError: a record breaks the format.
        """
        paragraphs = [paragraph_of(record) for record in file.records]
        return dataset_of(joined(paragraphs) if repeated else paragraphs, file, parser)

    return load


def dataset_of(paragraphs: Sequence[Paragraph], file: DatasetFile, parser: str, notes: Iterable[str] = ()) -> Dataset:
    """The reading dataset of the paragraphs of a file, in which equal contexts are one document."""
    language = detect((paragraph.context for paragraph in paragraphs), file.path.name)
    documents: dict[str, Document] = {}
    names: dict[str, str] = {}  # text -> name of the first paragraph with that text
    counts: Counter[str] = Counter()
    items: list[Item] = []
    for paragraph in paragraphs:
        counts[paragraph.article] += 1
        own = f"{paragraph.article}/{counts[paragraph.article]}"
        text = normalise(paragraph.context)
        document = names.setdefault(text, own)
        if document == own:
            title = " ".join(normalise(paragraph.title).replace("_", " ").split())
            documents[document] = Document(text, title, parser=parser)
        items.extend(_items(paragraph, own, text, document))
    return file.dataset("reading", documents, items, language, notes)


def joined(paragraphs: Iterable[Paragraph]) -> list[Paragraph]:
    """Neighbours with the same context made one paragraph, as formats with a record a question repeat it."""
    alike = groupby(paragraphs, lambda paragraph: (paragraph.article, paragraph.title, paragraph.context))
    return [Paragraph(*shared, [asked for one in ones for asked in one.questions]) for shared, ones in alike]


def _items(paragraph: Paragraph, name: str, text: str, document: str) -> Iterator[Item]:
    marked = {start for asked in paragraph.questions for _, start in asked.answers if start is not None}
    marked |= {edge for asked in paragraph.questions for spans in asked.evidence for span in spans for edge in span}
    new = moved(paragraph.context, marked)
    for number, asked in enumerate(paragraph.questions, start=1):
        gold = dict.fromkeys(
            GoldAnswer(normal, document, _checked_start(text, normal, None if start is None else new.get(start)))
            for answer, start in asked.answers
            if (normal := normalise(answer))
        )
        yield Item(
            id=asked.id or f"{name}/{number}",
            question=asked.question,
            group=paragraph.article,
            answers=tuple(gold),
            answerable=bool(gold),
            relevant={document: 1},
            wanted=tuple((own.text,) for own in gold) if asked.several else (),
            places=tuple(places for spans in asked.evidence if (places := places_of(spans, document, new))),
            slices=asked.slices,
            after=tuple(asked.after),
            replies=tuple(asked.replies),
        )


def places_of(spans: Spans, document: str, new: Mapping[int, int]) -> tuple[Place, ...]:
    """The spans in the document's text; none where one of them has no counterpart there."""
    if not all(start in new and end in new for start, end in spans):
        return ()
    return tuple((document, new[start], new[end]) for start, end in spans)


def _checked_start(text: str, answer: str, start: int | None) -> int | None:
    """``start`` if the text has the answer there, else None."""
    return start if start is not None and text.startswith(answer, start) else None


def answer_of(answer: DatasetRecord) -> tuple[str, int | None]:
    """An answer, stripped, with its offset in the context (``answer_start`` or ``start``), None where it has none.

    Raises:
        DatasetError: its ``text`` is none, or empty, as if the question had no answer, or its offset is no number.
    """
    text = answer.fields.get("text")
    if not isinstance(text, str) or not text.strip():
        raise DatasetError(f"{answer.where}: text must be a text that is not empty, not {shown(text)}")
    name = next((name for name in ("answer_start", "start") if answer.fields.get(name) is not None), None)
    if name is None:
        return text.strip(), None
    return text.strip(), answer.whole(name) + len(text) - len(text.lstrip())
