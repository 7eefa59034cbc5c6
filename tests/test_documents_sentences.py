"""Sentence boundaries, and marks that are none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.load import load, sample_paths
from documents.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


APART = {
    "plain": ["One is here.", "Two is there!", "Is three?", "Yes."],
    "quotations side by side": ["“It is a trend.”", "“We look forward.”", "Then he left."],
    "straight quotes": ['"It is done."', '"Good."', "She went."],
    "brackets": ["It rose (by 7.7%).", "(It fell in 2023.)", "It is now flat."],
    "decimals and versions": ["Growth was 7.7% in v1.2.3 of 2.2 trillion.", "Next year it is 8."],
    "year at the end": ["It was built in 2024.", "The next one follows."],
    "titles": ["Mr. Smith met Dr. Jones and Ms. Huang.", "Prof. Lee came."],
    "initials": ["J. R. R. Tolkien wrote it.", "George W. Bush read it."],
    "dotted": ["He lives in the U.S. Army base, e.g. in Bonn, i.e. here.", "He left the U.S.", "The end."],
    "number": ["“Beinao No. 1,” has completed three trials.", "The answer was no.", "Then it stopped."],
    "references": ["See Fig. 3 and Sec. 2.1 of Smith et al. (2020).", "It works vs. Baseline B."],
    "months": ["On Jan. 5 it began.", "It ended in Dec.", "The year was over."],
    "company": ["Acme Inc. Chief John Doe spoke.", "He left Acme Inc.", "The shares fell."],
    "time": ["It starts at 5 p.m. Monday.", "It ends at 6 p.m.", "The doors close then."],
    "addresses": ["Mail a.b@c.org or see https://x.org/a.b?c=D.E now.", "Open file.txt first.", "Done."],
    "ellipsis goes on": ["He waited… and waited... but in vain.", "It ended..."],
    "ellipsis ends": ["They lead the way in monopolies…", "Liu noted it."],
    "footnotes": ["It is known.[1]", "It is also cited.[2][13]", "Yes."],
    "exclaimed inside": ["“Stop!” he cried.", "“Why?” asked she.", "Nobody knew."],
    "bold": ["**It is bold.**", "_It leans._", "It stands."],
    "label": ["1. Open the box.", "Then close it."],
    "chinese": ["今天天气很好。", "你去哪里？", "“我回家。”", "然后他走了！"],
    "chinese speech": ["“你好吗？”他说。", "她笑了。"],
    "japanese": ["「もう行くよ。」と彼は言った。", "雨が降っている。", "3.5キロ歩いた。"],
    "arabic": ["كيف حالك؟", "أنا بخير.", "شكرا."],
    "hindi": ["यह एक वाक्य है।", "यह टी. सी. एलियट है।"],
    "german": ["Am 3. Oktober z. B. feiern wir.", "Das ist bzw. War gut.", "„Komm her.“", "Er kam."],
    "russian": ["Он родился в 1990 г. в Москве.", "Это Э. И. Дюпон.", "Конец."],
    "spanish": ["¿Dónde está?", "¡Qué día!", "El Sr. Pérez llegó."],
    "french": ["« Il est là. »", "Mme. Dupont est venue.", "Elle rit."],
}


@pytest.mark.parametrize("expected", APART.values(), ids=APART.keys())
def test_a_paragraph_is_cut_into_sentences(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


def test_chinese_sentences_need_no_space_between_them() -> None:
    expected = ["今天很好。", "你去哪里？", "“我回家。”", "他走了"]
    assert split("".join(expected)) == expected


TOGETHER = [
    "“With it, it’s so much more convenient than before.” said Ms. Huang.",
    '"It is more convenient than before," said Ms. Huang.',
    "He said (it was late!) that he would go.",
    "Yahoo! was a company, and so was Toys “R” Us.",
    "The node.js file at www.example.com is 3.14 MB.",
    "A vs. B",
    "It divides (p − 1)! + 1 for 30 Mio. Euro",
    "The iPhone costs approx. 900 dollars, cf. Table 2.",
]


@pytest.mark.parametrize("text", TOGETHER)
def test_marks_that_end_no_sentence(text: str) -> None:
    assert split(text) == [text]


def test_lower_case_text_is_cut_into_sentences() -> None:
    assert split("hello there. how are you? i am fine.") == ["hello there.", "how are you? i am fine."]


def test_a_blank_line_ends_a_sentence_and_a_wrap_does_not() -> None:
    text = (
        "This sentence was wrapped by an editor at about sixty\n"
        "columns, as many plain text files are. The next sentence is in\n"
        "Berlin and goes on to the end of the paragraph\n"
        "\n"
        "A heading without a mark\n"
        "  \n"
        "More text."
    )
    assert [sentence.split()[0] for sentence in split(text)] == ["This", "The", "A", "More"]


def test_short_lines_are_not_joined() -> None:
    text = "2025-07-07\nHow to Build a Benchmark City for the Global Digital Economy\nSource: Daily"
    assert split(text) == text.split("\n")


def test_a_dash_or_number_at_the_start_of_a_wrapped_line_begins_no_item() -> None:
    for text in (
        "The company had lit the streets with lamps of its own design\n- the first of their kind - for years.",
        "Die Generalversammlung von Virginia verabschiedete das Gesetz am\n12. Mai 1705 einstimmig.",
    ):
        assert split(text) == [text]
    assert split("Shopping\n- Milk\n- Bread") == ["Shopping", "- Milk", "- Bread"]
    assert split("The steps are these:\n1. Open\n2. Close") == ["The steps are these:", "1. Open", "2. Close"]


def test_log_lines_are_sentences() -> None:
    lines = [f"2024-01-02 10:00:0{second} INFO server.py: request {second} served" for second in range(3)]
    assert split("\n".join(lines)) == lines
    traced = [lines[0], "[10:00:01] ERROR it failed here\n  at line 3", "[10:00:02] INFO it goes on"]
    assert split("\n".join(traced)) == traced


def test_markdown_headings_items_rows_and_code_lines_are_sentences() -> None:
    text = (
        "# Title\nA paragraph that is\nwrapped.\n- First item, wrapped\n  to two lines\n"
        "- Second item. With two.\n1. Numbered\n\n| a | b |\n|---|---|\n| 1. X | 2 |\n"
        "Setext\n======\nEnd\n```\nx = 1. # C\ny = 2\n```\nAfter"
    )
    assert split(text) == [
        "# Title",
        "A paragraph that is\nwrapped.",
        "- First item, wrapped\n  to two lines",
        "- Second item.",
        "With two.",
        "1. Numbered",
        "| a | b |",
        "|---|---|",
        "| 1. X | 2 |",
        "Setext\n======",
        "End",
        "```",
        "x = 1. # C",
        "y = 2",
        "```",
        "After",
    ]


def test_sentences_of_the_sample_article() -> None:
    article = next(load(path) for path in sample_paths() if path.suffix == ".txt").text
    found = [article[start:end] for start, end in sentences(article)]
    assert "“The digital transformation of the global economy is an inevitable trend.”" in found
    assert "Accelerating the Development of the Digital Economy" in found
    assert "“With the ‘Jingtong’ mini-program, it’s so much more convenient than before.”" in found
    assert not [sentence for sentence in found if sentence[0].islower()]
    assert all(sentence[-1] in ".?…—”y" or len(sentence) < 80 for sentence in found)


def test_offsets_in_a_part_count_from_the_start_of_the_text() -> None:
    text = "One. Two. Three. Four."
    assert [text[start:end] for start, end in sentences(text, 5, 16)] == ["Two.", "Three."]
    assert sentences(text, 4, 5) == []
    assert sentences(text, 16, 99) == [(17, 22)]


MARKS = st.text(st.sampled_from("aB1 \n.!?…。？”“\"')([]*_`~#|-=>,és–:؟।\u00a0\u0085")) | st.text()


@settings(deadline=None, derandomize=True)
@given(MARKS)
def test_spans_cover_all_text_exactly_once(text: str) -> None:
    spans = sentences(text)
    position = 0
    for start, end in spans:
        assert text[position:start].strip() == ""
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        position = end
    assert text[position:].strip() == ""


@pytest.mark.parametrize(
    "unit",
    ["!", ". ", "a.", ".\n", "“", "(\n", "- x\n", " ", "。", "A. ", "*", "```\n", '." ', "x", "[1]", ".[1]"],
)
def test_time_is_linear_in_the_text(unit: str) -> None:
    text = unit * (200_000 // len(unit)) + "x"
    began = time.thread_time()
    sentences(text)
    assert time.thread_time() - began < 2  # it takes about 0.1 s; a quadratic rule would take minutes
