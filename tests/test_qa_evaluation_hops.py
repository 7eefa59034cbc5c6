"""Sets of questions over several documents, as they are published: HotpotQA, 2WikiMultihopQA, MuSiQue, MultiHop-RAG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import value, word_harness

from qa.evaluation import Dataset, DatasetError, Item, evaluate, load_dataset
from qa.evaluation.scoring.gold import GoldStandard

ANN = ["Ann Miller built pumps.", " She was born in Larkford.", " She died in 1910."]
BOB = ["Bob Wood wrote songs.", " He was born in Larkford."]
TOWN = ["Larkford is a town on the Gamma."]


def written(path: Path, rows: list[dict[str, Any]], *, as_lines: bool = False) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows) if as_lines else json.dumps(rows)
    path.write_text(text, "utf-8")
    return path


def marked(dataset: Dataset, item: Item) -> list[str]:
    """What the item's marked evidence says."""
    return [dataset.documents[name].text[start:end] for spans in item.places for name, start, end in spans]


# HotpotQA and 2WikiMultihopQA


def hotpot(identity: str = "5a1", **changed: Any) -> dict[str, Any]:
    return {
        "_id": identity,
        "question": "Were Ann Miller and Bob Wood born in the same town?",
        "answer": "yes",
        "type": "comparison",
        "level": "hard",
        "supporting_facts": [["Ann Miller", 1], ["Bob Wood", 1]],
        "context": [["Ann Miller", ANN], ["Larkford", TOWN], ["Bob Wood", BOB]],
        **changed,
    }


def test_hotpotqa(tmp_path: Path) -> None:
    other = hotpot("5a2", question="On which river is Larkford?", answer="Gamma", type="bridge", level="easy")
    other |= {"supporting_facts": [["Larkford", 0]], "context": [["Larkford", TOWN], ["Ann Miller", ["Another Ann."]]]}
    dataset = load_dataset(written(tmp_path / "hotpot_dev.json", [hotpot(), other]))
    both, river = dataset.items
    assert (dataset.kind, dataset.notes) == ("open", ())
    assert list(dataset.documents) == ["Ann Miller", "Larkford", "Bob Wood", "Ann Miller (2)"]
    assert dataset.documents["Ann Miller"].text == "".join(ANN)
    assert marked(dataset, both) == ["She was born in Larkford.", "He was born in Larkford."]
    assert (both.answers[0].text, both.answerable, dict(both.relevant)) == (
        "yes",
        True,
        {"Ann Miller": 1, "Bob Wood": 1},
    )
    assert (both.slices["type"], both.slices["level"], river.slices["type"]) == ("comparison", "hard", "bridge")
    assert (both.among, river.among) == (("Ann Miller", "Larkford", "Bob Wood"), ("Larkford", "Ann Miller (2)"))
    gold = GoldStandard(dataset).of(both)
    assert (len(gold.documents), len(gold.places), len(gold.places[0]), gold.is_marked) == (2, 1, 2, True)


def test_2wiki_whose_sentences_bring_no_spaces_and_the_export_of_the_hub(tmp_path: Path) -> None:
    plain = hotpot(evidences=[["Ann Miller", "place of birth", "Larkford"]], answer_id=None)
    plain["context"] = [[title, [text.strip() for text in sentences]] for title, sentences in plain["context"]]
    columns = {"title": ["Ann Miller", "Bob Wood"], "sentences": [ANN, BOB]}
    exported = hotpot(supporting_facts={"title": ["Bob Wood", "Ann Miller"], "sent_id": [1, 0]}, context=columns)
    exported["id"] = exported.pop("_id")
    for record, evidence in ((plain, "She was born in Larkford."), (exported, "He was born in Larkford.")):
        dataset = load_dataset(written(tmp_path / "dev.json", [record]))
        assert dataset.documents["Ann Miller"].text == "".join(ANN)
        assert marked(dataset, dataset.items[0])[0] == evidence


def test_a_supporting_fact_behind_the_last_sentence_is_told(tmp_path: Path) -> None:
    record = hotpot(supporting_facts=[["Ann Miller", 1], ["Bob Wood", 7]])
    dataset = load_dataset(written(tmp_path / "dev.json", [hotpot("a"), {**record, "_id": "b"}]))
    assert [len(item.places) for item in dataset.items] == [1, 0]
    assert set(dataset.items[1].relevant) == {"Ann Miller", "Bob Wood"}
    assert dataset.notes == (
        "dev.json: 1 of 2 questions have a supporting fact that is no sentence of its paragraph, such as b: no "
        "evidence is marked for them",
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"context": [["Ann Miller", "text"]]}, "record 2: context must hold titles and lists of sentences"),
        ({"context": [["Ann Miller"]]}, "record 2: context must be a list of pairs"),
        ({"supporting_facts": [["Ann Miller", "1"]]}, "record 2: supporting_facts must hold titles and numbers"),
        ({"supporting_facts": [["Nobody", 0]]}, 'record 2: supporting_facts names "Nobody", which is no paragraph'),
        ({"supporting_facts": []}, "record 2: supporting_facts is empty"),
        ({"answer": None}, "record 2: answer is missing or empty"),
    ],
)
def test_a_broken_record_of_hotpotqa_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(written(tmp_path / "dev.json", [hotpot(), hotpot("b", **changed)]))


