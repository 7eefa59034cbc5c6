"""Judge an answer by what its question expects: the task ``visitors``.

Verdicts: *right*: all of it holds. *partly*: an answer was given, something that must be said was said, and nothing
that must not be. *wrong*: any other answer, or none of the kinds that are right. *refused*: a refusal where an answer
was asked for. *answered*: an answer where a refusal was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np

from qa.evaluation.datasets.dataset import Item
from qa.evaluation.datasets.expected import Expected
from qa.evaluation.metrics import abstention
from qa.evaluation.metrics.statistics import Indices
from qa.evaluation.metrics.wordings import folded, in_order, says
from qa.evaluation.scoring.corpora import Corpora, gold_metrics
from qa.evaluation.scoring.reply import Reply
from qa.evaluation.scoring.supplied import have_confidence
from qa.saved.verification_source import said

VERDICTS = ("right", "partly", "wrong", "refused", "answered")


class Judgement(NamedTuple):
    """A verdict, and what was amiss, a line each."""

    verdict: str
    amiss: tuple[str, ...]


def judge(expected: Expected, answer: Mapping[str, Any]) -> Judgement:
    """The verdict on an answer's public JSON."""
    kind = answer["kind"]
    if kind not in expected.kinds:
        fault = f"{_a(kind)} where {' or '.join(expected.kinds)} is right"
        if kind == "answer":
            return Judgement("wrong" if expected.kinds == ("notice",) else "answered", (fault,))
        return Judgement("refused" if kind == "refusal" else "wrong", (fault,))
    if kind == "refusal":
        return Judgement("right", ())
    statements = [statement["text"] for statement in said(answer)]
    short = answer.get("short_answer") or ""
    text = folded(" \n ".join([short, *statements]) if kind == "answer" else answer.get("text") or "")
    missing = [group for group in expected.groups if not says(text, group)]
    forbidden = [wording for wording in expected.none if says(text, [wording])]
    amiss = (
        *(f"not said: {' / '.join(group)}" for group in missing),
        *(f"said: {wording}" for wording in forbidden),
        *_other_faults(expected, answer, statements, text, complete=not missing),
    )
    if not amiss:
        return Judgement("right", ())
    return Judgement("partly" if len(missing) < len(expected.groups) and not forbidden else "wrong", amiss)


def _other_faults(
    expected: Expected, answer: Mapping[str, Any], statements: Sequence[str], text: str, *, complete: bool
) -> Iterator[str]:
    """Faults of the short answer, the citations, the order and the length."""
    head = folded(answer.get("short_answer") or (statements[0] if statements else text))
    if expected.head and not says(head, expected.head):
        yield f"not first: {' / '.join(expected.head)}"
    cited = {PurePath(citation["source"]).name for citation in answer.get("citations", ())}
    for name in expected.cite:
        if PurePath(name).name not in cited:
            yield f"not cited: {name}"
    for name in expected.not_cite:
        if PurePath(name).name in cited:
            yield f"cited: {name}"
    ordered = folded(" \n ".join(statements)) if statements else text
    if expected.in_order and complete and not in_order(ordered, expected.groups):
        yield "said in another order"
    if expected.most is not None and len(statements) > expected.most:
        yield f"{len(statements)} statements, more than {expected.most}"


def score(item: Item, reply: Reply, corpora: Corpora) -> dict[str, Any]:
    """The fields of the item's record: gold, answer, said, verdict, what was amiss, metrics, signals."""
    assert item.expect is not None  # or the item would not fit the task
    answer = reply.answer
    judged = judge(item.expect, answer)
    gave = answer["kind"] == "answer"
    return {
        "after": list(item.after),
        "gold": _gold(item, item.expect),
        "answer": dict(answer),
        "said": gave,
        "supplied": list(reply.supplied),
        **_verdict(judged, gold_metrics(item, reply, corpora)),
        "signals": {
            "confidence": answer["confidence"] if gave else 0.0,
            "right": float(gave and judged.verdict == "right"),
            "given": float(gave),
        },
    }


def failed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an item on which the system failed: wrong."""
    others = {name: 0.0 for name in record["metrics"] if name not in VERDICTS}
    return {**record, **_verdict(Judgement("wrong", ()), others)}


def _gold(item: Item, expected: Expected) -> dict[str, Any]:
    """What is expected; where the gold evidence is given, that too."""
    evidence = {"evidence": " … ".join(item.evidence)} if item.evidence else {}
    return {"answers": [group[0] for group in expected.groups if group], **expected.to_dict(), **evidence}


def _verdict(judged: Judgement, others: Mapping[str, float]) -> dict[str, Any]:
    return {
        "verdict": judged.verdict,
        "amiss": list(judged.amiss),
        "metrics": {**{verdict: float(verdict == judged.verdict) for verdict in VERDICTS}, **others},
    }


def in_words(gold: Mapping[str, Any]) -> list[str]:
    """What is expected of an answer, by the gold of its record: a line each, for people to read."""
    ordered = gold["order"] and len(gold["all"]) > 1
    return [
        " or ".join(map(_a, gold["kind"])),
        *(f"must say: {' / '.join(group)}" for group in gold["all"]),
        *(["in this order"] if ordered else []),
        *([f"must say first: {' / '.join(gold['head'])}"] if gold["head"] else []),
        *(f"must not say: {wording}" for wording in gold["none"]),
        *(f"must cite: {name}" for name in gold["cite"]),
        *(f"must not cite: {name}" for name in gold["not_cite"]),
        *([f"at most {gold['most']} statement{'s' if gold['most'] > 1 else ''}"] if gold["most"] else []),
    ]


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "answer" else f"a {kind}"


def is_right(record: Mapping[str, Any]) -> bool:
    """Whether the verdict is right."""
    return bool(record["verdict"] == "right")


def shown(record: Mapping[str, Any]) -> str:
    """What was said, for people to read in a line, and the verdict."""
    answer = record["answer"]
    text = (answer.get("short_answer") or answer.get("text")) if record["said"] else f"({answer['kind']})"
    return f"{record['verdict']}: {text}"


def statistics_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[Indices], float]]:
    """The figures that are not means, over the answers given: how far their confidence tells right ones from others."""
    if not have_confidence(records):
        return {}
    confidence, right, given = (
        np.array([record["signals"][name] for record in records]) for name in ("confidence", "right", "given")
    )

    def over_answers(statistic: Callable[[Any, Any], float]) -> Callable[[Indices], float]:
        def figure(chosen: Indices) -> float:
            answers = chosen[given[chosen] > 0]
            return statistic(confidence[answers], right[answers])

        return figure

    return {
        "AURC": over_answers(abstention.aurc),
        "ECE": over_answers(abstention.expected_calibration_error),
    }
