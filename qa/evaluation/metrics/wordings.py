"""Whether a text says a wording, as people would take it: without case, Markdown signs and kinds of dash and space."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.unspaced import UNSPACED

_INVISIBLE = re.compile("[\u2060\u200b\u00ad]")
_MARKDOWN = re.compile(r"[*_`#|>]")
_SAME = str.maketrans("\u00a0\u202f’‘“”–—−", "  ''\"\"---")
_WORD = rf"[^\W{UNSPACED}]"  # a character of a script that separates words
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BEFORE_MARK = re.compile(r" (?=[:;,!?)]|\.(?!\d))")


def folded(text: str) -> str:
    """The text in the form that is compared; thousands have no commas in it."""
    text = _MARKDOWN.sub(" ", _INVISIBLE.sub("", text)).translate(_SAME)
    return _BEFORE_MARK.sub("", re.sub(r"\s+", " ", _THOUSANDS.sub("", text))).strip().casefold()


def find_wording(text: str, wording: str, start: int = 0) -> int | None:
    """Where the folded ``text`` says the ``wording`` from ``start`` on, as whole words and numbers; None: nowhere."""
    wanted = folded(wording)
    left = rf"(?<!{_WORD})(?<!\d\.)" if re.match(_WORD, wanted) else ""
    right = rf"(?!{_WORD})(?!\.\d)" if re.search(rf"{_WORD}$", wanted) else ""
    found = re.compile(left + re.escape(wanted) + right).search(text, start)
    return found.start() if found else None


def says(text: str, wordings: Sequence[str]) -> bool:
    """Whether the folded ``text`` says one of the wordings."""
    return any(find_wording(text, wording) is not None for wording in wordings)


def in_order(text: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether each group is said somewhere from a saying of the group before it on, in the folded ``text``."""
    at = 0
    for group in groups:
        places = [place for wording in group if (place := find_wording(text, wording, at)) is not None]
        if not places:
            return False
        at = min(places)
    return True
