"""Counts words for tests' splitters, and work; apart, since each process that reads files imports it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


def word_count(text: str) -> int:
    return len(text.split())


def counted_apart(text: str) -> int:
    """As ``word_count``, but never in the process of a test: those that read files have little of its environment."""
    if "PYTEST_CURRENT_TEST" in os.environ:
        raise AssertionError("a stranger's text is split in the server")
    return word_count(text)


def counted(run: Callable[..., T], *given: object) -> tuple[int, T]:
    """How many functions ``run`` calls, and what it returns."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        found = run(*given)
    finally:
        sys.setprofile(None)
    return count, found