# MuSiQue


def musique(identity: str, supporting: int | None, **changed: Any) -> dict[str, Any]:
    texts = {"Ann Miller": "".join(ANN), "Larkford": TOWN[0], "Mills": "A mill grinds grain."}
    paragraphs = [
        {"idx": number, "title": title, "paragraph_text": text, "is_supporting": supporting is not None and number < 2}
        for number, (title, text) in enumerate(texts.items())
        if supporting is not None or title != "Larkford"
    ]
    return {
        "id": identity,
        "paragraphs": paragraphs,
        "question": "Which river flows through the town where Ann Miller was born?",
        "question_decomposition": [
            {"id": 1, "question": "Ann Miller >> place of birth", "answer": "Larkford", "paragraph_support_idx": 0},
            {"id": 2, "question": "river of #1", "answer": "the Gamma", "paragraph_support_idx": supporting},
        ],
        "answer": "the Gamma",
        "answer_aliases": ["Gamma"],
        "answerable": supporting is not None,
        **changed,
    }


def test_musique_asks_each_question_of_its_own_paragraphs(tmp_path: Path) -> None:
    rows = [musique("2hop__1_2", 1), musique("2hop__1_2", None)]
    path = written(tmp_path / "musique_full.jsonl", rows, as_lines=True)
    dataset = load_dataset(path)
    answered, silent = dataset.items
    assert list(dataset.documents) == ["Ann Miller", "Larkford", "Mills"]
    assert [gold.text for gold in answered.answers] == ["the Gamma", "Gamma"]
    assert (dict(answered.relevant), answered.slices["hops"]) == ({"Ann Miller": 1, "Larkford": 1}, "2")
    assert (silent.id, silent.answerable) == ("2hop__1_2/unanswerable", False)
    assert (silent.answers, dict(silent.relevant), silent.among) == ((), {}, ("Ann Miller", "Mills"))
    run = evaluate(dataset, "bm25", out=tmp_path / "runs", harness=word_harness())
    cited = [record["answer"]["citations"][0]["source"] for record in run.records]
    assert run.metrics["task"] == "qa"
    assert cited[1] != "Larkford", "which is in the index, but is none of the question's paragraphs"
    run = evaluate(dataset, out=tmp_path / "runs", harness=word_harness())
    found = [{passage["source"] for passage in record["answer"]["passages"]} for record in run.records]
    assert found == [{"Ann Miller", "Larkford", "Mills"}, {"Ann Miller", "Mills"}]
    wide = evaluate(
        dataset, out=tmp_path / "runs", harness=word_harness(), distractors={"x": dataset.documents["Mills"]}
    )
    assert len(wide.records[1]["answer"]["passages"]) == 3, "with distractors all are searched"


def test_both_forms_of_a_question_of_musique_are_one_group(tmp_path: Path) -> None:
    rows = [musique(f"2hop__{number}", supporting) for number in range(5) for supporting in (1, None)]
    dataset = load_dataset(written(tmp_path / "a.jsonl", rows, as_lines=True))
    assert [item.group for item in dataset.items] == [row["id"] for row in rows]


def test_questions_over_several_paragraphs_are_not_read_in_one(tmp_path: Path) -> None:
    dataset = load_dataset(written(tmp_path / "a.jsonl", [musique("2hop__1_2", 1)], as_lines=True))
    with pytest.raises(DatasetError, match="cannot be used for the task reading: that needs questions with a passage"):
        evaluate(dataset, "bm25", task="reading", out=tmp_path / "runs", harness=word_harness())


