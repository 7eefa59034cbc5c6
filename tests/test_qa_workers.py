"""Workers answer for the server: several at a time, and whatever dies, no answer is lost or another's."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from commands import Run, fails
from fakes import ROOT, filled
from serving import Served, serving
from test_qa_uploads import until
from test_security_files import is_running

PROGRAM = str(ROOT / "tests" / "worker_desk.py")
SECRET = {"x-refdesk-conversation": "0" * 32}
SAID = {"Alpha": "Alpha pumps water.", "Beta": "Beta stores grain.", "Gamma": "Gamma sells iron."}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers need Linux")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def desk(folder: Path) -> Iterator[Served]:
    """One server for the tests after which it goes on."""
    with serving([PROGRAM, str(folder)], folder / "log") as served:
        yield served


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A server for a test that ends it."""
    with serving([PROGRAM, str(tmp_path)], tmp_path / "log") as served:
        yield served


def children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            found += [int(child) for child in task.read_text().split()]
    return found


def ask(desk: Served, question: str) -> httpx.Response:
    return httpx.post(f"{desk.url}/api/v1/ask", json={"question": question}, timeout=60)


def told(desk: Served, question: str) -> str:
    response = ask(desk, question)
    assert response.status_code == 200, response.text
    return str(response.json()["text"])


def keeper_of(desk: Served) -> int:
    def found() -> list[int]:
        return [child for child in children(desk.pid) if children(child)]

    until(lambda: bool(found()))
    (keeper,) = found()
    return keeper


def workers_of(desk: Served) -> list[int]:
    until(lambda: len(children(keeper_of(desk))) == 2)
    return children(keeper_of(desk))


def test_questions_are_answered_by_workers_as_many_at_a_time(desk: Served) -> None:
    with ThreadPoolExecutor(2) as pool:
        met = set(pool.map(told, [desk, desk], ["meet", "meet"]))
    assert met == {str(worker) for worker in workers_of(desk)}


def test_every_question_gets_its_own_answer_while_workers_are_killed(desk: Served) -> None:
    names = [*SAID] * 20

    def asked(name: str) -> str:
        return told(desk, f"What about {name}?")

    with ThreadPoolExecutor(3) as pool:
        answers = pool.map(asked, names)
        for _ in range(8):
            os.kill(workers_of(desk)[0], signal.SIGKILL)
        for name, answer in zip(names, answers, strict=True):
            assert SAID[name] in answer


def test_a_statement_is_told_once_where_its_worker_dies_after_it(desk: Served, folder: Path) -> None:
    with httpx.stream(
        "POST", f"{desk.url}/api/v1/ask", json={"question": "die once"}, headers={"accept": "text/event-stream"}
    ) as response:
        events = [line.removeprefix("event: ") for line in response.iter_lines() if line.startswith("event: ")]
    assert (folder / "died").exists()
    assert events == ["statement", "answer"]


def test_a_question_that_kills_whoever_answers_it_fails_alone(desk: Served) -> None:
    response = ask(desk, "die")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert SAID["Alpha"] in told(desk, "What about Alpha?")


def test_what_goes_wrong_in_a_worker_is_told_and_logged_as_without(desk: Served, folder: Path) -> None:
    assert ask(desk, "gone").status_code == 503
    response = httpx.post(
        f"{desk.url}/api/v1/ask", json={"question": "fail"}, headers={"x-request-id": "what-fails"}, timeout=60
    )
    assert response.status_code == 500
    assert "a reason" not in response.text
    until(lambda: "(request what-fails)" in (folder / "log").read_text())
    assert 'raise ValueError("a reason")' in (folder / "log").read_text()  # the worker's traceback


def test_a_client_that_leaves_frees_its_worker(desk: Served, folder: Path) -> None:
    events = {"accept": "text/event-stream"}
    held = [httpx.stream("POST", f"{desk.url}/api/v1/ask", json={"question": "hold"}, headers=events) for _ in "ab"]
    for stream in held:
        with stream as response:
            next(response.iter_lines())
    for met in folder.glob("met-*"):  # of workers that met before
        met.unlink()
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(told, [desk, desk], ["meet", "meet"]))) == 2
    assert not (folder / "let").exists()


