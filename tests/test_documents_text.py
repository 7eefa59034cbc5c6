"""Titles and sections of plain text and of Markdown."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.document import Document
from documents.formats import markdown, text
from documents.load import load, normalise, sample_paths

PROSE = (
    "This is a paragraph of prose that is long enough to be told from a heading. "
    "It has a second sentence, and it ends with a full stop, as prose does."
)


def outline(document: Document) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


def test_title_and_headings_of_the_sample_article() -> None:
    document = next(load(path) for path in sample_paths() if path.suffix == ".txt")
    assert document.title == "How to Build a Benchmark City for the Global Digital Economy?"
    assert outline(document) == [
        (1, "Accelerating the Development of the Digital Economy"),
        (1, "In Beijing, Digital Technologies are Rapidly Empowering Diverse Industries—"),
        (1, "The “Innovation Key” Behind Turning Data into Profit"),
        (1, "Promoting Global Cooperation and Mutual Learning for Digital-Friendly Cities"),
    ]
    assert document.parser == "text/3"


@pytest.mark.parametrize(
    "line",
    [
        "Annual Report of the Harbour Board",
        "INTRODUCTION",
        "Who Pays for the Bridge?",
        "1.2 Scope",
        "3. Results and discussion",
        "IV. The Long Way Home",
        "Chapter 7: a new start",
        "Appendix B",
        "第三章 数据安全",
        "一、背景",
        "Working with “Open” Data",
        "The Effects of Salt on Steel (Part Two)",
    ],
)
def test_lines_in_the_form_of_headings(line: str) -> None:
    document = text.parse(f"{PROSE}\n\n{line}\n\n{PROSE}")
    assert [title for _, title in outline(document)] == [line]
    section = document.sections[0]
    assert document.text[section.start : section.heading_end] == line
    assert section.end == len(document.text)


@pytest.mark.parametrize(
    "line",
    [
        "He Came Home Late.",
        "Apples, Pears and Plums,",
        "- Buy Milk",
        "• First Point",
        "—Introducing Policies",
        "July 2, 2025",
        "2025-07-07",
        "Version 3, 29 June 2007",
        "By Jane Doe",
        "Source: Daily Telegraph",
        "“What Now?”",
        "www.example.org",
        "jane@example.org",
        "* * *",
        "----",
        "12,000 34,000 56,000",
        "and so it went on",
        "Dear Sir or Madam,",
        PROSE,
    ],
)
def test_lines_that_are_no_headings(line: str) -> None:
    assert text.parse(f"{PROSE}\n\n{line}\n\n{PROSE}").sections == ()


def test_a_sentence_like_line_is_a_heading_only_before_much_prose() -> None:
    assert outline(text.parse(f"{PROSE}\n\nWhat we found\n\n{PROSE}")) == [(1, "What we found")]
    assert outline(text.parse(f"{PROSE}\n\nWhat we found\n\nNothing.")) == []


MINUTES = f"""MINUTES OF THE ROWING CLUB
Tuesday 4 March 2025, boat house

1. Last minutes
Approved.

2. Boats
{PROSE}

3. fees
from April. Carried, 4 : 1

