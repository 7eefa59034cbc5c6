"""Versions are found where a word says so, and are put in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.versions import find_dotted, find_versions, version_order


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("v2", ["2"]),
        ("Version 3.1.0", ["3.1.0"]),
        ("Version: 3", ["3"]),
        ("Version No. 4", ["4"]),
        ("v1.2-beta3", ["1.2-beta3"]),
        ("Rev. B", ["B"]),
        ("2nd edition", ["2"]),
        ("Second edition, 2021", ["2"]),
        ("2. Auflage", ["2"]),
        ("第二版", ["2"]),
        ("版本：3.2", ["3.2"]),
        ("Document VS-18S-EN, issue 6", ["6"]),
        ("HTTP API, VERSION 1 (wickertail 2.x)", ["1"]),
        ("from v2 to v3", ["2", "3"]),
        ("edition 2025", []),
        ("edition May 2025", []),
        ("a version that", []),
        ("version a bit", []),
        ("(VERT)", []),
        ("V2-directed", []),
        ("12 release notes", []),
        ("wickertail 3.2", []),
    ],
)
def test_a_version_is_what_a_word_calls_so(text: str, versions: list[str]) -> None:
    assert [found.value for found in find_versions(text)] == versions


def test_numbers_of_several_parts_are_found_where_they_are_asked_for() -> None:
    found = find_dotted("tool 3.2.1 linux, 3.2, 17, a1.2, 1.2.3.")
    assert [version.value for version in found] == ["3.2.1", "3.2", "1.2.3"]


def test_versions_are_put_in_order() -> None:
    ordered = ["", "B", "C", "2", "3.0-beta", "3.0", "3.1.0", "3.9", "3.10"]
    assert sorted([*ordered[4:], *ordered[:4]], key=version_order) == ordered


@given(st.text(st.sampled_from("0123456789 .:-vVersionABrevedition第版\n"), max_size=200))
def test_what_is_found_is_in_its_place(text: str) -> None:
    for found in (*find_versions(text), *find_dotted(text)):
        assert 0 <= found.start < found.end <= len(text)
        assert version_order(found.value)
