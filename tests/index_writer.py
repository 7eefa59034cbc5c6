"""Processes that are killed while they index files, for ``test_index_ingest_history``.

Reads lines ``folder round files seconds`` and for each forks a child, which indexes files that change, round after
round from that round on. Once so many files of a round are written, it has so many seconds of processor time: then the
system kills it, wherever it is. Prints the signal that ended it. Processor time makes the moments the same on a busy
machine; a fork starts without importing.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

FILES = range(4)


def text_of(file: int, number: int) -> str | None:
    """What file number ``file`` holds in a round; the last one is there in every other round only."""
    if file == 3 and number % 2:
        return None
    shared = "One sentence that all of the files have at each and every time."
    return f"File {file} is in round {number} now. {shared} Round {number} has {'a ' * (number % 7)}longer end."


def write(files: Path, number: int) -> None:
    for file in FILES:
        text = text_of(file, number)
        path = files / f"{file}.txt"
        if text is None:
            path.unlink(missing_ok=True)
        else:
            temporary = path.with_suffix(".part")
            temporary.write_text(text, "utf-8")
            temporary.replace(path)


def main() -> None:
    from fakes import Desk, small_splitter

    from documents.document import Document
    from documents.edition import edition_of
    from index.ingest import Ingest, Progress

    edition_of(Document("Made in May 2025."))  # loads the names of months, once for all forks
    for line in sys.stdin:
        folder, number, files, seconds = line.split()

        def die_soon(progress: Progress, files: int = int(files), seconds: float = float(seconds)) -> None:
            if progress.files >= files and not any(signal.getitimer(signal.ITIMER_PROF)):
                signal.setitimer(signal.ITIMER_PROF, seconds)  # without a handler, its signal ends the process

        child = os.fork()
        if child == 0:
            die_soon(Progress(0, 0, 0, 0, 0, ""))
            desk = Desk(Path(folder))
            # Each file in a transaction of its own: a process is killed between them, too.
            one_by_one = Ingest(desk.store, desk.embedder, small_splitter(), characters_at_once=1)
            for at in itertools.count(int(number)):
                write(desk.files, at)
                one_by_one.update([desk.files], on_progress=die_soon)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
