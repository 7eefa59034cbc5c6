"""Typed spans, and the short answer picked among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.question import analyse
from qa.spans import find, short_answer


def texts(sentence: str, answer_type: str) -> list[str]:
    return [sentence[start:end] for start, end in find(sentence, answer_type)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "answer_type", "expected"),
    [
        ("It was held from July 2 to 5, 2025 in Beijing.", "date", ["July 2 to 5, 2025"]),
        ("Published on 2025-07-07.", "date", ["2025-07-07"]),
        ("By 2024 it grew; in the 19th century it did not.", "date", ["2024", "19th century"]),
        ("A sum of 2,024 yuan and 2025 other things", "date", ["2025"]),
        ("It rose by 7.7% and then 20 percent.", "percent", ["7.7%", "20 percent"]),
        ("It offers up to 30 million yuan or $4.1 million.", "money", ["up to 30 million yuan", "$4.1 million"]),
        ("More than 100 satellites and two robots", "count", ["More than 100", "two"]),
        ("On July 2, 2025 it cost 35% or 5 dollars", "count", []),
        ("In just 76 seconds a car leaves", "quantity", ["just 76 seconds"]),
        ("an average of 135 times daily at each", "quantity", ["an average of 135 times daily"]),
        ("a 6,000-square-meter hall", "quantity", ["6,000-square-meter"]),
        ("said Beate Trankmann of Berlin", "person", []),
        ("nothing is here", "count", []),
        ("anything 5", "other", []),
    ],
)
def test_find(sentence: str, answer_type: str, expected: list[str]) -> None:
    assert texts(sentence, answer_type) == expected


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        (
            "How many 5G base stations does Beijing have?",
            "It has over 140,000 5G base stations, and more than 100 satellites in orbit.",
            "over 140,000",
        ),
        (
            "How many satellites are in orbit?",
            "It has over 140,000 5G base stations, and more than 100 satellites in orbit.",
            "more than 100",
        ),
        ("How many spacecraft are there?", "It has over 140,000 stations, and more than 100 satellites.", None),
        ("When was it held?", "The event took place on 5 May 1999.", "5 May 1999"),
        ("How many people came in 2024?", "In 2024 nobody counted.", None),
        ("Who came?", "Du Wencui came with Jiang Guangzhi.", None),
    ],
)
def test_short_answer(question: str, sentence: str, expected: str | None) -> None:
    span = short_answer(analyse(question), sentence)
    assert (span and sentence[slice(*span)]) == expected


@given(st.text(max_size=80), st.sampled_from(["count", "quantity", "percent", "money", "date"]))
def test_spans_are_inside_and_not_empty(sentence: str, answer_type: str) -> None:
    for start, end in find(sentence, answer_type):  # type: ignore[arg-type]
        assert 0 <= start < end <= len(sentence)
        assert sentence[start:end].strip()
