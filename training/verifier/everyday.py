"""Pairs of the everyday documents written for this project: questions, near-misses, yes/no questions and claims.

Beside what was written down, the reader that is in use picks sentences for each question, as it does when it answers:
what it takes for the answer of a near-miss, or for another answer of a question, is what has to be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.document import Document
from documents.linearise import linearise
from documents.sentences import Range
from index.query import Query
from qa.check.entailment import answered
from qa.read.judge import Judge
from qa.read.reader import Reader
from training.everyday_data import FOLDER, Item, read, sentence_of
from training.verifier.examples import LABELS, SUPPORTED, UNSUPPORTED, Pair, is_held_out

HELD_OUT = 0.1  # of the documents
PICKED = 1  # sentences that the reader picks for a question


def everyday(reader: Reader | None = None, folder: Path = FOLDER, *, held_out_only: bool = False) -> Iterator[Pair]:
    """All pairs, or the held-out ones, in a fixed order; ``reader`` picks sentences: the shipped one by default."""
    picking = reader or Judge.load()
    for document, items in read(folder):
        held = is_held_out(document.id, HELD_OUT)
        if held_out_only and not held:
            continue
        for item in items:
            for claim, place, label in [*_written(document, item), *_picked(document, item, picking)]:
                text = " ".join(linearise(document.text, document.tables, *part).text for part in place)
                titled = f"{document.title}. {text}"
                yield Pair(f"everyday {item.kind}", claim, titled, label, held)
                if label == SUPPORTED and not held:  # what is supported is the rarer
                    yield Pair(f"everyday {item.kind}", claim, text, label)


def _written(document: Document, item: Item) -> Iterator[tuple[str, tuple[Range, ...], int]]:
    """Claims with the sentences that decide and the label."""
    if item.verdict:
        yield item.text, item.evidence, LABELS[item.verdict]
    for answer in item.answers:
        said = document.text[slice(*answer)]
        yield answered(item.text, said), (sentence_of(document, answer),), SUPPORTED
    for wrong in item.wrong:
        yield answered(item.text, document.text[slice(*wrong)]), (sentence_of(document, wrong),), UNSUPPORTED


def _picked(document: Document, item: Item, reader: Reader) -> Iterator[tuple[str, tuple[Range, ...], int]]:
    """Sentences that the reader takes for answers, other than those written down, with what it takes for the answer."""
    if item.kind not in ("question", "near-miss"):
        return
    known = {sentence_of(document, place) for place in (*item.answers, *item.wrong)} | set(item.evidence)
    right = {document.text[slice(*answer)] for answer in item.answers}
    whole = linearise(document.text, document.tables, 0, len(document.text))
    (spans,) = reader.read(Query.of(item.text), [whole.text])
    picked = 0
    for span in spans:
        place = whole.place(span.start, span.end)
        if not place:
            continue
        start = place.row[0] if place.row else place.start
        sentence, said = sentence_of(document, (start, start)), document.text[place.start : place.end]
        if sentence in known or document.in_heading(*sentence):
            continue
        if any(answer in said or said in answer for answer in right):
            continue
        known.add(sentence)
        yield answered(item.text, said), (sentence,), UNSUPPORTED
        picked += 1
        if picked == PICKED:
            return
