"""The structure of documents in a form to compare, and random documents.

Those have nested lists, tables, quotations and fields, in Markdown, as plain text and from a Builder.
"""

from __future__ import annotations

import re

from hypothesis import strategies as st

from documents.blocks import check_structure
from documents.document import Document
from documents.formats import markdown, text
from documents.formats.build import Builder
from documents.grid import Grid
from documents.normalise import normalise


def blocks_of(document: Document) -> list[str]:
    """A line for each block but lists: its kind, its label and its text in one line, indented by its depth."""
    check_structure(document.text, document.blocks, document.tables)
    shown = []
    for block in document.blocks:
        around = [own for own in document.blocks_at(block.start) if own.end >= block.end and own.kind != "list"]
        words = " ".join(document.text[block.start : block.end].split())
        if block.kind != "list":
            shown.append("  " * (len(around) - 1) + f"{block.kind} {words}")
    return shown


def rows_of(document: Document, table: int = 0) -> list[list[str]]:
    """The texts of a table's cells by row, without rules."""
    grid = Grid(document.text, document.tables[table])
    rows = (grid.cells(row) for row in range(len(grid)) if not grid.is_rule(row))
    return [[document.text[cell.start : cell.end] for cell in row] for row in rows]


WORDS = st.lists(
    st.sampled_from(["oak", "Elm tree.", "ash:", "Birch", "yew 12.5", "fir? Yes!"]), min_size=1, max_size=6
)
TEXTS = WORDS.map(" ".join)
MARKERS = st.sampled_from(
    ["- ", "* ", "1. ", "2. ", "3) ", "a) ", "(b) ", "• ", "- [x] ", "Step 1: ", "2.1 ", "> ", "> > "]
)
INDENTS = st.sampled_from(["", "", "  ", "    ", "      "])
LINES = st.one_of(
    st.tuples(INDENTS, MARKERS, TEXTS).map("".join),
    st.tuples(INDENTS, TEXTS).map("".join),
    st.sampled_from(["", "", "# Head", "## Sub *two*", "Title", "=====", "---", "```", "§ 2 Scope", "== Part =="]),
    st.sampled_from(["| a | b |", "|---|---|", "| 1 | two |", "c | d", "- | -", "+---+---+", "| | |", "> | x | y |"]),
    st.sampled_from(["Name: value", "**Bold**: text", "ANNA: Hello.", "From: me", "Subject: you", "[10:02] Bob: Hi."]),
    st.sampled_from(
        ["Mon     8:00   9:00", "Tuesday 8:30   9:45", "Wed    10:00", "GET  /a    list", "<div>", "</div>"]
    ),
    st.sampled_from(["<table>", "</table>", "<tr>", "<td>x</td>", "<th colspan=2>y", "<caption>c</caption>", "</tr>"]),
    st.sampled_from(["<ul>", "<ol><li>", "<li>z</li>", "</ul>", "</ol>", "<dl><dt>t<dd>", "</dl>", "<tr><td>1<td>2"]),
    st.sampled_from(
        [
            "<table>\n<tr><th>a</th><th>b</th></tr>\n\n<tr><td>c</td>\n<td>5</td></tr></table>",
            "<table><tr><td>a<td>b: 1\n\ntext\n\n<tr><td>c<td>d</table>",
            "<ul>\n<li>x: 1.\n\n<li><p>y</p>\n<ol><li>z</ol>\n</ul>",
            "<dl>\n<dt>t</dt>\n<dd>u</dd><dd>v\n</dl>",
        ]
    ),
)
_TAGS = re.compile(r"<[^<>]*>")


def without_tags(text: str) -> str:
    """The text with spaces in the place of tags of HTML, which belong to no sentence."""
    return _TAGS.sub(lambda tag: " " * len(tag[0]), text)


def says_nothing(text: str) -> bool:
    """Whether the text is only space and tags of HTML."""
    return not without_tags(text).strip()


SOURCES = st.lists(LINES, min_size=1, max_size=30).map("\n".join).map(normalise).filter(str.strip)


@st.composite
def built(draw: st.DrawFn) -> Document:
    """A document made by a Builder."""
    builder = Builder("test/1")
    builder.paragraph("Start.")
    for _ in range(draw(st.integers(1, 25))):
        words = draw(TEXTS)
        match draw(st.sampled_from(["item", "item", "step", "more", "paragraph", "rows", "heading", "field", "quote"])):
            case "item":
                builder.item(words, depth=draw(st.integers(0, 3)))
            case "step":
                builder.item(words, f"{draw(st.integers(1, 9))}.", draw(st.integers(0, 3)), is_step=True)
            case "more":
                builder.more_of_item(words)
            case "paragraph":
                builder.paragraph(words + draw(st.sampled_from(["", ":"])))
            case "rows":
                cells = st.lists(st.sampled_from(["", "x", "Two words", "3", "4.5"]), min_size=1, max_size=4)
                builder.rows(
                    draw(st.lists(cells, min_size=1, max_size=5)), caption=draw(st.sampled_from(["", "Table 1"]))
                )
            case "heading":
                builder.heading(words, draw(st.integers(1, 3)))
            case "field":
                builder.field("Name", words)
            case _:
                with builder.block("quotation"):
                    builder.paragraph(words)
                    builder.item(words)
    return builder.document("test")


DOCUMENTS: st.SearchStrategy[Document] = st.one_of(SOURCES.map(markdown.parse), SOURCES.map(text.parse), built())
