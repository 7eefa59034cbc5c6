"""Sets of grounded answers, as they are published: RAGBench, ALCE, KILT, RAGChecker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import value, word_harness

from qa.evaluation import Dataset, DatasetError, Item, evaluate, import_run, load_dataset
from qa.evaluation.scoring.gold import GoldStandard


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def whole(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


def marked(dataset: Dataset, item: Item) -> list[list[str]]:
    """What each set of the item's marked evidence says."""
    return [[dataset.documents[name].text[start:end] for name, start, end in spans] for spans in item.places]


# RAGBench

PUMPS = "Title: Pumps\nPassage: Alpha pumps water. It has two pumps. Alpha pumps water."
MILL = "The mill of Beta grinds grain."


def ragbench(identity: str = "7", **changed: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "question": "How many pumps does Alpha have?",
        "documents": [PUMPS, MILL],
        "response": "Alpha has two pumps.",
        "generation_model_name": "gpt-3.5-turbo-0125",
        "annotating_model_name": "gpt-4o",
        "dataset_name": "hotpotqa",
        "documents_sentences": [
            [["0a", "Title: Pumps"], ["0b", "Passage: Alpha pumps water."], ["0c", "It has two pumps."],
             ["0d", "Alpha pumps water."]],
            [["1a", "The mill of Beta grinds grain."]],
        ],
        "response_sentences": [["a", "Alpha has two pumps."]],
        "sentence_support_information": [],
        "unsupported_response_sentence_keys": [],
        "adherence_score": True,
        "overall_supported_explanation": "",
        "relevance_explanation": "",
        "all_relevant_sentence_keys": ["0c", "0d."],
        "all_utilized_sentence_keys": ["0c"],
        "relevance_score": 0.4,
        **changed,
    }  # fmt: skip


def test_ragbench_asks_each_question_of_its_own_documents(tmp_path: Path) -> None:
    silent = ragbench("8", question="Who sold the mill?", documents=[MILL], all_relevant_sentence_keys=[])
    silent["documents_sentences"] = [[["0a", MILL]]]
    dataset = load_dataset(lines(tmp_path / "hotpotqa_test.jsonl", ragbench(), silent))
    pumps, mill = dataset.items
    assert {name: document.text for name, document in dataset.documents.items()} == {
        "document 1": PUMPS, "document 2": MILL,
    }  # fmt: skip
    assert marked(dataset, pumps) == [["It has two pumps.", "Alpha pumps water."]]
    assert pumps.places[0][1][1] == PUMPS.rindex("Alpha"), "the sentence with the key, not the first like it"
    assert ([gold.text for gold in pumps.answers], dict(pumps.relevant)) == (
        ["Alpha has two pumps."],
        {"document 1": 1},
    )
    assert (pumps.among, mill.among) == (("document 1", "document 2"), ("document 2",))
    assert (mill.answerable, mill.answers, mill.places, dict(mill.relevant)) == (False, (), (), {})
    assert (pumps.slices["dataset_name"], dataset.notes) == ("hotpotqa", ())
    assert GoldStandard(dataset).of(pumps).is_marked
    run = evaluate(dataset, "bm25", out=tmp_path / "runs", harness=word_harness())
    assert [record["answer"]["citations"][0]["source"] for record in run.records] == ["document 1", "document 2"]


