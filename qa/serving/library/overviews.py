"""What the chat tells of a document before anything is asked: what it is about, and questions that it answers.

Both are made of the document's own words, once for each document, when a page first shows it: in a thread of its own,
and never while a visitor's question waits or is answered. A question is kept only if, asked of all that those see who
are told, it is answered surely and from the words that it was made of. What is kept is kept for them alone: for the
owner of a document that a visitor brought, else for all who see the same collections. Nobody can tell by it, or by how
soon it is there, what others have.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from documents.document import Document
from index.embed import Embedder
from index.passage import Filter, Scope
from index.recent import begin_question
from qa.answer import Answer, Citation
from qa.check.injection.recogniser import Recogniser
from qa.propose.overview import overview
from qa.read.suggest import Suggestion, suggestions
from qa.serving.library.shelf import Entry, Shelf

MOST_TOLD = 6  # documents of a page
SENTENCES = 3  # that tell what a document is about
QUESTIONS = 3  # that are suggested of a document
ASKED = 10  # that are asked of a document to find these
CONFIDENT = 0.6  # confidence of an answer whose question is suggested
_WAITING = 24  # documents that wait; of more, the page asks again
_KEPT = 500
_PAUSE = 0.2  # seconds between two looks whether anyone asks

logger = logging.getLogger(__name__)

Quoted = Callable[[str, Scope], Answer]  # Assistant.quoted


@dataclass(frozen=True, slots=True)
class Suggested:
    """A question that a document answers with its characters from ``start`` to ``end``."""

    question: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What is told of a document: parts as heading ("": none) and sentence, and questions that it answers."""

    about: tuple[tuple[str, str], ...] = ()
    questions: tuple[Suggested, ...] = ()


class _Key(NamedTuple):
    """A document, and what all those see who are told the same of it."""

    document: str
    scope: Scope


class Overviews:
    """Tells of the documents of ``shelf``; ``is_busy`` says whether a question waits or is answered.

    What ``recogniser`` finds to be an injected instruction is not told. Thread-safe.
    """

    def __init__(
        self,
        shelf: Shelf,
        embedder: Embedder,
        quoted: Quoted,
        recogniser: Recogniser,
        is_busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._shelf = shelf
        self._embedder = embedder
        self._quoted = quoted
        self._recogniser = recogniser
        self._is_busy = is_busy
        self._told = OrderedDict[_Key, Overview]()
        self._waiting: dict[_Key, None] = {}  # in order
        self._state = ""  # of the index when what is gone was last forgotten
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def listed(self, scope: Scope, chosen: tuple[str, ...] = ()) -> dict[str, Any]:
        """The documents that come first for who sees ``scope``, each with what is told of it by now.

        ``pending`` is how many of them are still being read; asking is what has them read.

        Raises:
            StoreError: the index cannot be read.
        """
        entries = self._shelf.first(scope, chosen, MOST_TOLD)
        self._forget_gone()
        with self._changed:
            found = [(entry, self._told.get(_key(entry, scope))) for entry in entries]
            missing = [_key(entry, scope) for entry, told in found if told is None]
            for own in missing:
                if len(self._waiting) < _WAITING:
                    self._waiting.setdefault(own)
            self._start()
            self._changed.notify_all()
        return {"overviews": [_row(entry, told) for entry, told in found], "pending": len(missing)}

    def close(self) -> None:
        """Let the thread end after the question at hand."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def _start(self) -> None:
        if self._thread is None and self._waiting and not self._closed.is_set():
            self._thread = threading.Thread(target=self._work, name="overviews", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while key := self._next():
            try:
                told = self._made(*key)
            except Exception:  # the document may be gone meanwhile; the next one must come
                logger.exception("a document's overview could not be made")
                told = Overview()
            with self._changed:
                del self._waiting[key]
                self._told[key] = told
                if len(self._told) > _KEPT:
                    self._told.popitem(last=False)

    def _next(self) -> _Key | None:
        """The document that waits longest, once nobody asks; None when there is nothing more to do."""
        with self._changed:
            while not self._waiting and not self._closed.is_set():
                self._changed.wait()
        self._let_questions_pass()
        return None if self._closed.is_set() else next(iter(self._waiting))

    def _let_questions_pass(self) -> None:
        while self._is_busy() and not self._closed.wait(_PAUSE):
            pass

    def _forget_gone(self) -> None:
        """Nothing is kept of a document that was deleted."""
        with self._shelf.store.snapshot() as snapshot:
            if snapshot.state == self._state:
                return
            self._state = snapshot.state
            with self._changed:
                for key in [own for own in self._told if not snapshot.sources(own.scope, own.document)]:
                    del self._told[key]

    def _made(self, document_id: str, scope: Scope) -> Overview:
        begin_question()
        with self._shelf.store.snapshot(scope) as snapshot:
            document = snapshot.document(document_id)
        if document is None:
            return Overview()
        about = [
            (_in_one_line(document, part.heading), _in_one_line(document, part.sentence))
            for part in overview(document, self._embedder, self._recogniser)
            if part.sentence
        ]
        return Overview(tuple(about[:SENTENCES]), self._answered(document, scope))

    def _answered(self, document: Document, scope: Scope) -> tuple[Suggested, ...]:
        """The first questions of the document that are answered surely, from the words they were made of."""
        found: list[Suggested] = []
        for made in suggestions(document)[:ASKED]:
            self._let_questions_pass()
            if len(found) == QUESTIONS or self._closed.is_set():
                break
            if cited := _answering(self._quoted(made.question, scope), document, made):
                found.append(Suggested(made.question, cited.start, cited.end))
        return tuple(found)


def _key(entry: Entry, scope: Scope) -> _Key:
    """The entry as its owner is told of it or, where it is everyone's, all who see the collections of ``scope``."""
    return _Key(entry.source.document_id, replace(scope, owner=entry.source.owner, only=Filter()))


def _answering(answer: Answer, document: Document, made: Suggestion) -> Citation | None:
    """What answers the question from the words that it was made of; None where it is not answered surely, or so."""
    first, last = made.place
    if not answer.answered or answer.caveat is not None or answer.confidence < CONFIDENT:
        return None
    own = (cited for cited in answer.citations if cited.document.id == document.id)
    return next((cited for cited in own if cited.start < last and first < cited.end), None)


def _in_one_line(document: Document, place: tuple[int, int] | None) -> str:
    return "" if place is None else " ".join(document.text[slice(*place)].split())


def _row(entry: Entry, told: Overview | None) -> dict[str, Any]:
    """The document as the library lists it, with what is told of it."""
    own = told or Overview()
    about = [{"heading": heading, "text": text} for heading, text in own.about]
    questions = [asdict(suggested) for suggested in own.questions]
    return {**entry.to_dict(), "is_read": told is not None, "about": about, "questions": questions}
