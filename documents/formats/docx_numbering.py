"""Word's numbered paragraphs: their numbers as shown, counted from the definitions in ``numbering.xml``."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from documents.formats.docx_styles import Styles, W, left, number, value
from documents.formats.numerals import Style, numeral

_LEVELS = 9
_FORMATS: dict[str, Style] = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}
_PLACEHOLDER = re.compile(r"%([1-9])")
_LONGEST = 100  # characters of a number


class Number(NamedTuple):
    """A paragraph's number or sign as shown; ``list_id`` is the same for the items of one list.

    ``level`` is the number of levels above, and ``indent`` how far from the margin the text is (None: unknown).
    ``begins`` says that the paragraph starts a list of its own although its numbers are defined with those before.
    """

    label: str
    is_step: bool
    level: int
    list_id: str
    indent: int | None
    begins: bool = False


class _Level(NamedTuple):
    format: str = "decimal"
    text: str = ""
    start: int = 1
    restart: int | None = None  # after which level, counted from 1, it begins again (None: after each; 0: never)
    is_legal: bool = False  # whether all numbers are shown in digits
    style: str | None = None
    indent: int | None = None


class Numbering:
    """Counts the numbered paragraphs of one document in their order, as Word does."""

    def __init__(self, root: Any | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, Any] = {}
        self._lists: dict[str, str] = {}  # by the id of a list, that of its definition
        self._own: dict[tuple[str, int], _Level] = {}  # levels that a list defines itself
        self._starts: dict[tuple[str, int], int] = {}  # at which a list's level begins, whatever was counted before
        self._begun: set[tuple[str, int]] = set()
        self._counts: dict[str, list[int | None]] = {}
        self._known: dict[str, list[_Level]] = {}
        if root is not None:
            self._read(root)

    def of(self, paragraph: Any) -> Number | None:
        """The number of the next ``w:p``; None where it has none."""
        list_id, level = self._reference(paragraph)
        if list_id in (None, "0"):
            return None
        level = min(max(level, 0), _LEVELS - 1)
        definition = self._lists.get(list_id, "")
        levels = self._levels(list_id)
        if not levels:
            return Number("•", False, level, list_id, self._styles.indent(paragraph))
        begins = self._count(list_id, definition, level, levels)
        shown = levels[level]
        own = paragraph.find(f"{W}pPr")
        indent = left(own) if own is not None else None
        indent = next((found for found in (indent, shown.indent) if found is not None), self._styles.indent(paragraph))
        is_step = shown.format != "bullet" and bool(_PLACEHOLDER.search(shown.text))
        return Number(self._label(definition, level, levels), is_step, level, definition, indent, begins)

    def _reference(self, paragraph: Any) -> tuple[str | None, int]:
        """The id of the list that a paragraph or its style names, and the level in it."""
        level = None
        for properties in self._styles.properties(paragraph):
            named = properties.find(f"{W}numPr")
            if named is None:
                continue
            level = number(value(named.find(f"{W}ilvl"))) if level is None else level
            list_id = value(named.find(f"{W}numId"))
            if list_id is not None:
                style = properties.getparent().get(f"{W}styleId")
                return list_id, self._level_of(list_id, style) if level is None else level
        return None, 0

    def _level_of(self, list_id: str, style: str | None) -> int:
        """The level that is for paragraphs of that style."""
        levels = self._levels(list_id) if style else []
        return next((number for number, level in enumerate(levels) if level.style == style), 0)

    def _count(self, list_id: str, definition: str, level: int, levels: list[_Level]) -> bool:
        """Count one more paragraph; returns whether the list is one that begins anew here."""
        counts = self._counts.setdefault(definition, [None] * _LEVELS)
        start, before = self._starts.get((list_id, level)), counts[level]
        begins = start is not None and (list_id, level) not in self._begun
        counts[level] = start if begins else levels[level].start if before is None else before + 1
        self._begun.add((list_id, level))
        for deeper in range(level + 1, _LEVELS):
            after = levels[deeper].restart
            if after is None or level < after:
                counts[deeper] = None
        return begins and before is not None

    def _label(self, definition: str, level: int, levels: list[_Level]) -> str:
        if levels[level].format == "bullet":
            return "•"
        counts = self._counts[definition]

        def shown(found: re.Match[str]) -> str:
            place = int(found[1]) - 1
            count = counts[place]
            return _shown(levels[place].start if count is None else count, levels[place], levels[level].is_legal)

        return " ".join(_PLACEHOLDER.sub(shown, levels[level].text).split())[:_LONGEST]

    def _levels(self, list_id: str) -> list[_Level]:
        """The levels of a list; none where nothing defines them."""
        if list_id not in self._known:
            definition = self._abstract.get(self._lists.get(list_id, ""))
            found = {} if definition is None else {_place(own): _level(own) for own in definition.iter(f"{W}lvl")}
            levels = [self._own.get((list_id, place), found.get(place, _Level())) for place in range(_LEVELS)]
            self._known[list_id] = levels if found else []
        return self._known[list_id]

    def _read(self, root: Any) -> None:
        self._abstract = {own.get(f"{W}abstractNumId") or "": own for own in root.iter(f"{W}abstractNum")}
        for own in root.iter(f"{W}num"):
            list_id = own.get(f"{W}numId") or ""
            self._lists[list_id] = value(own.find(f"{W}abstractNumId")) or ""
            for override in own.iter(f"{W}lvlOverride"):
                place = _place(override)
                start = number(value(override.find(f"{W}startOverride")))
                if start is not None:
                    self._starts[list_id, place] = start
                if (level := override.find(f"{W}lvl")) is not None:
                    self._own[list_id, place] = _level(level)
        for list_id, definition in list(self._lists.items()):
            self._lists[list_id] = self._behind_style(definition)

    def _behind_style(self, definition: str) -> str:
        """The definition itself or, where it only names a style, the one of the list that the style names."""
        own = self._abstract.get(definition)
        style = None if own is None else value(own.find(f"{W}numStyleLink"))
        named = self._styles.numbering_of(style) if style else None
        return self._lists.get(named, definition) if named else definition


def _level(element: Any) -> _Level:
    properties = element.find(f"{W}pPr")
    legal = element.find(f"{W}isLgl")
    start = number(value(element.find(f"{W}start")))
    return _Level(
        value(element.find(f"{W}numFmt")) or "decimal",
        value(element.find(f"{W}lvlText")) or "",
        1 if start is None else start,
        number(value(element.find(f"{W}lvlRestart"))),
        legal is not None and value(legal) not in ("0", "false", "off"),
        value(element.find(f"{W}pStyle")),
        None if properties is None else left(properties),
    )


def _place(element: Any) -> int:
    return number(element.get(f"{W}ilvl"), -1) or 0


def _shown(count: int, level: _Level, is_legal: bool) -> str:
    if is_legal:
        return str(count)
    if level.format == "none":
        return ""
    if level.format == "decimalZero":
        return f"{count:02}"
    if level.format == "ordinal":
        ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
        return f"{count}{ending}"
    return numeral(count, _FORMATS.get(level.format, "1"), repeats=True)
