"""Small benchmarks, written as files, and models and a harness to evaluate them with."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from fakes import WordEmbedder, WordEntailment, WordReader, WordReranker, small_splitter

from qa.assistant.compose import Models
from qa.evaluation import Harness, Run
from qa.evaluation.plots import plots
from qa.evaluation.scoring.judges import EntailmentJudge
from qa.read.confidence.calibration import Calibration

ARTICLES = {
    "Pumps": {
        "Alpha pumps water into the old town. The pump was built by Ann Miller in 1890.": [
            ("What does Alpha do in the old town?", ["pumps water", "water"]),
            ("Who built the pump?", ["Ann Miller"]),
            ("Who sold the pump to the church?", []),
        ],
        "The river Gamma is 12 miles long. It feeds the mill of the town.": [
            ("How long is the river Gamma?", ["12 miles"]),
        ],
    },
    "Grain": {
        "Beta stores grain for the winter. The granary holds 300 tons of wheat.": [
            ("What does Beta store for the winter?", ["grain"]),
            ("How many tons of wheat does the granary hold?", ["300", "300 tons"]),
            ("Which bird lives on the moon?", []),
        ],
    },
}

VISITORS: list[dict[str, Any]] = [
    {"question": "What does Alpha do in the old town?", "kind": "fact", "corpus": "town",
     "expect": {"all": [["pumps water"]], "head": ["pumps water"], "cite": ["pumps.txt"]}},
    {"question": "How many tons of wheat does it hold?", "after": ["What is the barn of Beta for?"],
     "kind": "follow-up", "corpus": "farm", "expect": {"all": [["300 tons"], ["grain"]]}},
    {"question": "Which bird lives on the moon?", "kind": "silent", "corpus": "farm", "expect": {"kind": "refusal"}},
]  # fmt: skip


def squad(folder: Path, *, unanswerable: bool = True, name: str = "town.json") -> Path:
    """A SQuAD 2.0 file of three paragraphs; without its unanswerable questions a SQuAD 1.1 file."""
    articles: list[dict[str, Any]] = []
    for title, paragraphs in ARTICLES.items():
        made: list[dict[str, Any]] = []
        for context, questions in paragraphs.items():
            qas = [
                {
                    "id": f"{title}-{len(made)}-{number}",
                    "question": question,
                    "is_impossible": not golds,
                    "answers": [{"text": gold, "answer_start": context.index(gold)} for gold in golds],
                }
                for number, (question, golds) in enumerate(questions)
                if golds or unanswerable
            ]
            made.append({"context": context, "qas": qas})
        articles.append({"title": title, "paragraphs": made})
    path = folder / name
    path.write_text(json.dumps({"version": "v2.0", "data": articles}), "utf-8")
    return path


def beir(folder: Path) -> Path:
    """A BEIR folder of four documents and three judged queries."""
    folder = folder / "mini"
    folder.mkdir()
    corpus = {
        "d1": ("Pumps", "Alpha pumps water into the old town."),
        "d2": ("Grain", "Beta stores grain for the winter."),
        "d3": ("Iron", "Gamma sells iron to the town."),
        "d4": ("Birds", "Birds sing in the old wood."),
    }
    _lines(folder / "corpus.jsonl", [{"_id": key, "title": a, "text": b} for key, (a, b) in corpus.items()])
    queries = {"q1": "Alpha pumps water", "q2": "grain for the winter", "q3": "iron and birds"}
    _lines(folder / "queries.jsonl", [{"_id": key, "text": text} for key, text in queries.items()])
    (folder / "qrels.tsv").write_text("q1\td1\t1\nq2\td2\t2\nq2\td4\t1\nq3\td3\t1\nq3\td4\t1\n")
    return folder


def claims(folder: Path) -> Path:
    """A file of eight claims with evidence, four of them supported."""
    evidence = ["Alpha pumps water into the old town.", "It was built in 1890.", "Nobody lives there."]
    rows = [
        ("Alpha pumps water into the old town.", "supported"),
        ("Alpha was built in 1890.", "supported"),
        ("Nobody lives in the old town.", "supported"),
        ("Water was pumped into the town.", "supported"),
        ("Alpha sells iron to bakers.", "not_supported"),
        ("Beta pumps beer out of barrels.", "partially_supported"),
        ("Birds sing songs.", "not_supported"),
        ("Everybody sells iron.", "not_supported"),
    ]
    path = folder / "claims.jsonl"
    _lines(path, [{"claim": claim, "evidence": evidence, "label": label} for claim, label in rows])
    return path


def visitors(folder: Path, questions: list[dict[str, Any]] = VISITORS) -> Path:
    """A folder of visitors' questions about two corpora."""
    made = folder / "mine"
    for name, text in {
        "town/pumps.txt": "Alpha pumps water into the old town. The pump was built in 1890.",
        "farm/grain.txt": "Beta stores grain for the winter.\n\nThe barn holds 300 tons of wheat.",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    _lines(made / "questions.jsonl", questions)
    return made


def _lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def word_models(threshold: float = 0.5) -> Models:
    """Deterministic models that count and hash words."""
    calibration = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.5, threshold=threshold)
    return Models(small_splitter(40), WordEmbedder(), WordReranker(), WordReader(), calibration, WordEntailment())


def word_harness(threshold: float = 0.5) -> Harness:
    """An evaluation harness with models that count words, few resamples, and no plots, which take longest."""
    judge = EntailmentJudge(WordEntailment())
    return Harness(lambda *_: word_models(threshold), resamples=50, judge=judge, plots=unplotted)


def plotting_harness() -> Harness:
    """The same, with the plots that runs have."""
    return replace(word_harness(), plots=plots)


def unplotted(*_: object) -> list[str]:
    """No plots."""
    return []


def value(run: Run, name: str) -> float:
    """A metric of a run."""
    return run.metrics["metrics"][name]["value"]  # type: ignore[no-any-return]


def opened(run: Run, identity: str) -> list[str]:
    """The lines that a run's report shows where a question is opened."""
    page = (run.folder / "report.html").read_text("utf-8")
    entries = re.findall(r"<details data-kind.*?</details>", page, re.DOTALL)
    (entry,) = (entry for entry in entries if f"<small>{identity}</small></span>" in entry)
    text = unescape(re.sub(r"<[^>]+>", "\n", entry.partition("</summary>")[2]))
    return [line.strip() for line in text.splitlines() if line.strip()]


def untimed(run: Run) -> list[dict[str, Any]]:
    """A run's records, read from its folder, without timings."""
    records = json.loads(json.dumps(Run.open(run.folder).records))
    for record in records:
        record["seconds"] = 0
        record["cost"] |= {"processor_seconds": 0, "peak_memory": 0}
        if "answer" in record:
            record["answer"]["timings_ms"] = {}
    return records  # type: ignore[no-any-return]
