"""Dates are found as precise as they are written, in several languages, and nothing is guessed."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.dates import day_comes_first, find_dates, in_words, is_date


def values(text: str, language: str = "en", day_first: bool | None = None) -> list[str]:
    return [found.value for found in find_dates(text, language, day_first)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-05-12", "2025-05-12"),
        ("made at 2025-05-12T10:00:00Z", "2025-05-12"),
        ("2025/05/12", "2025-05-12"),
        ("12 May 2025", "2025-05-12"),
        ("12th of May, 2025", "2025-05-12"),
        ("Thursday, 25 Sept 2025", "2025-09-25"),
        ("May 12, 2025", "2025-05-12"),
        ("12-May-2025", "2025-05-12"),
        ("12.5.2025", "2025-05-12"),
        ("12. 05. 2025", "2025-05-12"),
        ("20250512", "2025-05-12"),
        ("2025-05", "2025-05"),
        ("05/2025", "2025-05"),
        ("May 2025", "2025-05"),
        ("in 2025.", "2025"),
        ("FY2024", "2024"),
        ("2023Q4 results", "2023"),
        ("School year 2024/25", "2024/2025"),
        ("season 2011/12", "2011/2012"),
        ("2011-12", "2011-12"),
        ("2024-25", "2024/2025"),
        ("2022–2024", "2022/2024"),
        ("3 to 7 November 2025", "2025-11-03/2025-11-07"),
        ("May 3-5, 2025", "2025-05-03/2025-05-05"),
        ("Version 4 of 7 April 2025", "2025-04-07"),
        ("Tuesday 11/02/2025", "2025-02-11"),  # a Tuesday, and 2 November is none
        ("25/12/2024", "2024-12-25"),
        ("12/25/2024", "2024-12-25"),
        ("3/3/2025", "2025-03-03"),
        ("11/02/2025", "2025"),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(text: str, value: str) -> None:
    assert values(text) == [value]


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("Stand: Mai 2025", "de", "2025-05"),
        ("3.–7. März 2025", "de", "2025-03-03/2025-03-07"),
        ("Berlin, den 12. Dezember 2025", "de", "2025-12-12"),
        ("le 1er juin 2025", "fr", "2025-06-01"),
        ("12 de mayo de 2025", "es", "2025-05-12"),
        ("12 мая 2025 г.", "ru", "2025-05-12"),
        ("май 2025", "ru", "2025-05"),
        ("2025. május 12.", "hu", "2025-05-12"),
        ("于2025年5月12日发布", "zh", "2025-05-12"),
        ("2025年5月", "ja", "2025-05"),
        ("2025년 5월 12일", "ko", "2025-05-12"),
        ("12 May 2025", "xx", "2025-05-12"),
    ],
)
def test_the_months_of_the_documents_language_are_known(text: str, language: str, value: str) -> None:
    assert values(text, language) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2025", "2025-13-01", "ISO 9001:2015", "Version 2025.1.0", "1.2.2025.4", "01632 960114", "8:00–12:00",
        "52", "may 5", "2025-06-04-12", "12345678", "3.14159", "1851", "§ 12.5", "10.10", "VS2024x", "$2,024",
    ],
)  # fmt: skip
def test_numbers_that_are_no_dates_are_none(text: str) -> None:
    assert values(text) == []


def test_other_dates_of_the_text_tell_whether_days_come_first() -> None:
    assert day_comes_first("on 25/12/2024 and 03/04/2025") is True
    assert day_comes_first("on 12/25/24 and 03/04/2025") is False
    assert day_comes_first("03/04/2025") is day_comes_first("25/12/2024, 12/25/2024") is None
    assert values("11/02/2025", day_first=True) == ["2025-02-11"]
    assert values("11/02/2025", day_first=False) == ["2025-11-02"]


@given(
    st.text(st.sampled_from("0123456789 .,/-–:年月日Tmaybis\n"), max_size=200), st.sampled_from(["en", "de", "zh", "?"])
)
def test_what_is_found_is_a_date_in_its_place(text: str, language: str) -> None:
    found = find_dates(text, language)
    assert all(is_date(date.value) and 0 <= date.start < date.end <= len(text) for date in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
def test_every_day_is_read_in_every_form(day: dt.date) -> None:
    number = str(day.day)
    for text in (day.isoformat(), f"{number} {day:%B %Y}", f"{day:%b} {number}, {day:%Y}", f"{day:%d.%m.%Y}"):
        assert values(text) == [day.isoformat()]
    assert is_date(day.isoformat())
    assert not is_date(f"{day.isoformat()}x")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2025-11-02", "2 November 2025"),
        ("2025-05", "May 2025"),
        ("2025", "2025"),
        ("", ""),
        ("2024-12/2025", "December 2024 2025"),
    ],
)
def test_a_date_in_words_has_its_months_name(value: str, said: str) -> None:
    assert in_words(value) == said
