"""Datasets as they are published: CLAPNQ, QuAC, MultiSpanQA, BoolQ, CondaQA and mtRAG."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import value, word_harness
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import Dataset, DatasetError, Item, evaluate, load_dataset
from qa.evaluation.asker import Asker
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.multispanqa import load as load_multispanqa
from qa.evaluation.scoring.gold import GoldStandard
from qa.evaluation.systems.system import callable_system
from qa.evaluation.tasks import task_of


def contained(statement: str, premise: str) -> bool:
    return statement in premise


def records(dataset: Dataset, system: Callable[..., object], task: str) -> list[dict[str, Any]]:
    """What is recorded of each question."""
    chosen = task_of(task, dataset)
    asker = Asker(callable_system(system, "mine", chosen, dataset), chosen, dataset, contained)
    return [asker.ask(item).record for item in dataset.items]


PUMP = "Alpha pumps water . It has two pumps . Nobody knows their age ."
SENTENCES = ["Alpha pumps water .", "It has two pumps .", "Nobody knows their age ."]


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def quoted(dataset: Dataset, item: Item) -> list[list[str]]:
    """What the item's marked evidence says."""
    return [[dataset.documents[name].text[start:end] for name, start, end in spans] for spans in item.places]


# CLAPNQ


def clapnq(*outputs: tuple[str, list[str]], identity: str = "7") -> dict[str, Any]:
    passage = {"title": "Pumps", "text": PUMP + " ", "sentences": SENTENCES}
    output = [{"answer": answer, "selected_sentences": chosen, "meta": {"round": 1}} for answer, chosen in outputs]
    return {"id": identity, "input": "what does alpha do", "passages": [passage], "output": output}


def test_clapnq(tmp_path: Path) -> None:
    first, second = ("It pumps water with two pumps.", SENTENCES[:2]), ("It pumps.", SENTENCES[:1])
    path = lines(tmp_path / "dev.jsonl", clapnq(first, second), clapnq(("", []), identity="-8"))
    dataset = load_dataset(path)
    answered, silent = dataset.items
    assert (dataset.kind, list(dataset.documents), answered.id) == ("reading", ["Pumps/1"], "7")
    assert [gold.text for gold in answered.answers] == [first[0], second[0]]
    assert quoted(dataset, answered) == [SENTENCES[:2], SENTENCES[:1]]
    assert (answered.answerable, answered.slices["sentences selected"]) == (True, "2")
    assert (silent.answerable, silent.answers, silent.places, dict(silent.relevant)) == (False, (), (), {"Pumps/1": 1})
    found, wrong = records(dataset, lambda _: (PUMP[:37], [("Pumps/1", 0, 37)]), "qa")
    assert [found["metrics"][name] for name in ("sentence_F1", "span_F1", "hit@1")] == [1.0, 1.0, 1.0]
    assert wrong["metrics"]["refusal_recall"] == 0.0
    read, _ = records(dataset, lambda *_: (PUMP[:37], [("Pumps/1", 0, 37)]), "reading")
    assert read["metrics"]["sentence_F1"] == 1.0, "marked evidence is scored where the passage is given, too"
    uncited, _ = records(dataset, lambda *_: "It pumps.", "reading")
    assert "sentence_F1" not in uncited["metrics"]


def test_clapnq_flat(tmp_path: Path) -> None:
    flat = {"id": "7", "question": "what?", "title": "Pumps", "context": PUMP, "long_answer": "It pumps."}
    path = lines(tmp_path / "a.jsonl", {**flat, "selected_sentences": SENTENCES[1:]})
    dataset = load_dataset(path)
    assert quoted(dataset, dataset.items[0]) == [SENTENCES[1:]]
    path = lines(tmp_path / "a.jsonl", {**flat, "selected_sentences": ["It is red."]})
    with pytest.raises(DatasetError, match="record 1: the passage does not hold the selected sentence 'It is red"):
        load_dataset(path)


def test_marked_evidence_is_where_it_is_marked_not_where_its_text_is_first(tmp_path: Path) -> None:
    tokens, labels = ["red", "and", "blue", ",", "red"], "OOBOB"
    record = {"id": "m", "question": ["which", "two"], "context": tokens, "label": list(labels)}
    dataset = load_dataset(lines(tmp_path / "a.jsonl", record))
    (gold,) = GoldStandard(dataset).of(dataset.items[0]).places
    assert [span[1:] for span in gold] == [(8, 12), (15, 18)]


# MultiSpanQA


