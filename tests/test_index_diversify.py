"""Of near-duplicates the first is kept; a passage with another number, name or sign is no duplicate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from documents.document import Chunk, Document, Edition, Source
from index.diversify import distinct
from index.passage import Passage

LONG = "The committee met on Tuesday in the old town hall and agreed on a budget for the harbour of {} million yuan{}."


def passages(*texts: str) -> list[Passage]:
    documents = map(Document, texts)
    return [
        Passage(Chunk(document, 0, len(document.text)), Source(f"/{number}", document.id), 1.0)
        for number, document in enumerate(documents)
    ]


def kept(*texts: str) -> list[str]:
    return [passage.chunk.text for passage in distinct(passages(*texts), len(texts))]


def test_the_first_of_nearly_equal_texts_is_kept() -> None:
    same, spaced = LONG.format(5, ""), LONG.format(5, "").replace(" ", "  ").replace("agreed on a", "agreed on the")
    assert kept(same, same + "\n", spaced, "Another thing.") == [same, "Another thing."]
    assert kept(spaced, same) == [spaced]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LONG.format(5, ""), LONG.format(6, "")),
        ("Between the company and Alice Smith.", "Between the company and Bob Jones."),
        ("Smoking is allowed.", "Smoking is not allowed."),
        ("It was −5 °C.", "It was 5 °C."),
        ("√ ∑ ≠ ∞", "→ ⇒ ↔"),
    ],
)
def test_texts_that_differ_in_a_number_a_name_or_a_sign_are_kept(one: str, other: str) -> None:
    assert kept(one, other) == [one, other]


def test_texts_that_share_only_a_sentence_are_kept() -> None:
    shared = LONG.format(5, "")
    assert len(kept(f"{shared} Ships came in. Nobody was there to see them.", f"The mayor spoke. {shared}")) == 2


def test_very_short_texts_are_compared_too() -> None:
    assert kept("Yes.", "Yes", "No.", "北京市", "北京市。", "北京") == ["Yes.", "No.", "北京市", "北京"]


def test_of_a_text_that_several_editions_hold_the_newest_stands_in_the_place_of_the_best() -> None:
    old, other, new = passages(LONG.format(5, ""), "Another thing.", LONG.format(5, " "))
    old, new = (
        replace(passage, source=replace(passage.source, family="f", edition=Edition(date, "text")), score=score)
        for passage, date, score in ((old, "2023", 3.0), (new, "2025", 2.0))
    )
    assert distinct([old, other, new], 3) == [replace(new, score=3.0), other]
    assert distinct([new, other, old], 3) == [new, other]
    assert distinct([old, other, new], 3, newest=False) == [old, other, new]
    assert distinct([old, other, new], 1) == [old]
    assert distinct([old, new, other], 1) == [replace(new, score=3.0)]
