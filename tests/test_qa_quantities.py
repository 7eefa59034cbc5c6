from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.check.claims.quantities import missing, quantities

SAME = [
    ("2.2 trillion yuan", "2,200 billion yuan"),
    ("twenty per cent", "20%"),
    ("7.7%", "7.7 percent"),
    ("twenty-two people", "22 people"),
    ("one hundred and five", "105"),
    ("a million people", "1,000,000 people"),
    ("a dozen eggs", "12 eggs"),
    ("6,000 square metres", "the 6,000-square-meter hall"),
    ("$5 million", "5 million dollars"),
    ("42 € a year", "€42 a year"),
    ("1.250,50€", "€1,250.50"),
    ("3 million €", "3 million euros"),
    ("third place", "3rd place"),
    ("140,000 stations", "140000 stations"),
    ("1 234 567", "1,234,567"),
    ("1.234 Einwohner", "1234 Einwohner"),
    ("3,5 Prozent", "3.5 percent"),
    ("١٢ شخصا", "12 people"),
    ("१२ लोग", "12 people"),
    ("2.2万亿元", "2.2 trillion yuan"),
    ("over 50 countries", "more than 50 countries"),
    ("50 countries", "over 50 countries"),
    ("about 100 people", "103 people"),
    ("in the 1990s", "in 1994"),
    ("2 July 2025", "July 2, 2025"),
    ("2025-07-02", "July 2, 2025"),
    ("July 5, 2025", "from July 2 to 5, 2025"),
    ("July 2025", "2 July 2025"),
    ("on 2 July", "on July 2nd"),
]
DIFFERENT = [
    ("199 robots", "198 robots"),
    ("12 hours", "12 days"),
    ("5 million", "5 billion"),
    ("over 50 countries", "under 50 countries"),
    ("20%", "20 dollars"),
    ("42 € a year", "£42 a year"),
    ("pay 42 €", "pay 42 dollars"),
    ("6 $ 5 €", "6 $ £5"),
    ("2 July 2025", "3 July 2025"),
    ("2 July 2025", "2 June 2025"),
    ("July 2025", "July 2024"),
    ("in 2024", "in 2023"),
    ("in the 1990s", "in 1984"),
    ("-5 points", "5 points"),
    ("the second", "the third"),
    ("about 100 people", "150 people"),
    ("about 100 people", "about 102 people"),
    ("seven bridges", "eight bridges"),
]


@pytest.mark.parametrize(("claim", "evidence"), SAME)
def test_different_spellings_of_a_number_or_date_agree(claim: str, evidence: str) -> None:
    assert missing(quantities(claim), quantities(evidence)) == ()


@pytest.mark.parametrize(("claim", "evidence"), DIFFERENT)
def test_a_different_number_or_date_is_missing(claim: str, evidence: str) -> None:
    assert len(missing(quantities(claim), quantities(evidence))) == 1


def test_a_missing_number_is_given_as_the_claim_writes_it() -> None:
    assert missing(quantities("It cost $86 million in May 2021."), quantities("It cost 68 million in 2021.")) == (
        "May 2021",
        "86 million",
    )


def test_a_year_may_be_around_the_span_but_no_other_number() -> None:
    around = (quantities("Report of 2024, with 35 pages"),)
    assert missing(quantities("In 2024 it sold 35 cars"), quantities("It sold cars"), around) == ("35",)
    assert missing(quantities("On 2 July 2024 it opened"), quantities("It opened on July 2"), around) == ()
    assert missing(quantities("On 2 July 2023 it opened"), quantities("It opened on July 2"), around) == (
        "2 July 2023",
    )


@pytest.mark.parametrize("text", ["5G and 4G", "C919", "COVID-19", "version 3.11.2", "one of them", "at first", "H2O"])
def test_digits_of_names_and_words_like_one_are_no_numbers(text: str) -> None:
    assert quantities(text).numbers == ()


@pytest.mark.parametrize("text", ["You may go.", "They march in step.", "the second hand of a clock in the wall"])
def test_other_words_that_may_be_months_are_no_dates(text: str) -> None:
    assert quantities(text).dates == ()


@given(st.integers(0, 10**12))
def test_thousands_separators_change_nothing(number: int) -> None:
    assert missing(quantities(f"{number:,} birds"), quantities(f"{number} birds")) == ()
    assert missing(quantities(f"{number} birds"), quantities(f"{number:,} birds")) == ()


@given(st.integers(2, 10**6), st.integers(2, 10**6))
def test_another_whole_number_is_always_missing(one: int, other: int) -> None:
    assert bool(missing(quantities(f"{one} birds"), quantities(f"{other} birds"))) == (one != other)


@given(st.text())
def test_any_text_agrees_with_itself(text: str) -> None:
    assert missing(quantities(text), quantities(text)) == ()
