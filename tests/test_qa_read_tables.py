"""The periods that texts name, and the amounts in cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.read.periods import conflict, periods, shared
from qa.read.tables.amounts import amount, shown, total

# --- periods ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from February to April", {"month": {2, 3, 4}}), ("Mon–Fri", {"weekday": {1, 2, 3, 4, 5}}),
        ("Saturday to Monday", {"weekday": {6, 7, 1}}),
        ("between March and May 2024", {"month": {3, 4, 5}, "year": {2024}}),
        ("2023/24", {"year": {2023, 2024}}), ("FY22", {"year": {2022}}), ("FY2022", {"year": {2022}}),
        ("fourth quarter of 2023", {"quarter": {4}, "year": {2023}}), ("Q3 2024", {"quarter": {3}, "year": {2024}}),
        ("first half", {"half": {1}}), ("2025-02-28", {"year": {2025}, "month": {2}}),
        ("28.02.2025", {"year": {2025}, "month": {2}}), ("2/3/2025", {"year": {2025}}),
        ("more than 2000 loaves", {}), ("£2020", {}), ("2,019 books", {}), ("may march on", {}),
        ("March and May", {"month": {3, 5}}), ("Thursdays", {"weekday": {4}}),
        ("Jan 2024 – Mar 2024", {"month": {1, 2, 3}, "year": {2024}}),
        ("Winter (1 November – 31 March)", {"month": {11, 12, 1, 2, 3}}),
        ("from the 2nd of May to the 1st of July", {"month": {5, 6, 7}}),
        ("between 3 May and 9 July", {"month": {5, 6, 7}}),
        ("4 May, 9 July", {"month": {5, 7}}),
    ],
)  # fmt: skip
def test_periods(text: str, expected: dict[str, set[int]]) -> None:
    assert {kind: set(values) for kind, values in periods(text).items()} == expected


def test_periods_of_one_kind_conflict_where_none_is_shared() -> None:
    assert conflict(periods("2023"), periods("2024"))
    assert not conflict(periods("2023"), periods("Q3 2021–2024"))
    assert not conflict(periods("2023"), periods("March"))
    assert shared(periods("in March 2023"), periods("March"))


@given(st.text(alphabet="0123456789 -–/.QHFYJanuMondto", max_size=60))
def test_any_text_has_periods(text: str) -> None:
    for kind, values in periods(text).items():
        assert values
        assert kind == "year" or max(values) <= 12


# --- amounts ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,340.00", "1340.00"), ("£1,340.00", "1340.00"), ("(0.4)", "-0.4"), ("−3", "-3"), ("-£5", "-5"),
        ("12 %", "12"), ("$(97)", "-97"), ("€ (1,204.5)", "-1204.5"), ("(3.2)%", "-3.2"), ("$(97", None),
        ("50p", "50"), ("1 234 567", "1234567"), ("1'200", "1200"), ("€ 12.5", "12.5"), ("12 kg", "12"), ("42*", "42"),
        ("", None), ("n/a", None), ("10–14", None), ("2025-01-31", None), ("3 of 5", None), ("1.2.3", None),
        ("P-201", None),
        ("(5", None), ("1" * 60, None),
    ],
)  # fmt: skip
def test_amounts(text: str, value: str | None) -> None:
    found = amount(text)
    assert (str(found.value) if found else None) == value


def test_a_comma_before_decimals_is_read_where_the_column_has_them() -> None:
    found = amount("1.234,50", decimal_comma=True)
    assert found
    assert str(found.value) == "1234.50"


def test_sums_keep_units_and_decimals_and_refuse_what_cannot_be_added() -> None:
    amounts = [own for text in ("£1,000", "£0.50", "12") if (own := amount(text))]
    added = total(amounts)
    assert added
    assert shown(added) == "£1,012.50"
    assert total([]) is None


@pytest.mark.parametrize("texts", [("£1", "€1"), ("10%", "20%"), ("5 kg", "7 m")])
def test_what_is_in_different_units_or_a_share_is_not_added_up(texts: tuple[str, str]) -> None:
    assert total([own for text in texts if (own := amount(text))]) is None


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1))
def test_a_sum_is_exact(values: list[object]) -> None:
    amounts = [own for value in values if (own := amount(f"{value:,}"))]
    added = total(amounts)
    assert added
    assert added.value == sum(values)  # type: ignore[call-overload]
