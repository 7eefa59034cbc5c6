"""What visitors copy of an answer."""

from __future__ import annotations

import pytest
from test_qa_markdown import HOSTILE, tags

from documents.document import Chunk, Document, Source
from documents.formats.markdown import parse
from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.serving.html.copied import as_markdown, as_text
from qa.serving.html.messages import words_of

TEXT = """# Yards

| Measure | Share | Most |
|---|---|---|
| Unsealing | 60 % | £4,000 |
| Green *roof* | 40 % | £9,000 |

1. Have a talk.
2. Fill in form <GY-1>.
"""
PASSAGE = Passage(Chunk(document := parse(TEXT), 0, len(TEXT)), Source("folder/a_b.md", document.id), 1.0)
ENGLISH = words_of()


def cited(number: int, quote: str) -> Citation:
    start = TEXT.index(quote)
    return Citation(number, PASSAGE, start, start + len(quote))


def answer(role: str, *quotes: str, short: str | None = None) -> Answer:
    citations = tuple(cited(number, quote) for number, quote in enumerate(quotes, start=1))
    said = tuple(Statement(own.quote, (own.number,), 0.9, "quoted", role) for own in citations)  # type: ignore[arg-type]
    return Answer("answer", "q?", "q?", 0.9, short, said, citations)


ROWS = answer("row", "| Unsealing | 60 % | £4,000 |", "| Green *roof* | 40 % | £9,000 |")
STEPS = answer("step", "1. Have a talk.", "2. Fill in form <GY-1>.", short="form <GY-1>")


def test_rows_are_copied_as_text_with_tabs_below_their_headings() -> None:
    assert as_text(ROWS, ENGLISH) == (
        "Measure\tShare\tMost\nUnsealing\t60 %\t£4,000\t[1]\nGreen *roof*\t40 %\t£9,000\t[2]\n\n"
        "[1] a_b.md, Yards: “Unsealing — Share: 60 %; Most: £4,000”\n\n"
        "[2] a_b.md, Yards: “Green *roof* — Share: 40 %; Most: £9,000”"
    )


def test_rows_are_copied_as_a_table_of_markdown_in_which_documents_write_no_markup() -> None:
    assert as_markdown(ROWS, ENGLISH).startswith(
        "| Measure | Share | Most |  |\n|---|---|---|---|\n| Unsealing | 60 % | £4,000 | [1] |\n"
        "| Green \\*roof\\* | 40 % | £9,000 | [2] |\n\n[1] a\\_b.md, Yards\n\n> Unsealing"
    )


def test_the_short_answer_comes_first_and_each_step_has_its_line() -> None:
    assert as_text(STEPS, ENGLISH).startswith(
        "form <GY-1>[1]\n\n1. Have a talk.[1]\n2. Fill in form <GY-1>.[2]\n\n[1] a_b.md, Yards: “1. Have a talk.”"
    )
    assert as_markdown(STEPS, ENGLISH).startswith("**form \\<GY-1\\>**[1]\n\n1. Have a talk.[1]\n2. Fill in")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_document_says_is_live_in_markdown(text: str) -> None:
    document = parse(f"# {text}\n\n| a | b |\n|---|---|\n| {text} | 1 |\n") if "|" not in text else Document(text)
    passage = Passage(Chunk(document, 0, len(document.text)), Source(f"{text}.md", document.id), 1.0)
    citation = Citation(1, passage, 0, len(document.text))
    for role in ("answer", "row", "item"):
        statement = Statement(text, (1,), 0.9, "quoted", role)
        own = Answer("answer", "q?", "q?", 0.9, text, (statement,), (citation,))
        assert tags(as_markdown(own, ENGLISH)) <= {"strong", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}


def test_no_cell_and_no_line_of_the_copied_text_is_a_formula() -> None:
    document = parse('| a | b | c |\n|---|---|---|\n| =1+1 | -5 | @x |\n\n- one\n\nSo:\n=WEBSERVICE("x")\n')
    passage = Passage(Chunk(document, 0, len(document.text)), Source("a.md", document.id), 1.0)
    row, rest = document.text.index("| =1"), document.text.index("- one")
    cited = (Citation(1, passage, row, row + 19), Citation(2, passage, rest, len(document.text)))
    said = (Statement(cited[0].quote, (1,), 0.9, "quoted", "row"), Statement(cited[1].quote, (2,), 0.9, "quoted"))
    text = as_text(Answer("answer", "q?", "q?", 0.9, "=1+1", said, cited), ENGLISH)
    assert text.startswith("'=1+1[1]\n\na\tb\tc\n'=1+1\t-5\t'@x\t[1]\n\n- one")
    assert text.count("\n'=WEBSERVICE") == 2  # said, and quoted
    assert "\n=" not in text


def test_a_statement_that_is_struck_is_not_copied() -> None:
    struck = Statement("Nobody says so.", (), 0.1, "unsupported")
    own = Answer("answer", "q?", "q?", 0.9, None, (*ROWS.statements, struck), ROWS.citations)
    assert as_text(own, ENGLISH) == as_text(ROWS, ENGLISH)


def test_a_refusal_is_copied_as_its_message_in_the_language_of_the_page() -> None:
    refusal = Answer("refusal", "q?", "q?", 0.1, message="I did not find an answer to that in these documents.")
    assert as_text(refusal, ENGLISH) == refusal.message
    assert as_markdown(refusal, words_of("zh")) != refusal.message
