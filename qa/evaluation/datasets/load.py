"""A benchmark file or folder -> Dataset; the content tells which format it is."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.evaluation.datasets import (
    aggrefact,
    alce,
    beir,
    claims,
    clapnq,
    conditionalqa,
    crag,
    hotpot,
    kilt,
    longbench_cite,
    mtrag,
    multihop_rag,
    multispanqa,
    musique,
    nuggets,
    quac,
    questions,
    ragas,
    ragbench,
    ragtruth,
    refusalbench,
    sharc,
    squad,
    visitors,
    yes_no,
)
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.formats import known
from qa.evaluation.datasets.json_files import LISTS, DatasetRecord, as_record, is_comment, parse, read

log = logging.getLogger(__name__)
# Fewer groups are too few to estimate how groups differ.
LEAST_GROUPS = 5
_Fits = Callable[[Mapping[str, Any]], bool]
_Load = Callable[[DatasetFile], Dataset]


def _have(*names: str) -> _Fits:
    """What tells a format by the names that the fields of its records have."""
    return lambda fields: fields.keys() >= {*names}


# Which format a file is in, by its first record's fields, and what reads it; the first that fits counts. Of these the
# documents lie in files of their own.
_BESIDE_DOCUMENTS: tuple[tuple[_Fits, _Load], ...] = (
    (_have("expect"), visitors.load),
    (_have("query", "evidence_list"), multihop_rag.load),
    (_have("url", "scenario", "question", "evidences"), conditionalqa.load),
    (kilt.fits, kilt.load),
    (_have("source_id", "labels", "response"), ragtruth.load),
    (_have("qid", "query", "nuggets"), nuggets.load),
)
# Of these the records bring their documents.
_WITH_DOCUMENTS: tuple[tuple[_Fits, _Load], ...] = (
    (_have("question", "context", "supporting_facts"), hotpot.load),
    (_have("question", "paragraphs"), musique.load),
    (_have("interaction_id", "query"), crag.load),
    (_have("question", "documents", "documents_sentences", "all_relevant_sentence_keys"), ragbench.load),
    (alce.fits, alce.load),
    (refusalbench.fits, refusalbench.load),
    (_have("idx", "query", "context", "few_shot_scores"), longbench_cite.load),
    (_have("utterance_id", "snippet", "scenario"), sharc.load),
    (_have("doc", "claim", "label"), aggrefact.load),
    (mtrag.fits, mtrag.load),
    (clapnq.fits, clapnq.load),
    (multispanqa.fits, multispanqa.load),
    (_have("history", "context"), quac.load_flat),
    (yes_no.fits, yes_no.load),
    (squad.fits_flat, squad.load_flat),
)


def load_dataset(
    path: Path | str, *, split: str = "test", corpus: Path | str | None = None, indexed: bool = False
) -> Dataset:
    """The dataset in a file or folder.

    - ``split``: which queries and judgements of a BEIR folder to read; other formats have no splits;
    - ``corpus``: the file or folder of documents that an open-QA file is about; without it the dataset has no
      documents, which a warning says;
    - ``indexed``: the questions will be asked of an index that has the documents: no warning is needed.

    Raises:
        DatasetError: it cannot be read, or a record breaks its format; the message names the record.
    """
    path, corpus = Path(path), Path(corpus) if corpus else None
    try:
        dataset = _folder(path, split, corpus) if path.is_dir() else _file(path, corpus)
    except OSError as error:
        raise DatasetError(f"{error.filename or path}: cannot be read ({error.strerror})") from error
    if not dataset.items:
        raise DatasetError(f"{path}: holds no questions")
    if dataset.kind != "support" and not (dataset.documents or dataset.corpora or indexed):
        log.warning(
            "%s: no documents are named: no citation can be checked, and nothing indexed; name them with corpus",
            path.name,
        )
    return replace(
        dataset, items=_with_unique_ids(_with_groups(dataset)), notes=(*dataset.notes, *_repeated(dataset, path.name))
    )


def _folder(path: Path, split: str, corpus: Path | None) -> Dataset:
    if (path / visitors.QUESTIONS).is_file():
        return replace(_file(path / visitors.QUESTIONS, corpus), name=path.resolve().name)
    if not any((path / name).is_file() for name in beir.CORPUS):
        raise DatasetError(
            f"{path}: a folder without corpus.jsonl (BEIR) or {visitors.QUESTIONS} (visitors) is no dataset; "
            "name a file in it instead"
        )
    _no_corpus(path, corpus)
    return beir.load(path, split)


def _file(path: Path, corpus: Path | None) -> Dataset:
    data = read(path)
    value = ragas.table(data, path.name) if ragas.is_table(path) else parse(data, path.name)
    articles = _articles(value)
    if articles is not None:
        _no_corpus(path, corpus)
        named = (
            as_record(article, f"{path.name}: article {number}") for number, article in enumerate(articles, start=1)
        )
        return squad.load(DatasetFile(path, data, list(named)))
    file = DatasetFile(path, data, _records(value, path.name), corpus)
    fields = file.records[0].fields
    for fits, load in _BESIDE_DOCUMENTS:
        if fits(fields):
            return load(file)
    for fits, load in _WITH_DOCUMENTS:
        if fits(fields):
            _no_corpus(path, corpus)
            return load(file)
    if any(isinstance(record.fields.get(ragas.ASKED), list) for record in file.records):  # of several turns
        return ragas.load(file)
    if any(name in fields for name in questions.NAMES["question"]) and "claim" not in fields:
        return questions.load(file)
    if "claim" in fields and "evidence" in fields:
        return claims.load(file)
    raise DatasetError(f"{file.records[0].where}: no known format (fields: {', '.join(fields) or 'none'}); {known()}")


def _no_corpus(path: Path, corpus: Path | None) -> None:
    if corpus:
        raise DatasetError(f"{path}: has documents of its own; leave the corpus out")


def _articles(value: Any) -> list[Any] | None:
    """SQuAD's articles, with or without the enclosing object; None if the value is in another format."""
    articles = value.get("data") if isinstance(value, dict) else value
    first = articles[0] if isinstance(articles, list) and articles else None
    # MuSiQue's questions have paragraphs, too.
    return articles if isinstance(first, dict) and "paragraphs" in first and "question" not in first else None


