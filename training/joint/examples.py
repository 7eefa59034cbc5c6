"""What the joint reader learns from: questions on texts, with spans, evidence and orders where they are known."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from documents.linearise import linearise
from documents.sentences import Range, sentences
from documents.split import sentences_within
from training import data as earlier
from training.data import windowed
from training.everyday_data import FOLDER as EVERYDAY
from training.everyday_data import read as read_everyday
from training.evidence_data import FOLDER as EVIDENCE
from training.evidence_data import NEAR
from training.evidence_data import read as read_evidence
from training.near_misses import as_read, twins
from training.verifier.examples import is_held_out, rows

CLEAN, WEAK, TWINS, SEARCHED = 2000, 2000, 4000, 2500  # examples of each source
EPOCHS, EXPLAINED = 1, 3  # how often the everyday documents are read, and the passages with the sentences that explain
ORDERED = 0.15  # share of the examples that get a text which is an order or looks like one
TITLED = 0.5  # share of the texts with a known title that are read under it, as chunks are
HELD_OUT = 0.1  # of the everyday documents, the same ones as of the verifier's
HELD_RANKED = 100  # questions with ranked passages
# The logit of the reranker, of a sentence by itself, from which it belongs to what answers more likely than not: where
# the sentences that it selects agree best with CLAPNQ's; and the logits over which that changes.
MIDDLE, SCALE = -8.0, 1.5

Mark = tuple[int, int, float]  # start, end, and how surely it belongs: 0 to 1


@dataclass(frozen=True, slots=True)
class Example:
    """A question on a text.

    - ``spans`` and ``priors``: what may be the answer; ``answerable``: None where neither is known;
    - ``sure``: whether every span is a right answer;
    - ``evidence``: marks of the characters that belong to what answers, or do not; the rest is not known;
    - ``orders``: marks of sentences that address whoever reads for somebody else.
    """

    question: str
    text: str
    spans: tuple[Range, ...] = ()
    priors: tuple[float, ...] = ()
    sure: bool = True
    answerable: bool | None = None
    evidence: tuple[Mark, ...] = ()
    orders: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question, passages, and the reranker's logit of each."""

    question: str
    texts: tuple[str, ...]
    logits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Data:
    """What is learned from, shuffled, and what is held out."""

    examples: list[Example]
    ranked: list[Ranked]
    held_spans: list[Example]
    held_everyday: list[Example]
    held_explaining: list[Example]
    held_ranked: list[Ranked]
    clapnq: list[Example]  # evidence alone: never learned from


def read(data: Path, labels: Path, rng: random.Random) -> Data:
    """Everything, from the shared ``data`` and the teacher's ``labels``."""
    first = earlier.read(data / "train", rng)
    everyday, held = everyday_examples()
    examples = [of_earlier(own) for own in rng.sample(first.clean, min(CLEAN, len(first.clean)))]
    examples += [of_earlier(own) for own in rng.sample(first.weak, min(WEAK, len(first.weak)))]
    examples += [of_earlier(own) for own in islice(twins(data / "questions", rng), TWINS)]
    examples += searched(data / "questions", rng)
    examples += several(data / "questions")
    examples += rationales(data / "scifact")
    examples += _weighed(labels / "sentences.jsonl.gz")
    explaining, held_explaining = explaining_examples()
    examples += EXPLAINED * explaining
    examples += EPOCHS * everyday
    rng.shuffle(examples)
    rng.shuffle(held)
    ranked = [
        Ranked(row["question"], tuple(row["texts"]), tuple(row["logits"])) for row in rows(labels / "ranked.jsonl.gz")
    ]
    return Data(
        examples, ranked[HELD_RANKED:], [of_earlier(own) for own in first.held_clean], held,
        held_explaining, ranked[:HELD_RANKED],
        list(_selected(data / "questions")),
    )  # fmt: skip


