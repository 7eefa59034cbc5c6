"""The set of everyday documents: each item becomes a question or a claim with its gold, read by ``refdesk eval``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.everyday_set import write
from qa.evaluation import load_dataset

FILE = """=== The allotments | rules | gardening
# Rules

The gate is open from seven. Sheds may be two metres high.

- Water comes from the butts.
- Hoses are not allowed.
---
Q: when does the gate open?
A: from seven
E: The gate is open from
G: and how high may my hut be?
S: how high may my hut be?
A: two metres
E: Sheds may be two metres
N: when does the gate close?
W: from seven
X: can I use a hose?
E: Hoses are not allowed
L: what goes for watering?
E: Water comes from the
E: Hoses are not
T: Huts must not exceed two metres.
E: Sheds may be two
F: Everyone may use a hose.
E: Hoses are not
"""


def test_every_item_is_a_question_or_a_claim_with_its_gold(tmp_path: Path) -> None:
    (tmp_path / "k01.txt").write_text(FILE)
    assert write([tmp_path / "k01.txt"], tmp_path / "set") == {"documents": 1, "questions": 5, "claims": 2}
    dataset = load_dataset(tmp_path / "set")
    by_kind = {item.slices["kind"]: item for item in dataset.items}
    question, follow_up = by_kind["question"], by_kind["follow-up"]
    assert question.expect is not None
    assert (question.expect.groups, question.expect.cite) == ((("from seven",),), ("k01-0.md",))
    assert (question.evidence, question.slices["words"]) == (("The gate is open from seven.",), "shared")
    assert (follow_up.after, follow_up.slices["words"]) == ((question.question,), "shared")
    assert [by_kind[kind].expect.kinds for kind in ("near-miss", "list")] == [("refusal",), ("answer",)]  # type: ignore[union-attr]
    assert by_kind["yes-no"].expect.head == ("no",)  # type: ignore[union-attr]
    assert by_kind["list"].expect.groups == (("Water comes from the butts.",), ("Hoses are not allowed.",))  # type: ignore[union-attr]
    claims = load_dataset(tmp_path / "set" / "claims.jsonl").items
    assert [item.question for item in claims] == ["Huts must not exceed two metres.", "Everyone may use a hose."]
