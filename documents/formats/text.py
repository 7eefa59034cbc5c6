"""Plain text: a title and headings, recognised by their position and form.

All of this is guessing, and it is cautious: a missed heading costs less than a sentence taken for a heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from documents.blocks import Block, Table
from documents.document import Document
from documents.formats import Heading, sections
from documents.lines import WIDE
from documents.month_names import ENGLISH_DAYS, ENGLISH_MONTHS
from documents.outline import COLONS
from documents.plain import Structure, structure
from documents.quoted_mails import with_quoted_mails
from documents.vocabulary import any_of, words_of

PARSER = "text/3"

_LONGEST = 100  # characters of a heading
_MOST_WORDS = 16
_BLOCK = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_WORD = re.compile(r"[^\W_][\w’'.&-]*")
_SMALL = words_of("small_in_titles")
_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3})*|[IVXLC]{1,6}|[A-Z])[.):]?\s+(?=[^\W\d_])")
_TOPIC = re.compile(r"\d{1,3}(?:\.\d{1,3})*[.):]?\s+[^\W\d_]")
_CJK_DIGITS = "一二三四五六七八九十百零〇"
_CJK_NUMBERED = re.compile(rf"第\s*[{_CJK_DIGITS}\d]+\s*[章节節条條部篇編编回卷]|[{_CJK_DIGITS}]{{1,3}}、")
_CHAPTER = re.compile(rf"(?i:{any_of('chapter')})\s+(?:\d+|[IVXLC]+|[A-Z])\b")
_CLAUSE = re.compile(r"§\s?\d{1,4}\s?[a-z]?\b\s*(?=[^\W\d_]|\Z)")
_EQUALS = re.compile(r"(?P<signs>={2,6})[ ]?(?P<title>[^=\n]*[^=\s])[ ]?(?P=signs)\Z")
_MARKED = re.compile(r"\s*(?:[-*+•‣▪◦·●○–—>|]|\(?\w{1,3}[.)]|\d+(?:\.\d+)+)\s")
_LISTED = re.compile(r"[-*+•‣▪◦·●○–—>|]|\d{1,3}\)\s|\(?[a-z]\)\s")
_META = re.compile(rf"{any_of('about_the_text')}\s*[:：]|by\s+[A-Z]|https?://|www\.|©", re.IGNORECASE)
_NAMED = re.compile(rf"{any_of('title_field')}\s*[:：]\s*(\S.*)\Z", re.IGNORECASE)
_MONTHS, _DAYS = ("|".join(name[:3] for name in names) for names in (ENGLISH_MONTHS, ENGLISH_DAYS))
_DATE = re.compile(
    rf"\W*(?:(?:{_DAYS})\w*\W+)?(?:\d{{1,4}}\W+)?(?:{_MONTHS})\w*\W+\d[\d\W]*\Z",
    re.I,
)
_ENDS_IN_DATE = re.compile(rf"(?:\d\W+(?:{_MONTHS})\w*|\b(?:{_MONTHS})\w*\W+\d{{1,2}})\W+\d{{4}}\W*\Z", re.I)
_UNDERLINE = re.compile(r" {0,3}(?:={3,}|-{3,}|~{3,}|\*{3,}|#{3,})\Z")
_CLOSERS = "”’\"')]}»）」』】*_"


@dataclass(frozen=True, slots=True)
class _Block:
    """A run of lines without a blank one between them."""

    start: int
    lines: tuple[str, ...]

    @property
    def size(self) -> int:
        return sum(map(len, self.lines))

    @property
    def ends_as_prose(self) -> bool:
        return _ends_as_prose(self.lines[-1])

    @property
    def is_marked(self) -> bool:
        """Whether the first line is a heading between equals signs."""
        return bool(_EQUALS.match(self.lines[0].strip()))

    @property
    def is_hanging(self) -> bool:
        """Whether all lines below the first are indented under it, and do not go on with its sentence."""
        first, *others = self.lines
        indent = len(first) - len(first.lstrip())
        return (
            bool(others)
            and len(first) <= WIDE
            and all(line.startswith(" " * (indent + 2)) for line in others)
            and not others[0].lstrip()[0].islower()
            and not first.endswith(COLONS)
            and not _MARKED.match(first)
            and _is_short(first)
        )

    @property
    def is_numbered(self) -> bool:
        """Whether the first line is short, has a number before it, and was not broken there."""
        first, *others = (line.strip() for line in self.lines)
        return bool(others and _TOPIC.match(first)) and _is_short(first) and not _is_wide(first, others[0])

    @property
    def is_topped(self) -> bool:
        """Whether the first line stands above prose as a heading does: in capitals or with a number."""
        first, *others = (line.strip() for line in self.lines)
        return (
            bool(others)
            and (self.is_numbered or (first.isupper() and not others[0].isupper()))
            and is_heading(first)
            and not others[0][0].islower()
            and not _MARKED.match(others[0])
        )


def parse(text: str) -> Document:
    """The document of normalised plain text, with the title and sections that are recognised."""
    blocks = [part for found in _BLOCK.finditer(text) for part in _parts(found.start(), found[0].split("\n"))]
    title, title_start = _title(blocks)
    headings = [heading for heading in _headings(blocks) if heading.start != title_start]
    found = structure_below(text, headings)
    ranges = [(own.start, own.end) for own in found.blocks] + [(own.start, own.end) for own in found.tables]
    if any(start <= title_start < end for start, end in ranges):
        title = ""  # it begins a list or the like
    return with_quoted_mails(Document(text, title, sections(headings, len(text)), (), PARSER, *found))


def structure_below(text: str, headings: Sequence[Heading]) -> Structure:
    """The structure of the text between the headings."""
    blocks, tables, start = list[Block](), list[Table](), 0
    for stop, following in [*((heading.start, heading.end) for heading in headings), (len(text), 0)]:
        found = structure(text, start, stop)
        blocks += found.blocks
        tables += found.tables
        start = following
    return Structure(tuple(blocks), tuple(tables))


def _parts(start: int, lines: Sequence[str]) -> Iterator[_Block]:
    """The run of lines, cut above and below the headings of chapters and clauses in it, which need no blank lines."""
    first, position = 0, start
    for number, line in enumerate(lines):
        if _is_clause(line) and (
            number == 0 or not (_is_wide(lines[number - 1], line) and not _ends_as_prose(lines[number - 1]))
        ):
            if number > first:
                yield _Block(start, tuple(lines[first:number]))
            yield _Block(position, (line,))
            first, start = number + 1, position + len(line) + 1
        position += len(line) + 1
    if first < len(lines):
        yield _Block(start, tuple(lines[first:]))


def _title(blocks: list[_Block]) -> tuple[str, int]:
    """The title and its offset, from the lines before the first prose ("": none; -1: not a line of its own)."""
    for block in blocks[:3]:
        position = block.start
        relaxed = len(block.lines) == 1 or bool(_UNDERLINE.match(block.lines[1]))
        for line in block.lines[:6]:
            named = _NAMED.match(line.strip())
            if named:
                return named[1], -1
            if is_heading(line) or (relaxed and len(blocks) > 1 and _is_short(line)):
                return line.strip(), position + len(line) - len(line.lstrip())
            position += len(line) + 1
        if block.size > 2 * _LONGEST or (block.size > _LONGEST // 2 and block.ends_as_prose):
            break
    return "", -1


def _headings(blocks: list[_Block]) -> list[Heading]:
    hanging = {block.start for block in blocks if block.is_hanging}
    if len(hanging) == 1:
        hanging = {block.start for block in blocks if block.start in hanging and block.lines[0].isupper()}
    topped = [block for block in blocks if block.is_topped]
    if sum(block.ends_as_prose for block in topped) < 2:
        topped = []
    if any(block.is_numbered for block in topped):
        topped += [block for block in blocks if block.is_numbered]
    above = hanging | {block.start for block in topped}
    found, certain = list[Heading](), list[Heading]()
    for block, following in zip_longest(blocks, blocks[1:]):
        if block.start in above or block.is_marked:
            certain.append(_line_heading(block))
        elif heading := _heading(block, following):
            found.append(heading)
    if len(blocks) > 6 and len(found) > len(blocks) * 0.6:
        found = []  # this is verse, dialogue or a list with a blank line after each entry
    return sorted([*found, *certain])


def _line_heading(block: _Block) -> Heading:
    """The block's first line as a heading."""
    line, title = block.lines[0], block.lines[0].strip()
    start = block.start + line.index(title)
    marked = _EQUALS.match(title)
    level = len(marked["signs"]) if marked else _level(title)
    return Heading(start, start + len(title), level, marked["title"] if marked else title)


