"""PDF: reading order, tables, running lines, hyphens, pages, and page images with the quotation boxed."""

from __future__ import annotations

import io

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from real_files import HEIGHT, Ink, Stroke, lines, pdf, pdf_file, right, table_inks

from documents.blocks import Group, Merged, Table, check_structure
from documents.document import Document, DocumentError
from documents.formats.pdf_cells import row_of
from documents.formats.pdf_layout import Line
from documents.formats.pdf_words import Word
from documents.linearise import linearise
from documents.load import parse
from documents.locate import row_fragment, text_fragment
from documents.pdf_page import page_image

PROSE = [
    "The harbour was built in the year of 1850 by the town and its",
    "merchants, who had grown rich with wool. It has been made larger",
    "three times since, and each time the town grew with it, as the old",
    "maps in the museum show. Today it handles more ships than ever.",
]
OTHER = [
    "Upstream lies a second, smaller harbour, in which only boats of",
    "the fishermen and some yachts are moored. It froze last in 1963",
    "and has been open all the year since then, which is why the town",
    "moved its fish market there. The market opens at five each day.",
]


def test_a_paragraph_is_one_line_and_headings_are_sections() -> None:
    page = [Ink(72, 80, "The Harbour", 20, "Helvetica-Bold"), *lines(PROSE), *lines(OTHER, y=170)]
    page += [Ink(72, 240, "Ships", 12, "Helvetica-Bold"), *lines(PROSE, y=260)]
    document = parse(pdf(page), "a.pdf")
    assert document.text.split("\n\n") == ["The Harbour", " ".join(PROSE), " ".join(OTHER), "Ships", " ".join(PROSE)]
    # A single line in the largest letters is the title, and the other sections are not nested below it.
    assert [(section.level, section.title) for section in document.sections] == [(2, "The Harbour"), (1, "Ships")]
    assert document.title == "The Harbour"


def test_columns_are_read_one_after_another() -> None:
    left = lines([line[:44] for line in PROSE * 3], x=60)
    beside = lines([line[:44] for line in OTHER * 3], x=330, y=103)
    mixed = [ink for pair in zip(left, beside, strict=True) for ink in pair]
    document = parse(pdf([Ink(60, 60, "A title over both of the columns", 18, "Helvetica-Bold"), *mixed]), "a.pdf")
    text = " ".join(document.text.split())
    assert text.startswith("A title over both of the columns The harbour was built")
    assert text.index(OTHER[0][:30]) > text.rindex(PROSE[3][:30])
    assert text.count(PROSE[1][:40]) == text.count(OTHER[1][:40]) == 3


def as_read(document: Document) -> list[str]:
    """The rows of the document's first table as models read them."""
    table = document.tables[0]
    return linearise(document.text, document.tables, table.start, table.end).text.split("\n")


def test_a_table_is_a_grid_with_headings_and_labels() -> None:
    document = parse(pdf(table_inks(100)), "a.pdf")
    assert document.text.split("\n") == [
        "|  | 2023 | 2024 |",
        "| Containers | 1,100 | 1,234 |",
        "| Bulk goods | (20) | 310 |",
        "| Total | 1,080 | 1,544 |",
    ]
    assert document.tables == (Table(0, len(document.text), headings=(0,), labels=1),)
    assert as_read(document)[1:3] == [
        "| Containers | 2023: 1,100 | 2024: 1,234 |",
        "| Bulk goods | 2023: (20) | 2024: 310 |",
    ]