4. A long proposal that was read out by the treasurer and then
discussed for an hour.
"""


def test_numbered_lines_above_prose_are_headings_where_there_are_several() -> None:
    assert [title for _, title in outline(text.parse(MINUTES))] == ["1. Last minutes", "2. Boats", "3. fees"]
    one = MINUTES.replace("1. Last minutes\nApproved.\n\n", "")
    assert outline(text.parse(one)) == []  # it may as well be an item of a list


def test_lines_in_capitals_above_prose_are_headings_where_there_are_several() -> None:
    letter = f"HELLO AGAIN\n{PROSE}\n\nFILM NIGHT\n{PROSE}\n\nSee you!\n"
    assert [title for _, title in outline(text.parse(f"News\n\n{letter}"))] == ["HELLO AGAIN", "FILM NIGHT"]
    assert outline(text.parse("ANN MILLER\n12 Main Street\n\nBEN CODY\n9 High Road\n")) == []


def test_heading_levels_follow_their_numbers() -> None:
    document = text.parse(f"My Report\n\n1 Start\n\n{PROSE}\n\n1.1 Scope\n\n{PROSE}\n\n2 End\n\n{PROSE}")
    assert document.title == "My Report"
    assert outline(document) == [(1, "1 Start"), (2, "1.1 Scope"), (1, "2 End")]
    assert document.section_path(document.text.index("1.1 Scope") + 20) == ("1 Start", "1.1 Scope")


def test_underlined_lines_are_headings() -> None:
    document = text.parse(f"The title of it\n===============\n\n{PROSE}\n\nA part\n------\n{PROSE}")
    assert document.title == "The title of it"
    assert outline(document) == [(2, "A part")]


def test_verse_has_no_headings() -> None:
    lines = ["Shall I Compare Thee", "To a Summers Day", "Thou Art More Lovely", "And More Temperate"]
    verse = "\n\n".join(lines * 3)
    assert text.parse(verse).sections == ()


@pytest.mark.parametrize(
    ("start", "title"),
    [
        ("From: a\nSubject: The bridge is closed\n\n", "The bridge is closed"),
        ("Title: Moby Dick\nAuthor: H. M.\n\n", "Moby Dick"),
        ("2024-01-01\n\nBridge Closed for Repairs\n\n", "Bridge Closed for Repairs"),
        ("how we closed the bridge\n\n", "how we closed the bridge"),
        ("A first line of prose that has been wrapped here\nand goes on to the second line.\n\n", ""),
        ("", ""),
    ],
)
def test_titles_of_plain_text(start: str, title: str) -> None:
    assert text.parse(start + PROSE).title == title


def test_prose_has_neither_title_nor_sections() -> None:
    document = text.parse(PROSE)
    assert (document.title, document.sections) == ("", ())


def test_markdown_headings() -> None:
    source = (
        "Intro\n\n# The *first* `one` #\n\nText\n\n## A [link](http://x.y) here\n\n"
        "Setext title\n===\n\nSub title\n---\n\n###### Six\n\n####### Seven\n\n#NotOne\n\n#\n\nEnd"
    )
    document = markdown.parse(source)
    assert outline(document) == [
        (1, "The first one"),
        (2, "A link here"),
        (1, "Setext title"),
        (2, "Sub title"),
        (6, "Six"),
    ]
    assert document.title == ""  # two are outermost
    assert document.text == source
    assert document.parser == "markdown/4"
    first = document.sections[0]
    assert source[first.start : first.heading_end] == "# The *first* `one` #"
    assert source[first.end :].startswith("## A")


def test_code_rules_and_tables_hold_no_markdown_headings() -> None:
    source = (
        "Text\n\n```sh\n# comment\nTitle\n===\n~~~\n# more\n```\n\n~~~~\n# code\n~~~\n# still\n~~~~\n\n"
        "    # indented\n\n---\n\n- item\n---\n\ntwo\nlines\n---\n\n| a |\n---\n\n> quote\n---"
    )
    assert outline(markdown.parse(source)) == []


def test_an_unclosed_code_fence_runs_to_the_end() -> None:
    assert outline(markdown.parse("# One\n\n```\n# two\n\n# three")) == [(1, "One")]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ('---\ntitle: "The report: part 1"\ndate: 2024\n---\n# Other\n', "The report: part 1"),
        ("---\nTitle: Plain\n...\nText", "Plain"),
        ("---\ndate: 2024\n---\n\n# Heading\n", "Heading"),
        ("---\nno end: here\n\n# Heading", "Heading"),
        ("## Second\n\n# First\n\n## Third", "First"),
        ("# Version 2\n\n# Version 1", ""),
        ("No heading", ""),
        ("# snake_case and \\*stars\\*", "snake_case and *stars*"),
    ],
)
def test_titles_of_markdown(source: str, title: str) -> None:
    assert markdown.parse(source).title == title


LINES = st.lists(
    st.sampled_from(["", "# H", "## *I*", "===", "---", "```", "Title Case", "1.1 Scope", "goes on.", "- x", "#"])
    | st.text(max_size=20),
    max_size=30,
).map("\n".join)


@settings(deadline=None, derandomize=True)
@given(LINES)
def test_sections_are_in_order_and_contain_their_headings(source: str) -> None:
    source = normalise(source)
    for parse in (text.parse, markdown.parse):
        document = parse(source)
        assert document.text == source
        position = 0
        for section in document.sections:
            assert position <= section.start < section.heading_end <= section.end <= len(source)
            assert section.title
            assert "\n" not in section.title
            assert not source[section.start].isspace()
            position = section.end
        if document.sections:
            assert position == len(source)


@pytest.mark.parametrize(
    "unit", ["#", "# ", "=\n", "[", "![a](", "*", "`", "-", "A", "A ", "A\n\n", "_", "\\", "第", "([", "1."]
)
def test_time_is_linear_in_the_text(unit: str) -> None:
    def spent(size: int) -> float:
        source = normalise(f"# {unit * (size // len(unit))} x\n\nEnd.")
        began = time.thread_time()
        for parse in (text.parse, markdown.parse):
            parse(source)
        return time.thread_time() - began

    # The collector of garbage goes through all that the process holds, also what other tests have left.
    gc.disable()
    try:
        small, large = (min(spent(size) for _ in range(2)) for size in (12_500, 50_000))
    finally:
        gc.enable()
    # Of four times the text: in quadratic time it would be sixteen times as much.
    assert large < 8 * small + 0.3
