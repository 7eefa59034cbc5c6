"""The structure of plain text, recognised by layout, for whole files and for ranges of text such as a mail's body.

Quoted lines, tables and lists come first; in the paragraphs that are left, lines of a name and a value are fields, the
words of a speaker, or the header of a message. A range that is none of these is prose.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from documents.aligned import Found, aligned_table, pipe_table
from documents.blocks import Block, Range, Table, in_order, outermost
from documents.captions import with_captions
from documents.lines import Line, is_wrapped, lines_of
from documents.lists import ListFinder
from documents.outline import COLONS
from documents.words import word_set

_QUOTE = re.compile(r">[ ]?")
_DEEPEST = 16  # quotations in quotations
_NAMED = re.compile(
    r"(?P<stamp>[\[(]?\d{1,2}:\d\d(?::\d\d)?[\])]?[ ]+)?"
    r"(?P<name>[^\W_][^:：|*\n]{0,59}?)[ ]?(?:[:：][ ]+|：)(?P<value>\S)"
)
_BOLD = re.compile(
    r"(?P<mark>\*\*|__)(?P<name>[^\W_][^:：|*\n]{0,59}?)(?:(?P=mark)[ ]?[:：]|[:：](?P=mark))[ ]+(?P<value>\S)"
)
_NO_NAME = re.compile(
    r"""[,;!?"“”`]|\.[ ](?=\S)|https?\Z
      | \b(?:said|says|asked|asks|added|adds|explained|explains|replied|replies|wrote|writes)\Z
      | \b(?:sagte|sagt|fragte|fragt|erklärte|schrieb|dit|dijo)\Z
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MOST_WORDS = 6  # of a field's name
_HEADER = word_set(
    """from to cc bcc date sent subject reply-to von an kopie datum gesendet betreff de à para envoyé objet fecha asunto
    enviado da a data oggetto"""
)
_SENDERS = word_set("from von de da")
_TITLE = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Lady|Lord|Cllr|Councillor|Herr|Frau|Mme|Mlle|Sr|Sra|Sig)\.?\s"
)
_SPEECH = "“\"„«‘'"
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "”", '"')


class Structure(NamedTuple):
    """The blocks and tables of a text, each in order."""

    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]


class _Field(NamedTuple):
    """A line of a name and a value; ``is_said`` if its form shows that a speaker says it."""

    line: Line
    name: str
    is_said: bool
    is_marked: bool  # whether its name is in bold


def structure(text: str, start: int = 0, end: int | None = None) -> Structure:
    """The structure of ``text[start:end]``, which is whole lines; ranges are offsets into ``text``."""
    lines = lines_of(text, start, len(text) if end is None else end)
    blocks, tables = list[Block](), list[Table]()
    for is_quoted, run in groupby(lines, key=lambda line: text.startswith(">", line.start, line.end)):
        own = list(run)
        if is_quoted:
            blocks += _quotations(text, own)
        else:
            _add_structure(text, own, blocks, tables)
    blocks, tables = with_captions(text, start, in_order(blocks), tables)
    return Structure(in_order(blocks), tuple(tables))


def _add_structure(text: str, lines: Sequence[Line], blocks: list[Block], tables: list[Table]) -> None:
    """Add the structure of lines that are not quoted."""
    for own in _between_tables(text, lines, pipe_table, tables):
        finder = ListFinder(text)
        finder.read(own)
        blocks += finder.blocks
        listed = outermost(in_order(finder.blocks))
        for rest in _between_tables(text, _without(own, listed), aligned_table, tables):
            blocks += find_fields(text, rest)
    tables.sort(key=lambda table: table.start)


_FindTable = Callable[[str, Sequence[Line], int], Found]


def _between_tables(
    text: str, lines: Sequence[Line], find: _FindTable, tables: list[Table]
) -> Iterator[Sequence[Line]]:
    """The runs of lines between the tables that ``find`` finds; these are added to ``tables``."""
    first = number = 0
    while number < len(lines):
        if lines[number].is_blank:
            number += 1
            continue
        found = find(text, lines, number)
        number = found.last
        if found.table:
            tables.append(found.table)
            yield lines[first : found.first]
            first = found.last
    yield lines[first:]


def _without(lines: Sequence[Line], ranges: Sequence[Range]) -> list[Line]:
    """The lines, with a blank one for each that is in one of the ranges."""
    starts, found = [start for start, _ in ranges], list[Line]()
    for line in lines:
        place = bisect_right(starts, line.start) - 1
        inside = place >= 0 and line.start < ranges[place][1]
        found.append(Line(line.start, line.start, 0) if inside else line)
    return found


def _quotations(text: str, lines: Sequence[Line]) -> Iterator[Block]:
    """The quotation that the lines are, and those in it, by the number of signs that they begin with."""
    open_ones = list[int]()  # where they begin
    end = lines[0].end
    for line in lines:
        signs = _signs(text, line)
        while len(open_ones) > len(signs):
            yield Block("quotation", open_ones.pop(), end)
        open_ones += signs[len(open_ones) :]
        end = line.end
    while open_ones:
        yield Block("quotation", open_ones.pop(), end)


