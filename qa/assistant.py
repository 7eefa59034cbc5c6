"""Check -> understand -> retrieve -> rerank -> read -> write: the one way from a question to an Answer."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from documents.errors import RefdeskError
from documents.language import identify
from index.passage import Passage, Scope
from index.query import Query
from index.search import CANDIDATES, ENGLISH, Index, View
from index.snapshot import embedding_text
from index.store import ConnectionLostError, EmptyIndexError
from qa.answer import Answer, Draft
from qa.check.injection.recogniser import Recogniser
from qa.notices import LANGUAGE, TALK, UNLISTED, library
from qa.read.by_place import next_row, of_release
from qa.read.extractor import Extractor
from qa.read.finder import Finder
from qa.read.overview import overview_of
from qa.read.several.chained import chained, surer
from qa.read.several.combine import combined, in_turns
from qa.read.several.compared import Compared
from qa.read.several.side_by_side import side_by_side
from qa.recent import begin_question
from qa.understand.asked import Classifier
from qa.understand.conversation import Turn
from qa.understand.ellipsis import without_conjunction
from qa.understand.parts import parts, refers_back, says_enough, topic
from qa.understand.phrases import named_by
from qa.understand.question import Question, analyse
from qa.understand.rewriter import Rewriter
from qa.understand.spelling import Speller
from qa.understand.story import likeliest, story_of, support
from qa.understand.subject import subject
from qa.write.writer import Writer

MAX_QUESTION = 2000  # characters
# How often a question is corrected: what one corrected word finds may hold the word that another is misspelt of.
CORRECTIONS = 2
# A correction is kept where its best passage ranks by so much better (logits), and each word changes the question's
# embedding by so much at most: a slip leaves most of a word's sense to the embedder, another word does not.
BETTER, CHANGED = 0.5, 0.25

# Kinds of talk that are about the conversation itself: no reading of them as a follow-up is looked for.
_OF_ITSELF = ("greeting", "thanks", "complaint", "simpler")


class QuestionError(RefdeskError):
    """A question that cannot be asked as it is. The message is one line."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that begins.

    - ``passages``: how many are searched or ranked; 0 for the other stages;
    - ``standalone_question``: what is searched for, where that is not the question as it was asked.
    """

    name: Literal["search", "rank", "read", "write"]
    passages: int = 0
    standalone_question: str | None = None


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
    ) -> None:
        """
        Args:
            multilingual: answers where question or documents are not in English; without it, a notice does.
            writer: puts answers into its own words; without it, they are quoted.
            rewriter: makes follow-ups stand alone; without it, each question is taken as it is.
            speller: corrects misspelt questions; without it, they are searched as they are.
            classifier: tells what kind of answer a question asks for; without it, all ask for a fact.
        """
        self.index = index
        self._extractor = extractor
        self._multilingual = multilingual
        self.writer = writer
        self._rewriter = rewriter
        self._classifier = classifier
        self._speller = speller
        self._top_k = top_k

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
        try:
            yield from self._answering(question, scope, history, as_typed)
        except ConnectionLostError:
            yield from self._answering(question, scope, history, as_typed)

    def _answering(
        self, question: str, scope: Scope, history: Sequence[Turn], as_typed: bool
    ) -> Iterator[Stage | Draft | Answer]:
        text = checked(question)
        timings = _Timings()
        begin_question()
        with self.index.view(scope) as view:
            asked = self._classified(analyse(text), view)
            if asked.asked == "talk" and (talk := self._talk(asked, view, history)):
                yield talk
                return
            self._check_store(view)
            several = [asked]
            if not as_typed:
                asked = self._understand(asked, history, view, timings)
                if next_row := self._next_row(text, history, view):
                    yield self._completed(next_row, text, asked, timings)
                    return
                several = self._questions(asked, question if asked.text == text else asked.text, view, timings)
            if (yield from self._answered_at_once(asked, several, text, view, timings)):
                return
            asked = asked if len(several) > 1 else several[0]
            yield Stage("search", view.count, None if asked.text == text else asked.text)
            asked, found = self._retrieve(asked, view, timings, as_typed)
            if told := self._release(asked, found, view):
                yield self._completed(told, text, asked, timings)
                return
            finder = self._finder(asked, view, timings)
            beside = finder.beside(asked) if finder else []
            # A language model reads both links of a chain as one.
            links = finder.links(asked) if finder and self.writer is None else None
        extractor = self._extractor_for(asked, found)
        if extractor is not self._multilingual:
            yield Stage("rank", len(found))
        passages = self._rerank(asked, found, extractor, timings)
        yield Stage("read")
        quoted = self._read(asked, passages, extractor, timings, beside)
        if links and extractor is self._extractor:
            quoted = chained(asked, links, quoted, extractor)
        for step in self._write(asked, in_turns([*(own for _, own in beside), passages]), quoted):
            match step:
                case Answer():
                    yield self._completed(step, text, asked, timings)
                case Draft():
                    yield Draft(self._completed(step.answer, text, asked, timings))
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
            self._check_store(view)
            asked = self._classified(analyse(text), view)
            return self._completed(self._answered(asked, view, timings), text, asked, timings)

    @property
    def recogniser(self) -> Recogniser:
        """What finds the injected instructions of documents, which nobody is shown as what they say."""
        return self._extractor.recogniser

    def turns(self, said: Sequence[tuple[str, str]], scope: Scope = Scope()) -> list[Turn]:  # noqa: B008 - frozen
        """A conversation of questions as they were asked, with their answers: each is made to stand alone.

        Raises:
            StoreError: the index cannot be read, or holds no documents.
        """
        turns: list[Turn] = []
        for question, answer in said:
            with suppress(QuestionError), self.index.view(scope) as view:
                asked = self._classified(analyse(checked(question)), view)
                asked = self._understand(asked, turns, view, _Timings())
                turns.append(Turn(asked.text, answer))
        return turns

    def _check_store(self, view: View) -> None:
        if view.store_is_empty:
            raise EmptyIndexError(
                f"the index in {self.index.store.name} holds no documents: add some with refdesk index PATH"
            )

    def _talk(self, said: Question, view: View, history: Sequence[Turn] = ()) -> Answer | None:
        """The notice that fits to talk; None where it may be a follow-up of ``history``. It needs no documents."""
        assert self._classifier is not None
        kind = self._classifier.kind_of_talk(said, view.embedding_of(said), self.index.embedder.fingerprint)
        goes_on = kind not in _OF_ITSELF or without_conjunction(said.text) != said.text
        if history and goes_on and not view.store_is_empty:
            return None
        return Answer("notice", said.text, said.text, 1.0, message=TALK[kind], asked="talk")

    def _understand(self, question: Question, history: Sequence[Turn], view: View, timings: _Timings) -> Question:
        """The question; after a ``history``, the one that it stands for, with the kind of answer that it asks for."""
        # What is asked of the library rests on nothing that was said before.
        if self._rewriter is None or not history or question.asked == "library":
            return question
        with timings.of("understand"):
            return self._classified(self._rewriter.standalone(question, history, view), view)

    def _next_row(self, text: str, history: Sequence[Turn], view: View) -> Answer | None:
        """What the row beside the last answer's says, where a follow-up names it; a language model finds it itself."""
        if self._rewriter is None or self.writer is not None or not history:
            return None
        return next_row(text, history[-1], view, self.recogniser)

    def _release(self, asked: Question, found: Sequence[Passage], view: View) -> Answer | None:
        """What is asked of a release that a document lists; a language model reads that by itself."""
        is_told = self.writer is None and asked.language.is_english
        return of_release(asked, found, view, self.recogniser) if is_told else None

    def _answered_at_once(
        self, asked: Question, several: Sequence[Question], text: str, view: View, timings: _Timings
    ) -> Generator[Stage | Answer, None, bool]:
        """Yield the answer where one question is not searched for and read; returns whether that is so."""
        if not self._reads(asked, view):
            yield Answer("notice", text, asked.text, 1.0, message=LANGUAGE)
            return True
        if len(several) > 1:
            yield Stage("search", view.count)
            answer = combined([part.text for part in several], self._in_turn(several, view, timings))
            if answer.answered:  # else they may be one question in two sentences
                yield self._completed(answer, text, asked, timings)
                return True
        one = several[0] if len(several) == 1 else asked
        if told := self._told(one, text, view):
            yield self._completed(told, text, one, timings) if told.answered else told
            return True
        return False

    def _finder(self, asked: Question, view: View, timings: _Timings) -> Finder | None:
        """What finds the sides of a comparison and the links of a chain; they are told in English only."""
        if not asked.language.is_english:
            return None
        return Finder(view, self._extractor, self.index.rerank, self._top_k, timings.of)

    def _questions(self, asked: Question, message: str, view: View, timings: _Timings) -> list[Question]:
        """The questions of a ``message``, without its story, each with the kind of answer that it asks for.

        Talk beside others is passed over. A language model reads several questions as one.
        """
        if self._classifier is None or not asked.language.is_english:
            return [asked]
        found, story = parts(asked.text), story_of(message)
        if (len(found) > 1 and self.writer is not None) or (len(found) == 1 and not story):
            return [asked]
        with timings.of("understand"):
            texts = [likeliest(part.text, story, lambda reading: support(reading, view)) for part in found]
            classified = [self._classified(analyse(text), view) for text in texts]
        return [part for part in classified if part.asked not in ("talk", "library")] or [asked]

    def _answered(self, asked: Question, view: View, timings: _Timings) -> Answer:
        """The quoted answer to one of several questions."""
        if told := self._told(asked, asked.text, view):
            return told
        asked, found = self._retrieve(asked, view, timings)
        if told := self._release(asked, found, view):
            return told
        extractor = self._extractor_for(asked, found)
        finder = self._finder(asked, view, timings)
        beside = finder.beside(asked) if finder else []
        return self._read(asked, self._rerank(asked, found, extractor, timings), extractor, timings, beside)

    def _in_turn(self, several: Sequence[Question], view: View, timings: _Timings) -> list[Answer]:
        """The answers to several questions, each the surest of its readings.

        A question that refers back is also asked with the short answer to the one before in it. One that was given a
        subject is also asked without it, unless it needs it or the subject was written before a colon. One that was
        given another subject than the first question's, or says little by itself, is also asked of that.
        """
        found: list[Answer] = []
        of_all = topic(several[0].text)
        for part in several:
            answer = self._answered(part, view, timings)
            about, has_subject, own = part.text.partition(": ")
            bridge = found[-1].short_answer if found and has_subject else None
            finder = self._finder(part, view, timings)
            if finder and bridge and named_by(bridge):
                answer = surer(answer, finder.again(f"{bridge}: {own}", bridge, found[-1]), found[-1])
            is_given = has_subject and not several[0].text.startswith(f"{about}: ")
            if found and is_given and (not refers_back(own) or says_enough(own)):
                alone = self._answered(self._classified(analyse(own), view), view, timings)
                answer = surer(answer, alone, found[-1])
            if found and of_all and (about.casefold() != of_all.casefold() if is_given else not says_enough(own)):
                of_first = analyse(f"{of_all[:1].upper()}{of_all[1:]}: {own}")
                again = self._answered(self._classified(of_first, view), view, timings)
                answer = surer(answer, again, found[-1])
            found.append(answer)
        return found

    def _classified(self, asked: Question, view: View) -> Question:
        """The question with the kind of answer that it asks for."""
        if self._classifier is None:
            return asked
        kind = self._classifier.asked(asked, view.embedding_of(asked), self.index.embedder.fingerprint)
        return replace(asked, asked=kind)

    def _told(self, asked: Question, text: str, view: View) -> Answer | None:
        """What is told without searching: about the program, the library, or what a document is about."""
        match asked.asked:
            case "talk" if asked.text == text:
                return self._talk(asked, view)
            case "library":
                listed = library(view.catalogue()) if view.with_list else UNLISTED
                return Answer("notice", text, asked.text, 1.0, message=listed, asked="library")
            case "overview" if source := subject(asked.text, view.catalogue()):
                return overview_of(view.document(source), source, self.index.embedder, self.recogniser)
        return None

    def _reads(self, asked: Question, view: View) -> bool:
        """Whether there are models for the languages of the question and of the documents."""
        is_english = not asked.language.is_certainly_other and (not view.languages or ENGLISH in view.languages)
        return is_english or self._multilingual is not None

    def _retrieve(
        self, asked: Question, view: View, timings: _Timings, as_typed: bool = False
    ) -> tuple[Question, list[Passage]]:
        """The passages worth ranking, and the question they are for: the corrected one where its passages rank better.

        ``as_typed``: it is not corrected.
        """
        with timings.of("retrieve"):
            found = view.candidates(asked, self._top_k)
            if self._speller is None or as_typed or not asked.language.is_english:
                return asked, found
            for _ in range(CORRECTIONS):
                corrected = self._speller.corrected(asked.text, map(_text, found), view.holds)
                if corrected == asked.text:
                    corrected = self._speller.corrected(asked.text, _texts_near(asked, view), view.holds)
                if corrected == asked.text:
                    break
                again = self._classified(analyse(corrected), view)
                instead = view.candidates(again, self._top_k)
                is_better = self._best(again, instead) >= self._best(asked, found) + BETTER
                if not is_better or not _means_the_same(asked, again, view):
                    break
                asked, found = again, instead
            return asked, found

    def _best(self, asked: Question, found: Sequence[Passage]) -> float:
        """How well the best of the passages answers the question."""
        return max(self.index.reranker.score(asked.text, [own.ranked_text for own in found]), default=-math.inf)

    def _extractor_for(self, asked: Question, found: Sequence[Passage]) -> Extractor:
        return self._multilingual if self._multilingual and in_other_language(asked, found) else self._extractor

    def _rerank(self, asked: Question, found: list[Passage], extractor: Extractor, timings: _Timings) -> list[Passage]:
        """The passages in the order of reading: retrieval's own in other languages, as the reranker reads English."""
        with timings.of("rerank"):
            return found if extractor is self._multilingual else self.index.rerank(asked.text, found)

    def _read(
        self,
        asked: Question,
        passages: Sequence[Passage],
        extractor: Extractor,
        timings: _Timings,
        beside: Sequence[tuple[Compared, Sequence[Passage]]] = (),
    ) -> Answer:
        """The quoted answer, or the refusal; of things compared, what is said of each ``beside`` the other."""
        with timings.of("read"):
            whole = extractor.answer(asked, passages)
            return side_by_side(asked, beside, whole, extractor) if beside else whole

    def _write(self, asked: Question, passages: Sequence[Passage], quoted: Answer) -> Iterator[Stage | Draft | Answer]:
        """Drafts and the answer in the writer's words; without a writer, the quoted answer."""
        if self.writer is None or not self.writer.writes(quoted):
            yield quoted
            return
        yield Stage("write")
        yield from self.writer.answering(asked, passages, replace(quoted, passages=tuple(passages)))

    def _completed(self, answer: Answer, text: str, asked: Question, timings: _Timings) -> Answer:
        """The answer with what it was asked, the models that found it, and the milliseconds of all stages."""
        found_by = {"embedder": self.index.embedder.fingerprint, "reranker": self.index.reranker.fingerprint}
        spent = {**timings.milliseconds, **answer.timings_ms}
        return replace(
            answer,
            question=text,
            standalone_question=asked.text,
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


def _texts_near(asked: Question, view: View) -> Iterator[str]:
    """The texts, more than are ranked, that may hold what a misspelt word stands for; found when they are looked at."""
    yield from map(_text, view.retrieve(asked, CANDIDATES))


def _means_the_same(asked: Question, corrected: Question, view: View) -> bool:
    """Whether the words that are corrected may be slips, by the embeddings of both questions."""
    pairs = zip(asked.text.split(), corrected.text.split(), strict=True)
    words = sum(typed != meant for typed, meant in pairs)
    return 1 - float(view.embedding_of(asked) @ view.embedding_of(corrected)) <= CHANGED * words


def _text(passage: Passage) -> str:
    return embedding_text(passage.chunk)


def in_other_language(question: Query, passages: Sequence[Passage] = ()) -> bool:
    """Whether the question or the best passage is certainly in another language than English."""
    languages = [question.language, *(identify(passage.chunk.text) for passage in passages[:1])]
    return any(language.is_certainly_other for language in languages)


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
