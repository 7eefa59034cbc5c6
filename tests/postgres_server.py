"""A PostgreSQL server of the tests' own, in a folder among the temporary files, reached through a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "p@ss/word secret"
_WRITTEN = "p%40ss%2Fword%20secret"
_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def missing() -> str:
    """Why there can be no server here; "" where there can."""
    if not _BINARIES:
        return "PostgreSQL is not installed: apt-get install postgresql postgresql-17-pgvector"
    share = Path("/usr/share/postgresql") / _BINARIES[-1].parent.name / "extension/vector.control"
    return "" if share.is_file() else f"pgvector is not installed: apt-get install postgresql-{share.parts[4]}-pgvector"


@contextmanager
def server() -> Iterator[str]:
    """The connection string of a database of a server that runs while the block does, and keeps nothing."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the name of a socket must be short
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL does not run as root
    if user:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [_BINARIES[-1] / program, "-D", folder / "data", *arguments],
            check=True, cwd=folder, user=user, group=user, stdout=subprocess.DEVNULL, extra_groups=[] if user else None,
        )  # fmt: skip

    try:
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        run(
            "initdb", "--no-sync", "--username=desk", f"--pwfile={folder / 'password'}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C",
        )  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=200 -c shared_buffers=32MB"
        run("pg_ctl", "start", "--wait", f"--log={folder / 'log'}", f"--options={options}")
        try:
            yield f"postgresql://desk:{_WRITTEN}@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(folder)
