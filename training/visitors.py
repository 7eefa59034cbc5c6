"""People's questions about everyday documents, as cases of the calibration: is the sentence right that would be said?

Only questions that one sentence answers, or that the documents do not answer, and that stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.passage import Scope
from index.store import Store
from qa import settings
from qa.check.claims.tokens import contains_words
from qa.compose import Models, extractor_of, index_over, ingest_over
from qa.evaluation import load_dataset
from qa.read.evidence import Evidence, among_documents
from qa.read.lines import WHOLE
from qa.understand.asked import shipped
from qa.understand.question import analyse

TOP_K = 15
OTHERWISE = (*WHOLE, "overview", "library", "talk", "comparison", "count")  # asked for what no single sentence answers
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
        """Whether the sentence says what is expected, and is from a file that it is expected from."""
        text = _plain(said.text)
        return (
            any(contains_words(text, _plain(wording)) for wording in self.wordings)
            and not any(contains_words(text, _plain(wording)) for wording in self.wrong)
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
    """Each question with the sentence that would be said; not those that ask for more than a sentence."""
    classifier, extractor = shipped(), extractor_of(models)
    for corpus in sorted({own.corpus for own in asked}):
        store = Store(scratch / corpus)
        ingest_over(store, models.embedder, settings.read()).update([folder / corpus])
        index = index_over(store, models)
        for own in asked:
            if own.corpus != corpus:
                continue
            question = analyse(own.question)
            with index.view(Scope()) as view:
                embedding = view.embedding_of(question)
                kind = classifier.asked(question, embedding, models.embedder.fingerprint)
                found = view.candidates(question, TOP_K)
            question = replace(question, asked=kind)
            if kind in OTHERWISE:
                continue
            passages = index.rerank(question.text, found)
            evidence = among_documents(extractor.read(question, passages), passages)
            if evidence:
                yield own, evidence[0]


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", text).split()).casefold()
