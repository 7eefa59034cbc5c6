"""Questions for the embedder, each with the places that answer it, by the collection of documents they are asked of.

The collections are those of ``READERS``. What is held out is held out by document: of everyday documents the last file
of each writer, of articles and conversations the files that no model learns from, of the others in ``HELD_OUT`` the
last fifth by name. Questions about them are for figures only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

from documents.document import Document
from documents.load import load, parse
from documents.normalise import normalise
from documents.sentences import Range
from index.analyse import STOP_WORDS, terms
from qa.evaluation import load_dataset
from qa.evaluation.datasets import beir
from qa.evaluation.datasets.questions import read_documents
from qa.understand.omitted_terms import with_words
from training import data as reading
from training import everyday_data, shared_everyday
from training.everyday_data import sentence_of
from training.shared_everyday import ARTICLES, CONVERSATIONS, HELD_ARTICLES
from training.tagger import examples as tagger
from training.verifier.examples import rows

SHARE_HELD_OUT = 5  # the last of so many parts
CORPORA = ("clinic", "tool")  # of the visitors', the two that may be learned from
ENGLISH = "en"
LONG = 6  # characters from which on a visitor's wording tells a passage even where no file is named


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the ranges of documents, by name, that answer it: each a piece of the evidence.

    ``kind`` is "question", "list", "polar", "follow-up" (in its stand-alone form) or "claim".
    """

    text: str
    places: tuple[tuple[str, Range], ...]
    kind: str = "question"


@dataclass(frozen=True)
class Collection:
    """Documents by name, and what is asked of them."""

    documents: Mapping[str, Document]
    asked: tuple[Asked, ...]

    def of(self, names: Iterable[str]) -> Collection:
        """The documents of those names, and the questions that they alone answer."""
        own = frozenset(names)
        kept = tuple(asked for asked in self.asked if all(name in own for name, _ in asked.places))
        return Collection({name: document for name, document in self.documents.items() if name in own}, kept)

    def sample(self, count: int, rng: random.Random) -> Collection:
        """So many, at most, of the documents that answer any question, and the questions that these alone answer."""
        asked = sorted({name for asked in self.asked for name, _ in asked.places})
        return self.of(rng.sample(asked, min(count, len(asked))))


