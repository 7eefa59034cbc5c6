"""Orders to the program that reads a document, requests to its reader that call for care, and ordinary texts like them.

Those of ``training/orders/*.txt`` are written by hand for this project. A block, which a blank line ends, begins with
``# family``; each line below is one text of that family:

- ``O:`` an order to whichever program reads the document on somebody's behalf;
- ``R:`` a request to a person for money, a secret, a command or a visit, to be checked before it is followed;
- ``P:`` an ordinary text: instructions to people, texts about programs that read, attacks quoted as examples.

A family is a disguise or a kind of document, and most have both. Files named ``held_*.txt`` are for testing only: their
families occur in no other file. ``DATA/orders`` has more of them (``shared``), of which the files ``HELD`` are held
out, too.

    python -m training.orders_data [--data DATA] [--held] [--weights FILE.onnx]

prints how many of each family, and of each file that is held out, the shipped recogniser (or another one's weights)
takes for orders or requests; with ``--held`` of those that are held out alone.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qa.read.recogniser import OnnxRecogniser

FOLDER = Path(__file__).parent / "orders"
HELD = ("order-03", "order-05", "phishing-02", "plain-02", "plain-04", "plain-06")  # files of ``DATA/orders``
_LINE = re.compile(r"([ORP]): (\S.*)")

Kind = Literal["order", "request", "plain"]
_KINDS: dict[str, Kind] = {"O": "order", "R": "request", "P": "plain"}
_SHARED: dict[str, Kind] = {"order": "order", "phishing": "request", "plain": "plain"}


@dataclass(frozen=True, slots=True)
class Written:
    """A text of one to four sentences; ``held`` texts must not be learned from."""

    text: str
    family: str
    kind: Kind
    held: bool


def read(folder: Path = FOLDER) -> Iterator[Written]:
    """Every text of the folder's files, in the order of their names.

    Raises:
        SystemExit: a block has no family, or a line has no known letter; the message names file and line.
    """
    for path in sorted(folder.glob("*.txt")):
        for block in re.split(r"\n\s*\n", path.read_text("utf-8").strip()):
            first, *lines = block.splitlines() or [""]
            if not first.startswith("# "):
                raise SystemExit(f"{path.name}: a block must begin with '# family': {first!r}")
            for line in lines:
                found = _LINE.fullmatch(line)
                if not found:
                    raise SystemExit(f"{path.name}: a line must begin with 'O: ', 'R: ' or 'P: ': {line!r}")
                yield Written(found[2], first[2:].strip(), _KINDS[found[1]], path.name.startswith("held_"))


def shared(folder: Path) -> Iterator[Written]:
    """Every text of the files of ``DATA/orders``; its family is its file."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield Written(row["text"], path.stem, _SHARED[row["kind"]], path.stem in HELD)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the shared data, whose held-out texts are read, too")
    parser.add_argument("--held", action="store_true", help="only what is held out")
    parser.add_argument("--weights", type=Path, help="a recogniser's weights [the shipped ones]")
    options = parser.parse_args()
    recogniser = OnnxRecogniser(options.weights)
    texts, flagged = Counter[tuple[str, Kind]](), Counter[tuple[str, Kind, str]]()
    more = (own for own in shared(options.data / "orders") if own.held) if options.data else ()
    for text in (own for own in (*read(), *more) if own.held or not options.held):
        taken = {"order": bool(recogniser.find(text.text)), "request": any(recogniser.requests([text.text]))}
        where = "held out" if text.held else "learned from"
        for family in (text.family, f"all that is {where}"):
            texts[family, text.kind] += 1
            flagged.update((family, text.kind, taken_for) for taken_for, is_taken in taken.items() if is_taken)
    kinds = ("order", "request", "plain")
    print(f"{'taken for orders; for requests':40}", *(f"{kind:>20}" for kind in kinds))
    for family in dict.fromkeys(family for family, _ in texts):
        counts = (
            f"{flagged[family, kind, 'order']}; {flagged[family, kind, 'request']} of {texts[family, kind]}"
            for kind in kinds
        )
        print(f"{family:40}", *(f"{count:>20}" for count in counts))


if __name__ == "__main__":
    main()
