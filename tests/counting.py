"""Counts words for tests' splitters; apart, since each process that reads files imports it."""

from __future__ import annotations

import os


def word_count(text: str) -> int:
    return len(text.split())


def counted_apart(text: str) -> int:
    """As ``word_count``, but never in the process of a test: those that read files have little of its environment."""
    if "PYTEST_CURRENT_TEST" in os.environ:
        raise AssertionError("a stranger's text is split in the server")
    return word_count(text)
