"""Counts words for tests' splitters; apart, since each process that reads files imports it."""

from __future__ import annotations


def word_count(text: str) -> int:
    return len(text.split())
