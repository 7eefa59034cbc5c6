"""The command ``refdesk``: ``--json`` writes one object to standard output, all else goes to standard error.

Exit codes: 0 done, 1 failed with a one-line reason, 2 wrong usage, 3 done in part.
"""

from __future__ import annotations

import dataclasses
import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

# Idle threads of one process must not keep the cores from another; read by the libraries when they load.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import typer
from typer.core import TyperGroup

from qa import cli_eval
from qa.__main__ import INTERRUPTED
from qa.console import (
    BackendOption,
    BaseUrlOption,
    EmbedderOption,
    IndexOption,
    JsonOption,
    LineFormatter,
    ModelOption,
    indexing,
    note,
    print_json,
    read_settings,
    tell,
)
from qa.scoping import (
    BeforeOption,
    FieldOption,
    FolderOption,
    SinceOption,
    SourceOption,
    TypeOption,
    check_scope,
    scope_of,
)
from qa.settings import Settings
from qa.visible import visible


class Commands(TyperGroup):
    """The commands; typer would end an interrupted one without a word, and repeat an argument as it is."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _said_plainly():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        with _said_plainly():
            return super().invoke(ctx)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _fail(INTERRUPTED, 130)
    except typer.TyperException as error:  # wrong usage
        error.message = visible(error.message)
        raise


app = typer.Typer(
    name="refdesk",
    cls=Commands,
    help="Ask your own documents; every sentence of the answer shows the exact characters it rests on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

NEAR_SHOWN = 10

CollectionOption = Annotated[str | None, typer.Option(help="Only this collection of sources.")]


def _path(text: str) -> Path:
    if not text.strip():  # as of an unset variable: not the working folder
        raise typer.BadParameter("a path is empty: name a file, a folder or a pattern")
    return Path(text)


Paths = Annotated[list[Path], typer.Argument(parser=_path, metavar="PATH…", help="Files, folders, patterns in quotes.")]

EXAMPLES = (
    "How many 5G base stations does Beijing have?",
    "What share of Beijing's GDP is the digital economy?",
    "How does the booking platform reduce vacant appointments?",
    "How do I add my own documents?",
)


PUBLIC = (
    "Everyone who reaches this machine can ask and read the indexed documents, see originals that are cited, and bring "
    "files: nobody is asked who they are, and nothing is encrypted on the way."
)


@app.command()
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
    as_json: JsonOption = False,
) -> None:
    """Add or update files and folders; only changes are embedded.

    Patterns are gitignore's; a .refdeskignore in a folder holds such patterns too.
    """
    settings = read_settings(index=index, embedder=embedder)
    if watch and as_json:
        raise typer.BadParameter("--watch prints a line for each change, not JSON: leave out --json")
    told = {"text_field": text_field, "title_field": title_field, "metadata_fields": metadata_field}
    options = {name: value for name, value in told.items() if value is not None}
    chosen = {"include": include or (), "exclude": exclude or (), "options": options}
    ingest = _open_ingest(settings)
    report = _index(ingest, paths, collection, **chosen)
    counts = {
        "added": report.added, "changed": report.changed, "unchanged": report.unchanged, "removed": report.removed
    }  # fmt: skip
    for path, reason in report.failed.items():
        note(reason if reason.startswith(path) else f"{path}: {reason}")
    if as_json:
        alike = [
            {"source": pair.path, "like": pair.other, "similarity": pair.similarity} for pair in report.near_duplicates
        ]
        rest = {"failed": report.failed, "near_duplicates": alike, "embedded": report.embedded}
        print_json({"index": str(settings.index), **counts, **rest})
    else:
        summary = ", ".join(f"{len(found)} {name}" for name, found in counts.items())
        tell(f"{summary}, {len(report.failed)} failed; {report.embedded} passages embedded in {settings.index}")
        _print_near(report.near_duplicates)
    if watch:
        from index.watch import watch as keep_watching

        note("Watching for changes; Ctrl-C ends it.", prefix="")
        keep_watching(
            paths,
            settings.index,
            lambda changed: ingest.update(paths, collection=collection, only=changed, **chosen),
            tell,
        )
        return
    if report.failed:
        done = any(counts.values())
        raise typer.Exit(3 if done else 1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question, in quotes.")],
    index: IndexOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    top_k: Annotated[int | None, typer.Option(min=1, max=100, help="How many passages to rank [15]")] = None,
    after: Annotated[
        Path | None, typer.Option(help="Ask as a follow-up to the answers in this file, of refdesk ask --json.")
    ] = None,
    source: SourceOption = None,
    folder: FolderOption = None,
    kind: TypeOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    field: FieldOption = None,
) -> None:
    """Answer a question with cited sentences, or say that the documents do not hold the answer."""
    from qa.compose import open_assistant

    scope = scope_of(collection, source, folder, kind, since, before, field)
    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url}
    settings = read_settings(index=index, top_k=top_k, **models)
    history = _turns(after)
    assistant = open_assistant(settings)
    check_scope(assistant.index.store, scope)
    answer = assistant.ask(question, scope, history)
    if as_json:
        print_json(answer.to_dict())
    else:
        from qa.present import as_text

        tell(*as_text(answer).split("\n"))


@app.command()
def chat(
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on [7860]")] = None,
    public: Annotated[
        bool | None,
        typer.Option("--public", help="Let others reach it; nobody is asked who they are."),
    ] = None,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
) -> None:
    """Open the web chat; with no index yet, index the sample documents first."""
    from documents.load import sample_paths
    from index.store import Store
    from qa.serving import chat as web
    from qa.serving.hosts import is_loopback
    from qa.serving.uploads import forget_dead

    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url}
    settings = read_settings(index=index, host=host, port=port, public=public, **models)
    web.check_public(settings.host, settings.public)
    web.check_port(settings.host, settings.port)
    store = Store(settings.index)
    if store.exists and os.access(store.folder, os.W_OK):
        forget_dead(store)  # what visitors of a server that died had brought along is no index of the owner's
    samples = {str(path) for path in sample_paths()}
    if not store.exists or _paths_in(store) < samples:  # none, or a first start that was interrupted
        note(f"No index in {settings.index} yet: indexing the sample documents.", prefix="")
        _index(_open_ingest(settings), sample_paths(), "default")
    from qa.compose import open_assistant

    assistant = open_assistant(settings)
    with store.snapshot() as snapshot:
        documents, passages = snapshot.count("documents"), snapshot.count("chunks")
    with _beside(settings, assistant) as beside:
        blocks = web.build(
            examples=EXAMPLES if _paths_in(store) & samples else (),
            summary=f"{documents:,} document{'' if documents == 1 else 's'}, {passages:,} passages",
            beside=beside,
        )
        if not is_loopback(settings.host):
            note(PUBLIC)
        address = web.Address(settings.host, settings.port, settings.hosts, settings.trusted_proxy)
        web.launch(blocks, web.Asking(assistant, settings.concurrency), address, beside)


@app.command()
def info(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what the index holds and what it was made with."""
    from index.store import Store
    from index.vectors import VectorIndex

    settings = read_settings(index=index)
    store = Store(settings.index)
    with store.snapshot() as snapshot:
        vectors = VectorIndex.open(store.folder, snapshot)
        facts: dict[str, Any] = {
            "index": str(settings.index.absolute()),
            "generation": snapshot.generation,
            "embedder": snapshot.embedder,
            "reranker": settings.reranker,
            "backend": settings.backend,
            "sources": snapshot.count("sources"),
            "documents": snapshot.count("documents"),
            "passages": snapshot.count("chunks"),
            "collections": sorted({source.collection for source in snapshot.sources()}),
            "vector_index": vectors.kind,
            "bytes": sum(path.stat().st_size for path in store.folder.rglob("*") if path.is_file()),
        }
    if as_json:
        print_json(facts)
    else:
        for name, value in facts.items():
            tell(f"{name:<13} {', '.join(value) if isinstance(value, list) else value}")