def test_a_conversation_asks_its_file_of_any_worker(desk: Served) -> None:
    with httpx.Client(base_url=desk.url, headers=SECRET, timeout=60) as visitor:

        def uploads() -> list[dict[str, Any]]:
            return list(visitor.get("/uploads").json()["uploads"])

        visitor.post("/uploads", params={"name": "d.txt"}, content="Delta weaves wool.")
        until(lambda: uploads()[0]["state"] == "ready")
        for _ in range(2):
            assert "Delta weaves wool." in chat(visitor, "What does Delta weave?")
            os.kill(workers_of(desk)[0], signal.SIGKILL)
            os.kill(workers_of(desk)[1], signal.SIGKILL)
        assert "Delta weaves wool." not in told(desk, "What does Delta weave?")
        visitor.delete(f"/uploads/{uploads()[0]['number']}")
        assert uploads() == []
        assert "Delta weaves wool." not in chat(visitor, "What does Delta weave?")


def chat(visitor: httpx.Client, question: str) -> str:
    """What the chat's page gets last."""
    lines = visitor.post("/ask", json={"turn": "1", "question": question}).text.splitlines()
    return str(json.loads(lines[-1])["answer"]["text"])


def test_signals_to_all_processes_end_none_before_it_has_answered(own: Served, tmp_path: Path) -> None:
    processes = [keeper_of(own), *workers_of(own)]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(told, own, "hold")
        until((tmp_path / "held").exists)
        for process in (*processes, own.pid):  # as systemd does
            os.kill(process, signal.SIGTERM)
        until(lambda: not is_taken(own))  # it takes no more
        (tmp_path / "let").touch()
        assert answer.result() in {str(process) for process in processes}
    until(lambda: not any(map(is_running, processes)))


def is_taken(desk: Served) -> bool:
    try:
        httpx.get(f"{desk.url}/healthz")
    except httpx.TransportError:
        return False
    return True


def test_the_server_ends_in_order_when_workers_cannot_be_replaced_any_more(own: Served, tmp_path: Path) -> None:
    workers = workers_of(own)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(told, own, "hold")
        until((tmp_path / "held").exists)
        os.kill(keeper_of(own), signal.SIGKILL)
        (tmp_path / "let").touch()
        assert answer.result() in {str(worker) for worker in workers}
    own.process.join(20)
    assert own.process.exitcode == 1
    assert "Refdesk ends" in (tmp_path / "log").read_text()
    until(lambda: not any(map(is_running, workers)))


def test_a_worker_that_hangs_is_replaced_and_its_question_fails(tmp_path: Path) -> None:
    with serving([PROGRAM, str(tmp_path), "0.5"], tmp_path / "log") as desk:
        before = {*workers_of(desk)}
        assert ask(desk, "hang").status_code == 500
        until(lambda: len(before & {*workers_of(desk)}) == 1)  # however far it came in its half second
    assert "took more than 0.5 s" in (tmp_path / "log").read_text()


def test_workers_are_refused_where_they_cannot_share_the_models(run: Run, tmp_path: Path) -> None:
    index = filled(tmp_path).store.folder
    done = run("serve", "--index", index, "--workers", "2", "--embedder", "all-MiniLM-L6-v2")
    fails(done, "several workers answer with the default models only, not with all-MiniLM-L6-v2: leave out --workers")
    assert run("serve", "--index", index, "--workers", "0").code == 2


def test_workers_are_refused_over_a_database(run: Run) -> None:
    done = run("serve", "--index", "postgresql://desk@localhost/desk", "--workers", "2")
    fails(done, "several workers share an index in a folder: over PostgreSQL, leave out --workers")


def test_no_process_outlives_a_server_that_is_killed(desk: Served, folder: Path) -> None:
    """Comes last: it ends the server that others ask, too."""
    processes = [keeper_of(desk), *workers_of(desk)]
    (folder / "held").unlink(missing_ok=True)  # of a question before
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(ask, desk, "hold")
        until((folder / "held").exists)
        os.kill(desk.pid, signal.SIGKILL)
        assert isinstance(lost.exception(), httpx.TransportError)
    desk.process.join(20)
    until(lambda: not any(map(is_running, processes)))
