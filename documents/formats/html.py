"""HTML: the main content with its headings, lists and tables, without menus, banners and scripts."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder
from documents.words import word_set

if TYPE_CHECKING:
    from lxml import html as lxml_html

PARSER = "html/1"

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NEVER = word_set(
    """script style noscript template svg math iframe object embed canvas audio video select button input textarea
    map datalist dialog head"""
)
_AROUND = frozenset({"nav", "aside", "footer", "menu"})
_AROUND_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"})
_AROUND_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|sidebar|breadcrumbs?|cookie|cookies|consent|share|social|"
    r"related|advert|ads?|popup|modal|newsletter|skip-?link)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BLOCKS = word_set(
    """p div section article main header footer aside nav blockquote pre figure figcaption address details summary
    form fieldset dl dt dd ul ol li table caption tr td th thead tbody tfoot h1 h2 h3 h4 h5 h6 hr body center"""
)
_SPACES = re.compile(r"\s+")
_HIDDEN_STYLE = re.compile(r"(?:^|[;\s])display\s*:\s*none\b", re.IGNORECASE)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CONTENT_SHARE = 0.3  # of the text; an element with as much is content, whatever its name suggests
_MAIN_SHARE = 0.4  # of the page's text; <main> or <article> must hold as much to be the content


def parse(data: bytes, name: str) -> Document:
    """The document of a web page; raises DocumentError for one without text."""
    return parse_markup(_decoded(data, name), name, PARSER)


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
    walk = _Walk(builder, len(_inline(content)))
    walk.visit(content, 0)
    walk.flush()
    return _title(root, content)


def _decoded(data: bytes, name: str) -> str:
    """The page's text, decoded as it declares or, where that fails, as ``decode`` guesses."""
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode(data, name)
    named = _CHARSET.search(data[:4096])
    if named:
        try:
            return data.decode(named[1].decode("ascii"))
        except (LookupError, UnicodeError):
            pass  # the declared encoding is unknown or wrong
    return decode(data, name)


def _title(root: lxml_html.HtmlElement, content: lxml_html.HtmlElement) -> str:
    """The text of the only <h1>, else of <title>."""
    headings = [_inline(element) for element in content.iter("h1")]
    if len(headings) == 1 and headings[0]:
        return headings[0]
    element = root.find(".//title")
    return "" if element is None else _inline(element)


def _content(body: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """The element that holds the content: <main> or the only <article> if much of the text is in it, else ``body``."""
    size = len(_inline(body))
    for path in (".//main", ".//*[@role='main']", ".//article"):
        found = body.findall(path)
        if len(found) == 1 and len(_inline(found[0])) >= _MAIN_SHARE * size:
            return found[0]
    return body


def _inline(element: lxml_html.HtmlElement) -> str:
    """The visible text of an element in one line."""
    return " ".join(_text(element, " ").split())


def _text(element: lxml_html.HtmlElement, gap: str) -> str:
    """The visible text of an element, without scripts, with ``gap`` around its blocks."""
    from lxml import etree

    if element.tag in _NEVER:
        return ""
    parts: list[str] = []
    skip = 0
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if node.tag in _NEVER or (node is not element and _is_hidden(node)):
            skip += 1 if event == "start" else -1
        if event == "start":
            if not skip:
                parts.append(node.text or "")
                if node.tag in _BLOCKS or node.tag == "br":
                    parts.append(gap)
        elif node is not element and not skip:
            parts.append((gap if node.tag in _BLOCKS else "") + (node.tail or ""))
    return "".join(parts)


def _is_hidden(element: lxml_html.HtmlElement) -> bool:
    """Whether the page itself says that the element is not to be seen."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(element.get("style") or ""))


def _is_around(element: lxml_html.HtmlElement, size: int) -> bool:
    """Whether the element is a menu, a banner or the like and not content, of which there are ``size`` characters.

    What it is called counts only in ``class``: an ``id`` is what links to a section name, such as "related-work".
    """
    if element.tag in _AROUND or (element.get("role") or "").lower() in _AROUND_ROLES:
        return True
    if element.tag not in ("div", "ul", "section", "header"):
        return False
    if not _AROUND_NAMES.search((element.get("class") or "")[:500]):
        return False
    return next(element.iter(*_HEADINGS), None) is None and len(_inline(element)) < _CONTENT_SHARE * size


class _Walk:
    """Goes through the elements in order and gathers inline text into paragraphs."""

    def __init__(self, builder: Builder, size: int) -> None:
        self._builder = builder
        self._size = size  # of the text
        self._inline: list[str] = []
        self._item = ""  # the mark of the list item at hand

    def visit(self, element: lxml_html.HtmlElement, depth: int) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _NEVER:
            return
        if depth and (_is_hidden(element) or _is_around(element, self._size)):
            return
        if tag in _HEADINGS:
            self.flush()
            self._builder.heading(_inline(element), int(tag[1]))
        elif tag == "table" and _is_data(element):
            self.flush()
            self._builder.rows(_grid(element), heading=True if element.find(".//th") is not None else None)
        elif tag == "pre":
            self.flush()
            self._builder.paragraph(_text(element, ""))
        elif tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(f" {element.get('alt') or ''} ")
        else:
            self._through(element, depth)

    def _through(self, element: lxml_html.HtmlElement, depth: int) -> None:
        tag = str(element.tag)
        is_block = tag in _BLOCKS
        if is_block:
            self.flush()
        if tag in ("li", "dd"):
            self._item = "•"
        self._inline.append(_one_line(element.text))
        for child in element:
            self.visit(child, depth + 1)
            self._inline.append(_one_line(child.tail))
        if is_block:
            self.flush()
        if tag in ("ul", "ol", "dl"):
            self._builder.end_list()

    def flush(self) -> None:
        """End the current paragraph or list item."""
        lines = (" ".join(line.split()) for line in "".join(self._inline).split("\n"))
        text = "\n".join(line for line in lines if line)
        self._inline = []
        if not text:
            return
        if self._item:
            self._builder.item(text, self._item)
            self._item = ""
        else:
            self._builder.paragraph(text)


def _one_line(text: str | None) -> str:
    """A text node with its line breaks as spaces: only <br> breaks a line."""
    return _SPACES.sub(" ", text or "")


def _is_data(table: lxml_html.HtmlElement) -> bool:
    """Whether a table holds data rather than the page's layout."""
    if table.find(".//table") is not None or table.get("role") == "presentation":
        return False
    return table.find(".//th") is not None or not any(len(_inline(cell)) > 400 for cell in table.iter("td"))


def _grid(table: lxml_html.HtmlElement) -> list[list[str]]:
    """The cells' texts; a cell that spans columns fills the first of them, one that spans rows all of them."""
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # by column: the text of a cell that spans rows, and how many rows are left
    for row in table.iter("tr"):
        cells: list[str] = []
        own = [cell for cell in row if cell.tag in ("td", "th")]
        while own or len(cells) in below:
            column = len(cells)
            if column in below:
                left, text = below.pop(column)
                cells.append(text)
                if left > 1:
                    below[column] = left - 1, text
                continue
            cell = own.pop(0)
            text = _inline(cell)
            width, height = _span(cell, "colspan"), _span(cell, "rowspan")
            if height > 1:
                below[column] = height - 1, text
            cells += [text, *[""] * (width - 1)]
        rows.append(cells)
    return rows


def _span(cell: lxml_html.HtmlElement, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return max(1, min(int(value), 100)) if value.isdecimal() and len(value) < 6 else 1
