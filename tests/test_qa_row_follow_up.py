"""A follow-up that names another row of the table, or another field, that the last answer is from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from counting import word_count
from fakes import Desk, QuoteTheBest, Tags
from table_documents import listed, row_start, table

from documents.document import Document
from qa.assistant import Assistant
from qa.propose.row_follow_up import row_follow_up
from qa.propose.structural import STRUCTURAL
from qa.saved.checks import problems
from qa.saved.turns import turn_of
from qa.saved.verification_source import VerificationSource
from qa.understand.conversation import Turn
from qa.understand.rewriter import Rewriter

JABS = table(
    "For | Yearly jab | First jabs", "Dog | 62 | 95", "Cat | 55 | 88", "Rabbit | 49 | ", "Tame rat | – | 30",
    heading="Prices",
)  # fmt: skip
FLATS = table(
    "House | Flat | Per month", "Kestrel Court | two-room | 512", "Kestrel Court | three-room | 640",
    "Plover Court | two-room | 550", "Plover Court | three-room | 700",
)  # fmt: skip
ACTS = table(
    "Day | Band | Stage | Note", "Friday | Anorak | Mill | main act", "Friday | Bees | Barn | ",
    "Saturday | Crows | Mill | first", "Saturday | Doves | Mill | main act", "Sunday | Elks | Barn | main act",
)  # fmt: skip


def last(document: Document, question: str, row: str, short: str = "") -> Turn:
    """The turn whose answer is from the row with these words."""
    return Turn(question, row, short, (document.id, *row_start(document, row)))


def quote(document: Document, fragment: str, turn: Turn) -> tuple[str, str] | None:
    """The row that is quoted, and the short answer."""
    found = row_follow_up(fragment, turn, document)
    return (document.text[slice(*found.place)].strip("| "), document.text[slice(*found.cell)]) if found else None


DOG = last(JABS, "What is the yearly jab for a dog?", "Dog", "62")
FIRST = last(JABS, "What are the first jabs for a dog?", "Dog", "95")
KESTREL = last(FLATS, "How much is a two-room flat in Kestrel Court?", "Kestrel Court | two", "512")
FRIDAY = last(ACTS, "Who is the main act on Friday?", "Anorak", "Anorak")


@pytest.mark.parametrize(
    ("document", "turn", "fragment", "expected"),
    [
        (JABS, DOG, "for a rabbit?", ("Rabbit | 49", "49")),
        (JABS, FIRST, "cats?", ("Cat | 55 | 88", "88")),
        (FLATS, KESTREL, "in Plover?", ("Plover Court | two-room | 550", "550")),
        (FLATS, KESTREL, "three-room?", ("Kestrel Court | three-room | 640", "640")),
        (ACTS, FRIDAY, "on Saturday?", ("Saturday | Doves | Mill | main act", "Doves")),
    ],
)
def test_the_row_that_is_named_answers_in_the_same_column(
    document: Document, turn: Turn, fragment: str, expected: tuple[str, str]
) -> None:
    assert quote(document, fragment, turn) == expected


@pytest.mark.parametrize(
    ("document", "turn", "fragment"),
    [
        (JABS, DOG, "for a horse?"),  # no row has it
        (JABS, DOG, "for a rabbit in Plover?"),  # nor Plover
        (JABS, FIRST, "for a rabbit?"),  # its cell is empty
        (ACTS, replace(FRIDAY, short="main act by Anorak"), "on Saturday?"),  # it is not known which cell answered
        (JABS, DOG, "why?"),  # nothing is named
        (FLATS, KESTREL, "in Plover at 550 or 700?"),
        (ACTS, last(ACTS, "Who plays in the barn on Friday?", "Bees", "Bees"), "on Saturday?"),  # neither is nearer
        (JABS, replace(DOG, where=(JABS.id, 10**9, 10**9)), "for a rabbit?"),
        (JABS, replace(DOG, where=(JABS.id, -5, 0)), "for a rabbit?"),
        (listed("Dogs eat.", "Cats drink."), replace(DOG, where=("", 0, 9)), "cats?"),
    ],
)
def test_nothing_is_said_where_no_one_row_is_named(document: Document, turn: Turn, fragment: str) -> None:
    assert quote(document, fragment, turn) is None


RULES = """Borrowing
  Years 7-9:    4 items
  Years 10-11:  6 items
  Teachers:    20 items

Hours
  Teachers' room:  8 to 9
"""


def test_a_follow_up_is_answered_from_the_field_beside_and_the_answer_holds(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_tokens=60)
    desk.write(rules=RULES)
    desk.ingest.update([desk.files])
    rewriter = Rewriter(Tags("items"), count=word_count)
    assistant = Assistant(desk.index, QuoteTheBest(), rewriter=rewriter)  # type: ignore[arg-type]
    with desk.store.snapshot() as snapshot:
        (source,) = snapshot.sources()
        document = snapshot.document(source.document_id)
    assert document is not None
    start = document.text.index("Years 7-9:")
    before = Turn("How many items may years 7 to 9 borrow?", "4 items", "4", (document.id, start, start + 21))
    answer = assistant.ask("And for teachers?", history=[before])
    assert answer.citations[0].quote == "Teachers:    20 items"
    assert (answer.short_answer, answer.confidence) == ("20 items", STRUCTURAL)
    assert problems(answer.to_dict(), VerificationSource({document.id: document}.get)) == []
    again = assistant.ask("And for years 10 to 11?", history=[before, turn_of(answer.to_dict())])
    assert again.citations[0].quote == "Years 10-11:  6 items"
    elsewhere = replace(before, where=(f"{document.id}0", 0, 9))
    nowhere = [replace(before, where=(document.id, offset, 9)) for offset in (-(2**80), -1, len(document.text), 2**80)]
    for turn in (elsewhere, *nowhere):
        assert assistant.ask("And for teachers?", history=[turn]).short_answer != "20 items"
    alone = Assistant(desk.index, QuoteTheBest(), rewriter=Rewriter(Tags(), count=word_count))  # type: ignore[arg-type]
    assert alone.ask("Who are the teachers?", history=[before]).short_answer != "20 items"
