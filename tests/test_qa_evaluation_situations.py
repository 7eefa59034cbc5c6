"""Sets about one text each, as they are published: ShARC, ConditionalQA, LongBench-Cite, RefusalBench-NQ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import value, word_harness

from qa.evaluation import DatasetError, evaluate, load_dataset


def whole(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


# ShARC

RULE = "# Lockers\n\nYou can rent a locker if you are a student or work here."


def sharc(identity: str, answer: str, *history: tuple[str, str], **changed: Any) -> dict[str, Any]:
    return {
        "utterance_id": identity,
        "tree_id": "t1",
        "source_url": "https://site.example/lockers",
        "snippet": RULE,
        "question": "Can I rent a locker?",
        "scenario": "I moved here in May.",
        "history": [{"follow_up_question": asked, "follow_up_answer": said} for asked, said in history],
        "evidence": [],
        "answer": answer,
        **changed,
    }


STUDENT, WORK = ("Are you a student?", "No"), ("Do you work here?", "Yes")


def test_sharc_is_a_conversation_whose_questions_back_are_replies(tmp_path: Path) -> None:
    rows = [
        sharc("a", "Are you a student?"),
        sharc("b", "Yes", STUDENT, WORK),
        sharc("c", "Irrelevant", tree_id="t2", scenario="", question="Who is the mayor?"),
    ]
    dataset = load_dataset(whole(tmp_path / "sharc_dev.json", rows))
    last, silent = dataset.items
    assert dataset.notes == ("sharc_dev.json: 1 of 3 turns are left out, as they are answered by a question back",)
    assert [document.text for document in dataset.documents.values()] == [RULE]
    assert (last.question, last.after) == ("Yes", ("I moved here in May. Can I rent a locker?", "No"))
    assert last.replies == ("Are you a student?", "Do you work here?")
    assert ([gold.text for gold in last.answers], dict(last.slices)) == (
        ["yes"], {"language": "en", "answer": "yes", "turn": "3"},
    )  # fmt: skip
    assert (silent.question, silent.after, silent.answerable) == ("Who is the mayor?", (), False)
    conversations: list[list[tuple[str, str]]] = []

    def other(_: str, passage: str, conversation: list[tuple[str, str]]) -> str | None:
        assert passage == RULE
        conversations.append(conversation)
        return "Yes, you can." if conversation else None

    run = evaluate(dataset, other, out=tmp_path / "runs", harness=word_harness())
    assert value(run, "right") == 1.0
    assert conversations == [
        [("I moved here in May. Can I rent a locker?", "Are you a student?"), ("No", "Do you work here?")], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"snippet": ""}, "record 2: snippet must be a text that is not empty"),
        ({"history": None}, "record 2: history must be a list"),
        ({"history": [{"follow_up_question": "Why?"}]}, "record 2, turn 1: follow_up_answer is missing or empty"),
        ({"answer": None}, "record 2: answer is missing or empty"),
        ({"question": ""}, "record 2: question is missing or empty"),
        ({"tree_id": None}, "record 2: tree_id is missing or empty"),
    ],
)
def test_a_broken_record_of_sharc_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(whole(tmp_path / "x.json", [sharc("a", "No"), {**sharc("b", "No"), **changed}]))


# ConditionalQA

PAGE = {
    "title": "Lockers",
    "url": "https://site.example/lockers",
    "contents": [
        "<h1>Rent a locker</h1>",
        "<p>You can rent a locker if you\u2019re either:</p>",
        "<li>a student</li>",
        "<li>employed here</li>",
        "<tr>Small | \u00a38 a year</tr>",
        "<tr>Large | \u00a39 a year</tr>",
    ],
}
LOCKER = [PAGE["contents"][1], PAGE["contents"][2]]


def conditional(identity: str = "dev-0", **changed: Any) -> dict[str, Any]:
    return {
        "url": PAGE["url"],
        "scenario": "I study here.",
        "question": "Can I rent a locker?",
        "not_answerable": False,
        "answers": [["yes", ["<li>a student</li>"]]],
        "evidences": LOCKER,
        "id": identity,
        **changed,
    }


def test_conditionalqa_marks_evidence_in_pages_read_as_html(tmp_path: Path) -> None:
    documents = whole(tmp_path / "documents.json", [PAGE])
    several = {"answers": [["\u00a38", []], ["a year", []]], "evidences": ["<tr>Small | \u00a38 a year</tr>"]}
    silent = conditional("dev-2", not_answerable=True, answers=[], evidences=[])
    dataset = load_dataset(whole(tmp_path / "dev.json", [conditional(), conditional("dev-1", **several), silent]))
    one, two, none = dataset.items
    text = dataset.documents["https://site.example/lockers"].text
    assert text.startswith("Rent a locker\n\nYou can rent a locker if you\u2019re either:\n\n\u2022 a student\n")
    assert text.endswith("\n\nSmall | \u00a38 a year\n\nLarge | \u00a39 a year")
    assert (dataset.kind, dataset.documents["https://site.example/lockers"].title) == ("reading", "Lockers")
    assert one.question == "I study here. Can I rent a locker?"
    assert [[text[start:end] for _, start, end in spans] for item in (one, two) for spans in item.places] == [
        ["You can rent a locker if you\u2019re either:", "\u2022 a student"], ["Small | \u00a38 a year"],
    ]  # fmt: skip
    assert ([gold.text for gold in one.answers], one.wanted, one.slices["conditional"]) == (["yes"], (), "yes")
    assert (two.wanted, two.slices["conditional"]) == ((("\u00a38",), ("a year",)), "no")
    assert (none.answerable, none.places, "conditional" in none.slices, dataset.notes) == (False, (), False, ())
    run = evaluate(dataset, lambda *_: "Yes, as a student.", out=tmp_path / "runs", harness=word_harness())
    assert value(run, "right") == pytest.approx(1 / 3)
    moved = documents.rename(tmp_path / "pages.json")
    with pytest.raises(DatasetError, match=r"dev.json: there is no documents.json with its documents beside it"):
        load_dataset(tmp_path / "dev.json")
    assert load_dataset(tmp_path / "dev.json", corpus=moved).digest == dataset.digest


def test_evidences_that_a_page_of_conditionalqa_lacks_are_told(tmp_path: Path) -> None:
    whole(tmp_path / "documents.json", [PAGE])
    rows = [
        conditional(),
        conditional("dev-1", evidences=[*LOCKER, "<p>It rains.</p>"]),
        conditional("dev-2", evidences=["<p></p>"]),
    ]
    assert load_dataset(whole(tmp_path / "dev.json", rows)).notes == (
        "dev.json: 2 of 3 questions have no evidence, or some that is not in their page, such as dev-1: none is marked "
        "for them",
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"url": "https://site.example/x"}, r'record 2: url "https://site.example/x" is no page of documents.json'),
        ({"answers": ["yes"]}, "record 2: answers must be pairs of an answer and its conditions"),
        ({"answers": [[" ", []]]}, "record 2: answers must be pairs of an answer and its conditions"),
        ({"answers": []}, "record 2: answers and not_answerable contradict each other"),
        ({"not_answerable": None}, "record 2: not_answerable must be true or false"),
        ({"evidences": "none"}, "record 2: evidences must be a list of texts"),
        ({"question": ""}, "record 2: question is missing or empty"),
    ],
)
def test_a_broken_record_of_conditionalqa_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    whole(tmp_path / "documents.json", [PAGE])
    with pytest.raises(DatasetError, match=reason):
        load_dataset(whole(tmp_path / "dev.json", [conditional(), conditional("b", **changed)]))


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([], "documents.json: must be a list of pages"),
        ([PAGE, {**PAGE, "contents": "x"}], "documents.json: page 2: contents must be a list of texts"),
        ([PAGE, {**PAGE, "contents": ["<p></p>"]}], "documents.json: page 2: contents cannot be read"),
        ([{**PAGE, "url": ""}], "documents.json: page 1: url is missing or empty"),
    ],
)
def test_a_broken_page_of_conditionalqa_is_refused(tmp_path: Path, pages: list[Any], reason: str) -> None:
    whole(tmp_path / "documents.json", pages)
    with pytest.raises(DatasetError, match=reason):
        load_dataset(whole(tmp_path / "dev.json", [conditional()]))


# LongBench-Cite


def longbench(identity: int, query: str, answer: object, context: str, dataset: str) -> dict[str, Any]:
    own = {"idx": identity, "dataset": dataset, "query": query, "answer": answer, "context": context}
    return {**own, "few_shot_scores": []}


GRAIN = "Beta stores grain for the winter. The granary holds 300 tons of wheat."


def test_longbench_cite_has_two_languages(tmp_path: Path) -> None:
    rows = [
        longbench(0, "How much wheat does the granary hold?", ["300 tons", "300"], GRAIN, "multifieldqa_en"),
        longbench(1, "粮仓里有多少小麦？", ["三百吨"], "贝塔为冬天储存粮食。粮仓里有三百吨小麦。", "multifieldqa_zh"),
    ]
    dataset = load_dataset(whole(tmp_path / "LongBench-Cite.json", rows))
    english, chinese = dataset.items
    assert ([gold.text for gold in english.answers], english.id) == (["300 tons", "300"], "0")
    assert dict(english.slices) == {"language": "en", "dataset": "multifieldqa_en"}
    assert (chinese.slices["language"], len(dataset.documents)) == ("zh", 2)
    said = {"How much wheat does the granary hold?": "300 tons of wheat."}
    run = evaluate(dataset, lambda query, _: said.get(query, "三百吨"), out=tmp_path / "runs", harness=word_harness())
    assert (run.metrics["task"], value(run, "right")) == ("reading", 1.0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (longbench(1, "Why?", [], GRAIN, "x"), "record 2: answer must hold a text"),
        (longbench(1, "Why?", "so", GRAIN, "x"), "record 2: answer must be a list of texts"),
        (longbench(1, "Why?", ["so"], "", "x"), "record 2: context must be a text that is not empty"),
        (longbench(1, "", ["so"], GRAIN, "x"), "record 2: query is missing or empty"),
    ],
)
def test_a_broken_record_of_longbench_cite_is_refused(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(whole(tmp_path / "x.json", [longbench(0, "Who?", ["Beta"], GRAIN, "x"), row]))


# RefusalBench-NQ


def refusal(identity: str, expected: str, query: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "source_id": "4925",
        "generator_model": "claude",
        "perturbation_class": "P-Ambiguity",
        "intensity": "HIGH",
        "expected_rag_behavior": expected,
        "lever_selected": "Pure Homonymy Clash",
        "original_query": "who stores grain",
        "original_context": GRAIN,
        "original_answers": ["Beta", "the mill of Beta"],
        "perturbed_query": query,
        "perturbed_context": GRAIN,
        "implementation_reasoning": "",
        "verifier_votes": {"claude": "PASS"},
        **changed,
    }


def test_refusalbench_wants_a_refusal_whatever_the_reason(tmp_path: Path) -> None:
    rows = [
        refusal("a", "ANSWER_CORRECTLY", "who stores grain", intensity="LOW"),
        refusal("b", "REFUSE_AMBIGUOUS_QUERY", "who stores it"),
    ]
    dataset = load_dataset(whole(tmp_path / "nq.json", rows))
    low, high = dataset.items
    assert ([gold.text for gold in low.answers], high.answerable, high.answers) == (
        ["Beta", "the mill of Beta"], False, (),
    )  # fmt: skip
    assert (low.slices["intensity"], high.slices["perturbation_class"]) == ("LOW", "P-Ambiguity")
    assert len(dataset.documents) == 1
    run = evaluate(
        dataset, lambda query, _: "Beta" if "grain" in query else None, out=tmp_path / "runs", harness=word_harness()
    )
    assert (value(run, "right"), value(run, "refusal_recall")) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"expected_rag_behavior": "ANSWER"}, "record 2: expected_rag_behavior must be ANSWER_CORRECTLY or REFUSE_"),
        ({"original_answers": []}, "record 2: original_answers is empty"),
        ({"original_answers": "Beta"}, "record 2: original_answers must be a list of texts"),
        ({"perturbed_context": None}, "record 2: perturbed_context must be a text"),
        ({"perturbed_query": ""}, "record 2: perturbed_query is missing or empty"),
        ({"source_id": None}, "record 2: source_id is missing or empty"),
    ],
)
def test_a_broken_record_of_refusalbench_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    rows = [refusal("a", "ANSWER_CORRECTLY", "who"), refusal("b", "ANSWER_CORRECTLY", "who", **changed)]
    with pytest.raises(DatasetError, match=reason):
        load_dataset(whole(tmp_path / "x.json", rows))
