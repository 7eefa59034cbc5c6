"""Who guesses what others' documents say, and brings the guess, learns nothing: whether it is right changes nothing.

Against: a guess at the text of a document in a private collection, or of one that another visitor brought. What is told
of the guess and how much is done for it, by which its time could tell, is the same as where it is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from fakes import Desk, WordReader, small_splitter

from documents import load
from documents.document import Document, Part
from documents.prepare import Preparing, read_parts
from documents.workers import Options
from index.ingest import Ingest
from index.passage import Collections, Scope
from index.query import Query
from index.recent import RecentOfQuestion
from index.store import Store
from qa.answer import Answer
from qa.assistant import Assistant
from qa.check.injection.recogniser import Recogniser
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.read.reader import Span
from qa.serving.library.overviews import Overviews
from qa.serving.library.shelf import Shelf, Wanted

SALARY = "A chief is a person who earns seventy thousand."
GUESSES = {"right": SALARY, "wrong": SALARY.replace("seventy", "ninety")}
PRIVATE = Collections(frozenset({"board"}))  # what one sees who may not see it
ANN, BOB = "chat:ann", "chat:bob"


def read(
    paths: Iterable[Path], options: Options, preparing: Preparing, **_: object
) -> Iterator[tuple[Path, list[Part]]]:
    """As ``workers.read``, without a process for each web page."""
    for path in paths:
        yield path, list(read_parts(path, load, options, preparing))


@pytest.fixture
def desk(new_store: Callable[..., Store], tmp_path: Path) -> Desk:
    """A desk with a document of two people: in a private collection, and brought by ann."""
    desk = Desk(tmp_path, store=new_store())
    desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), read)
    desk.write(paper__html=f"<title>Salaries</title><h1>Chiefs</h1><p>{SALARY}</p>")
    desk.ingest.update([desk.files], collection="board")
    desk.ingest.update([desk.files], owner=ANN)
    return desk


def guess(desk: Desk, text: str) -> Scope:
    """Bob brings a guess; what he sees then."""
    desk.embedder.embedded.clear()
    (desk.files / "guess.html").write_text(f"<h1>Chiefs</h1><p>{text}</p>")
    desk.ingest.update([desk.files / "guess.html"], owner=BOB)
    return Scope(owner=BOB, collections=PRIVATE)


@pytest.mark.parametrize("text", GUESSES.values(), ids=GUESSES)
def test_a_guess_is_embedded_and_told_of_as_any_other_text(desk: Desk, text: str) -> None:
    scope = guess(desk, text)
    assert len(desk.embedder.embedded) == 1
    page = Shelf(desk.store).page(scope, Wanted())
    (row,) = page["documents"]
    assert (row["name"], row["same"], row["near"], page["total"]) == ("Chiefs", "", "", 1)
    with desk.store.snapshot(scope) as snapshot:
        own = snapshot.document(row["document"])
    assert own is not None
    assert (own.text.split("\n")[-1], own.title) == (text, "Chiefs")
    assert row["document"] not in (Document(own.text).id, Document(own.text, owner=ANN).id)


@pytest.mark.parametrize("text", GUESSES.values(), ids=GUESSES)
def test_its_overview_is_made_as_any_other_and_of_what_its_owner_sees(desk: Desk, text: str) -> None:
    asked: list[Scope] = []

    def quoted(question: str, scope: Scope) -> Answer:
        asked.append(scope)
        return Answer("refusal", question, question, 0.0, message="No.")

    def read(scope: Scope) -> int:
        """How many were still to be read at first."""
        pending: int = overviews.listed(scope)["pending"]
        while overviews.listed(scope)["pending"]:
            time.sleep(0.01)
        return pending

    with closing(Overviews(Shelf(desk.store), desk.embedder, quoted, Recogniser())) as overviews:
        assert [read(scope) for scope in (Scope(), Scope(owner=ANN), Scope(owner=ANN))] == [1, 1, 0]
        asked.clear()
        scope = guess(desk, text)
        assert (read(scope), read(scope)) == (1, 0)
    assert asked
    assert set(asked) == {scope}


def test_everyones_overview_is_made_once_for_all_who_see_the_same(desk: Desk) -> None:
    def quoted(question: str, scope: Scope) -> Answer:
        asked.append(scope)
        return Answer("refusal", question, question, 0.0, message="No.")

    asked: list[Scope] = []
    with closing(Overviews(Shelf(desk.store), desk.embedder, quoted, Recogniser())) as overviews:
        for owner in (BOB, "chat:eve", None):
            while overviews.listed(Scope(owner=owner))["pending"]:
                time.sleep(0.01)
    assert set(asked) == {Scope()}


class Counting(WordReader):
    """Remembers what it read, and counts what it reads anew."""

    def __init__(self) -> None:
        self.read_anew: list[str] = []
        self._read = RecentOfQuestion[tuple[str, str], list[Span]](64)

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        def make(missing: list[tuple[str, str]]) -> list[list[Span]]:
            self.read_anew += [text for _, text in missing]
            return super(Counting, self).read(question, [text for _, text in missing])

        return self._read.of([(question.text, text) for text in texts], make)


def test_what_was_read_for_one_question_is_read_again_for_the_next(desk: Desk) -> None:
    reader = Counting()
    extractor = Extractor(reader, Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3))
    assistant = Assistant(desk.index, extractor)
    counts: list[int] = []
    for scope in (Scope(owner=ANN, collections=PRIVATE), guess(desk, SALARY)):
        assistant.ask("What does a chief earn?", scope)
        counts.append(len(reader.read_anew))
        reader.read_anew.clear()
    assert counts == [2, 2]  # in its passage, and as it would be quoted
