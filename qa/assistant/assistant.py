"""A message in its conversation -> an Answer: what it asks is understood, answered by the pipeline, and written."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace

from documents.errors import RefdeskError
from index.passage import Scope
from index.recent import begin_question
from index.search import Index, View
from index.store import EmptyIndexError, attempts
from qa.answer import Answer, Draft, Stage
from qa.answer.notices import CAUTION, LANGUAGE, TALK
from qa.assistant.in_turn import answered_in_turn
from qa.assistant.pipeline import Pipeline, Quoted
from qa.check.injection.recogniser import Recogniser
from qa.propose.extractor import Extractor
from qa.propose.multi_part.combine import combined
from qa.propose.structural import next_row
from qa.understand.conversation import Turn
from qa.understand.parts import parts
from qa.understand.question import Question
from qa.understand.question_type import Classifier
from qa.understand.rewriter import Rewriter
from qa.understand.spelling import Speller
from qa.write.writer import Writer

MAX_QUESTION = 2000  # characters

# Replies to talk about the conversation itself, which is never read as a follow-up.
_OF_ITSELF = frozenset(TALK[kind] for kind in ("greeting", "thanks", "complaint", "simpler"))


class QuestionError(RefdeskError):
    """A question that cannot be asked as it is. The message is one line."""


class Assistant:
    """Answers questions from an index. Holds no conversation: one may serve any number of visitors."""

    def __init__(
        self,
        index: Index,
        extractor: Extractor,
        *,
        multilingual: Extractor | None = None,
        writer: Writer | None = None,
        rewriter: Rewriter | None = None,
        classifier: Classifier | None = None,
        speller: Speller | None = None,
        top_k: int = 15,
        enough: float = math.inf,
    ) -> None:
        """
        Args:
            multilingual: answers where question or documents are not in English; without it, a notice does.
            writer: puts answers into its own words; without it, they are quoted.
            rewriter: makes follow-ups stand alone; without it, each question is taken as it is.
            classifier: tells what kind of answer a question asks for; without it, all ask for a fact.
            speller: corrects misspelt questions; without it, they are searched as they are.
            enough: the logit from which a passage so surely answers that the less likely ones are not read.
        """
        self.index = index
        self.writer = writer
        self.recogniser: Recogniser = extractor.recogniser  # of injected instructions, which nobody is shown as content
        self._rewriter = rewriter
        self._tells_kinds = classifier is not None
        self._pipeline = Pipeline(
            index, extractor, multilingual=multilingual, classifier=classifier, speller=speller,
            top_k=top_k, enough=enough, writes=writer is not None,
        )  # fmt: skip

    def over(self, index: Index) -> Assistant:
        """The same assistant asked of another ``index``, made with the same models: none of them is loaded again."""
        other = copy(self)
        other.index = index
        return other

    def ask(self, question: str, scope: Scope = Scope(), history: Sequence[Turn] = ()) -> Answer:  # noqa: B008 - frozen
        """The answer to ``question``, asked after ``history``, from what ``scope`` may see.

        Raises:
            QuestionError: it is empty or longer than ``MAX_QUESTION`` characters.
            StoreError: the index cannot be read, or holds no documents.
        """
        *_, answer = self.answering(question, scope, history)
        assert isinstance(answer, Answer)
        return answer

    def answering(
        self,
        question: str,
        scope: Scope = Scope(),  # noqa: B008 - frozen
        history: Sequence[Turn] = (),
        as_typed: bool = False,
    ) -> Iterator[Stage | Draft | Answer]:
        """Like ``ask``, but yields each stage as it begins, drafts as they grow, and the Answer last.

        ``as_typed``: it is searched for as it is, whatever was said before and however its words are spelt.
        It begins again where the index is in a database whose server went away meanwhile.
        """
        for attempt in attempts():
            with attempt:
                yield from self._answering(question, scope, history, as_typed)
                return

    def _answering(
        self, question: str, scope: Scope, history: Sequence[Turn], as_typed: bool
    ) -> Iterator[Stage | Draft | Answer]:
        text, timings, pipeline = checked(question), _Timings(), self._pipeline
        begin_question()
        with ExitStack() as opened:
            view = opened.enter_context(self.index.view(scope))
            parsed = pipeline.parse(text, view)
            if talk := self._talk(parsed, history, view):
                yield talk
                return
            _check_store(self.index, view)
            if not as_typed:
                parsed = self._understand(parsed, history, view, timings)
                if parsed.text != text and (told := self._next_row(text, history, view)):
                    yield self._completed(Quoted(parsed, told), text, timings)
                    return
            if not pipeline.reads(parsed, view):
                yield Answer("notice", text, parsed.text, 1.0, message=LANGUAGE)
                return
            message = question if parsed.text == text else parsed.text  # its line breaks tell where a story ends
            questions = [parsed] if as_typed else self._questions(parsed, message, view, timings)
            if len(questions) > 1:
                yield Stage("search", view.count)
                answer = combined(
                    [part.text for part in questions], answered_in_turn(questions, pipeline, view, timings.of)
                )
                if answer.answered:
                    yield self._completed(Quoted(parsed, answer), text, timings)
                    return
            one = questions[0] if len(questions) == 1 else parsed  # what is not answered may be one in two sentences
            quoted = yield from pipeline.answering(
                one, view, timings.of, message=text, as_typed=as_typed, searched=opened.close
            )
        for step in self._written(quoted):
            match step:
                case Answer():
                    yield self._completed(replace(quoted, answer=step), text, timings)
                case Draft():
                    yield Draft(self._completed(replace(quoted, answer=step.answer), text, timings))
                case _:
                    yield step

    def quoted(self, question: str, scope: Scope = Scope()) -> Answer:  # noqa: B008 - frozen
        """The answer in the documents' own words, also where a language model writes, to one question by itself.

        Raises:
            QuestionError: it is empty or longer than ``MAX_QUESTION`` characters.
            StoreError: the index cannot be read, or holds no documents.
        """
        text, timings = checked(question), _Timings()
        begin_question()
        with self.index.view(scope) as view:
            _check_store(self.index, view)
            parsed = self._pipeline.parse(text, view)
            return self._completed(Quoted(parsed, self._pipeline.answer(parsed, view, timings.of)), text, timings)

    def turns(self, said: Sequence[tuple[str, str]], scope: Scope = Scope()) -> list[Turn]:  # noqa: B008 - frozen
        """A conversation of questions as they were asked, with their answers: each is made to stand alone.

        Raises:
            StoreError: the index cannot be read, or holds no documents.
        """
        turns: list[Turn] = []
        for question, answer in said:
            with suppress(QuestionError), self.index.view(scope) as view:
                parsed = self._pipeline.parse(checked(question), view)
                parsed = self._understand(parsed, turns, view, _Timings())
                turns.append(Turn(parsed.text, answer))
        return turns

    def _talk(self, said: Question, history: Sequence[Turn], view: View) -> Answer | None:
        """The reply to talk, which needs no documents; None if it may be a follow-up of ``history``."""
        notice = self._pipeline.told.talk(said, view) if said.asked == "talk" else None
        is_follow_up = notice and history and not view.store_is_empty and notice.message not in _OF_ITSELF
        return None if is_follow_up else notice

    def _understand(self, question: Question, history: Sequence[Turn], view: View, timings: _Timings) -> Question:
        """The question; after a ``history``, the one that it stands for, with its type."""
        # Questions about the library are never follow-ups.
        if self._rewriter is None or not history or question.asked == "library":
            return question
        with timings.of("understand"):
            standalone = self._rewriter.standalone(question, history, view)
            return self._pipeline.parse_after(question, standalone, history, view)

    def _next_row(self, text: str, history: Sequence[Turn], view: View) -> Answer | None:
        """Another row of the last answer's table, if a follow-up names it and no language model writes."""
        return next_row(text, history[-1], view, self.recogniser) if self.writer is None else None

    def _questions(self, parsed: Question, message: str, view: View, timings: _Timings) -> list[Question]:
        """The questions of a ``message``, each with its story and its type.

        Talk beside other questions is dropped. A language model reads several questions as one.
        """
        if not self._tells_kinds or not parsed.language.is_english:
            return [parsed]
        found = parts(parsed.text)
        if found[0] == parsed.text or (len(found) > 1 and self.writer is not None):
            return [parsed]
        with timings.of("understand"):
            classified = [self._pipeline.parse_part(part, message, view) for part in found]
            classified = [replace(part, spoken_of=parsed.spoken_of) for part in classified]
        return [part for part in classified if part.asked not in ("talk", "library")] or [parsed]

    def _written(self, quoted: Quoted) -> Iterator[Stage | Draft | Answer]:
        """The stages, drafts and the answer in the writer's words; without a writer, the quoted answer."""
        if self.writer is None or quoted.passages is None or not self.writer.writes(quoted.answer):
            yield quoted.answer
        else:
            yield from self.writer.answering(quoted.question, replace(quoted.answer, passages=tuple(quoted.passages)))

    def _completed(self, quoted: Quoted, text: str, timings: _Timings) -> Answer:
        """The answer with what it was asked, the models that found it, and the milliseconds of all stages."""
        answer = quoted.answer
        if answer.kind == "notice":
            return replace(answer, question=text)
        calls_for_care = self.recogniser.call_for_care([own.quote for own in answer.citations], answer.short_answer)
        found_by = {"embedder": self.index.embedder.fingerprint, "reranker": self.index.reranker.fingerprint}
        spent = {**timings.milliseconds, **answer.timings_ms}
        return replace(
            answer,
            question=text,
            standalone_question=quoted.question.text,
            caution=CAUTION if calls_for_care else None,
            model={**found_by, **answer.model},
            timings_ms={**spent, "total": sum(spent.values())},
        )


@dataclass(frozen=True, slots=True)
class _Timings:
    """The milliseconds that each stage took."""

    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + 1000 * (time.perf_counter() - began)


def _check_store(index: Index, view: View) -> None:
    if view.store_is_empty:
        raise EmptyIndexError(f"the index in {index.store.name} holds no documents: add some with refdesk index PATH")


def checked(question: str) -> str:
    """The question as it is asked: in one line.

    Raises:
        QuestionError: it is empty or longer than ``MAX_QUESTION`` characters.
    """
    question = " ".join(question.encode("utf-8", "ignore").decode("utf-8").split())
    if not any(character.isalnum() for character in question):
        raise QuestionError("the question is empty: ask it in a few words")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters, more than the {MAX_QUESTION:,} allowed: shorten it, "
            "or put the text into a file and index that"
        )
    return question
