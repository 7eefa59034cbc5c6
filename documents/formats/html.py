"""HTML: the main content with its headings, lists and tables, without menus, rows of links, banners and scripts."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from documents.blocks import Kind, Range
from documents.decode import decode, decode_as
from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.formats.html_around import Around, is_row_of_links
from documents.formats.html_bold import BoldLines
from documents.formats.html_lists import item_labels, language_of, terms
from documents.formats.html_table import add_table, is_data, numbered_code
from documents.formats.html_text import (
    BLOCKS,
    CODE,
    HEADINGS,
    NEVER,
    code_of,
    code_text,
    in_one_line,
    is_left_out,
    is_raised,
    unfolds,
)
from documents.formats.inline_code import behind, code_in
from documents.formats.superscripts import raised

if TYPE_CHECKING:
    from lxml import html as lxml_html

PARSER = "html/7"

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_SPACES = re.compile(r"\s+")
_MAIN_SHARE = 0.4  # of the page's text; <main> or <article> must hold as much to be the content


def parse(data: bytes, name: str) -> Document:
    """The document of a web page; raises DocumentError for one without text."""
    return parse_markup(decoded(data, name), name, PARSER)


def parse_markup(markup: str, name: str, parser: str) -> Document:
    """The document of decoded HTML."""
    builder = Builder(parser)
    title = add(markup, name, builder)
    return builder.document(name, title)


def add(markup: str, name: str, builder: Builder) -> str:
    """Add a page's content to ``builder``; returns the page's title."""
    from lxml import etree
    from lxml import html as lxml_html

    markup = _DECLARATION.sub("", markup.replace("\0", ""), count=1)
    if not markup.strip():
        return ""
    try:
        parser = lxml_html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
        root = lxml_html.document_fromstring(markup, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise DocumentError(f"{name}: its HTML cannot be read; save the page again") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise DocumentError(f"{name}: its HTML is nested too deep; save the page as plain text")
    body = root.find("body")
    content = _content(root if body is None else body)
    size = len(in_one_line(content))
    walk = _Walk(builder, Around(root, size), BoldLines(content, size))
    try:
        walk.visit(content, 0)
    except RecursionError as error:
        raise DocumentError(f"{name}: its HTML is nested too deep; save the page as plain text") from error
    walk.flush()
    return _title(root, content)


def decoded(data: bytes, name: str) -> str:
    """The page's text, decoded as it declares or, where that fails, as ``decode`` guesses."""
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(data, name)
    named = _CHARSET.search(data[:4096])
    if named:
        try:
            return decode_as(data, named[1].decode("ascii"))
        except (LookupError, UnicodeError):
            pass  # the declared encoding is unknown or wrong
    return decode(data, name)


def _title(root: lxml_html.HtmlElement, content: lxml_html.HtmlElement) -> str:
    """The text of the only <h1>, else of <title>."""
    headings = [in_one_line(element) for element in content.iter("h1")]
    if len(headings) == 1 and headings[0]:
        return headings[0]
    element = root.find(".//title")
    return "" if element is None else in_one_line(element)