def of_earlier(example: earlier.Example) -> Example:
    """An example of the earlier stages; where it has no answer, no word of its text belongs to one."""
    found = bool(example.spans)
    nothing = () if found else ((0, len(example.text), 0.0),)
    marks = (
        _sentence_marks(example.text, example.spans[:1])
        if found and example.sure and len(example.spans) < 3
        else nothing
    )
    return Example(example.question, example.text, example.spans, example.priors, example.sure, found, marks)


def _sentence_marks(text: str, spans: Sequence[Range], *, others: bool = False) -> tuple[Mark, ...]:
    """The sentences of the spans as evidence, and, where asked for, the ``others`` as none."""
    found = []
    for start, end in sentences(text):
        own = any(start < span[1] and span[0] < end for span in spans)
        if own or others:
            found.append((start, end, float(own)))
    return tuple(found)


def titled(example: Example, title: str) -> Example:
    """The example with its text under a title."""
    by = len(title) + 1

    def moved(marks: Sequence[Mark]) -> tuple[Mark, ...]:
        return tuple((start + by, end + by, how) for start, end, how in marks)

    return replace(
        example, text=f"{title}\n{example.text}", spans=tuple((a + by, b + by) for a, b in example.spans),
        evidence=moved(example.evidence), orders=moved(example.orders),
    )  # fmt: skip


def everyday_examples() -> tuple[list[Example], list[Example]]:
    """The everyday documents' questions, near-misses, yes/no questions and claims; those of the documents held out."""
    parts: tuple[list[Example], list[Example]] = ([], [])
    for document, items in read_everyday(EVERYDAY):
        whole = linearise(document.text, document.tables, 0, len(document.text))
        places = [
            place for place in sentences_within(document, 0, len(document.text)) if not document.in_heading(*place)
        ]
        read_as = {place: found for place in places if (found := whole.find(*place))}
        own = parts[is_held_out(document.id, HELD_OUT)]
        for item in items:
            if item.kind == "near-miss":
                own.append(Example(item.text, whole.text, answerable=False, evidence=((0, len(whole.text), 0.0),)))
                continue
            decides = set(item.evidence)
            marks = tuple((*read, float(place in decides)) for place, read in read_as.items())
            spans = tuple(as_read(document, whole, answer) for answer in item.answers)
            answerable = True if spans else None
            priors = (1 / len(spans),) * len(spans) if spans else ()
            own.append(
                Example(item.text, whole.text, spans, priors, answerable=answerable, evidence=marks if decides else ())
            )
    return parts


def explaining_examples() -> tuple[list[Example], list[Example]]:
    """The questions whose sentences were written down; those of the passages held out."""
    parts: tuple[list[Example], list[Example]] = ([], [])
    for passage in read_evidence(EVIDENCE):
        document = passage.document
        whole = linearise(document.text, document.tables, 0, len(document.text))
        places = [whole.find(*place) for place in passage.sentences]
        for asked in passage.questions:
            decides = set() if asked.kind == NEAR else set(asked.sentences)
            marks = tuple((*place, float(number in decides)) for number, place in enumerate(places) if place)
            own = Example(asked.text, whole.text, answerable=bool(decides), evidence=marks)
            parts[is_held_out(document.id, HELD_OUT)].append(own)
    return parts


def searched(folder: Path, rng: random.Random) -> Iterator[Example]:
    """Web searches; where one sentence explains the answer, the others are no evidence."""
    for row in rng.sample(rows(folder / "qed_nq.jsonl.gz"), SEARCHED):
        spans = tuple((a["start"], a["start"] + len(a["text"])) for a in row["answers"])
        if not spans:
            continue
        whole = earlier.Example(row["question"], row["context"], spans, (1 / len(spans),) * len(spans))
        cut = windowed(whole, rng)
        marks = _sentence_marks(cut.text, cut.spans, others=row["explanation"] == "single_sentence")
        example = Example(cut.question, cut.text, cut.spans, cut.priors, answerable=True, evidence=marks)
        yield titled(example, row["title"]) if rng.random() < TITLED else example