@app.command()
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
    """List the indexed sources."""
    from index.store import Store

    scope = scope_of(collection, source, folder, kind, since, before, field)
    with Store(read_settings(index=index).index).snapshot() as snapshot:
        rows = []
        for found in snapshot.sources(scope):
            document = snapshot.document(found.document_id)
            assert document is not None  # a foreign key holds it
            rows.append(
                {
                    "source": found.path,
                    "collection": found.collection,
                    "document": document.id,
                    "title": document.title or found.name,
                    "characters": len(document.text),
                    "modified": found.modified and datetime.fromtimestamp(found.modified, UTC).isoformat(),
                    "fields": dict(found.metadata),
                }
            )
    if as_json:
        print_json({"documents": rows})
    else:
        for row in rows:
            tell(f"{row['source']}  [{row['collection']}]  {row['title']}  {row['characters']:,} characters")


@app.command()
def remove(
    paths: Paths, index: IndexOption = None, collection: CollectionOption = None, as_json: JsonOption = False
) -> None:
    """Take files and folders out of the index; the files themselves stay."""
    from index.ingest import remove as forget
    from index.store import Store, StoreError

    settings = read_settings(index=index)
    removed = forget(Store(settings.index), paths, collection=collection)
    if not removed:
        named = ", ".join(map(str, paths))
        raise StoreError(f"nothing in {settings.index} comes from {named}: refdesk documents lists what does")
    if as_json:
        print_json({"removed": removed})
    else:
        tell(f"{len(removed)} removed")


