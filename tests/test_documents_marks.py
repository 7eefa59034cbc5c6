"""Inline marks of Markdown: what is read without them, and spans that keep both of a pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.linearise import linearise
from documents.marks import balanced, marks

TEXT = "Use the `PYENV_VERSION` environment **variable _now_**."
SECOND = "Set `a b c…` of 20 (.pdf), and no more."


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("It _does not_ depend on **Python *itself***.", "It does not depend on Python itself."),
        ("Set `a*b*c` and ~~never~~ [read on](#further) ![a map](img/map.png)", "Set a*b*c and never read on a map"),
        ("snake_case_name, 2*3*4, f(*args, **kwargs)", "snake_case_name, 2*3*4, f(*args, **kwargs)"),
        ("5* and 6*", "5* and 6*"),
        ("* one item\n* another item", "* one item\n* another item"),
        (
            "Run [`it`](https://example.org/a_b.md#c) or <https://example.org/d_e_f>.",
            "Run it or <https://example.org/d_e_f>.",
        ),
        ("Write to [Ann](mailto:ann@example.org).", "Write to [Ann](mailto:ann@example.org)."),
        ("**not\n\nover paragraphs**", "**not\n\nover paragraphs**"),
        (r"\*as it is\*", r"\*as it is\*"),
    ],
)
def test_marks_are_not_read_and_other_signs_are(text: str, read: str) -> None:
    assert linearise(text, (), 0, len(text)).text == read


@pytest.mark.parametrize(
    ("span", "whole"),
    [
        ("PYENV_VERSION", "PYENV_VERSION"),
        ("PYENV_VERSION` environment", "`PYENV_VERSION` environment"),
        ("`PYENV_VERSION", "`PYENV_VERSION`"),
        ("environment **variable _now", "environment **variable _now_**"),
        ("variable _now", "variable _now_"),
        ("environment", "environment"),
        ("** environment", "** environment"),
        ("Set `a b", "Set `a b c…`"),
        ("`a b", "`a b c…`"),
        ("of 20 (.pdf", "of 20 (.pdf)"),
        ("(.pdf", "(.pdf)"),
        ("(.pd", ".pd"),
        (".pdf)", "(.pdf)"),
        ("pdf)", "pdf"),
        ("20 (.pd", "20 (.pd"),
    ],
)
def test_a_span_has_both_marks_of_a_pair_or_none(span: str, whole: str) -> None:
    text = next((text for text in (TEXT, SECOND) if span in text), f"{span} alone")
    start = text.index(span)
    assert text[slice(*balanced(text, start, start + len(span), (0, len(text))))] == whole


@given(st.text("ab _*`~[](#)\n\\", max_size=60))
def test_what_is_read_is_the_text_without_its_marks_and_leads_back_to_it(text: str) -> None:
    found = marks(text, 0, len(text))
    edges = [0, *(edge for mark in found for edge in mark), len(text)]
    assert edges == sorted(edges)
    kept = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    read = linearise(text, (), 0, len(text))
    assert read.text == "".join(kept)
    assert all(text[own.start : own.end] == read.text[own.at : own.at + own.end - own.start] for own in read.pieces)


@given(st.text("ab _*`~[](#)", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_balanced_span_stays_within_its_sentence(text: str, start: int, end: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    begin, stop = balanced(text, start, end, (0, len(text)))
    assert 0 <= begin <= stop <= len(text)
