"""The commands ``refdesk chat`` and ``serve``: the page, and the API, over an index, by default of the samples."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Annotated, Any

import typer

from index.address import DatabaseUrl, Location
from index.models import DEFAULT_EMBEDDER
from index.passage import Scope
from qa.cli.console import note, numbered, read_settings
from qa.cli.library import update
from qa.cli.options import BackendOption, BaseUrlOption, EmbedderOption, IndexOption, ModelOption, VerifierOption
from qa.settings import Settings

logger = logging.getLogger(__name__)

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
KNOWN = (
    "Those who are known can ask and read: {names}. Passwords and tokens are not encrypted on the way but by a proxy."
)


HostOption = Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1]")]
PortOption = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on [7860]")]
PublicOption = Annotated[
    bool | None,
    typer.Option("--public", help="Let everyone ask and read who reaches it; nobody is asked who they are."),
]


def chat(
    index: IndexOption = None,
    host: HostOption = None,
    port: PortOption = None,
    public: PublicOption = None,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    verifier: VerifierOption = None,
) -> None:
    """Open the web chat; with nothing in the index's folder yet, index the sample documents first."""
    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url, "verifier": verifier}
    _serve(read_settings(index=index, host=host, port=port, public=public, **models))


def serve(
    index: IndexOption = None,
    host: HostOption = None,
    port: PortOption = None,
    public: PublicOption = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that answer questions; 1: the one that serves [1]", min=1, max=64)
    ] = None,
    log_format: Annotated[str | None, typer.Option(help="plain, or json with a line for each request [plain]")] = None,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    verifier: VerifierOption = None,
) -> None:
    """Serve the chat and the API for programs; with nothing in the index's folder yet, index the samples first.

    The API is described at /docs. With --public, nobody can change the documents.
    """
    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url, "verifier": verifier}
    serving = {"host": host, "port": port, "public": public, "workers": workers, "log_format": log_format}
    _serve(read_settings(index=index, **serving, **models), with_api=True)


def _serve(settings: Settings, *, with_api: bool = False) -> None:
    """Serve the chat, and the API where it is wanted, until interrupted."""
    from documents.load import sample_paths
    from index.opened import open_store
    from qa.serving import server
    from qa.serving.access.access_control import access_control_of
    from qa.serving.access.accounts.opened import open_access
    from qa.serving.answering.queue import FairQueue
    from qa.serving.chat import page
    from qa.serving.chat.branding import branding_of
    from qa.serving.http.logs import write_json
    from qa.serving.operations.machine import require_limits

    if settings.log_format == "json":
        write_json()
    _check_index(settings)
    require_limits()
    branding = branding_of(settings)
    access = access_control_of(settings)
    server.check_port(settings.host, settings.port)
    store = open_store(settings.index)
    _prepare(store, settings)
    open_access(settings.index).note_private()
    with _without_collecting():
        assistant = _load(settings, store)
    queue = FairQueue(_at_once(settings))
    scope = Scope(collections=access.admission.shared())
    with store.snapshot() as snapshot:
        seen = assistant.index.visible(snapshot, scope)
        documents, passages = sum(seen.languages.values()), seen.count
    with _answering(settings, assistant) as answerer, _extras(settings, assistant, queue) as extras:
        api = _api(settings, assistant, answerer, queue, extras, with_api)
        blocks = page.build(
            examples=settings.chat_examples
            or (EXAMPLES if _paths_in(store, scope) <= {str(path) for path in sample_paths()} else ()),
            summary=f"{numbered(documents, 'document')}, {numbered(passages, 'passage')}",
            extras=extras,
            with_login=access.login is not None,
            branding=branding,
        )
        _note_who(settings, access)
        address = server.Address(settings.host, settings.port, settings.hosts, settings.trusted_proxy)
        counted = api.state.answerer if api else answerer
        server.launch(blocks, counted, address, extras, queue, api, access, settings.stop_seconds, settings.embed_in)