def test_column_headings_may_span_columns_and_lines() -> None:
    inks = [Ink(310, 100, "Years ended May 31,"), Ink(72, 112, "(In millions)")]
    inks += [right(edge, 112, year) for edge, year in ((320, "2021"), (390, "2020"), (460, "2019"))]
    rows = [(72, "Current assets:", ()), (80, "Cash and", ()), (80, "equivalents", ("9,889", "8,348", "4,466"))]
    rows += [(80, "Inventories", ("6,854", "7,367", "5,622")), (72, "Total assets", ("16,743", "15,715", "10,088"))]
    for number, (x, label, values) in enumerate(rows, start=1):
        inks.append(Ink(x, 112 + 13 * number, label))
        for edge, value in zip((320, 390, 460), values, strict=bool(values)):
            inks.append(Ink(edge - 48, 112 + 13 * number, "$"))
            inks.append(right(edge, 112 + 13 * number, value))
    document = parse(pdf(inks), "a.pdf")
    assert document.text.split("\n") == [
        "|  | Years ended May 31, |",
        "| (In millions) | 2021 | 2020 | 2019 |",
        "| Current assets: |",
        "| Cash and equivalents | $9,889 | $8,348 | $4,466 |",
        "| Inventories | $6,854 | $7,367 | $5,622 |",
        "| Total assets | $16,743 | $15,715 | $10,088 |",
    ]
    table = document.tables[0]
    assert (table.headings, table.labels) == ((0, 1), 1)
    assert table.merged == (Merged(0, 1, columns=3),)
    assert table.groups == (Group(2, 4),)
    assert as_read(document)[3] == (
        "| Current assets: (In millions): Cash and equivalents "
        "| Years ended May 31, 2021: $9,889 | 2020: $8,348 | 2019: $4,466 |"
    )


def shown(document: Document) -> list[tuple[str, str, str]]:
    """Kind, label and text of the document's blocks."""
    return [(block.kind, block.label, document.text[block.start : block.end]) for block in document.blocks]


def test_lists_have_items_with_their_wrapped_lines_and_nested_lists() -> None:
    texts = [
        (72, "Bring with you to the harbour office, which is open from nine to five on every working day:"),
        (80, "• your papers and those of all the others who will be on board of the ship in these days, with"),
        (92, "a copy of each"),
        (80, "• two pictures"),
        (100, "– one of the ship"),
        (100, "– one of its flag"),
        (80, "• the fee"),
        (72, "Everything else is at the desk."),
    ]
    document = parse(pdf([Ink(x, 100 + 14 * number, text) for number, (x, text) in enumerate(texts)]), "a.pdf")
    kinds = [(kind, label) for kind, label, _ in shown(document)]
    assert kinds == [
        ("list", ""), ("item", "•"), ("item", "•"), ("list", ""), ("item", "–"), ("item", "–"), ("item", "•"),
    ]  # fmt: skip
    by_number = [text for *_, text in shown(document)]
    assert by_number[1].endswith("in these days, with a copy of each")
    assert by_number[2] == "• two pictures\n– one of the ship\n– one of its flag"
    assert document.text.endswith("\n• the fee\n\nEverything else is at the desk.")


def test_steps_are_numbered_entries_one_after_the_other() -> None:
    texts = ["1. Ring the bell.", "2. Wait for the guard.", "3. Show your pass.", "1999) was a good year."]
    document = parse(pdf(lines(texts, step=18)), "a.pdf")
    assert [(kind, label) for kind, label, _ in shown(document)] == [
        ("list", ""), ("step", "1."), ("step", "2."), ("step", "3."),
    ]  # fmt: skip
    alone = parse(pdf(lines(["The years went by.", "2. came after that.", "And so on."], step=18)), "a.pdf")
    assert alone.blocks == ()


def test_a_number_without_a_mark_is_that_of_a_step_where_it_stands_apart_from_the_words() -> None:
    def page(gap: float) -> list[Ink]:
        steps = [
            f"year after year the {thing} of the town was made larger than before."
            for thing in ("harbour", "market", "fair")
        ]
        numbers = [Ink(72, 200 + 20 * n, str(n)) for n in (1, 2, 3)]
        texts = [Ink(77.5 + gap, 200 + 20 * n, text) for n, text in enumerate(steps, start=1)]
        return [
            *lines(PROSE),
            *[ink for pair in zip(numbers, texts, strict=True) for ink in pair],
            *lines(OTHER, y=300),
        ]

    assert [label for kind, label, _ in shown(parse(pdf(page(11)), "a.pdf")) if kind == "step"] == ["1", "2", "3"]
    assert parse(pdf(page(3)), "a.pdf").blocks == ()


