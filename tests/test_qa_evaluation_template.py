"""First drafts of questions about one's own documents."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from documents.document import Document
from documents.load import parse
from qa.evaluation import load_dataset, make_template
from qa.evaluation.datasets.drafts.blocks import lists, overview
from qa.evaluation.datasets.drafts.draft import CHECK, Draft
from qa.evaluation.datasets.drafts.facts import facts, wordings_of
from qa.evaluation.datasets.drafts.tables import tables
from qa.evaluation.datasets.drafts.unanswered import unanswered
from qa.evaluation.datasets.template import MOST, spread

GUIDE = """# The pool

The deposit for a locker is eight pounds. Glass bottles are forbidden because of the children.
Parking on the field costs £4.

## To open a locker

1. Put the deposit into the slot.
2. Turn the key, to the left.
3. Keep the *wristband* on.

## What to bring

Please bring:

- a towel
- a cap (of rubber)
- shoes, if you like

## May dogs come in?

No, dogs stay outside.

## Is it warm?

It depends.

## Prices of 2025

| Ticket | For | Price |
|---|---|---|
| Day | adults | £12.00 |
| Evening | adults | £7.50 |
| Season | children | £60.00 |
| Team | children | £90.00 |
| Total | all | £169.50 |
"""


def document(text: str, name: str = "guide.md") -> Document:
    return parse(text.encode(), name)


@pytest.mark.parametrize(
    ("question", "sentence", "wordings"),
    [
        ("When was the pump built?", "The pump was built in May 1990 by Ann Miller.", ("May 1990",)),
        ("When was the mill founded?", "The mill was founded in 1843 by a queen.", ("1843",)),
        ("When does the slide open?", "The slide opens on 1 June.", ("1 June",)),
        ("When are the rooms open?", "The rooms are open from 7:00 to 21:00 on Sundays.", ("7:00 to 21:00",)),
        ("Who built the pump?", "The pump was built by Ann Miller in 1990.", ("Ann Miller",)),
        ("Who is in charge?", "The lifeguard in charge is Ruth Hanley.", ("Ruth Hanley",)),
        ("Why are bottles forbidden?", "Bottles are forbidden because of the glass.", ("the glass",)),
        ("How many pumps has the mill?", "The mill has four pumps.", ("four", "4")),
        ("For how long is it lent?", "It is lent for at most six weeks.", ("six weeks", "6 weeks")),
        ("How much does a repair cost?", "A repair costs £35 plus parts.", ("£35",)),
        ("What is a booster?", "A booster is a further dose, of a vaccine.", ("further dose",)),
        ("How do I change my address?", "To change your address, send the form.", ("send the form",)),
        ("When does it open?", "It opens when it is warm.", ()),
        ("Which is it?", "It is the 4 of May.", ()),
    ],
)
def test_what_answers_a_question_is_told_from_its_sentence(
    question: str, sentence: str, wordings: tuple[str, ...]
) -> None:
    assert wordings_of(question, sentence) == wordings


def test_sentences_are_asked_about() -> None:
    assert list(facts(document(GUIDE))) == [
        Draft("fact", "How much is the deposit for a locker?", (("eight pounds", "8 pounds"),),
              ("The deposit for a locker is eight pounds.",)),
        Draft("fact", "Why are glass bottles forbidden?", (("the children",),),
              ("Glass bottles are forbidden because of the children.",)),
        Draft("yes-no", "May dogs come in?", head=("no",), evidence=("No, dogs stay outside.",)),
        Draft("fact", "How much does Parking on the field cost?", (("£4",),), ("Parking on the field costs £4.",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "I wrote to Ann. What is the fee? It is £4 in all.",  # somebody asks somebody else
        "| Day | adults |\n|---|---|\n| The fee is | 4 euros |\n",
        f"The fee is 4 euros {'and so on ' * 60}.",
    ],
)
def test_what_makes_no_good_question_makes_none(text: str) -> None:
    assert list(facts(document(text))) == []


def test_lists_and_procedures_are_asked_about() -> None:
    procedure, bring = lists(document(GUIDE))
    assert procedure == Draft(
        "how-to",
        "How do I open a locker?",
        (("Put the deposit into the slot",), ("Turn the key",), ("Keep the wristband on",)),
        ("1. Put the deposit into the slot.", "2. Turn the key, to the left.", "3. Keep the *wristband* on."),
        in_order=True,
    )
    assert (bring.kind, bring.question) == ("list", "What belongs to “Please bring”?")
    assert bring.groups == (("a towel",), ("a cap",), ("shoes",))


def test_steps_are_called_by_their_document() -> None:
    (procedure,) = lists(document("# Claims\n\n## Step by step\n\n1. Get the form.\n2. Sign it.\n3. Send it.\n"))
    assert (procedure.kind, procedure.question) == ("how-to", "What are the steps of “Claims”?")


@pytest.mark.parametrize(
    "text",
    [
        "# Two\n\n- one thing\n- another thing\n",
        "- a towel\n- a cap\n- a coat\n",  # nothing says what it is a list of
        f"# Long\n\n- {'a long item ' * 30}\n- a cap\n- a coat\n",
    ],
)
def test_other_lists_are_not(text: str) -> None:
    assert list(lists(document(text))) == []


def test_tables_are_asked_for_a_cell_for_another_and_for_their_rows() -> None:
    """A row of totals is none; of four labels the third is asked for first."""
    assert list(tables(document(GUIDE))) == [
        Draft("table", "What is the price of Season?", (("£60.00",),), ("| Season | children | £60.00 |",)),
        Draft("follow-up", "And Day?", (("£12.00",),), ("| Day | adults | £12.00 |",),
              after=("What is the price of Season?",)),
        Draft("count", "How many rows does the table “Prices of 2025” have?", (("4",),)),
    ]  # fmt: skip
    assert list(tables(document("| A | B |\n|---|---|\n| x | 1 |\n| x | 2 |\n"))) == []  # which x?


@pytest.mark.parametrize(
    ("heading", "label", "question"),
    [
        ("Share of the costs", "Green roof", "What is the share of the costs of Green roof?"),
        ("2024", "Deaths", "What is given for Deaths in 2024?"),
        ("Kept for", "Letters", "What is given for Letters under “Kept for”?"),
        ("What goes in", "Blue bin", "What is given for Blue bin under “What goes in”?"),
        ("We pay back", "Week 1", "What is given for Week 1 under “We pay back”?"),
        ("Doses", "Flu", "What is given for Flu under “Doses”?"),
        ("Time", "5", "What is given for 5 under “Time”?"),
    ],
)
def test_a_cell_is_asked_for_in_words_that_fit_its_heading(heading: str, label: str, question: str) -> None:
    text = f"The hours of the pool and of the hall.\n\n| Name | {heading} |\n|---|---|\n| x | 1 |\n| {label} | 2 |\n"
    assert next(tables(document(text))).question == question


CHINESE = """# 游泳馆

