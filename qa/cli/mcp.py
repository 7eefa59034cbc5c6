"""The command ``refdesk mcp``: the tools of the Model Context Protocol, for an assistant that starts this process."""

from __future__ import annotations

from qa.cli.console import read_settings
from qa.cli.options import BackendOption, BaseUrlOption, EmbedderOption, IndexOption, ModelOption, VerifierOption


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
    from qa.assistant.compose import limits_of, open_assistant

    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url, "verifier": verifier}
    settings = read_settings(index=index, **models)
    assistant = open_assistant(settings)
    from qa.serving.answering.queue import FairQueue
    from qa.serving.api.app_state import AppState
    from qa.serving.api.mcp import stdio
    from qa.serving.library.originals import Originals

    originals = Originals(assistant.index.store, limits_of(settings))
    stdio.serve(AppState.over(assistant, settings, FairQueue(settings.concurrency), originals))
