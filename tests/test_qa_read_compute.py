"""Counts and sums over tables and lists of several domains, and where nothing is computed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import NoEvidence
from table_documents import listed, passage, table

from documents.document import Document
from documents.load import parse
from index.query import Query
from qa.answer import Answer
from qa.check.injection.recogniser import Unchecked
from qa.propose.extractor import Extractor
from qa.read.compute.compute import MOST, Computed, computed, rows_asked_for, rows_named
from qa.read.compute.wording import follows, named, says
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Span
from qa.saved.checks import problems
from qa.saved.shape import as_schema_1
from qa.saved.verification_source import VerificationSource
from qa.understand.question import analyse
from qa.understand.question_type import QuestionType

INVOICES = table(
    "Invoice | Customer | Issued | Amount | Status", "R-1 | Hall | 2025-01-31 | £845.00 | paid",
    "R-2 | Dean | 2025-02-28 | £790.00 | unpaid", "R-3 | Rao | 2025-02-28 | £1,120.50 | paid",
    "R-4 | Bell | 2025-03-31 | £960.00 | unpaid", "R-5 | Lowe | 2025-03-31 |  | unpaid", heading="Invoices",
)  # fmt: skip
SALES = table(
    "Month | Loaves | Cakes | Share", "January | 1,240 | 85 | 10%", "February | 1,180 | 140 | 20%",
    "March | 1,310 | 96 | 30%", "April | 1,275 | 210 | 40%", "Total | 5,005 | 531 | 100%",
    heading="Sales of the bakery",
)  # fmt: skip
PLAYS = table(
    "Play | October | November | December", "The Gull | 1,204 | 980 | 1,466", "Iron Summer | 640 | 712 | 0",
    "Two Brothers | 888 | 905 | 1,010", "All plays | 2,732 | 2,597 | 2,476", heading="Tickets sold",
)  # fmt: skip
FIELDS = table(
    "Field | Crop | Hectares | Organic", "Long Acre | barley | 8.1 | yes", "Low Field | wheat | 9.6 | no",
    "Hill Top | wheat | 5.0 | yes", heading="Fields of the farm",
)  # fmt: skip
SERVICES = table(
    "Code | Service | Duration (min) | Price (£)", "P01 | consultation | 20 | 45", "P02 | medical | 40 | 120",
    "P03 | examination | 30 | 75", "P04 | certificate | 10 | 100", heading="Private services",
)  # fmt: skip
BOATS = table(
    "Boat | Built | Condition", "Heron | 2009 | good", "Otter | 2016 | needs repair", "Grebe | 2021 | good",
    heading="Boats",
)  # fmt: skip
COSTS = table(
    "Cost | 2022 | 2023 | 2024", "Repairs | 14.2 | 9.8 | 21.7", "Heating | 18.4 | 25.0 | 22.9",
    "Garden | (0.4) | 1.2 | 1.1", "Total costs | 32.2 | 36.0 | 45.7", caption="Costs of the house (in £ thousand)",
)  # fmt: skip
REVENUE = table(
    "Item | 2022 | 2023",
    "Revenue:", "Product | 2,739 | 3,053", "Service | 1,068 | 1,117", "Total revenue | 3,807 | 4,170",
    "Cost of revenue:", "Product | 1,591 | 1,783", "Service | 582 | 599", "Total cost of revenue | 2,173 | 2,382",
    caption="Income (in millions)",
)  # fmt: skip
REGIONS = table(
    "Region | 2022 | 2023", "Lowland |  | ", "North | 31 | 40", "South | 12 | 8", "Total lowland | 43 | 48",
    "Hills | 9 | 10", "Islands | 4 | 6", "Sales | 56 | 64", heading="Sales by region",
)  # fmt: skip
PRODUCTS = table(
    "Item | 2022 | 2023", "Lamps | 739 | 853", "Chairs | 168 | 217", "Total product revenue | 907 | 1,070",
    heading="Revenue by product",
)  # fmt: skip
HUTS = table(
    "Hill | Huts | Beds", "Crag | 12 | 40", "Crag | 9 | 31", "Fell | 4 | 16", "Total | 25 | 87",
    heading="Huts on the hills",
)  # fmt: skip
FAULTS = table(
    "No. | Reported | Ship | Part | Fault | Done",
    "1 | 2025-02-03 | Heron | pump | leaks | yes", "2 | 2025-03-04 | Otter | pump | stuck, not for lifting | no",
    "3 | 2025-04-09 | Heron | sail | torn by Pump & Sons | yes", "4 | 2025-05-11 | Heron | pump | noisy | no",
    "5 | 2025-05-12 | Heron | mast | cracked | no",
)  # fmt: skip
TOOLS = table(
    "Tool | Place | Remarks", "Axe | Shed | not for sitting on", "Saw | Shed | ", "Drill | Loft | ", "Plane | Loft | ",
    "Rake | Shed | ", heading="Tools",
)  # fmt: skip
SEATS = table(
    "Seat | Place | Make", "Bench | Room 4 West | ash", "Chair | Room 4 West | elm", "Stool | Room 3 East | No. 4",
    "Sofa | Room 3 East | ash", heading="Seats",
)  # fmt: skip
TOURS = table(
    "Tour | Guide", "Harbour | Ann", "Old town | Ann", "Islands | Ben", "Caves | Cy", heading="The programme",
)  # fmt: skip
LED = table("Tour | Leader", "Harbour | Ann", "Old town | Ann", "Islands | Ben", heading="The programme")
TREASURES = table("No. | Thing | Value", "7.1 | Crown | £900", "7.2 | Ring | £80", heading="Treasures")
REPAIRS = table(
    "Repair | Place | Priority", "Lamp | a hut | A", "Door | barn | C", "Tap | a barn | A", heading="Repairs",
)  # fmt: skip
CODES = table(
    "Code | Meaning | What to do", "F14 | It hums | Stop at 14 km", "F18 | It beeps | Carry on", heading="Codes",
)  # fmt: skip
RULES = listed("Shower first.", "No running.", "No glass.", heading="The pool", lead_in="The pool has these rules:")
LEAVING = table(
    "Period | Employee leaving costs | Other", "Spring | $1,100 | $90", "Summer | 240 | 30", "Autumn | 61 | 8",
    heading="Restructuring",
)  # fmt: skip
SKY = table(
    "Object | Kind | Seeing", "Encke | comet | 2.4", "M31 | galaxy | 1.9", "Halley | comet | 2.1", heading="Seen by us",
)  # fmt: skip
MEETING = table(
    "Who | What | By", "Ann | new fee | 20 May 2025", "Ben | rota | 30 June 2025", "Cy | service | 15 July 2025",
    heading="Tasks of the May meeting",
)  # fmt: skip


CLUBS = table(
    "Club | Day | Room", "Robotics | Monday | D4", "Chess | Wednesday | B2", "Debating | Wednesday | A7",
    heading="8. Clubs",
)  # fmt: skip


BELLS = parse(
    b"# Handbook for pupils of a school\n\n## The day\n\n| Bell | Time |\n|---|---|\n| first | 8:00 |\n| last | 9 |\n",
    "handbook.md",
)


def asked(question: str, *documents: Document) -> Computed | None:
    return computed(analyse(question), [passage(document) for document in documents])


@pytest.mark.parametrize(
    ("question", "document", "short", "cited"),
    [
        ("How many invoices are there?", INVOICES, "5", 5),
        ("How many invoices are unpaid?", INVOICES, "3", 3),
        ("How many invoices are not paid?", INVOICES, "3", 3),
        ("How many invoices were issued in February?", INVOICES, "2", 2),
        ("How many invoices are over £800?", INVOICES, "3", 3),
        ("What is the total amount of the paid invoices?", INVOICES, "£1,965.50", 2),
        ("What is the total amount of the unpaid invoices?", INVOICES, "£1,750.00", 2),
        ("How many clubs meet on Wednesday?", CLUBS, "2", 2),
        ("How many loaves were sold from February to April?", SALES, "3,765", 3),
        ("How many cakes were sold altogether?", SALES, "531", 4),
        ("How many cakes were sold in January and March?", SALES, "181", 2),
        ("How many tickets were sold for Two Brothers from October to November?", PLAYS, "1,793", 1),
        ("How many tickets were sold in total in October?", PLAYS, "2,732", 3),
        ("How many fields are organic?", FIELDS, "2", 2),
        ("How many fields are not organic?", FIELDS, "1", 1),
        ("How many fields grow wheat?", FIELDS, "2", 2),
        ("How many hectares do the fields have altogether?", FIELDS, "22.7", 3),
        ("How many private services cost more than £75?", SERVICES, "2", 2),
        ("How many private services cost at least £75?", SERVICES, "3", 3),
        ("How many services take less than 30 minutes?", SERVICES, "2", 2),
        ("How many boats need repair?", BOATS, "1", 1),
        ("How many boats were built after 2010?", BOATS, "2", 2),
        ("How much was spent on heating in total from 2022 to 2024?", COSTS, "66.3 in £ thousand", 1),
        ("How many tasks were handed out at the May meeting?", MEETING, "3", 3),
        ("How many tasks were handed out at the meeting in May?", MEETING, "3", 3),
        ("How many tasks are there in May?", MEETING, "1", 1),
        ("How many huts does Crag have?", HUTS, "21", 2),
        ("How much was taken in all regions in total in 2023?", REGIONS, "64", 4),  # each region once
        ("How often was the pump of the Heron on the list this year?", FAULTS, "2", 2),
        ("How many times has the pump been on the list?", FAULTS, "3", 3),
        ("How many tools are kept in the shed?", TOOLS, "3", 3),
        ("How many tools are sitting in the loft?", TOOLS, "2", 2),
        ("how many different tours do you run", TOURS, "4", 4),
        ("How many seats are in Room 4?", SEATS, "2", 2),
        ("How many tours does Ann lead?", LED, "2", 2),
        ("How many priority A repairs are there?", REPAIRS, "2", 2),
        ("How many comets did they see?", SKY, "2", 2),  # what they saw them by is no number of comets
    ],
)
def test_computed(question: str, document: Document, short: str, cited: int) -> None:
    found = asked(question, document)
    assert found
    citations = found.citations()
    assert (found.short, len(citations)) == (short, cited)
    cells = [document.text[cell.start : cell.end] for own in citations for cell in own.cells]
    assert follows(found.text, cited, cells)
    assert says(found.text, short)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How many invoices are disputed?", INVOICES),
        ("How many invoices were issued in June?", INVOICES),
        ("How many invoices were issued in February 2024?", INVOICES),
        ("How many customers are there in Leeds?", INVOICES),
        ("What is the average amount of the invoices?", INVOICES),
        ("Which invoice is unpaid?", INVOICES),
        ("How much is invoice R-3?", INVOICES),
        ("How many cakes were sold in total?", SALES),  # its own cell says so
        ("How many loaves were sold in August?", SALES),
        ("How many loaves were sold from March to May?", SALES),
        ("How many loaves were sold in March?", SALES),
        ("How many pies were sold in total?", SALES),
        ("What is the total share from January to March?", SALES),
        ("How many crops are there?", FIELDS),
        ("How many private services cost more than €75?", SERVICES),
        ("What were the total costs in 2022?", COSTS),
        ("What was the total revenue in 2023?", REVENUE),  # its own cell says so
        ("What were the total sales in 2022?", REGIONS),  # its own cell says so
        ("What was the total revenue in 2023?", PRODUCTS),  # of products alone, says its total
        ("How often is the pump on the list?", FAULTS),  # a rule is asked for
        ("How often was there a list?", FAULTS),
        ("How often was the pump of the Heron on the list in 2024?", FAULTS),
        ("How often was an invoice paid this year or last year?", INVOICES),
        ("How many tours did you cancel?", TOURS),
        ("How many employees are there?", LEAVING),  # the costs of their leaving are no number of them
        ("How many tools were stolen from the shed?", TOOLS),
        ("How many pupils does the school have?", BELLS),  # the handbook is for pupils, the table is not of them
        ("Wie viele Rechnungen sind noch nicht bezahlt worden?", INVOICES),
    ],
)
def test_what_is_not_certain_is_not_computed(question: str, document: Document) -> None:
    assert asked(question, document) is None


def test_the_table_that_is_of_what_is_counted_is_chosen() -> None:
    found = asked("How many boats are there?", SALES, BOATS, RULES)
    assert found
    assert found.passage.document == BOATS


def test_more_rows_than_can_be_cited_are_not_counted() -> None:
    rows = [f"n{number} | good" for number in range(MOST + 1)]
    assert asked("How many boats are there?", table("Boat | Condition", *rows, heading="Boats")) is None
    assert asked("How many boats are there?", table("Boat | Condition", *rows[:-1], heading="Boats"))


def test_a_table_without_headings_is_counted_by_its_caption() -> None:
    document = table("tea | 3", "milk | 2", caption="Drinks on the menu", headed=False)
    found = asked("How many drinks are on the menu?", document)
    assert found
    assert found.short == "2"


# --- in answers ---


class Finds(NoEvidence):
    """A reader that takes the given words for the answer."""

    fingerprint = "finds@1"

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        return [
            [Span(text.index(w), text.index(w) + len(w), 9.0, 9.0) for w in self.words if w in text] for text in texts
        ]


def answer(question: str, reader: Finds, *documents: Document, asked: QuestionType = "fact") -> Answer:
    extractor = Extractor(reader, Calibration({"margin": 1.0}, bias=0.0, absent_discount=1.0, threshold=0.5))
    question_asked = replace(analyse(question), asked=asked)
    return extractor.answer(question_asked, [passage(document) for document in documents])


def test_nothing_is_counted_where_a_yes_or_no_is_asked_for() -> None:
    question = "Is the number of unpaid invoices there?"
    assert answer(question, Finds("R-5"), INVOICES).short_answer == "3"
    assert answer(question, Finds("R-5"), INVOICES, asked="polar").short_answer != "3"


def test_a_count_is_computed_cited_row_by_row_and_verifies() -> None:
    given = answer("How many invoices are unpaid?", Finds("R-5"), INVOICES)
    assert (given.kind, given.asked, given.short_answer) == ("answer", "count", "3")
    (statement,) = given.statements
    assert (statement.status, statement.citations) == ("computed", (1, 2, 3))
    assert statement.text == "3 — counted from 3 rows of “Invoices” with “unpaid”."
    assert [(own.name, own.share) for own in given.reasons] == [("computed", given.confidence)]
    record = json.loads(json.dumps(given.to_dict()))
    assert [cell["columns"] for own in record["citations"] for cell in own["cells"]] == [["Status"]] * 3
    assert problems({**record, "model": {**record["model"]}}, VerificationSource({INVOICES.id: INVOICES}.get)) == []


def test_an_answer_of_schema_1_is_still_checked() -> None:
    text = Document("The club has four boats, all of wood.")
    record = as_schema_1(json.loads(json.dumps(answer("How many boats are there?", Finds("four"), text).to_dict())))
    assert "cells" not in record["citations"][0]
    assert problems(record, VerificationSource({text.id: text}.get)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda a: a["statements"][0].update(text="4 — counted from 4 rows."), "add up"),
        (lambda a: a["citations"][0]["cells"][0].update(unit="£"), "cells"),
        (lambda a: a["citations"][0]["cells"][0].update(row=["R-1"]), "cells"),
        (lambda a: a.update(short_answer="9"), "computed"),
    ],
)
def test_a_changed_count_is_found_out(change, problem: str) -> None:  # type: ignore[no-untyped-def]
    record = json.loads(json.dumps(answer("How many invoices are unpaid?", Finds("R-5"), INVOICES).to_dict()))
    change(record)
    record["text"] = record["statements"][0]["text"] + "[1][2][3]"
    found = problems(record, VerificationSource({INVOICES.id: INVOICES}.get))
    assert any(problem in line for line in found), found


@pytest.mark.parametrize(
    ("question", "text", "short"),
    [
        ("How many boats are there?", "The club has four boats, all of wood.", "four"),
        ("How often was the pump of the Heron on the list?", "It was on the list three times.", "three"),
    ],
)
def test_a_number_that_a_sentence_states_wins(question: str, text: str, short: str) -> None:
    given = answer(question, Finds(short), BOATS, FAULTS, Document(text))
    assert (given.short_answer, given.statements[0].status) == (short, "quoted")


def test_what_is_counted_by_two_cells_is_said_with_both() -> None:
    found = asked("How often was the pump of the Heron on the list?", FAULTS)
    assert found
    assert found.text == "2 — counted from 2 rows of “file.txt” with “Heron” and “pump”."


def test_a_sum_follows_only_from_its_own_cells() -> None:
    text = "£3.50 — the sum of 2 cells of “Price” in “Shop”."
    assert follows(text, 2, ["£1.50", "£2.00"])
    assert not follows(text, 2, ["£1.50", "£2.10"])
    assert not follows(text, 2, ["£1.50", "none"])
    assert not follows("3 — guessed.", 3, [])


def test_names_of_tables_are_short_and_hold_no_marker() -> None:
    assert named("  Boats [1]\n of the club: ") == "Boats of the club"
    assert len(named("word " * 100)) <= 81


# --- the row with the largest or the smallest amount ---

WASHES = table(
    "Programme | Temperature | Time", "Cotton | 60 °C | 2 h 39 min", "Delicates | 30 °C | 45 min",
    "Quick | 30 °C | 15 min", "Wool | 20 °C | 40 min", heading="Washing programmes",
)  # fmt: skip
TICKETS = table(
    "Ticket | For | Price", "Day | adults | £12.00", "Evening | adults | £7.50", "Day | children | £5.00",
    "Season | adults | £60.00", heading="Tickets of the pool",
)  # fmt: skip
FARES = table(
    "Zone | Adult | Child", "1 | €2.40 | €1.20", "2 | €3.10 | €1.20", "3 | €4.90 | €2.00", heading="Bus fares"
)
TENTS = table("Tent | Size | Poles", "Ridge | 9 m² | 20", "Dome | 12 m² | 3", heading="Tents")
ROOMS = table(
    "Room | Seats | Price", "Attic | 20 | on request", "Cellar | 45 | £80", "Hall | 120 | £200", heading="Rooms to hire"
)  # fmt: skip

CYCLES = table(
    "Cycle | Holding time | Total time", "Quick | 18 min | 24 min", "Gentle | 15 min | 58 min", heading="Cycles"
)


@pytest.mark.parametrize(
    ("question", "document", "short", "compared"),
    [
        ("Which is the shortest?", WASHES, "Quick, 15 min", 4),
        ("Which programme takes longest?", WASHES, "Cotton, 2 h 39 min", 4),
        ("Which washing programme has the highest temperature?", WASHES, "Cotton, 60 °C", 4),
        ("What is the cheapest ticket for adults?", TICKETS, "Evening, £7.50", 3),
        ("What is the most expensive ticket?", TICKETS, "Season, £60.00", 4),
        ("Which zone has the cheapest child fare?", FARES, "1 and 2, €1.20", 3),
        ("Which room has the most seats?", ROOMS, "Hall, 120", 3),
        ("Which service is the cheapest?", SERVICES, "P01, £45", 4),
        ("Which is the biggest tent?", TENTS, "Dome, 12 m²", 2),
        ("Which treasure is the most valuable?", TREASURES, "7.1 Crown, £900", 2),
        ("Which cycle is the shortest?", CYCLES, "Quick, 24 min", 2),  # in all
    ],
)
def test_the_row_with_the_extreme_amount(question: str, document: Document, short: str, compared: int) -> None:
    found = asked(question, document)
    assert found
    citations = found.citations()
    assert (found.short, len(citations)) == (short, compared)
    cells = [document.text[cell.start : cell.end] for own in citations for cell in own.cells]
    assert cells[0] in short
    assert follows(found.text, compared, cells)
    assert not follows(found.text, compared, cells[::-1])


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Which zone is the cheapest?", FARES),  # for whom?
        ("Which is the cheapest room?", ROOMS),  # a price is on request
        ("What is the second cheapest ticket?", TICKETS),
        ("What is the cheapest ticket for dogs?", TICKETS),
        ("Is Quick the shortest programme?", WASHES),
        ("Which boat is the heaviest?", BOATS),
        ("Which month had the most rain?", SALES),
        ("Which programme is longer than Wool?", WASHES),
        ("What is the latest news?", WASHES),
    ],
)
def test_no_extreme_where_the_table_leaves_open_what_is_meant(question: str, document: Document) -> None:
    assert asked(question, document) is None


def test_an_extreme_is_said_with_all_rows_that_it_was_compared_with_and_verifies() -> None:
    given = answer("What is the cheapest ticket for adults?", Finds("Season"), TICKETS)
    assert (given.kind, given.asked, given.short_answer) == ("answer", "fact", "Evening, £7.50")
    assert given.statements[0].text == "Evening, £7.50 — the smallest of 3 cells of “Price” in “Tickets of the pool”."
    assert "Evening" in given.citations[0].quote
    record = json.loads(json.dumps(given.to_dict()))
    assert problems(record, VerificationSource({TICKETS.id: TICKETS}.get)) == []
    record["statements"][0]["text"] = record["text"] = "Season, £60.00 — the largest of 3 cells of “Price” in “Pool”."
    assert any("add up" in line for line in problems(record, VerificationSource({TICKETS.id: TICKETS}.get)))


@pytest.mark.parametrize(
    ("question", "document", "invented"),
    [
        ("How many invoices are unpaid?", INVOICES, "3 — counted from 3 bribes that Ann Miller took."),
        ("How many invoices are unpaid?", INVOICES, "3 — counted from 3 rows of “Bribes” with “unpaid”."),
        ("What is the cheapest ticket for adults?", TICKETS,
         "The town with most murders is Harl, £7.50 — the smallest of 3 cells of “Price” in “Tickets of the pool”."),
    ],
)  # fmt: skip
def test_words_that_are_put_around_a_computed_number_are_found_out(
    question: str, document: Document, invented: str
) -> None:
    record = json.loads(json.dumps(answer(question, Finds("R-5"), document).to_dict()))
    record["statements"][0]["text"] = invented
    record["short_answer"] = invented.partition(" — ")[0]
    record["text"] = invented + "".join(f"[{number}]" for number in record["statements"][0]["citations"])
    found = problems(record, VerificationSource({document.id: document}.get))
    assert found == ["statement 1 is not what is computed from its citations"]


@pytest.mark.parametrize(
    ("question", "document", "rows"),
    [
        ("Which clubs meet on Wednesday?", CLUBS, ("Chess", "Debating")),
        ("Which clubs are there?", CLUBS, ("Robotics", "Chess", "Debating")),
        ("Which clubs cost nothing?", CLUBS, ("Robotics", "Chess", "Debating")),
        ("Which invoices are unpaid?", INVOICES, ("R-2", "R-4", "R-5")),
        ("What am I supposed to do when it shows F14?", CODES, ("F14",)),
        ("What am I supposed to do when it shows F99?", CODES, ("F14", "F18")),
    ],
)
def test_the_rows_of_which_a_list_is_asked_are_those_that_are_named_or_all(
    question: str, document: Document, rows: tuple[str, ...]
) -> None:
    found = rows_asked_for(analyse(question), passage(document), document.tables[0].start)
    assert [document.text[start:end].split(" | ")[0].lstrip("| ") for start, end in found] == list(rows)


def first_cells(document: Document, rows: Sequence[tuple[int, int]]) -> list[str]:
    return [document.text[start:end].split(" | ")[0].lstrip("| ") for start, end in rows]


@pytest.mark.parametrize(
    ("question", "document", "rows"),
    [
        ("Which invoices are unpaid?", INVOICES, ["R-2", "R-4", "R-5"]),
        ("which jobs of the invoices havent been paid yet", INVOICES, ["R-2", "R-4", "R-5"]),
        ("Which jobs are unpaid?", INVOICES, []),  # nothing says that the invoices are jobs
        ("Which invoices are not from Hall?", INVOICES, []),  # no kind that rows are sorted into
        ("Which invoices are there?", INVOICES, []),  # no condition
        ("Which invoices were issued in February?", INVOICES, ["R-2", "R-3"]),
        ("Which invoices are disputed?", INVOICES, []),
        ("Which invoice is from Hall?", INVOICES, []),  # one row is a fact
        ("Which seats are in Room 4?", SEATS, ["Bench", "Chair"]),
        ("Which services cost more than £75?", SERVICES, ["P02", "P04"]),
        ("Which tours does Ann guide?", TOURS, ["Harbour", "Old town"]),
    ],
)
def test_the_rows_that_a_condition_picks(question: str, document: Document, rows: list[str]) -> None:
    found = rows_named(replace(analyse(question), asked="list"), [passage(RULES), passage(document)])
    assert first_cells(document, found[1] if found else []) == rows


def test_of_a_long_table_those_rows_are_said_of_which_the_question_says_the_same() -> None:
    rows = [f"n{number} | {'Gift of Ann Lee' if number % 9 == 0 else 'Gift of Lee & Sons'}" for number in range(27)]
    document = table("Item | Source", *rows, heading="Items")
    found = rows_asked_for(analyse("What did Ann Lee ever bequeath?"), passage(document), document.text.index("| n9 "))
    assert first_cells(document, found) == ["n0", "n9", "n18"]


def test_a_list_of_rows_is_quoted_in_order_and_verifies_unless_a_sentence_is_the_list() -> None:
    given = answer("Which invoices are unpaid?", Finds("R-5"), INVOICES, asked="list")
    assert (given.kind, given.asked, given.short_answer) == ("answer", "list", None)
    assert [(own.status, own.role) for own in given.statements] == [("quoted", "row")] * 3
    record = json.loads(json.dumps(given.to_dict()))
    assert problems(record, VerificationSource({INVOICES.id: INVOICES}.get)) == []
    text = Document("The unpaid invoices are those of Dean and Bell.")
    assert answer("Which invoices are unpaid?", Finds("Dean"), text, INVOICES).statements[0].text == text.text


def test_a_list_of_which_every_row_is_an_injected_instruction_is_not_said() -> None:
    class Nothing(Unchecked):
        def free(self, text: str, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:  # noqa: ARG002
            return []

    calibration = Calibration({"margin": 1.0}, bias=0.0, absent_discount=1.0, threshold=0.5)
    extractor = Extractor(Finds(), calibration, recogniser=Nothing())
    assert extractor.answer(analyse("Which programmes are there?"), [passage(WASHES)]).kind == "refusal"