def test_another_system_is_told_which_paragraphs_are_the_questions(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", [musique("2hop__1_2", 1), musique("2hop__1_2", None)], as_lines=True)
    asked: list[list[str]] = []

    def other(question: str, documents: list[str]) -> str | None:
        assert question.startswith("Which river")
        asked.append(documents)
        return "the Gamma" if "Larkford" in documents else None

    run = evaluate(load_dataset(path), other, out=tmp_path / "runs", harness=word_harness())
    assert asked == [["Ann Miller", "Larkford", "Mills"], ["Ann Miller", "Mills"]]
    assert value(run, "right") == 1.0
    ranked = evaluate(
        load_dataset(path), lambda _, names: names, task="retrieval", out=tmp_path / "runs", harness=word_harness()
    )
    assert value(ranked, "nDCG@10") == 1.0


def test_a_json_list_of_musique_is_not_taken_for_squad(tmp_path: Path) -> None:
    dataset = load_dataset(written(tmp_path / "a.json", [musique("2hop__1_2", 1)]))
    assert dataset.items[0].slices["hops"] == "2"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"answerable": None}, "line 2: answerable must be true or false"),
        ({"answer_aliases": "Gamma"}, "line 2: answer_aliases must be a list of texts"),
        (
            {"paragraphs": [{"title": "A", "paragraph_text": "", "is_supporting": True}]},
            "line 2, paragraph 1: paragraph_t",
        ),
        ({"paragraphs": []}, "line 2: paragraphs is empty"),
        ({"question_decomposition": None}, "line 2: question_decomposition must be a list"),
    ],
)
def test_a_broken_record_of_musique_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    rows = [musique("2hop__1_2", 1), musique("2hop__3_4", 1, **changed)]
    with pytest.raises(DatasetError, match=reason):
        load_dataset(written(tmp_path / "a.jsonl", rows, as_lines=True))


# MultiHop-RAG

ARTICLES = [
    {"title": "New pumps", "author": "A", "source": "The Post", "published_at": "2023-10-01T08:00:00+00:00",
     "category": "news", "url": "https://post.example/1", "body": "Alpha bought new\npumps. They cost 12 million."},
    {"title": "Old mills", "author": "B", "source": "The Wire", "published_at": "2023-11-02T08:00:00+00:00",
     "category": "news", "url": "https://wire.example/2", "body": "Alpha sold its mills."},
]  # fmt: skip


def multihop_rag(folder: Path, *changed: dict[str, Any]) -> Path:
    facts = ["Alpha bought new pumps.", "Alpha sold its mills."]
    evidence = [
        {"title": each["title"], "url": each["url"], "source": each["source"], "fact": fact}
        for each, fact in zip(ARTICLES, facts, strict=True)
    ]
    asked = {"query": "Which company bought pumps by The Post and sold mills by The Wire?", "answer": "Alpha"}
    rows: list[dict[str, Any]] = [
        {**asked, "question_type": "inference_query", "evidence_list": evidence},
        {"query": "Who sold the moon?", "answer": "Insufficient information.", "question_type": "null_query",
         "evidence_list": []},
    ]  # fmt: skip
    return written(folder / "MultiHopRAG.json", [*rows, *({**rows[0], **own} for own in changed)])


def test_multihop_rag(tmp_path: Path) -> None:
    corpus = written(tmp_path / "corpus.json", ARTICLES)
    dataset = load_dataset(multihop_rag(tmp_path))
    both, silent = dataset.items
    assert list(dataset.documents) == ["New pumps", "Old mills"]
    assert dataset.documents["New pumps"].text.startswith("The Post, 2023-10-01T08:00:00+00:00\n\nAlpha bought")
    assert marked(dataset, both) == ["Alpha bought new\npumps.", "Alpha sold its mills."]
    assert (both.answers[0].text, dict(both.relevant)) == ("Alpha", {"New pumps": 1, "Old mills": 1})
    assert (both.slices["question_type"], both.among) == ("inference_query", ())
    assert (silent.answerable, silent.answers, silent.slices["question_type"]) == (False, (), "null_query")
    (tmp_path / "other").mkdir()
    moved = corpus.rename(tmp_path / "other" / "articles.json")
    with pytest.raises(DatasetError, match=r"MultiHopRAG.json: there is no corpus.json with its documents beside it"):
        load_dataset(tmp_path / "MultiHopRAG.json")
    assert load_dataset(tmp_path / "MultiHopRAG.json", corpus=moved).digest == dataset.digest


def test_facts_that_stand_in_no_article_are_told(tmp_path: Path) -> None:
    written(tmp_path / "corpus.json", ARTICLES)
    strange = [{"title": "Nowhere", "url": "https://x.example", "fact": "It rains."}]
    dataset = load_dataset(multihop_rag(tmp_path, {"evidence_list": strange}))
    assert dataset.notes == (
        "MultiHopRAG.json: 1 of 3 questions have a fact that stands in no article, such as question 3: no evidence is "
        "marked for them",
    )


def test_broken_records_of_multihop_rag_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "corpus.json", ARTICLES)
    with pytest.raises(DatasetError, match="record 3: evidence_list must be a list"):
        load_dataset(multihop_rag(tmp_path, {"evidence_list": "none"}))
    written(tmp_path / "corpus.json", [ARTICLES[0], {**ARTICLES[1], "body": 3}])
    with pytest.raises(DatasetError, match=r"corpus.json: article 2: body must be a text"):
        load_dataset(multihop_rag(tmp_path))
