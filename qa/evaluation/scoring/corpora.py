"""The documents of visitors' questions, read when an answer first has to be looked up in them; and the gold in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from documents.document import Document
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.datasets.offsets import place_of
from qa.evaluation.datasets.questions import read_documents
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.metrics.evidence import overlap
from qa.evaluation.scoring.cited import held_span
from qa.evaluation.scoring.evidence import evidence_metrics
from qa.evaluation.scoring.finding import found_metrics, read_metrics
from qa.evaluation.scoring.reply import DocumentLookup, Reply
from qa.saved.verification_source import said

HITS = (1, 5)


class Corpora:
    """The documents of each corpus of a dataset, by name; files that cannot be read are left out."""

    def __init__(self, dataset: Dataset) -> None:
        self._folders = dataset.corpora
        self._read: dict[str, DocumentLookup] = {}

    def lookup(self, corpus: str) -> DocumentLookup:
        """The documents of a corpus.

        Raises:
            DatasetError: none can be read.
        """
        if corpus not in self._read:
            self._read[corpus] = DocumentLookup(read_documents(self._folders[corpus])[0])
        return self._read[corpus]


def is_called(path: str, name: str) -> bool:
    """Whether a document at ``path`` is the one that a gold source names: by its path, or the end of it."""
    return f"/{PurePath(path).as_posix()}".endswith(f"/{name}")


def gold_metrics(item: Item, reply: Reply, corpora: Corpora) -> dict[str, float]:
    """How well the gold documents and the gold evidence of a visitor's question are found and cited.

    - ``hit@1``, ``hit@5``: where a gold document is known, also of refusals;
    - those of ``found_metrics`` and ``read_metrics``: where evidence is given and stands in the documents, also of
      refusals;
    - ``document_precision``, ``document_recall``, ``document_F1``: where something is cited, too;
    - those of ``evidence_metrics``: where evidence is given and stands in the documents, and something is cited.
    """
    if not item.relevant:
        return {}
    metrics = {
        f"hit@{k}": float(any(is_called(path, name) for path in _found(reply, k) for name in item.relevant))
        for k in HITS
    }
    held = corpora.lookup(item.corpus).documents if item.evidence else {}
    gold = [own for path, own in held.items() if any(is_called(path, name) for name in item.relevant)]
    documents = {document.id: document for document in gold}
    places = [place for text in item.evidence if (place := _place(text, documents))]
    places = places if len(places) == len(item.evidence) else []
    known = {**reply.cited, **documents}
    metrics |= found_metrics(reply.passages, [places])
    metrics |= read_metrics(reply.answer, reply.answer["answered"], [places], known)
    marked = {number for statement in said(reply.answer) for number in statement["citations"]}
    citations = [citation for citation in reply.answer["citations"] if citation["number"] in marked]
    if not citations:
        return metrics
    cited = [_gold_name(citation["source"], item) for citation in citations]
    metrics |= overlap(cited, list(item.relevant)).named("document")
    if places:
        spans = [held_span(citation, known.get(citation["document"])) for citation in citations]
        metrics |= evidence_metrics(spans, [places], known)
    return metrics


def _found(reply: Reply, most: int) -> list[str]:
    """The paths of the first ``most`` documents that were found, best first."""
    paths = [passage["source"] for passage in reply.answer.get("passages", ())]
    names = {citation["document"]: citation["source"] for citation in reply.answer["citations"]}
    return list(dict.fromkeys(paths or [names.get(key, key) for key in reply.retrieved]))[:most]


def _gold_name(path: str, item: Item) -> str:
    """The gold source that names a document, else its path."""
    return next((name for name in item.relevant if is_called(path, name)), path)


def _place(text: str, documents: Mapping[str, Document]) -> TextSpan | None:
    """Where the text stands in the documents, whatever its white space."""
    found = ((key, place_of(text, document.text)) for key, document in documents.items())
    return next(((key, *place) for key, place in found if place), None)
