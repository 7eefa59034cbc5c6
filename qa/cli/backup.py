"""The commands ``refdesk backup`` and ``restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from index.address import DatabaseUrl, Location
from qa.cli.console import echo, note, print_json, read_settings
from qa.cli.options import IndexOption, JsonOption

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The archive, such as desk-2026-11-26.zip.")]


def backup(
    file: FileArgument,
    index: IndexOption = None,
    users: Annotated[bool, typer.Option("--users", help="With users, tokens and who sees what; no sessions.")] = False,
    audit: Annotated[bool, typer.Option("--audit", help="With the log of who did what.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Save the index in one archive, also while it is served and documents are added.

    It holds the documents' texts: keep it as safe as them. The files that you index yourself are not in it.
    """
    from qa.operations.backup import back_up, left_out

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
    from qa.operations.restore import restore as put_back

    settings = read_settings(index=index)
    manifest = put_back(file, _folder_of(settings.index), force=force)
    if as_json:
        print_json({"index": str(settings.index), **manifest.model_dump()})
        return
    echo(f"{_counts(manifest)} in {settings.index}, as they were at {manifest.made}")
    if manifest.private:
        note(f"private: {', '.join(manifest.private)} (refdesk users list says who sees them)")


def _folder_of(location: Location) -> Path:
    """The index's folder.

    Raises:
        StoreError: it is in a database.
    """
    from index.store import StoreError

    if isinstance(location, DatabaseUrl):
        raise StoreError(f"{location} is a database: PostgreSQL's own pg_dump and pg_restore save and restore it")
    return location


def _counts(manifest: Any) -> str:
    return f"{manifest.documents:,} documents, {manifest.passages:,} passages"
