"""The one way from a question to its quoted answer: told at once, or retrieved, ranked, and read.

It is the same for a whole question and for each of several. What is said of a conversation, and a language model's
words, are the assistant's (``qa.assistant.assistant``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from documents.language import identify
from index.passage import Passage
from index.query import Query
from index.search import ENGLISH, Index, View
from qa.answer import Answer, Stage
from qa.propose.extractor import Extractor
from qa.propose.multi_part.chained import chained
from qa.propose.multi_part.combine import in_turns
from qa.propose.multi_part.side_by_side import side_by_side
from qa.propose.structural import of_release
from qa.propose.subquestion_search import SubquestionSearch
from qa.propose.told import Told
from qa.read.lines import WHOLE
from qa.retrieve.candidates import Candidates
from qa.retrieve.spoken_of import spoken_of, theirs_likelier
from qa.understand.conversation import Turn
from qa.understand.question import OtherReading, Question, analyse
from qa.understand.question_type import Classifier
from qa.understand.spelling import Speller
from qa.understand.story import with_story

# How sure the answer to another reading of a question is at least, after a refusal: to one without its story, which may
# be what it is about (``python -m benchmarks.stories``), and to a follow-up behind the question before it. That one is
# also read where the answer to the follow-up by itself is less sure than ``DOUBTED``.
SURE_ALONE, SURE_BEHIND, DOUBTED = 0.75, 0.5, 0.6

Timed = Callable[[str], AbstractContextManager[None]]  # times the work within it as a stage of that name


@dataclass(frozen=True, slots=True)
class Quoted:
    """A question as it was searched for, with its answer in the documents' words.

    ``passages`` are those that a language model may write from, best first; None if the answer stays as it is.
    """

    question: Question
    answer: Answer
    passages: Sequence[Passage] | None = None


class Pipeline:
    """Answers one question from a view of the index."""

    def __init__(
        self,
        index: Index,
        extractor: Extractor,
        *,
        multilingual: Extractor | None = None,
        classifier: Classifier | None = None,
        speller: Speller | None = None,
        top_k: int = 15,
        enough: float = math.inf,
        writes: bool = False,
    ) -> None:
        """
        Args:
            multilingual: answers where question or documents are not in English; without it, none of them is read.
            classifier: tells what kind of answer a question asks for; without it, all ask for a fact.
            speller: corrects misspelt questions; without it, they are searched as they are.
            enough: the reranker's logit from which a passage so surely answers that the less likely ones are not read.
            writes: whether a language model reads the passages, which finds by itself what other ways put together.
        """
        self.told = Told(index.embedder, extractor.recogniser, classifier)
        self.top_k = top_k
        self._index = index
        self._extractor = extractor
        self._multilingual = multilingual
        self._classifier = classifier
        self._candidates = Candidates(index.reranker, top_k, self.parse, speller)
        self._enough = enough
        self._writes = writes

    def parse(self, text: str, view: View) -> Question:
        """The question that a text asks, with the kind of answer that it asks for."""
        return self.classified(analyse(text), view)

    def parse_part(self, question: str, message: str, view: View) -> Question:
        """A question of a ``message`` with its story; evidence has to mention the names of the question alone.

        The other reading is the question without its story, which may have nothing to do with it.
        """
        whole = with_story(question, message)
        parsed = self.parse(whole, view)
        if whole == question:
            return parsed
        alone = OtherReading(question, analyse(question).names, SURE_ALONE)
        return replace(parsed, names=alone.names, otherwise=alone)

    def parse_after(self, question: Question, standalone: Question, history: Sequence[Turn], view: View) -> Question:
        """A question after a ``history`` by what it stands for; the other reading is behind the last, as a story is.

        There is none of a question that stands alone.
        """
        behind = OtherReading(f"{history[-1].question} {question.text}", question.names, SURE_BEHIND, DOUBTED)
        is_other = not standalone.stands_alone and behind.text != standalone.text
        return replace(
            self.classified(standalone, view),
            otherwise=behind if is_other else None,
            spoken_of=spoken_of(history, view),
        )

    def classified(self, question: Question, view: View) -> Question:
        """The question with the kind of answer that it asks for."""
        if self._classifier is None:
            return question
        kind = self._classifier.asked(question, view.embedding_of(question), self._index.embedder.fingerprint)
        return replace(question, asked=kind)

    def reads(self, question: Question, view: View) -> bool:
        """Whether there are models for the languages of the question and of the documents."""
        is_english = not question.language.is_certainly_other and (not view.languages or ENGLISH in view.languages)
        return is_english or self._multilingual is not None

    def subquestion_search(self, question: Question, view: View, timed: Timed) -> SubquestionSearch | None:
        """The search for the sides of a comparison and the links of a chain; None for other languages than English."""
        if not question.language.is_english:
            return None
        return SubquestionSearch(view, self._extractor, self._index.rerank, self.top_k, timed)

    def answering(
        self,
        question: Question,
        view: View,
        timed: Timed,
        *,
        message: str | None = None,
        as_typed: bool = False,
        searched: Callable[[], object] = lambda: None,
    ) -> Generator[Stage, None, Quoted]:
        """Yield each stage as it begins, and return the quoted answer.

        Where a reading finds nothing, or its answer is doubted, the other one is tried. As nothing tells that it is
        meant, its answer has to be surer than others, and surer than that of the first.

        Args:
            message: what was asked, if ``question`` is what it stands for.
            as_typed: the search corrects no spelling.
            searched: called when the view is no longer needed.
        """
        asked = partial(self._answering, view=view, timed=timed, message=message, as_typed=as_typed)
        reading = question.otherwise
        quoted = yield from asked(question, searched=searched if reading is None else lambda: None)
        if reading is None or _is_enough(quoted.answer, reading):
            return quoted
        parsed = self.parse(reading.text, view)
        parsed = replace(parsed, names=reading.names, spoken_of=question.spoken_of)
        other = yield from asked(parsed, searched=searched)
        least = max(reading.at_least, quoted.answer.confidence if quoted.answer.answered else 0.0)
        return other if other.answer.answered and other.answer.confidence >= least else quoted

    def _answering(
        self,
        question: Question,
        *,
        view: View,
        timed: Timed,
        message: str | None,
        as_typed: bool,
        searched: Callable[[], object],
    ) -> Generator[Stage, None, Quoted]:
        is_other = message not in (None, question.text)
        is_talk_of_before = question.asked == "talk" and is_other
        if not is_talk_of_before and (at_once := self._told(question, view)):
            return at_once
        yield Stage("search", view.count, question.text if is_other else None)
        with timed("retrieve"):
            question, found = self._candidates.of(question, view, as_typed=as_typed)
        extractor = self._extractor_for(question, found)
        search = self.subquestion_search(question, view, timed)
        if search and not self._writes and (told := of_release(question, found, view, extractor.recogniser)):
            return Quoted(question, told)
        sides = search.sides(question) if search else []
        links = search.links(question) if search and not self._writes else None
        searched()
        is_ranked = extractor is not self._multilingual
        if is_ranked:
            yield Stage("rank", len(found))
        with timed("rerank"):  # other languages stay in retrieval's own order, as the reranker reads English
            passages = self._ranked(question, found) if is_ranked else found
        yield Stage("read")
        with timed("read"):
            answer = extractor.answer(question, passages)
            if sides:
                answer = side_by_side(question, sides, answer, extractor)
            if links and is_ranked:
                answer = chained(question, links, answer, extractor)
        return Quoted(question, answer, in_turns([*(ranked for _, ranked in sides), passages]))

    def _told(self, question: Question, view: View) -> Quoted | None:
        """What is told without searching; a language model writes of several documents that were chosen."""
        if self._writes and (several := self.told.of_chosen(question, view)):
            return Quoted(question, several, several.passages)
        answer = self.told.answer(question, view)
        return Quoted(question, answer) if answer else None

    def answer(self, question: Question, view: View, timed: Timed) -> Answer:
        """The quoted answer to the question, without telling its stages."""
        stages = self.answering(question, view, timed)
        while True:
            try:
                next(stages)
            except StopIteration as done:
                quoted: Quoted = done.value
                return quoted.answer

    def _ranked(self, question: Question, found: Sequence[Passage]) -> list[Passage]:
        """The passages in the order of reading; all are read where what answers may stand in any of them."""
        needs_all = self._writes or question.asked in WHOLE or question.spoken_of
        ranked = self._index.rerank(question.text, found, math.inf if needs_all else self._enough)
        return theirs_likelier(ranked, question.spoken_of)

    def _extractor_for(self, question: Question, found: Sequence[Passage]) -> Extractor:
        return self._multilingual if self._multilingual and in_other_language(question, found) else self._extractor


def in_other_language(question: Query, passages: Sequence[Passage] = ()) -> bool:
    """Whether the question or the best passage is certainly in another language than English."""
    languages = [question.language, *(identify(passage.chunk.text) for passage in passages[:1])]
    return any(language.is_certainly_other for language in languages)


def _is_enough(answer: Answer, reading: OtherReading) -> bool:
    """Whether the answer to the question is such that the other reading is not tried."""
    return answer.kind != "refusal" and not (answer.answered and answer.confidence < reading.doubted)
