"""Which sources a scope may see, as a condition for SQL."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from index.passage import Scope


def visible(scope: Scope) -> tuple[str, dict[str, Any]]:
    """An SQL condition on ``sources`` that holds for those that ``scope`` may see, and its parameters."""
    where = ["owner IN ('', :owner)"]
    values: dict[str, Any] = {"owner": scope.owner or "", "collections": json.dumps(sorted(scope.collections.named))}
    only = scope.only
    asked = (scope.collection, only.source, only.folder, only.type, *only.documents, *chain.from_iterable(only.fields))
    if any("\0" in text for text in asked if text):  # as no text of an index does, and PostgreSQL takes none that does
        return "false", {}
    if scope.collections.named or not scope.collections.hidden:
        among = "NOT IN" if scope.collections.hidden else "IN"
        where.append(f"(owner <> '' OR collection {among} (SELECT value FROM json_each(:collections)))")
    if scope.collection is not None:
        where.append("collection = :collection")
        values["collection"] = scope.collection
    if only.source is not None:
        where.append("matches(path, :source)")
        values["source"] = expression_of(only.source)
    if only.folder is not None:
        where.append("(path = :folder OR substr(path, 1, length(:folder) + 1) = :folder || '/')")
        values["folder"] = only.folder.rstrip("/")
    if only.type is not None:
        where.append("lower(path) LIKE '%.' || :type ESCAPE '!'")
        values["type"] = re.sub("([!%_])", r"!\1", only.type.lower().lstrip("."))
    if only.since is not None:
        where.append("modified >= :since")
        values["since"] = only.since
    if only.before is not None:
        where.append("modified < :before")
        values["before"] = only.before
    if only.documents:
        where.append("document IN (SELECT value FROM json_each(:documents))")
        values["documents"] = json.dumps(only.documents)
    for number, (name, value) in enumerate(only.fields):
        where.append(
            f"EXISTS (SELECT 1 FROM json_each(metadata) WHERE json_extract(value, '$[0]') = :name{number}"
            f" AND json_extract(value, '$[1]') = :value{number})"
        )
        values |= {f"name{number}": name, f"value{number}": value}
    return " AND ".join(where), values


def matches(path: str, expression: str) -> bool:
    """Whether the expression, made by ``expression_of``, describes the path; known to SQL."""
    return re.fullmatch(expression, path, re.DOTALL) is not None


def expression_of(pattern: str) -> str:
    """A regular expression for the paths that ``pattern`` names; PostgreSQL's function ``matches`` understands it too.

    It names a path, or the last parts of one, as they are written or by ``*``, ``?`` and ``[…]``, which match no "/".
    """
    parts = PurePosixPath(pattern).parts
    if not parts:
        return _NOTHING
    before, names = ("/+", parts[1:]) if parts[0] == "/" else ("(?:.*/)?", parts)
    literal = "/+".join(map(re.escape, names))
    return f"{before}(?:{literal}|{'/+'.join(map(_part, names))})"


_NOTHING = "(?=a)b"
_WILD = re.compile(r"\*+|\?|\[(!?+)(\][^\]]*|[^\]]+)\]", re.DOTALL)
_RANGE = re.compile("(.)-(.)|(.)", re.DOTALL)


def _part(pattern: str) -> str:
    """The expression for one part of a path. A star is tried once, or many would take for ever."""
    pieces, end = [""], 0
    for wild in _WILD.finditer(pattern):
        pieces[-1] += re.escape(pattern[end : wild.start()])
        end = wild.end()
        if wild[0][0] == "*":
            pieces.append("")
        else:
            pieces[-1] += _any_of(wild[2], wild[1]) if wild[2] else "[^/]"
    first, *rest = [*pieces[:-1], pieces[-1] + re.escape(pattern[end:])]
    if not rest:
        return first
    return f"{first}{''.join(f'(?>[^/]*?{piece})' for piece in rest[:-1])}[^/]*{rest[-1]}"


def _any_of(characters: str, negated: str) -> str:
    """One of the characters and ranges between brackets; a range that runs backwards holds none."""
    spans = [(first or alone, last or alone) for first, last, alone in _RANGE.findall(characters)]
    held = "".join(f"{_plain(first)}-{_plain(last)}" for first, last in spans if first <= last)
    if negated:
        return f"[^/{held}]"
    return f"[{held}]" if held else _NOTHING


def _plain(character: str) -> str:
    return character if character.isalnum() else f"\\{character}"
