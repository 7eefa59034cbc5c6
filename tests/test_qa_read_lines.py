"""What is said of a list, a procedure or a table that holds the answer: all of it, with its lead-in."""

from __future__ import annotations

from documents.document import Document
from documents.load import parse
from qa.read.lines import MOST, block_around

STEPS = """# Moving house

Read this before you pack.

To move the archive:

1. Stop the service.
2. Copy the folders:
   - letters
   - maps
3. Start the service.

Ask Ann if anything fails.
"""


def lines(document: Document, sentence: str) -> list[tuple[str, str]]:
    start = document.text.index(sentence)
    found = block_around(document, start, start + len(sentence))
    return [(line.role, document.text[line.start : line.end]) for line in found]


ALL = [
    ("lead-in", "To move the archive:"),
    ("step", "1. Stop the service."),
    ("step", "2. Copy the folders:"),
    ("item", "- letters"),
    ("item", "- maps"),
    ("step", "3. Start the service."),
]


def test_a_step_stands_for_the_whole_procedure_with_its_lead_in_and_the_lists_in_it() -> None:
    document = parse(STEPS.encode(), "a.md")
    assert lines(document, "1. Stop the service.") == ALL
    assert lines(document, "- maps") == ALL


def test_the_lead_in_stands_for_the_list_that_it_introduces() -> None:
    assert lines(parse(STEPS.encode(), "a.md"), "To move the archive:") == ALL


def test_prose_stands_for_no_block() -> None:
    assert lines(parse(STEPS.encode(), "a.md"), "Ask Ann if anything fails.") == []


def test_of_a_list_that_is_too_long_the_list_within_it_is_said() -> None:
    text = (
        "\n".join(f"{number}. step {number}" for number in range(1, MOST + 1))
        + "\n    - one thing\n    - another thing\n"
    )
    document = parse(text.encode(), "a.md")
    assert lines(document, "- one thing") == [("item", "- one thing"), ("item", "- another thing")]
    assert lines(document, "1. step 1") == []


def test_items_that_are_parts_of_a_text_are_no_list_but_lists_in_them_are() -> None:
    told = "The board looked at the fence again. " * 12
    lent = "2. Tools are lent as follows:\n   - write your name down\n   - bring them back\n"
    document = parse(f"# Minutes\n\n1. {told}\n\n{lent}".encode(), "a.md")
    assert lines(document, "The board looked at the fence again.") == []
    assert lines(document, "- bring them back")[-2:] == [
        ("item", "- write your name down"),
        ("item", "- bring them back"),
    ]
    short = parse(f"# Minutes\n\n1. The fence.\n\n{lent}".encode(), "a.md")
    assert lines(short, "- bring them back")[0] == ("step", "1. The fence.")


def test_a_row_stands_for_the_rows_of_its_table_without_the_headings() -> None:
    document = parse(b"| Club | Day |\n|---|---|\n| Chess | Monday |\n| Choir | Friday |\n", "a.md")
    assert lines(document, "| Choir | Friday |") == [("row", "| Chess | Monday |"), ("row", "| Choir | Friday |")]


def test_code_is_said_whole_with_the_sentence_that_introduces_it() -> None:
    document = parse(b"Once all is installed:\n\n```sh\nmake\nmake check\n```\n\nThat is all.\n", "a.md")
    whole = [("lead-in", "Once all is installed:"), ("answer", "```sh\nmake\nmake check\n```")]
    assert lines(document, "Once all is installed:") == whole
    assert lines(document, "make check") == whole
    long = "\n".join(["```", *(f"line {number}" for number in range(MOST)), "```"])
    assert lines(parse(long.encode(), "a.md"), "line 3") == []
