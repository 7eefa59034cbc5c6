"""A model's pieces become the same sentences however the text is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.write.stream import LONGEST, Sentence, sentences_of


def texts(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(sentence.text, sentence.cites) for sentence in sentences_of([text])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing[1]. Two things [2].", [("One thing.", (1,)), ("Two things.", (2,))]),
        ("One thing. [1] Two things. [2][3]", [("One thing.", (1,)), ("Two things.", (2, 3))]),
        ("One thing. [1, 2] Two.", [("One thing.", (1, 2)), ("Two.", ())]),
        ("One thing [2-4].", [("One thing.", (2, 3, 4))]),
        ("One thing [Passage 3]. Two 【4】.", [("One thing.", (3,)), ("Two.", (4,))]),
        ("- One thing [1]\n- **Two** things\n3. Three", [("One thing", (1,)), ("Two things", ()), ("Three", ())]),
        ("Answer: It costs 3.5 million. Dr. Li said so.", [("It costs 3.5 million.", ()), ("Dr. Li said so.", ())]),
        ("# A heading\n\nText.", [("A heading", ()), ("Text.", ())]),
        ("北京有14万个基站。[1]上海没有。", [("北京有14万个基站。", (1,)), ("上海没有。", ())]),
        ("In [brackets] stays.", [("In [brackets] stays.", ())]),
        ("NOT FOUND", [("NOT FOUND", ())]),
        (
            "Fares:\n| A | B |\n|---|:-:|\n| x. No | **3.5** | [1]\n|y|z\nDone.",
            [("Fares:", ()), ("x. No | 3.5", (1,)), ("y | z", ()), ("Done.", ())],
        ),
        ("| a | b |\n| c | d |\n|---|---|\n", [("a | b", ())]),
        ("| a | b |", [("a | b", ())]),
        ("It is so. This one was cut off before it came to its", [("It is so.", ())]),
        (
            "It is so. - This one was cut off before it came [1]",
            [("It is so.", ()), ("This one was cut off before it came", (1,))],
        ),
        (
            "- It is so\n- a point of a list that has more than some words",
            [("It is so", ()), ("a point of a list that has more than some words", ())],
        ),
        ("", []),
        ("[1] \n … !", []),
    ],
)
def test_sentences_and_their_citations(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert texts(text) == expected


_PIECES = st.lists(
    st.sampled_from(
        ["A ship", " came. ", "[1]", " [2, 3] ", "No. ", "5 ", "\n", "- ", "**", "。", "船", "Mr. ", "x", "3.5"]
    ),
    max_size=30,
)


_ROWS = st.lists(st.sampled_from(["| ", "|", "a. ", "b", "|--|", "\n", "[1] ", "Two. ", "。"]), max_size=30)


@given(_PIECES | _ROWS, st.integers(1, 7))
def test_the_sentences_do_not_depend_on_where_the_text_is_cut(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    whole = list(sentences_of([text]))
    assert list(sentences_of(pieces)) == whole
    assert list(sentences_of([text[start : start + size] for start in range(0, len(text), size)])) == whole


@given(_PIECES)
def test_every_word_is_in_one_sentence(pieces: list[str]) -> None:
    found = "".join(sentence.text for sentence in sentences_of([*pieces, "."]))
    assert found.count("船") == "".join(pieces).count("船")
    assert found.count("ship") == "".join(pieces).count("ship")


def test_a_sentence_is_given_with_the_first_word_after_it() -> None:
    taken: list[str] = []

    def pieces() -> Iterator[str]:
        for piece in ["One thing. ", "[1] ", "Two ", "things."]:
            taken.append(piece)
            yield piece

    assert next(sentences_of(pieces())) == Sentence("One thing.", (1,))
    assert taken == ["One thing. ", "[1] ", "Two "]


def test_a_model_that_ends_no_sentence_is_stopped() -> None:
    taken = 0

    def pieces() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "and so on "

    assert list(sentences_of(pieces())) == []
    assert taken < LONGEST


@pytest.mark.parametrize(
    ("written", "text", "code"),
    [
        ("Run `desk serve` *now*.", "Run desk serve now.", ["desk serve"]),
        ("- Call `__init__` of **it**, ~~not~~ `a``.", "Call __init__ of it, not a.", ["__init__"]),
        ("See [the page](http://e.example/x) and ![it](y.png).", "See the page (http://e.example/x) and it.", []),
        ("Press `a  b` or <b>c</b>.", "Press a b or <b>c</b>.", ["a b"]),
        ("A part of **bold. It ends** here.", "A part of bold. It ends here.", []),
    ],
)
def test_markdown_of_a_model_is_read_and_its_code_kept_as_it_is(written: str, text: str, code: list[str]) -> None:
    found = list(sentences_of([written]))
    assert " ".join(sentence.text for sentence in found) == text
    assert [own.text[start:end] for own in found for start, end in own.code] == code