def _heading(block: _Block, following: _Block | None) -> Heading | None:
    """The heading that the block is or begins with; a heading needs text below it."""
    line, title = block.lines[0], block.lines[0].strip()
    start = block.start + line.index(title)
    if len(block.lines) > 1 and _UNDERLINE.match(block.lines[1]):
        if not _is_short(line) or "  " in title or (len(block.lines) == 2 and not following):
            return None
        level = 1 if block.lines[1].strip()[0] in "=#*" else 2
        return Heading(start, block.start + len(line) + 1 + len(block.lines[1]), level, title)
    if len(block.lines) == 1 and following and (is_heading(line) or _introduces(line, following)):
        return Heading(start, start + len(title), _level(title), title)
    return None


def _introduces(line: str, following: _Block) -> bool:
    """Whether a line in the form of a sentence is a heading: only where much prose follows."""
    return (
        _is_short(line)
        and len(line.strip()) <= _LONGEST // 2
        and following.size >= 3 * len(line) + _LONGEST
        and following.ends_as_prose
        and not line.strip()[0].islower()
        and not line.strip().endswith(COLONS)
    )


def is_heading(line: str) -> bool:
    """Whether a line on its own has the form of a heading: Title Case, CAPITALS or a number."""
    line = line.strip()
    if not _is_short(line):
        return False
    if _CJK_NUMBERED.match(line) or _CHAPTER.match(line) or _CLAUSE.match(line):
        return True
    numbered = _NUMBERED.match(line)
    words: list[str] = _WORD.findall(line[numbered.end() :] if numbered else line)
    weighty = [word for word in words if word.lower() not in _SMALL and not word[0].isdigit()]
    if not weighty or not any(word[0].isupper() for word in words):
        return False
    if numbered and numbered[1][0].isdigit():
        return words[0][0].isupper() and len(words) <= 12
    capital = sum(word[0].isupper() for word in weighty)
    return capital >= 0.75 * len(weighty) and words[0][0].isupper()


