"""Understand -> retrieve -> rerank -> read -> write and verify: the one way from a question to an Answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from documents.errors import RefdeskError
from documents.language import told
from index.passage import Passage, Scope
from index.search import ENGLISH, Index
from index.store import StoreError
from qa.answer import HELP, LANGUAGE, Answer, Draft
from qa.read.extractor import Extractor
from qa.understand.conversation import Turn
from qa.understand.question import analyse
from qa.understand.rewriter import Rewriter
from qa.write.writer import Writer

MAX_QUESTION = 2000  # characters

_SMALL_TALK = re.compile(
    r"(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|thx|bye|goodbye|ok|okay|help)"
    r"(?:,? (?:there|refdesk|you|so much|a lot|very much))?[\s!.,?]*)+",
    re.IGNORECASE,
)


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
        top_k: int = 15,
    ) -> None:
        """
        Args:
            multilingual: answers where question or documents are not in English; without it, a notice does.
            writer: puts answers into its own words; without it, they are quoted.
            rewriter: makes follow-ups stand alone; without it, each question is taken as it is.
        """
        self.index = index
        self._extractor = extractor
        self._multilingual = multilingual
        self.writer = writer
        self._rewriter = rewriter
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
    ) -> Iterator[str | Draft | Answer]:
        """Like ``ask``, but yields a line for each stage as it begins, drafts as they grow, and the Answer last."""
        question = _checked(question)
        if _SMALL_TALK.fullmatch(question):
            yield Answer("notice", question, question, 1.0, message=HELP)
            return
        began = time.perf_counter()
        with self.index.store.snapshot() as snapshot:
            total = snapshot.count("chunks")
        count = self.index.count(scope)  # how much others brought along is nobody's business
        if total == 0:
            raise StoreError(
                f"the index in {self.index.store.folder} holds no documents: add some with refdesk index PATH"
            )
        asked, spent = question, dict[str, float]()
        if self._rewriter and history:
            asked = self._rewriter.standalone(question, history, scope)
            spent["understand"] = 1000 * (time.perf_counter() - began)
        languages = self.index.languages(scope)
        if self._multilingual is None and (in_other_language(asked) or (languages and ENGLISH not in languages)):
            yield Answer("notice", question, asked, 1.0, message=LANGUAGE)
            return
        yield f"Searching {count:,} passage{'' if count == 1 else 's'}{'' if asked == question else f' for “{asked}”'}…"
        began = time.perf_counter()
        found = self.index.candidates(asked, scope, self._top_k)
        retrieved = time.perf_counter()
        if self._multilingual and in_other_language(asked, found):
            # The reranker reads English: of other languages, retrieval's order is the better one.
            extractor, passages = self._multilingual, found
        else:
            yield f"Ranking the best {len(found)}…"
            extractor, passages = self._extractor, self.index.rerank(asked, found)
        reranked = time.perf_counter()
        yield "Reading them for the answer…"
        answer = extractor.answer(analyse(asked), passages)
        read = time.perf_counter()
        about = {"embedder": self.index.embedder.fingerprint, "reranker": self.index.reranker.fingerprint}
        spent |= {
            "retrieve": 1000 * (retrieved - began),
            "rerank": 1000 * (reranked - retrieved),
            "read": 1000 * (read - reranked),
        }

        def complete(answer: Answer) -> Answer:
            taken = {**spent, **answer.timings_ms}
            return replace(
                answer,
                question=question,
                standalone_question=asked,
                model={**about, **answer.model},
                timings_ms={**taken, "total": sum(taken.values())},
            )

        if self.writer is None or not self.writer.writes(answer):
            yield complete(answer)
            return
        yield "Writing, and checking each sentence…"
        for step in self.writer.answering(analyse(asked), passages, answer):
            yield complete(step) if isinstance(step, Answer) else Draft(complete(step.answer))


def in_other_language(question: str, passages: Sequence[Passage] = ()) -> bool:
    """Whether the question or the best passage is for certain in another language than English."""
    texts = [question, *(passage.chunk.text for passage in passages[:1])]
    return any(told([text]) not in (ENGLISH, None) for text in texts)


def _checked(question: str) -> str:
    question = " ".join(question.encode("utf-8", "ignore").decode("utf-8").split())
    if not any(character.isalnum() for character in question):
        raise QuestionError("the question is empty: ask it in a few words")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters, more than the {MAX_QUESTION:,} allowed: shorten it, "
            "or put the text into a file and index that"
        )
    return question
