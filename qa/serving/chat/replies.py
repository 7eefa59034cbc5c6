"""A question as the page sends it, and the replies to it: HTML and, of an answer, its JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from index.passage import Scope
from index.store import StoreError
from qa.answer import Answer, Draft
from qa.assistant import MAX_QUESTION, QuestionError, Stage
from qa.serving.answering.answerer import REMEMBERED, Answerer
from qa.serving.html import copied, render
from qa.serving.html.messages import ENGLISH, Words, words_of
from qa.serving.library.shelf import MOST_CHOSEN, ChoiceError
from qa.understand.conversation import Turn

MAX_ID = 100  # characters of a document's id
MAX_LABEL = 40  # characters of the page's own label of a turn

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question, the page's own label of the turn, and the latest turns before it, oldest first."""

    turn: str
    question: str
    history: tuple[Turn, ...] = ()
    documents: tuple[str, ...] = ()  # ids of those that are asked; (): all
    language: str = ENGLISH  # of the page
    as_typed: bool = False  # searched for as it is, whatever was said before and however its words are spelt

    @classmethod
    def from_json(cls, data: Any) -> AskRequest:
        """What decoded JSON holds of a question. Anyone can send anything: what is no text becomes ""."""
        given = data if isinstance(data, dict) else {}
        turns, chosen = given.get("history"), given.get("documents")
        turns = [turn for turn in turns if isinstance(turn, list) and len(turn) > 2] if isinstance(turns, list) else []
        return cls(
            _text(given.get("turn"))[:MAX_LABEL],
            _text(given.get("question")),
            tuple(map(_turn, turns[-REMEMBERED:])),
            tuple(_text(own)[:MAX_ID] for own in chosen[:MOST_CHOSEN]) if isinstance(chosen, list) else (),
            _text(given.get("language", ENGLISH)),
            given.get("as_typed") is True,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What the page shows of a question: HTML, which is escaped, and the Answer once there is one."""

    html: str
    answer: Answer | None = None
    language: str = ENGLISH

    def to_dict(self, *, with_paths: bool = True) -> dict[str, Any]:
        """The reply as the page gets it; without paths, sources are named by their last part alone."""
        answer = self.answer.to_dict() if self.answer else None
        if self.answer and answer and not with_paths:
            for told, citation in zip(answer["citations"], self.answer.citations, strict=True):
                told["source"] = citation.passage.source.name
            for told, passage in zip(answer["passages"], self.answer.passages, strict=True):
                told["source"] = passage.source.name
        if self.answer is None:
            return {"html": self.html, "answer": None}
        say = words_of(self.language)
        return {
            "html": self.html,
            "answer": answer,
            "text": copied.as_text(self.answer, say),
            "markdown": copied.as_markdown(self.answer, say),
        }


def replies(
    answerer: Answerer,
    asked: AskRequest,
    scope: Scope = Scope(),  # noqa: B008 - frozen
    narrowed: Callable[[tuple[str, ...]], Scope] | None = None,
) -> Generator[Reply, None, None]:
    """The replies to a question: each stage, drafts, then the answer. Never raises.

    ``narrowed`` gives the scope of the documents that are asked, where documents can be chosen (``Shelf.narrowed``).
    """
    turn, question, say = asked.turn, asked.question.strip(), words_of(asked.language)
    if not question:
        yield Reply(render.notice(turn, say("reply-empty")))
        return
    if len(question) > MAX_QUESTION:
        yield Reply(render.notice(turn, say("reply-too-long", most=f"{MAX_QUESTION:,}")))
        return
    try:
        own = narrowed(asked.documents) if narrowed else scope
        for step in answerer.answering(question, own, asked.history, asked.as_typed):
            if isinstance(step, Answer):
                yield Reply(render.answer(turn, step, say), step, say.language)
                return
            if isinstance(step, Draft):
                yield Reply(render.draft(turn, step.answer, say))
            else:
                yield Reply(render.working(turn, wording(step, say)))
        raise RuntimeError("the assistant ended without an answer")
    except (QuestionError, ChoiceError) as error:
        yield Reply(render.notice(turn, say.translated(str(error))))
    except StoreError as error:
        logger.error("%s", error)
        yield Reply(render.notice(turn, say("reply-store")))
    except Exception:
        # The visitor gets one friendly line; what happened, and where, is for the server's log.
        logger.exception("a question could not be answered")
        yield Reply(render.notice(turn, say("reply-failed")))


def _turn(given: list[Any]) -> Turn:
    """An earlier turn, as the page tells it: question, answer, short answer, and where that is from, if anywhere."""
    question, answer, short = (_text(part)[:MAX_QUESTION] for part in given[:3])
    match given[3:]:
        case [[str(document), int(start), int(end)]]:
            return Turn(question, answer, short, (document[:MAX_ID], start, end))
    return Turn(question, answer, short)


def wording(stage: Stage, say: Words) -> str:
    """The stage as a visitor reads it."""
    match stage.name:
        case "search" if stage.standalone_question:
            return say("stage-search-for", stage.passages, question=stage.standalone_question)
        case "search":
            return say("stage-search", stage.passages)
        case "rank":
            return say("stage-rank", passages=stage.passages)
        case "read":
            return say("stage-read")
        case "note":
            return say("stage-note", stage.passages)
        case "write":
            return say("stage-write")


def _text(value: object) -> str:
    """``value`` if it is text, without lone surrogates, which no reply can hold; else ""."""
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else ""
