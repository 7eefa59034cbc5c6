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
from qa.evaluation.datasets.formats import known
from qa.evaluation.datasets.json_files import LISTS, DatasetRecord, as_record, digest, is_comment, parse, read, stem

log = logging.getLogger(__name__)
# Fewer groups are too few to estimate how groups differ.
LEAST_GROUPS = 5
_Fits = Callable[[Mapping[str, Any]], bool]
_Load = Callable[[Sequence[DatasetRecord], str, str, str], Dataset]
_LoadBeside = Callable[[Sequence[DatasetRecord], str, bytes, Path, Path | None], Dataset]
# Formats whose documents are a file of their own.
_BESIDE_DOCUMENTS: tuple[tuple[_Fits, _LoadBeside], ...] = (
    (multihop_rag.fits, multihop_rag.load),
    (conditionalqa.fits, conditionalqa.load),
    (kilt.fits, kilt.load),
    (ragtruth.fits, ragtruth.load),
)
# Formats whose records bring their documents: whether the first record's fields fit -> the records' dataset.
_WITH_DOCUMENTS: tuple[tuple[_Fits, _Load], ...] = (
    (hotpot.fits, hotpot.load),
    (musique.fits, musique.load),
    (crag.fits, crag.load),
    (ragbench.fits, ragbench.load),
    (alce.fits, alce.load),
    (refusalbench.fits, refusalbench.load),
    (longbench_cite.fits, longbench_cite.load),
    (sharc.fits, sharc.load),
    (aggrefact.fits, aggrefact.load),
    (mtrag.fits, mtrag.load),
    (clapnq.fits, clapnq.load),
    (multispanqa.fits, multispanqa.load),
    (quac.fits_flat, quac.load_flat),
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
    if corpus:
        raise DatasetError(f"{path}: has documents of its own; leave the corpus out")
    return beir.load(path, split)


def _file(path: Path, corpus: Path | None) -> Dataset:
    data = read(path)
    value = ragas.table(data, path.name) if ragas.is_table(path) else parse(data, path.name)
    name = stem(path)
    articles = _articles(value)
    if articles is not None:
        _no_corpus(path, corpus)
        return squad.load(articles, name, digest([data]), path.name)
    records = _records(value, path.name)
    fields = records[0].fields
    if "expect" in fields:
        return visitors.load(records, name, data, path, corpus)
    load_beside = next((load for fits, load in _BESIDE_DOCUMENTS if fits(fields)), None)
    if load_beside:
        return load_beside(records, name, data, path, corpus)
    if nuggets.fits(fields):
        return nuggets.load(records, name, data, path.name, corpus)
    load = next((load for fits, load in _WITH_DOCUMENTS if fits(fields)), None)
    if load:
        _no_corpus(path, corpus)
        return load(records, name, digest([data]), path.name)
    if any(ragas.fits(record.fields) for record in records):
        return ragas.load(records, name, data, path.name, corpus)
    if any(name in fields for name in questions.NAMES["question"]) and "claim" not in fields:
        return questions.load(records, name, data, path.name, corpus)
    if "claim" in fields and "evidence" in fields:
        return claims.load(records, name, data, path, corpus)
    raise DatasetError(f"{records[0].where}: no known format (fields: {', '.join(fields) or 'none'}); {known()}")


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
