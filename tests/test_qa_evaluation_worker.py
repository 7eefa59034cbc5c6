"""What other frameworks return, in the shapes of their objects, and how it is read; the worker imports none of them.

The shapes are those of langchain-core 1.8, llama-index-core 0.14, haystack-ai 3.4, txtai 9.14 and haiku.rag 0.101.
"""

from __future__ import annotations

from types import SimpleNamespace as Object
from typing import Any

import pytest

from qa.evaluation.systems.beside.worker import (
    Document,
    Framework,
    HaikuRag,
    Haystack,
    LangChain,
    LlamaIndex,
    Txtai,
)

PUMP = "Alpha pumps water. It was built in 1890. Alpha pumps water."
DOCUMENTS = [Document("town/pump.txt", "Pump", PUMP), Document("town/grain.txt", "Grain", "Beta stores grain.")]
WATER = "Alpha pumps water."
GRAIN: dict[str, Any] = {"names": ["town/grain.txt"], "text": "Beta stores grain."}


def lc(text: str, **metadata: Any) -> Object:
    return Object(page_content=text, metadata=metadata, id=None)


def test_a_passage_is_of_the_document_that_a_name_is_the_id_of() -> None:
    source = Framework(DOCUMENTS).source
    assert source(["Pump", 7, None, "town/pump.txt"]) == {"names": ["town/pump.txt"]}
    assert source(["town/pump.txt#12"], "") == {"names": ["town/pump.txt"]}
    assert source(["elsewhere#2", 7], "x", 0) == {"names": ["elsewhere#2"], "text": "x"}


def test_the_place_of_a_text_that_repeats_is_taken_from_where_it_is_said_to_begin() -> None:
    source = Framework(DOCUMENTS).source
    second = {"names": ["town/pump.txt"], "text": WATER, "start": 41, "end": 59}
    assert source(["town/pump.txt"], WATER, 41) == second
    assert source(["town/pump.txt"], WATER, 40) == {"names": ["town/pump.txt"], "text": WATER}


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ([lc(WATER, document="town/pump.txt", start_index=41)],
         {"sources": [{"names": ["town/pump.txt"], "text": WATER, "start": 41, "end": 59}]}),
        ([], {"sources": []}),
        ("Water.", {"text": "Water.", "sources": []}),
        (Object(content="Water."), {"text": "Water.", "sources": []}),
        (Object(content=[{"type": "text", "text": "Wa"}, "ter."]), {"text": "Water.", "sources": []}),
        ({"input": "?", "context": [lc("Beta stores grain.", source="town/grain.txt")], "answer": "Grain [1]."},
         {"text": "Grain [1].", "sources": [GRAIN]}),
        ({"query": "?", "result": "Grain.", "source_documents": [lc("Beta stores grain.", id="town/grain.txt")]},
         {"text": "Grain.", "sources": [GRAIN]}),
        ({"context": [], "answer": Object(content="None.")}, {"text": "None.", "sources": []}),
    ],
)  # fmt: skip
def test_what_langchain_returns(returned: Any, expected: dict[str, Any]) -> None:
    assert LangChain(DOCUMENTS).read(returned) == expected


def test_langchain_is_asked_with_what_its_input_is() -> None:
    class Chain:
        def __init__(self, schema: dict[str, Any]) -> None:
            self.schema = schema

        def get_input_jsonschema(self) -> dict[str, Any]:
            return self.schema

        def invoke(self, given: Any) -> Any:
            return given

    reader = LangChain(DOCUMENTS)
    assert reader.ask(Chain({"type": "string"}), "?", "qa") == "?"
    one = {"type": "object", "properties": {"input": {}, "k": {}}, "required": ["input"]}
    assert reader.ask(Chain(one), "?", "qa") == {"input": "?"}
    assert reader.ask(Chain({"type": "object", "properties": {"query": {}}}), "?", "qa") == {"query": "?"}
    with pytest.raises(TypeError, match="the chain takes a, b: let build return a function of the question"):
        reader.ask(Chain({"type": "object", "properties": {"a": {}, "b": {}}}), "?", "qa")
    with pytest.raises(TypeError, match="returned no answer, only context"):
        reader.read({"context": []})


def node(text: str, start: int | None = None, **metadata: Any) -> Object:
    kept = Object(text=text, metadata=metadata, start_char_idx=start, ref_doc_id="town/pump.txt", node_id="n1")
    return Object(node=kept, score=0.5)


def test_what_llamaindex_returns() -> None:
    reader = LlamaIndex(DOCUMENTS)
    placed = {"names": ["town/pump.txt"], "text": WATER, "start": 41, "end": 59}
    assert reader.read([node(WATER, 41)]) == {"sources": [placed]}
    answer = Object(response="Water [1].", source_nodes=[node(f"Source 1:\n{WATER}\n", 0, document="town/pump.txt")])
    cited = {"names": ["town/pump.txt"], "text": f"{WATER}\n"}
    assert reader.read(answer) == {"text": "Water [1].", "sources": [cited]}
    assert reader.read(Object(response="Empty Response", source_nodes=[])) == {"text": "", "sources": []}
    assert reader.read(Object(response=None, source_nodes=[])) == {"text": "", "sources": []}


def hs(text: str, **meta: Any) -> Object:
    return Object(id="chunk", content=text, meta=meta)


