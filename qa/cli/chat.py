"""The command ``refdesk chat``: the web page over an index, by default that of the sample documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from qa.cli.console import note, read_settings
from qa.cli.library import open_ingest, update
from qa.cli.options import BackendOption, BaseUrlOption, EmbedderOption, IndexOption, ModelOption, VerifierOption
from qa.settings import Settings

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
    verifier: VerifierOption = None,
) -> None:
    """Open the web chat; with no index yet, index the sample documents first."""
    from documents.load import sample_paths
    from index.store import Store
    from qa.serving import chat as web
    from qa.serving import server
    from qa.serving.hosts import is_loopback
    from qa.serving.uploads import forget_dead

    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url, "verifier": verifier}
    settings = read_settings(index=index, host=host, port=port, public=public, **models)
    server.check_public(settings.host, settings.public)
    server.check_port(settings.host, settings.port)
    store = Store(settings.index)
    if store.exists and os.access(store.folder, os.W_OK):
        forget_dead(store)  # visitors' files that a crashed server left behind
    samples = {str(path) for path in sample_paths()}
    if not store.exists or _paths_in(store) < samples:  # none, or a first start that was interrupted
        note(f"No index in {settings.index} yet: indexing the sample documents.", prefix="")
        update(open_ingest(settings), sample_paths(), "default")
    from qa.compose import open_assistant

    assistant = open_assistant(settings)
    with store.snapshot() as snapshot:
        documents, passages = snapshot.count("documents"), snapshot.count("chunks")
    with _extras(settings, assistant) as extras:
        blocks = web.build(
            examples=EXAMPLES if _paths_in(store) & samples else (),
            summary=f"{documents:,} document{'' if documents == 1 else 's'}, {passages:,} passages",
            extras=extras,
        )
        if not is_loopback(settings.host):
            note(PUBLIC)
        address = server.Address(settings.host, settings.port, settings.hosts, settings.trusted_proxy)
        server.launch(blocks, assistant, address, extras, settings.concurrency)


def _paths_in(store: Any) -> set[str]:
    with store.snapshot() as snapshot:
        return {source.path for source in snapshot.sources()}


@contextmanager
def _extras(settings: Settings, assistant: Any) -> Iterator[Any]:
    """What the chat offers beside answers: originals, and uploads where the index can be written to."""
    from qa.compose import ingest_over, limits_of
    from qa.serving.chat import ChatExtras
    from qa.serving.conversations import MEGABYTE, UploadLimits
    from qa.serving.originals import Originals
    from qa.serving.uploads import Uploads

    store = assistant.index.store
    originals = Originals(store, limits_of(settings))
    if not settings.upload_limit or not os.access(store.folder, os.W_OK):
        yield ChatExtras(originals=originals)
        return
    ingest = ingest_over(store, assistant.index.embedder, settings)
    uploads = Uploads(store, ingest, UploadLimits(file_bytes=settings.upload_limit * MEGABYTE))
    try:
        yield ChatExtras(uploads, originals)
    finally:
        uploads.close()
