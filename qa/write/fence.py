"""Passages -> the part of a prompt that has them: numbered, and fenced so that no passage can close its fence.

Anybody may have written a document. In a prompt, passages are between tags with a hash of all their text, which no
document can contain. Control tokens of chat templates, invisible characters and lines that look like a turn of a
dialogue are made harmless. Only the prompt changes: citations still have the document's exact characters. A model may
nevertheless believe or obey a passage: what it writes is verified afterwards, and injected instructions support no
statement (``qa.check.injection.detection``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from index.passage import Passage

__all__ = ["fence", "neutralise"]

# Tags and control tokens, also with the full-width marks of some models' templates.
_TAG = re.compile(r"[<＜]{1,2}/?[A-Za-z_|｜][^<>＜＞\n]{0,80}[>＞]{1,2}|[<＜](?=[/|｜!])|[|｜][>＞]|-->")
_BRACKETED = re.compile(r"\[(/?[A-Z][A-Z_]{2,}|\d{1,3}(?:\s*[,–-]\s*\d{1,3})*)\]")
# The start of a line that looks like a turn of a dialogue or a heading of a prompt.
_TURN = re.compile(
    r"^(?!> )(?=[ \t]*(?:#{2,}"
    r"|[*_># \t]*(?:system|assistant|user|human|ai|instructions?|response|question|answer)[*_ \t]*[:：]))",
    re.IGNORECASE | re.MULTILINE,
)
_ANGLES = str.maketrans("<>＜＞", "‹›‹›")
# Zero-width joiners are part of Arabic and Indic words and of emoji; elsewhere they only hide something.
_JOINERS = "\u200c\u200d"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def fence(passages: Sequence[Passage]) -> str:
    """The passages as text of a prompt, numbered from 1, each with its title, headings, page and date.

    The same passages give the same text, byte for byte.
    """
    bodies = [_body(passage) for passage in passages]
    nonce = hashlib.sha256("\0".join(bodies).encode()).hexdigest()[:16]
    return "\n\n".join(
        f"<passage {number} {nonce}>\n{body}\n</passage {number} {nonce}>"
        for number, body in enumerate(bodies, start=1)
    )


def neutralise(text: str) -> str:
    """``text`` without what a model's tokenizer or template could take for anything but text.

    Angle brackets of tags become ‹ ›, brackets around control words and numbers become parentheses, lines that look
    like a turn of a dialogue begin with "> ", and invisible and control characters are removed. A second time changes
    nothing.
    """
    text = _SELECTORS.sub("", text)
    text = "".join(char for before, char in zip(" " + text, text, strict=False) if not _invisible(char, before))
    text = _TAG.sub(lambda mark: mark[0].translate(_ANGLES), text)
    return _TURN.sub("> ", _BRACKETED.sub(r"(\1)", text))


def _body(passage: Passage) -> str:
    chunk, page = passage.chunk, passage.document.page_at(passage.chunk.start)
    place = [chunk.context_below(passage.title), f"p. {page}" if page else "", passage.source.date]
    return neutralise(f"{', '.join(filter(None, place))}\n\n{chunk.text}")


def _invisible(char: str, before: str) -> bool:
    if char in _JOINERS:
        return ord(before) < 0x0600 or unicodedata.category(before)[0] not in "LMS"
    return char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Cs")
