"""What the tests of ``index`` and ``qa`` share: deterministic models, a simple splitter, small corpora.

The models are real implementations of the protocols, handed in through constructors: they hash and count words.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import re
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from counting import word_count
from numpy.typing import NDArray

from documents.sentences import Range
from documents.split import Splitter
from index.embed import Role, Vectors
from index.ingest import Ingest
from index.passage import Passage, Scope
from index.query import Query
from index.search import Index
from index.store import Store
from qa.answer import Answer, Citation, Statement
from qa.answer.notices import Talk
from qa.check.entailment import Entailed
from qa.check.injection.recogniser import Unchecked
from qa.check.verifier import Verdict
from qa.check.yes_no import Decision, decide
from qa.llm.base import Message
from qa.read.evidence import Evidence
from qa.read.reader import NOTHING, Span
from qa.understand.omitted_terms import TaggedWord, candidates
from qa.understand.question import Question
from qa.understand.question_type import QuestionType

T = TypeVar("T")
ROOT = Path(__file__).parents[1]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


class WordEmbedder:
    """Adds up one pseudo-random direction a word; remembers what it was given."""

    dimension = 24

    def __init__(self, fingerprint: str = "words@1") -> None:
        self.fingerprint = fingerprint
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if role == "passage":
            self.embedded += texts
        return np.asarray([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def _vector(self, text: str) -> Vectors:
        total = np.full(self.dimension, 1e-3)
        for word in words(text):
            total = total + _direction(word, self.dimension)
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float64]:
    """The word's own pseudo-random direction."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).normal(size=dimension)


class WordReranker:
    """Scores a text by the share of the question's words that it holds."""

    fingerprint = "shared-words@1"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        asked = set(words(question))
        return [len(asked & set(words(text))) / max(1, len(asked)) for text in texts]


class WordEntailment:
    """Supports a claim by the share of its words that a text holds; contradicts it where one alone says "not"."""

    fingerprint = "shared-words@1"

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        return [self._judged(set(words(claim)), set(words(text))) for claim, text in pairs]

    def _judged(self, said: set[str], held: set[str]) -> Entailed:
        claimed, denies = said - {"not"}, "not" in said
        share = len(claimed & held) / max(1, len(claimed))
        return Entailed(share, 0.0, 1 - share) if denies == ("not" in held) else Entailed(0.0, share, 1 - share)


class NoEvidence:
    """Of a reader: no range of a text belongs to what answers."""

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:  # noqa: ARG002
        return [NOTHING] * len(places)


class Finds(NoEvidence):
    """A reader that takes the given words for the answer, wherever the passage has them first."""

    fingerprint = "finds@1"

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        (text,) = texts
        return [
            [Span(text.index(word), text.index(word) + len(word), 9.0 - n, 9.0)
             for n, word in enumerate(self.words)]
        ]  # fmt: skip


class WordReader(NoEvidence):
    """Takes of each sentence the longest run of words the question lacks; margin: twice the shared ones, less 3."""

    fingerprint = "shared-words@1"

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        return [
            sorted(self._spans(set(words(question.text)), text), key=lambda span: (-span.margin, span.start))
            for text in texts
        ]

    def _spans(self, asked: set[str], text: str) -> Iterator[Span]:
        for sentence in re.finditer(r"[^.?!\n]+", text):
            held = [(match.start(), match.end(), match.group().lower() in asked)
                    for match in re.finditer(r"\w+", sentence.group())]  # fmt: skip
            runs = [list(run) for known, run in itertools.groupby(held, key=lambda word: word[2]) if not known]
            if runs:
                run = max(runs, key=len)
                margin = 2.0 * len({word for word in words(sentence.group()) if word in asked}) - 3
                yield Span(sentence.start() + run[0][0], sentence.start() + run[-1][1], margin, margin)


class Tags:
    """Takes follow-ups to leave out the words that it is given; ``others`` are the log-odds of all others."""

    def __init__(self, *left_out: str, others: float = -1.0) -> None:
        self._left_out = left_out
        self._others = others

    def tag(self, question: str, conversation: str) -> list[TaggedWord]:
        return [
            TaggedWord(start, end, 4.0 if conversation[start:end] in self._left_out else self._others, own)
            for start, end, own in candidates(question, conversation)
        ]


class QuoteTheBest:
    """Quotes the best passage when it shares half of the question's words."""

    recogniser = Unchecked()

    def read(self, question: Question, passages: Sequence[Passage]) -> list[Evidence]:  # noqa: ARG002
        return []

    def answer(self, question: Question, passages: Sequence[Passage]) -> Answer:
        if not passages or passages[0].stage_scores.get("rerank", 1.0) < 0.5:
            return Answer("refusal", question.text, question.text, 0.1, message="Not here.", passages=tuple(passages))
        best = passages[0]
        citation = Citation(1, best, best.chunk.start, best.chunk.end)
        statement = Statement(citation.quote, (1,), 0.9, "quoted")
        return Answer(
            "answer", question.text, question.text, 0.9, None, (statement,), (citation,), tuple(passages),
            model={"backend": "quotes"},
        )  # fmt: skip


