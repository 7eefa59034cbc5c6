"""What the judge learns from candidates read together: which of them answers, if one does.

The candidates are those that the program itself reads as the best for a question, each as it would be quoted, in any
order in one text. So what stands beside the right one is what misleads it, and each is read beside the others.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from documents.document import Chunk, Document
from documents.sentences import Range
from index.passage import Scope
from index.search import Index
from qa import settings
from qa.assistant.compose import Models, extractor_of, load_models
from qa.layout.quotation import quotation
from qa.read.evidence_reader import QUOTED, EvidenceReader
from qa.understand.question import analyse
from training.calibrate import index_of
from training.embedder.wordings import varied
from training.joint.examples import Example
from training.judge.examples import Group, Judged, Passage
from training.judge.several import places_of
from training.judge.words import Words
from training.shared_everyday import Item, read, sets

FOUND = 15  # passages of which the best are read
BETWEEN = "\n\n"  # candidates
LEADING = "HG"  # kinds of questions whose evidence also leads to what answers


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with where its documents answer it, by their texts: sentences, and the words of them that say it.

    - ``unknown``: texts of documents that may answer, too, which nobody has noted.
    """

    question: str
    evidence: Mapping[str, Sequence[Range]] = field(default_factory=dict)
    answers: Mapping[str, Sequence[Range]] = field(default_factory=dict)
    leads: bool = False  # whether sentences without the answer only lead to it
    unknown: frozenset[str] = frozenset()


def together(path: Path, rng: random.Random, share: float = 1.0) -> Iterator[Group]:
    """A share of what is asked of the documents of a file, and of each set of them, with the candidates as one text."""
    models = load_models(settings.read())
    reader = replace(extractor_of(models), entailment=None)
    with tempfile.TemporaryDirectory() as scratch:
        for number, (documents, asked) in enumerate(asked_of(path)):
            own = [one for one in asked if rng.random() < share]
            words = {document.text: Words(document) for document in documents}
            index = _index_of(documents, Path(scratch) / str(number), models)
            for one in own:
                one = replace(one, question=varied(one.question, rng))
                candidates = candidates_of(one.question, index, reader)
                rng.shuffle(candidates)
                if example := joined(one, candidates, words):
                    yield [Judged(example)]


def asked_of(path: Path) -> Iterator[tuple[Sequence[Document], Sequence[Asked]]]:
    """Documents that are searched together with what is asked: each set of a file, and all its documents."""
    every, alone, siblings = [], [], dict[str, frozenset[str]]()
    for documents, items in sets(path):
        of_set = {title: Words(document) for title, document in documents.items()}
        texts = frozenset(document.text for document in documents.values())
        siblings |= {text: texts - {text} for text in texts}
        yield list(documents.values()), [_of_set(item, of_set) for item in items]
    for document, items in read(path):
        every.append(document)
        words = Words(document)
        asked = [_of_document(item, words, siblings.get(document.text, frozenset())) for item in items]
        alone += [one for one in asked if one]
    yield every, alone


def _of_set(item: Item, words: dict[str, Words]) -> Asked:
    evidence = {words[title].document.text: places for title, places in places_of(item, words).items()}
    answers = {own.document.text: _places(own, item) for own in words.values()}
    return Asked(_question(item), evidence, answers, leads=item.kind in LEADING)


def _of_document(item: Item, words: Words, siblings: frozenset[str]) -> Asked | None:
    if item.kind in "TF":
        return None
    text, places = words.document.text, words.sentences_of(item.fields.get("E", ()))
    if item.kind == "N":
        return Asked(item.text, unknown=siblings)
    return Asked(_question(item), {text: places}, {text: _places(words, item)}, unknown=siblings) if places else None


def _question(item: Item) -> str:
    return item.fields["S"][0] if item.kind == "G" and item.fields.get("S") else item.text


def _places(words: Words, item: Item) -> list[Range]:
    return [place for quote in item.fields.get("A", ()) for place in words.find(quote)]


def _index_of(documents: Sequence[Document], folder: Path, models: Models) -> Index:
    return index_of([(f"{number:04}.md", own) for number, own in enumerate(documents)], folder, models)


def candidates_of(question: str, index: Index, reader: EvidenceReader) -> list[Chunk]:
    """The best sentences for a question, each as it would be quoted, once, best first."""
    ranked = index.rerank(question, index.candidates(question, Scope(), FOUND))
    evidence = reader.read(analyse(question), ranked)
    places = ((one.document, quotation(one.document, (one.start, one.end))) for one in evidence)
    every = {(document.id, place): Chunk(document, *place) for document, place in places}
    return list(every.values())[:QUOTED]


def joined(asked: Asked, candidates: Sequence[Chunk], words: Mapping[str, Words]) -> Example | None:
    """The candidates as one text with what is known of each; None where fewer than two are known."""
    known = [chunk for chunk in candidates if chunk.document.text not in asked.unknown]
    if len(known) < 2:
        return None
    text, spans, marks, answerable = "", list[Range](), list[tuple[int, int, float]](), False
    for chunk in known:
        home = chunk.document.text
        evidence, answers = asked.evidence.get(home, ()), asked.answers.get(home, ())
        own = Passage(chunk, words[home])
        told = own.has(answers) or not asked.leads or not own.has(evidence)
        example = own.example(asked.question, evidence, answers, is_known=told)
        text += BETWEEN if text else ""
        spans += [(start + len(text), end + len(text)) for start, end in example.spans]
        marks += [(start + len(text), end + len(text), how) for start, end, how in example.evidence]
        answerable = answerable or bool(example.answerable)
        text += own.text
    priors = (1 / len(spans),) * len(spans) if spans else ()
    return Example(asked.question, text, tuple(spans), priors, answerable=answerable, evidence=tuple(marks))