def _signs(text: str, line: Line) -> list[int]:
    """Where the ">" are that the line begins with."""
    found, position = list[int](), line.start
    while len(found) < _DEEPEST and (sign := _QUOTE.match(text, position, line.end)):
        found.append(position)
        position = sign.end()
    return found


def find_fields(text: str, lines: Sequence[Line]) -> Iterator[Block]:
    """The fields, turns and headers of messages in the paragraphs of the lines."""
    paragraphs = [list(run) for is_blank, run in groupby(lines, key=lambda line: line.is_blank) if not is_blank]
    found = [(own, _fields(text, own)) for own in paragraphs]
    found = [(own, fields if _are_fields(own, fields) else []) for own, fields in found]
    names = Counter(field.name for _, fields in found for field in fields)
    turns = sum(field.is_said or names[field.name] > 1 for _, fields in found for field in fields)
    take_turns = len(names) > 1 and 2 * turns >= names.total()
    for own, fields in found:
        yield from _field_blocks(text, own, fields, take_turns) if fields else _unmarked_list(text, own)


def _field_blocks(text: str, paragraph: Sequence[Line], fields: Sequence[_Field], take_turns: bool) -> Iterator[Block]:
    """The blocks of a paragraph with these fields; ``take_turns`` says that its sentences are those of speakers."""
    starts = [*(following.line.start for following in fields[1:]), paragraph[-1].end + 1]
    lasts = [_last(paragraph, start) for start in starts]
    said = [
        field.is_said or (take_turns and text[field.line.start : last].endswith(_SENTENCE_ENDS))
        for field, last in zip(fields, lasts, strict=True)
    ]
    stops = [
        last if is_turn else _hanging(text, paragraph, field.line, last)
        for field, last, is_turn in zip(fields, lasts, said, strict=True)
    ]
    yield from _headers(fields, lasts, stops)
    for field, is_turn, stop in zip(fields, said, stops, strict=True):
        yield Block("turn" if is_turn else "field", field.line.start, stop, field.name)


def _fields(text: str, paragraph: Sequence[Line]) -> list[_Field]:
    """The lines of a paragraph that have the form of a field, unless they are in the middle of wrapped prose."""
    found = list[_Field]()
    for before, line in zip([None, *paragraph[:-1]], paragraph, strict=True):
        bold = _BOLD.match(text, line.start, line.end)
        named = bold or _NAMED.match(text, line.start, line.end)
        if not named or _NO_NAME.search(named["name"]) or len(named["name"].split()) > _MOST_WORDS:
            continue
        if before and not (found and found[-1].line is before) and _is_cut(text, before, line):
            continue
        stamped = not bold and named["stamp"]
        said = bool(stamped or _TITLE.match(named["name"])) or named["value"] in _SPEECH
        found.append(_Field(line, named["name"].strip(), said, bool(bold)))
    return found


def _is_cut(text: str, before: Line, line: Line) -> bool:
    """Whether the break between the lines is within a sentence."""
    return is_wrapped(text, before, line) and not text[before.start : before.end].endswith(_SENTENCE_ENDS)


def _are_fields(paragraph: Sequence[Line], fields: Sequence[_Field]) -> bool:
    """Whether lines of that form are fields: several begin the paragraph's lines, or one is the whole of it."""
    if not fields:
        return False
    if any(field.is_marked or field.is_said for field in fields):
        return True
    return len(fields) > 1 or fields[0].line is paragraph[0]


def _unmarked_list(text: str, paragraph: Sequence[Line]) -> Iterator[Block]:
    """The lines of a paragraph below the first that ends with a colon, where they are short and no sentences."""
    first, *items = paragraph
    if len(items) < 2 or not text[first.start : first.end].endswith(COLONS):
        return
    for before, line in pairwise(paragraph):
        if is_wrapped(text, before, line) or text[line.start : line.end].endswith((*_SENTENCE_ENDS, *COLONS)):
            return
    yield Block("list", items[0].start, items[-1].end)
    yield from (Block("item", line.start, line.end) for line in items)


def _headers(fields: Sequence[_Field], lasts: Sequence[int], stops: Sequence[int]) -> Iterator[Block]:
    """The fields at the top of a message: one below the other, and one of them is the sender.

    ``lasts`` are the ends of the lines that precede the next fields, ``stops`` those of the fields themselves.
    """
    first = 0
    while first < len(fields):
        last = first
        while last < len(fields) and fields[last].name.lower() in _HEADER:
            last += 1
            if stops[last - 1] < lasts[last - 1]:
                break
        if last - first > 1 and any(field.name.lower() in _SENDERS for field in fields[first:last]):
            yield Block("header", fields[first].line.start, stops[last - 1])
        first = max(last, first + 1)


def _hanging(text: str, paragraph: Sequence[Line], line: Line, stop: int) -> int:
    """The end of the line and of those below it, up to ``stop``, that are wrapped or indented further."""
    place = bisect_right(paragraph, line.start, key=lambda own: own.start)
    last = line
    while place < len(paragraph) and paragraph[place].start < stop:
        following = paragraph[place]
        if following.indent <= line.indent and not _is_cut(text, last, following):
            break
        last = following
        place += 1
    return last.end


def _last(paragraph: Sequence[Line], end: int) -> int:
    """The end of the last line that begins before ``end``."""
    place = bisect_left(paragraph, end, key=lambda own: own.start) - 1
    return paragraph[place].end
