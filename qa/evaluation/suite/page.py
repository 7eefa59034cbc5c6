"""All figures of a suite -> a page in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qa.evaluation.suite.benchmarks import AMONG, CLAIM_SYSTEMS, FEW, LANGUAGES, MANY, RETRIEVAL, SOME

Row = tuple[str, str]
SECTIONS: Sequence[tuple[str, str, Sequence[str], Sequence[Row]]] = (
    (
        "Retrieval: SciFact, test",
        "5,183 abstracts, 300 claims. Hybrid is both retrievers fused; the default also reranks the best of them, as "
        "the assistant does.",
        ("nDCG@10", "Recall@10", "Recall@100", "MRR@10", "MAP"),
        [(f"scifact-retrieval-{system}", system) for system in ("bm25", "dense", "hybrid", "default")],
    ),
    (
        "Retrieval: XQuAD-en's paragraphs among many",
        f"{AMONG} questions; the 240 paragraphs are mixed with 18,444 others of Wikipedia.",
        ("P@1", "Recall@5", "Recall@10", "MRR@10"),
        [(f"xquad-en-among-{system}", system) for system in ("bm25", "dense", "hybrid", "default")],
    ),
    (
        "Reading: a question with its paragraph",
        f"XQuAD-en has an answer to every question and is read without refusing. {MANY:,} questions of SQuAD 2.0.",
        ("EM", "F1", "HasAns_F1", "NoAns_F1", "F1_forced", "AUROC"),
        [("xquad-en-reading", "XQuAD-en"), ("squad2-reading", "SQuAD 2.0 part A")],
    ),
    (
        "Open QA: all paragraphs indexed, the question alone",
        f"All questions of XQuAD-en and {MANY:,} of SQuAD 2.0 are asked.",
        ("EM", "F1", "F1_forced", "answer_in_statement", "hit@1", "hit@5", "answered", "coverage@80%", "AURC", "ECE"),
        [("xquad-en-qa", "XQuAD-en"), ("squad2-qa", "SQuAD 2.0 part A")],
    ),
    (
        "Citations and refusals in open QA",
        "",
        ("citation_precision", "citation_recall", "character_precision", "character_recall", "citations_hold",
         "answer_citation_recall", "refusal_precision", "refusal_recall", "AUROC"),
        [("xquad-en-qa", "XQuAD-en"), ("squad2-qa", "SQuAD 2.0 part A"), ("silent-qa", "silent documents")],
    ),
    (
        "Silent documents",
        "SQuAD 2.0 part A and XQuAD-en together. Every second article is indexed and every question is asked: most "
        "have no answer, because their article is missing or because they were made unanswerable.",
        ("EM", "F1", "HasAns_F1", "NoAns_F1", "answered", "refusal_recall", "AUROC", "coverage@80%", "AURC", "ECE"),
        [("silent-qa", "all")],
    ),
    (
        "Other languages: XQuAD, retrieval",
        f"{SOME} questions of each language, drawn with seed 0, with the multilingual embedder.",
        ("P@1", "Recall@5", "MRR@10"),
        [
            (f"xquad-{language}-retrieval-{system}", f"{language} {system}")
            for language in LANGUAGES
            for system in RETRIEVAL
        ],
    ),
    (
        "Other languages: XQuAD, open QA",
        f"{FEW} questions of each language, drawn with seed 0, with the multilingual embedder. The answer is the whole "
        "sentence that is nearest to the question. Without that embedder such questions get a notice.",
        ("F1", "F1_forced", "answer_in_statement", "hit@1", "answered", "ECE"),
        [(f"xquad-{language}-qa", language) for language in LANGUAGES],
    ),
    (
        "Support: WiCE, dev",
        "Coverage is the share of the claim's content words that the evidence holds; the default is the verifier. Its "
        "shipped weights have seen these claims; figures for claims that it has not seen are in the "
        "[model card](../training/README.md).",
        ("AUROC", "balanced_accuracy", "recall@90%precision"),
        [(f"wice-support-{system}", system) for system in CLAIM_SYSTEMS],
    ),
)  # fmt: skip


def page(results: Mapping[str, Mapping[str, Any]], head: str) -> str:
    """The page, below ``head``; ``results`` are figures by the benchmark's name, without those that were not run."""
    parts = [head]
    for title, note, metrics, rows in SECTIONS:
        present = [(results[name], label) for name, label in rows if name in results]
        if present:
            parts.append("\n".join([f"## {title}\n", *([f"{note}\n"] if note else []), *_table(metrics, present)]))
    parts += [_slices(results["silent-qa"])] if "silent-qa" in results else []
    parts += [_made_with(results)] if results else []
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _table(metrics: Sequence[str], rows: Sequence[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    shown = [name for name in metrics if any(name in result["metrics"] for result, _ in rows)]
    head = ["", "questions", *shown, "median s"]
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for result, label in rows:
        figures = [_figure(result["metrics"].get(name)) for name in shown]
        median = result["timing"].get("p50")
        cells = [label, str(result["items"]), *figures, "" if median is None else f"{median:.3f}"]
        yield "| " + " | ".join(cells) + " |"


def _figure(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return ""
    interval = "" if figure["low"] is None else f" ({_short(figure['low'])}–{_short(figure['high'])})"
    return f"{_short(figure['value'])}{interval}"


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".removeprefix("0") if 0 < value < 1 else f"{value:.0f}"


def _slices(result: Mapping[str, Any]) -> str:
    """The figures of each kind of question about the silent documents."""
    lines = [
        "## Silent documents, by kind of question\n",
        "| question | questions | answered | EM |",
        "|---|---|---|---|",
    ]
    for kind, row in result["slices"].get("kind", {}).items():
        figures = [_figure(row["metrics"].get(name)) for name in ("answered", "EM")]
        lines.append(f"| {kind} | {row['items']} | {figures[0]} | {figures[1]} |")
    return "\n".join(lines)


def _made_with(results: Mapping[str, Mapping[str, Any]]) -> str:
    models = {json.dumps(result["config"]["models"], sort_keys=True) for result in results.values()}
    named = sorted({f"{key} {name}" for text in models for key, name in json.loads(text).items()})
    machines = {
        "{processor}, {cores} cores, Python {python}".format(**r["config"]["machine"], **r["config"]["versions"])
        for r in results.values()
    }
    overheads = [o for r in results.values() if r["task"] == "qa" and (o := r["timing"].get("overhead")) is not None]
    bench = f" The bench itself took at most {max(overheads):.1%} of the answers' time in open QA." if overheads else ""
    thresholds = sorted({r["config"]["threshold"] for r in results.values() if r["config"]["threshold"]})
    decides = ", ".join(f"{value:g}" for value in thresholds)
    return (
        f"## Made with\n\n{'; '.join(named)}. Answers are given from a confidence of {decides or '0'} on. "
        f"{'; '.join(sorted(machines))}.{bench}"
    )