def _load(settings: Settings, store: Any) -> Any:
    """The assistant. Loading the default models is work outside of Python: meanwhile, what the page needs is imported.

    Other models bring libraries of their own, which no second thread may be importing at the same time.
    """
    import index.onnx  # noqa: F401 - what the default models need
    from qa.assistant.compose import embedder_of, open_assistant
    from qa.serving.chat.gradio_import import import_gradio

    embedder = settings.embedder or embedder_of(store)
    _check_models(settings, embedder)
    if (embedder, settings.verifier, settings.backend) != (DEFAULT_EMBEDDER, None, "extractive"):
        return open_assistant(settings)
    with ThreadPoolExecutor(1) as models:
        assistant = models.submit(open_assistant, settings)
        import_gradio()
        return assistant.result()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """What is loaded stays: the garbage collector need not look at it again and again, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _check_index(settings: Settings) -> None:
    """Raises WorkersError where several workers cannot share the index: connections to a database cannot be forked."""
    from qa.serving.answering.workers import WorkersError

    if settings.workers > 1 and isinstance(settings.index, DatabaseUrl):
        raise WorkersError(
            "several workers share an index in a folder: over PostgreSQL, leave out --workers and REFDESK_WORKERS and "
            "start several servers instead"
        )


def _check_models(settings: Settings, embedder: str) -> None:
    """Raises WorkersError where workers cannot share the models: their libraries have threads, or a server."""
    from qa.serving.answering.workers import WorkersError

    chosen = (embedder, settings.reranker, settings.verifier, settings.backend)
    default = (DEFAULT_EMBEDDER, None, "extractive")
    if settings.workers > 1 and (others := [str(own) for own in chosen if own not in default]):
        raise WorkersError(
            f"several workers answer with the default models only, not with {', '.join(others)}: leave out --workers "
            "and REFDESK_WORKERS, or use the default models"
        )


def _at_once(settings: Settings) -> int:
    """Questions that are answered at a time: one more than there are workers at least, so that one address, which never
    has all places, can keep every worker busy."""
    return settings.concurrency if settings.workers == 1 else max(settings.concurrency, settings.workers + 1)


@contextmanager
def _answering(settings: Settings, assistant: Any) -> Iterator[Any]:
    """What answers: the assistant in this process, or workers that are forked from it before it is used."""
    from qa.llm.base import REPLY_FACTOR
    from qa.serving.answering.workers import STEP_SECONDS, Workers, WorkersError

    if settings.workers == 1:
        yield assistant
        return
    # What a language model says may be one step.
    workers = Workers(assistant, settings.workers, STEP_SECONDS + REPLY_FACTOR * settings.generation_seconds)
    try:
        yield workers
    finally:
        workers.close()
    if workers.failed:
        raise WorkersError("the process that starts workers was killed: start Refdesk again")


def _note_who(settings: Settings, access: Any) -> None:
    """Say who is let in besides this machine's user. An index may come from elsewhere, and users with it."""
    from qa.serving.http.hosts import is_loopback

    if access.login:
        logger.warning(KNOWN.format(names=", ".join(access.names)))
    elif not is_loopback(settings.host):
        logger.warning(PUBLIC)


def _prepare(store: Any, settings: Settings) -> None:
    """Delete what a crashed server left behind; index the samples where there is nothing in a folder yet."""
    from documents.load import sample_paths
    from index.private import make_folder
    from qa.assistant.compose import open_ingest
    from qa.serving.uploads.uploads import forget_dead

    if isinstance(settings.index, DatabaseUrl):
        make_folder(settings.folder)
    if store.exists and os.access(store.folder, os.W_OK):
        forget_dead(store)  # visitors' files
    if _is_new(store, settings.index):
        note(f"No index in {settings.index} yet: indexing the sample documents.", prefix="")
        update(open_ingest(settings), sample_paths(), "default")


def _is_new(store: Any, location: Location) -> bool:
    """Whether nothing was ever written to the index, and it is a folder's: a database is for others' documents.

    The samples are one change, so this holds as well where a first start was interrupted while it indexed them, and no
    more where they, or other documents, have been removed.
    """
    if isinstance(location, DatabaseUrl):
        return False
    if not store.exists:
        return True
    with store.snapshot() as snapshot:
        return bool(snapshot.generation == 0)


def _api(settings: Settings, assistant: Any, answerer: Any, queue: Any, extras: Any, with_api: bool) -> Any:
    """The API over what the chat serves; where it is not wanted, only the changes that the chat's library needs."""
    from qa.assistant.compose import ingest_over
    from qa.serving.api.app_state import AppState
    from qa.serving.api.library import Library
    from qa.serving.uploads.conversations import MEGABYTE

    store = assistant.index.store
    library = None
    if extras.changes:
        ingest = ingest_over(store, assistant.index.embedder, settings)
        library = Library(store, ingest, settings.upload_limit * MEGABYTE)
    elif not with_api:
        return None
    state = AppState.over(assistant, settings, queue, extras.originals, library, answerer)
    if not with_api:
        from qa.serving.api.changes import Changes

        return Changes(state)
    from qa.serving.api.app import Api

    return Api(state)


def _paths_in(store: Any, scope: Scope | None) -> set[str]:
    with store.snapshot() as snapshot:
        return {source.path for source in snapshot.sources(scope)}


@contextmanager
def _extras(settings: Settings, assistant: Any, queue: Any) -> Iterator[Any]:
    """What the chat offers beside answers; uploads only where the index can be written to."""
    from qa.assistant.compose import ingest_over, limits_of
    from qa.serving.answering.feedback import Feedback
    from qa.serving.chat.routes import Extras
    from qa.serving.library.originals import Originals
    from qa.serving.library.overviews import Overviews
    from qa.serving.library.shelf import Shelf
    from qa.serving.uploads.conversations import MEGABYTE, UploadLimits
    from qa.serving.uploads.uploads import Uploads
    from qa.serving.uploads.web import Web

    store = assistant.index.store
    shelf = Shelf(store)
    embedder = assistant.index.embedder
    overviews = Overviews(
        shelf, embedder, assistant.quoted, assistant.recogniser, lambda: queue.running + queue.waiting > 0
    )
    with closing(overviews):
        extras = Extras(
            originals=Originals(store, limits_of(settings), with_files=not settings.public),
            shelf=shelf,
            with_paths=not settings.public,  # what anyone may read names no folder of this machine
            overviews=overviews,
            feedback=Feedback(settings.folder),
            changes=not settings.public and os.access(store.folder, os.W_OK),
        )
        if not settings.upload_limit or not os.access(store.folder, os.W_OK):
            yield extras
            return
        ingest = ingest_over(store, embedder, settings)
        with closing(Uploads(store, ingest, UploadLimits(file_bytes=settings.upload_limit * MEGABYTE))) as uploads:
            yield replace(extras, uploads=uploads, web=Web() if settings.web_sources else None)
