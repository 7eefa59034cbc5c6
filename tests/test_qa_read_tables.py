"""The cell that a question asks for: its row, its column, its period, or none."""

from __future__ import annotations

import pytest
from fakes import Finds
from hypothesis import given
from hypothesis import strategies as st
from table_documents import passage, table

from documents.blocks import Table
from documents.document import Document
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence
from qa.read.periods import conflict, periods, shared
from qa.read.tables.alone import cell_alone
from qa.read.tables.amounts import amount, shown, total
from qa.understand.question import analyse

FEES = table(
    "Category | 2022 | 2023 | 2024", "Adult | 180 | 190 | 210", "Student | 80 | 85 | 95", "Family | 360 | 380 | ",
    heading="Membership fees",
)  # fmt: skip
WELLS = table(
    "Well | pH | Lead (µg/l) | Result", "Mill Farm | 6.8 | 11.9 | failed", "Quarry | 8.0 | 14.2 | failed",
    "Abbey | 7.3 | (0.8) | passed", heading="Wells",
)  # fmt: skip
OPEN = table(
    "Day | Desk | Reading room", "Mon–Wed | 10–14 | 10–16", "Thursday | 12–19 | 10–21", "Sat | 9–13 | closed",
    heading="Opening hours",
)  # fmt: skip

LESSONS = table(
    "Lesson | Time | Monday | Tuesday", "1 | 8:30 | Art | Music", "2 | 9:15 | Latin | German", heading="Timetable"
)
BINS = table(
    "Date | District | Collection", "3 May 2025 | North | paper", "9 May 2025 | South | garden waste", heading="Bins"
)
EXAMS = table(
    "Examination | Begins", "Mock, year 13 | 12 January 2026", "Finals, year 11 | 9 May 2026", heading="Examinations"
)
TICKETS = table("Ticket | Adults", "Family day ticket | 13.50", "Day ticket | 5.20", "Season ticket | 118.00")


def short(question: str, document: Document, *found: str, without: frozenset[str] = frozenset()) -> str | None:
    """The short answer to the question, where a reader finds these words; None: a refusal."""
    calibration = Calibration({"margin": 1.0}, bias=0.0, absent_discount=1.0, threshold=0.5)
    extractor = Extractor(Finds(*found), calibration, without=without)
    return extractor.answer(analyse(question), [passage(document)]).short_answer


@pytest.mark.parametrize(
    ("question", "document", "found", "expected"),
    [
        ("What was the adult fee in 2023?", FEES, "210", "190"),
        ("What was the fee for a student in 2024?", FEES, "180", "95"),
        ("How much lead was in the Mill Farm well?", WELLS, "6.8", "11.9"),
        ("How much lead was in the Mill Farm well?", WELLS, "6.8 | Lead (µg/l): 11.9", "11.9"),
        ("How much lead was in the Abbey well?", WELLS, "0.8", "(0.8)"),
        ("When is the desk open on Tuesday?", OPEN, "12–19", "10–14"),
        ("When is the reading room open on Thursday?", OPEN, "12–19", "10–21"),
        ("What time does the desk open on Tuesday?", OPEN, "10–14", "10–14"),
        ("What is the fee for an adult?", FEES, "180", "210"),  # as it is now
        ("What was the fee for an adult?", FEES, "180", "180"),
        ("What is the fee for a family?", FEES, "360", "380"),  # the newest that is given
        ("How much lead is in the Quarry well?", WELLS, "8.0", "14.2"),
        ("What does the season ticket cost?", TICKETS, "Day ticket", "118.00"),
        ("Which ticket of the season is there?", TICKETS, "Day ticket", "Season ticket"),
        ("Which well has a pH of 8.0?", WELLS, "Quarry", "Quarry"),
        ("Which student fee was 85?", FEES, "85", "85"),
        ("What does a day ticket cost for adults?", TICKETS, "13.50", "5.20"),
        ("What does a family day ticket cost for adults?", TICKETS, "13.50", "13.50"),
        ("What does the day ticket of a family cost?", TICKETS, "13.50", "13.50"),
        ("Which lesson is on Tuesday at 9:15?", LESSONS, "2", "German"),
        ("On what date is garden waste collected?", BINS, "garden waste", "9 May 2025"),
        ("In which district are collections of paper?", BINS, "3 May 2025", "North"),
        ("When do the mock exams of year 13 begin?", EXAMS, "12 January 2026", "12 January 2026"),
        ("On what day is paper collected in the North?", BINS, "paper", "3 May 2025"),
        ("When is paper collected in the North?", BINS, "North", "3 May 2025"),
    ],
)
def test_the_cell_is_that_of_the_row_and_the_column_named(
    question: str, document: Document, found: str, expected: str
) -> None:
    assert short(question, document, found) == expected


