"""What is told without searching: about the program, the library, or what a document is about."""

from __future__ import annotations

from dataclasses import dataclass, replace

from index.embed import Embedder
from index.search import View
from qa.answer import Answer
from qa.answer.notices import TALK, UNLISTED, library
from qa.check.injection.recogniser import Recogniser
from qa.propose.overview import overview_of
from qa.understand.question import Question
from qa.understand.question_type import Classifier
from qa.understand.subject import subject, subjects

MOST_CHOSEN = 8  # documents that one overview is of


@dataclass(frozen=True, slots=True)
class Told:
    """Answers from the question and the library alone; ``classifier`` tells kinds of talk (None: no talk is known)."""

    embedder: Embedder
    recogniser: Recogniser
    classifier: Classifier | None = None

    def answer(self, question: Question, view: View) -> Answer | None:
        """The notice or overview that the question asks for; None if it asks something of the documents."""
        match question.asked:
            case "talk":
                return self.talk(question, view)
            case "library":
                listed = library(view.catalogue()) if view.with_list else UNLISTED
                return Answer("notice", question.text, question.text, 1.0, message=listed, asked="library")
            case "overview" if source := subject(question.text, view.catalogue()):
                return overview_of([(view.document(source), source)], self.embedder, self.recogniser)
        return None

    def of_chosen(self, question: Question, view: View) -> Answer | None:
        """An overview of the documents chosen to be asked, with their passages, where it names no one of them.

        None where none or one is chosen, or more than ``MOST_CHOSEN``.
        """
        if question.asked != "overview" or not 1 < view.chosen <= MOST_CHOSEN:
            return None
        catalogue = view.catalogue()
        sources = subjects(question.text, catalogue) or [source for source, _ in catalogue]
        of = {source.document_id: (view.document(source), source) for source in sources}
        if len(of) < 2:
            return None
        answer = overview_of(list(of.values()), self.embedder, self.recogniser)
        found = filter(None, (view.passage_at(own.document.id, own.start) for own in answer.citations))
        passages = {(own.document.id, own.chunk.start): own for own in found}
        return replace(answer, passages=tuple(passages.values())) if passages else None

    def talk(self, said: Question, view: View) -> Answer | None:
        """The reply to talk, which needs no documents."""
        if self.classifier is None:
            return None
        kind = self.classifier.kind_of_talk(said, view.embedding_of(said), self.embedder.fingerprint)
        return Answer("notice", said.text, said.text, 1.0, message=TALK[kind], asked="talk")