def test_what_the_judges_of_ragbench_left_open_is_told(tmp_path: Path) -> None:
    rows = [
        ragbench("a", adherence_score=False),
        ragbench("b", all_relevant_sentence_keys=["0c", "9z"]),
        ragbench("c", all_relevant_sentence_keys=None),
    ]
    dataset = load_dataset(lines(tmp_path / "x.jsonl", *rows))
    unsure, strange = dataset.items
    assert (unsure.answerable, unsure.answers, dict(unsure.relevant)) == (None, (), {"document 1": 1})
    assert (strange.answerable, strange.places, dict(strange.relevant)) == (True, (), {"document 1": 1})
    assert dataset.notes == (
        "x.jsonl: 1 questions are left out, as their sentences are not judged",
        "x.jsonl: 1 of 2 questions have a relevant sentence that is in no document, such as b: no evidence is marked "
        "for them",
        "x.jsonl: 1 of 2 questions have no supported response, such as a: they are left out but for the task retrieval",
    )
    assert len(evaluate(dataset, "bm25", out=tmp_path / "runs", harness=word_harness()).records) == 1
    retrieval = evaluate(dataset, "bm25", task="retrieval", out=tmp_path / "runs", harness=word_harness())
    assert len(retrieval.records) == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"documents": []}, "line 2: documents must hold a text"),
        ({"documents": "one"}, "line 2: documents must be a list of texts"),
        ({"documents_sentences": [[]]}, "line 2: documents_sentences must hold a list for each of documents"),
        ({"documents_sentences": [[["0a"]], []]}, "line 2: documents_sentences must hold keys and sentences"),
        ({"all_relevant_sentence_keys": "0a"}, "line 2: all_relevant_sentence_keys must be a list of texts"),
        ({"adherence_score": "yes"}, "line 2: adherence_score must be true, false or null"),
        ({"response": ""}, "line 2: response is missing or empty"),
        ({"question": None}, "line 2: question is missing or empty"),
    ],
)
def test_a_broken_record_of_ragbench_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(lines(tmp_path / "x.jsonl", ragbench(), ragbench("b", **changed)))


# ALCE


def alce(question: str = "Who built the pumps?", **own: Any) -> dict[str, Any]:
    docs = [
        {
            "id": "1",
            "title": "Pumps",
            "text": "Ann Miller built the first pump.",
            "score": 0.9,
            "answers_found": [1, 0],
        },
        {"id": "2", "title": "Pumps", "text": "Bob Wood built the second pump.", "summary": "Bob built it."},
        {"id": "3", "title": "Empty", "text": ""},
    ]
    return {"question": question, "answer": "Ann Miller built one pump, Bob Wood another.", "docs": docs, **own}


ASQA = alce(
    sample_id="-71",
    wikipages=[],
    annotations=[{"knowledge": [], "long_answer": "Two people."}],
    qa_pairs=[
        {
            "context": "",
            "question": "Who built the first?",
            "short_answers": ["Ann Miller", "Miller"],
            "wikipage": None,
        },
        {"context": "", "question": "Who built the second?", "short_answers": ["Bob Wood"], "wikipage": None},
    ],
)
QAMPARI = alce(id="3_wiki", answers=[["Ann Miller", "Miller"], ["Bob Wood"]])
ELI5 = alce("Why are there pumps?", question_ctx="", claims=["Ann Miller built the first pump.", "Birds sing songs."])


@pytest.mark.parametrize(("row", "identity"), [(ASQA, "-71"), (QAMPARI, "3_wiki")])
def test_alce_wants_all_short_answers_from_the_passages_of_each_question(
    tmp_path: Path, row: dict[str, Any], identity: str
) -> None:
    dataset = load_dataset(whole(tmp_path / "alce.json", [row]))
    (item,) = dataset.items
    assert list(dataset.documents) == ["Pumps", "Pumps (2)"]
    assert (item.id, item.among, item.answerable) == (identity, ("Pumps", "Pumps (2)"), True)
    assert item.wanted == (("Ann Miller", "Miller"), ("Bob Wood",))
    assert [gold.text for gold in item.answers] == ["Ann Miller", "Bob Wood"]
    assert (dict(item.relevant), item.places, item.nuggets) == ({}, (), ())
    said = iter(["Miller and Bob Wood did.", "Miller did."])
    runs = [evaluate(dataset, lambda *_: next(said), out=tmp_path, harness=word_harness()) for _ in range(2)]
    assert [(value(run, "right"), value(run, "answers_said")) for run in runs] == [(1.0, 1.0), (0.0, 0.5)]


