"""Hard negatives: passages that the first embedder and BM25 together find for a question, and that do not answer it.

Every collection becomes an index, as the product makes one, so passages are embedded with title and sections in front.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from documents.document import Chunk
from documents.sentences import Range
from documents.split import Splitter
from index.embed import Embedder, OnnxEmbedder
from index.models import BGE_SMALL, resolve
from index.passage import Scope
from index.snapshot import embedding_text
from qa.evaluation.systems.indexing import indexed
from qa.evaluation.systems.words_only import WordsOnly
from training.embedder.data import READERS, Asked, Collection, read

DEPTH = 24  # passages that are looked at for a question
EVERY = 4  # questions from one that is searched for to the next: a batch needs few of the passages found


class Searching(WordsOnly):
    """What an index is made and searched with where nothing is reranked: the ``embedder`` alone."""

    def __init__(self, embedder: Embedder, splitter: Splitter | None = None) -> None:
        super().__init__()
        self._embedder = embedder
        self.splitter = splitter or self.splitter

    @property
    def embedder(self) -> Embedder:  # type: ignore[override]  # of words only it is the object itself
        return self._embedder


@dataclass(frozen=True, slots=True)
class Question:
    """A question; numbers of the passages that answer it, and of those that only seem to, the likeliest first.

    ``tempting`` is empty where nothing was searched for.
    """

    text: str
    right: tuple[int, ...]
    tempting: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mined:
    """A collection's passages, the document of each, and its questions."""

    passages: tuple[str, ...]
    documents: tuple[str, ...]
    questions: tuple[Question, ...]

    def beside(self, passage: int) -> range:
        """The passages of the same document."""
        name, start, end = self.documents[passage], passage, passage + 1
        while start and self.documents[start - 1] == name:
            start -= 1
        while end < len(self.documents) and self.documents[end] == name:
            end += 1
        return range(start, end)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".tmp").write_text(json.dumps(asdict(self), ensure_ascii=False), "utf-8")
        path.with_suffix(".tmp").replace(path)

    @classmethod
    def load(cls, path: Path) -> Mined:
        read = json.loads(path.read_text("utf-8"))
        questions = (Question(own["text"], tuple(own["right"]), tuple(own["tempting"])) for own in read["questions"])
        return cls(tuple(read["passages"]), tuple(read["documents"]), tuple(questions))


def answering(chunks: Sequence[Chunk], places: Sequence[Range]) -> list[int]:
    """The numbers of the chunks of a document that hold any of the places.

    Chunks overlap by a sentence, and a place may be longer than a chunk: a chunk holds it that has more than half as
    much of it as any has.
    """
    found = set()
    for start, end in places:
        shared = [min(end, chunk.end) - max(start, chunk.start) for chunk in chunks]
        longest = max(shared, default=0)
        if longest > 0:
            found |= {number for number, length in enumerate(shared) if 2 * length > longest}
    return sorted(found)


def mine(collection: Collection, searching: Searching, folder: Path) -> Mined:
    """Each question with the passages that answer it and with those found; indexes lie in ``folder``."""
    if not collection.asked:
        return Mined((), (), ())
    index = indexed(collection.documents, folder, searching, lambda _: None)
    chunks = {own: searching.splitter.split(document) for own, document in collection.documents.items()}
    names = {document.id: name for name, document in collection.documents.items()}
    numbers: dict[tuple[str, int], int] = {}
    passages, documents = [], []
    for name in names.values():  # of equal documents one
        for chunk in chunks[name]:
            numbers[chunk.document.id, chunk.start] = len(passages)
            passages.append(embedding_text(chunk))
            documents.append(name)
    questions = []
    for count, asked in enumerate(collection.asked):
        right = _right(asked, collection, chunks, numbers)
        found = [] if count % EVERY else index.retrieve(asked.text, Scope(), DEPTH)
        ranked = [numbers[passage.chunk.document.id, passage.chunk.start] for passage in found]
        if right:
            questions.append(Question(asked.text, right, tuple(one for one in ranked if one not in right)))
    return Mined(tuple(passages), tuple(documents), tuple(questions))


def _right(
    asked: Asked,
    collection: Collection,
    chunks: Mapping[str, Sequence[Chunk]],
    numbers: Mapping[tuple[str, int], int],
) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for name in dict.fromkeys(name for name, _ in asked.places):
        own = [place for other, place in asked.places if other == name]
        document = collection.documents[name].id
        found |= dict.fromkeys(numbers[document, chunks[name][i].start] for i in answering(chunks[name], own))
    return tuple(found)


def mined(data: Path, out: Path) -> Iterator[tuple[str, Mined, Mined]]:
    """Of each collection its name, what is learned from, and what is held out: what ``out`` has is not mined again."""
    model = resolve(BGE_SMALL, "embedder")
    assert model.pinned is not None  # as its name is one of the pinned ones
    # A question's vector with the instruction alone takes half of the time that both views take.
    searching = Searching(OnnxEmbedder(replace(model, pinned=replace(model.pinned, query_views=1))))
    for name in READERS:
        targets = [out / "mined" / f"{part}{name}.json" for part in ("", "held-")]
        if not all(target.exists() for target in targets):
            for target, collection in zip(targets, read(data, name), strict=True):
                mine(collection, searching, out / "indexes").save(target)
        own, held = map(Mined.load, targets)
        print(f"{name}: {len(own.questions)} questions of {len(own.passages)} passages", flush=True)
        yield name, own, held
