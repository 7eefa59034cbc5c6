"""What people say of answers: a file beside the index, for its owner alone (mode 600).

What is kept comes from whoever may ask: it is text of theirs, and no truth about the documents.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from documents.errors import RefdeskError
from index import private
from qa.saved.turns import question_of

FILE = "feedback.sqlite3"
FORMAT = 1  # raised when the table changes
TIMEOUT = 10  # seconds to wait for another writer
MOST = 10_000  # rows; beyond them the oldest is forgotten
LONGEST = 4000  # characters of a text
QUOTES = 8  # citations that are kept of an answer

Verdict = Literal["up", "down"]
_TABLE = """
CREATE TABLE feedback (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, who TEXT NOT NULL, verdict TEXT NOT NULL,
    question TEXT NOT NULL, kind TEXT, said TEXT, quotes TEXT NOT NULL,  -- JSON: pairs of source and quote
    reason TEXT NOT NULL, expected TEXT
)
"""
_MARKER = re.compile(r"\[\d{1,3}\]")


class FeedbackError(RefdeskError):
    """The file cannot be used. The message is one line."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody says of an answer.

    ``kind`` is the answer's, ``said`` what it said, in short, and ``quotes`` what it rested on: sources and quotes.
    ``expected`` is the right answer, where it is known; "": there is none in the documents.
    """

    verdict: Verdict
    question: str
    kind: str | None = None
    said: str | None = None
    quotes: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    expected: str | None = None
    who: str = ""
    time: float = 0.0

    @classmethod
    def of(cls, verdict: Verdict, answer: Mapping[str, Any], reason: str, expected: str | None, who: str) -> Opinion:
        """What ``who`` says of an Answer, as JSON; it has passed ``qa.saved.read.is_answer``."""
        said = answer.get("short_answer") or _MARKER.sub("", answer["text"])
        quotes = [(one["source"][:LONGEST], one["quote"][:LONGEST]) for one in answer["citations"][:QUOTES]]
        question = question_of(answer)
        return cls(verdict, question[:LONGEST], answer["kind"], said[:LONGEST], tuple(quotes), reason, expected, who)

    def as_question(self) -> dict[str, Any] | None:
        """A record of a question file (``qa.evaluation``); None where it is not known what would be right."""
        answer = self.expected
        if answer is None and self.verdict == "up":
            answer = "" if self.kind == "refusal" else self.said
        if answer is None or self.kind == "notice" or not self.question:
            return None
        rests = self.quotes if self.verdict == "up" and answer else ()
        return {
            "question": self.question,
            "answerable": bool(answer),
            "answers": [answer] if answer else [],
            "evidence": list(dict.fromkeys(quote for _, quote in rests)),
            "source": list(dict.fromkeys(source for source, _ in rests)),
            "verdict": self.verdict,
        }


_FIELDS = [field.name for field in fields(Opinion)]  # which are the table's columns, in another order


class Feedback:
    """The feedback of an index folder. It holds no connection. Threads and processes may share the file.

    Every method raises FeedbackError where that cannot be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time, most: int = MOST) -> None:
        self.path = folder / FILE
        self._clock = clock
        self._most = most

    def add(self, said: Opinion) -> int:
        """Keep it; its number."""
        with self._open() as db, db:
            row = asdict(said) | {"quotes": json.dumps(said.quotes), "time": self._clock()}
            values = ", ".join(f":{name}" for name in _FIELDS)
            number = db.execute(f"INSERT INTO feedback ({', '.join(_FIELDS)}) VALUES ({values})", row).lastrowid
            assert number is not None
            db.execute("DELETE FROM feedback WHERE number <= ?", (number - self._most,))
        return number

    def listed(self) -> list[Opinion]:
        """All that was said, oldest first."""
        if not self.path.exists():
            return []
        with self._open() as db:
            return [_said(row) for row in db.execute(f"SELECT {', '.join(_FIELDS)} FROM feedback ORDER BY number")]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            private.make_folder(self.path.parent)
            private.make_file(self.path)
            private.keep([self.path])
            with closing(sqlite3.connect(self.path, timeout=TIMEOUT)) as db:
                db.execute("PRAGMA trusted_schema = OFF")
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    _create(db, self.path)
                yield db
        except sqlite3.Error as error:
            raise FeedbackError(
                f"{self.path} cannot be used ({error}): look at its permissions and the disk"
            ) from error
        except OSError as error:
            raise FeedbackError(f"{self.path} cannot be used: {error.strerror or error}") from error


def _create(db: sqlite3.Connection, path: Path) -> None:
    """Create the table unless it is there."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found not in (0, FORMAT):
        raise FeedbackError(f"{path} is of another version of Refdesk: move it away")
    if found == 0:
        db.execute(_TABLE)
        db.execute(f"PRAGMA user_version = {FORMAT}")


def _said(row: Sequence[Any]) -> Opinion:
    held = dict(zip(_FIELDS, row, strict=True))
    return Opinion(**held | {"quotes": tuple(map(tuple, json.loads(held["quotes"])))})
