"""The reader for other languages: whole sentences with exact offsets, the nearest first."""

from __future__ import annotations

from fakes import WordEmbedder

from documents.sentences import sentences
from index.query import Query
from index.recent import begin_question
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


def test_a_sentence_that_several_passages_have_is_embedded_once_a_question() -> None:
    embedder = WordEmbedder()
    reader, question = SentenceReader(embedder), Query.of("Beta stores grain?")
    for _ in range(2):
        begin_question()
        embedder.embedded.clear()
        first = reader.read(question, [TEXT, TEXT[TEXT.index("Alpha") :]])
        assert reader.evidence(question, TEXT, list(sentences(TEXT, 0, len(TEXT))))
        assert sorted(embedder.embedded) == ["Alpha pumps water.", "Beta stores grain.", "北京有五千个基站。"]
        assert [len(spans) for spans in first] == [3, 2]
