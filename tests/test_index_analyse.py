"""The terms that BM25 counts: which words share a term, in many languages, and the terms of a question."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from documents.normalise import normalise
from index.analyse import paired, question_terms, terms


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the capital of France?", ["capit", "franc"]),
        ("Who are you?", ["who", "are", "you"]),  # nothing but stop words: they are all there is
        ("tea, tea; TEA", ["tea"]),
        ("2.2 trillion", ["2", "trillion"]),
        ("", []),
        ("?!… --- 🎉", []),
        ("北京5G基站", ["5g", "北京", "基站"]),
        ("北", ["北"]),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_a_question_becomes_its_content_terms(question: str, expected: list[str]) -> None:
    assert question_terms(question, ("en",)) == expected


@pytest.mark.parametrize(
    ("language", "text", "question"),
    [
        ("en", "The stations were connected.", "connecting station"),
        ("en", "résumé", "resume"),
        ("en", "resume", "résumé"),
        ("en", "résumé", unicodedata.normalize("NFD", "résumé")),
        ("en", "naïve", "naive"),
        ("en", "5G base", "5g"),
        ("de", "In der Straße", "STRASSE"),
        ("de", "die Häuser", "Haus"),
        ("es", "las estaciones", "estación"),
        ("tr", "İstanbul", "istanbul"),
        ("tr", "istanbul", "İstanbul"),
        ("el", "ΕΛΛΆΔΑ", "ελλάδα"),
        ("ru", "Йод", "ЙОД"),
        ("ru", "базовые станции", "станция"),
        ("ar", "المدينة", "مدينة"),
        ("hi", "हिन्दी भाषा", "हिन्दी"),
        ("zh", "北京有五千個基站", "基站"),
        ("ja", "東京タワーは高い", "タワー"),
        ("th", "ภาษาไทยง่าย", "ภาษาไทย"),
    ],
)
def test_a_word_has_one_term_whatever_its_case_ending_and_accents(language: str, text: str, question: str) -> None:
    asked = question_terms(normalise(question), (language,))
    assert asked
    assert set(asked) <= set(terms(normalise(text), language))


@pytest.mark.parametrize(
    ("text", "question"), [("भाषा", "भोजन"), ("北京", "京北"), ("cat", "concatenate"), ("the of", "a cat")]
)
def test_texts_that_share_only_letters_or_stop_words_share_no_terms(text: str, question: str) -> None:
    for language in ("en", "hi", "zh"):
        assert not set(question_terms(question, (language,))) & set(terms(text, language))


def test_a_question_has_terms_in_every_language_of_the_documents() -> None:
    assert question_terms("Häuser", ("de", "en")) == ["haus", "hauser"]


@example("a \u200c b", "en")
@example("a \u0300 b", "en")
@given(st.text(max_size=60), st.sampled_from(["en", "de", "zh", "xx"]))
def test_any_text_gives_terms_that_have_no_spaces(text: str, language: str) -> None:
    found = terms(normalise(text), language)
    assert all(term and not any(char.isspace() for char in term) for term in found)
    assert set(question_terms(normalise(text), (language,))) <= set(found)


def test_a_run_without_spaces_is_replaced_by_its_pairs() -> None:
    assert paired("in 北京市 2024").split() == ["in", "北京", "京市", "2024"]


@given(st.text(st.characters(max_codepoint=127)), st.sampled_from(["en", "de", "zh", ""]))
def test_words_of_ascii_letters_are_found_as_beside_others(text: str, language: str) -> None:
    assert terms(f"{text} ñ", language) == [*terms(text, language), "n"]