def _records(value: Any, file_name: str) -> list[DatasetRecord]:
    """The records of a JSON value: a list of objects, an object with that list in a field, or a single object."""
    if isinstance(value, dict):
        value = next((value[field] for field in LISTS if isinstance(value.get(field), list)), [value])
    if not isinstance(value, list):
        raise DatasetError(f"{file_name}: no known format; {known()}")
    records = [
        entry if isinstance(entry, DatasetRecord) else as_record(entry, f"{file_name}: record {number}")
        for number, entry in enumerate(value, start=1)
        if not is_comment(entry)
    ]
    if not records:
        raise DatasetError(f"{file_name}: holds no questions")
    return records


def _repeated(dataset: Dataset, file_name: str) -> tuple[str, ...]:
    """A warning where several items have one id."""
    repeated = [identity for identity, count in Counter(item.id for item in dataset.items).items() if count > 1]
    if not repeated:
        return ()
    first = repeated[0]
    return (
        f"{file_name}: {len(repeated)} ids stand more than once, such as {first}: the further ones are {first}#2 and "
        "so on; give each question its own",
    )


def _with_unique_ids(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items with unique ids: a repeated id gets a number, such as "q7#2"."""
    taken = {item.id for item in items}
    seen: Counter[str] = Counter()
    unique: list[Item] = []
    for item in items:
        seen[item.id] += 1
        identity = item.id
        while seen[item.id] > 1 and identity in taken:
            identity = f"{item.id}#{seen[item.id]}"
            seen[item.id] += identity in taken
        taken.add(identity)
        unique.append(replace(item, id=identity))
    return tuple(unique)


def _with_groups(dataset: Dataset) -> tuple[Item, ...]:
    """The items in at least ``LEAST_GROUPS`` groups, where that is possible.

    With fewer named groups (articles, sources), reading data is grouped by passage; with too few passages as well,
    every item is a group of its own.
    """
    levels = [[None if item.group == item.id else item.group for item in dataset.items]]
    if dataset.kind == "reading":
        levels.append([next(iter(item.relevant), None) for item in dataset.items])
    enough = (level for level in levels if len({group for group in level if group is not None}) >= LEAST_GROUPS)
    groups = next(enough, [None] * len(dataset.items))
    return tuple(replace(item, group=group or item.id) for item, group in zip(dataset.items, groups, strict=True))
