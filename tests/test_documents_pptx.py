"""Presentations: bullets and numbers as shown, prose without them, tables with merged cells."""

from __future__ import annotations

import io
from typing import Any

import pptx
import pytest
from outlines import cells, lists, outline
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from documents.blocks import Merged
from documents.document import Document
from documents.load import parse

NAMES = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


class Deck:
    """A presentation of one slide, to which more can be added."""

    def __init__(self, layout: int = 6) -> None:
        self._presentation = pptx.Presentation()
        self.slide = self._presentation.slides.add_slide(self._presentation.slide_layouts[layout])

    def add(self, layout: int) -> None:
        """Add a slide, which is the one at hand from now on."""
        self.slide = self._presentation.slides.add_slide(self._presentation.slide_layouts[layout])

    def box(self, *lines: tuple[str, int, str]) -> None:
        """Add a text box of paragraphs: text, level and what its properties hold."""
        box = self.slide.shapes.add_textbox(0, Inches(1), Inches(5), Inches(2))
        fill(box.text_frame, *lines)

    def read(self) -> Document:
        target = io.BytesIO()
        self._presentation.save(target)
        return parse(target.getvalue(), "a.pptx")


def fill(frame: Any, *lines: tuple[str, int, str]) -> None:
    for number, (text, level, properties) in enumerate(lines):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = text
        paragraph.level = level
        if properties:
            paragraph._p.get_or_add_pPr().append(parse_xml(properties.replace("/>", f" {NAMES}/>")))


def auto(scheme: str, more: str = "") -> str:
    return f'<a:buAutoNum type="{scheme}"{more}/>'


def test_bullets_are_inherited_from_the_master() -> None:
    deck = Deck(1)
    deck.slide.shapes.title.text = "Plan"
    fill(
        deck.slide.placeholders[1].text_frame,
        ("Buy", 0, ""), ("tea", 1, ""), ("milk", 1, ""), ("Plain words.", 0, "<a:buNone/>"), ("Sell", 0, ""),
    )  # fmt: skip
    document = deck.read()
    assert document.text == "Plan\n\n• Buy\n  • tea\n  • milk\n\nPlain words.\n\n• Sell"
    assert lists(document) == [["• Buy\n  • tea\n  • milk"], ["• tea", "• milk"], ["• Sell"]]


def test_numbers_go_on_after_what_is_within_an_item() -> None:
    deck = Deck()
    first, inner = auto("arabicPeriod"), auto("alphaLcParenR")
    deck.box(
        ("Open", 0, first), ("door", 1, inner), ("lid", 1, inner), ("Turn", 0, first), ("left", 1, inner),
        ("Close", 0, auto("romanUcPeriod", ' startAt="3"')),
    )  # fmt: skip
    document = deck.read()
    assert document.text == "1. Open\n  a) door\n  b) lid\n2. Turn\n  a) left\nIII. Close"
    assert outline(document)[1] == ("step", "1.", "1. Open")


@pytest.mark.parametrize(
    ("scheme", "label"),
    [
        ("arabicParenBoth", "(28)"), ("arabicPlain", "28"), ("alphaUcParenR", "BB)"), ("romanLcParenBoth", "(xxviii)"),
        ("arabicParenR", "28)"),
    ],
)  # fmt: skip
def test_forms_of_numbers(scheme: str, label: str) -> None:
    deck = Deck()
    deck.box(("Text", 0, auto(scheme, ' startAt="28"')))
    assert deck.read().text == f"{label} Text"


def test_sentences_without_bullets_are_prose_and_short_lines_are_a_list() -> None:
    deck = Deck()
    deck.box(("We sold more.", 0, ""), ("We lost less.", 0, ""))
    deck.box(("Tea", 0, ""), ("Milk", 0, ""))
    document = deck.read()
    assert document.text == "We sold more.\n\nWe lost less.\n\nTea\nMilk"
    assert lists(document) == [["Tea", "Milk"]]


def test_a_subtitle_is_no_list() -> None:
    deck = Deck(0)
    deck.slide.shapes.title.text = "Report"
    deck.slide.placeholders[1].text_frame.text = "Ann Lee\nHarbour office"
    document = deck.read()
    assert document.text == "Report\n\nAnn Lee\n\nHarbour office"
    assert document.blocks == ()


