"""What the judge learns from, and its losses, on small examples."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from documents.load import parse
from tests.fakes import WordEmbedder
from training.joint.examples import Example
from training.judge import examples
from training.judge.examples import Judged
from training.judge.ranked import (
    BLOCKS_BESIDE,
    NEAREST,
    among,
    among_the_file,
    as_searched_for,
    behind_chatter,
    beside_the_nearest,
    blocks,
    of_conversations,
)
from training.judge.words import Words
from training.shared_everyday import read
from training.verifier.examples import CONTRADICTED, NOT_MENTIONED, SUPPORTED, UNSUPPORTED
from training.verifier.shared import ANSWERS, shared

# PyTorch, and what needs it, is imported where it is tested: every worker imports this file.


class _All(random.Random):
    """Takes everything that chance might leave out."""

    def random(self) -> float:
        return 0.0


ALL = _All(0)

FILE = """=== House rules | rules | housing
# House rules

## Laundry

Dryers run until **9 pm** because of the noise. Machines are booked for four hours.

## Pets

Cats need no permission. For a dog ask the board.

====
---
Q: Until when can I use the tumble thing?
A: until 9 pm
E: Dryers run until 9 pm because
W: four hours

G: Why not later?
S: Why may the dryers not run later?
A: because of the noise
E: Dryers run until 9 pm

N: What does a machine cost?
W: four hours

Y: May I keep a cat?
E: Cats need no permission

T: The board decides on dogs.
E: For a dog ask the board

F: The board decides on cats.
E: Cats need no permission

Q: Where is this sentence?
A: nowhere
E: It is not in the text
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "k01.txt"
    path.write_text(FILE)
    return path


def test_a_quotation_is_found_by_its_words_whatever_signs_are_between_them() -> None:
    document = parse(b"# Rules\n\nDryers run until **9 pm**. They are loud.\n", "a.md")
    words = Words(document)
    (place,) = words.find("run until 9 pm")
    assert document.text[slice(*place)] == "run until **9 pm"
    (sentence,) = words.sentences_of(["Dryers run until 9"])
    assert document.text[slice(*sentence)] == "Dryers run until **9 pm**."
    assert words.find("until 10 pm") == []
    assert words.find("") == []


def test_documents_are_read_with_their_items(file: Path) -> None:
    ((document, items),) = read(file)
    assert document.title == "House rules"
    assert [item.kind for item in items] == list("QGNYTFQ")
    assert items[0].fields["W"] == ["four hours"]


def of_kind(file: Path, question: str) -> list[Judged]:
    groups = examples.everyday_groups(file, random.Random(0), [200])
    return next(group for group in groups if group and group[0].example.question == question)


def test_a_question_has_the_passage_that_answers_with_its_span_and_evidence_and_others_without(file: Path) -> None:
    right, *others = of_kind(file, "Until when can I use the tumble thing?")
    example = right.example
    assert example.answerable
    assert example.text.startswith("House rules")
    assert [example.text[a:b] for a, b in example.spans] == ["until 9 pm"]
    marked = {example.text[a:b]: how for a, b, how in example.evidence}
    assert marked["Dryers run until 9 pm because of the noise."] == 1
    assert marked["Machines are booked for four hours."] == 0
    assert others
    assert all(own.example.answerable is False and not own.example.spans for own in others)


def test_a_follow_up_is_asked_as_it_stands_alone(file: Path) -> None:
    assert of_kind(file, "Why may the dryers not run later?")[0].example.answerable


def test_no_passage_answers_a_near_miss(file: Path) -> None:
    group = of_kind(file, "What does a machine cost?")
    assert group
    assert all(own.example.answerable is False for own in group)


@pytest.mark.parametrize(
    ("question", "verdict", "answerable"),
    [
        ("May I keep a cat?", SUPPORTED, True),
        ("The board decides on dogs.", SUPPORTED, True),
        ("The board decides on cats.", UNSUPPORTED, None),
    ],
)
def test_claims_and_yes_no_questions_have_a_verdict_at_their_place_and_none_elsewhere(
    file: Path, question: str, verdict: int, answerable: bool | None
) -> None:
    first, *others = of_kind(file, question)
    assert (first.verdict, first.example.answerable) == (verdict, answerable)
    assert {own.verdict for own in others} == {NOT_MENTIONED}