def multispan(path: Path, labels: str) -> Path:
    tokens = ["In", "1981", "Dave", "Stewart", "and", "Barbara", "Gaskin", "sang"]
    question = ["who", "sang", "it"]
    record = {"id": "m", "type": "HUM", "question": question, "context": tokens, "num_span": 2, "label": list(labels)}
    path.write_text(json.dumps({"version": 1.0, "data": [{**record, "structure": "Conjunction"}]}), "utf-8")
    return path


def test_multispanqa_wants_all_answers(tmp_path: Path) -> None:
    dataset = load_dataset(multispan(tmp_path / "valid.json", "OOBIOBIO"))
    (item,) = dataset.items
    assert (item.question, item.wanted) == ("who sang it", (("Dave Stewart",), ("Barbara Gaskin",)))
    assert quoted(dataset, item) == [["Dave Stewart", "Barbara Gaskin"]]
    assert (item.slices["type"], item.slices["structure"]) == ("HUM", "Conjunction")
    (half,) = records(dataset, lambda *_: "Dave Stewart", "reading")
    assert (half["metrics"]["EM"], half["metrics"]["answers_said"]) == (0.0, 0.5)
    assert half["metrics"]["F1"] == pytest.approx(2 / 3)
    (whole,) = records(dataset, lambda *_: "Dave Stewart. Barbara Gaskin.", "reading")
    assert (whole["metrics"]["EM"], whole["metrics"]["answers_said"], whole["signals"]["right"]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("start", "known"), [(8, True), (7, False), (None, False)])
def test_flat_multispanqa_keeps_every_answer_and_marks_those_whose_places_all_are_known(
    tmp_path: Path, start: int | None, known: bool
) -> None:
    answers = [{"text": "red", "start": 0}, {"text": "blue", "start": start}]
    record = {"id": "m", "question": "which two", "context": "red and blue", "answers": answers, "n_spans": 2}
    dataset = load_dataset(lines(tmp_path / "a.jsonl", record))
    (item,) = dataset.items
    assert item.wanted == (("red",), ("blue",))
    assert quoted(dataset, item) == ([["red", "blue"]] if known else [])


@given(st.lists(st.tuples(st.sampled_from(["a", "bb", "ccc"]), st.sampled_from("BIO")), min_size=1, max_size=12))
def test_labels_mark_whole_tokens(marked: list[tuple[str, str]]) -> None:
    tokens, labels = [token for token, _ in marked], [label for _, label in marked]
    record = DatasetRecord("x", {"id": "x", "question": ["which"], "context": tokens, "label": labels})
    dataset = load_multispanqa(DatasetFile(Path("x"), b"", [record]))
    found = [text.split() for spans in quoted(dataset, dataset.items[0]) for text in spans]
    expected: list[list[str]] = []
    before = "O"
    for token, label in marked:
        if label == "B" or (label == "I" and before == "O"):
            expected.append([token])
        elif label == "I":
            expected[-1].append(token)
        before = label
    assert found == expected


def test_labels_that_fit_no_tokens_are_refused(tmp_path: Path) -> None:
    for labels in ("OB", "OOBIOBIX"):
        with pytest.raises(DatasetError, match="record 1: label must have one of B, I and O for each of the 8 tokens"):
            load_dataset(multispan(tmp_path / "valid.json", labels))


# BoolQ and CondaQA


def test_boolq_is_right_by_the_first_word(tmp_path: Path) -> None:
    rows = [
        {"question": "does alpha pump", "title": "Alpha", "answer": True, "passage": "Alpha pumps."},
        {"question": "is alpha red", "title": "Alpha", "label": False, "passage": "Alpha is blue."},
        {"question": "is it old", "title": "Alpha", "answer": "no", "passage": "Nobody knows."},
    ]
    dataset = load_dataset(lines(tmp_path / "dev.jsonl", *rows))
    assert [item.answers[0].text for item in dataset.items] == ["yes", "no", "no"]
    assert [item.slices["answer"] for item in dataset.items] == ["yes", "no", "no"]
    said = {"does alpha pump": "Yes, it pumps.", "is alpha red": "There is no sign of red.", "is it old": "No"}
    kept = records(dataset, lambda question, _: said[question], "reading")
    assert [record["metrics"]["EM"] for record in kept] == [1.0, 0.0, 1.0]
    assert [record["signals"]["right"] for record in kept] == [1.0, 0.0, 1.0]


