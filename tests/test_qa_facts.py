from __future__ import annotations

import pytest

from qa.check.claims.facts import absent_names, missing
from qa.check.claims.proper_names import names

PRESENT = [
    ("The Chinese economy grew.", "China's economy grew."),
    ("The WTO met.", "The World Trade Organization met."),
    ("Italians vote.", "Italy votes."),
    ("An Uzbek song.", "A song of Uzbekistan."),
    ("A Wenxin-based helper.", "A helper made of Wenxin."),
    ("In the Spanish city", "a city in Spain"),
    ("A full-scale C919 flew.", "The C919 is new."),
    ("COVID-19 spread.", "the spread of COVID-19"),
    ("It was the U.S. team.", "the US team"),
    ("Additionally, sales rose.", "Sales rose."),
    ("Researchers found gold.", "Gold was found."),
]
ABSENT = [
    ("Shanghai is the capital.", "Beijing is the capital.", "Shanghai"),
    ("The Austrian team won.", "The Australian team won.", "Austrian"),
    ("Built by John Smith.", "Built by John Miller.", "Smith"),
    ("Austria won.", "Australia won.", "Austria"),
    ("It uses 4G.", "It uses 5G.", "4G"),
    ("The UN met.", "The WTO met.", "UN"),
    ("Xiaomi's factory", "a factory", "Xiaomi"),
]


@pytest.mark.parametrize(("claim", "evidence"), PRESENT)
def test_a_name_in_another_form_is_not_absent(claim: str, evidence: str) -> None:
    assert absent_names(claim, evidence, "en") == ()


@pytest.mark.parametrize(("claim", "evidence", "name"), ABSENT)
def test_a_name_that_the_evidence_lacks_is_absent(claim: str, evidence: str, name: str) -> None:
    assert absent_names(claim, evidence, "en") == (name,)


def test_capitals_mark_no_names_where_every_word_or_noun_has_one() -> None:
    assert names("How To Build A Benchmark City") == ()
    assert names("Der Hund sah die Katze im Garten.", "de") == ()
    assert names("北京很大。", "zh") == ()


def test_inflected_forms_of_a_name_are_the_same_name() -> None:
    assert absent_names("Мэр Москвы приехал.", "Москва ждала мэра.", "ru") == ()
    assert absent_names("Мэр Казани приехал.", "Москва ждала мэра.", "ru") == ("Казани",)


def test_names_may_be_around_the_span_but_numbers_may_not() -> None:
    gone = missing("Ada Lovelace wrote 3 notes.", "She wrote notes.", ("Ada Lovelace", "There were 3 of them."), "en")
    assert (gone.names, gone.numbers) == ((), ("3",))
    assert gone.all == ("3",)
