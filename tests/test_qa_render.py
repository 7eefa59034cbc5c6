"""Answers as HTML: documents are shown as the text they are, and marks stand exactly at the offsets."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from documents.document import Chunk, Document, Page, Section, Source
from index.passage import Passage
from qa.answer import Answer, Citation, Statement, percent
from qa.cli.answer_text import as_text
from qa.serving.html import render

HOSTILE = (
    "<script>alert(1)</script> [1] [a](javascript:alert(2)) \"'><img src=x onerror=alert(3)> "
    "</mark></li></section></div> &lt;b&gt; ${x} {{y}}"
)
ASTRAL = "\U0001f409 dragons\u0301 and שלום \u202eevil\u202c \U0001d518\U0001d52b\U0001d526 end."


class Reader(HTMLParser):
    """What a browser reads: the tags, the attributes, all text, and the text inside each ``mark``."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.marked: list[str] = []
        self.text = ""
        self._in_mark = False
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "mark":
            self._in_mark = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._in_mark = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_mark:
            self.marked[-1] += data


def passage(text: str, start: int = 0, end: int | None = None, **about: str) -> Passage:
    document = Document(
        text,
        title=about.get("title", "A title"),
        sections=(Section(about.get("section", "A section"), 1, 0, 0, len(text)),),
        pages=(Page(7, 0, len(text)),),
    )
    chunk = Chunk(document, start, len(text) if end is None else end)
    return Passage(chunk, Source(about.get("path", "folder/file.txt"), document.id), 1.0)


def passage_shown(found: Passage, start: int, end: int) -> Reader:
    """What the card of a citation shows of the passage's text."""
    card = answered(citations=(Citation(1, found, start, end),))
    shown = re.search(r'<div class="passage drawn" dir="auto">(.*)</div><div class="original"', card, re.DOTALL)
    assert shown
    return Reader(shown[1])


def answered(*statements: Statement, citations: tuple[Citation, ...], short: str | None = None) -> str:
    return render.answer("1", Answer("answer", "q?", "q?", 0.93, short, statements, citations))


@pytest.mark.parametrize("text", [HOSTILE, ASTRAL, "a\r\nb\rc", "", "\x0b \u2028 \u00ad", "'\"&<>`="])
def test_escaped_text_reads_as_the_original(text: str) -> None:
    assert html.unescape(render.escape(text)) == text
    assert not re.search(r"[<>\"'\r]", render.escape(text))


def test_the_mark_holds_exactly_the_quoted_code_points() -> None:
    found = passage(ASTRAL)
    for start in range(len(ASTRAL)):
        for end in range(start + 1, len(ASTRAL) + 1):
            shown = passage_shown(found, start, end)
            assert shown.marked == [ASTRAL[start:end]]
            assert shown.text == ASTRAL


def test_a_quote_longer_than_its_chunk_is_shown_whole() -> None:
    text = "One. Two. Three. Four."
    shown = passage_shown(passage(text, 5, 9), 0, 16)
    assert shown.marked == ["One. Two. Three."]
    assert shown.text == "One. Two. Three."


def test_hostile_text_adds_no_tag_attribute_or_marker() -> None:
    found = passage(HOSTILE, title=HOSTILE, section=HOSTILE, path=HOSTILE.replace("/", "\u2215"))
    quote = Citation(1, found, 3, len(HOSTILE) - 3)
    shown = Reader(answered(Statement(HOSTILE, (1,), 1.0, "quoted"), citations=(quote,), short=HOSTILE))
    assert not {"script", "img", "a", "b"} & set(shown.tags)
    assert not [name for name, _ in shown.attributes if name.startswith("on") or name in ("href", "src")]
    assert shown.marked == [quote.quote]
    markers = [value for name, value in shown.attributes if name == "class" and value == "marker"]
    assert len(markers) == 2  # the short answer's and the statement's; "[1]" in the text makes none
    refused = Answer("refusal", HOSTILE, HOSTILE, 0.1, message=HOSTILE, passages=(found,))
    for markup in (render.answer(HOSTILE, refused), render.working(HOSTILE, HOSTILE), render.notice(HOSTILE, HOSTILE)):
        assert not {"script", "img", "a", "b"} & set(Reader(markup).tags)


def test_a_reply_holds_no_white_space_of_its_template() -> None:
    found = passage("Text.")
    markup = answered(Statement("Text.", (1,), 1.0, "quoted"), citations=(Citation(1, found, 0, 5),), short="Text")
    assert not re.search(r"\n|  |> | <", markup)


def test_a_marker_without_a_citation_is_not_shown() -> None:
    found = passage("Text.")
    markup = answered(Statement("Text.", (1, 9), 1.0, "quoted"), citations=(Citation(1, found, 0, 5),))
    assert re.findall(r'class="marker" data-show="(\d+)"', markup) == ["1"]


def test_the_marker_of_the_short_answer_is_that_of_the_sentence_that_holds_it() -> None:
    found = passage("It was founded in 2012. It grew fast. The city drives it.")
    cited = (Citation(1, found, 0, 23), Citation(2, found, 38, 57, ((38, 46),)))
    said = tuple(Statement(own.quote, (own.number,), 1.0, "quoted") for own in cited)

    def markers(short: str) -> list[str]:
        shown = answered(*said, citations=cited, short=short)
        return re.findall(r"\[\d\]", shown[shown.index('<p class="short">') : shown.index('<div class="said">')])

    assert markers("The city") == ["[2]"]
    assert markers("2012") == ["[1]"], "where no range is the short answer, the first sentence stands for it"


