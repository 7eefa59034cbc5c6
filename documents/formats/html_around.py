"""What stands around the content of a web page: menus, banners, rows of links, a heading's link to itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from documents.formats.html_text import BLOCKS, HEADINGS, in_one_line
from documents.vocabulary import any_of

if TYPE_CHECKING:
    from lxml import html as lxml_html

_AROUND = frozenset({"nav", "aside", "footer", "menu"})
_AROUND_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"})
_DIALOGS = frozenset({"dialog", "alertdialog"})  # such as about cookies
_LEFT_OUT_ROLES = _AROUND_ROLES | _DIALOGS
_LISTS = ("ul", "ol")
_NAMED = frozenset({"div", "section", "header", *_LISTS})  # what may be called something that is not content
_AROUND_NAMES = re.compile(rf"(?:^|[\s_-]){any_of('around_pages')}(?:$|[\s_-])", re.IGNORECASE)
_CONTENT_SHARE = 0.3  # of the text; an element with as much is content, whatever its name suggests
_LONGEST_ROW = 400  # characters of a row of links to other pages
_MOST_NODES = 100  # elements in it
_OF_SENTENCES = ",;.:!?\n、，；。：！？"  # signs between the links of a sentence or a list, not of a row


class Around:
    """Tells what is around the content of the page ``root``, which has ``size`` characters of text.

    The pages that its head links to are its neighbours: the one before, the next, the contents.
    """

    def __init__(self, root: lxml_html.HtmlElement, size: int) -> None:
        self._size = size
        head = root.find("head")
        links = [] if head is None else head.findall("link")
        self._neighbours = {_page(link): link.get("rel") for link in links if _page(link)}

    def holds(self, element: lxml_html.HtmlElement) -> bool:
        """Whether the element is a menu, a banner, a row of links or the like and not content.

        What it is called counts only in ``class``: an ``id`` is what links to a section name, such as "related-work".
        """
        role = (element.get("role") or "").lower()
        if element.tag == "aside" and (role.startswith("doc-") or element.get("epub:type")):
            return False  # a part of a publication, such as a footnote
        if element.tag in _AROUND or role in _LEFT_OUT_ROLES:
            return True
        return self._is_named_so(element) or self._leads_to_neighbours(element)

    def _is_named_so(self, element: lxml_html.HtmlElement) -> bool:
        if element.tag not in _NAMED:
            return False
        if not _AROUND_NAMES.search((element.get("class") or "")[:500]):
            return False
        return next(element.iter(*HEADINGS), None) is None and len(in_one_line(element)) < self._most

    def _leads_to_neighbours(self, element: lxml_html.HtmlElement) -> bool:
        """Whether the element is a row of links to the page's neighbours, which may name these and the page itself."""
        if not self._neighbours or element.tag not in BLOCKS:
            return False
        size = links = 0
        for number, node in enumerate(element.iter()):
            size += len((node.text or "").strip())
            size += 0 if node is element else len((node.tail or "").strip())
            if size > min(self._most, _LONGEST_ROW) or number > _MOST_NODES or node.tag in HEADINGS:
                return False
            if node.tag == "a" and _page(node) in self._neighbours:
                if _is_in_sentence(node) and node.get("rel") != self._neighbours[_page(node)]:
                    return False
                links += 1
        return links > 1

    @property
    def _most(self) -> float:
        return _CONTENT_SHARE * self._size


def is_row_of_links(links: int, beside: str) -> bool:
    """Whether a paragraph is only links next to each other, "Home | Index"; ``beside`` is its text outside of them."""
    return links > 1 and not _reads_on(beside)


def _page(link: lxml_html.HtmlElement) -> str:
    """The page that a link leads to; "" where that is a place in this one."""
    return (link.get("href") or "").partition("#")[0].strip()


def _is_in_sentence(link: lxml_html.HtmlElement) -> bool:
    """Whether right beside the link, within the same element, are words or signs of a sentence."""
    parent = link.getparent()
    return any(_reads_on(text or "") for text in (parent.text, *(child.tail for child in parent)))


def _reads_on(text: str) -> bool:
    """Whether the text is part of a sentence or a list, and no sign that is drawn between two links."""
    return any(char.isalnum() or char in _OF_SENTENCES for char in text)