def condaqa(label: str, edit: int) -> dict[str, Any]:
    return {
        "QuestionID": "q10", "original cue": "rarely", "PassageEditID": edit, "original passage": "x", "SampleID": edit,
        "label": label, "original sentence": "x", "sentence2": "Is it rare?", "PassageID": 44,
        "sentence1": f"It is rarely seen in {edit} places.",
    }  # fmt: skip


def test_condaqa_whose_edits_are_one_group(tmp_path: Path) -> None:
    rows = [condaqa("YES", 0), condaqa("NO", 3), condaqa("DON'T KNOW", 2), condaqa("a few", 1)]
    dataset = load_dataset(lines(tmp_path / "condaqa_dev.json", *rows))
    assert [item.id for item in dataset.items] == ["0", "3", "2", "1"]
    assert [[gold.text for gold in item.answers] for item in dataset.items] == [["yes"], ["no"], [], ["a few"]]
    assert [item.answerable for item in dataset.items] == [True, True, False, True]
    assert [item.slices["edit"] for item in dataset.items] == ["original", "affirmative", "scope", "paraphrase"]
    assert len(dataset.documents) == 4
    with pytest.raises(DatasetError, match="record 1: label must be true, false, yes, no"):
        load_dataset(lines(tmp_path / "condaqa_dev.json", condaqa("", 0)))


# QuAC


def quac(*turns: tuple[str, list[str], str]) -> dict[str, Any]:
    context = "In 1926 he found Paige. He paid $250. CANNOTANSWER"
    qas = [
        {
            "id": f"C_0_q#{number}", "question": question, "followup": "y", "yesno": yesno,
            "answers": [{"text": text, "answer_start": context.index(text)} for text in answers],
            "orig_answer": {"text": answers[0], "answer_start": context.index(answers[0])},
        }
        for number, (question, answers, yesno) in enumerate(turns)
    ]  # fmt: skip
    paragraph = {"context": context, "qas": qas, "id": "C_0"}
    return {"data": [{"title": "Paige", "section_title": "Youth", "background": "x", "paragraphs": [paragraph]}]}


NONE = "CANNOTANSWER"
TURNS = (
    ("who found him", [NONE, "he"], "x"),
    ("what did he pay", ["$250", "He paid $250", NONE], "y"),
    ("why", [NONE], "x"),
)


def test_quac_is_a_conversation(tmp_path: Path) -> None:
    path = tmp_path / "val.json"
    path.write_text(json.dumps(quac(*TURNS)))
    dataset = load_dataset(path)
    first, second, third = dataset.items
    assert (dataset.documents["Paige/1"].title, dataset.documents["Paige/1"].text) == (
        "Paige – Youth",
        "In 1926 he found Paige. He paid $250.",
    )
    assert [item.answerable for item in dataset.items] == [False, True, False]  # half say so: unanswerable
    assert [gold.text for gold in second.answers] == ["$250", "He paid $250"]
    assert (second.slices["yes/no"], second.slices["turn"]) == ("yes", "2")
    assert (first.after, third.after) == ((), ("who found him", "what did he pay"))
    assert third.replies == ("", "$250")


def test_a_callable_gets_the_conversation_of_the_dataset(tmp_path: Path) -> None:
    path = tmp_path / "val.json"
    path.write_text(json.dumps(quac(*TURNS)))
    asked: list[tuple[Any, ...]] = []

    def system(*given: Any) -> str:
        asked.append(given)
        return "$250"

    records(load_dataset(path), system, "qa")
    records(load_dataset(path), system, "reading")
    history = [("who found him", ""), ("what did he pay", "$250")]
    assert [given[-1] for given in asked] == [[], history[:1], history] * 2
    assert [len(given) for given in asked] == [2] * 3 + [3] * 3


def test_quac_flat_is_answered_in_turn(tmp_path: Path) -> None:
    context = "Alpha pumps water. Beta stores grain."
    answers = [{"text": "grain", "start": 31}]
    row = {"dialogue": 0, "turn": 1, "context": context, "status": "answerable", "answers": answers}
    asked = {"question": "And Beta?", "history": ["What does Alpha do?"]}
    dataset = load_dataset(lines(tmp_path / "a.jsonl", {**row, **asked}))
    assert dataset.items[0].answers[0].start == 31
    seen: list[Any] = []

    def system(question: str, history: list[tuple[str, str]]) -> str:
        seen.append((question, history))
        return question.upper()

    records(dataset, system, "qa")
    assert seen[-1] == ("And Beta?", [("What does Alpha do?", "WHAT DOES ALPHA DO?")])


# mtRAG


