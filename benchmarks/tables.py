"""The benchmarks of docs/benchmarks.md: run them, store their figures, and generate the page from these.

    python -m benchmarks.tables --data DATA [--only PATTERN] [--limit N] [--runs .benchmarks] [--docs docs]
    python -m benchmarks.tables --render        generate the page from docs/benchmarks/*.json
    python -m benchmarks.tables --check         exit 1 if the page does not match those files

DATA has scifact/, xquad/, squad_dev/ and wice/ in their public layouts. An interrupted run is resumed; a complete one
is not repeated unless models, settings or data have changed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from benchmarks.silent import silent_documents
from index.models import MULTILINGUAL_EMBEDDER
from qa import settings
from qa.evaluation import (
    Callbacks,
    Dataset,
    Harness,
    RunError,
    RunProgress,
    distractor_documents,
    evaluate,
    load_dataset,
)

DOCS = Path(__file__).parent.parent / "docs"
LANGUAGES = ("zh", "es", "de", "ru", "ar", "hi")
RETRIEVAL = ("bm25", "dense", "default")  # systems compared in other languages
OTHERS = "train/train.weak.squad2_backtranslated.conf50.json.gz"  # 18,444 paragraphs to hide XQuAD's among
# Questions drawn of SQuAD 2.0's and the silent documents', of XQuAD's among many paragraphs, of each further language
# in retrieval and in open QA: the whole takes about 40 minutes on two cores.
MANY, AMONG, SOME, FEW = 600, 300, 200, 100


CLAIM_SYSTEMS = ("coverage", "reranker", "default")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark; ``name`` is that of its file, ``among`` a file of further paragraphs to index."""

    name: str
    dataset: str
    task: str
    system: str = "default"
    limit: int | None = None
    embedder: str | None = None
    among: str | None = None


def matrix() -> list[Benchmark]:
    """All benchmarks, the fast ones first."""
    rows = [Benchmark(f"wice-support-{system}", "wice", "support", system) for system in CLAIM_SYSTEMS]
    systems = ("bm25", "dense", "hybrid", "default")
    rows += [Benchmark(f"scifact-retrieval-{system}", "scifact", "retrieval", system) for system in systems]
    rows += [Benchmark(f"xquad-en-{task}", "xquad-en", task) for task in ("reading", "qa")]
    rows += [Benchmark(f"squad2-{task}", "squad2", task, limit=MANY) for task in ("reading", "qa")]
    rows.append(Benchmark("silent-qa", "silent", "qa", limit=MANY))
    rows += [
        Benchmark(f"xquad-en-among-{system}", "xquad-en", "retrieval", system, AMONG, among=OTHERS)
        for system in systems
    ]
    for language in LANGUAGES:
        name, embedder = f"xquad-{language}", MULTILINGUAL_EMBEDDER
        rows += [
            Benchmark(f"{name}-retrieval-{system}", name, "retrieval", system, SOME, embedder) for system in RETRIEVAL
        ]
        rows.append(Benchmark(f"{name}-qa", name, "qa", limit=FEW, embedder=embedder))
    return rows


def dataset_of(name: str, data: Path) -> Dataset:
    """The dataset called ``name`` in the matrix."""
    part_a = data / "squad_dev" / "squad2_dev_part_a.json"
    readers: Mapping[str, Callable[[], Dataset]] = {
        "wice": lambda: load_dataset(data / "wice" / "claim.dev.jsonl"),
        "scifact": lambda: load_dataset(data / "scifact"),
        "squad2": lambda: load_dataset(part_a),
        "silent": lambda: silent_documents(
            [load_dataset(part_a), load_dataset(data / "xquad" / "xquad.en.json")], "silent"
        ),
    }
    if name.startswith("xquad-"):
        return load_dataset(data / "xquad" / f"xquad.{name.removeprefix('xquad-')}.json")
    return readers[name]()


