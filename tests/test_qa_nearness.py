"""Which sentences are near a question in meaning, and that they come first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fakes import Finds, WordEmbedder

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa.read.confidence.calibration import Calibration
from qa.read.extractor import Extractor
from qa.read.nearness import Nearness
from qa.understand.question import analyse


def test_a_sentence_is_as_near_as_its_cosine_with_and_without_its_headings() -> None:
    embedder = WordEmbedder()
    question, headings, text = "When does the pool open?", "Pool", "It is open from nine."
    (asked,), (headed, bare) = (
        embedder.embed([question], "query"),
        embedder.embed([f"{headings}. {text}", text], "passage"),
    )
    near, without = Nearness(embedder).of(question, [(headings, text), ("", text)])
    assert near == pytest.approx(float((headed + bare) @ asked / 2), abs=1e-6)
    assert without == pytest.approx(float(np.dot(bare, asked)), abs=1e-6)
    assert Nearness(embedder).of(question, []) == []


def test_a_text_is_embedded_once() -> None:
    embedder = WordEmbedder()
    nearness = Nearness(embedder)
    first = nearness.of("When?", [("Pool", "At nine."), ("", "At ten.")])
    assert nearness.of("When?", [("", "At ten."), ("Pool", "At nine.")]) == first[::-1]
    assert sorted(embedder.embedded) == ["At nine.", "At ten.", "Pool. At nine."]


def test_of_sentences_that_are_alike_to_the_reader_the_nearer_comes_first() -> None:
    text = "Boats: ask Ann. Sails: ask Ben."
    document = Document(text)
    passage = Passage(Chunk(document, 0, len(text)), Source("/d/a.txt", document.id), 1.0)
    extractor = Extractor(Finds("Ann", "Ben"), Calibration({"margin": 1.0}, 0.0, 1.0, threshold=0.0))
    question = analyse("Whom does one ask about sails?")
    assert [own.answer for own in extractor.read(question, [passage])] == ["Ann", "Ben"]
    nearer = replace(extractor, nearness=Nearness(WordEmbedder()))
    assert [own.answer for own in nearer.read(question, [passage])] == ["Ben", "Ann"]