def test_lines_of_a_name_and_a_value_are_fields() -> None:
    page = [*lines(["Invoice number: 2024-17", "Date: 5 May 2024"], step=14), *lines(PROSE, y=160)]
    document = parse(pdf(page), "a.pdf")
    assert shown(document) == [
        ("field", "Invoice number", "Invoice number: 2024-17"),
        ("field", "Date", "Date: 5 May 2024"),
    ]


OFFENCES = [
    ["Offence", "First time", "Second time"],
    ["Talking", "a warning, which is noted", "loss of marks"],
    ["Notes", "no marks", "exclusion"],
    ["Phone or watch", "loss of marks", "no marks"],
]


def ruled(y: float, rows: list[list[str]], edges: list[float], *, down: bool, step: float = 30) -> list[Ink | Stroke]:
    """A table with a line above and below each row and, with ``down``, between its columns."""
    inks: list[Ink | Stroke] = []
    for number, row in enumerate(rows):
        top = y + number * step
        inks.append(Stroke(edges[0], top, edges[-1], top))
        for left, text in zip(edges, row, strict=False):
            font = "Helvetica-Bold" if number == 0 else "Helvetica"
            inks += [
                Ink(left + 3, top + 10 + 11 * line, part, 9, font) for line, part in enumerate(text.split(", ")) if part
            ]
    bottom = y + len(rows) * step
    inks.append(Stroke(edges[0], bottom, edges[-1], bottom))
    return inks + [Stroke(edge, y, edge, bottom) for edge in edges if down]


@pytest.mark.parametrize("down", [False, True])
def test_a_table_of_words_with_rules_keeps_wrapped_cells_whole(down: bool) -> None:
    page = [*lines(PROSE, y=60), *ruled(130, OFFENCES, [72, 200, 340, 500], down=down), *lines(OTHER, y=300)]
    document = parse(pdf(page), "a.pdf")
    table = document.tables[0]
    assert document.text[table.start : table.end].split("\n") == [
        "| Offence | First time | Second time |",
        "| Talking | a warning which is noted | loss of marks |",
        "| Notes | no marks | exclusion |",
        "| Phone or watch | loss of marks | no marks |",
    ]
    assert (table.headings, table.labels) == ((0,), 1)
    assert document.text.index(PROSE[3][:20]) < table.start < document.text.index(OTHER[0][:20])


def test_drawn_cells_may_span_rows_and_columns() -> None:
    edges, top = [72, 200, 300, 400], 100
    inks: list[Ink | Stroke] = [Stroke(edge, top, edge, 180) for edge in (72, 200, 400)]
    inks += [Stroke(300, 120, 300, 180), Stroke(72, top, 400, top), Stroke(200, 120, 400, 120)]
    inks += [Stroke(72, y, 400, y) for y in (140, 160, 180)]
    texts = [(75, 125, "Course"), (280, 114, "Lessons"), (203, 134, "2023"), (303, 134, "2024")]
    texts += [(75, 154, "Pottery"), (203, 154, "12"), (303, 154, "14"), (75, 174, "Drawing"), (203, 174, "8")]
    document = parse(pdf([*inks, *(Ink(x, y, text, 9) for x, y, text in [*texts, (303, 174, "10")])]), "a.pdf")
    assert document.text.split("\n") == [
        "| Course | Lessons |", "|  | 2023 | 2024 |", "| Pottery | 12 | 14 |", "| Drawing | 8 | 10 |",
    ]  # fmt: skip
    table = document.tables[0]
    assert table.headings == (0, 1)
    assert set(table.merged) == {Merged(0, 0, rows=2), Merged(0, 1, columns=2)}
    assert len(edges) == len(as_read(document))


def test_words_in_clear_columns_are_a_table_and_a_box_of_prose_is_none() -> None:
    staff = [("Name", "Office"), ("Ada Brook", "Main building"), ("Ben Okoro", "Basement"), ("Dana Lux", "Attic")]
    inks = [Ink(x, 100 + 18 * n, text) for n, row in enumerate(staff) for x, text in zip((72, 250), row, strict=True)]
    document = parse(pdf(inks), "a.pdf")
    assert document.text.split("\n") == [f"| {name} | {office} |" for name, office in staff]
    box = [Stroke(60, 85, 560, 85), Stroke(60, 150, 560, 150), Stroke(60, 85, 60, 150), Stroke(560, 85, 560, 150)]
    boxed_prose = parse(pdf([*lines(PROSE), *box, Stroke(60, 260, 560, 260), *lines(OTHER, y=180)]), "a.pdf")
    assert boxed_prose.tables == ()