@pytest.mark.parametrize(
    ("question", "document", "found"),
    [
        ("What was the adult fee in 2019?", FEES, "180"),
        ("What was the family fee in 2024?", FEES, "380"),
        ("How much mercury was in the Mill Farm well?", WELLS, "6.8"),
        ("How much lead was in the well of Pelican Farm?", WELLS, "11.9"),
        ("When is the desk open on Sunday?", OPEN, "9–13"),
        ("What was the fee for pensioners in 2023?", FEES, "190"),
        ("How many wells are closed?", WELLS, "8.0"),
    ],
)
def test_a_neighbour_is_no_answer(question: str, document: Document, found: str) -> None:
    assert short(question, document, found) is None


def test_a_row_is_of_the_periods_of_the_headings_above_it_and_not_of_those_of_another_part() -> None:
    text = "| MAY 2021 | Fair value |\n| Time deposits | 1,293 |\n| MAY 2020 | Fair value |\n| Time deposits | 981 |"
    deposits = Document(text, tables=(Table(0, len(text), headings=(0, 2), labels=1),))
    assert short("What was the fair value of time deposits in May 2020?", deposits, "981") == "981"
    assert short("What was the fair value of time deposits in May 2021?", deposits, "981") is None


@pytest.mark.parametrize(
    ("question", "document", "row", "found", "alone"),
    [
        ("What was the adult fee in 2023?", FEES, "| Adult", "190", "| Category: Adult | 2023: 190 |"),
        ("What was the price in 2023?", FEES, "| Adult", "190", None),
        ("How much was the insurance of an adult in 2023?", FEES, "| Adult", "190", None),
        ("Which adult paid?", FEES, "| Adult", "Adult", None),
        ("Which category is it?", FEES, "| Category", "2023", None),
        ("What was the adult fee in 2023?", Document("The adult fee was 190."), "The", "190", None),
    ],
)
def test_the_cell_is_judged_alone_where_the_question_has_a_word_of_its_row(
    question: str, document: Document, row: str, found: str, alone: str | None
) -> None:
    start = document.text.index(row)
    at = document.text.index(found, start)
    own = Evidence(
        passage(document), start, (document.text + "\n").index("\n", start), (at, at + len(found)), 0.0, 0.0, ()
    )
    assert cell_alone(analyse(question), own) == alone


def test_a_dash_says_that_there_is_nothing() -> None:
    hire = table("Bike | Day | Week", "City bike | 18 | 80", "Tandem | 34 | –", heading="Prices")
    assert short("What does a tandem cost for a week?", hire, "–") is None
    assert short("What does a tandem cost for a week?", hire, "34") is None
    assert short("What does a tandem cost for a day?", hire, "–") == "34"


@pytest.mark.parametrize("question", ["Which fee was the highest?", "What was the latest fee?"])
def test_superlatives_name_no_row(question: str) -> None:
    assert short(question, FEES, "380") == "380"


def test_what_the_table_leaves_empty_nothing_else_answers() -> None:
    text = "Fees are due on 1 March.\n\n"
    document = Document(
        text + FEES.text,
        tables=tuple(
            type(own)(own.start + len(text), own.end + len(text), own.headings, own.labels) for own in FEES.tables
        ),
    )
    assert short("What is the family fee in 2024?", document, "1 March", "380") is None
    assert short("When is the fee due?", document, "1 March", "380") == "1 March"


def test_a_heading_is_no_answer_but_the_cell_below_it_is() -> None:
    document = table("Donor | Sum (£)", "Mill | 250", "Bank | 900")
    assert short("What did Mill give?", document, "£") == "250"


def test_the_name_of_the_row_asked_about_is_no_answer_but_another_row_may_be() -> None:
    assert short("What was the adult fee?", FEES, "Adult") is None
    assert short("Who paid a fee of 85 in 2023?", FEES, "Student") == "Student"


def test_the_caption_of_a_table_is_no_answer() -> None:
    document = table("Category | 2023 | 2024", "Adult | 180 | 190", caption="Fees a year (in £)")
    assert short("What was the adult fee in 2024?", document, "£", "180") == "190"


def test_a_heading_repeated_in_the_row_is_moved_to_the_cell() -> None:
    assert short("How much lead was in the Mill Farm well?", WELLS, "Lead (µg/l)") == "11.9"


PARTS = table(
    "No. | Fitted | Part",
    "P-017 | 3 May | belt",
    "P-018 | 9 May | lamp",
    "P-027 | 4 June | hose",
    heading="Parts fitted",
)
SEASONS = table(
    "Day | Summer (1 April – 31 October) | Winter (1 November – 31 March)", "Friday | 9–18 | 10–16",
    "Sunday | 9–20 | 10–17", heading="Opening hours",
)  # fmt: skip


