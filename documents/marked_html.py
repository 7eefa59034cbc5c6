"""A web page with a quotation marked in it, so that it opens there: a browser finds no words in a page within another.

The page is not parsed, as it may be hostile: it is read once from its beginning to its end, tags apart from text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from documents.document import Document

# A comment, an element whose content is no text, a tag, a reference to a character, or letters and digits.
_NO_TEXT = "|".join(("script", "style", "title", "textarea"))
_TOKEN = re.compile(
    rf"""<!--.*?(?:-->|\Z)|<({_NO_TEXT})\b.*?(?:</\1\s*>|\Z)
      |<[/!?a-z](?:"[^"]*"|'[^']*'|[^<>"'])*+>?|(?P<reference>&\#?\w{{1,32}};)|(?P<letters>[^\W_]+)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_SPACE_ONLY = re.compile(r"\s*\Z")
_NEAR = 60  # letters beside the words, which tell them from the same words elsewhere
_LONGEST = 2_000  # letters of the words that are looked for


class _Run(NamedTuple):
    """Letters and digits of the page, and where they are in its source."""

    letters: str
    start: int
    end: int


def with_mark(page: str, document: Document, start: int, end: int, mark_id: str) -> str:
    """The source of a web page in which the document's words from ``start`` to ``end`` are marked.

    The first mark has the id; where the two offsets are the same, the place alone has it. Only letters and digits are
    compared: the document has signs that the page does not, such as the numbers of lists. Of the same words in several
    places, those are meant that stand between the same others. A page without the words comes back as it is.
    """
    runs = list(_runs(page))
    labels = (own.label for own in document.blocks_at(start) if own.start == start and own.kind in ("item", "step"))
    begin = min(start + len(next(labels, "")), max(start, end - 1))
    place = _place("".join(run.letters for run in runs), document.text, begin, end if start < end else begin + _NEAR)
    if place is None:
        return page
    ends = list(accumulate(len(run.letters) for run in runs))
    first, last = runs[bisect_right(ends, place[0])].start, runs[bisect_right(ends, place[1] - 1)].end
    shown = _marked(page[first:last], mark_id) if start < end else f'<a id="{mark_id}"></a>{page[first:last]}'
    return page[:first] + shown + page[last:]


def _runs(page: str) -> list[_Run]:
    found = []
    for token in _TOKEN.finditer(page):
        letters = token["letters"] or _letters(html.unescape(token["reference"] or ""))
        if letters:
            found.append(_Run(letters, *token.span()))
    return found


def _place(page: str, text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the page's letters have those of the words, between the same others if possible, or else their first."""
    before = _letters(text[max(0, start - 4 * _NEAR) : start])[-_NEAR:]
    after = _letters(text[end : end + 4 * _NEAR])[:_NEAR]
    words = _letters(text[start : min(end, start + 4 * _LONGEST)])[:_LONGEST]
    for wanted in (words, words[: 2 * _NEAR], words[: _NEAR // 2]):
        behind = after if wanted == words else ""
        for left, right in ((before, behind), ("", behind), (before, ""), ("", "")):
            at = page.find(left + wanted + right) if wanted else -1
            if at >= 0:
                return at + len(left), at + len(left) + len(wanted)
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _marked(source: str, mark_id: str) -> str:
    """The source of the words, each piece of text between its tags marked."""
    pieces, at = list[str](), 0
    for tag in (*(token.span() for token in _TOKEN.finditer(source) if token[0][0] == "<"), (len(source), len(source))):
        own = source[at : tag[0]]
        named = f' id="{mark_id}" style="scroll-margin-top: 30vh"' if not pieces else ""
        pieces.append(own if _SPACE_ONLY.match(own) else f"<mark{named}>{own}</mark>")
        pieces.append(source[slice(*tag)])
        at = tag[1]
    return "".join(pieces)
