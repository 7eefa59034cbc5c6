"""Which sources a scope may see, as a condition for SQL."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

from index.passage import Scope


def visible(scope: Scope) -> tuple[str, dict[str, Any]]:
    """An SQL condition on ``sources`` that holds for those that ``scope`` may see, and its parameters."""
    where = ["owner IN ('', :owner)"]
    values: dict[str, Any] = {"owner": scope.owner or "", "collections": json.dumps(sorted(scope.collections.named))}
    only = scope.only
    if scope.collections.named or not scope.collections.hidden:
        among = "NOT IN" if scope.collections.hidden else "IN"
        where.append(f"(owner <> '' OR collection {among} (SELECT value FROM json_each(:collections)))")
    if scope.collection is not None:
        where.append("collection = :collection")
        values["collection"] = scope.collection
    if only.source is not None:
        where.append("matches(path, :source)")
        values["source"] = only.source
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


def matches(path: str, pattern: str) -> bool:
    """Whether the path, or its last parts, equal or match ``pattern`` (a ``*`` matches no "/"); known to SQL."""
    parts = PurePosixPath(path)
    literal = PurePosixPath(pattern).parts
    return parts.parts[-len(literal) :] == literal or bool(pattern and parts.match(pattern))
