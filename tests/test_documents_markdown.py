"""Blocks and tables of Markdown, placed in a text that keeps its markup."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structures import SOURCES, blocks_of, rows_of

from documents.document import Chunk
from documents.elements import sentences_of
from documents.formats import markdown
from documents.formats.markdown_blocks import read_blocks
from documents.load import parse


def test_lists_with_paragraphs_code_and_boxes_in_their_items() -> None:
    source = "1) one\n\n   more of one\n\n   ```py\n   x = 1\n   ```\n2) two\n   * [ ] open\n   * [x] done\n3) - - deep"
    document = markdown.parse(source)
    assert blocks_of(document) == [
        "step 1) one more of one ```py x = 1 ```",
        "  code ```py x = 1 ```",
        "step 2) two * [ ] open * [x] done",
        "  item * [ ] open",
        "  item * [x] done",
        "step 3) - - deep",
        "  item - - deep",
        "    item - deep",
    ]
    labels = [block.label for block in document.blocks if block.kind != "list"]
    assert labels == ["1)", "py", "2)", "* [ ]", "* [x]", "3)", "-", "-"]


def test_quotations_hold_lists_tables_and_quotations() -> None:
    source = "> said\n> - a\n>   b\n>\n> > deep\n>\n> | x | y |\n> |---|---|\n> | 1 | 2 |\n\nEnd"
    document = markdown.parse(source)
    assert blocks_of(document) == [
        "quotation > said > - a > b > > > deep > > | x | y | > |---|---| > | 1 | 2 |",
        "  item - a > b",
        "  quotation > deep",
    ]
    assert rows_of(document) == [["x", "y"], ["1", "2"]]


def test_tables_with_escaped_bars_without_outer_bars_and_with_groups() -> None:
    document = markdown.parse(
        "a | b\n--|--\n1 | 2 \\| 3\n\n- in an item\n\n  | a | b |\n  |--|--|\n  | *G* | |\n  | c | 4 |"
    )
    assert rows_of(document) == [["a", "b"], ["1", "2 \\| 3"]]
    assert rows_of(document, 1) == [["a", "b"], ["*G*", ""], ["c", "4"]]
    second = document.tables[1]
    assert second.headings == (0,)
    assert [(group.row, group.last) for group in second.groups] == [(2, 3)]


def test_fields_of_front_matter_bold_terms_and_lines() -> None:
    source = "---\ntitle: T\ntags: [a]\n---\n\n**Term**: its meaning.\n**Other:** more.\n\nKey: value\nOther key: value"
    document = markdown.parse(source)
    assert [(block.kind, block.label) for block in document.blocks] == [
        ("field", label) for label in ("title", "tags", "Term", "Other", "Key", "Other key")
    ]
    assert document.title == "T"


def test_indented_code_and_lists_that_only_plain_text_has() -> None:
    source = "Text\n\n    code here\n\n• odd\n• bullets\n\na) x\n\nb) y\n\n    a: b"
    assert blocks_of(markdown.parse(source)) == [
        "code code here",
        "item • odd",
        "item • bullets",
        "step a) x",
        "step b) y",
        "code a: b",
    ]


def test_tables_of_html_have_cells_where_the_markup_has_them() -> None:
    source = (
        "Prices:\n\n<table>\n<caption>Fares (in £)</caption>\n<thead>\n"
        "<tr><th rowspan=2>Zone<th colspan='2'>Single</tr>\n\n<tr><th>Adult</th><th><em>Child</em></th></tr>\n"
        "</thead>\n<tr>\n  <td><b>A</b> and\n  B</td>\n  <td align=right>2.40</td>\n  <td>&nbsp;</td>\n</tr>\n\n"
        "<tr><td>C<td>3.10<td>1.50\n</table>\n\nEnd."
    )
    document = markdown.parse(source)
    assert rows_of(document) == [
        ["Zone", "Single"],
        ["", "Adult", "Child"],
        ["<b>A</b> and\n  B", "2.40", ""],
        ["C", "3.10", "1.50"],
    ]
    assert blocks_of(document) == ["caption Fares (in £)"]
    own = document.tables[0]
    assert (own.headings, own.labels) == ((0, 1), 1)
    assert own.caption == (document.blocks[0].start, document.blocks[0].end)
    assert Chunk(document, own.start, own.end).linearised.text == (
        "Fares (in £)\n| Zone | Single |\n| Adult | Child |\n| Zone: A and B | Single Adult: 2.40 |\n"
        "| Zone: C | Single Adult: 3.10 | Child: 1.50 |"
    )


def test_lists_of_html_have_the_items_as_they_stand() -> None:
    source = (
        "Bring:\n\n<ul>\n<li>a tent\n<li><p>food</p>\n  <ol><li>bread</li>\n\n<li>milk</li></ol></li>\n</ul>\n\n"
        "<dl><dt>ash</dt><dt>elm</dt><dd>A tree.</dd><dt>yew</dt><dd>Another.</dd></dl>"
    )
    document = markdown.parse(source)
    assert blocks_of(document) == [
        "item a tent",
        "item <p>food</p> <ol><li>bread</li> <li>milk</li></ol>",
        "  step bread",
        "  step milk",
        "item ash</dt><dt>elm</dt><dd>A tree.",
        "item yew</dt><dd>Another.",
    ]
    assert [source[start:end] for start, end in sentences_of(document, 0, source.index("<dl>"))] == [
        "Bring:", "a tent", "<p>food</p>", "bread", "milk",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "```html\n<table><tr><td>a<td>b</table>\n```",
        "    <ul><li>a</ul>",
        "<!-- <ul><li>a</ul> -->",
        "<pre>\n<ul><li>a</ul>\n</pre>",
        "<table><tr><td>\n\n# Head\n\n<td>b</table>",
        "<table><tr><td>only one</table>",
        "<table><tr><td>a<td>never closed",
        "<ul>\n<li>never closed",
        "> <ul><li>a</ul>",
    ],
)
def test_html_that_is_no_table_or_list(source: str) -> None:
    document = markdown.parse(source)
    assert document.tables == ()
    assert all(block.kind not in ("list", "item") for block in document.blocks)


def test_of_tables_in_each_other_the_inner_one_holds_data() -> None:
    source = "<table><tr><td>\n\n| a | b |\n|---|---|\n| c | 4 |\n\n<td><table><tr><td>d<td>e</table></table>"
    assert [rows_of(markdown.parse(source), table) for table in (0, 1)] == [[["a", "b"], ["c", "4"]], [["d", "e"]]]


@settings(deadline=None, derandomize=True)
@given(SOURCES, st.integers(1, 60))
def test_the_size_of_the_window_changes_nothing(source: str, window: int) -> None:
    assert read_blocks(source, 0, window) == read_blocks(source, 0)


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    document = parse(b"---\n\n# Garden rules\n\nOpen at seven.\n\n---\n\nMore.", "a.md")
    assert [section.title for section in document.sections] == ["Garden rules"]
    assert parse(b"---\ntitle: Rules\n---\n# Garden\n\nOpen.", "a.md").title == "Rules"


PROSE = "What is paid back to members of staff who travel is said here."


def test_lines_in_bold_above_others_are_headings() -> None:
    source = (
        f"## Expenses\n\n{PROSE}\n\n**Travel by train**\n\n{PROSE}\n\n__Who pays?__\n\n- The department.\n\n**End**\n"
    )
    document = parse(source.encode(), "a.md")
    assert [(section.level, section.title) for section in document.sections] == [
        (2, "Expenses"), (3, "Travel by train"), (3, "Who pays?"),
    ]  # fmt: skip
    assert document.text == source.rstrip()


@pytest.mark.parametrize(
    "lines",
    [
        "**Acme Ltd**\n\n**High Street**\n\n## Next",
        "**Please write to us.**",
        "**Only** half of **it**",
        "**Note:**",
        "**Default: on**",
        "**[Read more](x.md)**",
        "**Table 1: Rates**",
        "**Two\nlines**",
        "> **Quoted**",
    ],
)
def test_other_words_in_bold_are_no_headings(lines: str) -> None:
    titles = [section.title for section in parse(f"{PROSE}\n\n{lines}\n\n{PROSE}\n".encode(), "a.md").sections]
    assert titles == (["Next"] if "Next" in lines else [])
