"""Documents that no question is about, to index among a dataset's own: they make retrieval harder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from documents.document import Document
from qa.evaluation.datasets.beir import CORPUS, read_corpus
from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import PACKED, DatasetRecord, digest, json_lines, read
from qa.evaluation.datasets.load import load_dataset
from qa.evaluation.datasets.questions import read_documents


def distractor_documents(paths: Sequence[Path]) -> tuple[dict[str, Document], tuple[str, ...]]:
    """The documents of benchmark files, BEIR folders, corpus files, or files and folders in any document format.

    Returns the documents by name, and the files that cannot be read, each with the reason.

    Raises:
        DatasetError: one of the paths cannot be read.
    """
    found: dict[str, Document] = {}
    unread: list[str] = []
    for path in paths:
        prefix = f"{path.name}/" if len(paths) > 1 else ""
        try:
            documents, failed = _documents(path)
        except OSError as error:
            raise DatasetError(f"{error.filename or path}: cannot be read ({error.strerror})") from error
        found |= {prefix + name: document for name, document in documents.items()}
        unread += failed
    return found, tuple(unread)


def distractors_digest(documents: Mapping[str, Document]) -> str | None:
    """The digest of documents and their names; None without any."""
    named = (f"{name}\0{document.id}".encode() for name, document in sorted(documents.items()))
    return digest(named) if documents else None


def _documents(path: Path) -> tuple[Mapping[str, Document], tuple[str, ...]]:
    corpus = next((path / name for name in CORPUS if (path / name).is_file()), path)
    endings = [suffix for suffix in corpus.suffixes if suffix not in PACKED][-1:]
    if endings == [".jsonl"]:
        data = read(corpus)
        if "question" not in next(json_lines(data, corpus.name), DatasetRecord("", {})).fields:
            return read_corpus(data, corpus.name), ()
    if endings not in ([".jsonl"], [".json"]):
        return read_documents(path)
    documents = load_dataset(corpus, indexed=True).documents
    if not documents:
        raise DatasetError(f"{path}: holds questions but no documents")
    return documents, ()
