"""A run as one HTML file: first what it came to, how sure that is and where answers are lost; then every question to
browse, the worst errors first, with the evidence beside it; then figures, plots, slices and cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qa.answer.reasons import Reason, in_one_line
from qa.evaluation.cost import cost_shown
from qa.evaluation.metrics.statistics import SMALL
from qa.evaluation.pages import page
from qa.evaluation.plots import Plots
from qa.evaluation.scoring import expectations, finding
from qa.evaluation.scoring.answers import prediction
from qa.evaluation.scoring.claims import scored
from qa.evaluation.scoring.gold import gold_shown
from qa.evaluation.scoring.supplied import as_supplied, have_confidence
from qa.evaluation.tasks import TASKS, Task

LONGEST = 240  # characters of an answer in the list of questions
Record = Mapping[str, Any]


def report(config: Record, records: Sequence[Record], summary: Record, plots: Plots) -> str:
    """The page, from a run's configuration, records and ``metrics.json``; ``plots`` draws them."""
    task = TASKS[summary["task"]]
    kinds = Counter(_kind(task, record) for record in records)
    supplied = as_supplied(scored(records))
    named = (name for name in (task.headline, *summary["metrics"]) if name in summary["metrics"])
    headline = next(((name, summary["metrics"][name]) for name in named), None)
    return page(
        "report.html",
        {
            "prediction": prediction,
            "expected": expectations.in_words,
            "names_of": _names_of,
            "ranks_of": _ranks_of,
            "why": _why,
        },
        title=f"{summary['dataset']} · {summary['task']} · {summary['system']}",
        lead=_lead(config, records, summary),
        summary=summary,
        headline=headline,
        lost=where_lost(summary["task"], records),
        costs=cost_shown(summary.get("cost"), summary["items"]),
        accuracies=summary.get("selective_accuracy", ()),
        judge=config.get("support"),
        plots=plots(summary["task"], supplied),
        failures=sum("error" in record for record in records),
        questions=[
            (record, _kind(task, record), _cut(task.outcome(record)), _cut(gold_shown(record)))
            for record in _worst_first(task, records)
        ],
        evidence={record["id"]: finding.in_words(record["metrics"]) for record in as_supplied(records)},
        kinds=dict(kinds.most_common()),
        is_good=_is_good,
        has_confidence=have_confidence(supplied),
        configuration=json.dumps(config, ensure_ascii=False, indent=2),
    )


def _kind(task: Task, record: Record) -> str:
    """What became of a question, in a word by which the table is filtered; of a claim, its label."""
    if "error" in record:
        return "failed"
    if task.name == "support":
        return str(record["gold"]["label"])
    if task.name == "visitors":
        return str(record["verdict"])
    if task.is_right(record):
        return "right"
    return "wrong" if record.get("said", True) else "refused"


def _is_good(kind: str) -> bool:
    """Whether nothing is wrong with a question of which this became."""
    return kind in ("right", "supported")


def where_lost(task: str, records: Sequence[Record]) -> list[tuple[str, dict[str, int]]]:
    """What became of the questions, by the place at which a passage with the gold evidence was found.

    The outcomes are in the order of how many questions had them, and behind them of how many the evidence was read and
    cited; see ``qa.evaluation.scoring.finding.lost``.
    """
    kinds = [_kind(TASKS[task], record) for record in records]  # type: ignore[index]
    rows = finding.lost(as_supplied(records), kinds)
    order = [kind for kind, _ in Counter(kinds).most_common() if rows and kind in rows[0][1]]
    ordered = ((place, {kind: counts[kind] for kind in order} | counts) for place, counts in rows)
    return [(place, {n.removeprefix("evidence_"): count for n, count in own.items()}) for place, own in ordered]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _names_of(values: Mapping[str, Record]) -> list[str]:
    """The metrics that any value of a slice has, each once, in order of appearance."""
    return list(dict.fromkeys(name for value in values.values() for name in value["metrics"]))


def _ranks_of(record: Record) -> dict[str, int]:
    return {name: rank for rank, (name, _) in enumerate(record["ranking"], start=1)}


def _why(reasons: Sequence[Record]) -> str:
    """What a confidence rests on, as the command line says it."""
    return in_one_line([Reason(own["name"], own["text"], own["share"]) for own in reasons])


def _lead(config: Record, records: Sequence[Record], summary: Record) -> str:
    threshold = config.get("threshold")
    decides = f"; answers from a confidence of {threshold:g} on" if threshold is not None else ""
    groups = len({record["group"] for record in records})
    unit = "questions" if groups == len(records) else f"{groups} groups of questions about the same article or document"
    exact = f"exact where fewer than {SMALL} independent questions score 0 or 1"
    return f"{summary['items']} questions{decides}; intervals by bootstrap over {unit}, seed {config['seed']}; {exact}"


def _worst_first(task: Task, records: Sequence[Record]) -> list[Record]:
    """All records: the worst errors, then the failures and what else is not right, then the rest."""
    errors = worst_errors(task.name, [record for record in records if "error" not in record])
    shown = {id(record) for record in errors}
    others = [record for record in records if id(record) not in shown]
    return [*errors, *sorted(others, key=lambda record: _is_good(_kind(task, record)))]


def worst_errors(task: str, records: Sequence[Record]) -> list[Record]:
    """The records that went most wrong, the worst first.

    Of answers: those that are wrong and were said, the most confident first; then right ones that were refused.
    Of rankings: the lowest nDCG@10. Of claims: the highest scores without and the lowest with support. Of visitors'
    questions: by verdict, the most confident first.
    """
    if task == "retrieval":
        return sorted((r for r in records if r["metrics"]["nDCG@10"] < 1), key=lambda r: r["metrics"]["nDCG@10"])
    if task == "visitors":
        faults = ("wrong", "answered", "partly", "refused")
        others = [record for record in records if record["verdict"] in faults]
        return sorted(others, key=lambda r: (faults.index(r["verdict"]), -r["signals"]["confidence"]))
    if task == "support":
        scores = [record["signals"]["score"] for record in records]
        middle = sorted(scores)[len(scores) // 2] if scores else 0.0
        ranked = sorted(
            records, key=lambda r: (r["signals"]["score"] - middle) * (1 if r["signals"]["positive"] else -1)
        )
        return [r for r in ranked if (r["signals"]["score"] > middle) != bool(r["signals"]["positive"])]
    lost = [record for record in records if record["said"] != bool(record["signals"]["right"])]
    return sorted(lost, key=lambda r: (not r["said"], -r["signals"]["confidence"]))
