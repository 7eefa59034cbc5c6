"""Searches for the sides of a comparison, and for the links of a question that describes what it asks about."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass

from index.passage import Passage
from index.search import CANDIDATES, View
from qa.answer import Answer
from qa.answer.extract import Where
from qa.propose.multi_part.chained import Link, bridge_of, link, places, quoted
from qa.propose.multi_part.comparison import ComparisonSide, comparison_sides, worth_reading
from qa.read.compute.relation import compares
from qa.read.evidence_reader import EvidenceReader
from qa.understand.question import Question, analyse
from qa.understand.relative import chain
from qa.understand.sides import sides


@dataclass(frozen=True, slots=True)
class SubquestionSearch:
    """Searches a view for the questions that an English question is made of.

    - ``rerank``: the passages found for a question in the order of reading;
    - ``top_k``: how many are ranked;
    - ``timed``: measures what is done within it as a stage of that name.
    """

    view: View
    extractor: EvidenceReader
    rerank: Callable[[str, list[Passage]], list[Passage]]
    top_k: int
    timed: Callable[[str], AbstractContextManager[None]]

    def sides(self, question: Question) -> list[tuple[ComparisonSide, list[Passage]]]:
        """The two things that the question compares, with their ranked passages; else none."""
        named = sides(question.text)
        is_comparison = question.asked == "comparison" or compares(question.text)
        pair = comparison_sides(question, named) if named and is_comparison else None
        if pair is None:
            return []
        with self.timed("retrieve"):
            found = [self.view.retrieve(side.question, CANDIDATES) for side in pair]
            read = worth_reading(pair, found, self.top_k)
        with self.timed("rerank"):
            return [(side, self.rerank(side.side.text, passages)) for side, passages in zip(pair, read, strict=True)]

    def links(self, question: Question) -> tuple[Link, Link] | None:
        """What a clause of the question describes, and what is asked of it; None if either is not found."""
        questions = chain(question.text)
        first = self._link(questions.first) if questions else None
        bridge = bridge_of(first) if first else None
        if questions is None or first is None or bridge is None:
            return None
        second = self._link(questions.second(bridge), bridge)
        return (first, second) if second else None

    def again(self, text: str, bridge: str, before: Answer) -> Answer | None:
        """The answer to ``text``, which asks about ``bridge``, from a sentence that was not said ``before``."""
        found = self._link(text, bridge, places(before))
        return quoted(analyse(text), [found], self.extractor) if found else None

    def _link(self, text: str, bridge: str = "", known: Collection[Where] = ()) -> Link | None:
        question = analyse(text)
        with self.timed("retrieve"):
            found = self.view.candidates(question, self.top_k)
        with self.timed("rerank"):
            passages = self.rerank(text, found)
        with self.timed("read"):
            return link(question, passages, self.extractor, bridge, known)
