"""Refdesk's search, with what it reranks first, as a model of MTEB and as a retriever of BEIR.

    python -m benchmarks.harness.retrieval               # both, over the sample documents; prints the figures
    python -m benchmarks.harness.retrieval --mteb SciFact      # one of MTEB's own tasks, which it downloads

The corpus is the paragraphs of the sample documents, the queries are the questions that have an answer, and the
paragraphs that hold the evidence are relevant. Both are the system of ``refdesk eval FOLDER --task retrieval``.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness.checks import Checks, told
from documents.document import Document
from documents.normalise import normalise
from qa import read_settings
from qa.assistant.compose import load_models
from qa.evaluation import Dataset, Item
from qa.evaluation.systems.indexing import IndexChoice
from qa.evaluation.systems.refdesk import open_system
from qa.evaluation.tasks import TASKS

if TYPE_CHECKING:
    from qa.evaluation.systems.system import OpenedSystem

Qrels = dict[str, dict[str, int]]
NAME = "refdesk"


class Ranker:
    """Ranks the documents of one corpus, up to 100 for a question."""

    def __init__(self, corpus: Mapping[str, Mapping[str, str]], folder: Path) -> None:
        """``corpus`` has a ``text`` and maybe a ``title`` by id; its index comes to lie below ``folder``."""
        documents = {key: _document(own.get("title") or "", own["text"]) for key, own in corpus.items()}
        dataset = Dataset("corpus", "retrieval", documents, (), "en", "")
        self._system: OpenedSystem = open_system(
            "default", TASKS["retrieval"], dataset, read_settings(), IndexChoice(None, folder), load_models
        )

    def ranked(self, queries: Mapping[str, str], depth: int) -> dict[str, dict[str, float]]:
        """For each query, by its id, the ids of the documents that are found, with their scores."""
        found = {key: dict(self._system.ask(Item(key, text, key))) for key, text in queries.items()}  # type: ignore[call-overload]
        return {key: dict(list(own.items())[:depth]) for key, own in found.items()}


class BeirSearch:
    """What ``beir.retrieval.evaluation.EvaluateRetrieval`` takes as its retriever."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def search(
        self,
        corpus: Mapping[str, Mapping[str, str]],
        queries: Mapping[str, str],
        top_k: int,
        *_: Any,
        **__: Any,
    ) -> dict[str, dict[str, float]]:
        """Query id -> document id -> score; the score function that BEIR names is passed over."""
        return Ranker(corpus, self._folder).ranked(queries, top_k)


class MtebSearch:
    """What ``mteb.evaluate`` takes as its model: a search of its own, and no embeddings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ranker: Ranker | None = None

    @property
    def mteb_model_meta(self) -> Any:
        """What MTEB keeps of the model beside its figures."""
        from mteb.models.model_meta import ModelMeta

        return ModelMeta.create_empty({"name": f"{NAME}/{NAME}", "revision": "1"})

    def index(self, corpus: Iterable[Mapping[str, str]], **_: Any) -> None:
        """Index the documents of a task."""
        self._ranker = Ranker({str(own["id"]): own for own in corpus}, self._folder)

    def search(self, queries: Iterable[Mapping[str, str]], *, top_k: int, **_: Any) -> dict[str, dict[str, float]]:
        """Query id -> document id -> score."""
        assert self._ranker is not None, "MTEB indexes before it searches"
        return self._ranker.ranked({str(own["id"]): own["text"] for own in queries}, top_k)


def sample_corpus() -> tuple[dict[str, dict[str, str]], dict[str, str], Qrels]:
    """The paragraphs by id, the questions that have an answer, and which paragraphs hold their evidence."""
    dataset = Checks().dataset
    corpus = {
        f"{name}/{number}": {"title": document.title or "", "text": text.strip()}
        for name, document in dataset.documents.items()
        for number, text in enumerate(document.text.split("\n"), start=1)
        if text.strip()
    }
    queries = {item.id: item.question for item in dataset.items if item.answers}
    relevant: Qrels = {
        item.id: {key: 1 for key, own in corpus.items() if any(text in own["text"] for text in item.evidence)}
        for item in dataset.items
        if item.id in queries
    }
    return corpus, queries, relevant


def by_beir(folder: Path) -> dict[str, float]:
    """The figures that BEIR computes."""
    from beir.retrieval.evaluation import EvaluateRetrieval

    corpus, queries, relevant = sample_corpus()
    retriever = EvaluateRetrieval(BeirSearch(folder), k_values=[1, 10], score_function=None)
    ndcg, _, recall, _ = retriever.evaluate(relevant, retriever.retrieve(corpus, queries), retriever.k_values)
    return {"nDCG@10": ndcg["NDCG@10"], "Recall@1": recall["Recall@1"], "Recall@10": recall["Recall@10"]}


def by_mteb(folder: Path, task: Any) -> dict[str, float]:
    """The figures that MTEB computes of a task."""
    import mteb

    result = mteb.evaluate(MtebSearch(folder), task, cache=None, show_progress_bar=False)
    (scores,) = [own for split in result.task_results[0].scores.values() for own in split]
    return {"nDCG@10": scores["ndcg_at_10"], "Recall@1": scores["recall_at_1"], "Recall@10": scores["recall_at_10"]}


def sample_task() -> Any:
    """The sample documents as a task of MTEB."""
    from datasets import Dataset as Rows
    from mteb.abstasks.retrieval import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata

    corpus, queries, relevant = sample_corpus()

    class RefdeskSample(AbsTaskRetrieval):
        metadata = TaskMetadata(
            name="RefdeskSample", description="Paragraphs of Refdesk's sample documents.", type="Retrieval",
            category="t2t", dataset={"path": "refdesk/sample", "revision": "1"}, eval_langs=["eng-Latn"],
            main_score="ndcg_at_10",
        )  # fmt: skip

        def load_data(self, *_: Any, **__: Any) -> None:
            """The data are here already."""
            rows = [{"id": key, **own} for key, own in corpus.items()]
            asked = [{"id": key, "text": text} for key, text in queries.items()]
            split = {"corpus": Rows.from_list(rows), "queries": Rows.from_list(asked), "top_ranked": None}
            self.dataset = {"default": {"test": {**split, "relevant_docs": relevant}}}
            self.data_loaded = True

    return RefdeskSample()


def _document(title: str, text: str) -> Document:
    """As ``refdesk eval`` reads a BEIR folder: the title of a document without text becomes its text."""
    title, text = " ".join(normalise(title).split()), normalise(text)
    return Document(text or title, title if text else "", parser="beir/1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mteb", metavar="TASK", help="one of MTEB's own tasks, in place of the sample documents")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.mteb:
            import mteb

            print(told(f"mteb {chosen.mteb}", by_mteb(Path(folder), mteb.get_task(chosen.mteb))))
            return
        print(told("mteb", by_mteb(Path(folder), sample_task())))
        print(told("beir", by_beir(Path(folder))))


if __name__ == "__main__":
    main()
