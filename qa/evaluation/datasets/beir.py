"""BEIR folders: a corpus, queries, and relevance judgements (qrels).

- ``corpus.jsonl``, the documents: ``_id`` (or ``id``, ``doc_id``), ``title``, ``text``;
- queries: ``_id`` (or ``id``, ``query_id``), ``text`` (or ``query``), in ``queries.<split>.jsonl``
  or ``queries.jsonl``;
- judgements: ``qrels/<split>.tsv``, ``qrels.<split>.tsv``, ``qrels.tsv`` or, TREC's, ``qrels.trec``, with or without a
  header, of two columns
  (query, document), three (and the grade) or TREC's four (query, iteration, document, grade).

Each file may be compressed with gzip. Every judged query is an item, even one without any relevant document: trec_eval
counts those too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from documents.document import Document
from documents.language import detect
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, Item
from qa.evaluation.datasets.json_files import DatasetRecord, decoded, digest, json_lines, read, shown

PARSER = "beir/1"
CORPUS = ("corpus.jsonl", "corpus.jsonl.gz")

Qrels = dict[str, dict[str, int]]
"""Query id -> document id -> grade."""


def load(folder: Path, split: str) -> Dataset:
    """The retrieval dataset in ``folder``, with the queries and judgements of ``split``.

    Raises:
        DatasetError: a file is missing, or a record breaks the format.
    """
    queries_file = _one_of(folder, (f"queries.{split}.jsonl", "queries.jsonl"), "queries", split)
    judged = (f"qrels/{split}.tsv", f"qrels.{split}.tsv", "qrels.tsv", "qrels.trec")
    qrels_file = _one_of(folder, judged, "judgements", split)
    contents = [read(_one_of(folder, CORPUS, "corpus", split)), read(queries_file), read(qrels_file)]
    documents = read_corpus(contents[0], CORPUS[0])
    queries = _queries(contents[1], queries_file.name)
    qrels = _qrels(contents[2], str(qrels_file.relative_to(folder)), queries, documents)
    notes = _notes(qrels, queries, documents, qrels_file.name)
    language = detect(queries.values(), folder.resolve().name)
    items = tuple(
        Item(
            id=query,
            question=text,
            group=query,
            relevant={document: grade for document, grade in qrels[query].items() if grade > 0},
            slices={"language": language},
        )
        for query, text in queries.items()
        if query in qrels
    )
    name = f"{folder.resolve().name}.{split}"
    return Dataset(name, "retrieval", documents, items, language, digest(contents), notes)


def read_corpus(data: bytes, name: str) -> dict[str, Document]:
    """The documents of a corpus file by id; the title of a document without text becomes its text.

    Raises:
        DatasetError: a document has no id, or the same id as an earlier one, or no field for its text.
    """
    documents: dict[str, Document] = {}
    for record in json_lines(data, name):
        identity = record.required("_id", "id", "doc_id")
        if identity in documents:
            raise DatasetError(f"{record.where}: there is a document {shown(identity)} already; ids must differ")
        title = " ".join(normalise(record.text("title")).split())
        text = normalise(_text(record))
        documents[identity] = Document(text or title, title if text else "", parser=PARSER)
    if not documents:
        raise DatasetError(f"{name}: holds no documents")
    return documents


def _text(record: DatasetRecord) -> str:
    """The document's text; in SciFact's own corpus it is a list of sentences."""
    abstract = record.fields.get("abstract")
    if isinstance(abstract, list) and all(isinstance(sentence, str) for sentence in abstract):
        return " ".join(sentence.strip() for sentence in abstract)
    return record.given("text", "contents", "abstract")


def _queries(data: bytes, name: str) -> dict[str, str]:
    queries: dict[str, str] = {}
    for record in json_lines(data, name):
        identity = record.required("_id", "id", "query_id")
        if identity in queries:
            raise DatasetError(f"{record.where}: there is a query {shown(identity)} already; ids must differ")
        queries[identity] = record.required("text", "query")
    return queries


def _qrels(data: bytes, name: str, queries: Mapping[str, str], documents: Mapping[str, Document]) -> Qrels:
    qrels: Qrels = {}
    for where, fields in _rows(data, name):
        if where.endswith(" line 1") and _is_header(fields, queries, documents):
            continue
        query, document, grade = _judgement(fields, where)
        qrels.setdefault(query, {})[document] = grade
    return qrels


def _rows(data: bytes, name: str) -> Iterator[tuple[str, Sequence[str]]]:
    for number, line in enumerate(decoded(data, name).split("\n"), start=1):
        if line.strip():
            fields = line.strip("\r").split("\t") if "\t" in line else line.split()
            yield f"{name}: line {number}", [field.strip() for field in fields]


def _is_header(fields: Sequence[str], queries: Mapping[str, str], documents: Mapping[str, Document]) -> bool:
    if fields[0] in queries:
        return False
    return fields[-1] not in documents if len(fields) == 2 else _grade(fields[-1]) is None


def _judgement(fields: Sequence[str], where: str) -> tuple[str, str, int]:
    if not 2 <= len(fields) <= 4 or not all(fields):
        raise DatasetError(
            f"{where}: a judgement has two, three or four columns (query, document; query, document, grade; query, "
            f"iteration, document, grade), not {shown(list(fields))}"
        )
    grade = 1 if len(fields) == 2 else _grade(fields[-1])
    if grade is None:
        raise DatasetError(f"{where}: the grade must be a whole number, not {shown(fields[-1])}")
    return fields[0], fields[2 if len(fields) == 4 else 1], grade


def _grade(field: str) -> int | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return int(value) if math.isfinite(value) and value == int(value) else None


def _notes(qrels: Qrels, queries: Mapping[str, str], documents: Mapping[str, Document], name: str) -> tuple[str, ...]:
    """One warning for judged queries, one for judged documents that the files lack.

    Raises:
        DatasetError: there are no judgements, or the files lack all the judged queries or documents.
    """
    judged = dict.fromkeys(document for row in qrels.values() for document in row)
    missing = {
        "queries": ([query for query in qrels if query not in queries], len(qrels)),
        "documents": ([document for document in judged if document not in documents], len(judged)),
    }
    if not qrels:
        raise DatasetError(f"{name}: holds no judgements")
    notes = []
    for what, (absent, number) in missing.items():
        if len(absent) == number:
            where = "queries" if what == "queries" else "corpus"
            raise DatasetError(f"{name}: none of its {number} {what} is in the {where} file; do they belong together?")
        if absent:
            notes.append(f"{name}: {len(absent)} of {number} judged {what} are missing, such as {shown(absent[0])}")
    return tuple(notes)


def _one_of(folder: Path, names: Sequence[str], what: str, split: str) -> Path:
    candidates = [folder / variant for name in names for variant in (name, f"{name}.gz")]
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None:
        return found
    there = sorted(_splits(folder) - {split})
    also = f"; there are the splits {', '.join(there)}" if there else ""
    raise DatasetError(f"{folder}: no {what} for the split {split} ({' or '.join(names)}){also}")


def _splits(folder: Path) -> set[str]:
    """The splits that there are judgements for."""
    files = [path.name for path in folder.glob("qrels/*.tsv*")]
    files += [path.name.removeprefix("qrels.") for path in folder.glob("qrels.*.tsv*")]
    return {name.removesuffix(".gz").removesuffix(".tsv") for name in files}
