"""The commands about what is indexed: ``refdesk index``, ``documents``, ``info`` and ``remove``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.address import DatabaseUrl
from qa.cli.console import echo, indexing, note, note_failed, print_json, read_settings
from qa.cli.jobs import add_jobs
from qa.cli.options import CollectionOption, IndexOption, JsonOption, Paths
from qa.cli.scope import BeforeOption, FieldOption, FolderOption, SinceOption, SourceOption, TypeOption, scope_of
from qa.settings import Settings

if TYPE_CHECKING:
    from index.report import Report

MOST_PARTS = 256
NEAR_SHOWN = 10  # near-duplicates named after a run


def index(
    paths: Paths,
    index: IndexOption = None,
    collection: Annotated[str, typer.Option(help="Collection to put the sources in.")] = "default",
    embedder: Annotated[str | None, typer.Option(help="Model name or folder, for a new index.")] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="Of folders, only files that this matches: '*.pdf'.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="Pass over what this matches: 'drafts/'.")] = None,
    text_field: Annotated[str | None, typer.Option(help="Of JSON records, the field with the text.")] = None,
    title_field: Annotated[str | None, typer.Option(help="Of JSON records, the field with the title.")] = None,
    metadata_field: Annotated[list[str] | None, typer.Option(help="Of JSON records, a field to keep [all].")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and index what changes, until interrupted.")] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to refdesk work (in a database).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add or update files and folders; only changes are embedded.

    Patterns are gitignore's; a .refdeskignore in a folder holds such patterns too.
    """
    from qa.assistant.compose import open_ingest
    from qa.serving.access.accounts.opened import open_access

    settings = read_settings(index=index, embedder=embedder)
    if watch and as_json:
        raise typer.BadParameter("--watch prints a line for each change, not JSON: leave out --json")
    given = {"text_field": text_field, "title_field": title_field, "metadata_fields": metadata_field}
    options = {name: value for name, value in given.items() if value is not None}
    chosen: dict[str, Any] = {"include": include or (), "exclude": exclude or (), "options": options}
    if queue:
        if watch:
            raise typer.BadParameter("--watch indexes by itself: leave out --queue")
        add_jobs(settings, paths, collection, as_json=as_json, **chosen)
        open_access(settings.index).note_private()
        return
    ingest = open_ingest(settings)
    report = update(ingest, paths, collection, **chosen)
    open_access(settings.index).note_private()  # what was private before there was an index, too
    counts = {
        "added": report.added, "changed": report.changed, "unchanged": report.unchanged, "removed": report.removed
    }  # fmt: skip
    note_failed(report)
    if settings.embedder is None:
        _note_earlier_default(ingest.embedder)
    _print_report(report, counts, settings, as_json=as_json)
    if watch:
        from index.watch import watch as keep_watching

        note("Watching for changes; Ctrl-C ends it.", prefix="")
        keep_watching(
            paths,
            settings.folder,
            lambda changed: ingest.update(paths, collection=collection, only=changed, **chosen),
            echo,
        )
        return
    if report.failed:
        done = any(counts.values())
        raise typer.Exit(3 if done else 1)


def _note_earlier_default(embedder: str) -> None:
    """Say how to move where the index was made with the default embedder of earlier versions."""
    from index.models import BGE_SMALL, DEFAULT_EMBEDDER

    if embedder.startswith(f"{BGE_SMALL}@"):
        note(
            f"this index keeps {BGE_SMALL}, the default of earlier versions; {DEFAULT_EMBEDDER} finds more of "
            "what is asked in other words: for it, index the same files into a new one, with --index"
        )


def documents(
    index: IndexOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
    source: SourceOption = None,
    folder: FolderOption = None,
    kind: TypeOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    field: FieldOption = None,
) -> None:
    """List the indexed sources with the date and version that they give and the family that they belong to."""
    from index.catalogue import catalogue
    from index.opened import open_store

    scope = scope_of(collection, source, folder, kind, since, before, field)
    with open_store(read_settings(index=index).index).snapshot() as snapshot:
        rows = catalogue(snapshot, scope)
    if as_json:
        print_json({"documents": rows})
    else:
        for row in rows:
            about = f"{row['title']}  {row['characters']:,} characters{_edition(row)}"
            echo(f"{row['source']}  [{row['collection']}]  {about}")


def _edition(row: Mapping[str, Any]) -> str:
    """What is known of a document's date, version and family, as the end of its line."""
    dated = f"{row['date']} by its {row['dated_by']}" if row["date"] else ""
    version = f"version {row['version']}" if row["version"] else ""
    family = f"family {row['family'].rsplit('/', 1)[-1] or row['family']}" if row["family"] else ""
    return "".join(f"  {known}" for known in (dated, version, family) if known)