def test_a_question_whose_evidence_is_not_in_the_text_is_left_out(file: Path) -> None:
    groups = [group for group in examples.everyday_groups(file, random.Random(0), [200]) if group]
    assert "Where is this sentence?" not in {group[0].example.question for group in groups}


OTHER = """
=== The board's minutes | minutes | housing
# The board's minutes

The tumble dryer was mended, as every machine is until it is too loud. It cost nine hundred.
---
Q: What did the dryer cost?
A: nine hundred
E: It cost nine hundred
"""


def test_a_passage_of_another_document_answers_nothing_wherever_the_answer_stands_in_its_own(file: Path) -> None:
    file.write_text(FILE + OTHER)
    groups = [*examples.everyday_groups(file, random.Random(0), [200]), *among_the_file(file, WordEmbedder(), ALL)]
    foreign = [
        (own.example, home)
        for group in groups
        for own in group
        for home in ["The board's minutes" if "cost?" in own.example.question else "House rules"]
        if not own.example.text.startswith(home)
    ]
    assert {home for _, home in foreign} == {"House rules", "The board's minutes"}
    assert all(example.answerable is False and not example.spans for example, _ in foreign)


def test_the_second_stage_has_what_lies_nearest_in_other_documents_beside_what_answers(file: Path) -> None:
    file.write_text(FILE + OTHER)
    groups = {group[0].example.question: group for group in among_the_file(file, WordEmbedder(), ALL) if group}
    asked = groups["Until when can I use the tumble thing?"]
    assert [own.example.answerable for own in asked] == [True, False, False]
    assert sum(own.example.text.startswith("The board's minutes") for own in asked) == 1
    assert "The board decides on dogs." not in groups  # claims are learned in the first stage


class Misled:
    """Ranks first what names the month."""

    fingerprint = "misled@1"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:  # noqa: ARG002
        return [float("March" in text) for text in texts]


def test_the_fifth_stage_has_what_the_judge_ranks_first_beside_what_answers(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    notices = [f"=== Notice {n} | notice | x\n# Notice {n}\n\nThe dryer costs {n}0 cents{of}.\n---\n" for n, of in
               enumerate(("", " now", " in March", " today", " again", " in March"))]  # fmt: skip
    question = "Q: What did the dryer cost?\nA: 00 cents\nE: The dryer costs 00 cents\n"
    file.write_text("\n".join([notices[0] + question, *notices[1:]]))
    (group,) = among(read(file), WordEmbedder(), ALL, 1.0, Misled())
    assert [own.example.answerable for own in group] == [True, *[False] * NEAREST]
    assert all("March" in own.example.text for own in group[1:])


def test_the_sixth_stage_has_blocks_beside_others_of_their_document(tmp_path: Path) -> None:
    file = tmp_path / "k01.txt"
    file.write_text(
        "=== Dryer | notice | home\n# Dryer\n\nThe dryer costs 80 cents.\n\nSince March it takes cards.\n\n"
        "- clean the filter in March\n- shut the door\n---\n"
        "Q: What did it cost in March?\nA: 80 cents\nE: The dryer costs 80 cents\n"
    )
    ((document, _),) = read(file)
    every = [chunk.text for chunk in blocks(document)]
    assert every == [
        "The dryer costs 80 cents.",
        "Since March it takes cards.",
        "- clean the filter in March\n- shut the door",
    ]
    (group,) = among(read(file), WordEmbedder(), ALL, 1.0, Misled(), blocks, BLOCKS_BESIDE)
    assert [own.example.answerable for own in group] == [True, False, False]
    assert group[0].example.text.splitlines()[-1] == "The dryer costs 80 cents."
    assert all("March" in own.example.text for own in group[1:])


class Drawn(random.Random):
    """Draws one number again and again."""

    def __init__(self, number: float) -> None:
        self.number = number

    def random(self) -> float:
        return self.number


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (0.0, "ticket cost: and for the season?"),
        (0.6, "What is a day ticket? nine pounds and for the season?"),
        (0.9, "What is a day ticket? and for the season?"),
    ],
)
def test_follow_ups_of_the_fifth_stage_have_in_front_what_they_rest_on(
    tmp_path: Path, drawn: float, expected: str
) -> None:
    file = tmp_path / "a.txt"
    document = "=== Rates | list | x\n# Rates\n\nDay tickets cost nine pounds. Season tickets cost ninety.\n---\n"
    first = "Q: What is a day ticket?\nA: nine pounds\nE: Day tickets cost nine\n\n"
    follow_up = "G: and for the season?\nS: What does a season ticket cost?\nA: ninety\nE: Season tickets cost\n"
    file.write_text(document + first + follow_up)
    ((_, items),) = as_searched_for(read(file), Drawn(drawn))
    assert [item.kind for item in items] == ["Q", "Q"]
    assert [item.text for item in items] == ["What is a day ticket?", expected]
    talk = "## 1\nU: What is a day ticket?\nS: =\nA: nine pounds\n"
    talk += "U: and for the season?\nS: What does a season ticket cost?\nA: -\n"
    file.write_text(document + talk)
    ((_, items),) = of_conversations(file, Drawn(drawn))
    assert [item.text for item in items] == ["What is a day ticket?", expected]
    assert [(item.kind, item.fields["E"]) for item in items] == [("Q", ["nine pounds"]), ("N", [])]


