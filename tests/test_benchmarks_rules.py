"""Rules are dropped one at a time, where they are used, and what they earn is the difference that it makes."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest

from benchmarks.rules.__main__ import Judged, earned
from benchmarks.rules.rules import RULES, Rule, Watch
from qa.read import placed

QUESTIONS = Rule(("qa.read.placed.asks",), lambda *_: False)


@pytest.mark.parametrize("place", [place for rule in RULES.values() for place in rule.places])
def test_every_rule_is_where_it_is_said_to_be(place: str) -> None:
    assert callable(resolve_name(place))


def test_a_rule_acts_where_it_makes_a_difference_and_only_the_dropped_one_makes_none() -> None:
    watch, original = Watch(), placed.asks
    with watch.over({"questions": QUESTIONS}):
        assert not placed.asks("The gate is open.")
        assert watch.acted == set()
        assert placed.asks("Is the gate open?")
        assert watch.acted == {"questions"}
        watch.dropped = "questions"
        assert not placed.asks("Is the gate open?")
        watch.dropped = "another"
        assert placed.asks("Is the gate open?")
    assert placed.asks is original


def test_what_a_rule_earns_is_told_of_the_questions_on_which_it_acted() -> None:
    asked = [
        Judged("a", "1", "?", "right", 30.0, {"rule": ("wrong", 20.0)}),
        Judged("a", "2", "?", "right", 30.0, {"rule": ("right", 28.0), "other": ("refused", 30.0)}),
        Judged("a", "3", "?", "answered", 30.0, {"other": ("right", 30.0)}),
        Judged("a", "4", "?", "refused", 30.0, {}),
    ]
    own = earned("rule", asked)
    assert (own.acted, own.right, own.wrong, own.worth, own.milliseconds) == (2, 1, -1, 0.5, 6.0)
    own = earned("other", asked)
    assert (own.acted, own.right, own.wrong, own.worth) == (2, 0, 1, -0.25)
    assert own.interval[0] <= own.worth <= own.interval[1]
    assert earned("none", asked).acted == 0
