"""Text -> sentence spans, by rules for many languages.

There are two steps. Lines are grouped into *units* (a paragraph, a list item, a table row, a heading), within which a
line break is a mere wrap. Units are cut into sentences at sentence marks, unless the context of a mark shows that it
ends no sentence: an abbreviation, an initial, a decimal, a quotation that its sentence continues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category, east_asian_width

from documents.abbreviations import NEVER_LAST, NEVER_LAST_BEFORE_DIGITS, OFTEN_FIRST, ORDINAL_NOUNS, SELDOM_LAST

Range = tuple[int, int]  # start and end (exclusive), as offsets into a text

_MARK = re.compile(
    r"""(?P<wide>[。！？｡।॥።។။։]++[。！？｡…]*+)(?P<wide_close>[”’"'」』）)】》〉〕\]]*+)
      | (?P<narrow>[.!?…؟۔‼⁇⁈⁉]++)(?P<close>[”’“"'»«›‹)\]}*_`」』）】]*+(?:[ ]»(?!\w))?)(?:\[\d{1,3}\])*+""",
    re.VERBOSE,
)
_OPENERS = " \n“”‘’\"'«»„‚‹›([{*_`「『（【—–-¿¡"
_QUOTES = frozenset("”’“\"'»«›‹」』")
_LAST_WORD = re.compile(r"[^\s()\[\]{}“”‘\"'«»„—–/,;:*_`]*\Z")
_FIRST_WORD = re.compile(r"[\w’']+")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}\Z")
_LABEL = re.compile(r"[#>*+•\-\s]*\(?(?:\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivxlc]{1,6}|[IVXLC]{1,6})\Z")
_SPEECH = re.compile(r"と|って|[^\s。！？，、“「]{0,6}[说說道问問喊答]")

_ITEM = re.compile(
    r"\s*(?:[-*+•‣▪◦·●○–—]\s+|\(?\d{1,3}[.)]\s+|\(?[a-zA-Z]\)\s+|\[[ xX]\]\s"
    r"|[\[(<]?(?:\d{4}[-/]\d\d[-/]\d\d|\d\d:\d\d:\d\d)\b)"  # a time stamp, as in logs
)
_ALONE = re.compile(r"\s{0,3}#{1,6}(?:\s|\Z)|\s*\||\s{0,3}(?:```|~~~)")
_FIELD = re.compile(
    r"\s*(?:Source|Author|By|Date|Editor|Published|Updated|Reporter|Photo|Tags|Subject|From|To|Cc|Phone|E-?mail"
    r"|来源|作者|日期)s?\s?[:：]"
)
_ROW = re.compile(r"[^\S\n]*\|")
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-{2,}|~{3,}|\*{3,}|_{3,})\s*\Z")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_NARROW_COLUMN = 40  # prose is not wrapped at fewer columns, so breaks between such lines are meant
_WIDE_COLUMN = 60


def sentences(text: str, start: int = 0, end: int | None = None, label: int = 0) -> list[Range]:
    """Spans of the sentences of ``text[start:end]``, as offsets into ``text``.

    They are in order, do not overlap, neither begin nor end with white space, and together cover every other character.
    A blank line ends a sentence, and so does the end of a list item, a heading or a table row; a line break within a
    paragraph does not. The first ``label`` characters, such as an item's "Step 2.", belong to the first sentence.
    """
    stop = len(text) if end is None else min(end, len(text))
    found: list[Range] = []
    for first, last, whole in units(text, max(start, 0), stop):
        unit = text[first:last]
        begin = 0
        for cut in () if whole else _cuts(unit):
            if first + cut <= start + label:
                continue
            _append(found, unit, first, begin, cut)
            begin = cut
        _append(found, unit, first, begin, len(unit))
    return found


def _append(found: list[Range], unit: str, offset: int, begin: int, end: int) -> None:
    piece = unit[begin:end]
    bare = piece.strip()
    if bare:
        left = offset + begin + len(piece) - len(piece.lstrip())
        found.append((left, left + len(bare)))


def units(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whole) of each unit, within which a line break is a mere wrap.

    Code and table rows are ``whole`` and are not cut into sentences.
    """
    fence = ""
    lines: list[Range] = []
    position = start
    while position < end:
        newline = text.find("\n", position, end)
        stop = end if newline < 0 else newline
        line = text[position:stop]
        mark = _FENCE.match(line)
        blank = not line or line.isspace()
        if lines and (blank or mark or fence):
            yield from _wrapped(text, lines)
            lines = []
        if fence or mark:
            yield position, stop, True
            fence = _next_fence(fence, mark[1] if mark else "")
        elif not blank:
            lines.append((position, stop))
        position = stop + 1
    if lines:
        yield from _wrapped(text, lines)


def _next_fence(fence: str, mark: str) -> str:
    """The code fence that is open after a line; ``mark`` is the line's own fence mark, and "" means none."""
    if not fence:
        return mark
    return "" if mark.startswith(fence) else fence


def _wrapped(text: str, lines: list[Range]) -> Iterator[tuple[int, int, bool]]:
    """A paragraph's lines, joined where the break between them is a wrap."""
    begin = lines[0][0]
    if len(lines) > 1:
        rows = [text[start:end] for start, end in lines]
        widths = [_width(row) for row in rows]
        column = max(widths)
        listed = bool(_ITEM.match(rows[0]))
        for number in range(1, len(rows)):
            if _is_break(rows[number - 1], rows[number], widths[number - 1], column, listed):
                yield begin, lines[number - 1][1], _is_row(text, begin)
                begin = lines[number][0]
                listed = listed or bool(_ITEM.match(rows[number]))
    yield begin, lines[-1][1], _is_row(text, begin)


def _is_row(text: str, start: int) -> bool:
    return bool(_ROW.match(text, start))


def _is_break(line: str, following: str, width: int, column: int, listed: bool) -> bool:
    """Whether the line break between the two is meant, and not made by wrapping at ``column``."""
    if _UNDERLINE.match(following):
        return False
    if _UNDERLINE.match(line) or _ALONE.match(line) or _ALONE.match(following) or _FIELD.match(following):
        return True
    last, first = line.rstrip()[-1], following.lstrip()[0]
    needed = width + 1 + len(following.split(None, 1)[0])
    if _ITEM.match(following):  # or a dash or number within a sentence that wrapping put first
        return listed or last in ".!?:;。！？：；…" or needed <= max(column, _WIDE_COLUMN)
    if first.islower() or last in ",;-–—(/、，；" or first in ")]},;.…":
        return False
    return column < _NARROW_COLUMN or needed <= column * 0.6


def _width(line: str) -> int:
    """The line's width in columns of a fixed-width font."""
    if line.isascii():
        return len(line.rstrip())
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in line.rstrip())


