"""Blocks and tables of Markdown, placed in a text that keeps its markup."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from structures import SOURCES, blocks_of, rows_of

from documents.formats import markdown
from documents.formats.markdown_blocks import read_blocks


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


@settings(deadline=None, derandomize=True)
@given(SOURCES, st.integers(1, 60))
def test_the_size_of_the_window_changes_nothing(source: str, window: int) -> None:
    assert read_blocks(source, 0, window) == read_blocks(source, 0)
