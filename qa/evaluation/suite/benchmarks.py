"""The standard suite: the benchmarks of docs/benchmarks.md, and the public files that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from documents.document import Document
from index.models import MULTILINGUAL_EMBEDDER
from qa.evaluation.datasets.dataset import Dataset, DatasetError
from qa.evaluation.datasets.distractors import distractor_documents
from qa.evaluation.datasets.load import load_dataset
from qa.evaluation.datasets.silent import silent_documents

LANGUAGES = ("zh", "es", "de", "ru", "ar", "hi")
RETRIEVAL = ("dense", "default", "bm25")  # systems compared in other languages
OTHERS = "train/train.weak.squad2_backtranslated.conf50.json.gz"  # 18,444 paragraphs to hide XQuAD's among
# Questions drawn of SQuAD 2.0's and the silent documents', of XQuAD's among many paragraphs, of each further language
# in retrieval and of all six over silent documents, of each in open QA: the whole takes about an hour on two cores.
MANY, AMONG, SOME, FEW = 600, 300, 200, 100

_PART_A = "squad_dev/squad2_dev_part_a.json"
_PATHS: Mapping[str, list[str]] = {
    "wice": ["wice/claim.dev.jsonl"],
    "scifact": ["scifact"],
    "squad2": [_PART_A],
    "silent": [_PART_A, "xquad/xquad.en.json"],
    "silent-languages": [f"xquad/xquad.{language}.json" for language in LANGUAGES],
}
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
    """All benchmarks, the fast ones first; of those over the same documents the one that needs no vectors last.

    It searches the index that they have made.
    """
    rows = [Benchmark(f"wice-support-{system}", "wice", "support", system) for system in CLAIM_SYSTEMS]
    systems = ("dense", "hybrid", "default", "bm25")
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
    rows.append(Benchmark("silent-languages-qa", "silent-languages", "qa", limit=SOME, embedder=MULTILINGUAL_EMBEDDER))
    return rows


def chosen(pattern: str) -> list[Benchmark]:
    """The benchmarks whose name matches, such as "xquad-en-*".

    Raises:
        DatasetError: there is none.
    """
    found = [each for each in matrix() if fnmatch(each.name, pattern)]
    if not found:
        raise DatasetError(f"no benchmark is called {pattern}: {', '.join(each.name for each in matrix())}")
    return found


def check_data(benchmarks: Sequence[Benchmark], data: Path) -> None:
    """
    Raises:
        DatasetError: a file or folder that one of the benchmarks needs is missing.
    """
    needed = [path for each in benchmarks for path in _paths(each.dataset) + ([each.among] if each.among else [])]
    missing = next((path for path in needed if not (data / path).exists()), None)
    if missing:
        raise DatasetError(f"{data / missing}: no such file or folder; docs/evaluation.md says what the suite needs")


def _paths(dataset: str) -> list[str]:
    """The files and folders of the dataset called so in the matrix, below the folder of the data."""
    if dataset.startswith("xquad-"):
        return [f"xquad/xquad.{dataset.removeprefix('xquad-')}.json"]
    return _PATHS[dataset]


@cache
def dataset_of(name: str, data: Path) -> Dataset:
    """The dataset called ``name`` in the matrix, which is read once for all of its benchmarks."""
    loaded = [load_dataset(data / path) for path in _paths(name)]
    return silent_documents(loaded, name) if name.startswith("silent") else loaded[0]


@cache
def paragraphs_in(file: Path) -> Mapping[str, Document]:
    """Paragraphs to index among a dataset's own, by name; they are read once for all benchmarks."""
    return distractor_documents([file])[0]
