"""Is the row found that a question calls by its label, and how much should it count that the question says it?

    python -m benchmarks.row_labels FILE.pdf… [--rows 25]

Of each file so many rows are chosen at random whose label has two to six words and whose headings name a year, and each
is asked for by label, year and company ("What was Adobe's goodwill in 2022?"). Printed is how often a passage with the
row is the first and among the first five, by how much its label counts beside the reranker's logit
(``index.rerank.LABEL_SHARE``).
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document, Source
from documents.grid import grid_of
from index.labels import label_of, label_said
from index.passage import Passage, Scope
from index.query import Query
from index.rerank import LABEL_SHARE
from qa import settings
from qa.assistant.compose import open_assistant, open_ingest

FORMS = (
    "What was {company}'s {label} in {year}?",
    "What did {company}'s {label} amount to in {year}?",
    "How much was {company}'s {label} in {year}?",
)
SHARES = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)
FOUND = 15  # passages that are ranked
_YEAR = re.compile(r"\b20\d\d\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for ``text``, a row of ``source``."""

    question: str
    source: Source
    text: str

    def is_in(self, passage: Passage) -> bool:
        """Whether the passage holds the row, or one of another table that says the same."""
        return passage.source == self.source and self.text in passage.chunk.text


def rows_of(document: Document) -> Iterator[tuple[str, str, str]]:
    """The label of each row that can be asked for by it, a year of its headings, and the row's text."""
    for table in document.tables:
        grid = grid_of(document.text, table)
        for row in filter(grid.is_data, range(len(grid))):
            label = label_of(grid, row).strip(" :")
            headings = (grid.column_headings(row, cell.column) for cell in grid.cells(row)[table.labels :])
            years = _YEAR.findall(" ".join(document.text[own.start : own.end] for found in headings for own in found))
            if years and 2 <= len(label.split()) <= 6 and not any(map(str.isdigit, label)):
                yield label.lower(), years[0], document.text[slice(*grid.range_of(row))]


def questions(catalogue: Sequence[tuple[Source, Document]], rows: int, seed: int) -> list[Asked]:
    """At most so many questions for each document, always the same ones."""
    chosen = random.Random(seed)
    asked = []
    for source, document in catalogue:
        company = re.split(r"[_\W]", source.name)[0].capitalize()
        found = sorted(set(rows_of(document)))
        for label, year, text in chosen.sample(found, min(rows, len(found))):
            asked.append(Asked(chosen.choice(FORMS).format(company=company, label=label, year=year), source, text))
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=25, help="of each file")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.read(index=Path(folder))
        open_ingest(chosen).update(list(options.files))
        index = open_assistant(chosen).index
        with index.view(Scope()) as view:
            catalogue = [(source, view.document(source)) for source, _ in view.catalogue()]
            asked = questions(catalogue, options.rows, options.seed)
            ranked = [index.rerank(own.question, view.candidates(Query.of(own.question), FOUND)) for own in asked]
    print(f"{len(asked)} rows of {len(catalogue)} files: the right row first, among the first five")
    for share in SHARES:
        places = [place(own, found, share) for own, found in zip(asked, ranked, strict=True)]
        first, five = (sum(found < most for found in places) for most in (1, 5))
        print(f"the label counts {share:g} logits: {first / len(asked):.3f}, {five / len(asked):.3f}")


def place(asked: Asked, ranked: Sequence[Passage], share: float) -> int:
    """The place, from 0, of the first passage with the row, where a label counts ``share``; FOUND if none has it."""
    label = {id(own): label_said(asked.question, own.chunk, own.chunk.start, own.chunk.end) for own in ranked}
    ordered = sorted(ranked, key=lambda own: -(own.score + (share - LABEL_SHARE) * label[id(own)]))
    return next((number for number, own in enumerate(ordered) if asked.is_in(own)), FOUND)


if __name__ == "__main__":
    main()
