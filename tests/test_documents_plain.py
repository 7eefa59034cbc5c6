"""Lists, fields, turns, quotations, headers and tables in plain text, and what only looks like them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from structures import SOURCES, blocks_of, rows_of

from documents.blocks import Block, check_structure
from documents.document import Chunk, Document
from documents.formats import markdown, text
from documents.grid import Grid
from documents.normalise import normalise
from documents.plain import structure

LISTS = {
    "bullets, nested": (
        "* tent\n  + poles\n* food:\n  1. bread\n  2. cheese\n* water",
        ["item * tent + poles", "  item + poles", "item * food: 1. bread 2. cheese", "  step 1. bread",
         "  step 2. cheese", "item * water"],
    ),
    "wrapped items and more paragraphs": (
        "1. Beat the\n   eggs.\n2. Add milk.\n\n   Let it rest.\n3. Fry.\n\nServe hot.",
        ["step 1. Beat the eggs.", "step 2. Add milk. Let it rest.", "step 3. Fry."],
    ),
    "Roman numbers and letters": (
        "(i) to meet;\n(ii) to sign,\n     (a) quickly,\n     (b) well;\n(iii) to go.",
        ["step (i) to meet;", "step (ii) to sign, (a) quickly, (b) well;", "  step (a) quickly,", "  step (b) well;",
         "step (iii) to go."],
    ),
    "numbers with a path": (
        "1. Scope\n1.1 All.\n1.2 None.\n2. Terms\n2.1 A term.\n2.2 A word.",
        ["step 1. Scope 1.1 All. 1.2 None.", "  step 1.1 All.", "  step 1.2 None.",
         "step 2. Terms 2.1 A term. 2.2 A word.", "  step 2.1 A term.", "  step 2.2 A word."],
    ),
    "blank lines between": ("1. No food.\n\n2. No drinks.\n\nThanks.", ["step 1. No food.", "step 2. No drinks."]),
    "steps by word": (
        "Step 1: Open it.\nUse the key.\n\nIt turns.\n\nStep 2: Wait.\n\nCall us.\nOr mail.",
        ["step Step 1: Open it. Use the key. It turns.", "step Step 2: Wait."],
    ),
    "Schritt": ("Schritt 1: Auf.\nSchritt 2: Zu.", ["step Schritt 1: Auf.", "step Schritt 2: Zu."]),
    "Chinese": ("1、苹果\n2、香蕉", ["step 1、苹果", "step 2、香蕉"]),
    "titles above unindented text": (
        "1) Welcome\nShe came.\n\n2) Phones\nHe talked.\n\nNext meeting soon",
        ["step 1) Welcome She came.", "step 2) Phones He talked."],
    ),
    "boxes": ("[ ] milk\n[x] bread", ["item [ ] milk", "item [x] bread"]),
    "no signs, below a colon": ("Bring:\n2 eggs\n300 ml milk", ["item 2 eggs", "item 300 ml milk"]),
    "the list ends": ("1. Open\n2. Close\nThen go home.", ["step 1. Open", "step 2. Close"]),
    "a number within an item": ("- On the\n  12. of May\n- Then", ["item - On the 12. of May", "item - Then"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_lists_by_layout(name: str) -> None:
    source, expected = LISTS[name]
    assert blocks_of(text.parse(source)) == expected


@pytest.mark.parametrize(
    "source",
    [
        "I. M. Pei was an architect of note.",
        "They passed it on\n12. Mai 1705 with one voice.",
        "The company had lit the streets with lamps of its own design\n- the first of their kind - for years.",
        "* * *",
        "We went home early that day, as it was getting dark and cold, and\n1. FC won.",
        "It is a long line of prose with a colon: it goes on and on to the end of it\nand then: it wraps again.",
        "She said: \"We are late.\"",
        "See https://example.org: it is there.",
        "A first sentence.  A second one.\nAnother line.  And the end.",
    ],
)  # fmt: skip
def test_prose_has_no_blocks(source: str) -> None:
    document = text.parse(source)
    assert (document.blocks, document.tables) == ((), ())


def test_labels_are_the_numbers_as_shown() -> None:
    document = text.parse("Fines:\n  a) dog: 40\n  b) fire:\n     120")
    assert [(block.kind, block.label) for block in document.blocks] == [("list", ""), ("step", "a)"), ("step", "b)")]
    assert document.text[document.blocks[0].start :].startswith("a) dog")


def test_fields_speakers_and_headers() -> None:
    source = "From: Ann\nTo: Bob\nSubject: Bridge\n\nDate: 3 May\nPlace: the long hall\n  behind the church\n\nHi Bob."
    assert blocks_of(text.parse(source)) == [
        "header From: Ann To: Bob Subject: Bridge",
        "  field From: Ann",
        "  field To: Bob",
        "  field Subject: Bridge",
        "field Date: 3 May",
        "field Place: the long hall behind the church",
    ]
    spoken = "ANNA: Is it late?\n\nBOB: Fine. It was a long\nday.\n\nANNA: It was.\n\nDr Quill: no\n\n[10:02] Eve: ok"
    turns = text.parse(spoken).blocks
    assert [(turn.kind, turn.label) for turn in turns] == [
        ("turn", name) for name in ("ANNA", "BOB", "ANNA", "Dr Quill", "Eve")
    ]
    assert blocks_of(text.parse(spoken))[1] == "turn BOB: Fine. It was a long day."


CHATS = {
    "in turns": "Anna: Did it come?\nBen: Yes, this morning\nAnna: Which room?\nBen: With Carla, who sits\nup there",
    "hours": "10:02 Anna: Hi Ben\n10:03 Ben: hello\n10:04 Anna: when do we meet?\nAt three?",
    "hours in brackets": "[10:02 AM] Anna: hi\n[10:03 AM] Ben: hello\n[10:04 AM] Anna: ok",
    "dates": "[05.05.25, 10:02:11] Anna: hi\n[05.05.25, 10:02:15] Ben: hello: you\n[05.05.25, 10:03:00] Anna: ok",
    "dates before a dash": "05/05/2025, 10:02 - Anna: hi\n05/05/2025, 10:03 - Ben: hello\n05/05/2025, 10:04 - Anna: ok",
    "hours behind": "Anna (10:02): hi\nBen (10:03): hello\nAnna (10:04): ok",
    "nicknames": "[10:02] <Anna> hi\n[10:03] <Ben> hello\n[10:04] <Anna> ok",
}  # fmt: skip


@pytest.mark.parametrize("name", CHATS)
def test_turns_of_chats(name: str) -> None:
    turns = text.parse(CHATS[name]).blocks
    assert [(turn.kind, turn.label) for turn in turns][:3] == [("turn", "Anna"), ("turn", "Ben"), ("turn", "Anna")]
    assert turns[-1].end == len(CHATS[name])


def test_names_that_recur_in_records_are_no_speakers() -> None:
    records = text.parse("Name: Ann Lee\nRoom: two floors up\n\nName: Bob Hill\nRoom: next to the hall").blocks
    assert [(field.kind, field.label) for field in records] == [("field", "Name"), ("field", "Room")] * 2


@pytest.mark.parametrize(
    "source",
    [
        "Tea of the day ... 2.50\nScones ........ 3.00\nCake .... 4",
        "Tea of the day\t2.50\nScones\t\t3.00\n\nCake\t4",
        "Tea of the day....: 2.50\nScones............: 3.00\nCake..............: 4",
        "Tea of the day  : 2.50\nScones          : 3.00\nCake            : 4",
    ],
)
def test_names_and_values_apart_by_dots_tabs_or_aligned(source: str) -> None:
    for parse in (text.parse, markdown.parse):
        document = parse(normalise(source))
        fields = [(block.kind, block.label) for block in document.blocks]
        assert fields == [("field", "Tea of the day"), ("field", "Scones"), ("field", "Cake")]
        assert document.text[document.blocks[-1].start : document.blocks[-1].end].endswith("4")
        assert document.tables == ()


def test_a_table_of_contents_and_two_such_lines_are_no_fields() -> None:
    assert text.parse("Aims ........ 1\nMethods ..... 12\nFindings .... 20").blocks == ()
    assert text.parse("Tea ........ 2.50\nScones and jam ..... 3.00").blocks == ()


REPLIES = {
    "-----Original Message-----": "From: Bob\nSent: Monday, 5 May 2025 9:00\nTo: Ann\nSubject: Plans",
    "________________________________": "Von: Bob\nGesendet: Montag, 5. Mai 2025 09:00\nAn: Ann\nBetreff: Pläne",
    "-----Message d'origine-----": "De : Bob\nEnvoyé : lundi 5 mai 2025 09:00\nÀ : Ann\nObjet : Projets",
    "---------- Forwarded message ---------": "From: Bob\nDate: Mon, 5 May 2025 at 9:00\nSubject: Plans\nTo: Ann",
    "Anfang der weitergeleiteten Nachricht:": "Von: Bob\nBetreff: Pläne\nDatum: 5. Mai 2025 um 09:00\nAn: Ann",
}


@pytest.mark.parametrize("marker", REPLIES)
def test_mails_in_mails_without_marks_are_quotations_in_each_other(marker: str) -> None:
    inner = f"{REPLIES[marker]}\n\nShall we go?\n\n{marker}\n\n{REPLIES[marker]}\n\nLet us.\n\n- soon\n- today"
    document = text.parse(f"Yes.\n\nAnn\n\n{marker}\n\n{inner}")
    check_structure(document.text, document.blocks, document.tables)
    quotations = [document.text[own.start : own.end] for own in document.blocks if own.kind == "quotation"]
    assert quotations == [inner, inner[inner.index(REPLIES[marker], 1) :]]
    assert [own.start for own in document.blocks if own.kind == "header"] == [
        own.start for own in document.blocks if own.kind == "quotation"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "On Mon, 5 May 2025 at 09:00, Bob Stone <bob@example.org> wrote:",
        "On Mon, May 5, 2025 at 9:00 AM Bob Stone\n<bob@example.org> wrote:",
        "Am Mo., 5. Mai 2025 um 09:00 Uhr schrieb Bob Stein <bob@example.org>:",
        "Le lun. 5 mai 2025 à 09:00, Bob Pierre <bob@example.org> a écrit :",
    ],
)
def test_what_is_below_a_line_that_says_who_wrote_it_is_a_quotation(line: str) -> None:
    document = text.parse(f"Good.\n\n{line}\nShall we go?\n\nBob")
    assert blocks_of(document) == ["quotation Shall we go? Bob"]
    assert blocks_of(text.parse(f"Good.\n\n{line}\n\n> Shall we?\n\nYes.")) == ["quotation > Shall we?"]


def test_mails_one_after_the_other_and_letters_in_stories_are_no_quotations() -> None:
    mails = "From: Ann\nDate: Monday\nSubject: Plans\n\nShall we?\n\nFrom: Bob\nDate: Tuesday\nSubject: Plans\n\nYes."
    assert "quotation" not in {own.kind for own in text.parse(mails).blocks}
    assert text.parse("He sat down.\n\nOn 5 May 1805 she wrote:\nDear friend, it rains.").blocks == ()


def test_quoted_lines_are_quotations_in_each_other() -> None:
    source = "Bob wrote:\n> What?\n>> Nothing\n>> yet\n> bye\n\nAnn"
    assert list(text.parse(source).blocks) == [
        Block("quotation", 11, len(source) - 5),
        Block("quotation", source.index("> Nothing"), source.index("yet") + 3),
    ]


def test_tables_of_cells_between_bars() -> None:
    drawn = text.parse("+-----+-----+\n| Tree | Age |\n+-----+-----+\n| Oak  | 200 |\n+-----+-----+")
    assert rows_of(drawn) == [["Tree", "Age"], ["Oak", "200"]]
    assert drawn.tables[0].headings == (1,)
    bare = text.parse("We saw a | sign.\nTree | Age\n-----|----\nOak | 200")
    assert rows_of(bare) == [["Tree", "Age"], ["Oak", "200"]]
    assert rows_of(text.parse("a | b\nc | d\ne | 5")) == [["a", "b"], ["c", "d"], ["e", "5"]]


def test_tables_aligned_by_spaces() -> None:
    source = (
        "Pos  Item            Qty   Price\n1    Rope 10 m         2   14.00\n2    Nails, box        1    3.50\n"
        "     (galvanised)\n3    Hammer            1   21.90\n                     Total 53.40\n\nPlease pay soon."
    )
    document = text.parse(source)
    assert rows_of(document) == [
        ["Pos", "Item", "Qty", "Price"],
        ["1", "Rope 10 m", "2", "14.00"],
        ["2", "Nails, box", "1", "3.50"],
        ["", "(galvanised)"],
        ["3", "Hammer", "1", "21.90"],
        ["", "", "Total", "53.40"],
    ]
    assert document.tables[0].headings == (0,)
    grid = Grid(document.text, document.tables[0])
    assert [document.text[cell.start : cell.end] for cell in grid.column_headings(4, 3)] == ["Price"]


@pytest.mark.parametrize(
    ("page", "headings"),
    [
        ("Berth     Price\n--------  -----\nNorth 1   30\nNorth 2   41\n", (0, 4, 8)),
        ("Berth     Price\nNorth 1   30\nNorth 2   41\n", (0, 3, 6)),
        ("| Berth | Price |\n|---|---|\n| North 1 | 30 |\n", (0, 3, 6)),
    ],
)
def test_headings_that_are_repeated_as_on_printed_pages_are_headings(page: str, headings: tuple[int, ...]) -> None:
    for parse in (text.parse, markdown.parse) if page.startswith("|") else (text.parse,):
        (table,) = parse(3 * page).tables
        assert table.headings == headings


def test_an_aligned_table_with_a_rule_and_one_without_headings() -> None:
    ruled = text.parse(
        "Item              2022      2023\n--------------------------------\nCosts              800       900"
    )
    assert rows_of(ruled) == [["Item", "2022", "2023"], ["Costs", "800", "900"]]
    assert ruled.tables[0].headings == (0,)
    plain = text.parse("Monday to Thursday  8:00 - 16:30\nFriday              8:00 - 13:30\nIt is closed on Sundays.")
    assert rows_of(plain) == [["Monday to Thursday", "8:00 - 16:30"], ["Friday", "8:00 - 13:30"]]
    assert plain.tables[0].headings == ()


@pytest.mark.parametrize("caption", ["Table 3: What it costs", "Quarterly results (in million £)"])
@pytest.mark.parametrize("parse", [text.parse, markdown.parse])
def test_captions_stand_above_tables(caption: str, parse: Callable[[str], Document]) -> None:
    document = parse(
        f"Dear.\n\n{caption}\n\n| a | b |\n|---|---|\n| c | 4 |\n\nSee the table.\n\n| d | e |\n|--|--|\n| f | 5 |"
    )
    first, second = document.tables
    assert second.caption is None
    if not document.sections:  # plain text takes a title of its own for a heading
        assert first.caption
        assert document.text[slice(*first.caption)] == caption
        assert blocks_of(document) == [f"caption {caption}"]


def test_models_read_aligned_rows_with_their_headings() -> None:
    document = text.parse(
        "Item              2022      2023\n--------------------------------\nCosts              800       900"
    )
    assert (
        Chunk(document, 0, len(document.text)).linearised.text.splitlines()[1]
        == "| Item: Costs | 2022: 800 | 2023: 900 |"
    )


def test_a_range_of_a_text_is_read_alone() -> None:
    source = "- a\n- b\n- c"
    blocks, tables = structure(source, 4, 7)
    assert blocks == (Block("list", 4, 7), Block("item", 4, 7, "-"))
    assert tables == ()


@settings(deadline=None, derandomize=True)
@given(SOURCES)
def test_structure_of_a_text_is_sound(source: str) -> None:
    document = text.parse(normalise(source))
    blocks_of(document)
    whole = structure(document.text)
    assert all(block.start < block.end for block in whole.blocks)
