"""PowerPoint's bullets: the sign or number that a paragraph is shown with, its own or inherited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from documents.formats.numerals import Style, numeral

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_BULLETS = ("buNone", "buChar", "buAutoNum", "buBlip")
_LEVELS = 9
_STYLES: dict[str, Style] = {"alphaLc": "a", "alphaUc": "A", "romanLc": "i", "romanUc": "I"}
_SIGNS = {"ParenBoth": "({})", "ParenR": "{})", "Period": "{}.", "Minus": "- {} -"}
_MASTER_STYLES = {"title": "titleStyle", "ctrTitle": "titleStyle", "": "otherStyle"}


class Paragraph(NamedTuple):
    """A paragraph of a text box; ``label`` is its sign or number as shown, "" without one."""

    text: str
    label: str
    level: int
    is_step: bool


def paragraphs(shape: Any) -> Iterator[Paragraph]:
    """The paragraphs of a shape that have text, with their bullets."""
    styles = list(_list_styles(shape))
    counts: list[tuple[tuple[str, int], int] | None] = [None] * _LEVELS  # by level: the numbering, and the last number
    for paragraph in shape.text_frame.paragraphs:
        text = " ".join(paragraph.text.split())
        if not text:
            continue
        level = min(max(paragraph.level, 0), _LEVELS - 1)
        bullet = _bullet(paragraph._p.find(f"{_A}pPr"), styles, level)
        kind = bullet.tag.removeprefix(_A) if bullet is not None else "buNone"
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        if kind != "buAutoNum":
            counts[level] = None
            yield Paragraph(text, "" if kind == "buNone" else "•", level, False)
            continue
        numbering = bullet.get("type") or "arabicPeriod", _start(bullet)
        last = counts[level]
        number = last[1] + 1 if last and last[0] == numbering else numbering[1]
        counts[level] = numbering, number
        yield Paragraph(text, _label(number, numbering[0]), level, True)


def _label(number: int, scheme: str) -> str:
    style: Style = next((style for name, style in _STYLES.items() if scheme.startswith(name)), "1")
    sign = next((sign for name, sign in _SIGNS.items() if scheme.endswith(name)), "{}")
    return sign.format(numeral(number, style, repeats=True))


def _start(bullet: Any) -> int:
    value = bullet.get("startAt") or "1"
    return int(value) if value.isdecimal() and len(value) < 6 else 1


def _bullet(own: Any, styles: list[Any], level: int) -> Any:
    """The element that says which bullet a paragraph has; None where nothing does."""
    levels = (style.find(f"{_A}lvl{level + 1}pPr") for style in styles)
    for properties in (own, *levels):
        for child in properties if properties is not None else ():
            if isinstance(child.tag, str) and child.tag.removeprefix(_A) in _BULLETS:
                return child
    return None


def _list_styles(shape: Any) -> Iterator[Any]:
    """What sets the bullets of a shape's paragraphs: its own styles, its layout's, its master's, nearest first."""
    kind, place = "", shape
    while place is not None:
        style = place._element.find(f"{_P}txBody/{_A}lstStyle")
        if style is not None:
            yield style
        if not place.is_placeholder:
            break
        kind = kind or _placeholder_kind(place)
        place = getattr(place, "_base_placeholder", None)
    master = _master_of(shape)
    styles = None if master is None else master._element.find(f"{_P}txStyles")
    named = _MASTER_STYLES.get(kind, "bodyStyle")
    style = None if styles is None else styles.find(f"{_P}{named}")
    if style is not None:
        yield style


def _placeholder_kind(shape: Any) -> str:
    found = next(shape._element.iter(f"{_P}ph"), None)
    return (found.get("type") if found is not None else None) or "obj"


def _master_of(shape: Any) -> Any:
    layout = getattr(shape.part, "slide_layout", None)
    return getattr(layout, "slide_master", None)
