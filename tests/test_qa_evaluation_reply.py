"""Every form that a system may return becomes a Reply, and nothing wrong in it is corrected."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.evaluation.scoring.reply import DocumentLookup, Reply, ReplyError, as_reply
from qa.saved.checks import problems
from qa.saved.read import is_answer
from qa.saved.verification_source import VerificationSource

PUMPS = Document("Alpha pumps water. It stands in Rome.", "Pumps")
GRAIN = Document("Beta stores grain.")
LOOKUP = DocumentLookup({"pumps": PUMPS, "grain": GRAIN})


def reply(said: object) -> Reply:
    given_reply = as_reply(said, "What?", LOOKUP)
    assert is_answer(given_reply.answer)
    return given_reply


def found(given_reply: Reply) -> list[str]:
    return problems(given_reply.answer, VerificationSource(given_reply.cited.get, own=False))


def test_an_answer_stays_unchanged() -> None:
    passages = [Passage(Chunk(d, 0, len(d.text)), Source("p", d.id), 1.0) for d in (GRAIN, PUMPS, PUMPS)]
    citation = Citation(1, passages[1], 0, 18)
    statement = Statement(citation.quote, (1,), 0.9, "quoted")
    answer = Answer("answer", "What?", "What?", 0.9, "water", (statement,), (citation,), tuple(passages))
    given_reply = reply(answer)
    spans = tuple((own.document.id, 0, len(own.document.text)) for own in passages)
    assert given_reply == Reply(answer.to_dict(), (GRAIN.id, PUMPS.id), {PUMPS.id: PUMPS}, passages=spans)
    assert reply(answer.to_dict()).answer == answer.to_dict()
    assert reply(answer.to_dict()).cited == {PUMPS.id: PUMPS}


@pytest.mark.parametrize("said", [None, "", ("", ["pumps"]), {"text": None}], ids=str)
def test_an_empty_reply_is_a_refusal(said: object) -> None:
    given_reply = reply(said)
    assert (given_reply.answer["answered"], given_reply.answer["confidence"]) == (False, 0.0)
    assert given_reply.answer["citations"] == []
    assert found(given_reply) == []


@pytest.mark.parametrize(
    "citation",
    [
        ("pumps", 0, 18),
        {"document": "pumps", "start": 0, "end": 18},
        {"source": "pumps", "quote": "Alpha pumps water."},
        {"document": PUMPS.id, "quote": "Alpha pumps water.", "start": 0, "end": 18},
    ],
    ids=["tuple", "mapping", "quote", "id"],
)
def test_every_form_of_a_citation_is_accepted(citation: object) -> None:
    given_reply = reply(("Alpha pumps water.[1]", [citation], 0.7))
    (cited,) = given_reply.answer["citations"]
    assert (cited["document"], cited["source"], cited["title"]) == (PUMPS.id, "pumps", "Pumps")
    assert (cited["start"], cited["end"], cited["quote"]) == (0, 18, "Alpha pumps water.")
    assert given_reply.answer["statements"][0]["status"] == "quoted"
    assert given_reply.answer["confidence"] == 0.7
    assert given_reply.retrieved == (PUMPS.id,)
    assert found(given_reply) == []


def test_markers_before_and_after_the_full_stop_give_a_sentence_its_citations() -> None:
    given_reply = reply(("Alpha pumps water.[1] Beta stores grain. [2] Both are old [1][2].", ["pumps", "grain"]))
    assert [(s["text"], s["citations"]) for s in given_reply.answer["statements"]] == [
        ("Alpha pumps water.", [1]),
        ("Beta stores grain.", [2]),
        ("Both are old.", [1, 2]),
    ]
    assert [s["status"] for s in given_reply.answer["statements"]] == ["quoted", "quoted", "supported"]
    assert found(given_reply) == []


def test_without_markers_every_sentence_cites_all() -> None:
    given_reply = reply(("Alpha pumps water. Beta stores grain.", ["pumps", "grain"]))
    assert [s["citations"] for s in given_reply.answer["statements"]] == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("citations", "reason"),
    [
        ([("pumps", 1, 18)], None),
        ([{"document": "pumps", "start": 0, "end": 18, "quote": "Alpha pumps wine."}], "are not the quote"),
        ([{"document": "pumps", "quote": "Alpha pumps wine."}], "are not the quote"),
        ([("nowhere", 0, 5)], "is not in"),
        ([("pumps", 0, 900)], "are not the quote"),
        ([], "said without a citation"),
    ],
)
def test_wrong_citations_are_kept_and_reported(citations: list[Any], reason: str | None) -> None:
    wrong = found(reply(("The pump is red.", citations)))
    assert (wrong == []) if reason is None else any(reason in problem for problem in wrong), wrong


def test_a_marker_without_a_citation_is_reported() -> None:
    assert found(reply(("It is red.[3]", ["pumps"]))) == [
        "statement 1 cites a number that no citation has",
        "statement 1 is said without a citation",
    ]


def test_the_passages_of_an_answer_are_identified_by_citations_of_the_same_source() -> None:
    said = {**reply(("Alpha pumps water.", [("pumps", 0, 18)])).answer, "passages": [{"source": "x"}, {"source": "/p"}]}
    said["citations"][0]["source"] = "/p"
    assert reply(said).retrieved == ("x", PUMPS.id)


def test_numbers_of_numpy_are_accepted() -> None:
    given_reply = reply(("Alpha pumps water.", [("pumps", np.int64(0), np.int64(18))], np.float32(0.5)))
    assert json.loads(json.dumps(given_reply.answer)) == given_reply.answer


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": None}, {"confidence": "high"}, {"confidence": 5}, {"confidence": float("nan")},
        {"short_answer": 5}, {"passages": ["a"]}, {"passages": None}, {"statements": []}, {"answered": False},
    ],
    ids=str,
)  # fmt: skip
def test_an_invalid_answer_of_refdesk_is_refused(change: dict[str, Any]) -> None:
    said = reply(("Alpha pumps water.", ["pumps"])).answer
    assert reply(said).answer == said
    with pytest.raises(ReplyError, match="as refdesk ask --json writes it"):
        reply({**said, **change})


def test_a_reply_may_name_the_retrieved_documents() -> None:
    given_reply = reply({"text": "Red.", "retrieved": ["grain", "unknown", PUMPS.id]})
    assert given_reply.retrieved == (GRAIN.id, "unknown", PUMPS.id)


def test_sources_replace_neither_citations_nor_documents_that_are_named_beside_them() -> None:
    sources = [{"text": "Beta stores grain."}]
    both = reply({"text": "Alpha pumps water.", "citations": [("pumps", 0, 18)], "retrieved": [], "sources": sources})
    assert [citation["document"] for citation in both.answer["citations"]] == [PUMPS.id]
    assert both.supplied == ("citations", "retrieved")
    named = reply({"text": "Grain.[1]", "citations": None, "retrieved": ["pumps"], "sources": sources})
    assert ([citation["document"] for citation in named.answer["citations"]], named.retrieved) == (
        [GRAIN.id], (PUMPS.id,),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (7, "int is no answer"),
        (("a", "b", 1, 2), "tuple is no answer"),
        (("text", [], 1.5), "between 0 and 1"),
        (("text", [], "high"), "between 0 and 1"),
        ({"text": 3}, "must be texts"),
        ({"text": "a", "citations": "pumps"}, "citations must be a list"),
        ({"text": "a", "citations": [3]}, "citation 1 must be"),
        ({"text": "a", "citations": ["grain", {"start": 3}]}, "citation 2 must name its document"),
        ({"schema": 1, "text": "a"}, "as refdesk ask --json writes it"),
    ],
)
def test_a_reply_of_no_known_form_is_refused(said: object, reason: str) -> None:
    with pytest.raises(ReplyError, match=reason):
        reply(said)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.lists(st.sampled_from(["pumps", "grain"])))
def test_the_text_of_an_answer_from_any_text_is_its_statements(text: str, citations: list[str]) -> None:
    given_reply = reply((text, citations))
    assert not any("the text is not its statements" in problem for problem in found(given_reply))