@pytest.mark.parametrize("found", ["P-018", "9 May", "P-017"])
def test_an_identifier_finds_its_row_though_another_was_read_or_only_its_own_heading(found: str) -> None:
    calibration = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.01, threshold=0.5)
    extractor = Extractor(Finds(found), calibration)
    given = extractor.answer(analyse("P-018"), [passage(PARTS)])
    assert (given.kind, given.statements[0].text) == ("answer", "| P-018 | 9 May | lamp |")


def test_a_month_within_a_range_of_days_names_its_column() -> None:
    assert short("When are you open on a Sunday in February?", SEASONS, "9–20") == "10–17"
    assert short("When are you open on a Friday in May?", SEASONS, "10–16") == "9–18"


# --- periods ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from February to April", {"month": {2, 3, 4}}), ("Mon–Fri", {"weekday": {1, 2, 3, 4, 5}}),
        ("Saturday to Monday", {"weekday": {6, 7, 1}}),
        ("between March and May 2024", {"month": {3, 4, 5}, "year": {2024}}),
        ("2023/24", {"year": {2023, 2024}}), ("FY22", {"year": {2022}}), ("FY2022", {"year": {2022}}),
        ("fourth quarter of 2023", {"quarter": {4}, "year": {2023}}), ("Q3 2024", {"quarter": {3}, "year": {2024}}),
        ("first half", {"half": {1}}), ("2025-02-28", {"year": {2025}, "month": {2}}),
        ("28.02.2025", {"year": {2025}, "month": {2}}), ("2/3/2025", {"year": {2025}}),
        ("more than 2000 loaves", {}), ("£2020", {}), ("2,019 books", {}), ("may march on", {}),
        ("March and May", {"month": {3, 5}}), ("Thursdays", {"weekday": {4}}),
        ("Jan 2024 – Mar 2024", {"month": {1, 2, 3}, "year": {2024}}),
        ("Winter (1 November – 31 March)", {"month": {11, 12, 1, 2, 3}}),
        ("from the 2nd of May to the 1st of July", {"month": {5, 6, 7}}),
        ("between 3 May and 9 July", {"month": {5, 6, 7}}),
        ("4 May, 9 July", {"month": {5, 7}}),
    ],
)  # fmt: skip
def test_periods(text: str, expected: dict[str, set[int]]) -> None:
    assert {kind: set(values) for kind, values in periods(text).items()} == expected


def test_periods_of_one_kind_conflict_where_none_is_shared() -> None:
    assert conflict(periods("2023"), periods("2024"))
    assert not conflict(periods("2023"), periods("Q3 2021–2024"))
    assert not conflict(periods("2023"), periods("March"))
    assert shared(periods("in March 2023"), periods("March"))


@given(st.text(alphabet="0123456789 -–/.QHFYJanuMondto", max_size=60))
def test_any_text_has_periods(text: str) -> None:
    for kind, values in periods(text).items():
        assert values
        assert kind == "year" or max(values) <= 12


# --- amounts ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,340.00", "1340.00"), ("£1,340.00", "1340.00"), ("(0.4)", "-0.4"), ("−3", "-3"), ("-£5", "-5"),
        ("12 %", "12"), ("$(97)", "-97"), ("€ (1,204.5)", "-1204.5"), ("(3.2)%", "-3.2"), ("$(97", None),
        ("50p", "50"), ("1 234 567", "1234567"), ("1'200", "1200"), ("€ 12.5", "12.5"), ("12 kg", "12"), ("42*", "42"),
        ("", None), ("n/a", None), ("10–14", None), ("2025-01-31", None), ("3 of 5", None), ("1.2.3", None),
        ("P-201", None),
        ("(5", None), ("1" * 60, None),
    ],
)  # fmt: skip
def test_amounts(text: str, value: str | None) -> None:
    found = amount(text)
    assert (str(found.value) if found else None) == value


def test_a_comma_before_decimals_is_read_where_the_column_has_them() -> None:
    found = amount("1.234,50", decimal_comma=True)
    assert found
    assert str(found.value) == "1234.50"


def test_sums_keep_units_and_decimals_and_refuse_what_cannot_be_added() -> None:
    amounts = [own for text in ("£1,000", "£0.50", "12") if (own := amount(text))]
    added = total(amounts)
    assert added
    assert shown(added) == "£1,012.50"
    assert total([]) is None


@pytest.mark.parametrize("texts", [("£1", "€1"), ("10%", "20%"), ("5 kg", "7 m")])
def test_what_is_in_different_units_or_a_share_is_not_added_up(texts: tuple[str, str]) -> None:
    assert total([own for text in texts if (own := amount(text))]) is None


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1))
def test_a_sum_is_exact(values: list[object]) -> None:
    amounts = [own for value in values if (own := amount(f"{value:,}"))]
    added = total(amounts)
    assert added
    assert added.value == sum(values)  # type: ignore[call-overload]
