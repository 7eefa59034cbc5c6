"""The chat's library: what is listed, in which order, and what a question is limited to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import Desk
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from index.passage import Filter, Scope
from qa.serving.access.admission import Anyone
from qa.serving.access.asker import Asker
from qa.serving.access.gate import Gate
from qa.serving.access.rights import Right
from qa.serving.answering.queue import FairQueue
from qa.serving.chat import routes
from qa.serving.chat.replies import AskRequest, Reply
from qa.serving.library.shelf import MOST_CHOSEN, ChoiceError, Shelf, Wanted


class As:
    """Lets everybody in with some rights."""

    def __init__(self, rights: frozenset[Right]) -> None:
        self._rights = rights

    async def asker(self, request: Request) -> Asker:
        return Asker.of(request, rights=self._rights)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("shelf"))
    desk.write(
        water__md="# Water report\n\nDate: 2024-05-01\n\nAlpha pumps water.\n",
        Grain__txt="Beta stores grain.",
        iron__txt="Gamma sells iron.",
    )
    (desk.files / "mine.txt").write_text("Omega repairs clocks.")
    desk.ingest.update([desk.files / name for name in ("water.md", "Grain.txt", "iron.txt")])
    desk.ingest.update([desk.files / "mine.txt"], owner="chat:me")
    return desk


def names(shelf: Shelf, scope: Scope = Scope(), **wanted: object) -> list[str]:  # noqa: B008 - frozen
    return [row["name"] for row in shelf.page(scope, Wanted(**wanted))["documents"]]  # type: ignore[arg-type]


def test_documents_are_listed_by_title_with_what_is_known_of_them(desk: Desk) -> None:
    page = Shelf(desk.store).page(Scope(), Wanted())
    assert [row["name"] for row in page["documents"]] == ["Grain.txt", "iron.txt", "Water report"]
    assert (page["found"], page["total"], page["types"]) == (3, 3, {"md": 1, "txt": 2})
    water = page["documents"][-1]
    assert (water["file"], water["type"], water["is_own"]) == ("water.md", "md", False)
    assert str(desk.files) not in str(page)  # no folder of the server


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"words": "REPORT water"}, ["Water report"]),
        ({"words": "Gamma"}, []),  # names are searched, not texts
        ({"type": "txt"}, ["Grain.txt", "iron.txt"]),
        ({"type": "pdf"}, []),
        ({"order": "type"}, ["Water report", "Grain.txt", "iron.txt"]),
        ({"order": "no such order"}, ["Grain.txt", "iron.txt", "Water report"]),
        ({"start": 1, "most": 1}, ["iron.txt"]),
        ({"start": 10**9}, []),
    ],
)
def test_the_list_is_searched_filtered_sorted_and_paged(
    desk: Desk, wanted: dict[str, object], expected: list[str]
) -> None:
    assert names(Shelf(desk.store), **wanted) == expected


def test_the_same_and_nearly_the_same_text_elsewhere_is_named_to_who_sees_both(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    many = " ".join(f"Alpha pumps the water of well {number}." for number in range(40))
    desk.write(one=many, other=many + " And more.", twin=many, alone="Beta stores grain.")
    (desk.files / "mine.txt").write_text(many + " It is mine.")
    desk.ingest.update([desk.files / f"{name}.txt" for name in ("alone", "one", "other", "twin")])
    desk.ingest.update([desk.files / "mine.txt"], owner="chat:me")

    def told(scope: Scope) -> dict[str, tuple[str, str]]:
        rows = Shelf(desk.store).page(scope, Wanted())["documents"]
        return {row["file"]: (row["same"], row["near"]) for row in rows}

    everyones = {
        "alone.txt": ("", ""),
        "one.txt": ("twin.txt", "other.txt"),
        "other.txt": ("", "one.txt"),
        "twin.txt": ("one.txt", "other.txt"),
    }
    assert told(Scope()) == everyones
    assert "mine.txt" not in str(told(Scope(owner="chat:other")))
    assert told(Scope(owner="chat:me"))["mine.txt"][1] in everyones


def test_only_who_may_change_documents_is_told_where_they_are(desk: Desk) -> None:
    def rows(changes: bool, *rights: Right) -> str:
        extras = routes.Extras(shelf=Shelf(desk.store), changes=changes)
        app = Starlette(routes=routes.routes(None, FairQueue(1), extras))  # type: ignore[arg-type]
        app.add_middleware(Gate, access=As(frozenset(rights)))
        with TestClient(app) as client:
            html: str = client.get("/library").json()["html"]
            return html

    changing = rows(True, "read", "write")
    assert changing.count('class="shelf-more"') == 3
    assert str(desk.files) in changing
    for html in (rows(False, "admin"), rows(True, "ask", "read")):
        assert "shelf-more" not in html
        assert str(desk.files) not in html


def test_a_visitors_own_file_is_in_no_other_list(desk: Desk) -> None:
    shelf = Shelf(desk.store)
    assert "mine.txt" in names(shelf, Scope(owner="chat:me"))
    assert "mine.txt" not in names(shelf, Scope(owner="chat:other"))
    assert "mine.txt" not in names(shelf)


def test_the_list_follows_the_index(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    shelf = Shelf(desk.store)
    assert names(shelf) == ["a.txt"]
    desk.write(b="Beta stores grain.")
    desk.ingest.update([desk.files])
    assert names(shelf) == ["a.txt", "b.txt"]


def test_a_question_is_limited_to_the_documents_chosen(desk: Desk) -> None:
    shelf = Shelf(desk.store)
    grain = shelf.page(Scope(), Wanted(words="grain"))["documents"][0]["document"]
    scope = shelf.narrowed(Scope(), (grain, "sha256:none"))
    assert scope == Scope(only=Filter(documents=(grain, "sha256:none")))
    assert desk.search("What does Alpha pump?", scope) == ["Beta stores grain."]
    assert shelf.narrowed(Scope(), ()) == Scope()


def test_documents_that_are_gone_or_anothers_cannot_be_chosen(desk: Desk) -> None:
    shelf = Shelf(desk.store)
    mine = shelf.page(Scope(owner="chat:me"), Wanted(words="mine"))["documents"][0]["document"]
    assert shelf.narrowed(Scope(owner="chat:me"), (mine,))
    for chosen in ((mine,), ("sha256:none",), ("",), ("'); DROP TABLE sources; --",)):
        with pytest.raises(ChoiceError, match="no longer here"):
            shelf.narrowed(Scope(), chosen)


@pytest.mark.parametrize("sent", [None, "text", {"a": 1}, [], 3])
def test_documents_of_a_malformed_request_are_none(sent: object) -> None:
    assert AskRequest.from_json({"question": "What?", "documents": sent}).documents == ()


def test_no_more_documents_are_taken_than_may_be_chosen() -> None:
    many = ["x" * 500, 3, *map(str, range(2 * MOST_CHOSEN))]
    taken = AskRequest.from_json({"documents": many}).documents
    assert len(taken) == MOST_CHOSEN
    assert taken[:3] == ("x" * 100, "", "0")


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[TestClient]:
    app = Starlette(routes=routes.routes(None, FairQueue(1), routes.Extras(shelf=Shelf(desk.store))))  # type: ignore[arg-type]
    app.add_middleware(Gate, access=Anyone())
    with TestClient(app) as client:
        yield client


def test_a_document_is_shown_whole_with_all_its_quotations_marked(client: TestClient) -> None:
    rows = client.get("/library", params={"words": "water"}).json()["html"]
    (water,) = re.findall(r'data-document="([^"]+)"', rows)
    shown = client.get(f"/d/{water}", params=[("start", 2), ("end", 7), ("also", "35-40"), ("also", "4-5")])
    assert shown.status_code == 200
    assert '<mark id="quote">Wa</mark><mark>t</mark>' in shown.text
    for bad in ({"also": "1"}, {"also": "1-x"}, {"start": "-1"}, {"end": "9" * 10}, {"start": 5, "end": 4}):
        assert client.get(f"/d/{water}", params=bad).status_code == 404
    assert client.get("/d/sha256:none").status_code == 404


@pytest.mark.parametrize("asked", ["start=x", "start=-1", "most=1e3", "start=" + "9" * 30])
def test_a_malformed_page_of_the_list_is_refused(client: TestClient, asked: str) -> None:
    assert client.get(f"/library?{asked}").status_code == 400


def test_without_paths_an_answer_names_files_alone() -> None:
    from test_qa_render import passage

    from qa.answer import Answer, Citation, Statement

    found = passage("Half of it.", path="/home/me/private/report.txt")
    said = (Statement("Half of it.", (1,), 1.0, "quoted"),)
    answer = Answer("answer", "q", "q", 0.9, None, said, (Citation(1, found, 0, 11),), (found,))
    shown = Reply("", answer).to_dict(with_paths=False)["answer"]
    assert (shown["citations"][0]["source"], shown["passages"][0]["source"]) == ("report.txt", "report.txt")
    assert "/home/me" not in str(shown)
    assert replace(answer).to_dict() == Reply("", answer).to_dict()["answer"]
