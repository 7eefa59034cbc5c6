"""Word files: numbers of lists and headings as shown, items in items, tables with merged cells, styles."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt
from outlines import cells, outline

from documents.blocks import Group, Merged, check_structure
from documents.document import Document
from documents.load import parse

LEGAL = [
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>',
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>',
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%3)"/></w:lvl>',
    '<w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl>',
]


def level(place: int, text: str, form: str = "decimal", start: int = 1, more: str = "") -> str:
    """A level of a list's definition."""
    return (
        f'<w:lvl w:ilvl="{place}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def define(word: Any, number: int, levels: Sequence[str], more: str = "") -> None:
    """Add a definition of a list with that number."""
    root = word.part.numbering_part.element
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{more}{"".join(levels)}</w:abstractNum>'
    )
    root.insert(0, abstract)


def use(word: Any, number: int, definition: int, more: str = "") -> None:
    """Add a list with that number, of a definition."""
    word.part.numbering_part.element.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{definition}"/>{more}</w:num>')
    )


def numbered(word: Any, text: str, number: int, place: int = 0, style: str | None = None) -> None:
    """Add a paragraph of a list."""
    number_of(word.add_paragraph(text, style=style), number, place)


def number_of(paragraph: Any, number: int, place: int = 0) -> None:
    """Make a paragraph one of a list."""
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{place}"/><w:numId w:val="{number}"/></w:numPr>')
    )


def read(word: Any) -> Document:
    target = io.BytesIO()
    word.save(target)
    document = parse(target.getvalue(), "a.docx")
    check_structure(document.text, document.blocks, document.tables)
    return document


def test_numbers_are_those_that_word_shows() -> None:
    word = docx.Document()
    define(word, 90, LEGAL)
    use(word, 90, 90)
    for text, place in [("Scope", 0), ("Who", 1), ("What", 1), ("all", 2), ("some", 2), ("dot", 3), ("Where", 1)]:
        numbered(word, text, 90, place)
    word.add_paragraph("A paragraph between.")
    numbered(word, "Rules", 90)
    numbered(word, "First", 90, 1)
    document = read(word)
    assert document.text == (
        "1. Scope\n  1.1 Who\n  1.2 What\n    a) all\n    b) some\n      • dot\n  1.3 Where\n\n"
        "A paragraph between.\n\n2. Rules\n  2.1 First"
    )
    assert outline(document)[:3] == [("list", "", "1. Scope"), ("step", "1.", "1. Scope"), ("list", "", "1.1 Who")]
    assert ("step", "2.1", "2.1 First") in outline(document)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("decimal", "27"), ("decimalZero", "27"), ("lowerLetter", "aa"), ("upperLetter", "AA"), ("lowerRoman", "xxvii"),
        ("upperRoman", "XXVII"), ("ordinal", "27th"), ("bullet", "•"),
    ],
)  # fmt: skip
def test_each_form_of_number(form: str, shown: str) -> None:
    word = docx.Document()
    define(word, 90, [level(0, "%1", form, 27)])
    use(word, 90, 90)
    numbered(word, "Text", 90)
    assert read(word).text == f"{shown} Text"


