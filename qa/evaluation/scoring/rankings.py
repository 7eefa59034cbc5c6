"""Score one ranking of documents against relevance judgements, by ir-measures: the task ``retrieval``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import ir_measures
from ir_measures import AP, RR, Measure, P, R, Success, nDCG

from qa.evaluation.datasets.dataset import Item
from qa.evaluation.scoring.reply import ReplyError

# Documents of a ranking that are kept and scored.
DEPTH = 100
MEASURES = {
    "nDCG@10": nDCG @ 10,
    "Recall@5": R @ 5,
    "Recall@10": R @ 10,
    f"Recall@{DEPTH}": R @ DEPTH,
    "P@1": P @ 1,
    "MRR@10": RR @ 10,
    "MAP": AP,
}
# Of the documents found for an answer.
HITS = {"hit@1": Success @ 1, "hit@5": Success @ 5}

Ranking = list[tuple[str, float]]


def score(item: Item, returned: object) -> dict[str, Any]:
    """The fields of the item's record: gold, ranking, metrics.

    Raises:
        ReplyError: ``returned`` is not a ranking.
    """
    ranking = as_ranking(returned)
    return {
        "gold": {"relevant": dict(item.relevant)},
        "ranking": [list(pair) for pair in ranking],
        "metrics": measured(MEASURES, [name for name, _ in ranking], item.relevant),
    }


def measured(measures: Mapping[str, Measure], ranked: Sequence[str], relevant: Mapping[str, int]) -> dict[str, float]:
    """What ir-measures gives documents in this order, by the measures' names; ``relevant`` has the grades."""
    qrels = [ir_measures.Qrel("q", name, grade) for name, grade in relevant.items()]
    # Scored by rank, because measures break ties between scores in different ways.
    run = [ir_measures.ScoredDoc("q", name, -rank) for rank, name in enumerate(ranked)]
    values = {metric.measure: float(metric.value) for metric in ir_measures.iter_calc(measures.values(), qrels, run)}
    return {name: values.get(measure, 0.0) for name, measure in measures.items()}


def is_right(record: Mapping[str, Any]) -> bool:
    """Whether the first document is relevant."""
    return bool(record["metrics"]["P@1"])


def shown(record: Mapping[str, Any]) -> str:
    """The first document, for people to read in a line."""
    return str(record["ranking"][0][0]) if record["ranking"] else "(nothing found)"


def as_ranking(returned: object) -> Ranking:
    """``(name, score)`` pairs, best first.

    From names of documents, best first, or ``(name, score)`` pairs or a mapping of these, in any order. A name that
    occurs twice has its better score.

    Raises:
        ReplyError: ``returned`` has none of these forms.
    """
    if isinstance(returned, Mapping):
        returned = returned.items()
    if isinstance(returned, str) or not isinstance(returned, Iterable):
        raise ReplyError("a ranking must be a list of documents' names, or of (name, score) pairs")
    best: dict[str, float] = {}
    for rank, entry in enumerate(returned, start=1):
        name, score = (entry, 1 / rank) if isinstance(entry, str) else _pair(entry)
        best[name] = max(score, best.get(name, score))
    # Equal scores are ordered by name, descending, as in trec_eval.
    ranked = sorted(sorted(best.items(), reverse=True), key=lambda pair: -pair[1])
    return ranked[:DEPTH]


def _pair(entry: object) -> tuple[str, float]:
    if isinstance(entry, Sequence) and len(entry) == 2:
        name, score = entry
        if isinstance(name, str) and isinstance(score, Real) and math.isfinite(score):
            return name, float(score)
    raise ReplyError(f"{entry!r} is no (name, score) pair with a finite score")


def trec_run(item_id: str, ranking: Sequence[Sequence[Any]], tag: str) -> Iterable[str]:
    """The ranking as lines of a TREC run file; white space in names becomes ``_``, as spaces separate the fields.

    Equal scores are told apart in their last digit, since other tools order equal ones in ways of their own.
    """
    last = math.inf
    for rank, (name, given) in enumerate(ranking, start=1):
        score = last = min(given, math.nextafter(last, -math.inf))
        yield f"{as_word(item_id)} Q0 {as_word(name)} {rank} {score!r} {as_word(tag)}\n"


def trec_qrels(item_id: str, relevant: Mapping[str, int]) -> Iterable[str]:
    """The relevant documents with their grades as lines of TREC's judgements."""
    for name, grade in relevant.items():
        yield f"{as_word(item_id)} 0 {as_word(name)} {grade}\n"


def as_word(text: str) -> str:
    """The text without white space, as TREC's files need it."""
    return "_".join(text.split()) or "_"
