"""Everyday tables in five formats: each cell has its row and column headings and its unit, checked by hand."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import docx
import openpyxl
import pytest
from real_files import converted

from documents.blocks import check_structure
from documents.document import Document
from documents.grid import Grid
from documents.load import parse
from qa.answer.cells import cited_cells

Cells = Sequence[Sequence[object]]
Merge = tuple[tuple[int, int], tuple[int, int]]

TEXTS = {
    "signs of currency in cells of their own, in-thousands in the corner": (
        "a.md",
        """| In thousands | | 2023 | | 2022 |
|---|---|---:|---|---:|
| Revenue | $ | 1,200 | $ | 1,100 |
| Cost of sales | | (700) | | (640) |
| Net income (loss) | $ | (35) | $ | 20 |
""",
        """1,200 = Revenue | 2023 | $, In thousands
1,100 = Revenue | 2022 | $, In thousands
(700) = Cost of sales | 2023 | $, In thousands
(640) = Cost of sales | 2022 | $, In thousands
(35) = Net income (loss) | 2023 | $, In thousands
20 = Net income (loss) | 2022 | $, In thousands""",
    ),
    "a unit in the caption, marks of notes": (
        "a.md",
        """Table 2: Entry fees (in €)

| Visitor | Weekday | Weekend[^1] |
|---|---|---|
| Adult | 12.00 | 14.50* |
| Child¹ | 6.00 | n/a |

[^1]: Saturday and Sunday.
""",
        """12.00 = Adult | Weekday | in €
14.50* = Adult | Weekend[^1] | in €
6.00 = Child¹ | Weekday | in €
n/a = Child¹ | Weekend[^1]""",
    ),
    "units in the headings of rows": (
        "a.md",
        """| | Model A | Model B |
|---|---|---|
| Weight (kg) | 12 | 14.5 |
| Climb (m) | 80 | 95 |
| Price in € | 199 | 249 |
| Range | 40 km | 35% |
""",
        """12 = Weight (kg) | Model A | kg
14.5 = Weight (kg) | Model B | kg
80 = Climb (m) | Model A | m
95 = Climb (m) | Model B | m
199 = Price in € | Model A | in €
249 = Price in € | Model B | in €
40 km = Range | Model A
35% = Range | Model B""",
    ),
    "groups of rows, the unit in the lead-in": (
        "a.md",
        """Members by age (in thousands):

| Age | 2022 | 2023 |
|---|---|---|
| Women | | |
| under 30 | 1.2 | 1.3 |
| Men | | |
| under 30 | 0.9 | 1.1 |
""",
        """1.2 = Women; under 30 | 2022 | in thousands
1.3 = Women; under 30 | 2023 | in thousands
0.9 = Men; under 30 | 2022 | in thousands
1.1 = Men; under 30 | 2023 | in thousands""",
    ),
    "a table of HTML in Markdown": (
        "a.md",
        """The fees (in CHF):

<table>
  <tr><th>Boat</th><th>Day</th><th>Week<sup>1</sup></th></tr>
  <tr><td>Canoe</td><td>25</td><td>120</td></tr>
  <tr><td><b>Sailing</b> boat</td><td>60</td><td>(300)</td></tr>
</table>
""",
        """25 = Canoe | Day | in CHF
120 = Canoe | Week 1 | in CHF
60 = Sailing boat | Day | in CHF
(300) = Sailing boat | Week 1 | in CHF""",
    ),
    "aligned by spaces, below an empty corner": (
        "a.txt",
        """Water charges (in £ per house)

                2023     2024
Houses           180      190
Farms             95     (10)
""",
        """180 = Houses | 2023 | in £ per house
190 = Houses | 2024 | in £ per house
95 = Farms | 2023 | in £ per house
(10) = Farms | 2024 | in £ per house""",
    ),
    "negative numbers in brackets, the unit in a line above": (
        "a.csv",
        "Harbour budget,,\n(in thousand £),,\nItem,2023,2024\nMooring fees,820,905\nRepairs,(310),(295)\n"
        "Surplus / (deficit),510,610\n",
        """820 = Mooring fees | 2023 | in thousand £
905 = Mooring fees | 2024 | in thousand £
(310) = Repairs | 2023 | in thousand £
(295) = Repairs | 2024 | in thousand £
510 = Surplus / (deficit) | 2023 | in thousand £
610 = Surplus / (deficit) | 2024 | in thousand £""",
    ),
    "a unit in each heading, a note below": (
        "a.csv",
        "Plan,Monthly price (£),Data (GB),Calls (min)\nBasic,5.00,2,100\nPlus*,9.00,10,unlimited\n* new members only\n",
        """5.00 = Basic | Monthly price (£) | £
