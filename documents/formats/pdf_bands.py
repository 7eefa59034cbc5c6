"""Horizontal rules of the same width one below the other -> the bands between them, with their lines of words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from documents.formats.pdf_rules import Rule
from documents.formats.pdf_words import Word

NEAR = 4.0  # points between the ends of rules that belong together

_NARROWEST = 60.0  # points, of a table
_FAR = 1.2  # gap between two cells, relative to the height of their letters
_MOST_BANDS = 400  # of a frame


@dataclass(frozen=True, slots=True)
class Band:
    """What stands between two horizontal rules one below the other, as lines of words side by side."""

    top: float
    bottom: float
    lines: tuple[tuple[Word, ...], ...]
    is_crossed: bool = False  # by a vertical rule between its ends

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def frames(horizontal: Sequence[Rule]) -> list[list[Rule]]:
    """Rules one below the other that begin and end at the same places."""
    found: dict[tuple[int, int], list[Rule]] = {}
    for rule in horizontal:
        if rule.last - rule.first < _NARROWEST:
            continue
        key = round(rule.first / NEAR), round(rule.last / NEAR)
        near = (found.get((key[0] + one, key[1] + other)) for one in (0, -1, 1) for other in (0, -1, 1))
        same = next((frame for frame in near if frame and _same_ends(frame[0], rule)), None)
        if same:
            same.append(rule)
        else:
            found[key] = [rule]
    return sorted((frame for frame in found.values() if len(frame) > 1), key=lambda frame: frame[0])


def _same_ends(one: Rule, other: Rule) -> bool:
    return abs(one.first - other.first) < NEAR and abs(one.last - other.last) < NEAR


def bands_of(
    frame: Sequence[Rule], horizontal: Sequence[Rule], down: Sequence[Rule], words: Sequence[Word]
) -> list[Band]:
    """The bands of a frame; where it has vertical rules, those between parts of its rows end at these."""
    heights = {rule.at for rule in frame}
    ends = sorted(rule.at for rule in down)
    first, last = frame[0].first, frame[0].last
    if ends:
        for rule in horizontal:
            within = frame[0].at < rule.at < frame[-1].at and first - NEAR <= rule.first and rule.last <= last + NEAR
            if within and _is_near(rule.first, ends) and _is_near(rule.last, ends):
                heights.add(rule.at)
    edges = sorted(heights)
    if len(edges) > _MOST_BANDS:
        return []
    found: list[list[Word]] = [[] for _ in edges[1:]]
    for word in words:
        found[min(max(bisect_right(edges, word.middle) - 1, 0), len(found) - 1)].append(word)
    middles = [(top + bottom) / 2 for top, bottom in pairwise(edges)]
    inner = [rule for rule in down if first + NEAR < rule.at < last - NEAR]
    crossed = {number for rule in inner for number in covered(rule, middles)}
    return [
        Band(edges[number], edges[number + 1], tuple(in_lines(own)), number in crossed)
        for number, own in enumerate(found)
    ]


def covered(rule: Rule, places: Sequence[float]) -> range:
    """The numbers of the sorted places that the rule passes."""
    return range(bisect_left(places, rule.first), bisect_right(places, rule.last))


def _is_near(place: float, places: Sequence[float]) -> bool:
    number = bisect_left(places, place - NEAR)
    return number < len(places) and places[number] <= place + NEAR


def in_lines(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    """The words as lines from top to bottom, each from left to right."""
    line: list[Word] = []
    for word in sorted(words, key=lambda word: word.middle):
        if line and word.middle > line[0].middle + 0.5 * line[0].height:
            yield tuple(sorted(line, key=lambda word: word.left))
            line = []
        line.append(word)
    if line:
        yield tuple(sorted(line, key=lambda word: word.left))


def fragments(line: Sequence[Word]) -> list[list[Word]]:
    """The words of a line that stand together."""
    found = [[line[0]]]
    for before, word in pairwise(line):
        if word.left - before.right > _FAR * min(before.height, word.height):
            found.append([])
        found[-1].append(word)
    return found


def runs(bands: Sequence[Band], width: float) -> Iterator[list[Band]]:
    """Bands one below the other that look like rows of cells."""
    run: list[Band] = []
    for band in bands:
        if _is_row(band, width):
            run.append(band)
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def _is_row(band: Band, width: float) -> bool:
    if band.is_crossed or len(band.lines) < 2:
        return band.is_crossed or bool(band.lines)
    if 2 * sum(len(fragments(line)) > 1 for line in band.lines) >= len(band.lines):
        return True
    words = [word for line in band.lines for word in line]
    return max(word.right for word in words) - min(word.left for word in words) < width / 2
