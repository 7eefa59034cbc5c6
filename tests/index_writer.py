"""A process for ``test_index_ingest`` to kill: indexes files that change, round after round.

Reads lines ``folder round`` and for each forks a child that goes on from that round until it is killed; prints the
child's process id when it begins and an empty line when it is gone. Forked, a writer starts at once.
"""

from __future__ import annotations

import itertools
import os
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
    from fakes import Desk

    for line in sys.stdin:
        folder, number = line.split()
        child = os.fork()
        if child == 0:
            desk = Desk(Path(folder))
            for at in itertools.count(int(number)):
                write(desk.files, at)
                desk.ingest.update([desk.files])
        print(child, flush=True)
        os.waitpid(child, 0)
        print(flush=True)


if __name__ == "__main__":
    main()