def info(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what the index holds and what it was made with."""
    from index.opened import open_store
    from index.vectors import VectorIndex
    from qa.check.entailment import NAME as SHIPPED_VERIFIER
    from qa.read.judge import NAME as JUDGE

    settings = read_settings(index=index)
    store = open_store(settings.index)
    with store.snapshot() as snapshot:
        facts: dict[str, Any] = {
            "index": str(settings.index.absolute() if isinstance(settings.index, Path) else settings.index),
            "generation": snapshot.generation,
            "embedder": snapshot.embedder,
            "reranker": settings.reranker or JUDGE,
            "verifier": settings.verifier or SHIPPED_VERIFIER,
            "backend": settings.backend,
            "sources": snapshot.count("sources"),
            "documents": snapshot.count("documents"),
            "passages": snapshot.count("chunks"),
            "collections": sorted({source.collection for source in snapshot.sources()}),
            "vector_index": (store.searcher(snapshot) or VectorIndex.open(store.folder, snapshot)).kind,
            "bytes": store.size,
        }
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            echo(f"{name:<13} {', '.join(value) if isinstance(value, list) else value}")


def _shard(text: str) -> DatabaseUrl:
    try:
        return DatabaseUrl(text)
    except ValueError as error:  # typer itself would show the address, with its password
        raise typer.BadParameter(str(error)) from None


def migrate(
    index: IndexOption = None,
    parts: Annotated[
        int | None, typer.Option(min=1, max=MOST_PARTS, help="Keep what is searched in so many parts there; 1: whole.")
    ] = None,
    shard: Annotated[
        list[DatabaseUrl] | None,
        typer.Option(parser=_shard, metavar="URL", help="Keep a part of what is searched there; once for each server."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring an index in a database to the version of this Refdesk; back it up before."""
    from index.opened import open_store
    from qa.serving.access.accounts.opened import open_access

    settings = read_settings(index=index)
    if parts is not None and shard:
        raise typer.BadParameter("there is one part on each shard", param_hint="--parts")
    store = open_store(settings.index)
    before, now = store.migrate()
    access = open_access(settings.index)
    moved = access.migrate()
    access.note_private()
    if parts is not None or shard:
        store.partition(parts or 1, shard or ())
    if as_json:
        print_json({"index": str(settings.index), "before": before, "now": now, "users_moved": moved})
        return
    if moved:
        echo(f"users, their conversations and tokens are in {settings.index} now")
    if before == now:
        echo(f"{settings.index} is of version {now}, as it should be")
    else:
        echo(f"{settings.index} was of version {before} and is of version {now} now")


def remove(
    paths: Paths, index: IndexOption = None, collection: CollectionOption = None, as_json: JsonOption = False
) -> None:
    """Take files and folders out of the index; the files themselves stay."""
    from index.ingest import remove as forget
    from index.opened import open_store
    from index.store import StoreError

    settings = read_settings(index=index)
    removed = forget(open_store(settings.index), paths, collection=collection)
    if not removed:
        named = ", ".join(map(str, paths))
        raise StoreError(f"nothing in {settings.index} comes from {named}: refdesk documents lists what does")
    if as_json:
        print_json({"removed": removed})
    else:
        echo(f"{len(removed)} removed")


def _print_report(report: Report, counts: Mapping[str, Sequence[str]], settings: Settings, *, as_json: bool) -> None:
    if as_json:
        pairs = report.near_duplicates
        alike = [{"source": pair.path, "like": pair.other, "similarity": pair.similarity} for pair in pairs]
        rest = {"failed": report.failed, "near_duplicates": alike, "embedded": report.embedded}
        print_json({"index": str(settings.index), **counts, **rest})
    else:
        summary = ", ".join(f"{len(found)} {name}" for name, found in counts.items())
        echo(f"{summary}, {len(report.failed)} failed; {report.embedded} passages embedded in {settings.index}")
        _print_near(report.near_duplicates)


def _print_near(pairs: Sequence[Any]) -> None:
    """Name the documents that are nearly the same, the first of them."""
    for pair in pairs[:NEAR_SHOWN]:
        like = "has the same text as" if pair.similarity == 1 else "is nearly the same as"
        echo(f"{pair.path} {like} {pair.other}")
    if len(pairs) > NEAR_SHOWN:
        echo(f"and {len(pairs) - NEAR_SHOWN} more like others: --json lists them")


def update(ingest: Any, paths: Sequence[Path], collection: str, **chosen: Any) -> Any:
    """Bring the index up to date with ``paths`` under a progress bar; the run's report."""
    with indexing() as on_progress:
        return ingest.update(paths, collection=collection, on_progress=on_progress, **chosen)
