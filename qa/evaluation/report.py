"""A run as one HTML file that needs nothing else: figures, plots, slices, the worst errors beside their evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from qa.evaluation.plots import plots
from qa.evaluation.scoring.answers import prediction

ERRORS = 20
Record = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --muted: #6b7280; --rule: #e2e5ea; --accent: #1f5fbf;
  --other: #c2571a; --soft: #f4f6f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --muted: #9aa3ae; --rule: #30363d;
  --accent: #7db0ff; --other: #ff9c63; --soft: #1e2329; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 68rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.lead { color: var(--muted); margin-top: .2rem; }
table { border-collapse: collapse; margin: .6rem 0; } th, td { padding: .25rem .8rem .25rem 0; text-align: left;
  border-bottom: 1px solid var(--rule); vertical-align: top; } th { font-weight: 600; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem; } .plots svg { max-width: 100%; height: auto; }
.error { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem 1.5rem; background: var(--soft); padding: .8rem 1rem;
  margin: .8rem 0; border-radius: .4rem; } .error > .q { grid-column: 1 / -1; font-weight: 600; }
.error small { color: var(--muted); display: block; } blockquote { margin: .2rem 0; padding-left: .7rem;
  border-left: 3px solid var(--rule); }
@media (max-width: 44rem) { .error { grid-template-columns: 1fr; } }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: .4rem; font-size: .8rem; }
"""


def report(config: Record, records: Sequence[Record], summary: Record) -> str:
    """The page, from a run's configuration, records and ``metrics.json``."""
    title = f"{summary['dataset']} · {summary['task']} · {summary['system']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{escape(_lead(config, records, summary))}</p>',
        "<h2>Figures</h2>",
        _table(("metric", "value", "95% interval", "questions"), (_row(*pair) for pair in summary["metrics"].items())),
        *_timing(summary["timing"]),
        f'<div class="plots">{"".join(plots(summary["task"], records))}</div>',
        *_slices(summary["slices"]),
        *_errors(summary["task"], records),
        "<h2>Configuration</h2>",
        f"<pre>{escape(json.dumps(config, ensure_ascii=False, indent=2))}</pre>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def shown(value: float | None) -> str:
    """A figure as tables have it."""
    return "–" if value is None else f"{value:.3f}"


def interval(figure: Record) -> str:
    """The interval's ends as tables have them."""
    return f"{shown(figure['low'])} – {shown(figure['high'])}" if figure["low"] is not None else "–"


def _lead(config: Record, records: Sequence[Record], summary: Record) -> str:
    threshold = config.get("threshold")
    decides = f"; answers from a confidence of {threshold:g} on" if threshold is not None else ""
    groups = len({record["group"] for record in records})
    unit = "questions" if groups == len(records) else f"{groups} groups of questions about the same article or document"
    return f"{summary['items']} questions{decides}; intervals by bootstrap over {unit}, seed {config['seed']}"


