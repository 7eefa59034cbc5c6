"""Diagrams of Office files ("SmartArt"): their texts, which stand in a part of their own and not on the slide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from documents.document import DocumentError
from documents.formats.xml import parse_xml

_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_MOST_DEPTH = 20  # texts within texts


def diagrams(element: Any, part: Any) -> Iterator[list[tuple[str, int]]]:
    """The texts of each diagram that ``element``, which is in the package's ``part``, shows; and how deep they are."""
    for ids in element.iter(f"{_DIAGRAM}relIds"):
        name = ids.get(_DATA)
        if name in part.rels and not part.rels[name].is_external:
            yield list(_texts(_root(part.rels[name].target_part.blob)))


def _root(data: bytes) -> Any:
    """The root of a diagram's XML; ValueError says to the format's module that the file is broken."""
    try:
        return parse_xml(data, "a diagram")
    except DocumentError as error:
        raise ValueError(str(error)) from error


def _texts(root: Any) -> Iterator[tuple[str, int]]:
    """The texts in their order, each before those within it."""
    texts, within = dict[str, str](), defaultdict[str, list[tuple[int, str]]](list)
    for point in root.iter(f"{_DIAGRAM}pt"):
        texts[point.get("modelId", "")] = _text(point)
    for link in root.iter(f"{_DIAGRAM}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            place = int(order) if order.isdecimal() and len(order) < 9 else 0
            within[link.get("srcId", "")].append((place, link.get("destId", "")))
    inner = {name for links in within.values() for _, name in links}
    left = [(name, 0) for name in reversed(texts) if name not in inner]  # the last is the next
    seen = set[str]()
    while left:
        name, depth = left.pop()
        if name in seen:
            continue
        seen.add(name)
        text = texts.get(name, "")
        if text:
            yield text, depth
        deeper = min(depth + 1, _MOST_DEPTH) if text else depth
        left += [(name, deeper) for _, name in sorted(within[name], reverse=True)]


def _text(point: Any) -> str:
    paragraphs = (
        "".join(piece.text or "" for piece in paragraph.iter(f"{_A}t"))
        for paragraph in point.iterfind(f"{_DIAGRAM}t/{_A}p")
    )
    return " ".join(" ".join(paragraphs).split())