2 = Basic | Data (GB) | GB
100 = Basic | Calls (min) | min
9.00 = Plus* | Monthly price (£) | £
10 = Plus* | Data (GB) | GB
unlimited = Plus* | Calls (min)""",
    ),
    "German, the unit in the corner": (
        "a.csv",
        "Umsatz in Mio. EUR;2022;2023\nInland;12,4;13,1\nAusland;8,0;(0,3)\n",
        """12,4 = Inland | 2022 | in Mio. EUR
13,1 = Inland | 2023 | in Mio. EUR
8,0 = Ausland | 2022 | in Mio. EUR
(0,3) = Ausland | 2023 | in Mio. EUR""",
    ),
    "units in a column of their own": (
        "a.csv",
        "Test,Result,Unit,Reference\nHaemoglobin,13.5,g/dl,12-16\nCRP,<5,mg/l,0-5\n",
        """13.5 = Haemoglobin | Result | g/dl
g/dl = Haemoglobin | Unit
12-16 = Haemoglobin | Reference
<5 = CRP | Result | mg/l
mg/l = CRP | Unit
0-5 = CRP | Reference""",
    ),
    "a statement of accounts with signs and brackets in cells of their own": (
        "a.html",
        "<p>Statement of income (in millions, except per share)</p><table>"
        "<tr><td></td><td colspan=3><b>2023</b></td><td></td><td colspan=3><b>2022</b></td></tr>"
        "<tr><td>Revenue</td><td>$</td><td>1,234</td><td></td><td></td><td>$</td><td>1,100</td><td></td></tr>"
        "<tr><td>Other</td><td></td><td>(12</td><td>)</td><td></td><td></td><td>(9</td><td>)</td></tr>"
        "<tr><td>Per share</td><td>$</td><td>2.10</td><td></td><td></td><td>$</td><td>1.90</td><td></td></tr></table>",
        """$1,234 = Revenue | 2023 | in millions
$1,100 = Revenue | 2022 | in millions
(12) = Other | 2023 | in millions
(9) = Other | 2022 | in millions
$2.10 = Per share | 2023
$1.90 = Per share | 2022""",
    ),
    "headings over several columns, raised marks": (
        "a.html",
        "<table><caption>Pool prices (CHF)</caption><thead><tr><th rowspan=2>Ticket</th><th colspan=2>Adults</th>"
        "<th colspan=2>Children<sup>1</sup></th></tr><tr><th>Summer</th><th>Winter</th><th>Summer</th><th>Winter</th>"
        "</tr></thead><tr><th>Single</th><td>8.00</td><td>6.50</td><td>4.00</td><td>3.00<sup>2</sup></td></tr></table>",
        """8.00 = Single | Adults; Summer | CHF
6.50 = Single | Adults; Winter | CHF
4.00 = Single | Children¹; Summer | CHF
3.00² = Single | Children¹; Winter | CHF""",
    ),
    "a row of units below the headings": (
        "a.html",
        "<table><tr><th>Size</th><th>Weight</th><th>High °C</th><th>Price</th></tr><tr><th></th><th>(kg)</th><th></th>"
        "<th>(€)</th></tr><tr><td>S</td><td>2</td><td>35</td><td>4.50</td></tr></table>",
        """2 = S | Weight; (kg) | kg
