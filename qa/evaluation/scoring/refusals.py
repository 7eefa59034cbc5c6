"""Replies in words that say that there is no answer: a refusal, by whichever way they came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from typing import Any

from documents.vocabulary import Vocabulary
from qa.evaluation.scoring.sources import marks

_any_of = Vocabulary("qa").any_of
_LIST = re.compile(
    rf"\n\s*(?:[#*_]+\s*)?{_any_of('headings_of_sources')}[*_]*:?[*_]*\s*\n.*\Z", re.IGNORECASE | re.DOTALL
)
# Sentences that say of themselves, or of the documents, that there is no answer; "No, the hall has no stage" is one.
_TEXTS_READ = rf"(?:{_any_of('before_texts_read')} ){{1,3}}{_any_of('texts_read')}"
_TELLS = _any_of("texts_tell")
_DECLINES = re.compile(
    rf"(?:I|we)\b[^.!?]{{0,12}}?(?:n['’]t|\bnot|cannot|\bunable|\bno)\b[^.!?]{{0,60}}?\b{_any_of('declined')}"
    rf"|{_TEXTS_READ}(?: (?:that )?(?:you|I|we)\b[^.!?,]{{0,20}})?"
    rf" (?:(?:do|does|did)(?:n['’]t| not) (?:\w+ )?{_TELLS}|{_TELLS}s? (?:no|nothing)\b)"
    rf"|(?:there(?:['’]s| is| are| was)|I (?:see|found)) (?:no|nothing)\b[^.!?]{{0,40}}?"
    rf"(?:\b(?:information|mention|answer)|\b(?:in|on|about)[^.!?]{{0,40}}?{_TEXTS_READ}|{_TEXTS_READ})"
    r"|(?:no|not enough) (?:\w+ )?(?:information|answer|mention)\b"
    rf"|(?:that|this|it|the answer)(?: is| was|['’]s)(?:n['’]t| not) [^.!?]{{0,30}}{_TEXTS_READ}"
    r"|(?:\w+ )?(?:ich (?:konnte|kann|habe|weiß)|(?:konnte|kann|habe|weiß) ich)\b[^.!?]{0,60}?\b(?:nichts?|keine?n?)\b"
    r"|(?:enthalten|nennen|erwähnen|sagen) die (?:dokumente|unterlagen|texte)\b[^.!?]{0,30}?\b(?:nichts?|keine?n?)\b"
    r"|(?:die|den) (?:dokumente|unterlagen|texten?)\b[^.!?]{0,30}?\b(?:nicht|keine?n?|nichts)\b"
    r"|je n['’](?:ai|arrive)\b|les documents ne\b|no (?:he encontrado|encontré)|los documentos no\b"
    r"|(?:文档|文件|资料|上下文)[^。]{0,12}(?:没有|未|不)|(?:我|抱歉)[^。]{0,8}(?:无法|没有找到|不知道)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?:{_any_of('regrets')}\b|{_any_of('names_what_was_read')} {_TEXTS_READ})[\s,.!:;–—-]*(?:but\s+)?", re.IGNORECASE
)


def without_list(text: str) -> str:
    """The text without a list of sources that ends it."""
    return _LIST.sub("", text)


def is_refusal(text: str, sources: int) -> bool:
    """Whether a text says that it has no answer, and gives none behind that with one of its so many sources."""
    text = without_list(text)
    before = _BEFORE.match(text)
    line, _, lines = text[before.end() if before else 0 :].partition("\n")
    first, _, rest = line.partition(". ")
    cites = marks(rest, sources) or marks(lines, sources)
    return bool(_DECLINES.match(first)) and not cites and not re.search(r"\b(?:but|however)\b", first)


def refuses(fields: Mapping[str, Any]) -> bool:
    """Whether a reply's text says that there is no answer; a reply with a short answer has one."""
    text = fields.get("text")
    given = (fields.get(name) for name in ("citations", "sources"))
    sources = max(len(own) if isinstance(own, Sized) else 0 for own in given)
    return isinstance(text, str) and not fields.get("short_answer") and is_refusal(text, sources)
