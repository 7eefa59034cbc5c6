"""The rules, by name: where each is used, and what stands in its place when it is dropped."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

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
_EXTRACTOR, _EVIDENCE = "qa.propose.extractor", "qa.read.evidence_reader"
_COMPUTE, _SEARCH = "qa.read.compute.compute", "qa.propose.subquestion_search"
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
        ("qa.assistant.assistant.parts",), lambda _, text: (text,)
    ),
    "story": Rule(("qa.assistant.pipeline.with_story",), _argument(0)),
    "spelling": Rule(("qa.retrieve.candidates.Candidates._corrected",), _NOTHING),
    "words that a follow-up leaves out": Rule(("qa.understand.rewriter.omitted_terms",), _always("")),
    # rules within them
    "an extreme": Rule((f"{_COMPUTE}.superlative_of",), _NOTHING),
    "a comparison with a number": Rule(("qa.read.compute.aggregation._comparison",), lambda _, text: (None, text)),
    "the newest first": Rule((f"{_EXTRACTOR}.newest_first",), _argument(1, list)),
    "the later issue": Rule((f"{_NEWEST}._is_later_issue",), _NEVER),
    "the later section": Rule((f"{_NEWEST}._section_date",), _always("")),
    "rows asked for": Rule(("qa.propose.block.rows_asked_for",), _always([])),
    "a row's label": Rule((f"{_EVIDENCE}.label_said", "index.rerank.label_said"), _always(0.0)),
    "an absent name": Rule((f"{_EVIDENCE}.absent_names",), _EMPTY),
    "what is implied": Rule(("qa.read.evidence._implied",), _always("")),
    "a look-alike": Rule((f"{_EVIDENCE}.mistaken_names",), _EMPTY),
    "names as written": Rule((f"{_EVIDENCE}.as_written",), _argument(0, lambda question: question.text)),
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