def _content(body: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """The element that holds the content: <main> or the only <article> if much of the text is in it, else ``body``."""
    size = len(in_one_line(body))
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = body.findall(path)
        if len(found) == 1 and len(in_one_line(found[0])) >= _MAIN_SHARE * size:
            return found[0]
    return body


class _Walk:
    """Goes through the elements in order and gathers inline text into paragraphs."""

    def __init__(self, builder: Builder, around: Around, bold: BoldLines) -> None:
        self._builder = builder
        self._around = around
        self._bold = bold
        self._level = 0  # of the last heading by its tag
        self._inline: list[tuple[str, bool]] = []  # its pieces, and whether each is code
        self._beside: list[str] = []  # what of it is in no link
        self._links = 0  # in it
        self._in_link = False
        self._in_code = 0  # elements of inline code that are open
        self._lists = 0  # that are open
        self._lead = ""  # what stands before the next text in its line, such as the term before its definition
        self._lead_code: tuple[Range, ...] = ()
        self._elements: dict[str, Callable[[lxml_html.HtmlElement, int], None]] = {
            **dict.fromkeys(HEADINGS, self._heading),
            **dict.fromkeys(("ul", "ol"), self._list),
            "dl": self._definitions,
            "li": self._stray_item,
            "blockquote": self._quotation,
            "table": self._table,
            "pre": self._code,
            **dict.fromkeys(CODE, self._words_of_code),
            "figcaption": self._caption,
        }

    def visit(self, element: lxml_html.HtmlElement, depth: int) -> None:
        """Add an element that is in ``depth`` others."""
        tag = element.tag
        if not isinstance(tag, str) or (tag in NEVER and not unfolds(element)):
            return
        if depth and (is_left_out(element) or self._around.holds(element)):
            return
        if tag == "button":
            if self._around.holds(element.getnext()):
                return
            self.flush()
        if tag == "br":
            self._say("\n")
        elif tag == "img":
            self._say(f" {element.get('alt') or ''} ")
        elif tag == "a" and element.get("href") is not None:
            self._link(element, depth)
        elif self._bold.heads(element):
            self._heading(element, depth)
        else:
            self._elements.get(tag, self._through)(element, depth)

    def _through(self, element: lxml_html.HtmlElement, depth: int) -> None:
        is_block = element.tag in BLOCKS
        if is_block:
            self.flush()
        text = _one_line(element.text)
        self._say(raised(text) if is_raised(element) else text)
        for child in element:
            self.visit(child, depth + 1)
            self._say(_one_line(child.tail))
        if is_block:
            self.flush()

    def _link(self, element: lxml_html.HtmlElement, depth: int) -> None:
        self._links += 1
        self._in_link = True
        self._through(element, depth)
        self._in_link = False

    def _say(self, text: str) -> None:
        """Add inline text."""
        self._inline.append((text, self._in_code > 0))
        if not self._in_link:
            self._beside.append(text)

    def _words_of_code(self, element: lxml_html.HtmlElement, depth: int) -> None:
        self._in_code += 1
        self._through(element, depth)
        self._in_code -= 1

    def _heading(self, element: lxml_html.HtmlElement, _depth: int) -> None:
        self.flush()
        title = in_one_line(element)
        if title:
            title, code = self._behind_lead(title, code_of(element))
            level = self._level + 1
            if element.tag in HEADINGS:
                level = self._level = int(element.tag[1])
            self._builder.heading(title, level, code)

    def _list(self, element: lxml_html.HtmlElement, depth: int) -> None:
        """Add a list. One with headings in its items is the page's layout; a number becomes part of its heading."""
        self._break()
        if next(element.iter(*HEADINGS), None) is not None:
            for item, label in item_labels(element):
                self._lead = f"{label} " if element.tag == "ol" and label else ""
                self._add_item(item, depth)
            return
        kind: Kind = "step" if element.tag == "ol" else "item"
        with self._builder.block("list"):
            for item, label in item_labels(element):
                with self._builder.block(kind, label) if item.tag == "li" else nullcontext():
                    self._add_item(item, depth)

    def _add_item(self, item: lxml_html.HtmlElement, depth: int) -> None:
        """Add what is in an item of a list."""
        self._lists += 1
        if not is_left_out(item):
            (self._through if item.tag in ("li", "dd") else self.visit)(item, depth + 1)
        self._break()
        self._lists -= 1

    def _definitions(self, element: lxml_html.HtmlElement, depth: int) -> None:
        """Add a list of terms, each an item with its definitions; one with headings in it is the page's layout."""
        self._break()
        if next(element.iter(*HEADINGS), None) is not None:
            self._through(element, depth)
            return
        with self._builder.block("list"):
            for named, definitions in terms(element):
                with self._builder.block("item"):
                    self._add_terms(named)
                    for definition in definitions:
                        self._add_item(definition, depth)
                    self._break()

    def _add_terms(self, named: Sequence[lxml_html.HtmlElement]) -> None:
        """Put terms before the definition that follows."""
        self._lead, self._lead_code = "", ()
        for element in named:
            if term := in_one_line(element):
                self._lead += ", " if self._lead else ""
                self._lead, self._lead_code = self._behind_lead(term, code_of(element))
        if self._lead:
            self._lead += " " if self._lead.endswith((":", "?", "!", ".")) else ": "

    def _stray_item(self, element: lxml_html.HtmlElement, _depth: int) -> None:
        """Add an item that is in no list."""
        self._break()
        self._builder.item(in_one_line(element), code=code_of(element))

    def _quotation(self, element: lxml_html.HtmlElement, depth: int) -> None:
        self._break()
        with self._builder.block("quotation"):
            self._through(element, depth)

    def _table(self, element: lxml_html.HtmlElement, depth: int) -> None:
        code = numbered_code(element)
        if code is not None or not is_data(element):
            self._through(element if code is None else code, depth)
            return
        self._break()
        add_table(element, self._builder)

    def _code(self, element: lxml_html.HtmlElement, _depth: int) -> None:
        self._break()
        cells = (cell for table in element.iter("table") if (cell := numbered_code(table)) is not None)
        self._builder.paragraph(code_text(next(cells, element)), "code", language_of(element))

    def _caption(self, element: lxml_html.HtmlElement, _depth: int) -> None:
        self._break()
        figure = element.getparent()
        if element.getprevious() is not None and any(map(is_data, figure.iter("table"))):
            self._builder.caption_behind(in_one_line(element))
        else:
            self._builder.paragraph(in_one_line(element), "caption", code=code_of(element))

    def flush(self) -> None:
        """End the current paragraph, which is no content where it is a row of links outside lists."""
        lines = (" ".join(line.split()) for line in "".join(text for text, _ in self._inline).split("\n"))
        text = "\n".join(line for line in lines if line)
        is_content = self._lists > 0 or not is_row_of_links(self._links, "".join(self._beside))
        code = code_in(self._inline)
        self._inline, self._beside, self._links = [], [], 0
        if text and is_content:
            text, code = self._behind_lead(text, code)
            self._builder.paragraph(text, code=code)

    def _behind_lead(self, text: str, code: tuple[Range, ...]) -> tuple[str, tuple[Range, ...]]:
        """A text and its code behind the lead, which is used up."""
        found = self._lead + text, (*self._lead_code, *behind(self._lead, code))
        self._lead, self._lead_code = "", ()
        return found

    def _break(self) -> None:
        """End the current paragraph before what cannot continue its line."""
        self.flush()
        if self._lead:
            text, code = self._behind_lead("", ())
            self._builder.paragraph(text, code=code)


def _one_line(text: str | None) -> str:
    """A text node with its line breaks as spaces: only <br> breaks a line."""
    return _SPACES.sub(" ", text or "")