def test_headings_that_a_table_without_rules_repeats_are_no_row_of_it() -> None:
    headed, first, second = ("Part", "Price"), [("Bolt", "12"), ("Nut", "9")], [("Hinge", "31"), ("Latch", "22")]
    rows = enumerate([headed, *first, headed, *second])
    inks = [ink for n, (part, price) in rows for ink in (Ink(72, 150 + 16 * n, part), right(300, 150 + 16 * n, price))]
    document = parse(pdf([*lines(PROSE), *inks]), "a.pdf")
    assert [table.headings for table in document.tables] == [(0, 3)]
    assert as_read(document)[-1] == "| Part: Latch | Price: 22 |"


def test_a_table_over_two_pages_is_one_whether_or_not_its_headings_are_repeated() -> None:
    first = table_inks(700)
    rows = [ink for ink in table_inks(86) if ink.y > 90]
    document = parse(pdf([*lines(PROSE), *first], rows), "a.pdf")
    assert len(document.tables) == 1
    assert [page.number for page in document.pages] == [1, 2]
    assert as_read(document)[-1] == "| Total | 2023: 1,080 | 2024: 1,544 |"
    repeated = parse(pdf([*lines(PROSE), *first], table_inks(86)), "a.pdf")
    assert [table.headings for table in repeated.tables] == [(0, 4)]
    assert as_read(repeated)[-1] == "| Total | 2023: 1,080 | 2024: 1,544 |"


def test_the_lines_above_a_table_are_its_caption() -> None:
    page = [
        *lines(PROSE, y=60),
        Ink(72, 150, "Goods handled"),
        Ink(72, 163, "(in thousands of tonnes)"),
        *table_inks(176),
    ]
    document = parse(pdf(page), "a.pdf")
    caption = document.tables[0].caption
    assert caption
    assert document.text[slice(*caption)].split() == ["Goods", "handled", "(in", "thousands", "of", "tonnes)"]


def test_rows_of_the_same_label_belong_to_the_row_they_are_indented_below() -> None:
    inks = [right(400, 100, "2023")]
    rows = [(72, "Apples", "14"), (80, "Share", "58"), (72, "Pears", "10"), (80, "Share", "42")]
    for number, (x, label, value) in enumerate(rows, start=1):
        inks += [Ink(x, 100 + 14 * number, label), right(400, 100 + 14 * number, value)]
    assert as_read(parse(pdf(inks), "a.pdf"))[2::2] == ["| Apples: Share | 2023: 58 |", "| Pears: Share | 2023: 42 |"]


def cells(*texts: tuple[float, str]) -> list[str]:
    words = tuple(Word(text, x, 0, x + 5 * len(text), 10) for x, text in texts)
    return [cell.text for cell in row_of(Line(words)).cells]


def test_currency_and_percent_signs_stay_with_their_numbers() -> None:
    row = cells(
        (0, "Margin"), (100, "$"), (140, "1,234"), (170, "$"), (200, "56"), (225, "%"), (260, "(3.1"), (283, "%)")
    )
    assert row == ["Margin", "$ 1,234", "$ 56 %", "(3.1 %)"]
    assert cells((0, "Other"), (100, "41"), (140, "—"), (180, "42")) == ["Other", "41", "—", "42"]
    assert cells((0, "in"), (12, "2021"), (36, "and"), (56, "2020")) == ["in 2021 and 2020"]


