"""Which collections only some may see, as the index itself notes it.

Who may see them is known beside the index (``qa.serving.access.accounts``). Where that is lost, nobody sees them. A
note is no change of what the index holds: derived indexes need not follow it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from index.database import DamageError, Database

KEY = "private"  # in ``meta``: their names, as JSON; an index of an earlier version has none


def hidden_in(db: Database) -> frozenset[str]:
    """The collections that are noted.

    Raises:
        DamageError: the note cannot be read.
    """
    row = db.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    try:
        return frozenset(map(str, json.loads(row[0]))) if row else frozenset()
    except (TypeError, ValueError) as error:
        raise DamageError("its note of which collections are private: it is no list of names") from error


def note_hidden(db: Database, collections: Iterable[str]) -> None:
    """Note these collections, and no others."""
    db.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (KEY, json.dumps(sorted(collections))),
    )