def test_what_haystack_returns() -> None:
    reader = Haystack(DOCUMENTS)
    water, grain = (
        hs(WATER, document="town/pump.txt", split_idx_start=41),
        hs("Beta stores grain.", id="town/grain.txt"),
    )
    placed = {"names": ["town/pump.txt"], "text": WATER, "start": 41, "end": 59}
    found = {"bm25": {"documents": [grain, water]}}
    assert reader.read(found) == {"sources": [GRAIN, placed]}
    assert reader.read({**found, "ranker": {"documents": [water]}, "llm": {"replies": ["Water [1]."], "meta": []}}) == {
        "text": "Water [1].", "sources": [placed],
    }  # fmt: skip
    assert reader.read({"llm": {"replies": [Object(text="Water.")]}}) == {"text": "Water.", "sources": []}
    assert reader.read({**found, "reader": {"answers": []}}) == {"text": "", "sources": [GRAIN, placed]}


def test_markers_keep_their_numbers_where_haystack_returns_only_what_they_refer_to() -> None:
    grain, water = hs("Beta stores grain.", id="town/grain.txt"), hs(WATER, document="town/pump.txt")
    referenced = hs(WATER, document="town/pump.txt", source_index=2, referenced=True)
    answer = Object(data="Water [2].", documents=[referenced])
    reply = Haystack(DOCUMENTS).read({"bm25": {"documents": [grain, water]}, "answer": {"answers": [answer]}})
    assert [source["names"] for source in reply["sources"]] == [["town/grain.txt"], ["town/pump.txt"]]


def test_an_extracted_answer_is_cited_where_haystack_found_it() -> None:
    document = hs("It was built in 1890. Alpha pumps water.", document="town/pump.txt")
    place = Object(start=16, end=20)
    answer = Object(data="1890", score=0.75, document=document, document_offset=place)
    nothing = Object(data=None, score=0.2, document=None, document_offset=None)
    reply = Haystack(DOCUMENTS).read({"reader": {"answers": [answer, nothing]}})
    cited = {"names": ["town/pump.txt"], "text": "1890", "start": 35, "end": 39}
    assert (reply["text"], reply["confidence"], reply["citations"]) == ("1890", 0.75, [cited])
    reply = Haystack(DOCUMENTS).read({"reader": {"answers": [nothing, answer]}})
    assert (reply["text"], reply["confidence"], "citations" in reply) == ("", 0.2, False)


def test_haystack_is_asked_by_every_input_that_waits_for_a_question() -> None:
    taken: dict[str, Any] = {
        "bm25": {"query": {"is_mandatory": True}, "top_k": {"is_mandatory": False}},
        "prompt": {"question": {"is_mandatory": False}, "template": {"is_mandatory": False}},
        "llm": {"generation_kwargs": {"is_mandatory": False}},
    }

    def run(data: Any, include_outputs_from: set[str]) -> Any:
        return data, include_outputs_from

    pipeline = Object(inputs=lambda: taken, run=run, graph=Object(nodes=["bm25", "prompt", "llm"]))
    asked, told = Haystack(DOCUMENTS).ask(pipeline, "?", "qa")
    assert asked == {"bm25": {"query": "?"}, "prompt": {"question": "?"}}
    assert told == {"bm25", "prompt", "llm"}


def test_what_txtai_returns() -> None:
    reader = Txtai(DOCUMENTS)
    assert reader.read([("town/grain.txt", 0.5)]) == {"sources": [{"names": ["town/grain.txt"]}]}
    hits = [
        {"id": "town/grain.txt#3", "text": "Beta stores grain.", "score": 0.5},
        {"id": "7", "text": "x", "score": 0},
    ]
    sources = [GRAIN, {"names": ["7"], "text": "x"}]
    assert reader.read(hits) == {"sources": sources}
    assert reader.read(("Grain.", hits)) == {"sources": sources, "text": "Grain."}
    told = {"answer": "Grain.", "reference": "town/grain.txt#3"}
    assert reader.read((told, hits)) == {"sources": sources, "citations": [GRAIN], "text": "Grain."}
    assert reader.read((told, []))["citations"] == [{"names": ["town/grain.txt"]}]


def test_what_txtai_writes_from_is_looked_up_as_it_does_itself() -> None:
    class Rag:
        context = 2
        similarity = Object(search=lambda question, limit: [(question, limit)])

        def __call__(self, question: str) -> dict[str, str]:
            return {"answer": question}

    assert Txtai(DOCUMENTS).ask(Rag(), "?", "qa") == ({"answer": "?"}, [("?", 2)])


def test_what_haiku_rag_returns() -> None:
    reader = HaikuRag(DOCUMENTS)
    hit = Object(content="Beta stores grain.", document_uri="town/grain.txt", document_title="Grain", document_meta={})
    assert reader.read([hit]) == {"sources": [GRAIN]}
    assert reader.read(("Grain.", [hit])) == {"text": "Grain.", "sources": [GRAIN], "citations": [GRAIN]}
    assert reader.read("Grain.") == {"text": "Grain.", "sources": []}
    client = Object(search=lambda _, limit: ("search", limit), ask=lambda _: "ask")
    assert [reader.ask(client, "?", task) for task in ("qa", "retrieval")] == ["ask", ("search", 100)]