def test_running_lines_are_kept_once_and_do_not_split_sentences() -> None:
    def page(number: int, first: str, last: str) -> list[Ink]:
        running = [Ink(72, 40, "Report of the harbour"), Ink(300, 770, f"Page {number}")]
        return [*running, *lines([first, *PROSE[1:], last])]

    pages = [page(1, PROSE[0], "Nobody knows how many ships have gone by here since it was"),
             page(2, "built so long ago, but it must be many thousands of them.", "The end of it."),
             page(3, "A third page has begun. It has its own lines to tell of.", "The end.")]  # fmt: skip
    document = parse(pdf(*pages), "a.pdf")
    assert document.text.count("Report of the harbour") == 1
    assert document.text.count("Page ") == 1
    assert "Page 1" in document.text
    assert "since it was" in document.text
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert document.page_at(document.text.index("built so long ago")) == 2
    first, second, _ = (document.text[page.start : page.end] for page in document.pages)
    assert first.endswith("Page 1")
    assert second.startswith("built so long ago")


def test_the_running_lines_that_are_kept_interrupt_no_sentence() -> None:
    def page(number: int, *inks: Ink) -> list[Ink]:
        head = [Ink(72, 40, "Report of the harbour")] if number > 1 else []
        return [*head, *inks, Ink(300, 770, f"Page {number}")]

    first = lines([*PROSE[:3], "Nobody knows how many ships have gone by here since it was"], y=200)
    second = lines(["built so long ago, but it must be many thousands of them."], y=90)
    document = parse(
        pdf(page(1, *lines(PROSE), *first), page(2, *second, *lines(OTHER, y=140)), page(3, *lines(PROSE))), "a.pdf"
    )
    assert "since it was built so long ago" in document.text
    assert document.text.count("Page ") == document.text.count("Report of the harbour") == 1
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert document.page_at(document.text.index("built so long ago")) == 2


def test_a_table_goes_on_behind_the_foot_of_a_page_and_below_its_own_headings() -> None:
    def grid(top: float, *rows: str) -> list[Ink | Stroke]:
        inks = [
            Ink(x, top + 20 * number + 14, text)
            for number, row in enumerate(rows)
            for x, text in zip((80, 230, 380), row.split(), strict=True)
        ]
        edges = [top + 20 * number for number in range(len(rows) + 1)]
        across = [Stroke(72, edge, 522, edge) for edge in edges]
        return [*inks, *across, *(Stroke(x, top, x, edges[-1]) for x in (72, 222, 372, 522))]

    heads = "Country Day Night"
    above = [*lines(PROSE), Ink(72, 590, "These are the rates:"), *grid(600, heads, "Norway 40 110", "Chile 31 95")]
    below = grid(80, heads, "Peru 28 90", "Kenya 25 70")
    document = parse(pdf([*above, Ink(300, 770, "Page 1")], [*below, Ink(300, 770, "Page 2")]), "a.pdf")
    assert [table.headings for table in document.tables] == [(0, 3)]
    assert as_read(document)[-1] == "| Country: Kenya | Day: 25 | Night: 70 |"
    assert document.page_at(document.text.index("Peru")) == 2


def test_a_sentence_may_continue_on_the_next_page() -> None:
    pages = [
        lines([*PROSE[:3], "Nobody knows how many ships have gone by in the years since"]),
        lines(["it was built. Many."]),
    ]
    document = parse(pdf(*pages), "a.pdf")
    assert "in the years since it was built. Many." in document.text
    assert document.page_at(document.text.index("it was built")) == 2


@pytest.mark.parametrize(
    ("head", "tail", "expected"),
    [
        ("contri-", "bution", "contribution"),
        ("long-", "term", "long-term"),
        ("Anglo-", "Saxon", "Anglo-Saxon"),
        ("2021-", "2022", "2021-2022"),
    ],
)
def test_words_hyphenated_at_a_line_end_are_joined(head: str, tail: str, expected: str) -> None:
    texts = [
        f"The town made a large and generous payment as its {head}",
        f"{tail} to it, for a long time and a term of years.",
    ]
    assert f" {expected} " in parse(pdf(lines(texts)), "a.pdf").text


def test_what_reportlab_writes_for_no_title_is_none() -> None:
    page = [Ink(72, 80, "The Harbour", 20), *lines(PROSE)]
    assert parse(pdf(page, title="(anonymous)"), "a.pdf").title == "The Harbour"


