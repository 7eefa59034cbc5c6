"""The blocks of Markdown, read by markdown-it and placed in the text by the lines and markers that they begin with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, heading, lheading, paragraph, table
from markdown_it.token import Token

from documents.aligned import with_headings
from documents.blocks import MAX_BLOCKS, Block, Kind, Table
from documents.captions import is_caption
from documents.formats.heading_line import is_bold_heading
from documents.formats.markdown_html import Html, outside, read_html
from documents.plain import structure

_WINDOW = 256 * 1024  # characters that are parsed at a time, which bounds the memory that tokens take
_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?: \[[ xX]\](?= ))?")
_SPACE = re.compile(r" *")
_QUOTE = re.compile(r" *>?")
_BARE = " >"  # what the lines of a quotation begin with
_STRONG = ("**", "__")
_FIRST = 10  # characters of a line
BOLD = "*"  # the sign of a heading that is a line in bold

_Rule = Callable[[StateBlock, int, int, bool], bool]


@dataclass(slots=True)
class MarkdownBlocks:
    """Blocks in any order, tables in order, and where each heading is.

    With it stands "=" or "-" for its underline, ``BOLD`` for a line in bold, else "#".
    """

    blocks: list[Block] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)


def read_blocks(text: str, start: int, window: int = _WINDOW) -> MarkdownBlocks:
    """The blocks of the Markdown from ``start``, the beginning of a line, on.

    The text is parsed in pieces of about ``window`` characters, which does not change what is found.
    """
    found = MarkdownBlocks()
    reader = _Reader(text, found)
    size = window
    while start < len(text) and len(found.blocks) <= MAX_BLOCKS:
        end = min(len(text), start + size)
        end = len(text) if (newline := text.find("\n", end)) < 0 else newline + 1
        tokens = list[Token]()
        _parser().block.parse(text[start:end], _parser(), {}, tokens)
        outermost = [place for place, token in enumerate(tokens) if token.level == 0 and token.map]
        last = outermost[-1] if outermost else 0  # this block may go on beyond the window
        lines = _starts(text, start, end)
        following = lines[(tokens[last].map or [0])[0]] if outermost else end
        if end == len(text):
            last, following = len(tokens), end
        elif following == start and outermost:
            size *= 2
            continue
        reader.read(tokens[:last], lines, tokens[last:])
        start, size = following, window
    reader.end_paragraphs()
    reader.end_html()
    return found


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables, without what is within lines; one token for each paragraph, heading and table."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.disable("reference")
    rules = parser.block.ruler
    rules.at("table", _table, {"alt": ["paragraph", "reference"]})
    rules.at("paragraph", _only_opening(paragraph))
    rules.at("heading", _only_opening(heading), {"alt": ["paragraph", "reference", "blockquote"]})
    rules.at("lheading", _only_opening(lheading))
    return parser


def _only_opening(rule: _Rule) -> _Rule:
    """The rule, without the tokens behind its first one."""

    def opening(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        count = len(state.tokens)
        done = rule(state, first, last, silent)
        del state.tokens[count + 1 :]
        return done

    return opening


def _table(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """The rule for tables; a table becomes one token, however many cells it has."""
    if not table(state, first, last, True):
        return False
    if silent:
        return True
    around, state.parentType = state.parentType, "table"
    ends = state.md.block.ruler.getRules("blockquote")
    line = first + 2
    while line < last and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if state.is_code_block(line) or any(rule(state, line, last, True) for rule in ends):
            break
        line += 1
    state.push("table", "table", 0).map = [first, line]
    state.parentType, state.line = around, line
    return True


def _starts(text: str, start: int, end: int) -> list[int]:
    """Where the lines of ``text[start:end]`` begin, and its end."""
    found = [start]
    while (newline := text.find("\n", found[-1], end)) >= 0:
        found.append(newline + 1)
    return found if found[-1] == end else [*found, end]


@dataclass(slots=True)
class _Open:
    """A list, an item or a quotation that is not at its end."""

    kind: Kind
    start: int
    end: int
    label: str = ""


class _Reader:
    """Turns tokens into blocks of the text."""

    def __init__(self, text: str, found: MarkdownBlocks) -> None:
        self._text = text
        self._found = found
        self._lines: Sequence[int] = ()
        self._open: list[_Open] = []
        self._done = 0  # the end of the last marker
        self._html: list[Html] = []
        self._paragraphs: tuple[int, int] | None = None  # those that follow each other, outside other blocks

    def read(self, tokens: Sequence[Token], lines: Sequence[int], behind: Sequence[Token]) -> None:
        """Read the tokens of whole outermost blocks; ``lines`` are where the lines begin that tokens count.

        Those ``behind`` are read later.
        """
        self._lines = lines
        outermost = [token for token in (*tokens, *behind[:1]) if token.level == 0 and token.map]
        heads = {id(above) for above, below in pairwise(outermost) if self._heads(above, below)}
        for token in tokens:
            if id(token) in heads:
                self.end_paragraphs()
                self._found.headings.append((*self._range(token), BOLD))
                continue
            if token.level == 0 and token.map and token.type != "paragraph_open":
                self.end_paragraphs()
            if token.nesting < 0:
                self._end()
            elif token.type in ("bullet_list_open", "ordered_list_open", "list_item_open", "blockquote_open"):
                self._begin(token)
            elif token.map:
                self._add(token, *self._range(token))

    def end_paragraphs(self) -> None:
        """Read the paragraphs that follow each other as plain text, which may have fields and more lists."""
        if self._paragraphs:
            blocks, tables = structure(self._text, *self._paragraphs)
            self._found.blocks += blocks
            self._found.tables += tables
        self._paragraphs = None

    def end_html(self) -> None:
        """Add the tables and lists of HTML; what Markdown has in the cells of its tables is no structure."""
        found = self._found
        blocks, tables = read_html(self._text, self._html, (place[0] for place in found.headings), found.tables)
        found.blocks = [*outside([*found.blocks, *blocks], tables)]
        found.tables = sorted([*found.tables, *tables], key=lambda table: table.start)

    def _begin(self, token: Token) -> None:
        start, end = self._range(token)
        if token.type == "blockquote_open":
            self._done = start + 1
            self._open.append(_Open("quotation", start, end))
        elif token.type == "list_item_open":
            marker = _MARKER.match(self._text, start, end)
            label = marker[0] if marker else ""
            self._done = start + len(label.split(" ", 1)[0])
            self._open.append(_Open("step" if token.info else "item", start, end, label))
        else:
            self._open.append(_Open("list", start, end))

    def _end(self) -> None:
        own = self._open.pop()
        self._found.blocks.append(Block(own.kind, own.start, own.end, own.label))
        self._grow(own.end)

    def _grow(self, end: int) -> None:
        """What is open reaches at least to ``end``."""
        if self._open:
            self._open[-1].end = max(self._open[-1].end, end)

    def _add(self, token: Token, start: int, end: int) -> None:
        """Add a block that holds no others."""
        if token.type in ("fence", "code_block"):
            language = token.info.split()[0] if token.info.split() else ""
            self._found.blocks.append(Block("code", start, end, language))
        elif token.type == "html_block":
            if all(own.kind != "quotation" for own in self._open):  # its lines begin with signs
                self._html.append(Html(start, end, self._open[-1].start if self._open else -1))
        elif token.type == "table":
            self._found.tables.append(with_headings(self._text, Table(start, end)))
        elif token.level == 0 and token.type == "heading_open":
            self._found.headings.append((start, end, token.markup[0]))
        elif token.level == 0 and token.type == "paragraph_open":
            first = self._paragraphs[0] if self._paragraphs else self._line(token)
            self._paragraphs = (first, end)
        self._grow(end)

    def _heads(self, token: Token, below: Token) -> bool:
        """Whether a paragraph is a line in bold above a text that does not begin in bold.

        Of what is below, which may reach beyond the window, only the first line tells.
        """
        start, end = self._range(token) if token.type == "paragraph_open" else (0, 0)
        sign, inner = self._text[start : start + 2], self._text[start + 2 : end - 2]
        if sign not in _STRONG or self._text[end - 2 : end] != sign or below.type == "hr" or below.markup[:1] == "#":
            return False
        first = self._line(below)
        is_plain = not any(mark in inner for mark in ("](", ": ", sign))
        if not is_plain or not is_bold_heading(inner) or is_caption(inner):
            return False
        return not self._text[first : first + _FIRST].lstrip().startswith(sign)

    def _line(self, token: Token) -> int:
        return self._lines[token.map[0] if token.map else 0]

    def _range(self, token: Token) -> tuple[int, int]:
        """Where the token's text is, without the markers of what it is in and without empty lines at its end."""
        first, last = token.map or [0, 1]
        start = self._lines[first]
        if self._done > start:
            start = self._done
        else:
            for own in self._open:
                if own.kind == "quotation":
                    start = self._after(_QUOTE, start)
        start = self._after(_SPACE, start)
        last = max(last, first + 1)
        while last > first + 1 and not self._text[self._lines[last - 1] : self._lines[last]].strip().strip(_BARE):
            last -= 1
        return start, self._lines[last - 1] + len(self._text[self._lines[last - 1] : self._lines[last]].rstrip())

    def _after(self, pattern: re.Pattern[str], position: int) -> int:
        return pattern.match(self._text, position).end()  # type: ignore[union-attr]
