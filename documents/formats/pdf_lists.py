"""Paragraphs of a page -> items of lists and fields, by their first word and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Protocol

from documents.blocks import Block, Kind
from documents.formats.pdf_elements import Element
from documents.formats.pdf_paragraphs import FIELD

_SIGN = re.compile(r"[•‣▪◦·●○■□➢✓–—o*+-]\Z")
_SURE = re.compile(r"[•‣▪◦●○■□➢✓]\Z")  # signs that never begin a paragraph
_NUMBER = re.compile(r"\(?(?P<outer>(?:\d{1,2}\.){0,3})(?P<last>\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})(?P<close>[.)]?)\Z")
_ROMAN = {"i": 1, "v": 5, "x": 10}
_LONGEST_FIELD = 120  # characters
_HANGING = 0.6  # of a line's height is more than a space
_ASIDE = 3.0  # points by which lists in lists are further right


class _Label(NamedTuple):
    """The sign of an item or, for a step, how its number is written and the values that it may have."""

    shape: str
    values: frozenset[int] = frozenset()

    @property
    def is_number(self) -> bool:
        return bool(self.values)

    def follows(self, before: _Label) -> bool:
        """Whether an entry with this label may be the next one of a list after an entry with the label ``before``."""
        if self.shape != before.shape:
            return False
        return not self.values or any(value - 1 in before.values for value in self.values)


def _label_of(element: Element) -> _Label | None:
    words = element.words
    if element.kind != "paragraph" or len(words) < 2:
        return None
    text = words[0].text
    if _SIGN.match(text):
        return _Label(text)
    found = _NUMBER.match(text)
    if not found or not (found["close"] or found["outer"] or text[0] == "(" or _hangs(element)):
        return None
    last, open_sign = found["last"], "(" if text[0] == "(" else ""
    shape = f"{open_sign}{found['outer']}{'' if found['outer'] else found['close']}"
    if last.isdigit():
        return _Label(f"{shape}1", frozenset({int(last)}))
    values = {ord(last.lower()) - 96} if len(last) == 1 else set[int]()
    if set(last.lower()) <= set(_ROMAN):
        values.add(_roman(last.lower()))
    return _Label(shape + ("A" if last.isupper() else "a"), frozenset(values))


def _hangs(element: Element) -> bool:
    """Whether a number without any mark stands apart from the words beside it, as that of an entry does."""
    number, following = element.words[:2]
    return number.text.isdigit() and following.left - number.right >= _HANGING * element.height


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))


def listed(elements: Sequence[Element]) -> Iterator[Element]:
    """The elements with those that are items, parts of items and fields named so.

    A sign that may also begin a sentence, or a number, makes an item only where the entry before or after it goes with
    it.
    """
    labels = [_label_of(element) for element in elements]
    entries = _entries(elements, labels)
    owner: Element | None = None
    fields = _fields(elements)
    for number, element in enumerate(elements):
        label = labels[number]
        if number in entries and label:
            owner = replace(
                element, kind="step" if label.is_number else "item", label=element.words[0].text.replace("|", r"\|")
            )
            yield owner
        elif owner and _is_more(owner, element, elements[number - 1]):
            yield replace(element, kind="more")
        else:
            owner = None
            yield replace(element, kind="field", label=fields[number]) if number in fields else element


def _entries(elements: Sequence[Element], labels: Sequence[_Label | None]) -> set[int]:
    """The numbers of the elements that are entries of lists."""
    entries = set[int]()
    open_ones: list[int] = []  # entries of the lists that may go on, the innermost last
    for number, (element, label) in enumerate(zip(elements, labels, strict=True)):
        if label is None:
            if open_ones and not _is_more(elements[open_ones[-1]], element, elements[number - 1]):
                open_ones = [own for own in open_ones if _is_more(elements[own], element, elements[number - 1])]
            continue
        left = element.left
        open_ones = [own for own in open_ones if elements[own].left <= left + _ASIDE]
        before = open_ones[-1] if open_ones else None
        if before is not None and elements[before].left >= left - _ASIDE:
            own = labels[before]
            if own and label.follows(own) and elements[before].bold == element.bold:
                entries |= {before, number}
            open_ones.pop()
        if _SURE.match(label.shape):
            entries.add(number)
        open_ones.append(number)
    return entries


def _is_more(owner: Element, element: Element, before: Element) -> bool:
    """Whether the element after ``before`` is a further paragraph of the entry ``owner``: below the words of that."""
    words = owner.words
    aside = len(words) > 1 and element.left >= max(words[1].left - 2, words[0].left + _ASIDE)
    near = element.top - before.bottom < 2 * max(element.height, owner.height)
    return element.kind == "paragraph" and aside and near and element.height <= 1.1 * owner.height and (
        owner.bold or not element.bold
    )  # fmt: skip


def _fields(elements: Sequence[Element]) -> dict[int, str]:
    """The names of the fields by the numbers of their elements: at least two lines of a name and a value."""
    names = [_field_name(element) for element in elements]
    found: dict[int, str] = {}
    for number, (name, following) in enumerate(pairwise(names)):
        if name and following and abs(elements[number].left - elements[number + 1].left) < _ASIDE:
            found[number], found[number + 1] = name, following
    return found


def _field_name(element: Element) -> str:
    is_line = element.kind == "paragraph" and element.bottom - element.top < 1.6 * element.height
    found = FIELD.match(element.text) if is_line and len(element.text) <= _LONGEST_FIELD else None
    return found["name"] if found else ""


class _Range(Protocol):
    """An element with its place in the document."""

    @property
    def element(self) -> Element: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(slots=True)
class _Open:
    """A list that may get more entries, and its last one."""

    left: float
    start: int
    label: _Label
    entry: _Range


def list_blocks(placed: Sequence[_Range]) -> list[Block]:
    """The lists with their entries, and the fields, in the order in which blocks are kept."""
    found: list[Block] = []
    open_lists: list[_Open] = []
    end = 0

    def close_entry() -> None:
        own = open_lists[-1].entry
        kind: Kind = "step" if own.element.kind == "step" else "item"
        found.append(Block(kind, own.start, end, own.element.label))

    def close(count: int) -> None:
        while len(open_lists) > count:
            close_entry()
            found.append(Block("list", open_lists.pop().start, end))

    for each in placed:
        element = each.element
        if element.kind in ("item", "step"):
            label = _label_of(replace(element, kind="paragraph")) or _Label(element.label)
            left = element.left
            depth = sum(own.left < left - _ASIDE for own in open_lists)
            close(depth + 1)
            if depth < len(open_lists) and label.follows(open_lists[depth].label):
                close_entry()
                open_lists[depth].entry, open_lists[depth].label = each, label
            else:
                close(depth)
                open_lists.append(_Open(left, each.start, label, each))
        elif element.kind != "more":
            close(0)
        if element.kind == "field":
            found.append(Block("field", each.start, each.end, element.label))
        end = each.end
    close(0)
    return sorted(found, key=lambda block: (block.start, -block.end))
