"""The command ``refdesk mcp``: the tools of the Model Context Protocol, for an assistant that starts this process."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from qa.cli.console import read_settings
from qa.cli.options import BackendOption, BaseUrlOption, EmbedderOption, IndexOption, ModelOption, VerifierOption
from qa.settings import Settings


def mcp(
    index: IndexOption = None,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    verifier: VerifierOption = None,
) -> None:
    """Let an assistant search, read, ask and verify, by the Model Context Protocol on standard input and output.

    An assistant starts this command itself. refdesk serve has the same at /mcp.
    """
    from qa.compose import open_assistant

    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url, "verifier": verifier}
    settings = read_settings(index=index, **models)
    assistant = open_assistant(settings)
    from qa.serving.api.mcp import stdio

    stdio.serve(_desk(settings, assistant))


def _desk(settings: Settings, assistant: Any) -> Any:
    """What is served: the documents as they are, which nobody changes from here."""
    from qa.compose import limits_of, load_verifier
    from qa.serving.api.desk import Desk
    from qa.serving.api.metrics import Metrics
    from qa.serving.originals import Originals
    from qa.serving.queue import FairQueue

    store, queue = assistant.index.store, FairQueue(settings.concurrency)
    originals = Originals(store, limits_of(settings))
    verifier = cache(partial(load_verifier, settings))
    return Desk(assistant, assistant, queue, originals, verifier, Metrics(queue, store))
