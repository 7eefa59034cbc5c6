"""People's questions about everyday documents, as cases of the calibration: is the sentence right that would be said?

Only questions that one sentence answers, or that the documents do not answer, and that stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.passage import Scope
from index.search import Index
from index.store import Store
from qa import settings
from qa.assistant.compose import Models, extractor_of, index_over, ingest_over
from qa.assistant.pipeline import Pipeline
from qa.check.claims.tokens import contains_words
from qa.evaluation import load_dataset
from qa.layout.quotation import quotation
from qa.read.evidence import Evidence, among_passages
from qa.understand.parts import parts
from qa.understand.question import Question
from qa.understand.question_type import shipped

TOP_K = 15
OTHERWISE = ("overview", "library", "talk", "comparison", "count")  # asked for what no single sentence answers
# Of an earlier edition the same sentence is wrong, which the signals of a sentence cannot tell.
LEFT_OUT = ("latest",)
_MARKS = re.compile(r"[*_`#|]|\s+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a corpus, and what a right sentence says: one of ``wordings``, of ``files`` if any; none: nothing.

    ``wrong`` are wordings of wrong answers.
    """

    corpus: str
    question: str
    wordings: tuple[str, ...]
    wrong: tuple[str, ...]
    files: tuple[str, ...]

    def is_right(self, said: Evidence) -> bool:
        """Whether what is quoted with the sentence says what is expected, and is from a file it is expected from."""
        text = plain(quoted(said))
        return (
            any(contains_words(text, plain(wording)) for wording in self.wordings)
            and not any(contains_words(text, plain(wording)) for wording in self.wrong)
            and (not self.files or said.passage.source.name in self.files)
        )


def read(folder: Path) -> list[Asked]:
    """The questions in ``folder`` that stand alone, and that one sentence answers or nothing does."""
    found = []
    for item in load_dataset(folder).items:
        expected = item.expect
        assert expected is not None  # the format's
        is_refused = expected.kinds == ("refusal",)
        if item.after or item.slices["kind"] in LEFT_OUT or not (is_refused or len(expected.groups) == 1):
            continue
        wordings = () if is_refused else expected.groups[0]
        found.append(Asked(item.corpus, item.question, wordings, expected.none, expected.cite))
    return found


def said_first(folder: Path, asked: Sequence[Asked], scratch: Path, models: Models) -> Iterator[tuple[Asked, Evidence]]:
    """Each question with the sentence that would be said; not those that ask for no sentence."""
    for corpus in sorted({own.corpus for own in asked}):
        store = Store(scratch / corpus)
        ingest_over(store, models.embedder, settings.read()).update([folder / corpus])
        desk = Desk(index_over(store, models), models)
        for own in asked:
            if own.corpus == corpus and (evidence := desk.read(own.question)[1]):
                yield own, evidence[0]


class Desk:
    """Reads what is asked of an index as the assistant does, up to the evidence."""

    def __init__(self, index: Index, models: Models) -> None:
        self._index = index
        self._extractor = extractor_of(models)
        self._pipeline = Pipeline(index, self._extractor, classifier=shipped(models.embedder.fingerprint), top_k=TOP_K)

    def read(self, asked: str) -> tuple[Question, list[Evidence]]:
        """The question with its kind, and the sentences that are read in the passages found, the best first.

        Nothing is read, and no passage ranked, where it is no sentence that is asked for. Names in a story need not be
        in the evidence.
        """
        with self._index.view(Scope()) as view:
            question = self._pipeline.parse(asked, view)
            found = parts(question.text)
            if len(found) == 1 and found[0] != question.text:
                question = self._pipeline.parse_part(found[0], asked, view)
            passages = view.candidates(question, TOP_K)
        if question.asked in OTHERWISE:
            return question, []
        passages = self._index.rerank(question.text, passages)
        return question, among_passages(self._extractor.read(question, passages), passages)


def quoted(said: Evidence) -> str:
    """What is quoted with the sentence."""
    return said.document.text[slice(*quotation(said.document, (said.start, said.end)))]


def plain(text: str) -> str:
    """The text without marks, in lower case."""
    return " ".join(_MARKS.sub(" ", text).split()).casefold()
