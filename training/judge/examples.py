"""What the judge learns from: a question or claim with passages that answer it, seem to, or say nothing of it.

A passage is what the index would give: a chunk of its document below its title and section. Documents are held out as a
whole, so that nothing is both learned from and judged by.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from documents.document import Chunk, DocumentError
from documents.load import load
from documents.sentences import Range
from documents.split import Splitter
from index.snapshot import embedding_text
from training import data as earlier
from training.joint.examples import (
    Example,
    Mark,
    everyday_examples,
    explaining_examples,
    of_earlier,
    rationales,
    searched,
    several,
)
from training.judge.words import Words, holds
from training.near_misses import twins
from training.shared_everyday import Item
from training.shared_everyday import read as read_everyday
from training.verifier.examples import (
    CONTRADICTED,
    NOT_MENTIONED,
    SUPPORTED,
    UNSUPPORTED,
    Pair,
    Row,
    is_held_out,
    labelled,
    rows,
)
from training.verifier.made import made

SIZES = (200, 100)  # tokens of a chunk: as the index has them, and shorter ones, which are read faster
MOST_POSITIVE, OTHERS = 2, 2  # passages of a question that answer it, and of others
CLEAN, WEAK, TWINS = 2000, 1000, 4000  # examples of the earlier data, by source
GENERAL, PAIRS = 8000, 8000  # of these and others, and of claims with their evidence, so many are learned from
EPOCHS = 1  # how often the everyday documents, manuals and claims are learned from
HELD_CLAIMS = ("a09", "a17", "b09", "b18")  # files of claims that are held out
HELD_PAGES = 0.2  # of the manuals and of the public pages
CLAIM_LABELS = {
    "supported": SUPPORTED,
    "contradicted": CONTRADICTED,
    "not said": NOT_MENTIONED,
    "yes": SUPPORTED,
    "no": CONTRADICTED,
}
PAGE_WORDS = 150  # of the passages that a public page is cut into


@dataclass(frozen=True, slots=True)
class Judged:
    """A question on a passage; ``verdict``: what the passage says to it as a claim (None: no claim, or not known).

    A verdict may also be ``training.verifier.examples.UNSUPPORTED``: "no" or "not said".
    """

    example: Example
    verdict: int | None = None


Group = list[Judged]  # of one question


@dataclass(slots=True)
class Data:
    """The groups to learn from, shuffled, and those held out, by their source."""

    groups: list[Group] = field(default_factory=list)
    held: dict[str, list[Group]] = field(default_factory=dict)

    def add(self, source: str, groups: Sequence[Group], *, held: bool) -> None:
        """Keep the groups that are not empty."""
        own = [group for group in groups if group]
        if held:
            self.held.setdefault(source, []).extend(own)
        else:
            self.groups += own


def read(data: Path, rng: random.Random) -> Data:
    """Everything, from the shared ``data``."""
    found = Data()
    for _ in range(EPOCHS):
        for path in sorted((data / "everyday" / "train").glob("*.txt")):
            found.add("everyday", list(everyday_groups(path, rng)), held=False)
        for path in sorted((data / "claims").glob("*.jsonl")):
            if path.stem not in HELD_CLAIMS:
                found.add("claims", list(claims(path)), held=False)
    for path in sorted((data / "everyday" / "dev").glob("*.txt")):
        found.add("everyday", list(everyday_groups(path, rng, SIZES[:1])), held=True)
    for name in HELD_CLAIMS:
        found.add("claims", list(claims(data / "claims" / f"{name}.jsonl")), held=True)
    for folder in sorted(path for path in (data / "real").iterdir() if path.is_dir()):
        for held, group in manuals(folder, rng):
            for _ in range(1 if held else EPOCHS):
                found.add("manuals", [group], held=held)
    for held, group in public_pages(data / "questions" / "conditionalqa.jsonl.gz", rng):
        found.add("pages", [group], held=held)
    found.add("rules", list(rules(data / "questions" / "sharc.jsonl.gz")), held=False)
    found.add("general", [[own] for own in general(data, rng)], held=False)
    for own, held in pairs(data, rng):
        found.add(own.source, [[of_pair(own)]], held=held)
    rng.shuffle(found.groups)
    return found


def everyday_groups(path: Path, rng: random.Random, sizes: Sequence[int] = SIZES) -> Iterator[Group]:
    """The items of a file of everyday documents, each with passages of its document."""
    every = list(read_everyday(path))
    for document, items in every:
        words = Words(document)
        passages = [Passage(chunk, words) for chunk in Splitter(max_tokens=rng.choice(sizes)).split(document)]
        others = [own for own, _ in every if own is not document]
        other = rng.choice(others) if others else None
        far = [Passage(chunk, Words(other)) for chunk in Splitter().split(other)[:1]] if other else []
        for item in items:
            yield group_of(item, passages, partial(_first, far=far), rng)


Choice = Callable[[list["Passage"], list["Passage"]], list["Passage"]]  # of passages that answer, and others


def group_of(item: Item, passages: Sequence[Passage], choice: Choice, rng: random.Random) -> Group:
    """The item with those of its document's passages, and others, that the ``choice`` takes; empty where none answers.

    The choice is given those that answer, and the others, of which those that tempt are first.
    """
    if not passages:
        return []
    words = passages[0].words
    question = item.fields["S"][0] if item.kind == "G" and item.fields.get("S") else item.text
    evidence = words.sentences_of(item.fields.get("E", ()))
    tempting = words.sentences_of(item.fields.get("W", ()))
    answers = [place for quote in item.fields.get("A", ()) for place in words.find(quote)]
    if item.kind != "N" and not evidence:
        return []
    says = {"Y": SUPPORTED, "X": CONTRADICTED, "T": SUPPORTED, "F": UNSUPPORTED}.get(item.kind)
    group = []
    for own in chosen(passages, evidence, tempting, choice, rng):
        places = evidence if own.words is words else ()  # offsets in another document mean nothing
        answering = own.has(places)
        example = own.example(question, places, answers, is_known=item.kind != "F" or not answering)
        verdict = says if answering else NOT_MENTIONED
        group.append(Judged(example, verdict if says is not None else None))
    return group


def chosen(
    passages: Sequence[Passage], evidence: Sequence[Range], tempting: Sequence[Range], choice: Choice,
    rng: random.Random,
) -> list[Passage]:  # fmt: skip
    """Some passages that answer, and others."""
    right = [own for own in passages if own.has(evidence)]
    wrong = [own for own in passages if not own.has(evidence)]
    rng.shuffle(right)
    rng.shuffle(wrong)
    wrong.sort(key=lambda own: not own.has(tempting))
    return choice(right, wrong)


def _first(right: list[Passage], wrong: list[Passage], far: Sequence[Passage] = ()) -> list[Passage]:
    return right[:MOST_POSITIVE] + [*wrong[:OTHERS], *far][:OTHERS]


class Passage:
    """A chunk as models read it."""

    def __init__(self, chunk: Chunk, words: Words) -> None:
        self.words = words
        self._chunk = chunk
        self.text = embedding_text(chunk)
        self._own = chunk.linearised
        self._begins = len(self.text) - len(self._own.text)

    def has(self, places: Sequence[Range]) -> bool:
        """Whether one of the sentences is mostly in it."""
        return holds((self._chunk.start, self._chunk.end), places)

    def example(
        self, question: str, evidence: Sequence[Range], answers: Sequence[Range], *, is_known: bool = True
    ) -> Example:
        """The passage with what is known of it: nothing, unless ``is_known``."""
        if not is_known:
            return Example(question, self.text)
        if not self.has(evidence):
            nothing: tuple[Mark, ...] = ((self._begins, len(self.text), 0.0),)
            return Example(question, self.text, answerable=False, evidence=nothing)
        marks = []
        for place in self.words.sentences:
            if found := self._find(place):
                marks.append((*found, float(place in evidence)))
        inside = [place for place in answers if any(a <= place[0] < b for a, b in evidence)]
        spans = tuple(found for place in inside if (found := self._find(place)))
        return Example(
            question, self.text, spans, (1 / len(spans),) * len(spans) if spans else (), answerable=True,
            evidence=tuple(marks),
        )  # fmt: skip

    def _find(self, place: Range) -> Range | None:
        start, end = max(place[0], self._chunk.start), min(place[1], self._chunk.end)
        found = self._own.find(start, end) if start < end else None
        return (found[0] + self._begins, found[1] + self._begins) if found and found[0] < found[1] else None


def claims(path: Path) -> Iterator[Group]:
    """The texts of a file of ``DATA/claims`` with their claims and yes/no questions."""
    for row in rows(path):
        for claim, label, *_ in [*row["claims"], *row["questions"]]:
            verdict = CLAIM_LABELS[label]
            example = Example(claim, row["text"], answerable=None if verdict == NOT_MENTIONED else True)
            yield [Judged(example, verdict)]


def manuals(folder: Path, rng: random.Random) -> Iterator[tuple[bool, Group]]:
    """The questions on real manuals, whether each is held out, with its passages."""
    asked: dict[str, list[Row]] = {}
    for row in rows(folder / "questions.jsonl"):
        asked.setdefault(row["file"], []).append(row)
    for name, questions in sorted(asked.items()):
        try:
            document = load(folder / "docs" / name)
        except DocumentError as error:
            raise SystemExit(str(error)) from error
        words = Words(document)
        passages = [Passage(chunk, words) for chunk in Splitter().split(document)]
        for row in questions:
            yield is_held_out(name, HELD_PAGES), group_of(_of_manual(row), passages, _first, rng)


def _of_manual(row: Row) -> Item:
    """A question on a manual in the form of the everyday items."""
    answer = row.get("answer") or ""
    told = {"Yes. ": "Y", "No. ": "X"}
    kind = next((letter for word, letter in told.items() if answer.startswith(word)), "Q")
    kind = "N" if row["kind"] == "near-miss" else kind
    answer = answer.partition(" ")[2] if kind in "YX" else answer
    fields = {"A": [answer] if answer else [], "E": row.get("evidence") or [], "W": row.get("wrong") or []}
    return Item(kind, row.get("standalone") or row["question"], fields)


def public_pages(path: Path, rng: random.Random) -> Iterator[tuple[bool, Group]]:
    """Questions with a story on public pages (ConditionalQA), whether each is held out, with passages of its page."""
    for row in rows(path):
        question = f"{row['scenario']} {row['question']}"
        if len(question.split()) > 70:  # the judge reads so much of a question
            question = row["question"]
        title = row["url"].rsplit("/", 1)[-1].replace("-", " ")
        passages = list(_page_passages(row["page"]))
        evidence = set(row["evidence"])
        right = [own for own in passages if evidence & set(own)]
        wrong = [own for own in passages if not evidence & set(own)]
        told = {answer["answer"] for answer in row["answers"] if not answer["conditions"]}
        verdict = {"yes": SUPPORTED, "no": CONTRADICTED}.get(next(iter(told))) if len(told) == 1 else None
        group = []
        for own in rng.sample(right, min(MOST_POSITIVE, len(right))) + rng.sample(wrong, min(OTHERS, len(wrong))):
            text, marks = f"{title}\n", []
            for element in own:
                marks.append((len(text), len(text) + len(element), float(element in evidence)))
                text += f"{element}\n"
            answering = bool(evidence & set(own))
            whole = answering and evidence <= set(own)
            example = Example(question, text.rstrip(), answerable=answering, evidence=tuple(marks))
            group.append(Judged(example, verdict if whole else None))
        yield is_held_out(row["url"], HELD_PAGES), group if row["answerable"] else []


def _page_passages(page: Sequence[str]) -> Iterator[list[str]]:
    own: list[str] = []
    for element in page:
        if own and sum(len(part.split()) for part in [*own, element]) > PAGE_WORDS:
            yield own
            own = []
        own.append(element)
    if own:
        yield own


def rules(path: Path) -> Iterator[Group]:
    """What a visitor says of a rule (ShARC): yes, no, or not said where something is asked back."""
    for row in rows(path):
        told = " ".join(f"{turn['follow_up_question']} {turn['follow_up_answer']}." for turn in row["history"])
        question = " ".join(part for part in (row["scenario"], told, row["question"]) if part)
        if len(question.split()) <= 70:
            verdict = {"Yes": SUPPORTED, "No": CONTRADICTED}.get(row["answer"], NOT_MENTIONED)
            answerable = None if verdict == NOT_MENTIONED else True
            yield [Judged(Example(question, row["rule"], answerable=answerable), verdict)]


def general(data: Path, rng: random.Random) -> Iterator[Judged]:
    """Questions on encyclopedias, reviews and this project's own texts, as the reader learned from."""
    first = earlier.read(data / "train", rng)
    own = [of_earlier(one) for one in rng.sample(first.clean, min(CLEAN, len(first.clean)))]
    own += [of_earlier(one) for one in rng.sample(first.weak, min(WEAK, len(first.weak)))]
    own += [of_earlier(one) for one in islice(twins(data / "questions", rng), TWINS)]
    own += searched(data / "questions", rng)
    own += several(data / "questions")
    own += rationales(data / "scifact")
    own += everyday_examples()[0] + explaining_examples()[0]
    yield from map(Judged, rng.sample(own, min(GENERAL, len(own))))


def pairs(data: Path, rng: random.Random) -> Iterator[tuple[Pair, bool]]:
    """Claims with their evidence, and whether each is held out."""
    every = [*labelled(data, rng), *made(data, rng)]
    learned = [own for own in every if not own.held_out]
    for own in rng.sample(learned, min(PAIRS, len(learned))):
        yield own, False
    for own in every:
        if own.held_out:
            yield own, True


def of_pair(pair: Pair) -> Judged:
    """A claim and its evidence."""
    return Judged(Example(pair.claim, pair.evidence), pair.label)