def test_lists_of_one_definition_go_on_unless_they_start_anew() -> None:
    word = docx.Document()
    define(word, 90, [level(0, "(%1)")])
    use(word, 90, 90)
    use(word, 91, 90)
    use(word, 92, 90, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>')
    for text, number in [("a", 90), ("b", 90), ("c", 91), ("d", 92), ("e", 92)]:
        numbered(word, text, number)
    document = read(word)
    assert document.text == "(1) a\n(2) b\n(3) c\n\n(5) d\n(6) e"
    assert [first for kind, _, first in outline(document) if kind == "list"] == ["(1) a", "(5) d"]


def test_levels_that_never_restart_and_legal_numbers() -> None:
    word = docx.Document()
    legal = [
        level(0, "%1", "upperRoman"),
        level(1, "%2.", more='<w:lvlRestart w:val="0"/>'),
        level(2, "%1.%2.%3", "lowerLetter", more="<w:isLgl/>"),
    ]
    define(word, 90, legal)
    use(word, 90, 90)
    for text, place in [("a", 0), ("b", 1), ("c", 0), ("d", 1), ("e", 2)]:
        numbered(word, text, 90, place)
    assert read(word).text == "I a\n  1. b\nII c\n  2. d\n    2.2.1 e"


def test_numbering_of_styles_and_behind_a_style_link() -> None:
    word = docx.Document()
    define(word, 90, [level(0, "§ %1", more='<w:pStyle w:val="Clause"/>'),
                      level(1, "%1.%2", more='<w:pStyle w:val="Subclause"/>')])  # fmt: skip
    define(word, 91, [], '<w:numStyleLink w:val="Linked"/>')
    use(word, 90, 90)
    use(word, 91, 91)
    for name, kind in [("Clause", "PARAGRAPH"), ("Subclause", "PARAGRAPH"), ("Linked", "LIST")]:
        style = word.styles.add_style(name, getattr(WD_STYLE_TYPE, kind))
        style.element.append(parse_xml(f'<w:pPr {nsdecls("w")}><w:numPr><w:numId w:val="90"/></w:numPr></w:pPr>'))
    word.add_paragraph("Parties", style="Clause")
    word.add_paragraph("Buyer", style="Subclause")
    numbered(word, "Price", 91)
    numbered(word, "none", 0)
    assert read(word).text == "§ 1 Parties\n  1.1 Buyer\n§ 2 Price\n\nnone"


def test_numbers_of_headings_are_part_of_them() -> None:
    word = docx.Document()
    define(word, 90, [level(0, "%1."), level(1, "%1.%2")])
    use(word, 90, 90)
    numbered(word, "Scope", 90, 0, "Heading 1")
    numbered(word, "Terms", 90, 1, "Heading 2")
    numbered(word, "", 90, 1, "Heading 2")  # is counted, although nothing stands there
    numbered(word, "Rights", 90, 1, "Heading 2")
    document = read(word)
    assert [(section.level, section.title) for section in document.sections] == [
        (1, "1. Scope"), (2, "1.1 Terms"), (2, "1.3 Rights"),
    ]  # fmt: skip
    assert document.blocks == ()


def test_items_further_from_the_margin_are_within_those_before_them() -> None:
    word = docx.Document()
    word.add_paragraph("Pack:")
    for text, style in [("clothes", "List Number"), ("socks", "List Bullet 2"), ("shirts", "List Bullet 2")]:
        word.add_paragraph(text, style=style)
    word.add_paragraph("Two of each.", style="List Continue 2")
    word.add_paragraph("food", style="List Number")
    document = read(word)
    assert document.text == ("Pack:\n\n1. clothes\n  • socks\n  • shirts\n\n    Two of each.\n\n2. food")
    assert [kind for kind, *_ in outline(document)] == ["list", "step", "list", "item", "item", "step"]


def test_a_list_whose_definition_is_missing_has_bullets() -> None:
    word = docx.Document()
    numbered(word, "Text", 77)
    assert read(word).text == "• Text"


def test_quotations_code_and_captions_by_their_styles() -> None:
    word = docx.Document()
    code = word.styles.add_style("Source Code", WD_STYLE_TYPE.PARAGRAPH)
    code.font.size = Pt(9)
    word.add_paragraph("He said:")
    word.add_paragraph("It rains.", style="Quote")
    word.add_paragraph("And snows.", style="Quote")
    for line in ("if x:", "", "    y()"):
        word.add_paragraph(line, style="Source Code")
    word.add_paragraph("Table 1: Prices", style="Caption")
    table = word.add_table(2, 2)
    for row, texts in enumerate([["Item", "Price"], ["Tea", "2"]]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    document = read(word)
    assert document.text == (
        "He said:\n\nIt rains.\n\nAnd snows.\n\nif x:\n\n    y()\n\nTable 1: Prices\n\n| Item | Price |\n| Tea | 2 |"
    )
    assert [kind for kind, *_ in outline(document)] == ["quotation", "code", "caption"]
    caption = document.tables[0].caption
    assert caption is not None
    assert document.text[slice(*caption)] == "Table 1: Prices"


def filled(word: Any, rows: list[list[str]]) -> Any:
    table = word.add_table(len(rows), len(rows[0]))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    return table


def test_merged_cells_stand_once() -> None:
    word = docx.Document()
    table = filled(word, [["", "2023", "", "Note"], ["", "H1", "H2", ""], ["North", "1", "2", "x"], ["", "3", "", "y"]])
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 3).merge(table.cell(1, 3))
    table.cell(2, 0).merge(table.cell(3, 0))
    table.cell(3, 1).merge(table.cell(3, 2))
    document = read(word)
    assert document.text == "|  | 2023 |  | Note |\n|  | H1 | H2 |\n| North | 1 | 2 | x |\n|  | 3 |  | y |"
    (found,) = document.tables
    assert found.headings == (0, 1)
    assert found.merged == (Merged(0, 1, 1, 2), Merged(0, 3, 2, 1), Merged(2, 0, 2, 1), Merged(3, 1, 1, 2))


def test_numbers_of_paragraphs_in_cells() -> None:
    word = docx.Document()
    table = filled(word, [["No.", "Task"], ["", "Open"], ["", "Close"]])
    define(word, 90, [level(0, "%1.")])
    use(word, 90, 90)
    for row in (1, 2):
        number_of(table.cell(row, 0).paragraphs[0], 90)
    assert cells(read(word)) == [[["No.", "Task"], ["1.", "Open"], ["2.", "Close"]]]


def test_rows_marked_as_headings_and_groups() -> None:
    word = docx.Document()
    table = filled(word, [["12", "14"], ["Town", "Sold"], ["North:", ""], ["Kiel", "5"], ["South:", ""], ["Ulm", "6"]])
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    (found,) = read(word).tables
    assert found.headings == (0, 1)
    assert found.groups == (Group(2, 3), Group(4, 5))


def test_a_first_row_in_bold_holds_headings() -> None:
    word = docx.Document()
    table = filled(word, [["Monday", "Monday"], ["tea", "milk"]])
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    assert read(word).tables[0].headings == (0,)


def test_tables_within_cells_follow_and_boxes_are_text() -> None:
    word = docx.Document()
    box = word.add_table(1, 1)
    box.cell(0, 0).text = "Mind the gap."
    table = filled(word, [["Item", "Sizes"], ["Shirt", "see below"]])
    inner = table.cell(1, 1).add_table(2, 2)
    for row, texts in enumerate([["Size", "Width"], ["S", "40"]]):
        for column, text in enumerate(texts):
            inner.cell(row, column).text = text
    document = read(word)
    assert document.text == ("Mind the gap.\n\n| Item | Sizes |\n| Shirt | see below |\n\n| Size | Width |\n| S | 40 |")
    assert len(document.tables) == 2


def test_equations_and_boxes_in_a_paragraph_are_read() -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("Energy is ")
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    part = "<m:r><m:t>{}</m:t></m:r>".format
    paragraph._p.append(
        parse_xml(
            f"<m:oMath {math}>{part('E=m')}<m:sSup><m:e>{part('c')}</m:e><m:sup>{part('2')}</m:sup></m:sSup>"
            f"{part(', ')}<m:f><m:num>{part('1')}</m:num><m:den>{part('2')}</m:den></m:f></m:oMath>"
        )
    )
    paragraph.add_run(" here.")
    box = f"<w:p {nsdecls('w')}><w:r><w:t>It ends here.</w:t><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p>"
    word.element.body.insert(1, parse_xml(f"{box}</w:txbxContent></w:r></w:p>"))
    saved = io.BytesIO()
    word.save(saved)
    text = parse(saved.getvalue(), "a.docx").text
    assert "Energy is E=mc^2, 1/2 here." in text
    assert "here.In" not in text


def boxed(inner: str) -> Any:
    """A run that anchors a text box, in the two forms that Word writes."""
    names = (
        f'{nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    box = f"<w:txbxContent>{inner}</w:txbxContent>"
    return parse_xml(
        f'<w:r {names}><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def test_a_box_splits_no_sentence_heading_or_list_and_its_table_is_one() -> None:
    words = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>".format
    cell = ("<w:tc>" + words("{}") + "</w:tc>").format
    rows = "".join(f"<w:tr>{cell(one)}{cell(other)}</w:tr>" for one, other in (("Zone", "Fee"), ("A", "5 EUR")))
    word = docx.Document()
    define(word, 90, LEGAL)
    use(word, 90, 90)
    word.add_heading("Parking", 1)._p.insert(1, boxed(words("Closed at night.")))
    sentence = word.add_paragraph("The garage was built in 1998 by ")
    sentence._p.append(boxed(f"<w:tbl>{rows}</w:tbl>" + words("")))
    sentence.add_run("two brothers.")
    for text in ("Drive in", "Pay"):
        numbered(word, text, 90)
    word.paragraphs[-2]._p.append(boxed(words("Mind the gate.")))
    document = read(word)
    assert document.text == (
        "Parking\n\nClosed at night.\n\nThe garage was built in 1998 by two brothers.\n\n"
        "| Zone | Fee |\n| A | 5 EUR |\n\n1. Drive in\nMind the gate.\n2. Pay"
    )
    assert [section.title for section in document.sections] == ["Parking"]


def test_a_deleted_item_is_not_counted_and_a_deleted_line_end_joins_two_paragraphs() -> None:
    word = docx.Document()
    define(word, 90, LEGAL)
    use(word, 90, 90)
    for text in ("Ask", "", "Book"):
        numbered(word, text, 90)
    word.add_paragraph("This goes on ")
    word.add_paragraph("in the next paragraph.")
    for place in (1, 3):
        mark = parse_xml(f'<w:rPr {nsdecls("w")}><w:del w:id="{place}" w:author="Ann"/></w:rPr>')
        word.paragraphs[place]._p.get_or_add_pPr().append(mark)
    word.paragraphs[1]._p.append(
        parse_xml(f'<w:del {nsdecls("w")} w:id="9" w:author="Ann"><w:r><w:delText>Call</w:delText></w:r></w:del>')
    )
    assert read(word).text == "1. Ask\n2. Book\n\nThis goes on in the next paragraph."


def in_bold(word: Any, text: str) -> None:
    word.add_paragraph().add_run(text).bold = True


def test_short_lines_in_bold_above_others_are_headings() -> None:
    word = docx.Document()
    word.add_heading("Expenses", 1)
    word.add_paragraph("What is paid back to members of staff who travel, and to whom they write for it.")
    in_bold(word, "Travel by train")
    word.add_paragraph("Second class is paid, and first class from a journey of four hours on.")
    strong = word.styles.add_style("Lead", WD_STYLE_TYPE.PARAGRAPH)
    strong.font.bold = True
    word.add_paragraph("Who pays?", style="Lead")
    word.add_paragraph("")
    word.add_paragraph("The department that sends you, within thirty days of the day on which you are back.")
    in_bold(word, "Rates")
    filled(word, [["Country", "Rate"], ["Norway", "40"]])
    word.add_heading("Contact", 2)
    in_bold(word, "Post")
    word.add_paragraph("To the office in the first floor of the old building, where somebody is from nine on.")
    found = [(section.level, section.title) for section in read(word).sections]
    assert found == [
        (1, "Expenses"), (2, "Travel by train"), (2, "Who pays?"), (2, "Rates"), (2, "Contact"), (3, "Post"),
    ]  # fmt: skip


def test_other_words_in_bold_are_no_headings() -> None:
    word = docx.Document()
    word.add_paragraph("A letter in which hardly anything is in bold, so that what is in bold stands out from it. " * 4)
    for line in ("Acme Ltd", "High Street", "Leeds", "Please send all receipts within thirty days."):
        in_bold(word, line)
    in_bold(word, "Table 1: Rates")
    filled(word, [["Country", "Rate"], ["Norway", "40"]])
    half = word.add_paragraph("Only ")
    half.add_run("half of it").bold = True
    in_bold(word, "Important")
    word.add_paragraph("It ends here, with a paragraph that is long enough for the others to be the smaller part.")
    in_bold(word, "Ann Lee")
    document = read(word)
    assert [section.title for section in document.sections] == ["Important"]
    assert document.tables[0].caption


def test_in_a_text_in_bold_no_line_stands_out() -> None:
    word = docx.Document()
    in_bold(word, "Notice")
    in_bold(word, "All of this is in bold.")
    word.add_paragraph("Not this.")
    assert read(word).sections == ()


def noted(word: Any, *notes: str, kind: str = "footnote") -> None:
    """Add the part with the notes, whose ids are counted from 1."""
    texts = "".join(
        f'<w:{kind} w:id="{number}"><w:p><w:r><w:{kind}Ref/></w:r><w:r><w:t>{text}</w:t></w:r></w:p></w:{kind}>'
        for number, text in enumerate(notes, start=1)
    )
    separator = f'<w:{kind} w:type="separator" w:id="0"><w:p/></w:{kind}>'
    blob = f"<w:{kind}s {nsdecls('w')}>{separator}{texts}</w:{kind}s>".encode()
    base = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    part = Part(PackURI(f"/word/{kind}s.xml"), f"{base}{kind}s+xml", blob, word.part.package)
    word.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}s")


def refer(paragraph: Any, number: int, more: str = "", kind: str = "footnote", attributes: str = "") -> Any:
    """Put the sign of a note at the end of a paragraph, and more text behind it."""
    paragraph._p.append(
        parse_xml(
            f'<w:r {nsdecls("w")}><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
            f'<w:{kind}Reference {attributes} w:id="{number}"/></w:r>'
        )
    )
    paragraph.add_run(more)
    return paragraph


def test_notes_stand_behind_their_paragraph_and_their_signs_in_it() -> None:
    word = docx.Document()
    noted(word, "Without tax.", "From 2025 on.", "On weekdays.", "In German.")
    noted(word, "Smith 2020.", kind="endnote")
    refer(word.add_heading("Fees", 1), 4)
    refer(refer(word.add_paragraph("A room is 50 euros."), 1, " It is paid at once."), 1, kind="endnote")
    refer(word.add_paragraph("It includes"), 2, ":")
    word.add_paragraph("a towel", style="List Bullet")
    refer(word.add_paragraph("breakfast", style="List Bullet"), 3)
    word.add_heading("Contact", 1)
    word.add_paragraph("Write to us.")
    document = read(word)
    assert document.text.split("\n\n") == [
        "Fees[1]",
        "[1] In German.",
        "A room is 50 euros.[2] It is paid at once.[3]",
        "[2] Without tax.",
        "[3] Smith 2020.",
        "It includes[4]:",
        "• a towel\n• breakfast[5]",
        "[4] From 2025 on.",
        "[5] On weekdays.",
        "Contact",
        "Write to us.",
    ]
    assert [section.title for section in document.sections] == ["Fees[1]", "Contact"]


def test_notes_of_tables_quotations_and_joined_lines_follow_these_and_signs_of_ones_own_are_kept() -> None:
    word = docx.Document()
    noted(word, "* As of May.", "Quoted.", "Joined.", "Never seen.")
    filled(word, [["Item", "Price"], ["Towel", "2"]])
    refer(word.tables[0].cell(1, 0).paragraphs[0], 1, "*", attributes='w:customMarkFollows="1"')
    refer(word.add_paragraph("Be quiet.", style="Quote"), 2)
    word.add_paragraph("Be clean.", style="Quote")
    first = refer(word.add_paragraph("One"), 3, " and ")
    first._p.get_or_add_pPr().append(parse_xml(f"<w:rPr {nsdecls('w')}><w:del w:id='9' w:author='A'/></w:rPr>"))
    word.add_paragraph("two.")
    gone = word.add_paragraph("Three.")
    gone._p.append(
        parse_xml(f'<w:del {nsdecls("w")} w:id="8" w:author="A"><w:r><w:footnoteReference w:id="4"/></w:r></w:del>')
    )
    assert read(word).text.split("\n\n") == [
        "| Item | Price |\n| Towel* | 2 |", "* As of May.", "Be quiet.[1]", "Be clean.", "[1] Quoted.",
        "One[2] and two.", "[2] Joined.", "Three.",
    ]  # fmt: skip


def test_a_heading_in_bold_may_have_a_note() -> None:
    word = docx.Document()
    noted(word, "Of 2025.")
    in_bold(word, "Rates")
    refer(word.paragraphs[0], 1)
    word.add_paragraph("A paragraph that is long enough, so that what is in bold stands out from the others.")
    assert [section.title for section in read(word).sections] == ["Rates[1]"]


def field(paragraph: Any, *runs: str) -> None:
    """Add runs to a paragraph; "begin", "separate" and "end" are the parts of a field, and "=…" is its code."""
    for text in runs:
        run = paragraph.add_run("" if text.startswith("=") or text in ("begin", "separate", "end") else text)
        if text.startswith("="):
            run._r.append(parse_xml(f"<w:instrText {nsdecls('w')}>{text[1:]}</w:instrText>"))
        elif not run.text:
            run._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{text}"/>'))


def test_a_table_of_contents_is_left_out_and_other_fields_are_read() -> None:
    word = docx.Document()
    word.add_heading("Rules", 1)
    field(word.add_paragraph(), "begin", "= TOC", '= \\o "1-3"', "separate", "Scope\t")
    field(word.paragraphs[1], "begin", "= PAGEREF a", "separate", "1", "end")
    field(word.add_paragraph(), "Fees: who pays\t2")
    field(
        word.add_paragraph(), "end", "This is read. It was printed on ", "begin", "= DATE", "separate", "5 May", "end"
    )
    made = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj>"
        "</w:sdtPr><w:sdtContent><w:p><w:r><w:t>Inhalt</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    word.element.body.insert(0, made)
    field(word.add_paragraph(), "begin", "= TOC", "separate", "A field without an end is text.")
    assert read(word).text.split("\n\n") == [
        "Rules", "This is read. It was printed on 5 May", "A field without an end is text.",
    ]  # fmt: skip


PAGE = b"<html><body><h2>Offer</h2><p>A room is 50 euros.</p></body></html>"


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("text/html", PAGE, "Offer\n\nA room is 50 euros."),
        ("message/rfc822", b"MIME-Version: 1.0\nContent-Type: text/html\n\n" + PAGE, "Offer\n\nA room is 50 euros."),
        ("text/plain", b"A room is\r\n50 euros.", "A room is\n50 euros."),
        ("application/rtf", b"{\\rtf1 A room}", ""),
    ],
)
def test_a_page_that_a_program_put_into_the_file_is_read_in_its_place(kind: str, data: bytes, text: str) -> None:
    word = docx.Document()
    word.add_paragraph("Before it.")
    part = Part(PackURI("/word/chunk.bin"), kind, data, word.part.package)
    relation = word.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk")
    word.paragraphs[0]._p.addnext(parse_xml(f'<w:altChunk {nsdecls("w", "r")} r:id="{relation}"/>'))
    word.add_paragraph("Behind it.")
    assert read(word).text.split("\n\n") == ["Before it.", *filter(None, text.split("\n\n")), "Behind it."]


def test_labels_in_bold_beside_values_are_no_headings_of_columns() -> None:
    word = docx.Document()
    filled(word, [["Name", "Ann Lee"], ["Role", "Clerk"], ["Office", "Attic"]])
    for row in word.tables[0].rows:
        row.cells[0].paragraphs[0].runs[0].bold = True
    filled(word, [["Name", "Office"], ["Ann", "Attic"], ["Bob", "Basement"]])
    assert [table.headings for table in read(word).tables] == [(), (0,)]
