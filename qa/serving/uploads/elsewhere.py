"""Files that a visitor brought to another server over the same index: they follow to the one where the visitor is now.

What was read of a file is in the index under the path that it was written to: ROOT/SERVER/CONVERSATION/NUMBER/NAME. The
server whose folder that is deletes it when the conversation is over. What follows gets a path of the other server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from index.passage import Collections, Scope
from index.relocate import move
from index.store import Store

ROOT = ".uploads"  # hidden, so that indexing a folder that holds the index does not index what visitors brought
_DEPTH = 5  # of a file's path, from ROOT on


def read_files(store: Store, owner: str) -> list[Path]:
    """The owner's files of which something was read, whichever server they were brought to.

    Raises:
        StoreError: the index cannot be read.
    """
    with store.snapshot() as snapshot:
        rows = snapshot.db.execute("SELECT path FROM sources WHERE owner = ? AND owner <> '' ORDER BY path", (owner,))
        places = (Path(path).parts for (path,) in rows)
        found = (Path(*parts[: parts.index(ROOT) + _DEPTH]) for parts in places if ROOT in parts)
        return list(dict.fromkeys(found))


def follow(store: Store, owner: str, files: Iterable[Path], folder: Path) -> Iterator[Path]:
    """Let the owner's files lie in ``folder``, of a conversation; yields where. Those that are still read stay behind.

    Raises:
        StoreError: the index cannot be changed.
    """
    own = Scope(owner=owner, collections=Collections(hidden=False))
    with store.transaction() as transaction:
        for file in files:
            known = transaction.db.execute("SELECT 1 FROM files WHERE path = ? AND owner = ?", (str(file), owner))
            if known.fetchone():  # written last of all that is read of a file
                place = folder / file.parent.name
                move(transaction, file.parent, place, own)
                yield place / file.name
