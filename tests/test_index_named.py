"""The documents that a question names by their files' names, and what is left to ask of them."""

from __future__ import annotations

import pytest

from documents.document import Source
from index.named import named

FILES = ("Acme_2024.pdf", "ACME_2025.pdf", "Borealis-2025-report.pdf", "crane_rules.md", "dune.txt", "ember.txt")
SOURCES = [Source(f"/files/{name}", name) for name in FILES]


@pytest.mark.parametrize(
    ("question", "documents", "rest"),
    [
        ("how many people does borealis employ", {"Borealis-2025-report.pdf"}, "how many people does employ"),
        ("What was Borealis's income in 2025?", {"Borealis-2025-report.pdf"}, "What was income in 2025?"),
        ("What was Acme’s income in 2024?", {"Acme_2024.pdf"}, "What was income in 2024?"),
        ("Does Acme rent cars?", {"Acme_2024.pdf", "ACME_2025.pdf"}, "Does rent cars?"),
        ("What rule do the Crane's rules set for dunes?", {"crane_rules.md"}, "What do the set for dunes?"),
        ("Does Dune sell more than Ember?", {"dune.txt", "ember.txt"}, "Does sell more than ?"),
    ],
)
def test_the_documents_with_most_words_of_the_question_in_their_names_are_named(
    question: str, documents: set[str], rest: str
) -> None:
    found = named(question, SOURCES, len(SOURCES))
    assert found
    assert (set(found.documents), found.rest) == (documents, rest)


@pytest.mark.parametrize(
    "question",
    [
        "How many people are employed?",
        "What was the income in 2025?",  # a year alone names nothing
        "Acme?",  # nothing is asked of it
        "What is there about Acme?",
    ],
)
def test_a_question_may_name_no_document(question: str) -> None:
    assert named(question, SOURCES, len(SOURCES)) is None


def test_a_word_that_most_names_have_names_none_of_them() -> None:
    question = "How many people does Acme employ?"
    assert named(question, SOURCES[:2], 3) is None
    assert named(question, SOURCES[:2], 4)
    assert named(question, [], 0) is None
