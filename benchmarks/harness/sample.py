"""What every recipe asks: twelve questions about the sample documents, of a desk in this process or on a socket."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from documents.load import sample_paths

if TYPE_CHECKING:
    from qa.assistant import Assistant

QUESTIONS = Path(__file__).parent / "questions.jsonl"  # the first 8 with, 4 without an answer of tests/fixtures
CORPUS = sample_paths()[0].parent
PLAIN = "refdesk-plain"  # the model of /v1 whose content is what is said and nothing else
_LISTENING = "Refdesk is listening on "


@contextmanager
def desk() -> Iterator[Assistant]:
    """A desk over the sample documents in this process."""
    from qa import open_assistant, read_settings

    with indexed() as index:
        yield open_assistant(read_settings(index=index))


@contextmanager
def served() -> Iterator[str]:
    """The address of ``refdesk serve`` over the sample documents, in a process of its own.

    Raises:
        RuntimeError: it does not start; the message is what it said.
    """
    with indexed() as index, tempfile.TemporaryFile("w+") as log:
        command = [sys.executable, "-m", "qa", "serve", "--index", str(index), "--port", str(_free_port())]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout
        try:
            for line in process.stdout:
                if line.startswith(_LISTENING):
                    yield line.removeprefix(_LISTENING).strip()
                    return
            log.seek(0)
            raise RuntimeError(f"refdesk serve did not start: {log.read().strip()}")
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def indexed() -> Iterator[Path]:
    """The folder of an index of the sample documents, while it is needed."""
    from qa import open_ingest, read_settings

    with tempfile.TemporaryDirectory() as folder:
        open_ingest(read_settings(index=Path(folder))).update(sample_paths())
        yield Path(folder)
