"""Kinds of question: lists said whole, overviews, the library, and talk with the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from counting import word_count
from fakes import AskedFor, Tags, WordEmbedder, WordReader, WordReranker, small_splitter

from documents.load import parse
from index.ingest import Ingest
from index.search import Index
from index.store import Store
from qa.answer import Answer
from qa.answer.notices import LIBRARY_SHOWN, TALK, Talk, library
from qa.answer.row_view import runs_of, table_of_run
from qa.assistant import Assistant
from qa.cli.answer_text import as_text
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.conversation import Turn
from qa.understand.question_type import QuestionType
from qa.understand.rewriter import Rewriter
from qa.understand.subject import subject

FILES = {
    "moving.md": "# Moving house\n\nTo move the archive:\n\n1. Stop the service.\n2. Copy the archive.\n3. Start.\n",
    "clubs.md": "# Clubs of 2025\n\n| Club | Day |\n|---|---|\n| Chess club | Monday |\n| Choir club | Friday |\n",
    "minutes-2025-03.md": "# March 2025\n\n## Roof\n\nThe roof of the hall leaks again.\n\n## Fees\n\nThe fees stay.\n",
    "minutes-2025-05.md": "# Minutes of May 2025\n\n## Party\n\nThe party is in the garden this year.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    store = Store(tmp_path_factory.mktemp("kinds"))
    documents = [(name, parse(text.encode(), name)) for name, text in FILES.items()]
    Ingest(store, WordEmbedder(), small_splitter(60)).add(documents)
    return Index(store, WordEmbedder(), WordReranker())


def ask(index: Index, question: str, kind: QuestionType) -> Answer:
    calibration = Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3)
    extractor = Extractor(WordReader(), calibration)
    answer = Assistant(index, extractor, classifier=AskedFor(kind)).ask(question)  # type: ignore[arg-type]
    with index.store.snapshot() as snapshot:
        texts = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    assert problems(answer.to_dict(), VerificationSource(texts.get)) == []
    return answer


def said(answer: Answer) -> list[tuple[str, str]]:
    return [(statement.role, statement.text) for statement in answer.statements]


def test_of_a_procedure_all_steps_are_said_in_order_with_their_lead_in(index: Index) -> None:
    answer = ask(index, "How do I copy the archive?", "steps")
    assert said(answer) == [
        ("lead-in", "To move the archive:"),
        ("step", "1. Stop the service."),
        ("step", "2. Copy the archive."),
        ("step", "3. Start."),
    ]
    assert (answer.asked, answer.short_answer) == ("steps", None)
    assert [statement.citations for statement in answer.statements] == [(1,), (2,), (3,), (4,)]


def test_a_list_is_as_sure_as_the_line_that_it_was_found_by(tmp_path: Path) -> None:
    text = "# Picnic\n\nThe picnic box of the school is green.\n\nThe box holds:\n\n- apples\n- bread\n"
    store = Store(tmp_path)
    Ingest(store, WordEmbedder(), small_splitter(60)).add([("picnic.md", parse(text.encode(), "picnic.md"))])
    answer = ask(Index(store, WordEmbedder(), WordReranker()), "What does the picnic box hold?", "list")
    assert said(answer)[0] == ("lead-in", "The box holds:")
    assert answer.confidence == answer.statements[0].support < 0.8


def test_where_a_fact_is_asked_for_only_its_sentence_is_said(index: Index) -> None:
    assert len(said(ask(index, "How do I copy the archive?", "fact"))) == 1


def test_of_a_table_all_rows_are_said_where_a_list_is_asked_for(index: Index) -> None:
    answer = ask(index, "Which club is on Monday or Tuesday?", "list")
    assert said(answer) == [("row", "| Chess club | Monday |"), ("row", "| Choir club | Friday |")]
    one = ask(index, "Which club is on Monday?", "list")  # one row is a fact
    assert said(one) == [("row", "| Chess club | Monday |")]


def test_rows_of_one_table_are_shown_together_each_with_its_marker(index: Index) -> None:
    answer = ask(index, "Which club is on Monday or Tuesday?", "list")
    (run,) = runs_of(answer, answer.statements)
    table = table_of_run(answer, run)
    assert table is not None
    assert [own.text for own in (*table.over_labels, *table.over_cells)] == ["Club", "Day"]
    assert [(row.labels[0].text, row.cites) for row in table.rows] == [("Chess club", (1,)), ("Choir club", (2,))]


def test_statements_that_quote_no_rows_stand_alone(index: Index) -> None:
    answer = ask(index, "How do I copy the archive?", "steps")
    runs = runs_of(answer, answer.statements)
    assert [len(run) for run in runs] == [1, 1, 1, 1]
    assert table_of_run(answer, runs[0]) is None


def test_an_overview_tells_the_parts_of_the_document_that_is_named(index: Index) -> None:
    answer = ask(index, "What are the minutes of March 2025 about?", "overview")
    assert ("answer", "The roof of the hall leaks again.") in said(answer)
    assert ("lead-in", "Fees") in said(answer)
    assert {citation.passage.source.name for citation in answer.citations} == {"minutes-2025-03.md"}
    assert answer.confidence_text == "not calibrated for overviews"


def test_an_overview_of_nothing_that_is_named_is_answered_as_other_questions_are(index: Index) -> None:
    assert ask(index, "Is pineapple sweet?", "overview").kind == "refusal"


def test_the_library_is_told_from_the_index(index: Index) -> None:
    answer = ask(index, "Which documents are there?", "library")
    assert (answer.kind, answer.asked) == ("notice", "library")
    assert answer.text.startswith("There are 4 documents here:\n• Clubs of 2025 (clubs.md)")


def test_what_is_asked_of_the_library_rests_on_nothing_said_before(index: Index) -> None:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3))
    assistant = Assistant(
        index,
        extractor,
        rewriter=Rewriter(Tags(), count=word_count),
        classifier=AskedFor("library"),  # type: ignore[arg-type]
    )
    answer = assistant.ask(
        "Which documents are there?", history=[Turn("Who sells iron?", "Gamma sells iron.", "Gamma")]
    )
    assert (answer.asked, answer.is_rewritten) == ("library", False)


def test_talk_is_answered_by_the_notice_of_its_kind(index: Index) -> None:
    answer = ask(index, "You are useless!", "talk")
    assert (answer.kind, answer.text, answer.asked) == ("notice", TALK["complaint"], "talk")


@pytest.mark.parametrize(
    ("kind", "said", "told"),
    [
        ("simpler", "How does it work?", True),
        ("ability", "How does it work?", False),
    ],
)
def test_after_a_conversation_only_talk_about_it_is_no_follow_up(
    index: Index, kind: Talk, said: str, told: bool
) -> None:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3))
    assistant = Assistant(
        index,
        extractor,
        rewriter=Rewriter(Tags("Choir", "club"), count=word_count),
        classifier=AskedFor("talk", kind),  # type: ignore[arg-type]
    )
    answer = assistant.ask(said, history=[Turn("What is the Choir club?", "On Friday.", "Choir club")])
    assert (answer.text == TALK[kind]) == told


def test_a_long_library_says_how_many_more_there_are(index: Index) -> None:
    with index.store.snapshot() as snapshot:
        one = [(source, "") for source in snapshot.sources()][:1]
    assert library(one).startswith("There is one document here:")
    assert library(one * (LIBRARY_SHOWN + 7)).endswith("\nand 7 more.")


def test_the_document_that_a_question_names_is_the_one_of_its_date_or_else_the_newest(tmp_path: Path) -> None:
    store = Store(tmp_path / "index")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    Ingest(store, WordEmbedder(), small_splitter(60)).update([tmp_path / name for name in FILES])
    with store.snapshot() as snapshot:
        catalogue = [(source, "") for source in snapshot.sources()]
    names = [
        subject(asked, catalogue)
        for asked in ("the minutes of March 2025", "the March minutes", "the minutes", "the pineapple")
    ]
    assert [source and source.name for source in names] == ["minutes-2025-03.md"] * 2 + ["minutes-2025-05.md", None]


def test_several_questions_are_answered_part_by_part(index: Index) -> None:
    answer = ask(index, "Who must copy the archive, and where is the party?", "fact")
    assert [part.kind for part in answer.parts] == ["answer", "answer"]
    assert [statement.part for statement in answer.statements] == [0, 1]
    assert answer.statements[1].text == "The party is in the garden this year."
    assert [citation.number for citation in answer.citations] == [1, 2]
    assert answer.confidence == min(statement.support for statement in answer.statements)


def test_a_follow_up_may_ask_several_questions(index: Index) -> None:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3))
    assistant = Assistant(
        index,
        extractor,
        rewriter=Rewriter(Tags(), count=word_count),
        classifier=AskedFor("fact"),  # type: ignore[arg-type]
    )
    answer = assistant.ask("And where is the party, and who must copy the archive?", history=[Turn("Is it wet?", "")])
    assert [part.kind for part in answer.parts] == ["answer", "answer"]


def test_a_part_after_a_colon_is_never_asked_without_what_stands_before_it(index: Index) -> None:
    answer = ask(index, "Rowing boats: who must copy the archive, and is the party in the garden this year?", "fact")
    assert [part.question for part in answer.parts if part.question.startswith("Rowing boats: ")] == [
        part.question for part in answer.parts
    ]


def test_of_several_questions_the_unanswered_one_is_named(index: Index) -> None:
    answer = ask(index, "Where is the party, and who ate eleven pineapples?", "fact")
    assert [part.kind for part in answer.parts] == ["answer", "refusal"]
    assert answer.unanswered == (answer.parts[1].question,)
    assert f"Not found in these documents: {answer.parts[1].question}" in as_text(answer)


def test_several_questions_that_nothing_answers_are_refused(index: Index) -> None:
    answer = ask(index, "Who ate eleven pineapples, and when did bananas fly?", "fact")
    assert (answer.kind, answer.unanswered, answer.parts) == ("refusal", (), ())


@pytest.fixture
def editions(tmp_path: Path) -> Index:
    texts = {
        "fees-2023.md": "# Fees 2023\n\nThe fee for a locker is five pounds.\n\nThe fee for a boat is ninety pounds.\n",
        "fees-2025.md": "# Fees 2025\n\nThe fee for a locker is eight pounds.\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    store = Store(tmp_path / "index")
    Ingest(store, WordEmbedder(), small_splitter(60)).update([tmp_path / name for name in texts])
    return Index(store, WordEmbedder(), WordReranker())


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What is the fee for a locker?", "fees-2025.md"),
        ("What was the fee for a locker in 2023?", "fees-2023.md"),
        ("What is the fee for a boat?", "fees-2023.md"),
    ],
)
def test_the_newest_edition_that_answers_is_quoted_unless_the_question_names_a_date(
    editions: Index, question: str, name: str
) -> None:
    answer = ask(editions, question, "fact")
    assert [citation.passage.source.name for citation in answer.citations] == [name]