def _cuts(unit: str) -> Iterator[int]:
    """Offsets in ``unit`` at which a sentence ends and another begins."""
    begin, size, lowercase = 0, len(unit), unit.islower()
    for mark in _MARK.finditer(unit):
        stop = mark.end()
        if stop == size:
            return
        if mark["wide"]:
            ends = not (mark["wide_close"] and _SPEECH.match(unit, stop))
        else:
            ends = _ends(unit, mark, begin, lowercase)
        if ends:
            yield stop
            begin = stop


def _ends(unit: str, mark: re.Match[str], begin: int, lowercase: bool) -> bool:
    """Whether ``mark``, of a kind that needs a space after it, ends the sentence that begins at ``begin``."""
    stop, signs, close = mark.end(), mark["narrow"], mark["close"]
    after = unit[stop]
    if not after.isspace():
        quoted = bool(close) and close[-1] in "”’»」』" and after in "“‘«「『„"
        return quoted or (signs[-1] in "!?" and east_asian_width(after) == "W")
    first = stop
    while first < len(unit) and (unit[first] in _OPENERS or unit[first].isspace()):
        first += 1
    if first == len(unit):
        return False
    initial = unit[first]
    if initial in ",;:.!?…)]}+=×÷<≤≥":
        return False
    if initial.islower() and (not lowercase or close or signs != "."):
        return False
    if signs != "." or close:
        return True
    return _full_stop(unit, mark.start(), begin, first)


def _full_stop(unit: str, dot: int, begin: int, first: int) -> bool:
    """Whether the dot at ``dot`` is a full stop; the next word begins at ``first``."""
    if dot - begin <= 16 and _LABEL.match(unit[begin:dot].lstrip()):
        return False
    last_word = _LAST_WORD.search(unit, max(begin, dot - 24), dot)
    word = last_word[0] if last_word else ""
    following = _FIRST_WORD.match(unit, first)
    next_word = following[0].lower() if following else ""
    lower = word.lower()
    if lower in NEVER_LAST:
        return False
    if lower in NEVER_LAST_BEFORE_DIGITS and next_word[:1].isdigit():
        return False
    if word.isdigit() and len(word) <= 2 and next_word in ORDINAL_NOUNS:
        return False
    if _is_initial(word, unit[first]) or lower in SELDOM_LAST or _DOTTED.match(word):
        another_initial = len(next_word) == 1 and unit.startswith(".", first + 1)
        return next_word in OFTEN_FIRST and not another_initial
    return True


def _is_initial(word: str, following: str) -> bool:
    """Whether ``word`` is a single letter, as in "J. Smith" or "z. B.", or one with a vowel sign, as in "टी. एस."."""
    if len(word) == 2 and category(word[1])[0] == "M":
        return True
    return len(word) == 1 and word.isalpha() and not (word.islower() and following.islower())
