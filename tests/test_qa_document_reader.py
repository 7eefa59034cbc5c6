"""Answers from a document that is given with the question."""

from __future__ import annotations

from fakes import AskedFor, WordEmbedder, WordReader, WordReranker, small_splitter

from documents.document import Document
from documents.load import parse
from qa.propose.document_reader import DocumentReader
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.question_type import QuestionType

CALIBRATION = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.5, threshold=0.5)
LONG = Document(" ".join(f"Machine {number} makes part {number * 7} of all." for number in range(40)), "Machines")


def reader(embedder: WordEmbedder | None = None, *, top_k: int = 10) -> DocumentReader:
    extractor = Extractor(WordReader(), CALIBRATION)
    return DocumentReader(small_splitter(8), embedder or WordEmbedder(), WordReranker(), extractor, top_k=top_k)


def test_a_short_document_is_read_whole_and_nothing_is_embedded() -> None:
    embedder = WordEmbedder()
    document = Document("Alpha pumps water. Beta stores grain.")
    answer = reader(embedder).ask("Beta stores what?", document, "page")
    assert (answer.text, answer.short_answer) == ("Alpha pumps water. Beta stores grain.[1]", "grain")
    assert answer.citations[0].passage.source.path == "page"
    assert problems(answer.to_dict(), VerificationSource({document.id: document}.get)) == []
    assert set(answer.timings_ms) == {"rerank", "read", "total"}
    assert answer.model["reranker"] == "shared-words@1"
    assert embedder.embedded == []


def test_of_a_long_document_the_nearest_chunks_are_read() -> None:
    embedder = WordEmbedder()
    long = reader(embedder, top_k=10)
    answer = long.ask("Machine 23 makes which part?", LONG)
    assert "Machine 23 makes part 161 of all." in answer.statements[0].text
    assert len(answer.passages) == 10
    assert {"dense", "rerank"} <= set(answer.passages[0].stage_scores)
    count = len(embedder.embedded)
    assert count >= 20
    assert "Machine 7 makes part 49 of all." in long.ask("Machine 7 makes which part?", LONG).text
    assert len(embedder.embedded) == count  # the document's chunks are kept for its next question


def test_a_question_that_the_document_does_not_answer_is_refused() -> None:
    answer = reader().ask("Who painted the old chapel?", Document("Alpha pumps water."))
    assert (answer.kind, answer.answered) == ("refusal", False)
    assert len(answer.passages) == 1


def test_a_question_is_answered_as_its_kind_asks_for() -> None:
    document = parse(b"The kit has:\n\n- a lamp of brass\n- a rope\n\nAsk Ann for oil.\n", "kit.md")

    def said(kind: QuestionType) -> list[str]:
        classified = DocumentReader(
            small_splitter(30), WordEmbedder(), WordReranker(), Extractor(WordReader(), CALIBRATION), AskedFor(kind)
        )
        return [statement.text for statement in classified.ask("Has the kit a lamp?", document).statements]

    assert said("list") == ["The kit has:", "- a lamp of brass", "- a rope"]
    assert said("overview") == said("fact") == ["The kit has:\n\n- a lamp of brass\n- a rope"]
