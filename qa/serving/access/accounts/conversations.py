"""What users asked in the chat and what they were told: each user's own, the same in all of their browsers.

A conversation is JSON of the page's making: what is read of it here is its id, its name, and what it is found by.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from qa.serving.access.accounts.store import AccessStore

MEGABYTE = 1024 * 1024
LARGEST = 4 * MEGABYTE  # bytes of a conversation
LONGEST = 200  # characters of a name

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the page sends it: ``changed`` is when the one that it goes on with was kept (0: it is new)."""

    id: str
    title: str
    changed: int
    turns: int
    said: str  # what it is found by
    content: str  # all of it, as JSON

    @classmethod
    def from_json(cls, text: str | bytes) -> Conversation:
        """The conversation that ``text`` holds; raises ValueError where it holds none."""
        try:
            content = json.loads(text)
            own, changed, turns = content["id"], content["changed"], content["turns"]
            questions = [turn["question"] for turn in turns]
            answers = [turn["answer"]["text"] for turn in turns if turn["answer"]]
            title = _plain(content["title"] or questions[0])[:LONGEST]
            said = _plain("\n".join((title, *questions, *answers))).casefold()
            kept = json.dumps(content, allow_nan=False)
            if not (_ID.fullmatch(own) and isinstance(changed, int) and 0 <= changed < 2**53):
                raise ValueError("no id, or no time")
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise ValueError("no conversation") from error
        return cls(own, title, changed, len(turns), said, kept)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list shows of a conversation; ``changed`` is in milliseconds since 1970."""

    id: str
    title: str
    changed: int
    turns: int


@dataclass(frozen=True, slots=True)
class Kept:
    """When a conversation was kept, and how many older ones had to go for it."""

    changed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Room:
    """How many conversations of a user are kept, and how many bytes of them; the one changed longest ago goes first."""

    conversations: int = 500
    bytes: int = 64 * MEGABYTE


class Conversations:
    """The conversations of a store's users. Every method raises AccessError where the store cannot be used."""

    def __init__(
        self,
        store: AccessStore,
        room: Room = Room(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.room = room
        self._store = store
        self._clock = clock

    def listed(self, user: str, words: str = "") -> list[Listed]:
        """The user's conversations that hold all the ``words``, the latest first."""
        return list(self._found(user, words.casefold().split()))

    def _found(self, user: str, words: list[str]) -> Iterator[Listed]:
        said = "said" if words else "''"
        with self._store.reading() as db:
            found = f'SELECT id, title, changed, turns, {said} FROM conversations WHERE "user" = ?'
            for *shown, held in db.execute(f"{found} ORDER BY changed DESC, id", (user,)):
                if all(word in held for word in words):
                    yield Listed(*shown)

    def read(self, user: str, own: str) -> dict[str, Any] | None:
        """The user's conversation with the id ``own``, as the page sent it; None where there is none."""
        if not _ID.fullmatch(own):
            return None
        with self._store.reading() as db:
            row = db.execute(
                'SELECT changed, content FROM conversations WHERE "user" = ? AND id = ?', (user, own)
            ).fetchone()
        return {**json.loads(row[1]), "changed": row[0]} if row else None

    def write(self, user: str, given: Conversation) -> Kept | None:
        """Keep a conversation of the user's; None where it is not the one that was read: it was changed meanwhile."""
        changed = max(int(self._clock() * 1000), given.changed + 1)
        size = len(given.content) + len(given.said)
        values = {
            "user": user, "id": given.id, "title": given.title, "changed": changed, "turns": given.turns,
            "said": given.said, "content": given.content, "size": size, "before": given.changed,
        }  # fmt: skip
        with self._store.writing() as db:
            if db.execute(_KEEP, values).fetchone() is None:
                return None
            room = {"user": user, "most": self.room.conversations, "bytes": self.room.bytes}
            return Kept(changed, len(db.execute(_DROP, room).fetchall()))

    def remove(self, user: str, own: str) -> None:
        """Forget the user's conversation with the id ``own``."""
        with self._store.writing() as db:
            db.execute('DELETE FROM conversations WHERE "user" = ? AND id = ?', (user, own))


_KEEP = """
INSERT INTO conversations VALUES (:user, :id, :title, :changed, :turns, :said, :content, :size)
ON CONFLICT ("user", id) DO UPDATE SET
    title = excluded.title, changed = excluded.changed, turns = excluded.turns, said = excluded.said,
    content = excluded.content, size = excluded.size
WHERE conversations.changed = :before RETURNING id
"""
_DROP = """
DELETE FROM conversations WHERE "user" = :user AND id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER latest AS place, sum(size) OVER latest AS held
        FROM conversations WHERE "user" = :user WINDOW latest AS (ORDER BY changed DESC, id)
    ) AS own WHERE place > :most OR held > :bytes
) RETURNING id
"""


def _plain(text: str) -> str:
    """The text without what a database cannot hold."""
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
