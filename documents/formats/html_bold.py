"""Headings of web pages that are none by their markup: short lines in bold above others, as many editors make them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from documents.captions import is_caption
from documents.formats.heading_line import is_bold_heading
from documents.formats.html_text import BLOCKS, BOLD, HEADINGS, in_bold, in_one_line

if TYPE_CHECKING:
    from lxml import html as lxml_html

_LINES = ("p", "div")
_WHOLE = ("body", "main", "article", "section")
_MOST_NODES = 20  # in such a line
_MOST_EMPTY = 3  # elements below a heading


class BoldLines:
    """Tells which elements of a page's ``content``, which has ``size`` characters of text, are such lines."""

    def __init__(self, content: lxml_html.HtmlElement, size: int) -> None:
        bold = sum(len(in_one_line(own)) for own in content.iter(*BOLD))
        self._tells = 0 < 3 * bold < size  # in a text that is bold itself it says nothing

    def heads(self, element: lxml_html.HtmlElement) -> bool:
        """Whether the element is a line in bold above something that is not, unlike the lines of an address."""
        if not self._tells or element.tag not in _LINES or not _is_bold_line(element):
            return False
        below = _below(element)
        if below is None or not _is_within_text(element):
            return False
        return all(own.tag in (*_WHOLE, "div", "html") for own in element.iterancestors())  # no cell, item or quotation


def _is_bold_line(element: lxml_html.HtmlElement) -> bool:
    """Whether all of the element is one line in bold that looks like a heading, and leads nowhere."""
    inner = [*islice(element.iterdescendants(), _MOST_NODES)]
    if len(inner) == _MOST_NODES or any(own.tag in BLOCKS or own.tag in ("br", "a", "img") for own in inner):
        return False
    text = in_one_line(element)
    return is_bold_heading(text) and ": " not in text and text == in_bold(element) and not is_caption(text)


def _is_within_text(element: lxml_html.HtmlElement) -> bool:
    """Whether text stands before the element, or it begins the page; what begins a box is the title of a figure."""
    above = islice(element.itersiblings(preceding=True), _MOST_EMPTY)
    before = next((own for own in above if _first_words(own) is not None), None)
    if before is not None:
        return not _is_bold_line(before)
    outer = element.getparent()
    return outer is None or outer.tag in _WHOLE


def _below(element: lxml_html.HtmlElement) -> lxml_html.HtmlElement | None:
    """The block with text right below an element, where that does not begin in bold."""
    before = element
    for below in islice(element.itersiblings(), _MOST_EMPTY):
        if (before.tail or "").strip():
            return None
        words = _first_words(below)
        if words is not None:
            is_bold = any(own.tag in BOLD for own in (words, *words.iterancestors()))
            is_text = below.tag in BLOCKS and below.tag not in HEADINGS
            return below if is_text and not is_bold else None
        before = below
    return None


def _first_words(element: lxml_html.HtmlElement) -> lxml_html.HtmlElement | None:
    """The element in it that holds its first words."""
    for own in islice(element.iter(), _MOST_NODES):
        if (own.text or "").strip():
            return own
        if own is not element and (own.tail or "").strip():
            return own.getparent()
    return None
