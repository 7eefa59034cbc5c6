"""Refdesk from Python: open an assistant over an index, ask, and follow every sentence to its characters.

    from qa import open_assistant, read_settings

    assistant = open_assistant(read_settings(index="my-index"))
    answer = assistant.ask("When does the library open?")
    for citation in answer.citations:
        print(citation.passage.source.path, citation.start, citation.end, citation.quote)

``open_ingest`` fills an index, ``Scope`` and ``Filter`` narrow a question to some sources, a list of ``Turn`` makes it
a follow-up, ``Client`` asks a running ``refdesk serve``, and every expected failure is a ``RefdeskError``. Measuring
has a namespace of its own, ``qa.evaluation``.

Inside, the folders are the way of a question: ``understand`` → ``retrieve`` (from the ``index``) → ``read`` →
``propose`` and ``layout``, or ``write`` and ``check`` → ``answer``; ``assistant`` puts the stages in order and picks
what they are made of.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from documents.errors import RefdeskError
    from index.ingest import Ingest
    from index.passage import Filter, Passage, Scope
    from qa.answer import Answer, Citation, Statement
    from qa.assistant import Assistant
    from qa.assistant.compose import open_assistant, open_ingest
    from qa.client import Client
    from qa.settings import Settings
    from qa.settings import read as read_settings
    from qa.understand.conversation import Turn

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Client",
    "Filter",
    "Ingest",
    "Passage",
    "RefdeskError",
    "Scope",
    "Settings",
    "Statement",
    "Turn",
    "open_assistant",
    "open_ingest",
    "read_settings",
]

# Looked up when first used: ``import qa`` alone, which the command line begins with, loads nothing heavy.
_HOMES = {
    "Answer": "qa.answer",
    "Assistant": "qa.assistant",
    "Citation": "qa.answer",
    "Client": "qa.client",
    "Filter": "index.passage",
    "Ingest": "index.ingest",
    "Passage": "index.passage",
    "RefdeskError": "documents.errors",
    "Scope": "index.passage",
    "Settings": "qa.settings",
    "Statement": "qa.answer",
    "Turn": "qa.understand.conversation",
    "open_assistant": "qa.assistant.compose",
    "open_ingest": "qa.assistant.compose",
    "read_settings": "qa.settings:read",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute or name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
