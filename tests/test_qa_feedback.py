"""What people say of answers: kept beside the index, and made into a question file."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest
from api_server import api_over, app_of
from commands import Run, fails
from fakes import Desk, filled
from starlette.testclient import TestClient

from qa.client import Client, ClientError
from qa.evaluation.datasets.load import load_dataset
from qa.serving.answering.feedback import FILE, Feedback, FeedbackError, Opinion

GRAIN, CHEESE = "What does Beta store?", "Who is the king of cheese?"
# An answer that another program wrote, with no field that may be left out.
BARE = {"schema": 2, "kind": "answer", "answered": True, "text": "Grain.", "citations": [], "statements": []}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def http(desk: Desk) -> Iterator[TestClient]:
    with TestClient(app_of(api_over(desk)), base_url="http://localhost", client=("127.0.0.1", 1)) as http:
        yield http


@pytest.fixture
def client(http: TestClient) -> Client:
    return Client("http://localhost", transport=httpx.MockTransport(lambda sent: forwarded(http, sent)))


def forwarded(http: TestClient, sent: httpx.Request) -> httpx.Response:
    """What the app answers, as the network would bring it."""
    got = http.request(sent.method, sent.url.raw_path.decode(), content=sent.content, headers=dict(sent.headers))
    return httpx.Response(got.status_code, headers=dict(got.headers), content=got.content)


def test_what_is_said_of_answers_becomes_a_question_file_that_eval_reads(desk: Desk, client: Client, run: Run) -> None:
    right, refused = client.ask(GRAIN), client.ask(CHEESE)
    numbers = [
        client.feedback(right, "up").number,
        client.feedback(right, "up", reason="twice").number,
        client.feedback(refused, "up").number,
        client.feedback(client.ask("What does Alpha pump?"), "down", expected="oil").number,
        client.feedback(right, "down", reason="I do not like it").number,
    ]
    assert numbers == [1, 2, 3, 4, 5]
    done = run("feedback", "export", "questions.jsonl", "--index", desk.store.folder)
    assert (done.out, done.err[:9]) == ("questions.jsonl: 3 questions\n", "1 left ou")
    assert Path("questions.jsonl").stat().st_mode & 0o777 == 0o600
    items = {item.question: item for item in load_dataset("questions.jsonl", corpus=desk.files).items}
    assert [own.text for own in items[GRAIN].answers] == [right.short_answer]
    assert (items[GRAIN].evidence, items[GRAIN].answers[0].document) == (("Beta stores grain.",), "b.txt")
    assert (items[CHEESE].answerable, items[CHEESE].answers) == (False, ())
    assert [own.text for own in items["What does Alpha pump?"].answers] == ["oil"]
    fails(run("feedback", "export", "questions.jsonl", "--index", desk.store.folder), "exists already")
    assert "down  somebody  What does Beta store?; reason: I do not like it" in run(
        "feedback", "list", "--index", desk.store.folder
    ).out  # fmt: skip
    fails(run("feedback", "export", "other.jsonl"), "nothing was said")


def test_a_question_alone_can_be_said_something_of(http: TestClient, desk: Desk) -> None:
    said = {"verdict": "down", "question": "Who led it?", "expected": ""}
    assert http.post("/api/v1/feedback", json=said).status_code == 201
    (kept,) = Feedback(desk.store.folder).listed()
    assert (kept.as_question() or {})["answers"] == []


def test_an_answer_that_names_no_question_makes_none(http: TestClient, desk: Desk) -> None:
    for answer in (BARE, {**BARE, "question": GRAIN}):
        assert http.post("/api/v1/feedback", json={"verdict": "up", "answer": answer}).status_code == 201
    asked = [said.as_question() for said in Feedback(desk.store.folder).listed()]
    assert [own and (own["question"], own["answers"]) for own in asked] == [None, (GRAIN, ["Grain."])]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"verdict": "up"}, 422), ({"verdict": "sideways", "question": "x?"}, 422), ({"question": "x?"}, 422),
        ({"verdict": "up", "question": " "}, 422), ({"verdict": "up", "answer": {"text": "x"}}, 400),
        ({"verdict": "up", "question": "x?", "reason": "r" * 3000}, 422), ({"verdict": "up", "answer": []}, 422),
        ({"verdict": "up", "question": "\ud800"}, 422), ({"verdict": "up", "answer": {**BARE, "question": 5}}, 400),
        ({"verdict": "up", "answer": {**BARE, "standalone_question": ["a"]}}, 400),
    ],
)  # fmt: skip
def test_what_is_no_feedback_is_not_kept(http: TestClient, desk: Desk, body: object, status: int) -> None:
    response = http.post("/api/v1/feedback", content=json.dumps(body), headers={"content-type": "application/json"})
    assert response.status_code == status
    assert Feedback(desk.store.folder).listed() == []


def test_the_file_is_private_keeps_to_its_size_and_a_damaged_one_is_one_line(desk: Desk, client: Client) -> None:
    feedback = Feedback(desk.store.folder, most=3)
    for number in range(5):
        feedback.add(Opinion("up", f"{number}?"))
    assert [said.question for said in feedback.listed()] == ["2?", "3?", "4?"]
    assert stat.S_IMODE(feedback.path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(feedback.path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(FeedbackError, match="another version"):
        feedback.listed()
    (desk.store.folder / FILE).write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(FeedbackError, match="cannot be used"):
        feedback.listed()
    with pytest.raises(ClientError) as caught:
        client.feedback(client.ask(GRAIN), "up")
    assert (caught.value.status, str(desk.store.folder) in str(caught.value)) == (503, False)
