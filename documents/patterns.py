"""Patterns of gitignore, matched in bounded time, since an ignore file may come with untrusted files.

``pathspec`` turns patterns into regular expressions that take exponential time for patterns such as ``a*a*a*a*b``. Here
every ``*`` of a name but the last matches the shortest stretch that works and never backtracks, which matches the same
names in linear time. Limits bound what still grows.
"""

from __future__ import annotations

import os
import re
import stat
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from documents.document import DocumentError, printable

IGNORE_FILE = ".refdeskignore"

MAX_BYTES = 64 * 1024  # of an ignore file; the longest published collections have a tenth
MAX_PATTERNS = 1000
MAX_DEEP = 2  # "**" for any folders in one pattern: each multiplies the number of ways to match
# Seconds of processor time that patterns may take in all, and in addition for each path they are matched against;
# ordinary ones take a hundredth of that.
SECONDS, SECONDS_EACH = 5.0, 0.001

_ANY, _STAR = "[^/]", "[^/]*"
_TOKEN = re.compile(r"\[\^/\]\*|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_DEEP = ("^(?:.+/)?", "(?:/.+)?")


class _Linear(GitIgnoreSpecPattern):
    """A pattern whose regular expression takes linear time for each name in a path."""

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
        expression, include = super().pattern_to_regex(pattern)
        if expression is None:
            return expression, include
        if sum(expression.count(deep) for deep in _DEEP) > MAX_DEEP:
            raise ValueError(f"{pattern!r} holds more than {MAX_DEEP} ** that stand for any folders: leave one out")
        return _linear(expression), include


def _linear(expression: str) -> str:
    """The expression with every star that is not the last in its name made atomic, so that it keeps its first match.

    A character class never matches a slash, as in git.
    """
    parts = [list[str]()]
    for token in _TOKEN.findall(expression):
        if token == _STAR:
            parts.append([])
        else:
            parts[-1].append(f"(?!/){token}" if token.startswith("[") and token != _ANY else token)
    linear = "".join(parts[0])
    for number, part in enumerate(parts[1:], start=2):
        is_last = number == len(parts) or "/" in part
        linear += f"{_STAR}{''.join(part)}" if is_last else f"(?>{_STAR}?{''.join(part)})"
    return linear


class Patterns:
    """The patterns of one ignore file or option, which messages call ``where``."""

    def __init__(self, lines: Sequence[str], where: str) -> None:
        """
        Raises:
            DocumentError: a pattern is invalid, or there are too many.
        """
        self._where = where
        self._spent, self._allowed = 0.0, SECONDS
        if len(lines) > MAX_PATTERNS:
            raise DocumentError(f"{where}: more than {MAX_PATTERNS} patterns, the limit; use fewer")
        try:
            with warnings.catch_warnings():  # regular expressions whose meaning may change in later versions of Python
                warnings.simplefilter("ignore", FutureWarning)
                self._spec = GitIgnoreSpec.from_lines(_Linear, lines, backend="simple")
        except (ValueError, re.error, RecursionError, OverflowError) as error:
            raise DocumentError(f"{where}: {printable(str(error))}") from error

    def decision(self, name: str) -> bool | None:
        """Whether the last pattern that matches ``name`` includes it (True) or negates it (False); None: none matches.

        Raises:
            DocumentError: the patterns have taken too much time so far.
        """
        if not self._spec.patterns:
            return None
        began = time.thread_time()
        said = self._spec.check_file(name).include
        self._spent += time.thread_time() - began
        self._allowed += SECONDS_EACH
        if self._spent > self._allowed:
            raise DocumentError(f"{self._where}: its patterns take too long to compare; use simpler ones")
        return said

    def matches(self, name: str) -> bool:
        """Whether the patterns include ``name``."""
        return bool(self.decision(name))


def read_patterns(path: Path) -> Patterns:
    """The patterns of an ignore file.

    Raises:
        DocumentError: the path is not a file, or the file is too large, not UTF-8, or holds an invalid pattern.
    """
    name = printable(path)
    try:
        # Opening what is not a regular file could block for ever (a pipe) or have an effect (a device).
        if not stat.S_ISREG(path.stat().st_mode):
            raise DocumentError(f"{name}: not a file; remove it")
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise DocumentError(f"{name}: larger than {MAX_BYTES // 1024} KB, the limit; use fewer patterns")
        return Patterns(data.decode("utf-8-sig").splitlines(), name)
    except OSError as error:
        raise DocumentError(f"{name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{name}: cannot be read (it is not UTF-8)") from error
