"""HTML lists: the numbers of their items as shown, terms with their definitions, the language of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from documents.formats.numerals import Style, numeral

if TYPE_CHECKING:
    from lxml import html as lxml_html

_STYLES: dict[str, Style] = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
    "upper-roman": "I", "decimal": "1",
}  # fmt: skip
_TYPES: dict[str, Style] = {"1": "1", "a": "a", "A": "A", "i": "i", "I": "I"}
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([a-z-]{1,20})", re.IGNORECASE)
_LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|highlight-source-|highlight-|brush:\s{0,9})([\w+#.]{1,30})")
_LARGEST = 10**9


def item_labels(element: lxml_html.HtmlElement) -> Iterator[tuple[lxml_html.HtmlElement, str]]:
    """The children of a list with their numbers or signs as shown; "" for what is no item."""
    items = [child for child in element if child.tag == "li"]
    style = _style(element)
    is_reversed = element.get("reversed") is not None
    number = _integer(element.get("start"), len(items) if is_reversed else 1)
    for child in element:
        if child.tag != "li":
            if isinstance(child.tag, str):
                yield child, ""
        elif element.tag != "ol":
            yield child, "•"
        else:
            number = _integer(child.get("value"), number)
            yield child, "" if style is None else f"{numeral(number, style)}."
            number += -1 if is_reversed else 1


def _style(element: lxml_html.HtmlElement) -> Style | None:
    """How the numbers of a list are written; None where they are not shown."""
    if named := _TYPES.get(element.get("type") or ""):
        return named
    found = _LIST_STYLE.search((element.get("style") or "")[:1000])
    if found and found[1].lower() == "none":
        return None
    return _STYLES.get(found[1].lower(), "1") if found else "1"


def _integer(value: str | None, otherwise: int) -> int:
    """A whole number in an attribute."""
    found = re.fullmatch(r"\s*([+-]?\d{1,10})\s*", value or "")
    return int(found[1]) if found and abs(int(found[1])) <= _LARGEST else otherwise


def terms(
    element: lxml_html.HtmlElement,
) -> Iterator[tuple[list[lxml_html.HtmlElement], list[lxml_html.HtmlElement]]]:
    """The terms that stand together in a <dl>, with the definitions that follow them."""
    named: list[lxml_html.HtmlElement] = []
    definitions: list[lxml_html.HtmlElement] = []
    for child in element:
        for part in child if child.tag == "div" else [child]:
            if part.tag == "dt" and definitions:
                yield named, definitions
                named, definitions = [], []
            (named if part.tag == "dt" else definitions).append(part)
    if named or definitions:
        yield named, definitions


def language_of(element: lxml_html.HtmlElement) -> str:
    """The language of a <pre>, from the classes of its <code>, of itself or of what it is in; "" where none says so."""
    code = element.find("code")
    parents = [element.getparent()] if element.getparent() is not None else []
    for own in (*([] if code is None else [code]), element, *parents):
        found = _LANGUAGE.search((own.get("class") or "")[:500]) if isinstance(own.tag, str) else None
        if found:
            return found[1]
    return ""
