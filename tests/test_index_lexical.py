"""BM25: which words match, what a question may hold, and the order by hand."""

from __future__ import annotations

import math
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalise import normalise
from index import lexical


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(lexical.SCHEMA)
        yield db


def found(db: sqlite3.Connection, question: str, limit: int = 10) -> list[int]:
    return [chunk_id for chunk_id, _ in lexical.search(db, question, limit)]


@pytest.mark.parametrize(
    ("question", "expression"),
    [
        ("What is the capital of France?", '"capital" OR "France"'),
        ("Who are you?", '"Who" OR "are" OR "you"'),  # nothing but stop words: they are all there is
        ("tea, tea; TEA", '"tea" OR "TEA"'),
        ("2.2 trillion", '"2" OR "trillion"'),
        ("", ""),
        ("?!… --- 🎉", ""),
        ('AND OR NOT NEAR("a b", 5)', '"NOT" OR "NEAR" OR "b" OR "5"'),
        ("北京5G基站", '"北京" OR "5G" OR "基站"'),
        ("北", '"北"'),
        ("a" * 5, '"aaaaa"'),
    ],
)
def test_a_question_becomes_its_content_words(question: str, expression: str) -> None:
    assert lexical.match_expression(question) == expression


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The stations were connected.", "connecting station"),
        ("résumé", "resume"),
        ("resume", "résumé"),
        ("résumé", unicodedata.normalize("NFD", "résumé")),
        ("In der Straße", "STRAßE"),
        ("İstanbul", "istanbul"),
        ("istanbul", "İstanbul"),
        ("ΕΛΛΆΔΑ", "ελλάδα"),
        ("Йод", "ЙОД"),
        ("北京有五千個基站", "北京"),
        ("北京有五千個基站", "基站有多少"),
        ("東京タワーは高い", "タワー"),
        ("ภาษาไทยง่าย", "ภาษาไทย"),
        ("हिन्दी भाषा", "हिन्दी"),
        ("naïve co-operation", "cooperation naive"),
        ("5G base", "5g"),
    ],
)
def test_words_match_whatever_their_case_ending_and_accents(db: sqlite3.Connection, text: str, question: str) -> None:
    lexical.add(db, [(1, normalise(text)), (2, "quite another thing"), (3, "上海")])
    assert found(db, question) == [1]


@pytest.mark.parametrize(
    ("text", "question"), [("भाषा", "भोजन"), ("北京", "京北"), ("cat", "concatenate"), ("the of", "a cat")]
)
def test_what_shares_only_letters_or_stop_words_does_not_match(
    db: sqlite3.Connection, text: str, question: str
) -> None:
    lexical.add(db, [(1, text)])
    assert found(db, question) == []


SYNTAX = st.sampled_from(
    ["AND", "OR", "NOT", "NEAR", "NEAR(", "*", '"', "(", ")", "^", ":", "-", "+", "terms", "{", "}", "\0"]
)


@given(st.lists(SYNTAX | st.text(max_size=8), max_size=12).map(" ".join))
def test_no_question_is_an_error(question: str) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(lexical.SCHEMA)
        lexical.add(db, [(1, "and or not near terms"), (2, "words")])
        hits = lexical.search(db, question, 5)
    assert {chunk_id for chunk_id, _ in hits} <= {1, 2}


def bm25(tf: int, length: int, average: float, holding: int, documents: int) -> float:
    idf = math.log((documents - holding + 0.5) / (holding + 0.5))
    return idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / average))


def test_scores_are_bm25_by_hand(db: sqlite3.Connection) -> None:
    texts = {
        1: "iron",
        2: "iron iron salt",
        3: "iron salt salt salt grain grain",
        4: "grain",
        5: "salt",
        6: "oil",
        7: "tar",
    }
    lexical.add(db, texts.items())
    average = sum(len(text.split()) for text in texts.values()) / len(texts)
    expected = {
        i: bm25(text.split().count("iron"), len(text.split()), average, 3, 7)
        for i, text in texts.items()
        if "iron" in text
    }
    scores = lexical.search(db, "iron", 10)
    assert [i for i, _ in scores] == sorted(expected, key=lambda i: -expected[i]) == [1, 2, 3]
    assert dict(scores) == pytest.approx(expected)


def test_equal_scores_come_by_id_and_the_limit_cuts(db: sqlite3.Connection) -> None:
    lexical.add(db, [(i, "same words") for i in (9, 3, 7, 5)])
    assert found(db, "words") == [3, 5, 7, 9]
    assert found(db, "words", 2) == [3, 5]


def test_only_allowed_ids_are_found_each_time(db: sqlite3.Connection) -> None:
    lexical.add(db, [(i, "same words") for i in range(1, 6)])
    for allowed in ([2, 4], [5], [], [1, 77]):
        assert [i for i, _ in lexical.search(db, "words", 9, allowed)] == [i for i in allowed if i <= 5]
    assert found(db, "words") == [1, 2, 3, 4, 5]


texts = st.lists(st.sampled_from(["iron", "salt", "grain", "oil", "北京市", "Épée"]), max_size=6).map(" ".join)


@given(st.dictionaries(st.integers(1, 20), texts, max_size=8), st.data())
def test_what_was_removed_leaves_no_trace(rows: dict[int, str], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
    with closing(sqlite3.connect(":memory:")) as worn, closing(sqlite3.connect(":memory:")) as fresh:
        for db in (worn, fresh):
            db.executescript(lexical.SCHEMA)
        lexical.add(worn, rows.items())
        lexical.remove(worn, [(i, rows[i]) for i in gone])
        lexical.add(fresh, [(i, text) for i, text in rows.items() if i not in gone])
        for question in ("iron", "salt grain", "oil 北京", "epee"):
            assert lexical.search(worn, question, 20) == lexical.search(fresh, question, 20)