押金为五元。

## 需要携带的物品

请带上以下物品：

- 毛巾
- 泳帽（橡胶）
- 拖鞋

## 可以带狗吗？

不可以。

## 票价

| 票种 | 价格 |
|---|---|
| 日票 | 12元 |
| 季票 | 60元 |
"""


def test_documents_are_asked_about_in_their_language(tmp_path: Path) -> None:
    made = document(CHINESE)
    assert [draft.question for draft in (*facts(made), *lists(made), *tables(made), *overview("a.md", made))] == [
        "可以带狗吗？", "“请带上以下物品”列出了哪些内容？", "“季票”的“价格”是什么？", "那么“日票”呢？",
        "“游泳馆”讲的是什么？",
    ]  # fmt: skip
    assert next(facts(made)).groups == (("不可以",),)
    assert next(lists(made)).groups == (("毛巾",), ("泳帽",), ("拖鞋",))
    assert [row["question"] for row in unanswered({"a.md": made}, [])] == [
        "“游泳馆”的电话号码是多少？", "澳大利亚的首都是哪里？", "《蒙娜丽莎》是谁画的？",
    ]  # fmt: skip
    (tmp_path / "a.md").write_text(CHINESE, "utf-8")
    assert make_template(tmp_path, tmp_path / "a.jsonl").notes == ()


def test_every_language_has_every_question() -> None:
    path = Path(str(files("qa.evaluation.datasets.drafts"))) / "questions.json"
    languages = json.loads(path.read_text("utf-8"))
    assert {tuple(questions) for questions in languages.values()} == {tuple(languages["en"])}
    assert all(len(questions["off-topic"]) >= 3 for questions in languages.values())


def test_a_language_that_is_not_drafted_in_is_told(tmp_path: Path) -> None:
    text = "# Basen\n\nBasen jest otwarty i nie ma w nim wody z rzeki.\n\n## Co\n\n- ręcznik\n- czepek\n- klapki\n"
    (tmp_path / "a.md").write_text(text, "utf-8")
    assert make_template(tmp_path, tmp_path / "a.jsonl").notes == (
        "some documents are in a language that is not drafted in (pl): their questions are in English",
    )


def test_a_whole_document_is_asked_about_by_its_parts() -> None:
    text = "# Pool\n\n## Lockers\n\nA wristband. The wristband.\n\n## Rules\n\nNone.\n\n## 3. Tickets\n\nDay.\n"
    assert list(overview("a.md", document(text))) == [
        Draft("overview", "What is “Pool” about?", (("Lockers", "wristband"), ("Rules",), ("Tickets",)))
    ]
    assert list(overview("a.md", document("# Pool\n\nText.\n"))) == []


def test_questions_that_no_document_answers() -> None:
    pool = document(
        "# Pool\n\nThe fee of Alder Hall is £4, since Alder Hall shut.\n\nWe met Bertha Lane. Then Bertha Lane left.\n"
    )
    drafts = [
        Draft("fact", "How much is the fee of Alder Hall?"),
        Draft("table", "What is the price in 2025 of Season?"),
        Draft("fact", "How much is the parking?"),
        Draft("follow-up", "And in 2025?", after=("What?",)),
    ]
    found = list(unanswered({"pool.md": pool, "b.md": Document("Closed from 2021 on. The moon shone.")}, drafts))
    assert [(row["kind"], row["question"]) for row in found] == [
        ("near-miss", "How much is the fee of Bertha Lane?"),
        ("near-miss", "What is the price in 2023 of Season?"),
        ("near-miss", "How much is the parking in 2023?"),
        ("silent", "What is the telephone number for “Pool”?"),
        ("off-topic", "What is the capital of Australia?"),
        ("off-topic", "Who painted the Mona Lisa?"),
    ]
    assert [row.get("check") for row in found] == [CHECK] * 4 + [None] * 2
    assert all(row["expect"] == {"kind": "refusal"} for row in found)


def test_a_folder_gets_a_file_that_is_read_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    docs, target = tmp_path / "docs", tmp_path / "docs.questions.jsonl"
    (docs / "deep").mkdir(parents=True)
    (docs / "deep" / "guide.md").write_text(GUIDE)
    (docs / "older.txt").write_text("The deposit for a locker is five pounds.\n")
    (docs / "empty.txt").write_text("")
    count, unread, _ = make_template(docs, target)
    comment, *records = map(json.loads, target.read_text("utf-8").splitlines())
    assert (len(records), len(unread), comment.keys()) == (count, 1, {"comment"})
    kinds = {record["kind"] for record in records}
    assert kinds == {
        "fact", "yes-no", "how-to", "list", "table", "follow-up", "count", "overview", "near-miss", "silent",
        "off-topic",
    }  # fmt: skip
    by_id = {record["id"]: record for record in records}
    first = by_id["deep/guide.md#1"]
    assert (first["source"], first["expect"]["cite"]) == ("deep/guide.md", ["guide.md"])
    assert first["check"] == by_id["older.txt#1"]["check"] == (
        "several documents are asked this: which of them answers it?"
    )  # fmt: skip
    dataset = load_dataset(target, corpus=docs)
    items = {item.id: item for item in dataset.items}
    assert items["deep/guide.md#1"].evidence == ("The deposit for a locker is eight pounds.",)
    assert dict(items["older.txt#1"].relevant) == {"older.txt": 1}
    assert set(items["silent"].slices) == {"language", "kind"}
    marked = sum("check" in record for record in records)
    assert (
        f"docs.questions.jsonl: {marked} of {count} questions are drafts that are still to be checked"
        in dataset.notes[0]
    )
    assert caplog.records == []
    for record in records:
        record.pop("check", None)
    target.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert load_dataset(target, corpus=docs).notes == ()


def test_drafts_are_spread_over_the_documents(tmp_path: Path) -> None:
    assert spread(list("ABCDEFGHI"), 3) == ["B", "E", "H"]
    assert spread(["A"], 3) == ["A"]
    for number in range(MOST + 20):
        (tmp_path / f"d{number:03}.txt").write_text(f"The old pump {number} costs £{number + 2}.\n")
    target = tmp_path / "q.jsonl"
    make_template(tmp_path, target)
    rows: list[dict[str, Any]] = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    answered = [row["source"] for row in rows if "source" in row]
    assert (len(answered), answered[0], answered[-1]) == (MOST, "d000.txt", "d119.txt")
