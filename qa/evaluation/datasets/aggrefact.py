"""LLM-AggreFact (Tang et al. 2024): claims of language models, each with its document and a label.

The hub's table as JSON Lines, a record a pair::

    {"dataset": "RAGTruth", "doc": "…", "claim": "…", "label": 1, "contamination_identifier": "…"}

The sentences of ``doc`` are the evidence; ``label`` is 1 where they support the claim, else 0. Claims about one ``doc``
are one group, and ``dataset`` is a slice: the benchmark's figure is the mean of the parts' balanced accuracy. The
records are numbered, unless they have an ``id``. ``contamination_identifier`` is not read.
"""

from __future__ import annotations

from documents.normalise import normalise
from documents.sentences import sentences
from qa.evaluation.datasets.claims import NOT, SUPPORTED
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import shown

_LABELS = {1: SUPPORTED, 0: NOT}


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    language = file.language("claim")
    groups: dict[str, str] = {}
    items = []
    for number, record in enumerate(file.records, start=1):
        text = normalise(record.required("doc"))
        label = record.fields.get("label")
        if not isinstance(label, int) or isinstance(label, bool) or label not in _LABELS:
            raise DatasetError(f"{record.where}: label must be 1 (supported) or 0 (not), not {shown(label)}")
        item = Item(
            id=record.text("id") or str(number),
            question=record.required("claim"),
            group=groups.setdefault(text, f"document {len(groups) + 1}"),
            evidence=tuple(text[start:end] for start, end in sentences(text)),
            label=_LABELS[label],
            slices=record.named("dataset"),
        )
        items.append(item)
    return file.dataset("support", {}, items, language)
