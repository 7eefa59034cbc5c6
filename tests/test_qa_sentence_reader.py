"""The reader for other languages: whole sentences with exact offsets, the nearest first."""

from __future__ import annotations

from fakes import WordEmbedder

from index.query import Query
from qa.read.sentence_reader import SentenceReader

TEXT = "北京有五千个基站。 Alpha pumps water.  Beta stores grain."


def test_spans_are_whole_sentences_the_nearest_first() -> None:
    reader = SentenceReader(WordEmbedder())
    spans, none = reader.read(Query.of("Beta stores grain?"), [TEXT, ""])
    assert none == []
    assert TEXT[spans[0].start : spans[0].end] == "Beta stores grain."
    assert {TEXT[span.start : span.end] for span in spans} == {
        "北京有五千个基站。", "Alpha pumps water.", "Beta stores grain."
    }  # fmt: skip
    margins = [span.margin for span in spans]
    assert margins == sorted(margins, reverse=True)
    assert margins[0] > 0 > margins[-1]


def test_an_empty_text_has_no_span() -> None:
    assert SentenceReader(WordEmbedder()).read(Query.of("Anything?"), []) == []
