"""A benchmark's file, as the module of its format gets it to make a dataset of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from documents.document import Document
from documents.language import detect
from qa.evaluation.datasets.dataset import Dataset, DatasetError, DatasetKind, Item
from qa.evaluation.datasets.json_files import PACKED, DatasetRecord, digest, read


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """A file of a benchmark.

    - ``data``: its content; ``records``: the records in that, at least one;
    - ``corpus``: the file or folder of documents that is named with it.
    """

    path: Path
    data: bytes
    records: Sequence[DatasetRecord]
    corpus: Path | None = None

    def language(self, field: str) -> str:
        """The two-letter code of the language that the texts of a field are in."""
        return detect((record.text(field) for record in self.records), self.path.name)

    def beside(self, name: str) -> tuple[bytes, str]:
        """Content and name of the file of documents: the one called ``name`` beside it, or what ``corpus`` names.

        Raises:
            DatasetError: there is none, or it cannot be read.
        """
        file = self.corpus or self.path.parent / name
        file = file / name if file.is_dir() else file
        if not file.is_file():
            raise DatasetError(
                f"{self.path}: there is no {name} with its documents beside it; put it there, or name it"
            )
        return read(file), file.name

    def dataset(
        self,
        kind: DatasetKind,
        documents: Mapping[str, Document],
        items: Iterable[Item],
        language: str,
        notes: Iterable[str] = (),
        *,
        also: Iterable[bytes] = (),
    ) -> Dataset:
        """The dataset that is made of it; its language is a slice of each item that has no other.

        ``notes`` are warnings about the file, whose name is put before each; ``also`` is what the digest covers beside
        the file, such as the documents.
        """
        spoken = tuple(replace(item, slices={"language": language, **item.slices}) for item in items)
        named = tuple(f"{self.path.name}: {note}" for note in notes)
        return Dataset(_stem(self.path), kind, documents, spoken, language, digest([self.data, *also]), named)


def told(found: Sequence[str], of: int, what: str, so: str = "") -> tuple[str, ...]:
    """A note on how many were ``found`` ``of`` all, the first named between ``what`` and ``so``; none without any."""
    return (f"{len(found)} of {of} {what} {found[0]}{so}",) if found else ()


def _stem(path: Path) -> str:
    """The file's name without its extensions: "xquad.de" for "xquad.de.json.gz"."""
    name = path.resolve().name
    for ending in (*PACKED, ".jsonl", ".json", ".ndjson", ".csv"):
        name = name.removesuffix(ending)
    return name