def test_the_claims_of_alces_eli5_are_vital_nuggets(tmp_path: Path) -> None:
    dataset = load_dataset(whole(tmp_path / "eli5.json", [ELI5, alce(claims=["Ann Miller built it."])]))
    first, second = dataset.items
    assert [(nugget.text, nugget.importance) for nugget in first.nuggets] == [
        ("Ann Miller built the first pump.", "vital"), ("Birds sing songs.", "vital"),
    ]  # fmt: skip
    assert (first.id, second.id, first.answers, first.wanted) == ("1", "2", (), ())
    said = iter(["Ann Miller built the first pump.", "Ann Miller built it."])
    run = evaluate(dataset, lambda *_: next(said), out=tmp_path, harness=word_harness())
    assert [record["metrics"]["V_strict"] for record in run.records] == [0.5, 1.0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**ASQA, "docs": [{"title": "Pumps", "text": " "}]}, "record 2: docs must hold a passage with a text"),
        ({**ASQA, "docs": [{"title": "Pumps", "text": ["x"]}]}, "record 2, doc 1: text must be a text"),
        ({**ASQA, "docs": None}, "record 2: docs must be a list"),
        ({**ASQA, "qa_pairs": [{"short_answers": "x"}]}, "record 2, pair 1: short_answers must be a list of texts"),
        (
            {**ASQA, "qa_pairs": [{"short_answers": []}]},
            "record 2: qa_pairs: an answer has no text",
        ),
        ({**ASQA, "qa_pairs": []}, "record 2: qa_pairs is empty"),
        ({**QAMPARI, "answers": ["Ann"]}, "record 2: answers must be a list of texts"),
        ({**ELI5, "claims": "none"}, "record 2: claims must be a list of texts"),
        ({**ELI5, "claims": []}, "record 2: claims is empty"),
        ({**QAMPARI, "answers": "Ann"}, "record 2: answers must be a list, not"),
        ({**QAMPARI, "question": ""}, "record 2: question is missing or empty"),
    ],
)
def test_a_broken_record_of_alce_is_refused(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(whole(tmp_path / "alce.json", [ASQA, row]))


# KILT

PAGES: list[dict[str, Any]] = [
    {"_id": "1", "wikipedia_id": "11", "wikipedia_title": "Pumps", "anchors": [], "categories": "",
     "text": ["Pumps\n", "Cafe\u0301 Alpha pumps water. \n", "Section::::Age.\n", "Ann Miller built it in 1890.\n"]},
    {"_id": "2", "wikipedia_id": 12, "wikipedia_title": "Mills", "text": ["Mills\n", "A mill grinds grain.\n"]},
]  # fmt: skip


def provenance(page: str, title: str, *span: int) -> dict[str, Any]:
    names = ("start_paragraph_id", "start_character", "end_paragraph_id", "end_character")
    return {"wikipedia_id": page, "title": title, "bleu_score": 1.0, **dict(zip(names, span, strict=False))}


def kilt(identity: str = "q1", **changed: Any) -> dict[str, Any]:
    output = [
        {"answer": "Ann Miller", "provenance": [provenance("11", "Pumps", 3, 0, 3, 10)]},
        {"answer": "Miller"},
        {"provenance": [provenance("11", "Pumps", 1, 6, 1, 24), provenance("12", "Mills", 1, 2, 1, 6)]},
    ]
    return {"id": identity, "input": "Who built Alpha?", "meta": {}, "output": output, **changed}


def test_kilt_marks_the_provenance_in_pages_of_the_knowledge_source(tmp_path: Path) -> None:
    pages = lines(tmp_path / "pages.jsonl", *PAGES)
    whole_page = kilt("q2", output=[{"answer": "grain", "provenance": [provenance("12", "Mills", -1, -1, -1, -1)]}])
    dataset = load_dataset(lines(tmp_path / "nq-dev-kilt.jsonl", kilt(), whole_page), corpus=pages)
    item, mill = dataset.items
    assert list(dataset.documents) == ["Pumps", "Mills"]
    assert dataset.documents["Pumps"].text.startswith("Pumps\n\nCaf\u00e9 Alpha pumps water.\n\nSection")
    assert marked(dataset, item) == [["Ann Miller"], ["Alpha pumps water.", "mill"]]
    assert [gold.text for gold in item.answers] == ["Ann Miller", "Miller"]
    assert (dict(item.relevant), item.among) == ({"Pumps": 1, "Mills": 1}, ())
    assert (dict(mill.relevant), mill.places, dataset.notes) == ({"Mills": 1}, (), ())
    run = evaluate(dataset, "bm25", task="retrieval", out=tmp_path / "runs", harness=word_harness())
    assert len(run.records) == 2


def test_pages_that_the_corpus_of_kilt_lacks_are_told(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "nq.jsonl", kilt(), kilt("q2", output=[{"answer": "x", "provenance": [provenance("9", "?")]}])
    )
    dataset = load_dataset(path, corpus=lines(tmp_path / "pages.jsonl", PAGES[0]))
    assert (dict(dataset.items[0].relevant), len(dataset.items[0].places)) == ({"Pumps": 1}, 1)
    assert dataset.notes == ("nq.jsonl: the corpus has none of the pages that answer 1 of 2 questions, such as q2",)
    alone = load_dataset(path, indexed=True)
    assert (alone.documents, alone.items[0].relevant, alone.notes) == ({}, {}, ())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"input": ""}, "line 2: input is missing or empty"),
        ({"input": "Ann Miller [SEP] place of birth"}, "line 2: input is no question"),
        ({"output": [{"answer": "SUPPORTS"}]}, "line 2: input is no question"),
        ({"output": [{"provenance": []}]}, "line 2: output has no answer"),
        ({"output": {"answer": "x"}}, "line 2: output must be a list"),
        (
            {"output": [{"answer": "x", "provenance": [{"title": "Pumps"}]}]},
            "output 1, provenance 1: wikipedia_id is miss",
        ),
        (
            {"output": [{"answer": "x", "provenance": [{**provenance("11", "Pumps"), "start_character": "3"}]}]},
            "line 2, output 1, provenance 1: start_character must be a whole number",
        ),
    ],
)
def test_a_broken_record_of_kilt_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(lines(tmp_path / "x.jsonl", kilt(), kilt("b", **changed)), indexed=True)


