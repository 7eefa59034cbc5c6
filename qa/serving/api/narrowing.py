"""The sources that a request is about: what the asker may see, narrowed by what the request says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from index.passage import Filter, Scope
from index.snapshot import Snapshot
from index.store import Store
from qa.serving.api.problems import RequestError
from qa.serving.api.schemas import Narrowing


def narrowed(store: Store, scope: Scope, by: Narrowing) -> Scope:
    """``scope``, narrowed; as a scope without sources would look like documents that are silent, it is refused.

    Raises:
        RequestError: a day is none, or nothing that the asker may see is in the narrowed scope.
    """
    only = Filter(
        source=by.source,
        type=by.type,
        since=_day(by.since, "since"),
        before=_day(by.before, "before"),
        fields=tuple(by.fields.items()),
        documents=tuple(by.documents),
    )
    found = replace(scope, collection=by.collection, only=only)
    if found == scope:
        return scope
    with store.snapshot(scope) as snapshot:
        if snapshot.sources(found):
            return found
        if by.collection is not None and by.collection not in collections(snapshot, scope):
            raise RequestError(f"there is no collection {by.collection!r}: /api/v1/collections lists them", 404)
    raise RequestError("no document has that source, type, date, field or id: /api/v1/documents lists them", 404)


def collections(snapshot: Snapshot, scope: Scope) -> dict[str, int]:
    """The collections that ``scope`` sees, by name, each with the number of its sources."""
    return dict(sorted(Counter(source.collection for source in snapshot.sources(scope)).items()))


def _day(text: str | None, name: str) -> float | None:
    if text is None:
        return None
    try:
        day = datetime.fromisoformat(text)
        return (day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise RequestError(f"{name}: {text!r} is no day: write it as 2024-01-31") from error