def _is_clause(line: str) -> bool:
    """Whether the line has the form of the heading of a chapter or clause: "PART II", "§ 3a Dogs"."""
    line = line.strip()
    if len(line) > WIDE or not _is_short(line):
        return False
    return bool(_CLAUSE.match(line)) or (bool(_CHAPTER.match(line)) and line.isupper())


def _is_wide(line: str, following: str) -> bool:
    """Whether the line may have been broken because the next word did not fit."""
    return len(line) + 1 + len(following.split(None, 1)[0]) > WIDE


def _ends_as_prose(line: str) -> bool:
    return line.rstrip().rstrip(_CLOSERS).endswith(tuple(".!?…。！？؟।"))


def _is_short(line: str) -> bool:
    """Whether the line could be a heading: short, and no list item, date, by-line or end of a sentence."""
    line = line.strip()
    last = line.rstrip(_CLOSERS)[-1:]
    if not last or not 2 <= len(line) <= _LONGEST or len(line.split()) > _MOST_WORDS or "@" in line:
        return False
    if "   " in line or " | " in line:
        return False  # a row of a table
    if last in ".,;、，。；…" or any(other.match(line) for other in (_LISTED, _META, _DATE)):
        return False
    if _ENDS_IN_DATE.search(line):
        return False
    if line[0] in '“"«„「' and last in "!?！？":
        return False
    return 2 * sum(char.isalpha() for char in line) >= len(line.replace(" ", ""))


def _level(line: str) -> int:
    """The level by the number before the heading ("1.2 Scope" has level 2); a clause ("§ 2") is within a chapter."""
    if _CLAUSE.match(line):
        return 2
    numbered = _NUMBERED.match(line)
    return numbered[1].count(".") + 1 if numbered and numbered[1][0].isdigit() else 1
