"""Jobs of ingestion: every file is indexed, whatever becomes of the workers, and what cannot be read says why."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from fakes import Desk, WordEmbedder
from index_checks import check_store
from postgres_server import ADMIN, PASSWORD, end_others

from index.address import DatabaseUrl
from index.postgres.jobs import ATTEMPTS, Jobs
from index.postgres.store import PostgresStore
from index.report import Report
from index.work import work
from qa.serving.operations.finding import Finding
from qa.serving.operations.holdings import check_jobs


@pytest.fixture
def desk(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    store = PostgresStore(DatabaseUrl(postgres), schema=f"jobs_{tmp_path.name}")
    yield Desk(tmp_path, store=store)
    store.close()


@pytest.fixture
def jobs(desk: Desk) -> Jobs:
    assert isinstance(desk.store, PostgresStore)
    return Jobs(desk.store)


def queue(desk: Desk, jobs: Jobs) -> None:
    files, _ = desk.ingest.files([desk.files], include=(), exclude=())
    jobs.add(files, "default")


def done(desk: Desk, jobs: Jobs, at_once: int = 32) -> Report:
    """What a worker does, of all there is to do."""
    whole = Report()
    for report in work(jobs, desk.ingest, until_empty=True, at_once=at_once, look=0, wait=0.05):
        for name in ("added", "changed", "unchanged"):
            getattr(whole, name).extend(Path(path).name for path in getattr(report, name))
        whole.failed.update(report.failed)
    return whole


def told(jobs: Jobs) -> list[tuple[str, str, int]]:
    """Name, status and attempts of all jobs."""
    every = jobs.listed(["waiting", "running", "failed", "done"])
    return [(Path(job.path).name, job.status, job.attempts) for job in every]


def test_files_are_indexed_once_and_what_cannot_be_read_says_why(desk: Desk, jobs: Jobs) -> None:
    desk.write(a="Alpha pumps water.", b="Beta stores grain.", bad__pdf="no PDF", gone="Soon gone.")
    queue(desk, jobs)
    queue(desk, jobs)
    assert jobs.counts() == {"waiting": 4}
    assert check_jobs(jobs) == Finding("jobs", "ok", "4 files wait for workers, 0 are being indexed, 0 failed")
    (desk.files / "gone.txt").unlink()
    report = done(desk, jobs)
    assert report.added == ["a.txt", "b.txt"]
    reasons = {Path(job.path).name: job.reason for job in jobs.listed()}
    assert "bad.pdf: " in reasons["bad.pdf"]
    assert "gone.txt: it is gone, or " in reasons["gone.txt"]
    assert jobs.counts() == {"done": 2, "failed": 2}
    assert check_jobs(jobs).status == "caution"
    check_store(desk.store)
    desk.write(bad__pdf="", a="Alpha pumps oil.", gone="Again there.")
    assert jobs.retry([desk.files / "gone.txt"]) == 1
    assert jobs.cancel([desk.files]) == 2  # the one that waits, and the one that failed
    queue(desk, jobs)
    assert told(jobs) == [(name, "waiting", 0) for name in ("a.txt", "b.txt", "bad.pdf", "gone.txt")]
    report = done(desk, jobs)
    assert (report.changed, report.added, report.unchanged) == (["a.txt"], ["gone.txt"], ["b.txt"])


def test_a_job_of_a_worker_that_is_killed_is_done_by_another(
    desk: Desk, jobs: Jobs, postgres: str, tmp_path: Path
) -> None:
    desk.write(a="Alpha pumps water.", b="An endless story.", c="Gamma sells iron.")
    queue(desk, jobs)
    command = [sys.executable, str(Path(__file__).with_name("jobs_worker.py")), postgres, f"jobs_{tmp_path.name}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([*command, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "at it\n"
        assert told(jobs) == [(name, "running", 1) for name in ("a.txt", "b.txt", "c.txt")]
        with jobs.worker() as mine:
            assert mine.claim(3) is None  # they are another's
            assert mine.is_left()
        worker.kill()
    report = done(desk, jobs)
    assert (report.unchanged, report.added) == (["a.txt"], ["b.txt", "c.txt"])
    assert told(jobs) == [(name, "done", 2) for name in ("a.txt", "b.txt", "c.txt")]
    check_store(desk.store)


def test_a_file_whose_workers_end_is_tried_alone_and_not_for_ever(desk: Desk, jobs: Jobs) -> None:
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    queue(desk, jobs)
    taken = []
    for _ in range(5):
        with jobs.worker() as mine:  # and ends
            claim = mine.claim(2)
            assert claim
            taken.append("".join(path.stem for path in claim.files.values()))
    assert taken == ["ab", "a", "b", "a", "b"]
    assert done(desk, jobs) == Report()
    assert {(job.status, job.reason) for job in jobs.listed()} == {("failed", f"its worker ended {ATTEMPTS} times")}


class Meddling(WordEmbedder):
    """Embeds, after something else was done."""

    before: Callable[[], object] = staticmethod(lambda: None)

    def embed(self, texts, kind):  # type: ignore[no-untyped-def]
        self.before()
        return super().embed(texts, kind)


def test_a_job_at_hand_can_be_cancelled_or_begin_anew(tmp_path: Path, desk: Desk, jobs: Jobs) -> None:
    embedder = Meddling()
    slow = Desk(tmp_path, store=desk.store, embedder=embedder)
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    queue(desk, jobs)
    embedder.before = lambda: jobs.cancel([desk.files / "a.txt"])
    report = done(slow, jobs)
    assert told(jobs) == [("b.txt", "done", 1)]
    assert report.added == ["b.txt"]

    def change() -> None:
        embedder.before = lambda: None
        desk.write(b="Beta stores hay.")
        queue(desk, jobs)

    desk.write(b="Beta stores straw.")
    queue(desk, jobs)
    embedder.before = change
    done(slow, jobs)
    assert desk.search("Beta stores hay")[0] == "Beta stores hay."
    assert {status for _, status, _ in told(jobs)} == {"done"}


def test_a_worker_that_is_interrupted_lets_its_jobs_wait(tmp_path: Path, desk: Desk, jobs: Jobs) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    embedder = Meddling()
    embedder.before = interrupt
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    queue(desk, jobs)
    with pytest.raises(KeyboardInterrupt):
        done(Desk(tmp_path, store=desk.store, embedder=embedder), jobs)
    assert told(jobs) == [("a.txt", "waiting", 0), ("b.txt", "waiting", 0)]


def test_a_worker_that_others_keep_from_writing_tries_again(tmp_path: Path, desk: Desk, jobs: Jobs) -> None:
    embedder = Meddling()
    desk.write(a="Alpha pumps water.")
    queue(desk, jobs)

    def wait_in_vain() -> None:
        embedder.before = lambda: None
        with jobs.store.connection():
            raise psycopg.errors.LockNotAvailable

    embedder.before = wait_in_vain
    assert done(Desk(tmp_path, store=desk.store, embedder=embedder), jobs).added == ["a.txt"]
    assert told(jobs) == [("a.txt", "done", 1)]


def test_a_worker_does_not_wait_for_one_of_an_index_that_was_there_before(
    desk: Desk, jobs: Jobs, postgres: str, tmp_path: Path
) -> None:
    desk.write(a="Alpha pumps water.")
    queue(desk, jobs)
    impatient = DatabaseUrl(f"{postgres}&options=-c%20lock_timeout%3D100")
    with (
        closing(PostgresStore(impatient, schema=f"jobs_{tmp_path.name}")) as store,
        psycopg.connect(postgres) as former,
    ):
        former.execute("SELECT pg_advisory_lock(hashtext('refdesk worker'), 1)")
        with Jobs(store).worker() as mine:
            assert mine.claim(1)


def test_who_has_no_right_to_the_index_holds_up_no_job(desk: Desk, jobs: Jobs, postgres: str) -> None:
    desk.write(a="Alpha pumps water.")
    queue(desk, jobs)
    with jobs.worker() as ended:
        assert ended.claim(1)
    with jobs.store.connection() as db:
        (worker,) = db.execute("SELECT worker FROM jobs").fetchone() or (None,)
    with closing(psycopg.connect(postgres.replace("desk:", f"{ADMIN}:"), autocommit=True)) as admin:
        admin.execute(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'".encode())
        try:
            with closing(psycopg.connect(postgres.replace("desk:", "guest:"))) as guest:
                guest.execute("SELECT pg_advisory_lock(hashtext('refdesk worker'), %s)", (worker,))
                with jobs.worker() as other:
                    assert other.claim(1)
        finally:
            admin.execute("DROP ROLE guest")


def test_all_jobs_are_below_the_root_and_none_below_a_name_that_is_no_text(desk: Desk, jobs: Jobs) -> None:
    desk.write(a="Alpha pumps water.")
    queue(desk, jobs)
    assert jobs.cancel([Path(os.fsdecode(b"/\xff"))]) == 0
    assert jobs.cancel([Path("/")]) == 1


def test_a_worker_goes_on_where_its_connections_ended(tmp_path: Path, desk: Desk, jobs: Jobs, postgres: str) -> None:
    embedder = Meddling()
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    queue(desk, jobs)

    def end() -> None:
        embedder.before = lambda: None
        end_others(postgres)

    embedder.before = end
    done(Desk(tmp_path, store=desk.store, embedder=embedder), jobs)
    assert {(status, attempts) for _, status, attempts in told(jobs)} == {("done", 2)}
    check_store(desk.store)


def test_several_workers_share_the_jobs(desk: Desk, jobs: Jobs) -> None:
    desk.write(**{f"f{number}": f"Ship {number} carries wood." for number in range(12)})
    queue(desk, jobs)
    with ThreadPoolExecutor(3) as pool:
        reports = [pool.submit(done, desk, jobs, 2) for _ in range(3)]
    added = [name for report in reports for name in report.result().added]
    assert sorted(added) == sorted(f"f{number}.txt" for number in range(12))
    assert jobs.counts() == {"done": 12}
    check_store(desk.store)
