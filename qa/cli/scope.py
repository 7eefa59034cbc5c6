"""Which sources a question is asked of: the command line's options -> a Scope."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.passage import Filter, Scope

if TYPE_CHECKING:
    from index.store import Store

SourceOption = Annotated[str | None, typer.Option(help="Only sources whose name or path matches, such as 'report*'.")]
FolderOption = Annotated[Path | None, typer.Option(help="Only sources below this folder or in this archive.")]
TypeOption = Annotated[str | None, typer.Option("--type", help="Only sources whose name ends so, such as pdf.")]
SinceOption = Annotated[str | None, typer.Option(help="Only sources of this day or later, such as 2024-01-31.")]
BeforeOption = Annotated[str | None, typer.Option(help="Only sources of before this day.")]
FieldOption = Annotated[
    list[str] | None, typer.Option("--field", help="Only sources with this field, as NAME=VALUE; repeatable.")
]


def scope_of(
    collection: str | None,
    source: str | None = None,
    folder: Path | None = None,
    kind: str | None = None,
    since: str | None = None,
    before: str | None = None,
    fields: Sequence[str] | None = None,
) -> Scope:
    """The scope that the options describe.

    Raises:
        typer.BadParameter: a day or a field is not written as such.
    """
    only = Filter(
        source=source,
        folder=os.path.normpath(folder.expanduser().absolute()) if folder else None,
        type=kind,
        since=_day(since, "--since"),
        before=_day(before, "--before"),
        fields=tuple(map(_field, fields or ())),
    )
    return Scope(collection, only=only)


def _day(text: str | None, option: str) -> float | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day: write it as 2024-01-31", param_hint=option) from error


def _field(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise typer.BadParameter(f"{text!r} is no field: write it as NAME=VALUE", param_hint="--field")
    return name, value


def check_scope(store: Store, scope: Scope) -> None:
    """A scope without documents would look like documents that are silent.

    Raises:
        StoreError: nothing is in it.
    """
    from index.store import StoreError

    with store.snapshot() as snapshot:
        known = sorted({source.collection for source in snapshot.sources()})
        if scope.collection is not None and scope.collection not in known:
            raise StoreError(
                f"{store.name} has no collection {scope.collection}: there is {', '.join(known) or 'none'}"
            )
        if scope.only != Filter() and not snapshot.sources(scope):
            raise StoreError(
                f"no document in {store.name} has that name, folder, type, date or field: "
                "refdesk documents lists what there is"
            )
