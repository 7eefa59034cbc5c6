"""The assistant: every question gets an answer, a refusal, a notice or an error of one sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from counting import word_count
from fakes import Desk, QuoteTheBest, ScriptedGenerator, Tags, WordEntailment, WordReader, WordReranker, filled
from hypothesis import example, given
from hypothesis import strategies as st

from index.passage import Passage, Scope
from index.rerank import READ_FIRST
from index.search import Index, View
from index.snapshot import Snapshot
from index.store import Store, StoreError
from qa.answer import Answer, AnswerType
from qa.answer.notices import LANGUAGE, TALK
from qa.assistant import MAX_QUESTION, Assistant, QuestionError, Stage
from qa.assistant.pipeline import DOUBTED, SURE_BEHIND
from qa.check.verifier import SupportVerifier
from qa.cli.answer_text import as_text
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.conversation import Turn
from qa.understand.omitted_terms import UNLIKELY
from qa.understand.question import Question, analyse
from qa.understand.question_type import shipped
from qa.understand.rewriter import Rewriter
from qa.write.writer import Writer


def assistant_of(index: Index, **settings: int) -> Assistant:
    return Assistant(index, QuoteTheBest(), **settings)  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def assistant(desk: Desk) -> Assistant:
    return assistant_of(desk.index)


class AsksFor:
    """Takes every question for one of a kind."""

    def __init__(self, kind: AnswerType) -> None:
        self.asked = lambda *_: kind


@pytest.mark.parametrize("needs", ["the likeliest", "a list", "a conversation", "a sure one", "a writer"])
def test_less_likely_passages_are_read_where_a_sure_one_is_not_enough(tmp_path: Path, needs: str) -> None:
    desk = Desk(tmp_path)
    desk.write(**{f"file{number}": f"Beta stores grain in barn {number}." for number in range(READ_FIRST + 2)})
    desk.ingest.update([desk.files])
    assistant = Assistant(
        desk.index,
        QuoteTheBest(),  # type: ignore[arg-type]
        classifier=AsksFor("list" if needs == "a list" else "fact"),  # type: ignore[arg-type]
        rewriter=Rewriter(Tags(), count=word_count),
        writer=Writer(ScriptedGenerator(), SupportVerifier(WordEntailment())) if needs == "a writer" else None,
        enough=math.inf if needs == "a sure one" else 0.5,
    )
    before = [Turn("Beta stores what?", "Beta stores grain in barn 1.")] if needs == "a conversation" else []
    answer = assistant.ask("What does Beta store in barn 1?", history=before)
    read = ["rerank" in passage.stage_scores for passage in answer.passages]
    assert read == [True] * READ_FIRST + [needs != "the likeliest"] * 2


def test_an_answer_holds_citations_models_and_timings(desk: Desk, assistant: Assistant) -> None:
    answer = assistant.ask("Beta stores what?")
    assert answer.text == "Beta stores grain.[1]"
    assert answer.citations[0].passage.source.path == desk.path("b.txt")
    assert answer.model == {"embedder": "words@1", "reranker": "shared-words@1", "backend": "quotes"}
    assert set(answer.timings_ms) == {"retrieve", "rerank", "read", "total"}
    assert answer.timings_ms["total"] == pytest.approx(
        sum(answer.timings_ms[stage] for stage in ("retrieve", "rerank", "read"))
    )
    with desk.store.snapshot() as snapshot:
        texts = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    assert problems(answer.to_dict(), VerificationSource(texts.get)) == []


def test_stages_are_reported_before_the_answer(assistant: Assistant) -> None:
    *stages, answer = assistant.answering("Beta stores what?")
    assert stages == [Stage("search", 3), Stage("rank", 3), Stage("read")]
    assert isinstance(answer, Answer)


class CountingStore(Store):
    """A store that counts the snapshots taken of it."""

    snapshots = 0

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        self.snapshots += 1
        with super().snapshot() as snapshot:
            yield snapshot


def test_a_question_is_answered_from_one_snapshot(desk: Desk) -> None:
    store = CountingStore(desk.store.folder)
    index = Index(store, desk.embedder, WordReranker())
    assistant = Assistant(index, QuoteTheBest(), rewriter=Rewriter(Tags(), count=word_count))  # type: ignore[arg-type]
    assistant.ask("Beta stores what?")  # opens the lexical index
    before = store.snapshots
    follow_up = assistant.ask("And Gamma?", history=[Turn("Who sells iron?", "Gamma sells iron.", "Gamma")])
    assert follow_up.standalone_question
    assert store.snapshots == before + 1


def test_a_stage_names_the_question_that_a_follow_up_stands_for(desk: Desk) -> None:
    rewriter = Rewriter(Tags("Beta", "store"), count=word_count)
    assistant = Assistant(desk.index, QuoteTheBest(), rewriter=rewriter)  # type: ignore[arg-type]
    first, *_, answer = assistant.answering("And in 2021?", history=[Turn("What did Beta store at first?", "")])
    assert isinstance(answer, Answer)
    assert first == Stage("search", 3, "Beta store: And in 2021?")
    assert answer.standalone_question == "Beta store: And in 2021?"


class AfterAStory(QuoteTheBest):
    """Answers only what stands behind another question, as sure as it is told."""

    def __init__(self, sure: float) -> None:
        self._sure = sure

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        is_behind = question.text.count("?") > 1
        found = super().answer(question, passages)
        said = replace(found, kind="answer" if is_behind else "refusal", confidence=self._sure)
        return said if is_behind else replace(said, statements=(), citations=(), message="Not here.")


@pytest.mark.parametrize("sure", [SURE_BEHIND, SURE_BEHIND - 0.1])
def test_a_follow_up_that_finds_nothing_is_read_behind_the_question_before_it(desk: Desk, sure: float) -> None:
    rewriter = Rewriter(Tags(), count=word_count)
    assistant = Assistant(desk.index, AfterAStory(sure), rewriter=rewriter)  # type: ignore[arg-type]
    answer = assistant.ask("Is that all?", history=[Turn("Beta stores what?", "Grain.")])
    assert answer.answered == (sure >= SURE_BEHIND)
    behind = "Beta stores what? Is that all?"
    assert answer.standalone_question == (behind if answer.answered else "Is that all?")


class AnswersBoth(QuoteTheBest):
    """Answers a question by itself, and behind another one, as sure as it is told of each."""

    def __init__(self, alone: float, behind: float) -> None:
        self._alone, self._behind = alone, behind

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        sure = self._behind if question.text.count("?") > 1 else self._alone
        return replace(super().answer(question, passages), kind="answer", confidence=sure)


@pytest.mark.parametrize(
    ("alone", "behind", "is_behind"),
    [(DOUBTED - 0.1, 0.9, True), (DOUBTED - 0.1, DOUBTED - 0.2, False), (DOUBTED, 0.9, False)],
)
def test_of_a_doubted_follow_up_the_surer_reading_answers(
    desk: Desk, alone: float, behind: float, is_behind: bool
) -> None:
    rewriter = Rewriter(Tags(), count=word_count)
    assistant = Assistant(desk.index, AnswersBoth(alone, behind), rewriter=rewriter)  # type: ignore[arg-type]
    answer = assistant.ask("Beta stores?", history=[Turn("Beta stores what?", "Grain.")])
    assert answer.confidence == (behind if is_behind else alone)
    assert answer.standalone_question == ("Beta stores what? Beta stores?" if is_behind else "Beta stores?")


@pytest.mark.parametrize(("others", "stands_alone"), [(UNLIKELY - 0.1, True), (UNLIKELY, False)])
def test_a_question_that_surely_stands_alone_is_not_read_behind_the_one_before_it(
    desk: Desk, others: float, stands_alone: bool
) -> None:
    rewriter = Rewriter(Tags(others=others), count=word_count)
    assistant = Assistant(desk.index, AfterAStory(0.9), rewriter=rewriter)  # type: ignore[arg-type]
    answer = assistant.ask("Who painted the ceiling?", history=[Turn("Beta stores what?", "Grain.")])
    assert answer.kind == ("refusal" if stands_alone else "answer")


def test_a_question_in_another_language_is_not_answered_once_more_from_the_one_before_it(desk: Desk) -> None:
    reader, rewriter = AfterAStory(0.9), Rewriter(Tags(), count=word_count)
    assistant = Assistant(desk.index, reader, rewriter=rewriter, multilingual=reader)  # type: ignore[arg-type]
    history = [Turn("Wann wird die Wasseruhr abgelesen?", "Am ersten Samstag im Oktober.")]
    answer = assistant.ask("Wer ist Bürgermeister von Lyon?", history=history)
    assert (answer.kind, answer.standalone_question) == ("refusal", "Wer ist Bürgermeister von Lyon?")


class PutsInFront(Rewriter):
    """Reads each follow-up behind the question before it."""

    def standalone(self, question: Question, history: Sequence[Turn], view: View) -> Question:  # noqa: ARG002
        return analyse(f"{history[-1].question} {question.text}")


def test_a_follow_up_that_was_read_behind_the_question_before_it_is_not_read_so_again(desk: Desk) -> None:
    assistant = Assistant(desk.index, AfterAStory(0.0), rewriter=PutsInFront(Tags()))  # type: ignore[arg-type]
    steps = list(assistant.answering("Is it painted", history=[Turn("The old chapel", "")]))
    assert [step.name for step in steps if isinstance(step, Stage)].count("search") == 1


def test_the_same_question_has_the_same_answer_timings_aside(assistant: Assistant) -> None:
    first, second = (assistant.ask("Beta stores what?").to_dict() for _ in range(2))
    assert {**first, "timings_ms": {}} == {**second, "timings_ms": {}}


def test_a_refusal_offers_the_nearest_passages(assistant: Assistant) -> None:
    answer = assistant.ask("Who painted the ceiling of the old chapel?")
    assert answer.kind == "refusal"
    assert not answer.answered
    assert answer.text == "Not here."
    assert len(answer.passages) == 3
    lines = as_text(answer).split("\n")
    assert lines[:3] == ["Not here.", "", "Closest I found:"]
    assert len(lines) == 6


def test_top_k_limits_what_is_read(desk: Desk) -> None:
    assert len(assistant_of(desk.index, top_k=2).ask("Beta stores what?").passages) == 2


def test_answers_use_only_what_the_scope_sees(desk: Desk, tmp_path: Path) -> None:
    upload = tmp_path / "upload.txt"
    upload.write_text("Omega hides gold.", "utf-8")
    desk.ingest.update([upload], owner="ann")
    assistant = assistant_of(desk.index)
    assert assistant.ask("Omega hides gold", Scope(owner="ann")).text == "Omega hides gold.[1]"
    for scope in (Scope(), Scope(owner="bob"), Scope("other")):
        answer = assistant.ask("Omega hides gold", scope)
        assert answer.kind == "refusal"
        assert "Omega" not in str(answer.to_dict()["passages"]) + as_text(answer)
    nothing = assistant.ask("Omega hides gold", Scope("other"))
    assert nothing.passages == ()
    assert as_text(nothing) == "Not here."


@pytest.mark.parametrize("said", ["hi", "Hello!", "thank you very much", "help", "Good morning", "bye"])
def test_small_talk_gets_a_notice_that_says_nothing_about_the_documents(desk: Desk, said: str) -> None:
    answer = Assistant(desk.index, QuoteTheBest(), classifier=shipped("words@1")).ask(said)  # type: ignore[arg-type]
    assert (answer.kind, answer.asked) == ("notice", "talk")
    assert not answer.answered
    assert answer.citations == answer.passages == ()
    assert as_text(answer) == answer.text != ""


def test_small_talk_needs_no_documents(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest.update([desk.files])
    assistant = Assistant(desk.index, QuoteTheBest(), classifier=shipped("words@1"))  # type: ignore[arg-type]
    assert assistant.ask("Hello!").text == TALK["greeting"]
    with pytest.raises(StoreError, match="holds no documents"):
        assistant.ask("Who repaired the ferry?")


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "?!…", "\ud800", "🎉"])
def test_an_empty_question_is_an_error_of_one_line(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError, match="the question is empty"):
        assistant.ask(question)


def test_a_question_longer_than_the_limit_is_an_error(assistant: Assistant) -> None:
    assert assistant.ask("x" * MAX_QUESTION).kind == "refusal"
    with pytest.raises(QuestionError, match=r"the question has 10,000 characters, more than the 2,000 allowed"):
        assistant.ask("x" * 10_000)
    assert assistant.ask("Beta stores" + " " * 9_000 + "what?").answered  # white space is not counted


def test_an_empty_index_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest.update([desk.files])
    with pytest.raises(StoreError, match=r"holds no documents: add some with refdesk index PATH"):
        assistant_of(desk.index).ask("What?")


@given(st.text(max_size=100).filter(lambda text: any(character.isalnum() for character in text)))
@example("A%0%THAT%0")  # a chain of two questions
def test_any_text_with_a_word_gets_an_answer(tmp_path_factory: pytest.TempPathFactory, question: str) -> None:
    answer = assistant_of(_shared_desk(tmp_path_factory).index).ask(question)
    answer.to_dict()["text"].encode("utf-8")
    assert as_text(answer)


_shared: list[Desk] = []


def _shared_desk(factory: pytest.TempPathFactory) -> Desk:
    """One index for all examples."""
    if not _shared:
        desk = Desk(factory.mktemp("any"))
        desk.write(a="Alpha pumps water.")
        desk.ingest.update([desk.files])
        _shared.append(desk)
    return _shared[0]


CHINESE = "北京市有十四万个基站。数字经济的增长很快。"


@pytest.fixture
def mixed(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.write(a="Alpha pumps water into the town.", b=CHINESE)
    desk.ingest.update([desk.files])
    return desk


def test_a_question_in_a_language_that_no_model_reads_gets_a_notice_that_says_what_to_install(mixed: Desk) -> None:
    for question in ("北京有多少个基站？", "Wie viele Stationen hat die Stadt und was ist das?", "Сколько станций?"):
        answer = assistant_of(mixed.index).ask(question)
        assert (answer.kind, answer.text) == ("notice", LANGUAGE)
        assert '"refdesk[multilingual]"' in answer.text
        assert problems(answer.to_dict(), VerificationSource({}.get)) == []
    assert assistant_of(mixed.index).ask("Alpha pumps what?").answered


def test_an_english_question_gets_the_notice_where_no_document_is_in_english(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(b=CHINESE)
    desk.ingest.update([desk.files])
    assert assistant_of(desk.index).ask("How many stations are there?").kind == "notice"


class Unreached:
    def score(self, *_: object) -> list[float]:
        raise AssertionError("the English reranker ranked another language")

    fingerprint = "unreached@1"


def test_with_a_multilingual_embedder_other_languages_are_read_in_the_order_of_retrieval(mixed: Desk) -> None:
    index = Index(mixed.store, mixed.embedder, Unreached())
    assistant = Assistant(index, QuoteTheBest(), multilingual=QuoteTheBest())  # type: ignore[arg-type]
    answer = assistant.ask("北京市有十四万个基站")
    assert answer.text.startswith("北京市有十四万个基站。")
    with pytest.raises(AssertionError, match="English reranker"):
        assistant.ask("Alpha pumps what?")


class AllFacts:
    """Takes every question for one that asks for a fact."""

    def asked(self, *_: object) -> str:
        return "fact"


def test_of_two_questions_in_one_the_second_may_have_a_subject_of_its_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(
        a="The pupils gave money for a sofa.", b="Ms Rowan is our librarian.", c="The pupils gave money for a lamp."
    )
    desk.ingest.update([desk.files])
    surely = Calibration({"margin": 1.0}, bias=1.5, absent_discount=0.1, threshold=0.5)
    assistant = Assistant(desk.index, Extractor(WordReader(), surely), classifier=AllFacts())  # type: ignore[arg-type]
    answer = assistant.ask("What did the pupils give money for, and who is our librarian?")
    assert [own.text for own in answer.statements][-1] == "Ms Rowan is our librarian."