35 = S | High °C | °C
4.50 = S | Price; (€) | €""",
    ),
}


def sheet(rows: Cells, merged: Sequence[str], number_format: str) -> bytes:
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = book.active.cell(number, column, value)
            if isinstance(value, float):
                cell.number_format = number_format
    for cells in merged:
        book.active.merge_cells(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def word(rows: Sequence[Sequence[str]], merged: Sequence[Merge] = (), caption: str = "") -> bytes:
    document = docx.Document()
    if caption:
        document.add_paragraph(caption, style="Caption")
    table = document.add_table(len(rows), len(rows[0]))
    table.style = "Table Grid"
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            run = table.cell(number, column).paragraphs[0].add_run(value)
            run.bold = number == 0
    for first, last in merged:
        table.cell(*first).merge(table.cell(*last))
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


BUDGET = sheet(
    [
        ["£ thousand", "Plan", None, "Actual"],
        [None, 2023, 2024, 2023, 2024],
        ["Income", 500.0, 520.0, 480.0],
        ["Rent", -120.0, -125.0, -120.0, -130.0],
    ],
    ["B1:C1", "D1:E1"],
    "#,##0;(#,##0)",
)
INVOICE = sheet(
    [
        ["Item", "Quantity", "Unit", "Price"],
        ["Flour", 25, "kg", 20.0],
        ["Discount", None, None, -5.0],
        ["All prices in EUR, net."],
    ],
    [],
    '#,##0.00 "€"',
)
HOURS = word(
    [
        ["Pool", "Weekdays", "", "Weekend", ""],
        ["", "Opens", "Closes", "Opens", "Closes"],
        ["North", "6:30", "21:00", "8:00", "18:00"],
        ["South†", "7:00", "20:00", "9:00", "17:00"],
    ],
    [((0, 1), (0, 2)), ((0, 3), (0, 4)), ((0, 0), (1, 0))],
)
SEGMENTS = word(
    [
        ["($ in millions)", "", "2023", "", "2022"],
        ["Sales", "$", "41.5", "$", "39.0"],
        ["Costs", "", "(30.2)", "", "(33.1)"],
        ["Profit per day", "$", "11.3", "$", "5.9"],
    ],
    caption="Table 1: Segment results",
)
FILES = {
    "a budget, negative numbers as the format shows them": (
        "a.xlsx",
        BUDGET,
        """500 = Income | Plan; 2023 | £ thousand
520 = Income | Plan; 2024 | £ thousand
480 = Income | Actual; 2023 | £ thousand
(120) = Rent | Plan; 2023 | £ thousand
(125) = Rent | Plan; 2024 | £ thousand
(120) = Rent | Actual; 2023 | £ thousand
(130) = Rent | Actual; 2024 | £ thousand""",
    ),
    "an invoice with a note": (
        "a.xlsx",
        INVOICE,
        """25 = Flour | Quantity | kg
kg = Flour | Unit
20.00 € = Flour | Price
-5.00 € = Discount | Price""",
    ),
    "opening hours": (
        "a.docx",
        HOURS,
        """6:30 = North | Weekdays; Opens
21:00 = North | Weekdays; Closes
8:00 = North | Weekend; Opens
18:00 = North | Weekend; Closes
7:00 = South† | Weekdays; Opens
20:00 = South† | Weekdays; Closes
9:00 = South† | Weekend; Opens
17:00 = South† | Weekend; Closes""",
    ),
    "segments": (
        "a.docx",
        SEGMENTS,
        """$41.5 = Sales | 2023 | $ in millions
$39.0 = Sales | 2022 | $ in millions
(30.2) = Costs | 2023 | $ in millions
(33.1) = Costs | 2022 | $ in millions
$11.3 = Profit per day | 2023 | $ in millions
$5.9 = Profit per day | 2022 | $ in millions""",
    ),
}


def cells_of(document: Document) -> list[str]:
    """The cells of all rows of data, each with its headings and unit."""
    check_structure(document.text, document.blocks, document.tables)
    found = list[str]()
    for table in document.tables:
        grid = Grid(document.text, table)
        for row in filter(grid.is_data, range(len(grid))):
            for cell in cited_cells(document, *grid.range_of(row)):
                assert document.text[cell.start : cell.end] == document.text[cell.start : cell.end].strip()
                parts = ["; ".join(cell.row), "; ".join(cell.columns), *filter(None, [cell.unit])]
                found.append(f"{document.text[cell.start : cell.end]} = {' | '.join(parts)}")
    return found


@pytest.mark.parametrize("table", TEXTS)
def test_tables_in_text(table: str) -> None:
    name, source, expected = TEXTS[table]
    assert cells_of(parse(source.encode(), name)) == expected.split("\n")


@pytest.mark.parametrize("table", FILES)
def test_tables_in_office_files(table: str) -> None:
    name, data, expected = FILES[table]
    assert cells_of(parse(data, name)) == expected.split("\n")


@pytest.mark.usefixtures("libreoffice")
def test_a_table_in_a_pdf_of_libreoffice(tmp_path: Path) -> None:
    source = tmp_path / "a.docx"
    source.write_bytes(SEGMENTS)
    (file,) = converted("pdf", source)
    found = cells_of(parse(file.read_bytes(), "a.pdf"))
    assert found == [cell.removeprefix("$") for cell in FILES["segments"][2].split("\n")]
