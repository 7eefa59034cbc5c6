"""How often the right passage of everyday documents is found: first, among five, among fifteen.

    python -m benchmarks.finding DATA/everyday/dev/*.txt [--together] [--embedder NAME] [--judge WEIGHTS] [--every N]
        [--read N …]

Each file's documents are one index, as a folder that people have; all files' together with ``--together``. Asked are
its questions (Q). A passage is right if it is of the question's document and holds more than half of a sentence that
answers. "far" are questions without a content word in common with those sentences. "found" is the order of retrieval
alone, "ranked" that of the reranker, or of a judge. "read N" is the order of the sentences that are read, N of which
are read again as they would be quoted: right is one with which more than half of a sentence that answers is quoted.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from documents.document import Document
from documents.sentences import Range
from index.onnx import cores
from index.passage import Passage, Scope
from index.search import Index
from qa import settings
from qa.assistant.compose import Models, extractor_of, load_models
from qa.layout.quotation import quotation
from qa.read.evidence import Evidence
from qa.read.evidence_reader import EvidenceReader
from qa.understand.question import analyse
from training.calibrate import index_of
from training.judge.words import Words, holds
from training.shared_everyday import read, shares_words

TOP = 15
AMONG = (1, 5, TOP)

Folder = tuple[list[Document], list["Asked"]]  # documents that are one index, and what is asked of them


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the sentences of its document that answer it."""

    question: str
    document: Document
    places: Sequence[Range]

    @property
    def is_far(self) -> bool:
        """Whether it shares no content word with what answers it."""
        said = " ".join(self.document.text[slice(*place)] for place in self.places)
        return not shares_words(self.question, said)

    def rank_in(self, passages: Sequence[Passage]) -> int:
        """The place of the first right passage among them, from 0; ``TOP`` where none is."""
        return self._first((own.document, (own.chunk.start, own.chunk.end)) for own in passages)

    def rank_read(self, evidence: Sequence[Evidence]) -> int:
        """The place of the first sentence among them with which a right one is quoted; ``TOP`` where there is none."""
        return self._first((own.document, quotation(own.document, (own.start, own.end))) for own in evidence)

    def _first(self, places: Iterable[tuple[Document, Range]]) -> int:
        known = ((document.id == self.document.id and holds(place, self.places)) for document, place in places)
        return next((number for number, is_right in enumerate(known) if is_right), TOP)


def asked_of(path: Path) -> tuple[list[Document], list[Asked]]:
    """A file's documents, and its questions whose evidence is found in them."""
    documents, found = [], []
    for document, items in read(path):
        documents.append(document)
        words = Words(document)
        for item in items:
            places = words.sentences_of(item.fields.get("E", ())) if item.kind == "Q" else []
            if places:
                found.append(Asked(item.text, document, places))
    return documents, found


def folders_of(files: Iterable[Path], *, together: bool, every: int = 1) -> dict[str, Folder]:
    """Each file's documents and questions by its name, or all together; of a file every so many of its questions."""
    folders: dict[str, Folder] = {}
    for path in files:
        documents, asked = folders.setdefault("all" if together else path.stem, ([], []))
        more, questions = asked_of(path)
        documents += more
        asked += questions[::every]
    return folders


def indexed(documents: Iterable[Document], folder: Path, models: Models) -> Index:
    """The documents as an index in a folder of its own."""
    return index_of([(f"{number:04}.md", own) for number, own in enumerate(documents)], folder, models)


def key_of(passage: Passage) -> tuple[str, int, int]:
    """What tells a passage from all others of an index."""
    return passage.document.id, passage.chunk.start, passage.chunk.end


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """The options of a benchmark that asks these questions."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--together", action="store_true", help="all documents are one index")
    parser.add_argument("--every", type=int, default=1, help="every so many of the questions of a file are asked")
    return parser


def ranks_of(
    asked: Sequence[Asked], index: Index, readers: Mapping[str, EvidenceReader]
) -> Iterator[tuple[Asked, dict[str, int]]]:
    """Each question with the rank of its first right passage as found and as ranked, and by each of the readers."""
    for own in asked:
        found = index.candidates(own.question, Scope(), TOP)
        ranked = index.rerank(own.question, found)
        question = analyse(own.question)
        read = {name: own.rank_read(reader.read(question, ranked)) for name, reader in readers.items()}
        yield own, {"found": own.rank_in(found), "ranked": own.rank_in(ranked), **read}


def measured(folders: Mapping[str, Folder], models: Models, again: Sequence[int] = ()) -> Iterator[str]:
    """The lines of the table; sentences are read as often as ``again`` has numbers of those that are read again."""
    extractor = extractor_of(models)
    readers = {f"read {count}": replace(extractor, entailment=None, quoted=count) for count in again}
    ranks: dict[tuple[str, str], list[int]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        for name, (documents, asked) in folders.items():
            for own, places in ranks_of(asked, indexed(documents, Path(scratch) / name, models), readers):
                for way, rank in places.items():
                    ranks[way, "all"].append(rank)
                    if own.is_far:
                        ranks[way, "far"].append(rank)
    yield f"{'':8}{'':6}{'questions':>10}" + "".join(f"{f'@{among}':>8}" for among in AMONG)
    for (way, kind), own in ranks.items():
        shares = (sum(rank < among for rank in own) / len(own) for among in AMONG)
        yield f"{way:8}{kind:6}{len(own):10}" + "".join(f"{share:8.3f}" for share in shares)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--embedder", help="name or folder of another embedder")
    parser.add_argument("--judge", type=Path, help="weights of a judge, which ranks in the place of the reranker")
    parser.add_argument("--read", type=int, nargs="*", default=[], help="how many sentences are read again, each once")
    options = parser.parse_args()
    given = {"embedder": options.embedder, "judge": options.judge}
    models = load_models(settings.read(**{name: value for name, value in given.items() if value}))
    folders = folders_of(options.files, together=options.together, every=options.every)
    for line in measured(folders, models, options.read):
        print(line)
    print(f"embedder {models.embedder.fingerprint}, ranked by {models.reranker.fingerprint}")
    print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
