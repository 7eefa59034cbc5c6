"""The extractive backend, with a reader and an embedder that count shared words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.document import Chunk, Document, Section, Source
from index.embed import Role, Vectors
from index.passage import Passage
from qa.answer import Answer
from qa.calibrate import Calibration, features
from qa.evidence import Evidence, absent_names
from qa.extract import Extractor, leads
from qa.question import analyse
from qa.reader import MAX_TOKENS, context_before, encode
from qa.verify import problems


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


class OverlapReader:
    """Logit: twice the words that question and sentence share, less three."""

    fingerprint = "overlap"

    def score(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        return [2.0 * len(words(question) & words(sentence)) - 3 for _, sentence in sentences]


class FlatEmbedder:
    """The same vector for every text, so that nothing depends on it."""

    fingerprint = "flat"

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:  # noqa: ARG002
        return np.ones((len(texts), 1), dtype=np.float32)


CALIBRATION = Calibration({"relevance": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.5)


def passages(*texts: str) -> list[Passage]:
    found = []
    for number, text in enumerate(texts):
        document = Document(text)
        source = Source(f"/d/{number}.txt", document.id)
        found.append(Passage(Chunk(document, 0, len(text)), source, 5.0 - number))
    return found


def answer(question: str, *texts: str, threshold: float = 0.5) -> Answer:
    calibration = replace(CALIBRATION, threshold=threshold)
    return Extractor(OverlapReader(), FlatEmbedder(), calibration).answer(analyse(question), passages(*texts))


def test_a_fact_is_one_verbatim_sentence_with_its_citation_and_short_answer() -> None:
    given_answer = answer(
        "How many robots work in the factory?",
        "The plant is new. The factory has over 700 robots at work. Robots are old news.",
        "Nothing to see.",
    )
    assert given_answer.kind == "answer"
    assert given_answer.text == "The factory has over 700 robots at work.[1]"
    assert given_answer.short_answer == "over 700"
    (citation,) = given_answer.citations
    assert citation.passage.chunk.document.text[citation.start : citation.end] == citation.quote
    assert given_answer.statements[0].status == "quoted"


def test_a_name_that_is_nowhere_in_the_evidence_lowers_confidence_to_a_refusal() -> None:
    text = "The city of Beijing has 140,000 base stations in all."
    assert answer("How many base stations has the city of Beijing?", text).answered
    refused = answer("How many base stations has the city of Shanghai?", text)
    assert (refused.kind, refused.answered, refused.statements, refused.citations) == ("refusal", False, (), ())
    assert len(refused.passages) == 1
    assert refused.text


def test_explanations_take_up_to_three_sentences_the_best_first_then_in_document_order() -> None:
    text = (
        "Vacant booking slots fell through the booking rules. Cats sleep. Booking slots opened early. "
        "How vacant booking slots fell through one booking platform is plain. Booking slots closed. Dogs bark."
    )
    given_answer = answer("How did the booking platform cut vacant booking slots?", text)
    starts = [citation.start for citation in given_answer.citations]
    assert 1 < len(starts) <= 3
    assert starts[1:] == sorted(starts[1:])
    assert [statement.citations for statement in given_answer.statements] == [
        (number,) for number in range(1, len(starts) + 1)
    ]


def test_headings_are_not_said() -> None:
    text = "Robots in the factory\n\nThe factory uses robots."
    document = Document(text, sections=(Section("Robots in the factory", 1, 0, 21, len(text)),))
    passage = Passage(Chunk(document, 0, len(text)), Source("/d", document.id), 1.0)
    evidence = Extractor(OverlapReader(), FlatEmbedder(), CALIBRATION).read(analyse("robots in factory"), [passage])
    assert [sentence.text for sentence in evidence] == ["The factory uses robots."]


def test_no_passages_is_a_refusal() -> None:
    refused = answer("Anything?")
    assert (refused.kind, refused.confidence) == ("refusal", 0.0)


def test_markers_in_documents_are_not_markers_of_ours() -> None:
    given_answer = answer("What is the robot called?", "The robot is called [7] Tiangong [1][2].")
    assert given_answer.text == "The robot is called [7] Tiangong [1][2].[1]"
    assert [citation.number for citation in given_answer.citations] == [1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=120).filter(str.strip), min_size=1, max_size=4, unique=True),
    st.text(min_size=1, max_size=40),
)
def test_whatever_is_said_verifies(texts: list[str], question: str) -> None:
    given_answer = answer(question, *texts, threshold=0.0)
    known = {Document(text).id: text for text in texts}
    saved = json.loads(json.dumps(given_answer.to_dict()))
    assert problems(saved, known.get) == []


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What did Xiaomi sell in Chinese shops?", ()),
        ("Who speaks for the UN here?", ()),
        ("Did it open in 2020?", ("2020",)),
        ("Is the Oslo plant of 2024 new?", ("Oslo",)),
    ],
)
def test_names_that_the_passage_does_not_hold(question: str, absent: tuple[str, ...]) -> None:
    passage = passages("In China all is new. Xiaomi asked the UNDP in 2024.")[0]
    assert absent_names(analyse(question), passage) == absent


def test_leads_over_the_best_others() -> None:
    assert leads([3.0, 1.0, 0.0, -1.0, -2.0, -9.0]) == [3.5, 1.0, -0.25, -1.5, -2.75, -9.75]
    assert leads([2.0]) == [0.0]
    assert leads([]) == []


def test_confidence_rises_with_every_signal() -> None:
    shipped = Calibration.load()
    assert all(weight >= 0 for weight in shipped.weights.values())
    assert set(shipped.weights) == set(features(_evidence()))
    assert shipped.confidence(_evidence(-5.0)) < shipped.confidence(_evidence(0.0)) < shipped.confidence(_evidence(5.0))
    assert shipped.confidence(_evidence(absent=("Oslo",))) < shipped.confidence(_evidence())


def _evidence(relevance: float = 0.0, absent: tuple[str, ...] = ()) -> Evidence:
    return Evidence(passages("A sentence.")[0], 0, 11, relevance, 0.0, 0.5, absent)


def test_context_is_the_paragraph_before_from_a_words_beginning() -> None:
    text = "Old paragraph.\n\n" + "word " * 60 + "end. Then this."
    context = context_before(text, text.index("Then"))
    assert context.startswith("word ")
    assert context.endswith("end.")
    assert context_before("First. Second.", 0) == ""
    assert "Old" not in context_before("Old.\n\nNew. Now.", 11)


def test_reader_input_cuts_text_never_the_marks() -> None:
    from index.models import DEFAULT_RERANKER, resolve
    from index.onnx import load_tokenizer

    tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
    ids, types = encode(tokenizer, "who " * 90, "before " * 90, "said " * 900)
    assert len(ids) == len(types) == MAX_TOKENS
    assert (ids[0], ids[-1], ids.count(ids[-1])) == (101, 102, 3)
    assert types == sorted(types)
