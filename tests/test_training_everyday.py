"""Everyday documents written for training: what is read of them, and which examples and pairs are made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes import WordReader
from training import everyday_data
from training.near_misses import everyday_examples
from training.verifier.everyday import everyday
from training.verifier.examples import CONTRADICTED, SUPPORTED, UNSUPPORTED

TEXT = """=== Harbour Swimming Club
A year costs 210 euros, or 140 euros for those under 18. Caps are required in the main pool.

| Lane | Speed |
|---|---|
| 1 | slow |
| 4 | fast |
---
Q: How much does a teenager pay?
A: 140 euros
W: 210 euros
Q: fast lane
A: 4
E: 4 | fast
N: What did a year cost in 2023?
T: 210 euros
Y: Is a cap needed in the main pool?
V: yes
E: Caps are required
C-: A year costs less for those over 18.
E: 210 euros
"""


def written(folder: Path, text: str = TEXT) -> Path:
    (folder / "own.txt").write_text(text, "utf-8")
    return folder


def test_quotations_become_ranges_of_the_text_and_the_sentences_or_rows_around_them(tmp_path: Path) -> None:
    ((document, items),) = everyday_data.read(written(tmp_path))

    def said(places: tuple[tuple[int, int], ...]) -> list[str]:
        return [document.text[start:end] for start, end in places]

    teenager, lane, near_miss, polar, claim = items
    first = "A year costs 210 euros, or 140 euros for those under 18."
    assert (said(teenager.answers), said(teenager.wrong), said(teenager.evidence)) == (
        ["140 euros"], ["210 euros"], [first],
    )  # fmt: skip
    assert (said(lane.answers), said(lane.evidence)) == (["4"], ["| 4 | fast |"])
    assert (near_miss.kind, said(near_miss.wrong), near_miss.answers) == ("near-miss", ["210 euros"], ())
    assert (polar.verdict, said(polar.evidence)) == ("supported", ["Caps are required in the main pool."])
    assert (claim.verdict, said(claim.evidence)) == ("contradicted", [first])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [("A: 150 euros", "0 times in the text: '150 euros'"), ("X: what", "cannot be read: 'X: what'")],
)
def test_a_file_that_is_wrong_is_named_with_its_document_and_the_reason(
    tmp_path: Path, wrong: str, reason: str
) -> None:
    with pytest.raises(SystemExit, match=f"own.txt: Harbour Swimming Club: {reason}"):
        list(everyday_data.read(written(tmp_path, TEXT.replace("A: 140 euros", wrong))))


def test_pairs_tell_an_answer_from_a_tempting_one_and_from_what_the_reader_picks(tmp_path: Path) -> None:
    pairs = {pair.claim: pair for pair in everyday(WordReader(), written(tmp_path))}
    title = "Harbour Swimming Club. "
    assert pairs["How much does a teenager pay? 140 euros."].label == SUPPORTED
    assert pairs["How much does a teenager pay? 210 euros."].label == UNSUPPORTED
    assert pairs["What did a year cost in 2023? 210 euros."].evidence.startswith(title + "A year costs")
    assert pairs["fast lane? 4."].evidence in ("| Lane: 4 | Speed: fast |", title + "| Lane: 4 | Speed: fast |")
    assert pairs["Is a cap needed in the main pool?"].label == SUPPORTED
    assert pairs["A year costs less for those over 18."].label == CONTRADICTED
    picked = [pair for pair in pairs.values() if pair.claim.startswith("What did a year cost in 2023?")]
    assert [pair.label for pair in picked] == [UNSUPPORTED] * 2


def test_a_file_that_ships_can_be_read_and_has_every_kind_of_item(tmp_path: Path) -> None:
    first = min(everyday_data.FOLDER.glob("*.txt"))
    (tmp_path / first.name).write_bytes(first.read_bytes())  # all of them would take seconds
    items = [item for _, own in everyday_data.read(tmp_path) for item in own]
    assert {item.kind for item in items} == {"question", "near-miss", "polar", "claim"}
    assert all(item.evidence for item in items)


def test_examples_have_their_answers_in_the_text_as_the_reader_reads_it(tmp_path: Path) -> None:
    learned, held = everyday_examples(written(tmp_path))
    said = {
        example.question: [example.text[start:end] for start, end in example.spans] for example in [*learned, *held]
    }
    assert said == {
        "How much does a teenager pay?": ["140 euros"],
        "fast lane": ["4"],
        "What did a year cost in 2023?": [],
    }
