"""What can be seen of a web page's elements, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from documents.blocks import Range
from documents.formats.inline_code import code_in
from documents.formats.superscripts import raised
from documents.words import word_set

if TYPE_CHECKING:
    from lxml import html as lxml_html

NEVER = word_set(
    """script style noscript template svg math iframe object embed canvas audio video select button input textarea
    map datalist dialog head"""
)
BLOCKS = word_set(
    """p div section article main header footer aside nav blockquote pre figure figcaption address details summary
    form fieldset dl dt dd ul ol li table caption tr td th thead tbody tfoot h1 h2 h3 h4 h5 h6 hr body center"""
)
CODE = ("code", "kbd", "samp", "tt")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NONE: Mapping[Any, str] = MappingProxyType({})
_NEAR = 6  # elements around a link or before it, of which one may be the place that it leads to
_EDGE = "\0"  # of a block in code; no page that is read has it
_HIDDEN_STYLE = re.compile(r"(?:^|[;\s])display\s*:\s*none\b", re.IGNORECASE)


def in_one_line(element: lxml_html.HtmlElement, labels: Mapping[lxml_html.HtmlElement, str] = _NONE) -> str:
    """The visible text of an element in one line, else what stands for its pictures, as of a cell with a tick.

    ``labels`` are those of the list items in it that are shown.
    """
    return " ".join(text_of(element, " ", labels).split()) or " ".join(_pictured(element).split())


def _pictured(element: lxml_html.HtmlElement) -> str:
    return " ".join(own.get("alt") or "" for own in element.iter("img") if not is_left_out(own))


def code_of(element: lxml_html.HtmlElement, labels: Mapping[lxml_html.HtmlElement, str] = _NONE) -> tuple[Range, ...]:
    """The inline code in the visible text of an element (``documents.formats.inline_code``)."""
    if element.tag not in CODE and next(element.iter(*CODE), None) is None:
        return ()
    return code_in(_pieces(element, " ", labels))


def code_text(element: lxml_html.HtmlElement) -> str:
    """The text of a block of code; each block in it, such as an element for a line, is on lines of its own."""
    lines = (piece.strip("\n") for piece in text_of(element, _EDGE).split(_EDGE))
    return "\n".join(filter(None, lines))


def unfolds(button: lxml_html.HtmlElement) -> bool:
    """Whether a button says of itself that it unfolds something, and that is the text right below it."""
    below = button.getnext() if button.tag == "button" and button.get("aria-expanded") is not None else None
    return below is not None and below.tag in BLOCKS and any(map(str.strip, below.itertext()))


def text_of(element: lxml_html.HtmlElement, gap: str, labels: Mapping[lxml_html.HtmlElement, str] = _NONE) -> str:
    """The visible text of an element, without scripts, with ``gap`` around its blocks; <br> breaks the line."""
    return "".join(text for text, _ in _pieces(element, gap, labels))


def _pieces(
    element: lxml_html.HtmlElement, gap: str, labels: Mapping[lxml_html.HtmlElement, str]
) -> Iterator[tuple[str, bool]]:
    """The visible text of an element piece by piece, and whether each is code."""
    from lxml import etree

    if element.tag in NEVER:
        return
    skip = code = 0
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if _is_never(node) or (node is not element and is_left_out(node)):
            skip += 1 if event == "start" else -1
        if node.tag in CODE:
            code += 1 if event == "start" else -1
        if event == "start":
            if not skip:
                yield _before(node, gap, labels), False
                text = node.text or ""
                yield raised(text) if node.tag == "sup" else text, code > 0
                if node.tag == "br":
                    yield "\n", False
        elif node is not element and not skip:
            yield (gap if node.tag in BLOCKS else "") + (node.tail or ""), code > 0


def _is_never(node: lxml_html.HtmlElement) -> bool:
    """Whether nothing in the element is text; the button that unfolds what a heading is above holds the heading."""
    return node.tag in NEVER and not (node.tag == "button" and next(node.iterancestors(*HEADINGS), None) is not None)


def _before(node: lxml_html.HtmlElement, gap: str, labels: Mapping[lxml_html.HtmlElement, str]) -> str:
    """What is put before the text of an element: its label, or the gap around a block."""
    if labels and node in labels:
        return f" {labels[node]} "
    return gap if node.tag in BLOCKS else ""


def is_left_out(element: lxml_html.HtmlElement) -> bool:
    """Whether the page itself says that the element is not to be seen, or it is only a link to where it stands."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(element.get("style") or "")) or _is_permalink(element)


def _is_permalink(element: lxml_html.HtmlElement) -> bool:
    """Whether the element is the sign, without words, with which a heading or the like links to itself ("¶")."""
    if element.tag != "a" or len(element) > 1:
        return False
    href = element.get("href") or ""
    if not href.startswith("#") or any(char.isalnum() for char in "".join(element.itertext())):
        return False
    beside = islice(element.itersiblings(preceding=True), _NEAR)
    outer = islice(element.iterancestors(), _NEAR)
    return any(href[1:] in (own.get("id"), own.get("name")) for own in (*outer, *beside) if len(href) > 1)
