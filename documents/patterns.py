"""gitignore's patterns, compared within bounds: whoever wrote them must not hold up whoever reads the folder.

``pathspec`` makes regular expressions of them, which take exponential time for patterns like ``a*a*a*a*b``. Here every
``*`` but the last of a name takes the shortest stretch that will do and never tries another, which matches the same
names; and there are limits on what grows all the same.
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

MAX_BYTES = 64 * 1024  # of an ignore file: the longest collections of patterns take a tenth
MAX_PATTERNS = 1000
MAX_DEEP = 2  # of "**" in a pattern that stand for any folders: each multiplies the ways to try
# Seconds of computing that patterns may take, and for each path that they are compared with: ordinary ones take a
# hundredth of that.
SECONDS, SECONDS_EACH = 5.0, 0.001

_ANY, _STAR = "[^/]", "[^/]*"
_TOKEN = re.compile(r"\[\^/\]\*|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_DEEP = ("^(?:.+/)?", "(?:/.+)?")


class _Linear(GitIgnoreSpecPattern):
    """A pattern whose expression takes linear time for each name in a path."""

    @classmethod
    def pattern_to_regex(cls, pattern: str) -> tuple[str | None, bool | None]:  # type: ignore[override]
        expression, include = super().pattern_to_regex(pattern)
        if expression is None:
            return expression, include
        if sum(expression.count(deep) for deep in _DEEP) > MAX_DEEP:
            raise ValueError(f"{pattern!r} holds more than {MAX_DEEP} ** that stand for any folders: leave one out")
        return _linear(expression), include


def _linear(expression: str) -> str:
    """The expression, with every star that another one follows in the same name made to keep its first match.

    And no class means a slash, as in git.
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
    """Patterns of one place, which ``where`` names in messages."""

    def __init__(self, lines: Sequence[str], where: str) -> None:
        """
        Raises:
            DocumentError: a pattern makes no sense, or there are too many.
        """
        self._where = where
        self._spent, self._allowed = 0.0, SECONDS
        if len(lines) > MAX_PATTERNS:
            raise DocumentError(f"{where}: more than {MAX_PATTERNS} patterns, the limit; use fewer")
        try:
            with warnings.catch_warnings():  # what may mean something else one day, means what it does today
                warnings.simplefilter("ignore", FutureWarning)
                self._spec = GitIgnoreSpec.from_lines(_Linear, lines, backend="simple")
        except (ValueError, re.error, RecursionError, OverflowError) as error:
            raise DocumentError(f"{where}: {printable(str(error))}") from error

    def say(self, name: str) -> bool | None:
        """Whether the last pattern that fits ``name`` means it or takes it back; None where none fits.

        Raises DocumentError where they have taken too much time by now.
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

    def mean(self, name: str) -> bool:
        """Whether the patterns mean ``name``."""
        return bool(self.say(name))


def read_patterns(path: Path) -> Patterns:
    """The patterns of an ignore file.

    Raises:
        DocumentError: it is no file, too large, no text, or makes no sense.
    """
    name = printable(path)
    try:
        # What is no file could keep us waiting for ever (a pipe) or do something (a device), if it were opened.
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
