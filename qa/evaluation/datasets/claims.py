"""Claims, each with a passage and a label: does the passage support the claim?

- WiCE's format has a record for each pair: ``claim``, ``evidence`` (a text, or a list of sentences), ``label``; its
  ``supporting_sentences`` are ignored. Claims about one article (``meta.claim_title``) are one group.
- SciFact's format has a record for each claim: ``id``, ``claim``, ``evidence`` as ``[{"doc_id", "label"}]`` or
  ``{doc_id: [{"label"}]}``; a corpus file lies beside it. Each labelled document makes a pair, and so does each of
  ``cited_doc_ids`` without a label, as "not supported". Claims without any document are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from documents.document import Document
from documents.normalise import normalise
from documents.sentences import sentences
from qa.evaluation.datasets.beir import CORPUS, read_corpus
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, read, shown

SUPPORTED, PARTIALLY, NOT = "supported", "partially_supported", "not_supported"
_LABELS = {
    SUPPORTED: "supported support supports entailment entailed",
    PARTIALLY: "partially_supported partial partially",
    NOT: "not_supported unsupported contradict contradicts contradicted contradiction refute refutes refuted "
    "not_enough_info not_enough_information nei neutral",
}
_LABEL_OF = {name: label for label, names in _LABELS.items() for name in names.split()}


def load(file: DatasetFile) -> Dataset:
    """The dataset of the claims.

    Without a corpus, SciFact's documents are read from the corpus file beside it.

    Raises:
        DatasetError: a record breaks its format, or there is no corpus file.
    """
    language = file.language("claim")
    if any("label" in record.fields for record in file.records):
        return file.dataset("support", {}, map(_pair, file.records), language)
    data = read(_corpus(file.path, file.corpus))
    documents = read_corpus(data, CORPUS[0])
    items = [item for record in file.records for item in _pairs(record, documents)]
    silent = len(file.records) - len({item.id.split(" ")[0] for item in items})
    notes = [f"{silent} claims without any document are left out"] if silent else ()
    return file.dataset("support", {}, items, language, notes, also=[data])


def _corpus(path: Path, corpus: Path | None) -> Path:
    candidates = [corpus] if corpus and corpus.is_file() else [(corpus or path.parent) / name for name in CORPUS]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise DatasetError(f"{path}: its claims name documents, but there is no corpus.jsonl beside it; put it there")
    return found


def _pair(record: DatasetRecord) -> Item:
    meta = record.fields.get("meta")
    about = DatasetRecord(record.where, meta if isinstance(meta, dict) else {})
    identity = record.text("id", "_id") or about.text("id") or record.where.rpartition(" ")[2]
    evidence = record.fields.get("evidence")
    if isinstance(evidence, str):
        text = normalise(evidence)
        evidence = [text[start:end] for start, end in sentences(text)]
    if not isinstance(evidence, list) or not all(isinstance(sentence, str) for sentence in evidence):
        raise DatasetError(f"{record.where}: evidence must be a text or a list of sentences, not {shown(evidence)}")
    texts, label = tuple(text for sentence in evidence if (text := normalise(sentence))), _label(record)
    if not texts and label != NOT:
        raise DatasetError(f"{record.where}: evidence is empty, but the label is {label}; correct one of the two")
    return Item(
        id=identity,
        question=record.required("claim"),
        group=about.text("claim_title") or identity,
        evidence=texts,
        label=label,
    )


def _pairs(record: DatasetRecord, documents: Mapping[str, Document]) -> Iterator[Item]:
    identity = record.required("_id", "id")
    labels = _labels(record)
    for document, label in labels.items():
        if document not in documents:
            raise DatasetError(f"{record.where}: the document {shown(document)} is not in the corpus")
        text = documents[document].text
        yield Item(
            id=f"{identity} {document}",
            question=record.required("claim"),
            group=document,
            relevant={document: 1},
            evidence=tuple(text[start:end] for start, end in sentences(text)),
            label=label,
        )


def _labels(record: DatasetRecord) -> dict[str, str]:
    """Document id -> label; a document with several labels has the first."""
    evidence = record.fields.get("evidence")
    if isinstance(evidence, dict):
        evidence = [
            {"doc_id": document, **part} if isinstance(part, dict) else part
            for document, parts in evidence.items()
            for part in (parts if isinstance(parts, list) else [parts])
        ]
    if not isinstance(evidence, list) or not all(isinstance(part, dict) for part in evidence):
        raise DatasetError(f"{record.where}: evidence must be a list of objects with doc_id and label")
    labels: dict[str, str] = {}
    for part in evidence:
        place = DatasetRecord(f"{record.where}, evidence", part)
        labels.setdefault(place.required("doc_id"), _label(place))
    cited = record.fields.get("cited_doc_ids") or []
    if not isinstance(cited, list):
        raise DatasetError(f"{record.where}: cited_doc_ids must be a list, not {shown(cited)}")
    for document in cited:
        labels.setdefault(str(document), NOT)
    return labels


def _label(record: DatasetRecord) -> str:
    label = _LABEL_OF.get(re.sub(r"[\s-]+", "_", record.required("label").lower()))
    if label is None:
        raise DatasetError(
            f"{record.where}: label {shown(record.fields['label'])} is not known; use {SUPPORTED}, {PARTIALLY} or {NOT}"
        )
    return label
