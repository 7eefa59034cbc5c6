"""The database's disk is full, or its network silent: a clear line in good time, nothing lost, and it goes on."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes import Desk, QuoteTheBest
from index_checks import check_store
from postgres_server import Server, own_folder, url_of
from small_disk import fill, needs_root, small_disk

from index.address import DatabaseUrl
from index.postgres.store import PostgresStore
from index.store import ConnectionLostError, StoreError
from qa.assistant import Assistant

ANSWER = "Alpha pumps water.[1]"
PATIENCE = 120  # seconds in which everything must have ended

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("postgres_programs")]


@contextmanager
def desk_at(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk over the index there."""
    monkeypatch.chdir(folder)
    store = PostgresStore(DatabaseUrl(url))
    yield Desk(folder, store=store)
    store.close()


def asked(desk: Desk) -> str:
    return Assistant(desk.index, QuoteTheBest()).ask("Alpha pumps what?").text  # type: ignore[arg-type]


def refused(act: Callable[[], object]) -> str:
    """The one line that it fails with."""
    with pytest.raises(StoreError) as raised:
        act()
    assert "\n" not in str(raised.value)
    return str(raised.value)


# --- a full disk ---


@pytest.mark.parametrize("full", ["rows", "log"])
def test_a_full_disk_of_the_server_loses_nothing(full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_folder() as folder, small_disk(folder / "disk", {"rows": "80M", "log": "24M"}[full]) as disk:
        server = Server(folder / "a")
        server.own(disk)
        for name in ("data", "log"):
            (disk / name).mkdir()
            server.own(disk / name)
        if full == "rows":
            (server.folder / "data").symlink_to(disk / "data")
            server.make("--wal-segsize=1", f"--waldir={server.folder / 'wal'}")
        else:
            server.make("--wal-segsize=1", f"--waldir={disk / 'log'}")
        server.start()
        try:
            server.admit()
            with desk_at(url_of(server), tmp_path, monkeypatch) as desk:
                _until_full(desk, disk, server, full)
        finally:
            server.stop()


def _until_full(desk: Desk, disk: Path, server: Server, full: str) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    fill(disk)
    acknowledged, line = ["a.txt"], ""
    for number in itertools.count():
        desk.write(**{f"f{number}": " ".join(f"Ship {number} carries ware{ware}." for ware in range(300))})
        try:
            report = desk.ingest.update([desk.files / f"f{number}.txt"])
        except StoreError as error:
            line = str(error)
            break
        assert not report.failed
        acknowledged.append(f"f{number}.txt")
    assert "\n" not in line
    if full == "rows":
        assert line.endswith(": free some")
        assert asked(desk) == ANSWER
    (disk / "filler").unlink()
    if full == "log":  # without room for it the server may have ended
        server.restart()
    assert asked(desk) == ANSWER
    with desk.store.snapshot() as snapshot:
        held = {Path(source.path).name for source in snapshot.sources()}
    assert held >= set(acknowledged)
    desk.ingest.update([desk.files])
    check_store(desk.store)
    assert desk.counts()["sources"] == len(list(desk.files.iterdir()))


# --- a silent network ---


class Network:
    """A network for a server, with one way to it, on which packets can vanish."""

    here, there = "10.213.7.1", "10.213.7.2"

    def __init__(self) -> None:
        self.name = f"refdesk{os.getpid()}"
        self.inside = ["ip", "netns", "exec", self.name]
        self._own, self._other = f"ra{os.getpid()}", f"rb{os.getpid()}"

    def make(self) -> None:
        within = ["-n", self.name]
        self._ip("netns", "add", self.name)
        self._ip("link", "add", self._own, "type", "veth", "peer", "name", self._other, "netns", self.name)
        self._ip("addr", "add", f"{self.here}/30", "dev", self._own)
        self._ip(*within, "addr", "add", f"{self.there}/30", "dev", self._other)
        self._ip("link", "set", self._own, "up")
        for device in ("lo", self._other):
            self._ip(*within, "link", "set", device, "up")

    def cut(self) -> None:
        """Let all packets vanish."""
        self._ip("-n", self.name, "route", "add", "blackhole", f"{self.here}/32")

    def mend(self) -> None:
        self._ip("-n", self.name, "route", "del", "blackhole", f"{self.here}/32")

    def remove(self) -> None:
        self._ip("link", "del", self._own)  # with its other end; the network would let go of them some time later
        self._ip("netns", "del", self.name)

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True)


@pytest.fixture
def network() -> Iterator[Network]:
    needs_root("make a network")
    own = Network()
    own.make()
    yield own
    own.remove()


@pytest.fixture
def server(network: Network) -> Iterator[Server]:
    with own_folder() as folder:
        own = Server(folder / "a", within=network.inside)
        own.make()
        with (own.folder / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")
        own.start(address=network.there)
        own.admit()
        yield own
        own.stop()


def test_a_silent_network_ends_in_an_error_and_is_gone_on_from(
    network: Network, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(server).replace(str(server.folder), network.there)
    with desk_at(url, tmp_path, monkeypatch) as desk, ThreadPoolExecutor(9) as pool:
        desk.write(a="Alpha pumps water.")
        desk.ingest.update([desk.files])
        assert asked(desk) == ANSWER
        network.cut()
        desk.write(b="Beta stores grain.")
        waiting = [pool.submit(refused, lambda: asked(desk)) for _ in range(8)]
        waiting.append(pool.submit(refused, lambda: desk.ingest.update([desk.files])))
        for one in waiting:
            assert one.result(PATIENCE).startswith(f"cannot use {desk.store.name} (")
        network.mend()
        assert asked(desk) == ANSWER
        assert desk.ingest.update([desk.files]).added == [desk.path("b.txt")]
        check_store(desk.store)


def test_who_falls_silent_in_a_change_keeps_nobody_from_writing(
    network: Network, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(server).replace(str(server.folder), network.there)
    with desk_at(url, tmp_path, monkeypatch) as desk, desk_at(url_of(server), tmp_path, monkeypatch) as other:
        desk.write(a="Alpha pumps water.")
        desk.ingest.update([desk.files])

        def change() -> None:
            with desk.store.transaction() as transaction:
                network.cut()
                transaction.count("sources")

        with ThreadPoolExecutor(1) as pool, pytest.raises(ConnectionLostError):
            pool.submit(change).result(PATIENCE)
        other.write(b="Beta stores grain.")
        assert other.ingest.update([other.files]).added == [other.path("b.txt")]
        network.mend()
        assert asked(desk) == ANSWER
