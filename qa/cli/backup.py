"""The commands ``refdesk backup``, ``restore`` and ``copy``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from index.address import DatabaseUrl, Location, location_of
from qa.cli.console import copying, echo, note, numbered, print_json, read_settings
from qa.cli.options import IndexOption, JsonOption


def _place(text: str) -> Location:
    try:
        return location_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _place_argument(name: str) -> Any:
    return typer.Argument(parser=_place, metavar=name, help="Index folder, or postgresql://…", show_default=False)


FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The archive, such as desk-2026-11-26.zip.")]


def backup(
    file: FileArgument,
    index: IndexOption = None,
    users: Annotated[bool, typer.Option("--users", help="With users, conversations, tokens, who sees what.")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="With the log of who did what.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Save the index in one archive, also while it is served and documents are added.

    It holds the documents' texts: keep it as safe as them. The files that you index yourself are not in it.
    """
    from qa.serving.operations.backup import back_up, left_out

    settings = read_settings(index=index)
    folder = _folder_of(settings.index)
    manifest = back_up(folder, file, users=users, audit=audit)
    missing = left_out(folder, manifest)
    if as_json:
        print_json({"file": str(file), **manifest.model_dump(), "left_out": missing})
        return
    size = f"{file.stat().st_size / 1024**2:.1f} MB"
    echo(f"{_counts(manifest)} of generation {manifest.generation}: {file}, {size}")
    if manifest.changed:
        note(f"changed or gone while the backup was made: {', '.join(manifest.changed)}")
    if missing:
        note(f"not in it: {', '.join(missing)} (--users and --audit take in what they name)")


def restore(
    file: FileArgument,
    index: IndexOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the index that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make an index of an archive of refdesk backup, after checking all of it."""
    from qa.serving.operations.restore import restore as put_back

    settings = read_settings(index=index)
    manifest = put_back(file, _folder_of(settings.index), force=force)
    if as_json:
        print_json({"index": str(settings.index), **manifest.model_dump()})
        return
    echo(f"{_counts(manifest)} in {settings.index}, as they were at {manifest.made}")
    _tell_private(manifest.private)


def copy(
    source: Annotated[Any, _place_argument("SRC")],
    target: Annotated[Any, _place_argument("DST")],
    as_json: JsonOption = False,
) -> None:
    """Copy an index from a folder into a database, or back, and compare all of it; goes on where it was interrupted.

    Users, tokens and what visitors brought along are not copied; private collections stay private.
    """
    from qa.serving.operations.transfer import copy_index

    with copying() as on_progress:
        copied = copy_index(source, target, on_progress)
    if as_json:
        tables = {name: {"rows": held.rows, "sha256": held.sha256} for name, held in copied.tables.items()}
        rest = {"private": copied.private, "missing": copied.missing, "tables": tables}
        print_json({"from": str(source), "to": str(target), **rest})
        return
    counts = ", ".join(
        f"{copied.tables[table].rows:,} {name}"
        for table, name in (("documents", "documents"), ("chunks", "passages"), ("embeddings", "vectors"))
    )
    echo(f"{counts} in {target}, all as in {source}")
    if copied.missing:
        note(f"gone meanwhile: {', '.join(copied.missing)}")
    _tell_private(copied.private)


def _tell_private(collections: Sequence[str]) -> None:
    if collections:
        note(f"private: {', '.join(collections)} (refdesk users list says who sees them)")


def _folder_of(location: Location) -> Path:
    """The index's folder; raises StoreError where it is in a database."""
    from index.store import StoreError

    if isinstance(location, DatabaseUrl):
        raise StoreError(f"{location} is a database: PostgreSQL's own pg_dump and pg_restore save and restore it")
    return location


def _counts(manifest: Any) -> str:
    return f"{numbered(manifest.documents, 'document')}, {numbered(manifest.passages, 'passage')}"
