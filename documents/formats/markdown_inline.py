"""What Markdown marks within a paragraph, as ranges of its text: code, emphasis, and the signs that say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LONGEST = 20_000  # characters of a paragraph; in a longer one nothing is looked for
_TICKS = re.compile(r"(?<!\\)`+")
_ESCAPE = re.compile(r"(\\)[!-/:-@\[-`{-~]")
_LINK = re.compile(r"(!?\[)[^\[\]]{0,1000}+(\]\((?P<place>[^()\s]{0,2000}+)(?:\s\"[^\"]{0,500}+\")?\))")
_AUTOLINK = re.compile(r"(<)\w{2,20}:[^<>\s]{1,2000}+(>)")
_ADDRESS = re.compile(r"https?://")
_DELIMITED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("strong", re.compile(r"(\*\*)(?=\S).{1,1000}?(?<=\S)(\*\*)", re.DOTALL)),
    ("strong", re.compile(r"(?<!\w)(__)(?=\S).{1,1000}?(?<=\S)(__)(?!\w)", re.DOTALL)),
    ("deletion", re.compile(r"(~~)(?=\S).{1,1000}?(?<=\S)(~~)", re.DOTALL)),
    ("emphasis", re.compile(r"(\*)(?=[^\s*])[^*]{1,1000}?(?<=\S)(\*)")),
    ("emphasis", re.compile(r"(?<!\w)(_)(?=[^\s_])[^_]{1,1000}?(?<=\S)(_)(?!\w)")),
)
_NO_SIGN = "\1"  # stands for a character that is no sign of what is looked for next


class Span(NamedTuple):
    """``text[start:end]``: code, strong, emphasis, deletion, address (of a link), or sign (which is not shown)."""

    kind: str
    start: int
    end: int


def spans(text: str, start: int, end: int) -> list[Span]:
    """What is marked in the paragraph ``text[start:end]``, in any order; ranges of one kind do not overlap."""
    if end - start > _LONGEST:
        return []
    left, found = list(text[start:end]), list[Span]()

    def take(spans: Iterable[Span]) -> None:
        for span in spans:
            found.append(span)
            if span.kind in ("code", "sign"):
                left[span.start : span.end] = _NO_SIGN * (span.end - span.start)

    def matches(pattern: re.Pattern[str]) -> list[re.Match[str]]:
        return list(pattern.finditer("".join(left)))

    take(_code("".join(left)))
    for escape in matches(_ESCAPE):
        take([Span("sign", *escape.span(1))])
        left[escape.end() - 1] = _NO_SIGN
    for link in (*matches(_LINK), *matches(_AUTOLINK)):
        take(_signs_of(link))
        left[link.start(2) : link.end()] = _NO_SIGN * (link.end() - link.start(2))
    for kind, pattern in _DELIMITED:
        for own in matches(pattern):
            take([Span("sign", *own.span(1)), Span("sign", *own.span(2)), Span(kind, own.end(1), own.start(2))])
    return [Span(span.kind, start + span.start, start + span.end) for span in found]


def _code(text: str) -> Iterator[Span]:
    """Code and the backticks around it, of which there are as many before as behind."""
    runs = [run.span() for run in _TICKS.finditer(text)]
    done = 0
    for number, (start, end) in enumerate(runs):
        if start < done:
            continue
        following = (runs[other] for other in range(number + 1, len(runs)))
        close = next((run for run in following if run[1] - run[0] == end - start), None)
        if close:
            yield from (Span("sign", start, end), Span("code", end, close[0]), Span("sign", *close))
            done = close[1]


def _signs_of(link: re.Match[str]) -> Iterator[Span]:
    """The signs around a link's words; an address on the web is shown behind them, a place in the folder is not."""
    yield Span("sign", *link.span(1))
    place = link.groupdict().get("place", "")
    if place and not _ADDRESS.match(place):
        yield Span("sign", *link.span(2))
    elif place:
        yield from (Span("sign", link.start(2), link.start(2) + 1), Span("address", link.start(2) + 1, link.end()))
    else:
        yield Span("sign", *link.span(2))