def several(folder: Path) -> Iterator[Example]:
    """Questions with several answers: any of them may be the span, the sentences of all are the evidence."""
    for row in rows(folder / "multispanqa.jsonl.gz"):
        spans = tuple((a["start"], a["start"] + len(a["text"])) for a in row["answers"])
        marks = _sentence_marks(row["context"], spans, others=True)
        yield Example(
            row["question"], row["context"], spans, (1 / len(spans),) * len(spans), answerable=True, evidence=marks
        )


def rationales(folder: Path) -> Iterator[Example]:
    """SciFact's training claims with the sentences of an abstract that decide them."""
    corpus = {row["_id"]: row for row in rows(folder / "corpus.jsonl")}
    for row in rows(folder / "claims_evidence.train.jsonl"):
        for part in row["evidence"]:
            text = corpus[str(part["doc_id"])]["text"]
            places = list(sentences(text))
            marks = tuple((*place, float(number in part["sentences"])) for number, place in enumerate(places))
            yield Example(row["claim"], text, evidence=marks)


def _weighed(path: Path) -> Iterator[Example]:
    """Passages whose sentences the reranker has read by themselves."""
    for row in rows(path):
        marks = tuple(
            (start, end, 1 / (1 + 2.718281828 ** (-(logit - MIDDLE) / SCALE)))
            for (start, end), logit in zip(row["sentences"], row["logits"], strict=True)
        )
        yield Example(row["question"], row["text"], evidence=marks)


def _selected(folder: Path) -> Iterator[Example]:
    """CLAPNQ's answerable questions with the sentences that were selected; its unanswerable ones."""
    for row in rows(folder / "clapnq_answerable.jsonl.gz"):
        selected = set(row["selected_sentences"])
        marks, at = [], 0
        for sentence in row["sentences"]:
            start = row["context"].index(sentence, at)
            at = start + len(sentence)
            marks.append((start, at, float(sentence in selected)))
        yield titled(Example(row["question"], row["context"], answerable=True, evidence=tuple(marks)), row["title"])
    for row in rows(folder / "clapnq_unanswerable.jsonl.gz"):
        yield titled(Example(row["question"], row["context"], answerable=False), row["title"])


def with_orders(examples: Sequence[Example], texts: Sequence[tuple[str, bool]], rng: random.Random) -> list[Example]:
    """The examples, a share of them with a text between two sentences that is an order or only looks like one.

    ``texts`` are those texts, each with whether it is an order. No other sentence is one.
    """
    found = []
    for example in examples:
        plain = replace(example, orders=((0, len(example.text), 0.0),))
        found.append(inserted(plain, *rng.choice(texts), rng) if texts and rng.random() < ORDERED else plain)
    return found


def inserted(example: Example, text: str, is_order: bool, rng: random.Random) -> Example:
    """The example with a text of its own between two sentences: no evidence, and an order or none."""
    ends = [end for _, end in sentences(example.text) if not any(a < end < b for a, b in example.spans)]
    at = rng.choice([0, *ends])
    before, after = example.text[:at], example.text[at:]
    gap = rng.choice((" ", "\n", "\n\n"))
    added = f"{gap}{text}{gap if after and not after[0].isspace() else ''}" if at else f"{text}{gap}"
    by = len(added)

    def moved(start: int, end: int) -> Range:
        return (start + by if start >= at else start, end + by if end > at else end)

    start = at + (len(gap) if at else 0)
    place = (start, start + len(text))
    none: tuple[Mark, ...] = ((*place, 0.0),) if example.evidence else ()
    return replace(
        example, text=before + added + after, spans=tuple(moved(*span) for span in example.spans),
        evidence=(*((*moved(a, b), how) for a, b, how in example.evidence), *none),
        orders=((0, len(before + added + after), 0.0), (*place, float(is_order))),
    )  # fmt: skip
