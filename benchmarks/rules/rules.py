"""The rules, by name: where each is used, and what stands in its place when it is dropped."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from qa.understand.parts import Part

Instead = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """A function that knows English, at ``places`` ("module.name", as its callers import it).

    ``instead`` gets what the rule gives and what it was given, and returns what is used when it is dropped.
    """

    places: tuple[str, ...]
    instead: Instead


def _always(value: Any) -> Instead:
    return lambda *_, **__: value


def _argument(place: int, of: Callable[[Any], Any] = lambda each: each) -> Instead:
    return lambda _, *args, **__: of(args[place])


_NOTHING, _NEVER, _EMPTY = _always(None), _always(value=False), _always(())
_EXTRACTOR, _EVIDENCE, _TABLES = "qa.propose.extractor", "qa.read.evidence_reader", "qa.read.tables.select_cells"
_NAMED, _COMPUTE, _SEARCH = "qa.read.tables.named.Named", "qa.read.compute.compute", "qa.propose.subquestion_search"
_PLACED, _NEWEST = "qa.read.placed", "qa.read.newest"

RULES: Mapping[str, Rule] = {
    # ways to answer
    "counted": Rule(("qa.propose.counted.Counted.propose",), _NOTHING),
    "rows named": Rule(("qa.propose.listed.RowsNamed.propose",), _NOTHING),
    "polar": Rule(("qa.propose.polar.Polar.propose",), _NOTHING),
    "whole block": Rule(("qa.propose.block.WholeBlock.propose",), _NOTHING),
    "sides": Rule((f"{_SEARCH}.SubquestionSearch.sides",), _always([])),
    "chain": Rule((f"{_SEARCH}.SubquestionSearch.links",), _NOTHING),
    "release": Rule(("qa.assistant.pipeline.of_release",), _NOTHING),
    "next row": Rule(("qa.assistant.assistant.next_row",), _NOTHING),
    "told at once": Rule(("qa.propose.told.Told.answer",), _NOTHING),
    "several questions": Rule(
        ("qa.assistant.assistant.parts",), lambda _, text: (Part(0, len(text), text),)
    ),
    "story": Rule(("qa.assistant.pipeline.with_story",), _argument(0)),
    "spelling": Rule(("qa.retrieve.candidates.Candidates._corrected",), _NOTHING),
    "words that a follow-up leaves out": Rule(("qa.understand.rewriter.omitted_terms",), _always("")),
    # rules within them
    "an extreme": Rule((f"{_COMPUTE}.superlative_of",), _NOTHING),
    "a comparison with a number": Rule(("qa.read.compute.aggregation._comparison",), lambda _, text: (None, text)),
    "which of two amounts": Rule(("qa.read.compute.contrast.relation_of",), _NOTHING),
    "sides by a verdict": Rule(("qa.propose.multi_part.side_by_side._with_verdict",), _argument(2)),
    "the newest first": Rule((f"{_EXTRACTOR}.newest_first",), _argument(1, list)),
    "the later issue": Rule((f"{_NEWEST}._is_later_issue",), _NEVER),
    "the later section": Rule((f"{_NEWEST}._section_date",), _always("")),
    "rows asked for": Rule(("qa.propose.block.rows_asked_for",), _always([])),
    "the cell asked for": Rule((f"{_EVIDENCE}.select_cells", "qa.propose.block.select_cells"), _argument(1, list)),
    "the cell asked for by its heading": Rule((f"{_TABLES}._cell_asked",), _NOTHING),
    "the newest column": Rule((f"{_NAMED}.newest",), _argument(1)),
    "a better row": Rule((f"{_NAMED}.better_row",), _NOTHING),
    "a thing not in the table": Rule((f"{_NAMED}.thing_is_absent",), _NEVER),
    "a period not in the table": Rule((f"{_NAMED}.lacks_period",), _NEVER),
    "a name not in the table": Rule((f"{_TABLES}._names_are_absent",), _NEVER),
    "a row without the question's words": Rule((f"{_TABLES}._tells_apart",), _NEVER),
    "a silent row": Rule((f"{_TABLES}._silent_row",), _always(frozenset())),
    "another number": Rule((f"{_TABLES}._is_other_number",), _NEVER),
    "the heading that was read": Rule((f"{_TABLES}._heading_read",), _NOTHING),
    "a label repeated": Rule((f"{_TABLES}._repeats_label",), _NEVER),
    "a span that stays": Rule((f"{_TABLES}._keeps_span",), _NEVER),
    "a whole amount": Rule((f"{_TABLES}._with_whole_amount",), _argument(1)),
    "a cell judged alone": Rule((f"{_EVIDENCE}.cell_alone",), _NOTHING),
    "a row's label": Rule((f"{_EVIDENCE}.label_said", "index.rerank.label_said"), _always(0.0)),
    "an absent name": Rule((f"{_EVIDENCE}.absent_names",), _EMPTY),
    "what is implied": Rule(("qa.read.evidence._implied",), _always("")),
    "a look-alike": Rule((f"{_EVIDENCE}.mistaken_names",), _EMPTY),
    "whole dates and amounts": Rule((f"{_PLACED}._whole",), lambda _, __, start, end: (start, end)),
    "questions in documents": Rule((f"{_PLACED}.asks",), _NEVER),
}  # fmt: skip


@dataclass(slots=True)
class Watch:
    """Which rules acted since ``acted`` was cleared, and the one that is ``dropped``, by name."""

    acted: set[str] = field(default_factory=set)
    dropped: str | None = None

    @contextmanager
    def over(self, rules: Mapping[str, Rule]) -> Iterator[None]:
        """While it is entered, the rules are watched."""
        with ExitStack() as patched:
            for name, rule in rules.items():
                for place in rule.places:
                    watched = self._watched(name, rule.instead, resolve_name(place))
                    patched.enter_context(patch(place, watched))
            yield

    def _watched(self, name: str, instead: Instead, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            given = original(*args, **kwargs)
            other = instead(given, *args, **kwargs)
            if given != other:
                self.acted.add(name)
            return other if self.dropped == name else given

        return watched
