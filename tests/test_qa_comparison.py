"""Comparisons: their sides are found, read alone and said side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import AskedFor, ScriptedGenerator, WordEmbedder, WordReader, WordReranker, WordVerifier, small_splitter

from index.ingest import Ingest
from index.search import Index
from index.store import Store
from qa.answer import Answer
from qa.answer.row_view import runs_of, table_of_run
from qa.assistant import Assistant
from qa.cli.answer_text import as_text
from qa.propose.extractor import Extractor
from qa.propose.multi_part.comparison import comparison_sides
from qa.read.compute.measures import measure
from qa.read.compute.relation import compares, direction
from qa.read.confidence.calibration import Calibration
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.serving.html.render import answer as as_html
from qa.understand.question import analyse
from qa.understand.question_type import QuestionType
from qa.understand.sides import sides
from qa.write.writer import Writer

SIDES = {
    "Which takes longer, the Blue or the Green line?": ["the Blue", "the Green"],
    "How did the fee change between 2023 and 2025?": ["2023", "2025"],
    "How did revenue change from 2021 to 2022?": ["2021", "2022"],
    "Was it colder in May 2025 than in June?": ["in May 2025", "in June"],
    "Is the small boat cheaper than the large boat?": ["the small boat", "the large boat"],
    "Do medical records have to be kept longer than invoices?": ["medical records have to be kept", "invoices"],
    "Is a hepatitis A dose cheaper than a rabies dose?": ["a hepatitis A dose", "a rabies dose"],
    "Which is quicker: 2 pumps or 8 pumps?": ["2 pumps", "8 pumps"],
    "Who is taller, Ann Lee or Bo Ray?": ["Ann Lee", "Bo Ray"],
    "Which holds more laundry, Wool or Quick 30?": ["Wool", "Quick 30"],
    "What is the difference between form N1 and form R4?": ["form N1", "form R4"],
    "How does tea differ from coffee?": ["tea", "coffee"],
    "How does the fee differ between the 2023 and the 2025 policy?": ["the 2023 policy", "the 2025 policy"],
    "Which is bigger, a small room in the old house or one in the new house?": ["in the old house", "in the new house"],
    "what's quicker, Wool or Silk?": ["Wool", "Silk"],
}


@pytest.mark.parametrize("question", SIDES)
def test_the_sides_of_a_comparison_are_found(question: str) -> None:
    found = sides(question)
    assert found is not None
    assert [side.name for side in found] == SIDES[question]


@pytest.mark.parametrize("question", ["Who founded the choir?", "What changed since 2023?", "", "or", "than or than"])
def test_a_question_that_names_no_two_things_has_no_sides(question: str) -> None:
    assert sides(question) is None


def test_a_side_is_asked_for_without_the_other_and_without_what_only_compares() -> None:
    found = sides("How did the price of tea differ between 2023 and 2025?")
    assert found is not None
    assert [side.text for side in found] == ["the price of tea in 2023", "the price of tea in 2025"]


# --- two amounts ---


@pytest.mark.parametrize(
    ("text", "heading", "expected"),
    [
        ("6 min 40 sec", "", (400, "time")),
        ("2 weeks", "", (14 * 86400, "time")),
        ("118", "pack_seconds", (118, "time")),
        ("£2,180", "", (2180, "money")),
        ("7070", "", (7070, "")),
        ("4 min 05 s", "", (245, "time")),
        ("14 km/h", "", (14, "speed")),
        ("1,400", "Spin (rpm)", (1400, "speed")),
    ],
)
def test_an_amount_is_read_with_its_unit(text: str, heading: str, expected: tuple[float, str]) -> None:
    found = measure(text, heading)
    assert found is not None
    assert (found.value, found.kind) == expected


@pytest.mark.parametrize("text", ["about", "14:00–19:00", "12 May 2025", "5 apples and 3 pears", "8 min and 9 min"])
def test_what_is_not_one_amount_is_none(text: str) -> None:
    assert measure(text) is None


def test_working_days_are_compared_with_working_days_only() -> None:
    assert measure("two working days") != measure("two days")


def test_what_is_asked_for_is_the_larger_or_the_smaller() -> None:
    assert direction("Which is cheaper, A or B?") == ("smaller", frozenset({"money"}))
    assert direction("Which is less expensive, A or B?") == ("smaller", frozenset({"money"}))
    assert direction("What is the difference between A and B?") is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Do both use the same port?", True),
        ("Are the two ports different?", True),
        ("Which is cheaper, A or B?", True),
        ("What is the same in A and B?", False),
        ("", False),
    ],
)
def test_a_question_compares_where_it_asks_for_more_or_whether_things_are_alike(question: str, expected: bool) -> None:
    assert compares(question) is expected


# --- from documents ---

FILES = {
    "lines.md": "# Tram lines\n\n| Line | Duration | Fare |\n|---|---|---|\n"
    "| Blue line | 42 min | £2 |\n| Green line | 61 min | £3 |\n",
    "huts.md": "# Huts\n\n| Hut | Beds | Size (m²) | Price |\n|---|---|---|---|\n"
    "| Small hut on Crag Hill | 4 | 31 | £20 |\n| Small hut on Fell Ridge | 6 | 28 | £20 |\n"
    "| One-bed hut | 1 | 9 | £10 |\n",
    "crafts.md": "# Crafts\n\n| Craft | Hours | Seats |\n|---|---|---|\n"
    "| Knotting | 4 | 8 |\n| Evening of gilding | 3 | 10 |\n",
    "washes.txt": "Washes\n\nLinen   52 min, 2 kg   gently\nDenim   38 min, 3 kg   hot\nSilk    25 min, 1 kg   cold\n",
    "cars.md": "# Cars\n\n"
    "| Cars | 2022 | 2024 |\n|---|---|---|\n| All cars | 9,340 | 9,377 |\n| Electric | 210 | 561 |\n",
    "trips.md": "# Trips\n\n"
    "| Boats | 2022 | 2024 |\n|---|---|---|\n| Haddock Bay | 31 | 28 |\n| Not to leave for repairs | 4 | 9 |\n",
    "fees-2023.md": "# Fees 2023\n\nThe fee for a locker is five pounds.\n",
    "fees-2025.md": "# Fees 2025\n\nThe fee for a locker is eight pounds.\n",
    "waits.md": "# Waits\n\nThe wait for the doctor in May was 9 min.\n\nThe wait for the doctor in June was 4 min.\n",
}


def indexed(folders: pytest.TempPathFactory, files: dict[str, str]) -> Index:
    """An index of these files, by models that count words."""
    folder: Path = folders.mktemp("files")
    for name, text in files.items():
        (folder / name).write_text(text)
    store = Store(folders.mktemp("index"))
    Ingest(store, WordEmbedder(), small_splitter(60)).update([folder / name for name in files])
    return Index(store, WordEmbedder(), WordReranker())


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return indexed(tmp_path_factory, FILES)


def ask(index: Index, question: str, kind: QuestionType = "comparison", bias: float = 0.0) -> Answer:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0, "relevance": 0.0}, bias, 0.5, 0.3))
    answer = Assistant(index, extractor, classifier=AskedFor(kind)).ask(question)  # type: ignore[arg-type]
    assert found_wrong(index, answer.to_dict()) == []
    return answer


def found_wrong(index: Index, answer: dict[str, Any]) -> list[str]:
    with index.store.snapshot() as snapshot:
        texts = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    return problems(answer, VerificationSource(texts.get))


def said(answer: Answer) -> list[tuple[str, int, str]]:
    return [(statement.role, statement.part, statement.text) for statement in answer.statements]


def test_rows_of_a_table_are_compared_side_by_side(index: Index) -> None:
    answer = ask(index, "Which line takes longer, the Blue line or the Green line?")
    assert said(answer) == [
        ("side", 0, "| Blue line | 42 min | £2 |"),
        ("side", 1, "| Green line | 61 min | £3 |"),
    ]
    assert [part.question for part in answer.parts] == ["the Blue line", "the Green line"]


@pytest.mark.parametrize(
    ("question", "kind", "is_compared"),
    [
        ("Which huts cost more than £15?", "list", False),
        ("Is the small hut heavier than 40 kg?", "polar", True),
        ("Which was longer than 2023, 2024 or 2025?", "comparison", True),
    ],
)
def test_an_amount_is_no_side_where_rows_beyond_it_are_asked_for(
    question: str, kind: QuestionType, is_compared: bool
) -> None:
    found = sides(question)
    assert found
    assert (comparison_sides(replace(analyse(question), asked=kind), found) is not None) == is_compared


@pytest.mark.parametrize(
    "question",
    [
        "Which is bigger, a small hut on Crag Hill or one on Fell Ridge?",
        "Which has more seats, the knotting or the gilding?",
        "what's quicker, Linen or Denim?",
    ],
)
def test_two_rows_that_the_sides_name_are_said(index: Index, question: str) -> None:
    assert [own.role for own in ask(index, question).statements] == ["side", "side"]


def test_two_editions_are_read_each_for_its_year(index: Index) -> None:
    answer = ask(index, "How did the fee for a locker change between 2023 and 2025?")
    assert said(answer) == [
        ("side", 0, "The fee for a locker is five pounds."),
        ("side", 1, "The fee for a locker is eight pounds."),
    ]
    assert [citation.passage.source.name for citation in answer.citations] == ["fees-2023.md", "fees-2025.md"]
    assert "2023: The fee for a locker is five pounds.[1]\n2025: The fee" in as_text(answer)
    assert '<strong class="side" dir="auto">2023:</strong>' in as_html("t", answer)


def test_a_language_model_is_given_the_best_of_both_sides_first(index: Index) -> None:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3))
    reply = "The fee for a locker is five pounds [1]. The fee for a locker is eight pounds [2]."
    model = ScriptedGenerator(reply)
    writer = Writer(model, WordVerifier())
    assistant = Assistant(index, extractor, writer=writer, classifier=AskedFor("comparison"))  # type: ignore[arg-type]
    answer = assistant.ask("How did the fee for a locker change between 2023 and 2025?")
    system, user = model.prompts[0]
    assert "each of the things compared" in system.text
    assert user.text.index("five pounds") < user.text.index("eight pounds") < user.text.index("the doctor")
    assert answer.text == reply.replace(" [1].", ".[1]").replace(" [2].", ".[2]")
    assert found_wrong(index, answer.to_dict()) == []


@pytest.mark.parametrize(("thing", "bias", "is_said"), [("locker", -8.0, True), ("hut", -6.0, False)])
def test_two_editions_need_be_less_sure_where_each_has_all_that_is_asked_for(
    index: Index, thing: str, bias: float, is_said: bool
) -> None:
    question = f"How does the fee for a {thing} differ between the 2023 and the 2025 sheet?"
    sides = ["The fee for a locker is five pounds.", "The fee for a locker is eight pounds."]
    assert [own.text for own in ask(index, question, bias=bias).statements] == sides * is_said


def test_of_two_things_the_passage_is_said_that_names_both_where_nothing_else_is_asked(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    kilns = "# Kilns\n\nThe gas kiln is quicker than the wood kiln.\n"
    others = {"gas.md": "# Gas\n\nThe gas kiln is white.\n", "wood.md": "# Wood\n\nThe wood kiln is of brick.\n"}
    answer = ask(
        indexed(tmp_path_factory, {"kilns.md": kilns, **others}), "How do the gas kiln and the wood kiln differ?"
    )
    assert [own.text for own in answer.statements] == ["The gas kiln is quicker than the wood kiln."]


def test_old_and_new_are_told_by_the_edition(index: Index) -> None:
    answer = ask(index, "What is the difference between the old and the new fee for a locker?")
    assert [citation.passage.source.name for citation in answer.citations] == ["fees-2023.md", "fees-2025.md"]


def test_of_a_side_that_is_not_found_the_answer_says_so(index: Index) -> None:
    answer = ask(index, "How did the wait for the doctor change between May and October?")
    assert [(part.question, part.kind) for part in answer.parts] == [("May", "answer"), ("October", "refusal")]
    assert said(answer) == [("side", 0, "The wait for the doctor in May was 9 min.")]
    assert "Not found in these documents: October" in as_text(answer)


def test_things_that_no_document_has_are_refused(index: Index) -> None:
    assert ask(index, "Which is sweeter, mango or kiwi?").kind == "refusal"


def test_rows_of_both_sides_are_shown_as_one_table(index: Index) -> None:
    answer = ask(index, "Compare the duration of the Blue line and the Green line.")
    (run,) = runs_of(answer, answer.statements)
    table = table_of_run(answer, run)
    assert table is not None
    assert [row.labels[0].text for row in table.rows] == ["Blue line", "Green line"]
