"""Inspect's task over the sample documents, asked at /v1 or in this process, scored by Refdesk's own checks.

    python -m benchmarks.harness.inspect_task            # both, over the sample documents; prints the figures

    inspect eval benchmarks/harness/inspect_task.py@asked --model openai-api/desk/refdesk-plain \
        --model-base-url http://127.0.0.1:7860/v1 -M api_key=none       # a desk that runs: refdesk serve

Over /v1 Inspect keeps the text of a message alone, so the scorer takes the Answer from the response in the transcript.
``borne_out`` needs no Answer: it scores whatever a model writes by the texts in a sample's metadata (``TEXTS``), in any
task of yours.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from inspect_ai import Task, eval, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from benchmarks.harness.checks import FIGURES, Checks, answer_in, told
from benchmarks.harness.sample import PLAIN, desk, served

if TYPE_CHECKING:
    from qa.assistant import Assistant

KEPT = "refdesk"  # where the metadata of a sample have the Answer
TEXTS = "texts"  # where they have the texts that are to bear out what is said
ATTACHED = "attachment://"


@cache
def checks() -> Checks:
    """The checks, whose models are loaded once."""
    return Checks()


@task
def asked() -> Task:
    """The questions, put to whatever model of /v1 ``--model`` names."""
    return _task(generate())


def asked_here(assistant: Assistant) -> Task:
    """The questions, put to a desk in this process."""
    return _task(in_process(assistant))


@solver
def in_process(assistant: Assistant) -> Solver:
    """Answers with a desk in this process; no model of Inspect is asked."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001
        answer = assistant.ask(state.input_text)
        state.metadata[KEPT] = answer.to_dict()
        state.output.completion = " ".join(statement.text for statement in answer.said) or answer.message
        return state

    return solve


def _by(metric: str) -> Any:
    """The scorer of one of Refdesk's metrics; an answer for which it is not defined is not scored."""

    @scorer(metrics=[mean()], name=metric)
    def one() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001
            values = checks().of(state.input_text, _answer(state))
            said = state.output.completion
            return Score(value=values[metric], answer=said) if metric in values else Score.unscored(answer=said)

        return score

    return one()


@scorer(metrics=[mean()])
def borne_out() -> Scorer:
    """Refdesk's judge: the share of a completion's sentences that the sample's texts bear out; refusals have none."""

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        said = state.output.completion
        share = checks().borne_out(said, state.metadata.get(TEXTS) or [])
        return Score.unscored(answer=said) if share is None else Score(value=share, answer=said)

    return score


def _task(asking: Solver) -> Task:
    dataset = checks().dataset
    texts = {TEXTS: [document.text for document in dataset.documents.values()]}
    samples = [
        Sample(input=item.question, target=[gold.text for gold in item.answers] or "", id=item.id, metadata=texts)
        for item in dataset.items
    ]
    scorers = [*(_by(name) for name in FIGURES), borne_out()]
    return Task(dataset=MemoryDataset(samples, "sample"), solver=asking, scorer=scorers)


def _answer(state: TaskState) -> Mapping[str, Any]:
    kept: Mapping[str, Any] | None = state.metadata.get(KEPT)
    if kept is not None:
        return kept
    kept_by_inspect = transcript()
    called = [event.call for event in kept_by_inspect.events if isinstance(event, ModelEvent) and event.call]
    response = called[-1].response if called else None  # a model that failed may have no call
    return answer_in(_whole(response or {}, kept_by_inspect.attachments))


def _whole(value: Any, attachments: Mapping[str, str]) -> Any:
    """The value with its long texts, in whose place Inspect keeps references to attachments."""
    if isinstance(value, dict):
        return {name: _whole(own, attachments) for name, own in value.items()}
    if isinstance(value, list):
        return [_whole(own, attachments) for own in value]
    return attachments.get(value.removeprefix(ATTACHED), value) if isinstance(value, str) else value


def _figures(*arguments: Any, **options: Any) -> dict[str, float | None]:
    """The mean of each scorer, as Inspect computes it.

    Raises:
        RuntimeError: Inspect could not finish.
    """
    with tempfile.TemporaryDirectory() as folder:
        (log,) = eval(*arguments, log_dir=folder, display="none", max_samples=1, **options)
    if log.status != "success" or log.results is None:
        raise RuntimeError(f"inspect: {log.error.message if log.error else log.status}")
    return {score.name: float(score.metrics["mean"].value) for score in log.results.scores}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    with served() as url:
        model = get_model(f"openai-api/desk/{PLAIN}", base_url=f"{url}/v1", api_key="none")
        print(told("inspect_ai over /v1", _figures(asked(), model=model)))
    with desk() as assistant:
        print(told("inspect_ai in process", _figures(asked_here(assistant), model="none/none")))


if __name__ == "__main__":
    main()
