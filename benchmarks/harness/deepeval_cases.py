"""DeepEval's test cases from answers about the sample documents, and metrics that no language model judges.

    python -m benchmarks.harness.deepeval_cases          # prints the figures; no key is needed, nothing is sent

``answered_case`` makes a test case of any Answer, ``Checked`` is a metric for your own test cases: ``assert_test`` and
``evaluate`` of DeepEval take them like any other.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import chdir
from typing import Any

# Before DeepEval is imported: it would tell its makers of the run, and offer to show it.
os.environ.setdefault("DEEPEVAL_TELEMETRY_OPT_OUT", "1")
os.environ.setdefault("DEEPEVAL_NO_INSPECT_PROMPT", "1")

from deepeval import evaluate
from deepeval.evaluate.configs import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase

from benchmarks.harness.checks import FIGURES, Checks, means, told
from benchmarks.harness.sample import desk
from qa.answer import Answer

KEPT = "refdesk"  # where the metadata of a test case have the Answer


def answered_case(answer: Answer, expected: str | None) -> LLMTestCase:
    """The test case of an answer; ``expected`` is None where the documents hold none."""
    return LLMTestCase(
        input=answer.question,
        actual_output=" ".join(statement.text for statement in answer.said) or answer.message,
        expected_output=expected,
        retrieval_context=[passage.chunk.text for passage in answer.passages],
        metadata={KEPT: answer.to_dict()},
    )


class Checked(BaseMetric):
    """One of the metrics of Refdesk's bench; a test case for which it is not defined is skipped."""

    async_mode = False

    def __init__(self, metric: str, checks: Checks, threshold: float = 1.0) -> None:
        self.metric, self.checks, self.threshold = metric, checks, threshold

    def measure(self, test_case: LLMTestCase, *_: Any, **__: Any) -> float:
        """The metric's value; where it is not defined, 1, and the test case is skipped."""
        values = self.checks.of(test_case.input, (test_case.metadata or {})[KEPT])
        self.skipped = self.metric not in values
        self.score = values.get(self.metric, 1.0)
        self.success = self.score >= self.threshold
        return self.score

    async def a_measure(self, test_case: LLMTestCase, *_: Any, **__: Any) -> float:
        """As ``measure``."""
        return self.measure(test_case)

    def is_successful(self) -> bool:
        """Whether the last score reached the threshold."""
        return bool(self.success)

    @property
    def __name__(self) -> str:  # type: ignore[override]
        return self.metric


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    checks = Checks()
    with desk() as assistant:
        cases = [
            answered_case(assistant.ask(item.question), next((gold.text for gold in item.answers), None))
            for item in checks.dataset.items
        ]
    with tempfile.TemporaryDirectory() as folder, chdir(folder):  # it keeps its last run in the current folder
        result = evaluate(
            cases,
            [Checked(name, checks) for name in FIGURES],
            async_config=AsyncConfig(run_async=False),
            display_config=DisplayConfig(show_indicator=False, print_results=False, inspect_after_run=False),
            cache_config=CacheConfig(write_cache=False),
        )
    rows = [
        {own.name: own.score for own in one.metrics_data or () if own.score is not None}  # skipped ones are not there
        for one in result.test_results
    ]
    print(told("deepeval", means(rows)))


if __name__ == "__main__":
    main()
