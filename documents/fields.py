"""Lines of a name and a value in plain text: fields, what speakers say, headers of messages; and unmarked lists."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import groupby, pairwise
from typing import NamedTuple

from documents.blocks import Block
from documents.lines import Line, is_wrapped
from documents.outline import COLONS
from documents.vocabulary import any_of, words_of

_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:[ ]?[AaPp]\.?[Mm]\.?)?"
_STAMP = rf"(?P<stamp>[\[(]?(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}},?[ T])?{_TIME}[\])]?[ ]+(?:[-–—][ ])?)"
_NAMED = re.compile(
    rf"{_STAMP}?(?P<name>[^\W_][^:：|*\n]{{0,59}}?)(?P<at>[ ][\[(]{_TIME}[\])])?"
    r"[ .]{0,30}(?:[:：][ ]+|：)(?P<value>\S)"
)
_NICK = re.compile(rf"{_STAMP}<(?P<name>[^<>\s]{{1,40}})>[ ]+(?P<value>\S)")
# A name and its value apart by dots or, as after a tab, by spaces.
_LED = re.compile(
    r"(?P<name>[^\W_][^:：|\n]{0,59}?)(?:[ ]?(?:\.{3,}|…{2,}|(?:\.[ ]){3,})[ ]?|[ ]{3,})(?P<value>[^\s.].{0,99})"
)
_LEAST_LED = 3  # of such lines, one below the other
_BOLD = re.compile(
    r"(?P<mark>\*\*|__)(?P<name>[^\W_][^:：|*\n]{0,59}?)(?:(?P=mark)[ ]?[:：]|[:：](?P=mark))[ ]+(?P<value>\S)"
)
_NO_NAME = re.compile(rf"""[,;!?"“”`]|\.[ ](?=\S)|https?\Z|\b{any_of("said")}\Z""", re.IGNORECASE)
_MOST_WORDS = 6  # of a field's name
_LEAST_WORDS = 3  # of what is said, if it does not end as a sentence
_LEAST_TURNS = 3
_HEADER = words_of("mail_headers")
_SENDERS = words_of("mail_senders")
_TITLE = re.compile(rf"{any_of('titles_of_people')}\.?\s")
_SPEECH = "“\"„«‘'"
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "”", '"')


class _Field(NamedTuple):
    """A line of a name and a value; ``is_said`` if its form shows that a speaker says it."""

    line: Line
    name: str
    is_said: bool
    is_marked: bool  # whether its name is in bold
    is_sentence: bool = False  # whether the line goes on like one


def _paragraphs(lines: Sequence[Line], left_out: Set[int]) -> Iterator[list[Line]]:
    """The runs of lines without blank ones, and without those that start where ``left_out`` says."""
    for is_left_out, run in groupby(lines, key=lambda line: line.is_blank or line.start in left_out):
        if not is_left_out:
            yield list(run)


def find_fields(text: str, lines: Sequence[Line]) -> Iterator[Block]:
    """The fields, turns and headers of messages in the paragraphs of the lines."""
    led = list(_led(text, [line for line in lines if not line.is_blank]))
    yield from led
    found = [(own, _fields(text, own)) for own in _paragraphs(lines, {block.start for block in led})]
    found = [(own, fields if _are_fields(own, fields) else []) for own, fields in found]
    names = Counter(field.name for _, fields in found for field in fields)
    turns = sum(field.is_said or names[field.name] > 1 for _, fields in found for field in fields)
    take_turns = len(names) > 1 and 2 * turns >= names.total()
    speakers = {name for name, count in names.items() if count > 1} if take_turns and _is_talk(found) else set()
    for own, fields in found:
        fields = [field._replace(is_said=field.is_said or field.name in speakers) for field in fields]
        yield from _field_blocks(text, own, fields, take_turns) if fields else _unmarked_list(text, own)


def _is_talk(found: Sequence[tuple[Sequence[Line], Sequence[_Field]]]) -> bool:
    """Whether names that recur are speakers, rather than those of the fields of several records."""
    runs = [fields for _, fields in found if fields]
    sentences = sum(field.is_sentence for fields in runs for field in fields)
    recur = any(len({field.name for field in fields}) < len(fields) for fields in runs)
    alone = sum(len(fields) == 1 for fields in runs)
    return (recur or 2 * alone > len(runs)) and 2 * sentences >= max(_LEAST_TURNS, sum(map(len, runs)))


def _led(text: str, lines: Sequence[Line]) -> Iterator[Block]:
    """The fields whose names and values are apart by dots or spaces, where several lines tell so."""
    run = list[Block]()
    pages = 0  # how many of the values are only numbers, as in a table of contents
    for line in (*lines, None):
        named = line and _LED.fullmatch(text, line.start, line.end)
        if line and named and _is_name(named["name"]) and "   " not in named["value"]:
            run.append(Block("field", line.start, line.end, named["name"].strip()))
            pages += named["value"].isdecimal() and "..." in text[line.start : line.end]
        else:
            if len(run) >= _LEAST_LED and pages < len(run):
                yield from run
            run, pages = [], 0


def _is_name(name: str) -> bool:
    return not _NO_NAME.search(name) and len(name.split()) <= _MOST_WORDS


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
        named = bold or next(filter(None, (form.match(text, line.start, line.end) for form in (_NAMED, _NICK))), None)
        if not named or not _is_name(named["name"]):
            continue
        if before and not (found and found[-1].line is before) and _is_cut(text, before, line):
            continue
        stamped = not bold and (named["stamp"] or named.groupdict().get("at"))
        said = bool(stamped or _TITLE.match(named["name"])) or named["value"] in _SPEECH
        value = text[named.start("value") : line.end]
        is_sentence = value.endswith(_SENTENCE_ENDS) or len(value.split()) >= _LEAST_WORDS
        found.append(_Field(line, named["name"].strip(), said, bool(bold), is_sentence))
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