def _row(name: str, figure: Record) -> tuple[str, ...]:
    return name, shown(figure["value"]), interval(figure), str(figure["count"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ["", *[' class="n"'] * (len(cells) - 1)]
        return "".join(f"<{tag}{kind}>{escape(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True))

    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{line(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def _timing(timing: Record) -> list[str]:
    if not timing:
        return []
    seconds = ", ".join(f"{name} {timing[name]:.3f} s" for name in ("p50", "p90", "p99"))
    overhead = timing["overhead"]
    own = "" if overhead is None else f"; the bench itself took {overhead:.1%} of the answers' time"
    return [f"<p>Latency {seconds}; {timing['questions_per_second']:g} questions a second{own}.</p>"]


def _slices(slices: Mapping[str, Mapping[str, Record]]) -> list[str]:
    parts = ["<h2>Slices</h2>"] if slices else []
    for dimension, values in slices.items():
        names = list(dict.fromkeys(name for value in values.values() for name in value["metrics"]))
        rows = [
            (
                value,
                str(row["items"]),
                *(
                    f"{shown(row['metrics'][name]['value'])} ({interval(row['metrics'][name])})"
                    if name in row["metrics"]
                    else "–"
                    for name in names
                ),
            )
            for value, row in values.items()
        ]
        parts.append(_table((dimension, "questions", *names), rows))
    return parts


def _errors(task: str, records: Sequence[Record]) -> list[str]:
    describe = {"retrieval": _ranking_error, "support": _claim_error}.get(task, _answer_error)
    worst = worst_errors(task, records)
    return ["<h2>Worst errors</h2>", *(describe(record) for record in worst)] if worst else []


def worst_errors(task: str, records: Sequence[Record], count: int = ERRORS) -> list[Record]:
    """The records that went most wrong, the worst first.

    Of answers: those that are wrong and were said, the most confident first; then right ones that were refused.
    Of rankings: the lowest nDCG@10. Of claims: the highest scores without and the lowest with support.
    """
    if task == "retrieval":
        ranked = sorted((r for r in records if r["metrics"]["nDCG@10"] < 1), key=lambda r: r["metrics"]["nDCG@10"])
    elif task == "support":
        scores = [record["signals"]["score"] for record in records]
        middle = sorted(scores)[len(scores) // 2] if scores else 0.0
        ranked = sorted(
            records, key=lambda r: (r["signals"]["score"] - middle) * (1 if r["signals"]["positive"] else -1)
        )
        ranked = [r for r in ranked if (r["signals"]["score"] > middle) != bool(r["signals"]["positive"])]
    else:
        said = [r for r in records if r["said"] and not r["signals"]["right"]]
        refused = [r for r in records if not r["said"] and r["signals"]["right"]]
        ranked = [
            *sorted(said, key=lambda r: -r["signals"]["confidence"])[: count - min(len(refused), count // 4)],
            *sorted(refused, key=lambda r: -r["signals"]["confidence"]),
        ]
    return ranked[:count]


def _error(question: str, left: str, right: str) -> str:
    return f'<div class="error"><div class="q">{escape(question)}</div><div>{left}</div><div>{right}</div></div>'


def _answer_error(record: Record) -> str:
    answer, gold = record["answer"], record["gold"]
    quotes = [(f"{c['source']}, characters {c['start']}–{c['end']}", c["quote"]) for c in answer["citations"]]
    verdict = "said" if record["said"] else "refused, its candidate"
    left = f"<small>{verdict}, confidence {answer['confidence']:.2f}</small>{escape(prediction(answer) or '–')}"
    left += "".join(f"<blockquote>{escape(text)}<small>{escape(place)}</small></blockquote>" for place, text in quotes)
    expected = " / ".join(dict.fromkeys(gold["answers"])) if gold["answerable"] else "no answer in these documents"
    right = f"<small>gold</small>{escape(expected)}"
    right += f"<blockquote>{escape(gold['evidence'])}</blockquote>" if gold["evidence"] else ""
    return _error(record["question"], left, right)


def _ranking_error(record: Record) -> str:
    ranks = {name: rank for rank, (name, _) in enumerate(record["ranking"], start=1)}
    found = "".join(f"<div>{rank}. {escape(name)}</div>" for name, rank in list(ranks.items())[:5])
    relevant = "".join(
        f"<div>{escape(name)} (grade {grade}): {'rank ' + str(ranks[name]) if name in ranks else 'not found'}</div>"
        for name, grade in record["gold"]["relevant"].items()
    )
    left = f"<small>nDCG@10 {record['metrics']['nDCG@10']:.2f}; found first</small>{found}"
    return _error(record["question"], left, f"<small>relevant</small>{relevant}")


def _claim_error(record: Record) -> str:
    evidence = "".join(f"<blockquote>{escape(text)}</blockquote>" for text in record["gold"]["evidence"])
    left = f"<small>score {record['signals']['score']:.3f}</small>label: {escape(str(record['gold']['label']))}"
    return _error(record["question"], left, f"<small>evidence, the closest sentences</small>{evidence}")
