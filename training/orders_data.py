"""Orders to the program that reads a document, and ordinary texts that look like them (``training/orders/*.txt``).

All are written by hand for this project. A block, which a blank line ends, begins with ``# family``; each line below is
one text of that family:

- ``O:`` an order to whichever program reads the document on somebody's behalf;
- ``P:`` an ordinary text: instructions to people, texts about programs that read, attacks quoted as examples.

A family is a disguise or a kind of document, and most have both. Files named ``held_*.txt`` are for testing only: their
families occur in no other file.

``python -m training.orders_data`` prints how many of each family the shipped recogniser takes for orders.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qa.read.recogniser import OnnxRecogniser

FOLDER = Path(__file__).parent / "orders"
_LINE = re.compile(r"([OP]): (\S.*)")


@dataclass(frozen=True, slots=True)
class Written:
    """A text of one to four sentences; ``held`` texts must not be learned from."""

    text: str
    family: str
    order: bool
    held: bool


def read(folder: Path = FOLDER) -> Iterator[Written]:
    """Every text of the folder's files, in the order of their names.

    Raises:
        SystemExit: a block has no family, or a line is neither ``O:`` nor ``P:``; the message names file and line.
    """
    for path in sorted(folder.glob("*.txt")):
        for block in re.split(r"\n\s*\n", path.read_text("utf-8").strip()):
            first, *lines = block.splitlines() or [""]
            if not first.startswith("# "):
                raise SystemExit(f"{path.name}: a block must begin with '# family': {first!r}")
            for line in lines:
                found = _LINE.fullmatch(line)
                if not found:
                    raise SystemExit(f"{path.name}: a line must begin with 'O: ' or 'P: ': {line!r}")
                yield Written(found[2], first[2:].strip(), found[1] == "O", path.name.startswith("held_"))


def main() -> None:
    recogniser = OnnxRecogniser()
    texts, flagged = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    for text in read():
        taken = bool(recogniser.find(text.text))
        for family in (text.family, "all"):
            texts[family, text.order] += 1
            flagged[family, text.order] += taken
    print(f"{'taken for orders':48} {'orders':>12} {'ordinary':>12}")
    for family in dict.fromkeys(family for family, _ in texts):
        counts = (f"{flagged[family, order]} of {texts[family, order]}" for order in (True, False))
        print(f"{family:48}", *(f"{count:>12}" for count in counts))


if __name__ == "__main__":
    main()