def test_a_broken_page_of_kilt_is_refused(tmp_path: Path) -> None:
    pages = lines(tmp_path / "pages.jsonl", PAGES[0], {**PAGES[1], "text": "A mill."})
    with pytest.raises(DatasetError, match=r"pages.jsonl: line 2: text must be a list of texts"):
        load_dataset(lines(tmp_path / "x.jsonl", kilt()), corpus=pages)


# RAGChecker


@pytest.mark.parametrize("field", ["results", "input_data"])
def test_ragcheckers_input_is_questions_and_answers_in_one_file(tmp_path: Path, field: str) -> None:
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "pumps.txt").write_text("Alpha pumps water into the old town.")
    found = [{"doc_id": "000", "text": "Alpha pumps water into the old town."}]
    asked = {
        "query_id": "0",
        "query": "What does Alpha do?",
        "gt_answer": "Alpha pumps water.",
        "response": "Alpha pumps water into the old town. [1]",
        "retrieved_context": found,
    }
    path = whole(tmp_path / "checking_inputs.json", {field: [asked, {**asked, "query_id": "1", "response": ""}]})
    dataset = load_dataset(path, corpus=tmp_path / "town")
    first = dataset.items[0]
    assert (first.id, first.question, [gold.text for gold in first.answers]) == (
        "0", "What does Alpha do?", ["Alpha pumps water."],
    )  # fmt: skip
    assert set(first.slices) == {"language"}
    run = import_run(path, dataset, out=tmp_path / "runs", harness=word_harness())
    said, refused = run.records
    (citation,) = said["answer"]["citations"]
    assert (citation["source"], citation["quote"]) == ("pumps.txt", "Alpha pumps water into the old town.")
    assert (said["said"], refused["said"], value(run, "citations_hold")) == (True, False, 1.0)


def test_a_query_of_ragchecker_without_its_answer_is_refused(tmp_path: Path) -> None:
    path = whole(tmp_path / "x.json", {"results": [{"query_id": "0", "query": "What?", "response": "x"}]})
    with pytest.raises(DatasetError, match="record 1: has no answers"):
        load_dataset(path, indexed=True)
