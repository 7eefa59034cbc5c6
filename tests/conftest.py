"""Fixtures that all tests share."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import components
import pytest
from commands import Done, Run
from fakes import Desk
from hypothesis import HealthCheck, settings
from postgres_server import missing, server, stores
from real_files import SOFFICE

from index.address import DatabaseUrl
from index.store import HISTORY, Store
from qa.cli.app import main
from qa.serving.access.accounts.store import AccessStore

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

    from qa.evaluation import Harness

settings.register_profile(
    "refdesk", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("refdesk")


MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # a file system in memory, and how many bytes must be free there

# Files that share what takes seconds to load: one worker runs all of a group.
GROUPS = {
    "pages": (
        "browser/test_chat.py", "browser/test_accessibility.py", "browser/test_keyboard.py", "browser/test_report.py",
    ),
    "servers": (
        "browser/test_files.py", "browser/test_conversations.py", "browser/test_still.py", "test_security_chat.py",
        "test_qa_workers.py",
    ),
    "PyTorch": (
        "test_index_embed.py", "test_qa_cross_encoder.py", "test_qa_evaluation_metrics.py",
        "test_qa_llm_transformers.py", "test_security_settings.py", "test_training.py", "test_training_embedder.py",
        "test_training_joint.py", "test_training_judge.py", "test_training_loop.py", "test_training_quantise.py",
    ),
    "llama.cpp": ("test_qa_llm.py", "test_qa_llm_llamacpp.py", "test_qa_llm_openai.py", "test_qa_written.py"),
}  # fmt: skip
GROUP_OF = {f"tests/{file}": group for group, files in GROUPS.items() for file in files}
# Begun first, since they take longest: then all workers end at about the same time.
LONGEST = (
    *GROUP_OF,
    "tests/test_sample.py",
    "tests/test_qa_cli.py",
    "tests/test_qa_table_questions.py",
    "tests/test_index_ingest_history.py",
    "tests/test_documents_formats.py",
    "tests/test_docs_questions.py",
    "tests/test_qa_recogniser.py",
    "tests/test_documents_fuzz.py",
)


def pytest_configure(config: pytest.Config) -> None:
    _keep_files_in_memory()
    gone = [file for file in LONGEST if not (config.rootpath / file).is_file()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py schedules {', '.join(gone)}, which is not there")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is made while tests are collected stays: the garbage collector need not look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first; otherwise the order stays."""
    items.sort(key=lambda item: _rank(_file_of(item.nodeid)))


def pytest_collection_finish() -> None:
    """What is there before the first test stays to the end: the garbage collector need not look at it again.

    What is made since then it looks at more rarely, since the tests of a worker make little that is in circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5000, 20, 20)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """The last line says for want of what tests were skipped."""
    done = yield
    terminal: TerminalReporter | None = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal and (told := components.told(terminal.getreports("skipped"))):
        terminal.write_line(told)
    return done


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """With ``--dist loadfile`` a worker gets a file at a time, and the files of a group as if they were one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = _file_of(nodeid)
            return GROUP_OF.get(file, file)

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def _keep_files_in_memory() -> None:
    """Temporary files lie in memory where there is room: with each small index a disk is waited for thirty times.

    Processes that are started, workers of pytest among them, put theirs there, too.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        return
    if not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # it may have been looked up before


def _file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _rank(file: str) -> int:
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def folder_desk(tmp_path: Path) -> Desk:
    """A desk whose index is in a folder, in files whose ``desk`` may have it elsewhere."""
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def libreoffice() -> str:
    """The command of LibreOffice."""
    return SOFFICE or components.lacking("LibreOffice", "apt-get install libreoffice-writer-nogui")


@pytest.fixture(scope="session")
def postgres_programs() -> None:
    """The programs of PostgreSQL, for tests that have servers of their own."""
    if reason := missing():
        components.lacking("PostgreSQL", reason)


@pytest.fixture(scope="session")
def postgres(postgres_programs: None) -> Iterator[str]:  # noqa: ARG001
    """The connection string of an empty database."""
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Store]]:
    """Makes stores that hold no index yet, of both kinds in turn: tests that use it hold of every store."""
    if request.param == "sqlite":
        yield lambda history=HISTORY: Store(tmp_path / f"index-{uuid.uuid4().hex}", history=history)
        return
    monkeypatch.chdir(tmp_path)  # what a server keeps beside the index is below the working folder
    with stores(request.getfixturevalue("postgres"), "") as made:
        yield lambda history=HISTORY, **options: made(history=history, schema=f"index_{uuid.uuid4().hex}", **options)


@pytest.fixture(params=["sqlite", "postgresql"])
def access_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AccessStore]:
    """A store that nobody is known in yet, of both kinds in turn."""
    if request.param == "sqlite":
        yield AccessStore(tmp_path / "index")
        return
    from qa.serving.access.accounts.postgres import PostgresAccessStore

    monkeypatch.chdir(tmp_path)
    url = DatabaseUrl(request.getfixturevalue("postgres"))
    with closing(PostgresAccessStore(url, f"access_{uuid.uuid4().hex}")) as store:
        yield store


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of whoever runs them."""
    for name in [name for name in os.environ if name.startswith("REFDESK_") and name != "REFDESK_CHROMIUM"]:
        monkeypatch.delenv(name)


@pytest.fixture
def harness() -> Harness | None:
    """What ``refdesk eval`` and ``replay`` evaluate with; None is the default. Tests override it for small models."""
    return None


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harness: Harness | None
) -> Run:
    """Runs ``refdesk`` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments], harness)
        captured = capsys.readouterr()
        code = left.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run