def test_the_title_comes_from_the_metadata_unless_it_is_no_real_title() -> None:
    page = [Ink(72, 80, "The Harbour", 20), *lines(PROSE)]
    assert parse(pdf(page, title="A report on harbours"), "a.pdf").title == "A report on harbours"
    for junk in ("untitled", "Microsoft Word - x.docx", "0000320187-21-000028", "report_final.pdf"):
        assert parse(pdf(page, title=junk), "a.pdf").title == "The Harbour"


def test_pages_without_text_do_not_shift_page_numbers() -> None:
    document = parse(pdf(lines(PROSE), [], lines(OTHER)), "a.pdf")
    assert [page.number for page in document.pages] == [1, 3]


def test_a_pdf_without_text_or_images_is_reported() -> None:
    with pytest.raises(DocumentError, match=r"^a\.pdf: the file holds no text$"):
        parse(pdf([]), "a.pdf")


def rotated(data: bytes, angle: int) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    for page in writer.pages:
        page.rotate(angle)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def turned(data: bytes, angle: int) -> bytes:
    """The PDF with its letters turned, on pages that are not."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(rotated(data, angle)))
    for page in writer.pages:
        page.transfer_rotation_to_content()
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize("angle", [90, 270])
def test_a_page_whose_letters_run_up_or_down_is_read_and_shown_turned(angle: int) -> None:
    upright = pdf([*lines(PROSE), *table_inks(300)], lines(OTHER))
    data = turned(upright, angle)
    document, expected = parse(data, "a.pdf"), parse(upright, "a.pdf")
    assert (document.text, document.tables, document.pages) == (expected.text, expected.tables, expected.pages)
    image, boxes = boxed(data, document, "merchants")
    as_upright, same = boxed(upright, expected, "merchants")
    assert image.size == as_upright.size
    assert [edge for box in boxes for edge in box] == pytest.approx([edge for box in same for edge in box], abs=2)
    assert dark(image, boxes[0]) > 20  # type: ignore[arg-type]


def test_some_letters_that_run_up_or_down_turn_no_page() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(lines(PROSE))))
    aside = pypdf.PdfReader(io.BytesIO(turned(pdf(lines(OTHER, y=400)), 90))).pages[0]
    writer.pages[0].merge_page(aside)
    target = io.BytesIO()
    writer.write(target)
    assert parse(target.getvalue(), "a.pdf").text == parse(pdf(lines(PROSE)), "a.pdf").text


def dark(image: Image.Image, box: tuple[float, float, float, float]) -> int:
    """The number of dark pixels in the box."""
    return sum(pixel < 128 for pixel in image.convert("L").crop(tuple(map(round, box))).tobytes())


def boxed(data: bytes, document: Document, quote: str, width: int = 900) -> tuple[Image.Image, list[tuple[float, ...]]]:
    start = document.text.index(quote)
    shown = page_image(data, document, start, start + len(quote), width)
    image = Image.open(io.BytesIO(shown.png))
    assert image.size == (shown.width, shown.height)
    assert all(
        0 <= left < right <= shown.width and 0 <= top < bottom <= shown.height
        for left, top, right, bottom in shown.boxes
    )
    return image, list(shown.boxes)


@pytest.mark.parametrize("width", [300, 900, 1600])
def test_boxes_enclose_the_quoted_words(width: int) -> None:
    data = pdf([Ink(72, 80, "The Harbour", 20), *lines(PROSE)])
    image, boxes = boxed(
        data, parse(data, "a.pdf"), "who had grown rich with wool. It has been made larger three times", width
    )
    assert image.width == width
    scale = width / 612
    assert [box[3] / scale for box in boxes] == pytest.approx([112, 124], abs=3)  # just below the base lines
    inside = sum(dark(image, box) for box in boxes)
    assert inside > 0
    assert inside < dark(image, (0, 0, *image.size)) / 2


def test_the_words_of_a_quoted_row_are_boxed() -> None:
    data = pdf_file()
    document = parse(data, "a.pdf")
    image, boxes = boxed(data, document, "| Bulk goods | (20) | 310 |")
    scale = image.width / 612
    assert len(boxes) == 3
    assert {round(box[3] / scale) for box in boxes} <= set(range(196, 203))


def test_a_quotation_over_two_pages_shows_the_first() -> None:
    pages = [
        lines([*PROSE[:3], "Nobody knows how many ships have gone by in the years since"]),
        lines(["it was built. Many."]),
    ]
    data = pdf(*pages)
    document = parse(data, "a.pdf")
    start, end = document.text.index("Nobody"), document.text.index(" Many.")
    shown = page_image(data, document, start, end)
    assert shown.number == 1
    assert len(shown.boxes) == 1
    assert page_image(data, document, end - 8, end).number == 2


def test_boxes_on_a_rotated_page_follow_the_rotation() -> None:
    upright = pdf(lines(PROSE))
    data = rotated(upright, 180)
    for turned in (data, rotated(data, 180)):
        document = parse(turned, "a.pdf")
        image, boxes = boxed(turned, document, "merchants")
        assert dark(image, boxes[0]) > 20  # type: ignore[arg-type]


def test_a_changed_file_is_reported() -> None:
    document = parse(pdf(lines(PROSE)), "a.pdf")
    with pytest.raises(DocumentError, match="has changed since it was indexed"):
        page_image(pdf(lines(OTHER)), document, 0, 20)
    with pytest.raises(ValueError, match="no quotation"):
        page_image(pdf(lines(PROSE)), document, 20, 20)


WORDS = st.sampled_from(
    [
        "harbour",
        "ship",
        "1,234",
        "2021",
        "the",
        "of",
        "Total",
        "$",
        "%",
        "—",
        "(12)",
        "long-term",
        "con-",
        "tribution",
        "Ünder",
        "•",
        "Net",
    ]
)
PLACES = st.integers(0, 15).map(lambda step: 40 * step)
INKS = st.lists(
    st.builds(
        Ink,
        st.integers(0, 560), st.integers(10, HEIGHT - 10), st.lists(WORDS, min_size=1, max_size=8).map(" ".join),
        st.integers(5, 30), st.sampled_from(["Helvetica", "Times-Bold", "Courier"]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip
STROKES = st.lists(st.builds(Stroke, PLACES, PLACES, PLACES, PLACES), max_size=12)
DRAWN = st.tuples(INKS, STROKES).map(lambda parts: [*parts[0], *parts[1]])


@settings(max_examples=60, derandomize=True)
@given(st.lists(DRAWN, min_size=1, max_size=3), st.data())
def test_any_page_read_alone_gives_the_same_text_and_boxes(
    drawn: list[list[Ink | Stroke]], data: st.DataObject
) -> None:
    """Whatever is drawn where, a page read alone gives the same text, and every word has a box."""
    content = pdf(*drawn)
    document = parse(content, "a.pdf")
    check_structure(document.text, document.blocks, document.tables)
    page = data.draw(st.sampled_from(document.pages))
    start = data.draw(st.integers(page.start, page.end - 1))
    shown = page_image(content, document, start, data.draw(st.integers(start + 1, page.end)), 200)
    assert shown.number == page.number
    assert (
        not document.text[start : page.end].strip(" |:\n") or page_image(content, document, start, page.end, 200).boxes
    )


@pytest.mark.parametrize(
    ("quoted", "prefix", "suffix", "expected"),
    [
        ("it rained", "", "", "#:~:text=it%20rained"),
        ("5%, or so - & more", "", "", "#:~:text=5%25%2C%20or%20so%20%2D%20%26%20more"),
        ("a  b\nc", "the one", "is new", "#:~:text=the%20one-,a,c,-is%20new"),
        ("Köln", "in", "", "#:~:text=in-,K%C3%B6ln"),
        ("  \n ", "a", "b", ""),
    ],
)
def test_text_fragments_name_quotation_prefix_and_suffix(quoted: str, prefix: str, suffix: str, expected: str) -> None:
    assert text_fragment(quoted, prefix, suffix) == expected


def test_the_fragment_of_a_row_leads_from_its_first_cell_to_its_last() -> None:
    assert row_fragment(["Family day ticket", " £13.50", ""]) == "#:~:text=Family%20day%20ticket,%C2%A313.50"
    assert row_fragment(["closed"]) == "#:~:text=closed"
    assert row_fragment(["", " "]) == ""


def test_a_long_quotation_is_given_by_its_first_and_last_words() -> None:
    fragment = text_fragment("one two three " * 40)
    assert fragment == "#:~:text=one%20two%20three%20one%20two%20three,one%20two%20three%20one%20two%20three"


SENDER = ["Northwind Boats Ltd", "12 Harbour Street", "Leeds LS1 2AB", "United Kingdom"]
ADDRESSEE = ["Ms Ada Brook", "4 Mill Lane", "York YO1 7EP"]


@pytest.mark.parametrize("shift", [0, 4])
@pytest.mark.parametrize(
    "beside",
    [
        ["Date: 5 May 2025", "Invoice number: 2025-17"],
        ["Date: 5 May 2025", "Invoice number: 2025-17", "Customer: 4411", "Page: 1"],
        ["5 May 2025"],
        ["The Town Council", "Old Market 1", "Hull"],
    ],
)
def test_two_blocks_side_by_side_at_the_top_of_a_letter_are_read_one_after_the_other(
    shift: int, beside: list[str]
) -> None:
    inks = [*lines(SENDER, y=60), *lines(beside, x=380, y=60 + shift), *lines(ADDRESSEE, y=150)]
    document = parse(pdf([*inks, *lines(PROSE, y=230), *lines(OTHER, y=300)]), "a.pdf")
    assert document.text.split() == " ".join([*SENDER, *beside, *ADDRESSEE, *PROSE, *OTHER]).split()
    assert document.tables == ()


def test_the_sender_may_stand_at_the_right_and_reach_down_beside_the_addressee() -> None:
    inks = [*lines(SENDER, x=380, y=60), *lines(ADDRESSEE, y=84), *lines(PROSE, y=230)]
    text = " ".join(parse(pdf(inks), "a.pdf").text.split())
    assert text == " ".join([*ADDRESSEE, *SENDER, *PROSE])


def test_the_right_block_may_reach_down_to_the_addressee() -> None:
    fields = ["Date: 5 May 2025", "Invoice number: 17", "Customer: 4411", "Our reference: AB/5", "Page: 1", "Pages: 2"]
    inks = [*lines(SENDER[:3], y=60), *lines(fields, x=380, y=60), *lines(ADDRESSEE, y=120)]
    text = " ".join(parse(pdf([*inks, *lines(PROSE, y=230)]), "a.pdf").text.split())
    assert text == " ".join([*SENDER[:3], *ADDRESSEE, *fields, *PROSE])


def test_the_names_and_values_of_the_right_block_may_stand_apart() -> None:
    named = [("Date:", "05.05.2025"), ("Invoice number:", "17"), ("Amount due:", "1,240.00")]
    right_block = [
        ink for n, row in enumerate(named) for ink in (Ink(340, 60 + 12 * n, row[0]), Ink(450, 60 + 12 * n, row[1]))
    ]
    document = parse(pdf([*lines(SENDER, y=60), *right_block, *table_inks(200)]), "a.pdf")
    fields = [f"{name} {value}" for name, value in named]
    assert document.text.split()[: len(" ".join([*SENDER, *fields]).split())] == " ".join([*SENDER, *fields]).split()
    assert [text for kind, _, text in shown(document) if kind == "field"] == fields
    assert len(document.tables) == 1


@pytest.mark.parametrize(
    "rows",
    [
        [("Name", "Office"), ("Ada Brook", "Main building"), ("Ben Okoro", "Basement")],
        [("Name:", "Ada Brook"), ("Office:", "Main building"), ("", "second floor")],
        [("Place of birth", "York"), ("Address", "4 Mill Lane"), ("", "Leeds")],
        [("Rooms to let", ""), ("Double room", "Garden"), ("Single room", ""), ("Suite", "Sea")],
    ],
)
def test_rows_of_labels_and_values_are_no_two_blocks(rows: list[tuple[str, str]]) -> None:
    inks = [
        Ink(x, 60 + 12 * n, text) for n, row in enumerate(rows) for x, text in zip((72, 350), row, strict=True) if text
    ]
    text = parse(pdf([*inks, *lines(PROSE, y=230)]), "a.pdf").text
    for label, value in rows:
        if label and value:
            assert text.index(label) < text.index(value) < text.index(label) + len(label) + 5
