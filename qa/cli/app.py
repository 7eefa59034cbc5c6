"""The command ``refdesk``: ``--json`` writes one object to standard output, all else goes to standard error.

Exit codes: 0 done, 1 failed with a one-line reason, 2 wrong usage, 3 done in part.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import typer
from typer.core import TyperGroup

from documents.errors import RefdeskError
from qa.cli import (
    INTERRUPTED,
    access,
    answers,
    backup,
    chat,
    doctor,
    evaluate,
    feedback,
    groups,
    jobs,
    library,
    mcp,
    runs,
)
from qa.cli.console import LineFormatter, note
from qa.cli.visible import visible

if TYPE_CHECKING:
    from qa.evaluation import Harness


class Commands(TyperGroup):
    """The commands. Typer alone would end an interrupted one silently, and print a wrong argument unescaped."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _plain_messages():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        with _plain_messages():
            return super().invoke(ctx)


@contextmanager
def _plain_messages() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _fail(INTERRUPTED, 130)
    except typer.TyperException as error:  # wrong usage
        error.message = visible(error.message)
        raise


app = typer.Typer(
    name="refdesk",
    cls=Commands,
    help="Ask your own documents; every sentence of the answer shows the exact characters it rests on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# In the order that --help lists them.
app.command()(library.index)
app.command()(jobs.work)
app.add_typer(jobs.jobs)
app.command()(answers.ask)
app.command()(chat.chat)
app.command()(chat.serve)
app.command()(mcp.mcp)
app.add_typer(access.users)
app.add_typer(groups.groups)
app.add_typer(access.tokens)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(backup.copy)
app.add_typer(feedback.feedback)
app.command()(library.info)
app.command()(library.documents)
app.command()(library.remove)
app.command()(library.migrate)
app.command()(answers.verify)
app.command("eval", no_args_is_help=True)(evaluate.evaluate)
app.command()(runs.runs)
app.command()(runs.compare)
app.command()(runs.replay)
app.command()(runs.export)


def main(arguments: Sequence[str] | None = None, harness: Harness | None = None) -> None:
    """Run the command line; an expected failure is one line on standard error and exit code 1.

    ``harness`` is what ``eval`` and ``replay`` evaluate with, if not the default.
    """
    # Idle threads of one process must not keep the cores from another; the libraries read this when they load.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # no character is worth a failure
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("refdesk: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # the index itself says what is wrong
    with _one_line_errors():
        _command()(args=list(arguments) if arguments is not None else None, prog_name="refdesk", obj=harness)


@cache
def _command() -> Any:
    """All commands with their options, put together once. ``app`` itself would also replace ``sys.excepthook``."""
    return typer.main.get_command(app)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Whoever read our output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except RefdeskError as error:
        _fail(str(error))
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            _fail(f"{error.filename or 'cannot write'}: {error.strerror.lower()}")
        if os.environ.get("REFDESK_DEBUG"):
            raise
        _fail(f"unexpected {type(error).__name__}: {error} (REFDESK_DEBUG=1 shows where)")


def _fail(message: str, code: int = 1) -> NoReturn:
    note(" ".join(message.split()))
    sys.exit(code)