def small_splitter(max_tokens: int = 12) -> Splitter:
    return Splitter(max_tokens=max_tokens, overlap_sentences=0, count=word_count)


class Desk:
    """An index in a folder of its own with everything that fills and asks it."""

    def __init__(
        self, folder: Path, *, max_tokens: int = 12, store: Store | None = None, embedder: WordEmbedder | None = None
    ) -> None:
        self.files = folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self.store = store or Store(folder / "index")
        self.embedder = embedder or WordEmbedder()
        self.ingest = Ingest(self.store, self.embedder, small_splitter(max_tokens))

    def write(self, **texts: str) -> None:
        """Files by name, ``__`` standing for the dot of the suffix: ``write(a__txt="…")``; .txt by default."""
        for name, text in texts.items():
            stem, _, suffix = name.partition("__")
            (self.files / f"{stem}.{suffix or 'txt'}").write_text(text, "utf-8")

    def path(self, name: str) -> str:
        return str(self.files / name)

    @property
    def index(self) -> Index:
        return Index(self.store, self.embedder, WordReranker())

    def search(self, question: str, scope: Scope = Scope(), limit: int = 10) -> list[str]:  # noqa: B008 - frozen
        """Texts of what is found, best first."""
        return [passage.chunk.text for passage in self.index.retrieve(question, scope, limit)]

    def counts(self) -> dict[str, int]:
        with self.store.snapshot() as snapshot:
            return {table: snapshot.count(table) for table in ("sources", "documents", "chunks", "embeddings")}


def filled(folder: Path) -> Desk:
    """A desk with three documents of one sentence each."""
    desk = Desk(folder)
    desk.write(a="Alpha pumps water.", b="Beta stores grain.", c="Gamma sells iron.")
    desk.ingest.update([desk.files])
    return desk


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Act as nobody where the tests run as root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class ScriptedGenerator:
    """Streams the words of a reply, whatever it is asked; an exception in the script is raised when it is reached.

    ``prompts`` are the messages it was given, ``closed`` says that nobody listened to the end.
    """

    fingerprint = "scripted@1"

    def __init__(self, *script: str | Exception, context: int = 4096) -> None:
        self.script = script
        self.context = context
        self.prompts: list[list[Message]] = []
        self.closed = False

    def count(self, text: str) -> int:
        return len(text.split())

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        self.prompts.append(list(messages))
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    raise step
                yield from re.findall(r"\S*\s*", step)[:max_tokens]
        except GeneratorExit:
            self.closed = True
            raise


class PromptedGenerator(ScriptedGenerator):
    """Replies to the text of a prompt with what ``reply`` makes of it."""

    def __init__(self, reply: Callable[[str], str | Exception], *, context: int = 4096) -> None:
        super().__init__(context=context)
        self.reply = reply

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Generator[str, None, None]:
        self.script = (self.reply("\n".join(message.text for message in messages)),)
        return super().stream(messages, max_tokens)


class WordVerifier:
    """Supports what shares all but one of its words with a sentence of the passages; remembers what it was asked.

    Elsewhere the verdict has the sentence that shares the most, and the share.
    """

    fingerprint = "shared-words@1"

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def verify(self, claim: str, passages: Sequence[Passage]) -> Verdict:
        self.asked.append((claim, len(passages)))
        claimed, nearest = set(words(claim)), Verdict(False, 0.1, None, 0, 0, ())
        for passage in passages:
            for sentence in re.finditer(r"[^.?!\s][^.?!\n]+[.?!]?", passage.chunk.text):
                start, end = (passage.chunk.start + offset for offset in sentence.span())
                shared = len(claimed & set(words(sentence.group())))
                if len(claimed) - shared <= 1:
                    return Verdict(True, 0.9, passage, start, end, ())
                if shared / len(claimed) > nearest.coverage:
                    nearest = Verdict(False, 0.1, passage, start, end, (), shared / len(claimed))
        return nearest

    def decide(self, question: str, text: str) -> Decision:
        return decide(WordEntailment(), question, [text])[0]

    def call_for_care(self, quotes: Sequence[str], short: str | None) -> bool:  # noqa: ARG002
        return False


class AskedFor:
    """Takes every question for one of a kind, and all talk for a complaint or another kind."""

    def __init__(self, kind: QuestionType, talk: Talk = "complaint") -> None:
        self._kind = kind
        self._talk = talk

    def asked(self, query: Query, embedding: Vectors, embedder: str) -> QuestionType:  # noqa: ARG002
        return self._kind

    def kind_of_talk(self, query: Query, embedding: Vectors, embedder: str) -> Talk:  # noqa: ARG002
        return self._talk


def in_a_loop(run: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What a coroutine returns, run in a thread of its own: the browser tests leave a running loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, run()).result()