@pytest.mark.parametrize("text", ["“We sing,” she said.", '"We sing," she said.', "„Wir singen“, sagte sie."])
def test_a_quote_that_begins_with_a_quotation_mark_gets_no_second_one(text: str) -> None:
    assert "has-marks" in answered(Statement(text, (), 1.0, "quoted"), citations=())
    assert "has-marks" not in answered(Statement(f"Then: {text}", (), 1.0, "quoted"), citations=())


def test_only_unsupported_statements_are_struck_through() -> None:
    found = passage("True.")
    markup = answered(
        Statement("True.", (1,), 1.0, "supported"),
        Statement("False.", (), 0.0, "unsupported"),
        citations=(Citation(1, found, 0, 5),),
    )
    assert re.findall(r"<s>(.*?)</s>", markup) == ['<span class="words">False.</span>']


def test_code_that_a_model_wrote_is_drawn_as_code_and_all_of_it_escaped() -> None:
    markup = answered(
        Statement("Run <b> x.", (1,), 1.0, "supported", code=((4, 7),)),
        Statement("Not y <i>.", (), 0.0, "unsupported", code=((4, 5),)),
        citations=(Citation(1, passage("True."), 0, 5),),
    )
    assert "Run <code>&lt;b&gt;</code> x." in markup
    assert re.findall(r"<s>(.*?)</s>", markup) == ['<span class="words">Not <code>y</code> &lt;i&gt;.</span>']


def test_a_card_shows_source_title_section_and_page_but_not_the_path() -> None:
    found = passage("Text.", path="/home/someone/secret/report.pdf")
    markup = answered(Statement("Text.", (1,), 1.0, "quoted"), citations=(Citation(1, found, 0, 5),))
    text = Reader(markup).text
    for fact in ("report.pdf", "A title", "A section", "Page 7", "[1]"):
        assert fact in text
    assert "secret" not in markup


def test_a_refusal_shows_its_message_and_the_closest_passages() -> None:
    refused = Answer(
        "refusal", "q?", "q?", 0.1, message="Not in these documents.", passages=(passage("One."), passage("Two."))
    )
    markup = render.answer("1", refused)
    assert "Not in these documents." in markup
    assert 'data-heading="Closest passages found"' in markup
    assert "2 closest passages" in markup
    assert Reader(markup).tags.count("li") == 2
    second = refused.passages[1]
    nearest = Citation(1, second, 0, 4, ((0, 3),))
    markup = render.answer("1", replace(refused, nearest=nearest))
    assert "<mark>Two</mark>." in markup  # in sight
    assert markup.index("Two") < markup.index("One.")
    assert Reader(markup).tags.count("li") == 2
    many = Answer("refusal", "q?", "q?", 0.1, message="No.", passages=(passage("One."),) * 10)
    assert Reader(render.answer("1", many)).tags.count("li") == render.CLOSEST_SHOWN
    assert "closest" not in render.answer("1", Answer("refusal", "q?", "q?", 0.1, message="No."))


def test_a_notice_shows_only_its_message() -> None:
    said = render.answer("1", Answer("notice", "hi", "hi", 1.0, message="Hello."))
    assert Reader(said).text == "Hello."
    assert "evidence" not in said
    assert "Confidence" not in said


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.0, "under 1%"), (0.004, "under 1%"), (0.05, "5%"), (0.934, "93%"), (0.994, "99%"), (1.0, "over 99%")],
)
def test_rounding_never_shows_0_or_100_percent(probability: float, shown: str) -> None:
    assert percent(probability) == shown


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.9, "Very likely right"),
        (0.89, "Likely right"),
        (0.5, "Rather right than wrong"),
        (0.49, "Uncertain: look at the quotation"),
        (0.0, "Uncertain: look at the quotation"),
    ],
)
def test_the_confidence_is_told_in_words_with_its_number_beside(confidence: float, words: str) -> None:
    said = (Statement("A sentence.", (), confidence, "quoted"),)
    markup = render.answer("1", Answer("answer", "Q?", "Q?", confidence, statements=said))
    assert words in Reader(markup).text
    assert f"Confidence {percent(confidence)}" in markup


def test_a_caveat_replaces_the_number_of_the_confidence() -> None:
    given = Answer(
        "answer", "Q?", "Q?", 0.77,
        statements=(Statement("A sentence.", (), 0.77, "quoted"),), caveat="not calibrated for this language",
    )  # fmt: skip
    shown = Reader(render.answer("1", given)).text
    assert "Confidence: not calibrated for this language" in shown
    assert "77" not in shown
    assert as_text(given).endswith("confidence not calibrated for this language")
    assert as_text(replace(given, caveat=None)).endswith("confidence 77%")


def test_a_follow_up_shows_the_question_searched_for() -> None:
    found = passage("Text.")
    given = Answer(
        "answer", "And <then>?", 'What "then" & <now>?', 0.93, "Text", (Statement("Text.", (1,), 1.0, "quoted"),),
        (Citation(1, found, 0, 5),), note="The model <broke> off.",
    )  # fmt: skip
    shown = Reader(render.answer("1", given))
    assert 'Searched for: What "then" & <now>?' in shown.text
    assert "The model <broke> off." in shown.text
    assert "Searched for" not in Reader(render.answer("1", replace(given, standalone_question=given.question))).text
    drafted = Reader(render.draft("1", given))
    assert "Searched for" in drafted.text
    assert drafted.marked == ["Text."]
