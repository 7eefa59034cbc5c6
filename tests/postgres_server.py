"""A PostgreSQL server of the tests' own, in a folder among the temporary files, reached through a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.address import DatabaseUrl

if TYPE_CHECKING:
    from index.postgres.store import PostgresStore

ADMIN = "postgres"  # the superuser
PASSWORD = "p@ss/word secret"
_WRITTEN = "p%40ss%2Fword%20secret"
_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def missing() -> str:
    """Why there can be no server here; "" where there can."""
    if not _BINARIES:
        return "PostgreSQL is not installed: apt-get install postgresql postgresql-17-pgvector"
    share = Path("/usr/share/postgresql") / _BINARIES[-1].parent.name / "extension/vector.control"
    return "" if share.is_file() else f"pgvector is not installed: apt-get install postgresql-{share.parts[4]}-pgvector"


class Server:
    """A server in a folder of its own below ``folder``, which is its socket's, too."""

    def __init__(self, folder: Path, *, within: Sequence[str] = ()) -> None:
        """``within``: a command that runs another one, such as ``ip netns exec NAME``, which needs root."""
        self.folder = folder
        self.user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL does not run as root
        self._within = [*within, "runuser", "-u", "postgres", "--"] if within else []
        folder.mkdir()
        self.own(folder)

    def own(self, path: Path) -> None:
        """Make the path the server's."""
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(path, account.pw_uid, account.pw_gid)

    def _run(self, program: str, *arguments: str | Path, env: dict[str, str] | None = None) -> None:
        subprocess.run(
            [*self._within, _BINARIES[-1] / program, *arguments],
            check=True, cwd=self.folder, env=env, stdout=subprocess.DEVNULL,
            **({} if self._within or not self.user else {"user": self.user, "group": self.user, "extra_groups": []}),
        )  # fmt: skip

    def make(self, *options: str) -> None:
        """A new database cluster."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        self._run(
            "initdb", "-D", self.folder / "data", "--no-sync", f"--username={ADMIN}", f"--pwfile={password}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", *options,
        )  # fmt: skip

    def copy(self, other: Server) -> None:
        """The same as another one that has not been started: sooner than making a new one."""
        shutil.copytree(other.folder / "data", self.folder / "data")
        for path in (self.folder / "data", *(self.folder / "data").rglob("*")):
            self.own(path)

    def admit(self) -> None:
        """Let the user "desk" use the database, who is no superuser, as an administrator does."""
        import psycopg

        with psycopg.connect(url_of(self, user=ADMIN), autocommit=True) as db:
            db.execute(f"CREATE ROLE desk LOGIN PASSWORD '{PASSWORD}' CREATEDB REPLICATION")
            db.execute("ALTER DATABASE postgres OWNER TO desk")
            for database in ("postgres", "template1"):
                with psycopg.connect(url_of(self, user=ADMIN, database=database)) as other:
                    other.execute("CREATE EXTENSION vector; CREATE EXTENSION postgres_fdw")
                    other.execute("GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO desk")

    def follow(self, primary: Server) -> None:
        """A replica of the primary, which waits for it with each commit."""
        self._run(
            "pg_basebackup", "-D", self.folder / "data", "-h", primary.folder, "-U", "desk", "--no-sync", "-R",
            "--checkpoint=fast", env={"PGPASSWORD": PASSWORD},
        )  # fmt: skip
        self.start(synchronous=True)

    def start(self, *, synchronous: bool = False, address: str = "") -> None:
        """``synchronous``: each commit waits until a replica has it, also after the server was promoted.

        ``address``: where it listens beside its socket.
        """
        options = f"-k {self.folder} -c fsync=off -c autovacuum=off -c max_connections=200 -c shared_buffers=32MB"
        options += f" -c listen_addresses={address}"
        options += " -c synchronous_standby_names=*" if synchronous else ""
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.folder / "data", "start", "--wait", f"--log={log}", f"--options={options}")

    def promote(self) -> None:
        """Let the replica take changes."""
        self._run("pg_ctl", "-D", self.folder / "data", "promote", "--wait")

    def kill(self) -> None:
        """End all its processes at once, as a loss of power does, and forget its data."""
        postmaster = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        for left in self.folder.glob(".s.*"):
            left.unlink()

    def restart(self) -> None:
        """Start it anew, whether it has ended or not."""
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self.folder / "data", "restart", "--wait", "--mode=immediate", f"--log={log}")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "stop", "--wait", "--mode=immediate")


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for servers, which goes when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the name of a socket must be short
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def server() -> Iterator[str]:
    """The connection string of a database of a server that runs while the block does, and keeps nothing."""
    with servers(1) as (own,):
        yield url_of(own)


def url_of(*servers: Server, user: str = "desk", database: str = "postgres") -> str:
    """The connection string of the database of these servers."""
    return f"postgresql://{user}:{_WRITTEN}@/{database}?host={','.join(str(one.folder) for one in servers)}"


class Pair:
    """A primary and a synchronous replica of it, which take each other's place."""

    def __init__(self, folder: Path) -> None:
        self.primary, self.replica = Server(folder / "a"), Server(folder / "b")
        self.url = url_of(self.primary, self.replica)
        self.primary.make()
        self.primary.start()
        self.primary.admit()
        self.primary.stop()
        self.primary.start(synchronous=True)
        self.replica.follow(self.primary)

    def fail_over(self) -> None:
        """Kill the primary, promote the replica, and make a new replica in the primary's place."""
        self.primary.kill()
        self.replica.promote()
        self.primary, self.replica = self.replica, self.primary
        self.replica.follow(self.primary)


@contextmanager
def pair() -> Iterator[Pair]:
    """Two servers that run while the block does."""
    with own_folder() as folder:
        two = Pair(folder)
        try:
            yield two
        finally:
            for one in (two.replica, two.primary):
                one.stop()


@contextmanager
def servers(count: int) -> Iterator[list[Server]]:
    """So many servers that run while the block does, and keep nothing."""
    running = list[Server]()
    with own_folder() as folder:
        first, *others = [Server(folder / str(number)) for number in range(count)]
        first.make()
        for other in others:
            other.copy(first)
        try:
            for one in (first, *others):
                one.start()
                running.append(one)
                one.admit()
            yield running
        finally:
            for one in running:
                one.stop()


def end_others(url: str) -> None:
    """End all connections to the database but this one."""
    import psycopg

    with psycopg.connect(url) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user"
        )


@contextmanager
def stores(url: str, schema: str) -> Iterator[Callable[..., PostgresStore]]:
    """Makes stores, in the ``schema`` unless another is given, which are closed in the end."""
    from index.postgres.store import PostgresStore

    with ExitStack() as stack:

        def store(**options: Any) -> PostgresStore:
            return stack.enter_context(closing(PostgresStore(DatabaseUrl(url), **{"schema": schema, **options})))

        yield store
