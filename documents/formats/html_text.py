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
BOLD = ("b", "strong")
_NONE: Mapping[Any, str] = MappingProxyType({})
_NEAR = 6  # elements around a link or before it, of which one may be the place that it leads to
_EDGE = "\0"  # of a block in code; no page that is read has it
_LINES = ("button", "p", "div", "dt", *HEADINGS)  # that may unfold what is below them
_PANELS = ("div", "section", "p", "dd")
_LONGEST_LINE = 200  # characters
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


def unfolds(element: lxml_html.HtmlElement) -> bool:
    """Whether a button or a line is what unfolds the text right below it.

    A button may say so of itself. Else the page has several, with other words: lines by turns with what is hidden, or
    buttons by turns with texts.
    """
    if not _is_above_panel(element):
        return False
    others = (own for own in _near(element) if own.tag == element.tag and _is_above_panel(own))
    return _says_so(element) or any(_words(own) != _words(element) for own in others)


def _says_so(line: lxml_html.HtmlElement) -> bool:
    return line.tag == "button" and line.get("aria-expanded") is not None


def _is_above_panel(line: lxml_html.HtmlElement) -> bool:
    """Whether right below a line is a block with text, which is hidden if the line is no button."""
    panel = line.getnext() if line.tag in _LINES and not (line.tail or "").strip() else None
    kinds = BLOCKS if _says_so(line) else _PANELS
    if panel is None or panel.tag not in kinds or not any(map(str.strip, panel.itertext())):
        return False
    return line.tag == "button" or (
        _is_hidden(panel) and not _is_hidden(line) and 0 < len(_words(line)) < _LONGEST_LINE
    )


def _words(line: lxml_html.HtmlElement) -> str:
    return "".join(islice(line.itertext(), _LONGEST_LINE)).strip()


def _near(line: lxml_html.HtmlElement) -> Iterator[lxml_html.HtmlElement]:
    """What may stand in the place of this line: beside it and its panel, or in the boxes beside the one it is in."""
    yield from islice(line.itersiblings(), 1, 2)
    yield from islice(line.itersiblings(preceding=True), 1, 2)
    box = line.getparent()
    if box is not None and line.getprevious() is None:
        for other in (box.getnext(), box.getprevious()):
            if other is not None and other.tag == box.tag:
                yield from islice(other, 1)


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
    walk = etree.iterwalk(element, events=("start", "end"))
    code = 0
    for event, node in walk:
        begins = event == "start"
        if node.tag in CODE:
            code += 1 if begins else -1
        if begins and (_is_never(node) or (node is not element and is_left_out(node))):
            walk.skip_subtree()
        elif begins:
            yield _before(node, gap, labels), False
            text = node.text or ""
            yield raised(text) if is_raised(node) else text, code > 0
            if node.tag == "br":
                yield "\n", False
        elif node is not element:
            yield (gap if node.tag in BLOCKS else "") + (node.tail or ""), code > 0


def in_bold(element: lxml_html.HtmlElement) -> str:
    """The words of an element that are in bold, in one line."""
    return " ".join(map(in_one_line, element.iter(*BOLD)))


def is_raised(node: lxml_html.HtmlElement) -> bool:
    """Whether the text right in an element is raised, as the number of a note is, which is a link."""
    outer = node.getparent()
    return node.tag == "sup" or (node.tag == "a" and outer is not None and outer.tag == "sup")


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
    if _is_hidden(element):
        line = element.getprevious()
        return line is None or not unfolds(line)  # else it is only folded up
    return _is_permalink(element) or _is_beside_heading(element)


def _is_hidden(element: lxml_html.HtmlElement) -> bool:
    if not element.attrib:
        return False
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(element.get("style") or ""))


def _is_permalink(element: lxml_html.HtmlElement) -> bool:
    """Whether the element is the sign, without words, with which a heading or the like links to itself ("¶").

    Beside the words of a heading it may name the page, too.
    """
    if element.tag != "a" or len(element) > 1:
        return False
    page, _, place = (element.get("href") or "").partition("#")
    if not place or any(char.isalnum() for char in "".join(element.itertext())):
        return False
    if page and not _is_beside_words(element):
        return False
    beside = islice(element.itersiblings(preceding=True), _NEAR)
    outer = islice(element.iterancestors(), _NEAR)
    return any(place in (own.get("id"), own.get("name")) for own in (*outer, *beside))


def _is_beside_words(link: lxml_html.HtmlElement) -> bool:
    """Whether a link is right in a heading that has other words."""
    heading = link.getparent()
    if heading is None or heading.tag not in HEADINGS:
        return False
    own = "".join(link.itertext()).strip()
    return len("".join(heading.itertext()).strip()) > len(own)


def _is_beside_heading(element: lxml_html.HtmlElement) -> bool:
    """Whether the element is what wikis put in or behind a heading, links in brackets to other pages: "[edit]"."""
    if element.tag != "span" or len(element) == 0:
        return False
    above, outer = element.getprevious(), element.getparent()
    if not any(own is not None and own.tag in HEADINGS for own in (above, outer)):
        return False
    text = "".join(element.itertext()).strip()
    links = [*element.iter("a")]
    if not (text.startswith("[") and text.endswith("]") and links):
        return False
    linked = sum(sum(map(str.isalnum, own)) for link in links for own in link.itertext())
    leads_away = all(not (link.get("href") or "#").startswith("#") for link in links)
    return leads_away and linked == sum(map(str.isalnum, text))
