"""CSV and XLSX: tables with their titles, notes, headings, labels and merged cells."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
from components import shared_data
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.blocks import MAX_COLUMNS, Merged, check_structure
from documents.document import Document
from documents.formats import csv_table, xlsx
from documents.formats.build import Builder
from documents.formats.number_format import shown
from documents.formats.sheet import Sheet, add_tables
from documents.grid import Grid
from documents.linearise import linearise
from documents.load import load, parse
from documents.split import Splitter


def of_csv(text: str) -> Document:
    return csv_table.parse(text.encode(), "a.csv")


def of_xlsx(*rows: Sequence[object], change: Callable[[Any], None] | None = None) -> Document:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    target = io.BytesIO()
    book.save(target)
    return xlsx.parse(target.getvalue(), "a.xlsx")


def read(document: Document, words: str) -> str:
    """The row that holds ``words`` as models read it."""
    start = document.text.rindex("\n", 0, document.text.index(words)) + 1
    return linearise(document.text, document.tables, start, document.text.find("\n", start) % len(document.text)).text


def captions(document: Document) -> list[str]:
    return [document.text[block.start : block.end] for block in document.blocks if block.kind == "caption"]


def title(document: Document, number: int = 0) -> str:
    found = document.tables[number].caption
    return document.text[slice(*found)] if found else ""


def test_lines_above_a_table_are_its_title_and_notes_and_lines_below_are_notes() -> None:
    document = of_csv(
        "Prices of the harbour\n\nValid from 1 May\nname,berth,price\nAnn,4,30\nBob,7,41\n\nNote: prices without VAT\n"
    )
    assert captions(document) == ["Prices of the harbour", "Valid from 1 May", "Note: prices without VAT"]
    assert title(document) == "Valid from 1 May"
    (table,) = document.tables
    assert document.text[table.start : table.end] == "| name | berth | price |\n| Ann | 4 | 30 |\n| Bob | 7 | 41 |"
    assert read(document, "Bob") == "| name: Bob | berth: 7 | price: 41 |"


def test_names_and_values_above_a_table_are_fields() -> None:
    document = of_csv("Station:,Bonn\nSensor:,7\nday,low,high,rain,wind\n1 May,4,12,0,3\n2 May,5,13,2,4\n")
    assert [(block.kind, block.label) for block in document.blocks] == [("field", "Station"), ("field", "Sensor")]
    assert document.text.startswith("Station: Bonn\nSensor: 7\n\n| day | low | high | rain | wind |")


def test_tables_of_other_headings_below_one_another_are_tables_of_their_own() -> None:
    document = of_csv(
        "city,people\nBonn,330\nKiel,250\n\nriver,length,mouth\nRhine,1230,North Sea\nEms,371,North Sea\n"
    )
    assert len(document.tables) == 2
    assert read(document, "Ems") == "| river: Ems | length: 371 | mouth: North Sea |"


def test_rows_behind_an_empty_one_go_on_with_the_headings_above() -> None:
    document = of_csv("item,2023,2024\nSales,10,12\nCosts,7,8\n\nProfit,3,4\n")
    assert len(document.tables) == 1
    assert read(document, "Profit") == "| item: Profit | 2023: 3 | 2024: 4 |"


def test_a_label_between_empty_rows_is_the_heading_of_the_rows_below() -> None:
    document = of_csv("item,2023,2024\n\nAssets\n\nCash,10,12\nStocks,7,8\n\nDebts\n\nLoans,3,4\nRent,1,2\n")
    assert len(document.tables) == 1
    assert read(document, "Loans") == "| Debts: item: Loans | 2023: 3 | 2024: 4 |"


def test_headings_of_several_columns_stand_above_the_headings_of_each() -> None:
    document = of_csv(",2023,,2024,\nRegion,Plan,Actual,Plan,Actual\nNorth,1,2,3,4\nSouth,5,6,7,8\n")
    assert document.tables[0].headings == (0, 1)
    assert read(document, "South") == "| Region: South | 2023 Plan: 5 | Actual: 6 | 2024 Plan: 7 | Actual: 8 |"


def test_a_row_of_figures_is_no_heading_below_one_with_empty_cells() -> None:
    document = of_csv("courses,2024 (£),2025 (£),,,remarks\nJunior week,145,155,,,in July\nRaces,15,18,,,in May\n")
    assert document.tables[0].headings == (0,)
    assert read(document, "Junior").startswith("| courses: Junior week | 2024 (£): 145 | 2025 (£): 155 |")


def test_units_below_the_headings_are_headings() -> None:
    document = of_csv("boat,length,weight\n,(m),(t)\nAnna,9,4\nBerta,12,8\n")
    assert document.tables[0].headings == (0, 1)
    assert read(document, "Berta") == "| boat: Berta | length (m): 12 | weight (t): 8 |"


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("name,age\nAnn,30\nBob,41\n", 1),
        ("version,method,size\n3.2,zstd,4\n3.2,zstd,5\n3.2,xz,4\n3.1,xz,9\n", 0),
        ("region,product,sold\nNorth,Apples,4\nNorth,Pears,5\nSouth,Apples,6\nSouth,Pears,7\n", 2),
        ("code,service,price\nP01,Consultation,45\nP02,Driver medical,120\n", 2),
        ("date,weekday,bin\n2025-10-01,Wednesday,Paper\n2025-10-08,Wednesday,Paper\n", 1),
        ("low,high\n1,2\n1,3\n1,4\n", 0),
    ],
)
def test_first_columns_are_labels_where_they_tell_rows_apart(text: str, labels: int) -> None:
    assert of_csv(text).tables[0].labels == labels


def test_excel_may_say_the_delimiter_in_the_first_line() -> None:
    assert of_csv("sep=;\nname;age\nAnn;30\n").text == "| name | age |\n| Ann | 30 |"


def test_tables_side_by_side_are_read_one_after_the_other() -> None:
    document = of_xlsx(
        ["City", "People", None, "River", "Length"],
        ["Bonn", 330, None, "Rhine", 1230],
        ["Kiel", 250, None, "Ems", 371],
        ["Jena", 110],
    )
    assert [document.text[table.start : table.end].split("\n")[0] for table in document.tables] == [
        "| City | People |",
        "| River | Length |",
    ]
    assert document.text.index("Jena") < document.text.index("River")


def test_headings_that_are_repeated_as_on_printed_pages_are_headings() -> None:
    page = "name,berth,price\n{0}a,4,30\n{0}b,7,41\n{0}c,7,12\n"
    document = of_csv("".join(map(page.format, "ABCDE")))
    (table,) = document.tables
    assert (table.headings, table.labels) == ((0, 4, 8, 12, 16), 1)
    assert read(document, "Eb") == "| name: Eb | berth: 7 | price: 41 |"
    two_rows = of_xlsx(*2 * [[None, 2023, None], ["Region", "Plan", "Actual"], ["North", 1, 2], ["South", 3, 4]])
    assert two_rows.tables[0].headings == (0, 1, 4, 5)


def test_cells_beyond_the_columns_of_a_table_are_kept_without_headings() -> None:
    rows = [[f"{name} {number}" for number in range(MAX_COLUMNS + 5)] for name in ("head", "cell")]
    for document in (of_csv("\n".join(map(",".join, rows))), of_xlsx(*rows)):
        assert document.text.endswith(f"| cell {MAX_COLUMNS + 3} | cell {MAX_COLUMNS + 4} |")
        (table,) = document.tables
        grid = Grid(document.text, table)
        *cells, beyond = grid.cells(1)
        assert [document.text[c.start : c.end] for c in grid.column_headings(1, cells[-1].column)] == ["head 999"]
        assert document.text[beyond.start : beyond.end].startswith("cell 1000 | cell 1001 |")
        check_structure(document.text, document.blocks, document.tables)


def test_an_empty_column_within_a_table_does_not_divide_it() -> None:
    document = of_xlsx(["Item", None, 2023, 2024], ["Sales", None, 10, 12], ["Costs", None, 7, 8])
    assert len(document.tables) == 1
    assert read(document, "Costs") == "| Item: Costs | 2023: 7 | 2024: 8 |"


def test_merged_cells_of_excel_span_rows_and_columns() -> None:
    def merge(sheet: Any) -> None:
        for cells in ("A1:E1", "B2:C2", "D2:E2", "A4:A5"):
            sheet.merge_cells(cells)

    document = of_xlsx(
        ["Sales in 2024"],
        [None, "Spring", None, "Autumn", None],
        ["Region", "Plan", "Actual", "Plan", "Actual"],
        ["North", 1, 2, 3, 4],
        [None, 5, 6, 7, 8],
        ["South", 9, 10, 11, 12],
        change=merge,
    )
    assert title(document) == "Sales in 2024"
    (table,) = document.tables
    assert table.headings == (0, 1)
    assert Merged(2, 0, 2, 1) in table.merged
    grid = Grid(document.text, table)
    assert [document.text[c.start : c.end] for c in grid.row_headings(3, 1)] == ["North"]
    assert read(document, "South") == "| Region: South | Spring Plan: 9 | Actual: 10 | Autumn Plan: 11 | Actual: 12 |"


def test_a_sheet_is_a_section_whose_heading_is_with_the_first_rows() -> None:
    document = of_xlsx(["Item", "Price"], *([f"Article number {number}", number] for number in range(99)))
    first, *others = Splitter().split(document)
    assert first.text.startswith("Data\n\n| Item | Price |\n| Article number 0 | 0 |")
    assert all("Article" in chunk.text for chunk in others)


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (-1234, "#,##0_);[Red](#,##0)", "(1,234)"),
        (1500, '_("$"* #,##0_);_("$"* (#,##0)', "$1,500"),
        (1234.5, "#,##0.00 [$€-407]", "1,234.50 €"),
        (12, '0 "kg"', "12 kg"),
        (1_234_567, '0.0,,"M"', "1.2M"),
        (1_234_567, "#,##0,", "1,235"),
        (0, '0;-0;"–"', "–"),
        (-0.256, "0%;(0%)", "(26%)"),
        (5.5, "0.##", "5.5"),
        (5, "00", "05"),
        (12345678, "000-0000", "12345678"),
        (0.5, "# ?/?", "0.5"),
        (1e300, "0", "1e+300"),
        (10**400, "0.0", str(10**400)),
        (-0.001, "0.0", "0.0"),
        (0.125, "0.0%", "12.5%"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (1234.5, '"$"#,##0', "$1,235"),
        (-3, "[$€-407]0.00", "-€3.00"),
        (3.0, "General", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (True, "General", "TRUE"),
        (None, "General", ""),
        (0.125, "0%", "13%"),
        (2.675, "0.00", "2.68"),
        (1e20, "#,##0", "100,000,000,000,000,000,000"),
        (2500, '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', "2500"),
        (0, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "$-"),
        (0, "#", ""),
        (0, "0.00", "0.00"),
        (dt.datetime(2025, 3, 1), "mmmm yyyy", "March 2025"),
        (dt.datetime(2025, 3, 1), r"[$-409]mmm\-yy;@", "Mar-25"),
        (dt.datetime(2025, 3, 1), "dd.mm.yyyy", "2025-03-01"),
        (dt.datetime(2025, 3, 1), '[$-804]yyyy"年"m"月";@', "2025年3月"),
        (dt.datetime(2025, 3, 1), r'"as of; "mmmm\d\e\ yyyy_)', "as of; Marchde 2025"),
        (dt.datetime(2025, 3, 1), 'yyyy"年"m"月"d"日"', "2025-03-01"),
        (dt.time(9, 30), "h:mm", "09:30"),
    ],
)
def test_values_are_shown_as_the_sheet_shows_them(value: object, number_format: str, expected: str) -> None:
    assert shown(value, number_format) == expected


TEXTS = st.sampled_from(["", "", "a", "Name", "12", "2024", "(m)", "Note: x", "|", "a b c"])


@given(
    rows=st.lists(st.lists(TEXTS, max_size=6), max_size=14),
    merged=st.lists(st.builds(Merged, *(st.integers(0, 8),) * 2, *(st.integers(1, 4),) * 2), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_the_tables_of_any_sheet_are_sound_and_keep_every_cell(rows: list[list[str]], merged: list[Merged]) -> None:
    builder = Builder("test/1")
    builder.paragraph("Start.")
    add_tables(builder, Sheet([_stripped(row) for row in rows], merged))
    document = builder.document("a")
    check_structure(document.text, document.blocks, document.tables)
    covered = {
        (cell.row + down, cell.column + right)
        for cell in merged
        for down in range(cell.rows)
        for right in range(cell.columns)
        if down or right
    }
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            if (number, column) not in covered:
                assert text.replace("|", r"\|") in document.text or text in document.text


def _stripped(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


@pytest.mark.parametrize(
    ("file", "rows", "labels", "some"),
    [
        ("clinic/price-list.xlsx", [11, 8, 6], [2, 1, 1],
         ["| Code: P03 | Service: Sports fitness examination | Duration (min): 30 | Price (£): 75 |"
          " Remark: includes resting ECG |",
          "| Vaccine: Rabies | Doses: 3 | Price per dose (£): 78 | Schedule: days 0, 7 and 21 |",
          "| Item: Nebuliser | Deposit (£): 80 | Fee per week (£): 12 | In stock: 3 |"]),
        ("school/budget-2025.xlsx", [9, 6], [1, 1],
         ["| Item: Repairs | Budget 2024 (£): 18,000 | Actual 2024 (£): 21,370 | Budget 2025 (£): 19,500 |"
          " Responsible: P. Stannard |",
          "| Date: 12.09.2025 | From: Hollin Bakery | Amount (£): 400 | For: canteen |"]),
        ("school/timetable-9b.csv", [10], [1],
         ["| Lesson: 2 | Time: 9:15-10:00 | Monday: Mathematics (A3) | Tuesday: German (B5) |"
          " Wednesday: Chemistry (Lab 2) | Thursday: English (B1) | Friday: Mathematics (A3) |"]),
        ("tool/benchmark.csv", [11], [0],
         ["| version: 3.2.0 | method: zstd | level: 19 | threads: 4 | input_gb: 10 | pack_seconds: 512 |"
          " archive_gb: 0.74 | peak_memory_mb: 960 |"]),
        ("town/bus-timetable-line-4.csv", [12], [1],
         ["| Trip: 421 | Days: Fri-Sat | Station: 22:30 | Corn Square: 22:34 | Hospital: 22:39 | Harbour: 22:46 |"]),
        ("town/waste-calendar-2025.csv", [44], [1],
         ["| Date: 2025-12-27 | Weekday: Saturday | District: South | Collection: Paper (moved from 25 December) |"]),
    ],
)  # fmt: skip
def test_tables_of_everyday_files(file: str, rows: list[int], labels: list[int], some: list[str]) -> None:
    document = load(shared_data(f"visitors/{file}"))
    assert [document.text.count("\n", table.start, table.end) + 1 for table in document.tables] == rows
    assert [table.headings for table in document.tables] == [(0,)] * len(rows)
    assert [table.labels for table in document.tables] == labels
    for table, row in zip(document.tables, some, strict=True):
        assert row in linearise(document.text, document.tables, table.start, table.end).text.split("\n")


@pytest.mark.parametrize("merged", ["C4:XFD1048576", "A9:B9"])
def test_a_merged_cell_outside_the_cells_is_left_out(merged: str) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append(["c", 1])
    book.active.merge_cells("A4:B4")
    target, changed = io.BytesIO(), io.BytesIO()
    book.save(target)
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A4:B4"', f'ref="{merged}"'.encode()))
    assert xlsx.parse(changed.getvalue(), "a.xlsx").tables[0].merged == ()


def test_the_questions_of_a_form_are_headings_however_long_one_is() -> None:
    asked = "How satisfied are you overall with the onboarding process that you went through in month one?"
    rows = f"Time,Name,{asked},Team\n1/2,Ann,Very,IT\n1/3,Bob,No,IT\n"
    assert parse(rows.encode(), "a.csv").tables[0].headings == (0,)
    prose = f"{asked},{asked} Yes.\n{asked} No.,{asked} Why?\n"
    assert parse(prose.encode(), "a.csv").tables[0].headings == ()


def test_hours_of_a_timesheet_are_counted_beyond_a_day_as_the_sheet_shows_them() -> None:
    def change(sheet: Any) -> None:
        formats = ("[h]:mm", "[h]:mm", "[hh]:mm:ss", "[mm]:ss", '[h]" hours"', "[h]:mm")
        for row, number_format in enumerate(formats, start=2):
            sheet.cell(row, 2).number_format = number_format

    hours = [8.5, 34, 8 + 1 / 240, 2, 48, -6]
    rows = [(f"Day {number}", dt.timedelta(hours=own)) for number, own in enumerate(hours)]
    text = of_xlsx(("Day", "Worked"), *rows, change=change).text
    shown_as = [line.split(" | ")[1].rstrip(" |") for line in text.split("\n")[3:]]
    assert shown_as == ["8:30", "34:00", "08:00:15", "120:00", "48 hours", "-6:00"]


def test_a_column_that_only_keeps_others_apart_makes_no_headings_of_rows() -> None:
    rows = [(None, "Name", None, "Ann Lee"), (None, "Department", None, "Sales"), (None, "Room", None, "B 12")]
    document = of_xlsx(*rows, (None, "Cost centre", None, 450), (None, "Approved by", None, "Bob Stone"))
    assert document.tables[0].headings in ((), (0,))


def test_a_table_with_the_line_ends_of_the_macintosh_is_divided_by_what_divides_its_lines() -> None:
    document = of_csv("Name;Preis;Ort\rStift;1,50;Ulm\rHeft;0,99;Bonn\rTinte;3,20;Kiel\r")
    assert document.text.split("\n")[1] == "| Stift | 1,50 | Ulm |"
    assert document.tables[0].headings == (0,)