@app.command()
def verify(
    answers: Annotated[
        Path, typer.Argument(help="A file that refdesk ask --json wrote (JSON or JSON Lines), or a run's folder.")
    ],
    index: IndexOption = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not load a model to verify again what a language model wrote.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check saved answers against the documents again, and name what cannot be checked; exit 1 when something is wrong.

    A run's folder holds the documents it cites; a file's are looked up in the index.
    """
    from qa.verify import check_file

    if answers.is_dir():
        from qa.evaluation.runs import check_run

        checked = check_run(answers, quick=quick)
    else:
        checked = check_file(answers, read_settings(index=index).index, quick=quick)
    if as_json:
        print_json(dataclasses.asdict(checked))
    else:
        for row in checked.problems:
            tell(f"answer {row['record']}: {row['problem']}")
        tell(f"{checked.answers} answers, {checked.citations} citations checked, {len(checked.problems)} problems")
        tell(f"Not checked: {'; '.join(checked.not_checked)}.")
    if checked.problems:
        raise typer.Exit(1)


app.command("eval", no_args_is_help=True)(cli_eval.evaluate)
app.command()(cli_eval.compare)
app.command()(cli_eval.replay)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an expected failure is one line on standard error and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # no character is worth a failure
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter("refdesk: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    with _one_line_errors():
        app(args=list(arguments) if arguments is not None else None, prog_name="refdesk")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Whoever read our output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        # Our own errors are written to be shown: one line that says what to do.
        if type(error).__module__.split(".")[0] in ("documents", "index", "qa"):
            _fail(str(error))
        if isinstance(error, OSError) and error.strerror:
            _fail(f"{error.filename or 'cannot write'}: {error.strerror.lower()}")
        if os.environ.get("REFDESK_DEBUG"):
            raise
        _fail(f"unexpected {type(error).__name__}: {error} (REFDESK_DEBUG=1 shows where)")


def _fail(message: str, code: int = 1) -> NoReturn:
    note(" ".join(message.split()))
    sys.exit(code)


def _print_near(pairs: Sequence[Any]) -> None:
    """Name the documents that are nearly the same, the first of them."""
    for pair in pairs[:NEAR_SHOWN]:
        like = "has the same text as" if pair.similarity == 1 else "is nearly the same as"
        tell(f"{pair.path} {like} {pair.other}")
    if len(pairs) > NEAR_SHOWN:
        tell(f"and {len(pairs) - NEAR_SHOWN} more like others: --json lists them")


def _turns(path: Path | None) -> list[Any]:
    """The saved answers as a conversation."""
    if path is None:
        return []
    from qa.conversation import Turn
    from qa.evaluation.reply import said_statements
    from qa.saved import read_answers

    answers = read_answers(path)
    return [
        Turn(
            str(answer.get("standalone_question", answer.get("question"))),
            " ".join(statement["text"] for statement in said_statements(answer)),
            answer.get("short_answer") or "",
        )
        for answer in answers
    ]


def _paths_in(store: Any) -> set[str]:
    with store.snapshot() as snapshot:
        return {source.path for source in snapshot.sources()}


@contextmanager
def _beside(settings: Settings, assistant: Any) -> Iterator[Any]:
    """What the chat offers beside answers; an index that nobody may write to takes no files along."""
    from qa.compose import ingest_over, limits_of
    from qa.serving.chat import Beside
    from qa.serving.evidence import Evidence
    from qa.serving.uploads import MEGABYTE, Uploads

    store = assistant.index.store
    evidence = Evidence(store, limits_of(settings))
    if not settings.upload_limit or not os.access(store.folder, os.W_OK):
        yield Beside(evidence=evidence)
        return
    ingest = ingest_over(store, assistant.index.embedder, settings)
    uploads = Uploads(store, ingest, max_bytes=settings.upload_limit * MEGABYTE)
    try:
        yield Beside(uploads, evidence)
    finally:
        uploads.close()


def _open_ingest(settings: Settings) -> Any:
    from qa.compose import open_ingest

    return open_ingest(settings)


def _index(ingest: Any, paths: Sequence[Path], collection: str, **chosen: Any) -> Any:
    with indexing() as on_progress:
        return ingest.update(paths, collection=collection, on_progress=on_progress, **chosen)


if __name__ == "__main__":
    main()