def context(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"document_id": name, "title": "Pumps", "text": text, "source": "", "score": 1.5, **more}


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"speaker": "user", "text": text, **more}


def agent(text: str, **more: Any) -> dict[str, Any]:
    return {"speaker": "agent", "text": text, **more}


def test_mtrag_generation_tasks(tmp_path: Path) -> None:
    pumps, grain = context("d1", "Alpha pumps water into the old town."), context("d2", "Beta stores grain.")
    said = [user("What does Alpha do?"), agent("It pumps water."), user("Where?")]
    shared = {"conversation_id": "c", "task_type": "rag", "Collection": "mt-rag-town", "Multi-Turn": math.nan}
    task = {**shared, "task_id": "c<::>2", "turn": 2, "input": said, "targets": [agent("Into the old town.")]}
    rows = [
        {**task, "contexts": [pumps], "Answerability": ["ANSWERABLE"], "Question Type": ["Factoid"]},
        {**task, "task_id": "c<::>3", "contexts": [grain], "answerability": ["UNANSWERABLE"]},
        {**task, "task_id": "c<::>4", "contexts": [], "Answerability": ["CONVERSATIONAL"]},
    ]
    dataset = load_dataset(lines(tmp_path / "reference.jsonl", *rows))
    found, silent = dataset.items
    assert (dataset.kind, list(dataset.documents)) == ("open", ["d1", "d2"])
    assert dataset.notes == ("reference.jsonl: 1 questions are neither answerable nor not, and left out",)
    assert (found.id, found.question, found.after, found.replies) == (
        "c<::>2", "Where?", ("What does Alpha do?",), ("It pumps water.",),
    )  # fmt: skip
    assert [gold.text for gold in found.answers] == ["Into the old town."]
    assert (dict(found.relevant), found.slices["question type"], found.slices["turn"]) == ({"d1": 1}, "Factoid", "2")
    assert (silent.answerable, dict(silent.relevant), silent.answers) == (False, {}, ())
    run = evaluate(dataset, task="qa", out=tmp_path, harness=word_harness())
    assert run.records[0]["answer"]["standalone_question"] != "Where?"  # it was asked as a follow-up
    assert value(run, "hit@1") == 1.0


def test_mtrag_conversations(tmp_path: Path) -> None:
    judged = {"relevant": {"editor": {"value": "no"}}}
    contexts = [context("d1", "Alpha pumps."), context("d2", "Beta stores.", feedback=judged)]
    messages = [
        user("What does Alpha do?", enrichments={"Answerability": ["ANSWERABLE"], "Question Type": ["Summarization"]}),
        agent("It pumps.", contexts=contexts),
        user("And Gamma?", enrichments={"Answerability": ["UNANSWERABLE"]}),
        agent("I do not know.", contexts=[]),
    ]
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([{"author": "x", "messages": messages}]))
    first, second = load_dataset(path).items
    assert (first.question, dict(first.relevant), first.slices["question type"]) == (
        "What does Alpha do?", {"d1": 1}, "Summarization",
    )  # fmt: skip
    assert (second.after, second.replies, second.answerable) == (("What does Alpha do?",), ("It pumps.",), False)
    assert (first.id, second.id, first.group == second.group) == ("1<::>1", "1<::>2", False)  # too few for groups


def test_an_answerable_question_of_mtrag_without_an_answer_is_refused(tmp_path: Path) -> None:
    task = {"task_id": "c<::>1", "input": [user("Where?")], "contexts": [], "targets": []}
    path = lines(tmp_path / "a.jsonl", *({**task, "Answerability": [own]} for own in ("UNANSWERABLE", "PARTIAL")))
    with pytest.raises(DatasetError, match=r"line 2: it is answerable but has no answer \(text of targets or reply\)"):
        load_dataset(path)


def test_what_has_documents_of_its_own_takes_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has documents of its own; leave the corpus out"):
        load_dataset(lines(tmp_path / "a.jsonl", clapnq(("x", []))), corpus=tmp_path)


def test_questions_without_documents_are_warned_of_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = lines(tmp_path / "q.jsonl", {"question": "What?", "answers": ["water"]})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Alpha pumps water.")
    load_dataset(path, corpus=tmp_path / "docs")
    load_dataset(path, indexed=True)
    load_dataset(lines(tmp_path / "c.jsonl", clapnq(("x", []))))
    assert caplog.messages == []
    load_dataset(path)
    (message,) = caplog.messages
    assert message.startswith("q.jsonl: no documents are named")
    assert "corpus" in message