def run(
    benchmark: Benchmark, dataset: Dataset, data: Path, runs: Path, limit: int | None, harness: Harness
) -> dict[str, Any]:
    """Run the benchmark; its figures and what they were made with, without any path of this machine."""
    others = distractor_documents([data / benchmark.among])[0] if benchmark.among else None
    limits = [number for number in (benchmark.limit, limit) if number is not None]

    def tell(progress: RunProgress) -> None:
        if progress.done % 50 == 0 or progress.done == progress.of:
            mean = f", {progress.metric} {progress.mean:.3f}" if progress.mean is not None else ""
            print(f"{benchmark.name}: {progress.done}/{progress.of}{mean}", file=sys.stderr, flush=True)

    def asked(*, resume: bool) -> Any:
        return evaluate(
            dataset,
            benchmark.system,
            task=benchmark.task,
            out=runs,
            settings=settings.read(embedder=benchmark.embedder),
            distractors=others,
            limit=min(limits, default=None),
            resume=resume,
            callbacks=Callbacks(asking=tell),
            harness=harness,
        )

    try:
        made = asked(resume=True)
    except RunError as error:
        print(f"{benchmark.name}: {error}: starting again", file=sys.stderr)
        made = asked(resume=False)
    names = ("threshold", "limit", "seed", "models", "versions", "machine")
    config = {**{name: made.config[name] for name in names}, "dataset_digest": made.config["dataset"]["digest"]}
    return {**made.metrics, "config": config}


def stored(folder: Path) -> dict[str, dict[str, Any]]:
    """The figures stored in ``folder``, by the benchmark's name."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            sys.exit(f"{path}: not JSON ({error}): run that benchmark again, or delete the file")
    return found


# --- the page ---

HEAD = """# Benchmarks

This page is written by `python -m benchmarks.tables --data DATA` from the files in `benchmarks/` beside it, and never
edited by hand. Values lie between 0 and 1, with 95% intervals by bootstrap over documents. Each metric is defined in
[evaluation.md](evaluation.md). Nothing was tuned on XQuAD or SciFact's test claims. The confidence is calibrated on
SQuAD 2.0 part A, and the shipped verifier is fitted on WiCE dev too.
"""

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
         "refusal_precision", "refusal_recall", "AUROC"),
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


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The content of docs/benchmarks.md, without benchmarks that were not run."""
    parts = [HEAD]
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


def main(arguments: Sequence[str] | None = None, harness: Harness = Harness()) -> None:  # noqa: B008 - frozen
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", default="*", help="run those whose name matches, such as 'xquad-en-*'")
    parser.add_argument("--limit", type=int, help="ask at most so many questions of each")
    parser.add_argument("--runs", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    figures, target = options.docs / "benchmarks", options.docs / "benchmarks.md"
    if options.check:
        if not target.is_file() or target.read_text("utf-8") != page(stored(figures)):
            sys.exit(f"{target} is not what {figures} gives: run python -m benchmarks.tables --render")
        return
    if not options.render:
        if options.data is None:
            parser.error("name the folder of the data with --data, or use --render or --check")
        chosen = [each for each in matrix() if fnmatch(each.name, options.only)]
        if not chosen:
            parser.error(f"no benchmark is called {options.only}: {', '.join(each.name for each in matrix())}")
        if options.limit and options.docs == DOCS:
            parser.error("figures of a few questions are not for the page: name another folder with --docs")
        figures.mkdir(parents=True, exist_ok=True)
        loaded: dict[str, Dataset] = {}
        for benchmark in chosen:
            dataset = loaded.setdefault(benchmark.dataset, dataset_of(benchmark.dataset, options.data))
            result = run(benchmark, dataset, options.data, options.runs, options.limit, harness)
            text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
            (figures / f"{benchmark.name}.json").write_text(text, "utf-8")
            target.write_text(page(stored(figures)), "utf-8")
    target.write_text(page(stored(figures)), "utf-8")


if __name__ == "__main__":
    main()
