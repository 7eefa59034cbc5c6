"""RAGTruth (Niu et al. 2024): responses of language models to a source, with the spans that it does not bear out.

``response.jsonl``, a record a response, and ``source_info.jsonl``, which lies beside it or is named as corpus::

    {"id", "source_id", "model", "temperature", "labels": [{"start", "end", "text", "meta", "label_type",
     "implicit_true", "due_to_null"}], "split": "test", "quality": "good", "response"}
    {"source_id", "task_type": "QA" | "Summary" | "Data2txt", "source", "source_info", "prompt"}

Each response is a claim. Its evidence are the sentences of ``source_info``: of the text (Summary), of the ``passages``
(QA), or of a record with a paragraph for each field, which also says what is null (Data2txt).

A response with a labelled span is not supported, as the authors' script counts it, whatever the span says of itself:
what is true, but not in the source (``implicit_true``), is not borne out by it, nor is what a model made of a field
that is null (``due_to_null``). A response that only declines,
and has no span, is supported.

Responses to one source are one group; ``task_type``, ``model`` and ``split`` are slices. As in the authors' script,
responses whose ``quality`` is not good (truncated, incorrect_refusal) are left out: a note says how many. Not read:
``temperature``, ``source``, ``prompt``, ``question`` and, of a span, all but where it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from documents.normalise import normalise
from documents.sentences import sentences
from qa.evaluation.datasets.claims import NOT, SUPPORTED
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, json_lines, shown

CORPUS = "source_info.jsonl"
GOOD = "good"
_INFO = "source_info"


class _Source(NamedTuple):
    task: str
    evidence: tuple[str, ...]


def load(file: DatasetFile) -> Dataset:
    """The dataset of the responses.

    Raises:
        DatasetError: a record breaks the format, or there is no file of sources.
    """
    data, name = file.beside(CORPUS)
    sources, language = _sources(data, name), file.language("response")
    left_out = Counter(quality for record in file.records if (quality := record.required("quality")) != GOOD)
    items = tuple(_item(record, sources) for record in file.records if record.text("quality") == GOOD)
    many = f"{left_out.total()} of {len(file.records)} responses"
    why = ", ".join(f"{quality} {count}" for quality, count in left_out.most_common())
    notes = [f"{many} are left out, as their quality is not {GOOD} ({why})"] if left_out else ()
    return file.dataset("support", {}, items, language, notes, also=[data])


def _sources(data: bytes, file_name: str) -> dict[str, _Source]:
    """The sources by id."""
    found: dict[str, _Source] = {}
    for record in json_lines(data, file_name):
        identity, task = record.required("source_id"), record.required("task_type")
        if identity in found:
            raise DatasetError(f"{record.where}: there is a source_id {shown(identity)} already; ids must differ")
        text = normalise(_text(record, task))
        found[identity] = _Source(task, tuple(text[start:end] for start, end in sentences(text)))
    return found


def _text(record: DatasetRecord, task: str) -> str:
    """What the responses to a source may rest on.

    Raises:
        DatasetError: the source has nothing like that, or is of no known task.
    """
    match task:
        case "Summary":
            return record.context(_INFO)
        case "QA":
            return record.part(_INFO).context("passages")
        case "Data2txt":
            fields = record.part(_INFO).fields
            try:
                return DatasetRecord(record.where, {_INFO: "\n\n".join(_lines(fields))}).context(_INFO)
            except RecursionError as error:
                raise DatasetError(f"{record.where}: {_INFO} is nested too deep") from error
    raise DatasetError(f"{record.where}: task_type must be QA, Summary or Data2txt, not {shown(task)}")


def _lines(value: object, path: str = "") -> Iterator[str]:
    """Each field of a record, named by its path, as in ``hours.Monday: 9:0-22:30``."""
    if isinstance(value, dict | list) and value:
        for key, below in value.items() if isinstance(value, dict) else enumerate(value, start=1):
            yield from _lines(below, f"{path}.{key}" if path else str(key))
    elif path:
        yield f"{path}: {value if isinstance(value, str) else shown(value)}"


def _item(record: DatasetRecord, sources: Mapping[str, _Source]) -> Item:
    identity, about = record.required("id"), record.required("source_id")
    if about not in sources:
        raise DatasetError(f"{record.where}: source_id {shown(about)} is no source of {CORPUS}")
    spans = record.parts("labels", "span")
    for span in spans:  # each must say where it stands, though only whether there is one counts
        span.whole("start")
        span.whole("end")
    return Item(
        id=identity,
        question=record.required("response"),
        group=f"source {about}",  # a response may have the id of a source, and a group is never called as its item
        evidence=sources[about].evidence,
        label=NOT if spans else SUPPORTED,
        slices={"task_type": sources[about].task, **record.named("model", "split")},
    )
