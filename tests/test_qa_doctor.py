"""``refdesk doctor`` finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from commands import Run
from evaluation_data import word_models
from fakes import Desk, WordEmbedder, filled

from index.integrity import damage
from index.models import ModelError
from index.store import Store
from qa.serving.operations.doctor import examine
from qa.serving.operations.finding import Finding
from qa.serving.operations.holdings import check_index
from qa.settings import Settings, read


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return filled(tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def copy(whole: Desk, tmp_path: Path) -> Store:
    """A copy of the index, to be damaged."""
    folder = tmp_path / "copy"
    shutil.copytree(whole.store.folder, folder)
    return Store(folder)


def settings_of(store: Store, **given: object) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return read(index=store.folder, embedder="words", port=free.getsockname()[1], **given)


def examined(settings: Settings) -> list[Finding]:
    return list(examine(settings, lambda *_: word_models()))


def not_in_order(settings: Settings) -> dict[str, str]:
    """What each check that is not ok says, with its advice."""
    return {one.check: f"{one.detail} → {one.advice}" for one in examined(settings) if one.status != "ok"}


def change(store: Store, statement: str) -> None:
    with closing(sqlite3.connect(store.path)) as db, db:
        db.create_function("matches", 2, lambda *_: False, deterministic=True)
        db.execute(statement)


def test_an_index_in_order_has_nothing_to_say(whole: Desk) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.store.folder.rglob("*") if "-shm" not in path.name}
    found = examined(settings_of(whole.store))
    assert [one.check for one in found] == [
        "python", "settings", "models", "permissions", "index", "words", "vectors", "disk", "limits", "port", "access",
    ]  # fmt: skip
    assert {one.status for one in found} == {"ok"}, found
    after = {path: path.stat().st_mtime_ns for path in whole.store.folder.rglob("*") if "-shm" not in path.name}
    assert before == after


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE documents SET text = text || '!' WHERE title = (SELECT min(title) FROM documents)", "has changed"),
        ('UPDATE chunks SET "end" = "end" + 1000 WHERE id = 1', "lie outside of its text"),
        ("DELETE FROM embeddings WHERE key = (SELECT embedding FROM chunks WHERE id = 1)", "refer to others"),
        ("UPDATE embeddings SET vector = zeroblob(96)", "vectors are not of length 1"),
        (
            "UPDATE embeddings SET vector = zeroblob(4) WHERE key = (SELECT embedding FROM chunks WHERE id = 1)",
            "different dimensions",
        ),
        ("UPDATE meta SET value = 0 WHERE key = 'format'", "is of another version"),
    ],
)
def test_damage_of_the_store_is_found(copy: Store, statement: str, said: str) -> None:
    change(copy, statement)
    found = list(check_index(copy, WordEmbedder()))
    assert {one.status for one in found} == {"wrong"}
    assert any(said in one.detail for one in found), found
    assert all("refdesk index" in one.detail + one.advice for one in found)


def test_a_store_in_order_has_no_damage(whole: Desk) -> None:
    with whole.store.snapshot() as snapshot:
        assert damage(snapshot) == []


def test_another_embedder_is_told_by_its_vectors(copy: Store) -> None:
    class Other(WordEmbedder):
        def embed(self, texts, role):  # type: ignore[no-untyped-def]
            return -super().embed(texts, role)

    (vectors,) = (one for one in check_index(copy, Other()) if one.check == "vectors")
    assert vectors.status == "wrong"
    assert "does not make the same vectors any more" in vectors.detail


def test_derived_indexes_that_are_behind_are_a_caution(copy: Store) -> None:
    shutil.rmtree(copy.folder / ".lexical")
    for base in copy.folder.glob("vectors-*"):
        base.unlink()
    said = not_in_order(settings_of(copy))
    assert set(said) == {"words", "vectors"}
    assert not (copy.folder / ".lexical").exists()


def test_files_that_others_can_read_are_wrong(copy: Store) -> None:
    copy.path.chmod(0o644)
    assert not_in_order(settings_of(copy)) == {}  # nobody else can enter the folder
    copy.folder.chmod(0o755)
    said = not_in_order(settings_of(copy))
    assert said["permissions"].endswith(f"→ chmod -R go-rwx {copy.folder}")
    assert str(copy.path) in said["permissions"]


def test_a_key_that_others_can_read_is_wrong(whole: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "refdesk.toml"
    file.write_text('api_key = "secret"\ntop_k = 5\n')
    file.chmod(0o644)
    found = examined(settings_of(whole.store))
    (key,) = (one for one in found if one.check == "permissions" and one.status == "wrong")
    assert key.advice == "chmod go-rwx refdesk.toml"
    settings = next(one.detail for one in found if one.check == "settings")
    assert f"top_k = 5 ({file})" in settings
    assert f"index = {whole.store.folder} (flag)" in settings
    assert "secret" not in "".join(one.detail for one in found)


def test_models_that_are_missing_are_wrong_and_the_rest_is_examined(whole: Desk) -> None:
    def load(*_: object) -> None:
        raise ModelError("model words is not installed: install it")

    found = list(examine(settings_of(whole.store), load))  # type: ignore[arg-type]
    assert next(one for one in found if one.check == "models").status == "wrong"
    assert next(one for one in found if one.check == "vectors").status == "ok"


def test_a_language_model_that_is_not_named_is_wrong(whole: Desk) -> None:
    assert "REFDESK_MODEL" in not_in_order(settings_of(whole.store, backend="openai"))["language model"]


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A web server whose every response is ``body``; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_a_port_that_a_desk_holds_is_in_order_and_one_that_another_program_holds_is_wrong(whole: Desk) -> None:
    with answering(b'{"status": "ok"}') as port:
        found = examined(read(index=whole.store.folder, embedder="words", port=port))
        assert next(one.detail for one in found if one.check == "port") == f"Refdesk is listening on 127.0.0.1:{port}"
    with answering(b"<html>") as port:
        said = not_in_order(read(index=whole.store.folder, embedder="words", port=port))
    assert "choose another with --port" in said["port"]


def test_a_desk_that_others_reach_needs_somebody_who_is_known(whole: Desk) -> None:
    assert "refdesk users add" in not_in_order(settings_of(whole.store, hosts=("desk.example",)))["access"]


def test_the_command_prints_a_line_for_each_check_and_exits_1_when_one_is_wrong(run: Run, copy: Store) -> None:
    done = run("doctor", "--index", copy.folder)  # made with an embedder that is none of Refdesk's own
    assert (done.code, done.err) == (1, "")
    assert "wrong   models" in done.out
    assert len(done.out.splitlines()) == 11
    told = run("doctor", "--index", copy.folder, "--json")
    assert told.code == 1
    assert not told.json["in_order"]
    assert {one["status"] for one in told.json["checks"]} == {"ok", "wrong"}


def test_no_index_is_a_caution(tmp_path: Path) -> None:
    said = not_in_order(settings_of(Store(tmp_path / "none")))
    assert set(said) == {"index"}
    assert "refdesk index PATH" in said["index"]
