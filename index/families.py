"""Families: editions of one work, such as "handbook 2023" and "handbook 2024", and near-duplicates share a key.

Two sources of a collection are of one family where, in the same folder, their names or titles differ only in date or
version (``Edition.name``, ``Edition.title``), or where they hold the same text or nearly the same. Folders whose names
differ only in date or version count as the same. What belongs to a visitor joins the families of everyone's documents
and leaves these as they are, so that nobody learns from a family that others have a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from documents.document import Source
from documents.edition import without_edition
from documents.versions import version_order
from index.database import Database

SourceKey = tuple[str, str, str]  # path, collection and owner ("": everyone)

# A family with more members stays together when one leaves it.
MOST_SETTLED = 1_000
_MOST_ALIKE = 20  # near-duplicates whose families are joined
_NUMBERS = re.compile(r"(\d+)")

# Which sources a source belongs with, and by which index SQLite finds them (else it takes one of the whole collection).
_NEIGHBOURS = {
    "folder = :folder AND name = :name": "sources_of_name",
    "folder = :folder AND title = :title AND title <> ''": "sources_of_title",
    "document = :document": "sources_of_document",
    "document IN (SELECT other FROM alike WHERE alike.document = :document)": "sources_of_document",
}
# Their owners and families; all that share a name, a title or a document have the same.
_FAMILIES = " UNION ALL ".join(
    f"SELECT * FROM (SELECT DISTINCT owner, family FROM sources INDEXED BY {by}"
    f" WHERE collection = :collection AND owner IN ('', :owner) AND family <> '' AND {condition}"
    f" ORDER BY owner LIMIT {_MOST_ALIKE if 'alike' in condition else 1}) AS neighbours"
    for condition, by in _NEIGHBOURS.items()
)


def folder_of(source: Source) -> str:
    """The folder of a source without dates and versions; what a visitor brings is in no folder that means anything."""
    return _bare_folder(source.path.replace("\\", "/").rpartition("/")[0]) if source.owner is None else ""


@lru_cache(maxsize=1024)
def _bare_folder(path: str) -> str:
    return "/".join(map(without_edition, path.split("/")))


def join(db: Database, key: SourceKey) -> None:
    """Give a stored source the family of those that it belongs with; if these are of several, they become one."""
    row = db.execute(
        "SELECT folder, name, title, document, family FROM sources WHERE path = ? AND collection = ? AND owner = ?", key
    ).fetchone()
    if row is None:
        return
    fields = dict(zip(("path", "collection", "owner"), key, strict=True))
    fields |= dict(zip(("folder", "name", "title", "document", "family"), row, strict=True))
    found = db.execute(_FAMILIES, fields).fetchall()
    known = sorted({(owner, family) for owner, family in [*found, (fields["owner"], fields["family"])] if family})
    families = [family for owner, family in known if owner == known[0][0]]  # everyone's, where there is one
    target = _largest(db, fields["collection"], families) if families else f"{fields['folder']}/{fields['name']}"
    _merge(db, fields, [family for _, family in known], target)


def _largest(db: Database, collection: str, families: Sequence[str]) -> str:
    """The family with the most members: the fewest rows change then."""
    if len(set(families)) == 1:
        return families[0]
    sizes = {
        family: db.execute(
            "SELECT count(*) FROM sources WHERE collection = ? AND family = ?", (collection, family)
        ).fetchone()[0]
        for family in sorted(set(families))
    }
    return max(sizes, key=lambda family: sizes[family])


def _merge(db: Database, fields: dict[str, str], families: Iterable[str], target: str) -> None:
    """Put the source and the members of the families into ``target``; a visitor's source changes only their own."""
    whose = "" if fields["owner"] == "" else " AND owner = :owner"
    for family in set(families) - {target}:
        db.execute(
            f"UPDATE sources SET family = :target WHERE collection = :collection AND family = :family{whose}",
            {**fields, "family": family, "target": target},
        )
    db.execute(
        "UPDATE sources SET family = :target WHERE path = :path AND collection = :collection AND owner = :owner",
        {**fields, "target": target},
    )


def dissolve(db: Database, collection: str, family: str) -> list[SourceKey]:
    """Take the members out of a family, to join again those that still belong together; returns them by path.

    A family of more than ``MOST_SETTLED`` stays as it is.
    """
    members = db.execute(
        "SELECT path, collection, owner FROM sources WHERE collection = ? AND family = ? ORDER BY path, owner LIMIT ?",
        (collection, family, MOST_SETTLED + 1),
    ).fetchall()
    if len(members) > MOST_SETTLED:
        return []
    db.execute("UPDATE sources SET family = '' WHERE collection = ? AND family = ?", (collection, family))
    return members


def newest_first(sources: Iterable[Source]) -> list[Source]:
    """The members of a family, the newest first: by date or, where only versions are known of all, by version.

    Where these do not tell, the numbers in the paths do.
    """
    members = list(sources)
    by_version = all(source.version for source in members) and not all(source.date for source in members)

    def order(source: Source) -> tuple[object, ...]:
        date, version = source.date, version_order(source.version)
        numbers = [part.zfill(20) if part.isdecimal() else part for part in _NUMBERS.split(source.path.casefold())]
        return (version, date, numbers) if by_version else (date, version, numbers)

    return sorted(members, key=order, reverse=True)


def is_newer(one: Source, other: Source) -> bool:
    """Whether both are editions of one work, and ``one`` is the newer."""
    return bool(one.family) and one.family == other.family and one != other and newest_first([other, one])[0] == one
