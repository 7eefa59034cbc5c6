"""What is quoted with a sentence that answers: its paragraph, item, row or code, which a reader understands alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.blocks import Range
from documents.document import Document
from documents.load import parse
from documents.split import sentences_within
from qa.layout.quotation import MOST, MOST_TOGETHER, quotation

GUIDE = """# Guide

## Router

Hold the button for ten seconds. The light turns red. If nothing helps, use the following command:

```sh
ssh admin@router
reboot now
```

After that it is fine.

Opening hours:

- Monday: 9 to 5
- Tuesday: closed

| Ticket | Price |
|---|---|
| Adult | 5.20 |
| Child | 3.10 |

> Somebody said that it works. Others did not agree.
"""
DOCUMENT = parse(GUIDE.encode(), "guide.md")
COMMAND = "```sh\nssh admin@router\nreboot now\n```"


def sentence_with(document: Document, words: str) -> Range:
    at = document.text.index(words)
    return next(own for own in sentences_within(document, 0, len(document.text)) if own[0] <= at < own[1])


def quoted(words: str, document: Document = DOCUMENT, *others: str) -> str:
    found = quotation(document, sentence_with(document, words), [sentence_with(document, own) for own in others])
    return document.text[slice(*found)]


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("Hold the", f"Hold the button for ten seconds. The light turns red. If nothing helps, use the following "
                     f"command:\n\n{COMMAND}"),
        ("reboot now", f"If nothing helps, use the following command:\n\n{COMMAND}"),
        ("After that", "After that it is fine."),
        ("Tuesday", "Opening hours:\n\n- Monday: 9 to 5\n- Tuesday: closed"),
        ("Opening", "Opening hours:\n\n- Monday: 9 to 5\n- Tuesday: closed"),
        ("Child", "| Child | 3.10 |"),
        ("Others", "> Somebody said that it works. Others did not agree."),
    ],
)  # fmt: skip
def test_a_sentence_is_quoted_with_its_paragraph_list_or_code(words: str, whole: str) -> None:
    assert quoted(words).rstrip() == whole


def test_of_a_long_list_only_the_item_is_quoted() -> None:
    items = "\n".join(f"- Item {number} has a rather long text of some eleven words in it." for number in range(8))
    document = parse(f"The items:\n\n{items}\n".encode(), "a.md")
    assert quoted("Item 5", document) == "- Item 5 has a rather long text of some eleven words in it."


LONG = parse(
    " ".join(f"Sentence {number} of this paragraph has ten words in all." for number in range(20)).encode(), "a.md"
)


def test_of_a_long_paragraph_the_sentences_around_are_quoted() -> None:
    said = quoted("Sentence 9 ", LONG)
    assert said.startswith("Sentence 6 ")
    assert said.endswith("Sentence 11 of this paragraph has ten words in all.")
    assert len(said.split()) <= MOST


def test_others_that_answer_are_quoted_too_where_they_are_near() -> None:
    said = quoted("Sentence 9 ", LONG, "Sentence 2 ", "Sentence 19 ")
    assert said.startswith("Sentence 2 ")
    assert "Sentence 19" not in said
    assert len(said.split()) <= MOST_TOGETHER


def test_what_may_not_be_quoted_ends_the_quotation() -> None:
    def free(places: Sequence[Range]) -> Sequence[Range]:
        return [own for own in places if "Sentence 8 " not in LONG.text[slice(*own)]]

    start, end = quotation(LONG, sentence_with(LONG, "Sentence 9 "), free=free)
    said = LONG.text[start:end]
    assert said.startswith("Sentence 9 ")
    assert len(said.split()) <= MOST


PIECES = st.sampled_from(
    ["A pump lifts water. It is old.", "- one\n- two", "1. First do this:\n2. Then that.", "## Part", "Note:",
     "| a | b |", "```\ncode of it\n```", "> Quoted words. More of them.",
     "Word " * 80 + "end. Next one.", "Name: value"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=8), st.integers(0, 10**6))
def test_a_quotation_is_whole_sentences_around_the_one_that_answers(pieces: list[str], chosen: int) -> None:
    document = parse("\n\n".join(pieces).encode(), "a.md")
    places = sentences_within(document, 0, len(document.text))
    sentence = places[chosen % len(places)]
    start, end = quotation(document, sentence)
    assert start <= sentence[0] < sentence[1] <= end
    assert start in {first for first, _ in places}
    assert end in {last for _, last in places}
    assert (start, end) == sentence or len(document.text[start:end].split()) <= MOST_TOGETHER