def test_some_questions_of_the_fifth_stage_stand_behind_what_was_told_before_others(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    asked = "Q: It rained. When is it open?\nA: nine\nE: at nine\n\nQ: Who sells it?\nA: Ann\nE: Ann sells\n"
    file.write_text(f"=== Rates | list | x\n# Rates\n\nIt opens at nine. Ann sells tickets.\n---\n{asked}")
    for drawn, expected in ((0.0, "It rained. Who sells it?"), (1.0, "Who sells it?")):
        ((_, items),) = behind_chatter(read(file), [], Drawn(drawn))
        assert [item.text for item in items] == ["It rained. When is it open?", expected]


def test_a_question_on_a_paragraph_stands_beside_the_nearest_paragraphs_of_others() -> None:
    texts = ("The pool opens at nine.", "The pool closes at ten.", "Dogs bark.", "Cats sleep.")
    asked = [Example(f"What of text {number}?", text, answerable=True) for number, text in enumerate(texts)]
    asked[0] = Example("When does the pool open?", texts[0], answerable=True)
    first, *_ = beside_the_nearest(asked, WordEmbedder(), random.Random(0))
    assert [own.example.answerable for own in first] == [True, False, False]
    assert {own.example.text for own in first[1:]} < set(texts[1:])
    assert {own.example.question for own in first} == {"When does the pool open?"}


def test_the_claims_of_a_text_are_read_with_their_labels(tmp_path: Path) -> None:
    row = {"text": "It rained.", "claims": [["It was wet.", "supported", "p"], ["It snowed.", "contradicted", "p"]],
           "questions": [["Was it Monday?", "not said"]]}  # fmt: skip
    (tmp_path / "a.jsonl").write_text(json.dumps(row) + "\n")
    found = [own for (own,) in examples.claims(tmp_path / "a.jsonl")]
    assert [(own.verdict, own.example.answerable) for own in found] == [
        (SUPPORTED, True),
        (CONTRADICTED, True),
        (NOT_MENTIONED, None),
    ]


def test_the_verifier_learns_a_yes_or_no_question_as_it_is_asked(tmp_path: Path, file: Path) -> None:
    row = {"text": "It rained.", "claims": [["It was wet.", "supported", "p"]], "questions": [["Was it dry?", "no"]]}
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "a01.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "everyday" / "train").mkdir(parents=True)
    file.rename(tmp_path / "everyday" / "train" / "k01.txt")
    found = {pair.claim: pair for pair in shared(tmp_path, random.Random(0), articles=tmp_path)}
    assert (found["It was wet."].label, found["It was wet."].evidence) == (SUPPORTED, "It rained.")
    assert found["Was it dry?"].label == CONTRADICTED
    cats = found["The board decides on cats."]
    assert (cats.label, "Cats need no permission" in cats.evidence) == (UNSUPPORTED, True)
    answers = {claim: pair.label for claim, pair in found.items() if pair.source.endswith(ANSWERS)}
    assert answers["Until when can I use the tumble thing? until 9 pm."] == SUPPORTED
    assert answers["What does a machine cost? four hours."] == UNSUPPORTED


def test_what_is_asked_of_a_set_of_documents_is_no_item_of_the_last_one(file: Path) -> None:
    file.write_text(f"{FILE}\n+++ Rules\nH: How many may I?\nA: two\nE: House rules :: Cats\n{OTHER}")
    (_, items), (_, others) = read(file)
    assert items[-1].fields["A"] == ["nowhere"]
    assert [item.text for item in others] == ["What did the dryer cost?"]


def test_the_mean_of_two_judges_lies_between_them() -> None:
    import torch

    from training.averaging import between
    from training.judge.model import JudgeModel

    torch.manual_seed(0)
    first, last = JudgeModel(), JudgeModel()
    mean = between(first, last, 0.25).span.weight
    assert torch.allclose(mean, 0.75 * first.span.weight + 0.25 * last.span.weight)


def test_what_is_only_known_not_to_be_supported_may_be_no_or_not_said() -> None:
    import torch

    from training.judge import train

    sure_of_no, sure_of_yes = torch.tensor([[-9.0, 9.0, -9.0]]), torch.tensor([[9.0, -9.0, -9.0]])
    unsupported = torch.tensor([UNSUPPORTED])
    assert train.verdict_loss(sure_of_no, unsupported) < 0.01 < 9 < train.verdict_loss(sure_of_yes, unsupported)
    assert train.verdict_loss(sure_of_no, torch.tensor([NOT_MENTIONED])) > 9
    assert train.verdict_loss(sure_of_no, torch.tensor([-1])) == 0


def test_right_passages_are_to_rank_above_the_others_of_their_question_alone() -> None:
    import torch

    from training.judge import train

    right, known = torch.tensor([True, False, False]), torch.tensor([True, True, True])
    good = train.rank_loss(torch.tensor([9.0, -9.0, 30.0]), [0, 0, 1], right, known)
    bad = train.rank_loss(torch.tensor([-9.0, 9.0, -30.0]), [0, 0, 1], right, known)
    assert good < 0.01 < 5 < bad


def test_batches_keep_the_passages_of_a_question_together() -> None:
    from training.judge import train

    groups = [[Judged(Example("q" * n, "text"))] * (1 + n % 3) for n in range(1, 200)]
    batches = train.batches_of(groups, random.Random(0))
    assert sum(map(len, batches)) == len(groups)
    assert max(sum(map(len, batch)) for batch in batches) <= train.PASSAGES + 2


def test_figures_tell_ranks_verdicts_and_evidence() -> None:
    import torch

    from training.judge.evaluate import Seen, figures_of

    right = Judged(Example("q", "a b", answerable=True, evidence=((0, 1, 1.0), (2, 3, 0.0))), SUPPORTED)
    other = Judged(Example("q", "c", answerable=False), NOT_MENTIONED)
    yes, no = torch.tensor([0.8, 0.1, 0.1]).numpy(), torch.tensor([0.1, 0.7, 0.2]).numpy()
    groups = [[Seen(right, 2.0, yes, [(1.0, True), (-1.0, False)]), Seen(other, -1.0, no, [])]]
    assert figures_of("x", groups) == {
        "x relevance": 1.0, "x first of its passages": 1.0, "x evidence": 1.0, "x evidence F1": 1.0, "x yes": 1.0,
        "x verdict": 0.5,
    }  # fmt: skip