def last_part(names: Iterable[str]) -> set[str]:
    """The last fifth of the names, in their order."""
    ordered = sorted(set(names))
    return set(ordered[len(ordered) - len(ordered) // SHARE_HELD_OUT :])


def last_files(names: Iterable[str]) -> set[str]:
    """Everyday documents of the last file of each writer: of "k01/3" the letter is the writer's."""
    files = sorted({name.partition("/")[0] for name in names})
    last = {file for file, after in pairwise([*files, ""]) if file[0] != after[:1]}
    return {name for name in names if name.partition("/")[0] in last}


def of_files(files: Sequence[str], names: Iterable[str]) -> set[str]:
    """Documents of those files."""
    return {name for name in names if name.partition("/")[0] in files}


def place(document: Document, quote: str) -> Range | None:
    """Where the document first says the quotation, by its letters and digits alone; None where it does not."""
    text, offsets = _letters(document)
    wanted = _only_letters(quote)
    at = text.find(wanted) if wanted else -1
    return (offsets[at], offsets[at + len(wanted) - 1] + 1) if at >= 0 else None


@lru_cache(maxsize=64)
def _letters(document: Document) -> tuple[str, list[int]]:
    """The letters and digits of the document's text, lower-cased, and the offset of each."""
    kept = [(char.lower()[0], offset) for offset, char in enumerate(document.text) if char.isalnum()]
    return "".join(char for char, _ in kept), [offset for _, offset in kept]


def _only_letters(text: str) -> str:
    return "".join(char.lower()[0] for char in text if char.isalnum())


_KINDS = {"Q": "question", "L": "list", "Y": "polar", "X": "polar", "G": "follow-up", "T": "claim"}


def everyday(folder: Path) -> Collection:
    """The documents of a folder of everyday files, and what they answer, in the words in which it stands alone."""
    documents: dict[str, Document] = {}
    asked: list[Asked] = []
    for path in sorted(folder.glob("*.txt")):
        for number, (document, items) in enumerate(shared_everyday.read(path)):
            name = f"{path.stem}/{number}"
            documents[name] = document
            for item in items:
                found = [place(document, quote) for quote in item.fields.get("E", ())]
                places = tuple((name, sentence_of(document, own)) for own in found if own)
                if item.kind in _KINDS and places:
                    asked.append(Asked(item.fields.get("S", [item.text])[0], places, _KINDS[item.kind]))
    return Collection(documents, tuple(asked))


def notices(folder: Path = everyday_data.FOLDER) -> Collection:
    """This project's everyday documents with questions and true claims."""
    documents: dict[str, Document] = {}
    asked: list[Asked] = []
    for document, items in everyday_data.read(folder):
        documents[document.id] = document
        kinds = {"question": "question", "polar": "polar", "claim": "claim"}
        for item in items:
            places = tuple((document.id, span) for span in item.evidence)
            if item.kind in kinds and item.verdict != "not_mentioned" and places:
                asked.append(Asked(item.text, places, kinds[item.kind]))
    return Collection(documents, tuple(asked))


def conversations(*files: Path) -> Collection:
    """Documents with conversations: later turns with the words in front that they leave out."""
    documents: dict[str, Document] = {}
    asked: list[Asked] = []
    for path in sorted(files):
        for document, talks in shared_everyday.conversations(path):
            name = f"{path.stem}/{document.id}"
            documents[name] = document
            for exchange in (exchange for talk in talks for exchange in talk):
                span = place(document, exchange.answer)
                if span:
                    kind = "question" if exchange.standalone == exchange.question else "follow-up"
                    asked.append(Asked(searched_for(exchange), ((name, sentence_of(document, span)),), kind))
    return Collection(documents, tuple(asked))


def searched_for(exchange: shared_everyday.Exchange) -> str:
    """The turn as it was typed, with the content words in front that only its stand-alone form has."""
    said = set(terms(exchange.question, ENGLISH))
    words = [word.strip("?!.,") for word in exchange.standalone.split()]
    left_out = [word for word in words if (own := terms(word, ENGLISH)) and said.isdisjoint(own)]
    left_out = [word for word in left_out if word.casefold() not in STOP_WORDS]
    return with_words(" ".join(left_out), exchange.question) if left_out else exchange.question


def manuals(folder: Path) -> Collection:
    """Real manuals, and the pieces of them that answer."""
    documents = {path.name: load(path) for path in sorted((folder / "docs").iterdir())}
    asked = []
    for row in rows(folder / "questions.jsonl"):
        found = [place(documents[row["file"]], quote) for quote in row["evidence"]]
        places = tuple((row["file"], own) for own in found if own)
        if places:
            asked.append(Asked(row.get("standalone") or row["question"], places))
    return Collection(documents, tuple(asked))


def visitors(folder: Path) -> Collection:
    """Visitors' questions, and the sentences with a wording of the answer in the files that are to be cited."""
    documents, asked = dict[str, Document](), []
    for corpus in CORPORA:
        documents |= {f"{corpus}/{name}": own for name, own in read_documents(folder / corpus)[0].items()}
    for item in load_dataset(folder).items:
        expected = item.expect
        if item.corpus not in CORPORA or item.after or expected is None or "answer" not in expected.kinds:
            continue
        names = [name for name in documents if name.startswith(f"{item.corpus}/")]
        cited = [name for name in names if not expected.cite or name.partition("/")[2] in expected.cite]
        wordings = [one for group in expected.groups for one in group if expected.cite or len(one) >= LONG]
        found = [(name, place(documents[name], one)) for name in cited for one in wordings]
        places = tuple(dict.fromkeys((name, own) for name, own in found if own))
        if places:
            asked.append(Asked(item.question, places))
    return Collection(documents, tuple(asked))


def conditions(path: Path, *, scenario: bool = True) -> Collection:
    """ConditionalQA: pages for citizens, questions with or without the scenario in front, the blocks that answer."""
    documents: dict[str, Document] = {}
    asked: list[Asked] = []
    for row in rows(path):
        name = row["url"]
        if name not in documents:
            title = name.rpartition("/")[2].replace("-", " ").capitalize()
            documents[name] = parse("\n\n".join([f"# {title}", *row["page"]]).encode(), "page.md")
        found = [place(documents[name], quote) for quote in row["evidence"]]
        places = tuple((name, own) for own in found if own)
        if places:
            asked.append(Asked(f"{row['scenario']} {row['question']}" if scenario else row["question"], places))
    return Collection(documents, tuple(asked))


def paragraphs(found: Iterable[tuple[str, str, str]]) -> Collection:
    """Questions about paragraphs that are short documents: of each the question, the paragraph, and its title."""
    documents: dict[str, Document] = {}
    asked = []
    for question, text, title in found:
        document = Document(normalise(text), title)
        documents[document.id] = document
        asked.append(Asked(question, ((document.id, (0, len(document.text))),)))
    return Collection(documents, tuple(asked))


def rules(path: Path) -> Collection:
    """ShARC: rules, and questions with or without a scenario."""
    return paragraphs((f"{row['scenario']} {row['question']}".strip(), row["rule"], "") for row in rows(path))


def abstracts(folder: Path, split: str = "train") -> Collection:
    """SciFact: abstracts, and the claims that they support or contradict."""
    dataset = beir.load(folder, split)
    whole = {name: (0, len(document.text)) for name, document in dataset.documents.items()}
    asked = (Asked(item.question, tuple((name, whole[name]) for name in item.relevant)) for item in dataset.items)
    return Collection(dataset.documents, tuple(asked))


def natural(path: Path) -> Collection:
    """Natural Questions: QED's paragraphs of articles with their titles; BoolQ's likewise."""
    return paragraphs((row["question"], row.get("context") or row["passage"], row["title"]) for row in rows(path))


def squad(path: Path) -> Collection:
    """SQuAD's training questions about paragraphs translated back."""
    return paragraphs((row["answerable_question"], row["context"], "") for row in rows(path))


def forums(path: Path) -> Collection:
    """Questions about forum posts and reviews."""
    found = reading.load(path)["data"]
    return paragraphs(
        (question["question"], paragraph["context"], "")
        for article in found
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    )


READERS: Mapping[str, Callable[[Path], Collection]] = {
    "everyday": lambda data: everyday(data / "everyday/train"),
    "articles": lambda _: everyday(ARTICLES),
    "notices": lambda _: notices(),
    "talks": lambda data: conversations(*CONVERSATIONS.glob("*.txt"), *(data / "everyday").glob("d*.txt")),
    "servers": lambda data: manuals(data / "real/servers"),
    "programs": lambda data: manuals(data / "real/everyday_manuals"),
    "visitors": lambda data: visitors(data / "visitors"),
    "conditions": lambda data: conditions(data / "questions/conditionalqa.jsonl.gz"),
    "rules": lambda data: rules(data / "questions/sharc.jsonl.gz"),
    "scifact": lambda data: abstracts(data / "scifact"),
    "qed": lambda data: natural(data / "questions/qed_nq.jsonl.gz"),
    "boolq": lambda data: natural(data / "questions/boolq.jsonl.gz"),
    "squad": lambda data: squad(data / "questions/squad2_train_recovered.jsonl.gz"),
    "forums": lambda data: forums(data / f"train/{reading.CLEAN}"),
}
# Documents whose questions are learned from: of each collection so many at most.
MOST = {
    "everyday": 1000, "articles": 1000, "notices": 1000, "talks": 1000, "servers": 32, "programs": 32, "visitors": 100,
    "conditions": 240, "rules": 60, "scifact": 480, "qed": 400, "boolq": 160, "squad": 300, "forums": 160,
}  # fmt: skip
MOST_HELD_OUT = 16
HELD_OUT: Mapping[str, Callable[[Iterable[str]], set[str]]] = {
    "everyday": last_files, "articles": partial(of_files, HELD_ARTICLES), "talks": partial(of_files, tagger.HELD),
    "servers": last_part, "programs": last_part, "conditions": last_part, "scifact": last_part,
}  # fmt: skip


def split(data: Path, name: str) -> tuple[Collection, Collection]:
    """Of the collection called ``name``: what may be learned from, and what is held out."""
    whole = READERS[name](data)
    held = HELD_OUT[name](whole.documents) if name in HELD_OUT else set()
    return whole.of(whole.documents.keys() - held), whole.of(held)


def read(data: Path, name: str) -> tuple[Collection, Collection]:
    """Samples of both parts of the collection called ``name``: ``MOST`` and ``MOST_HELD_OUT`` documents of them."""
    rng = random.Random(name)
    learned, held = split(data, name)
    return learned.sample(MOST[name], rng), held.sample(MOST_HELD_OUT, rng)