def test_merged_cells_of_tables_stand_once() -> None:
    deck = Deck()
    table = deck.slide.shapes.add_table(3, 3, 0, 0, Inches(5), Inches(2)).table
    for row, texts in enumerate([["Town", "Sold", ""], ["", "2023", "2024"], ["Ulm", "1", "2"]]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(0, 0).merge(table.cell(1, 0))
    document = deck.read()
    assert cells(document) == [[["Town", "Sold"], ["", "2023", "2024"], ["Ulm", "1", "2"]]]
    assert document.tables[0].merged == (Merged(0, 0, 2, 1), Merged(0, 1, 1, 2))
    assert document.tables[0].headings == (0, 1)


def test_figures_of_a_chart_have_all_their_digits() -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    data = CategoryChartData()
    data.categories = ["2023", "2024"]
    data.add_series("Revenue", (1234567, 805123.45))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(5), Inches(3), data)
    saved = io.BytesIO()
    show.save(saved)
    text = parse(saved.getvalue(), "a.pptx").text
    assert "| 2023 | 1234567 |" in text
    assert "| 2024 | 805123.45 |" in text


def test_the_heading_of_a_column_is_above_the_column() -> None:
    deck = Deck(4)
    for place, text in enumerate(("Lights", "For", "bright\ncheap", "Against", "ugly\nhot")):
        deck.slide.placeholders[place].text = text
    assert deck.read().text == "Lights\n\nFor\n\n• bright\n• cheap\n\nAgainst\n\n• ugly\n• hot"


def running(deck: Deck, kind: str, text: str) -> None:
    """Add what the slide's layout places at its bottom."""
    deck.slide.shapes._spTree.append(
        parse_xml(
            f'<p:sp xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" {NAMES}><p:nvSpPr>'
            f'<p:cNvPr id="{90 + len(kind)}" name="{kind}"/><p:cNvSpPr/><p:nvPr><p:ph type="{kind}" sz="quarter" '
            f'idx="{10 + len(kind)}"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="0" y="6400000"/>'
            '<a:ext cx="9" cy="9"/></a:xfrm></p:spPr>'
            f"<p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        )
    )


def test_a_footer_stands_once_and_the_number_of_a_slide_is_no_text() -> None:
    deck = Deck(5)
    for number, title in enumerate(("Plan", "Costs"), start=1):
        if number > 1:
            deck.add(5)
        deck.slide.shapes.title.text = title
        running(deck, "ftr", "Acme, confidential")
        running(deck, "sldNum", str(number))
    document = deck.read()
    assert document.text == "Plan\n\nAcme, confidential\n\nCosts"
    assert [document.text[page.start : page.end] for page in document.pages][1] == "Costs"


def test_the_texts_of_a_diagram_are_a_list() -> None:
    deck = Deck(5)
    deck.slide.shapes.title.text = "How we work"
    points = "".join(
        f'<dgm:pt modelId="{number}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for number, text in ((2, "Sell"), (3, "in two shops"), (4, "Buy"))
    )
    links = "".join(
        f'<dgm:cxn modelId="{10 + end}" srcId="{start}" destId="{end}" srcOrd="{order}" destOrd="0"/>'
        for start, end, order in ((1, 2, 1), (2, 3, 0), (1, 4, 0), (3, 2, 0))
    )
    model = (
        f'<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" {NAMES}><dgm:ptLst>'
        f'<dgm:pt modelId="1" type="doc"/>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>'
    )
    part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", deck.slide.part.package, model.encode())
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    place = deck.slide.part.relate_to(part, f"{related}/diagramData")
    deck.slide.shapes._spTree.append(
        parse_xml(
            f'<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" {NAMES}>'
            '<p:nvGraphicFramePr><p:cNvPr id="50" name="Diagram"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr>'
            '<p:xfrm><a:off x="0" y="2000000"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData '
            'uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds '
            f'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:r="{related}" r:dm="{place}"/>'
            "</a:graphicData></a:graphic></p:graphicFrame>"
        )
    )
    document = deck.read()
    assert document.text == "How we work\n\nBuy\nSell\n  in two shops"
    assert lists(document) == [["Buy", "Sell\n  in two shops"], ["in two shops"]]
