"""For promptfoo: the questions of the sample as its test cases, and Refdesk's own checks as its Python assertions.

tests: file://promptfoo_checks.py:cases
assert: [{type: python, value: "file://promptfoo_checks.py:right"}]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from benchmarks.harness.sample import QUESTIONS

ASSERTED = "asserted by refdesk"  # the name of the Python assertions in promptfoo's figures


def cases(_: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """A test case a question. The first alone has a Python assertion, for each of which promptfoo starts a Python."""
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    return [
        {"vars": {"question": row["question"]}, "assert": [*_own(row), *(_by_refdesk() if row is rows[0] else ())]}
        for row in rows
    ]


def _own(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Assertions of promptfoo's own: what a right answer contains, or that it is a refusal."""
    if row["answers"]:
        return [{"type": "contains-any", "value": row["answers"], "metric": "contains"}]
    return [{"type": name, "metric": name} for name in ("is-refusal", "not-guardrails")]


def _by_refdesk() -> list[dict[str, Any]]:
    return [{"type": "python", "value": "file://promptfoo_checks.py:right", "metric": ASSERTED}]


def right(output: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the answer is right or, where the documents hold none, refused."""
    return _graded("right", output, context)


def citations_hold(output: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Whether every citation is in its document, character by character; a refusal has none, and passes."""
    return _graded("citations_hold", output, context)


def _graded(metric: str, output: str, context: Mapping[str, Any]) -> dict[str, Any]:
    answer = answer_of(output, context.get("providerResponse") or {})
    value = _checks().of(context["vars"]["question"], answer).get(metric)
    reason = "not defined for a refusal" if value is None else f"{metric} {value:.3f}"
    return {"pass": value in (None, 1.0), "score": 1.0 if value is None else value, "reason": reason}


def answer_of(output: str, response: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The Answer, where the provider passes it on, or else its text; None: a refusal."""
    refused = response.get("isRefusal") or not output
    return (response.get("metadata") or {}).get("refdesk") or (None if refused else {"text": output})


@cache
def _checks() -> Any:
    from benchmarks.harness.checks import Checks

    return Checks()
