"""Benchmark files -> Dataset, the format told by what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.evaluation.dataset import Dataset, DatasetError, Item
from qa.evaluation.formats import beir, questions, squad, support
from qa.evaluation.formats.files import Record, digest, is_remark, parse, read, record, stem
from qa.evaluation.formats.template import make_template

__all__ = ["load_dataset", "make_template"]

# With fewer, nobody can tell how groups differ.
LEAST_GROUPS = 5
_KNOWN = (
    "known are SQuAD's JSON, BEIR's folders, JSON Lines of questions (question, answers), of claims (claim, evidence, "
    "label) and Refdesk's own"
)


def load_dataset(path: Path | str, *, split: str = "test", corpus: Path | str | None = None) -> Dataset:
    """The dataset in a file or folder; ``qa.evaluation.formats`` has a module for each format.

    - ``split``: which queries and judgements of a BEIR folder; other formats have none;
    - ``corpus``: the file or folder of documents that an open-QA file's questions are asked of; without it they are
      asked of an existing index, and the dataset has no documents.

    Raises:
        DatasetError: it cannot be read, or a record is not as its format wants it; the message names the record.
    """
    path, corpus = Path(path), Path(corpus) if corpus else None
    try:
        dataset = _folder(path, split, corpus) if path.is_dir() else _file(path, corpus)
    except OSError as error:
        raise DatasetError(f"{error.filename or path}: cannot be read ({error.strerror})") from error
    if not dataset.items:
        raise DatasetError(f"{path}: holds no questions")
    return replace(dataset, items=_identified(_grouped(dataset)))


def _folder(path: Path, split: str, corpus: Path | None) -> Dataset:
    if not any((path / name).is_file() for name in beir.CORPUS):
        raise DatasetError(f"{path}: a folder without corpus.jsonl is no BEIR dataset; name a file in it instead")
    if corpus:
        raise DatasetError(f"{path}: has documents of its own; leave the corpus out")
    return beir.load(path, split)


def _file(path: Path, corpus: Path | None) -> Dataset:
    data = read(path)
    value = parse(data, path.name)
    name = stem(path)
    articles = _articles(value)
    if articles is not None:
        _no_corpus(path, corpus)
        return squad.load(articles, name, digest([data]), path.name)
    records = _records(value, path.name)
    fields = records[0].fields
    if "question" in fields and isinstance(fields.get("context"), str):
        _no_corpus(path, corpus)
        return squad.load_flat(records, name, digest([data]), path.name)
    if "question" in fields:
        return questions.load(records, name, data, path.name, corpus)
    if "claim" in fields and "evidence" in fields:
        return support.load(records, name, data, path, corpus)
    raise DatasetError(f"{records[0].where}: no known format (fields: {', '.join(fields) or 'none'}); {_KNOWN}")


def _no_corpus(path: Path, corpus: Path | None) -> None:
    if corpus:
        raise DatasetError(f"{path}: has documents of its own; leave the corpus out")


def _articles(value: Any) -> list[Any] | None:
    """SQuAD's articles, with or without the object around them; None where it is something else."""
    articles = value.get("data") if isinstance(value, dict) else value
    if isinstance(articles, list) and articles and isinstance(articles[0], dict) and "paragraphs" in articles[0]:
        return articles
    return None


def _records(value: Any, file_name: str) -> list[Record]:
    """The records of a JSON value: a list of them (under "data", perhaps), or one."""
    if isinstance(value, dict):
        value = value["data"] if isinstance(value.get("data"), list) else [value]
    if not isinstance(value, list):
        raise DatasetError(f"{file_name}: no known format; {_KNOWN}")
    records = [
        own if isinstance(own, Record) else record(own, f"{file_name}: record {number}")
        for number, own in enumerate(value, start=1)
        if not is_remark(own)
    ]
    if not records:
        raise DatasetError(f"{file_name}: holds no questions")
    return records


def _identified(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items with ids that differ: a repeated one gets a number."""
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


def _grouped(dataset: Dataset) -> tuple[Item, ...]:
    """The items in groups that are many enough to tell how groups differ.

    Where the named groups (articles, sources) are fewer than ``LEAST_GROUPS``, the passages of reading data take their
    place, and where those are few too, every item stands alone.
    """
    levels = [[None if item.group == item.id else item.group for item in dataset.items]]
    if dataset.kind == "reading":
        levels.append([next(iter(item.relevant), None) for item in dataset.items])
    enough = (level for level in levels if len({group for group in level if group is not None}) >= LEAST_GROUPS)
    groups = next(enough, [None] * len(dataset.items))
    return tuple(replace(item, group=group or item.id) for item, group in zip(dataset.items, groups, strict=True))
