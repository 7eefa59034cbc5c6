"""promptfoo's Python provider: a desk in its process, which answers with the Answer as metadata.

    providers:
      - id: file://promptfoo_provider.py
        config: {index: /path/of/an/index}        # without it, the sample documents are asked

promptfoo runs it with the Python that PROMPTFOO_PYTHON names, which must have Refdesk on its path. A refusal is an
empty output, which promptfoo's ``is-refusal`` takes for one; ``metadata.refdesk.text`` has its words.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness.sample import desk

if TYPE_CHECKING:
    from qa.answer import Answer
    from qa.assistant import Assistant


def call_api(prompt: str, options: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """What promptfoo calls for each prompt: the output, and the whole Answer; or the error, in a line."""
    from documents.errors import RefdeskError

    try:
        return response_of(_assistant((options.get("config") or {}).get("index")).ask(prompt))
    except RefdeskError as error:
        return {"error": str(error)}


def response_of(answer: Answer) -> dict[str, Any]:
    """The answer in the form that promptfoo wants."""
    said = " ".join(statement.text for statement in answer.said)
    output = said if answer.answered else "" if answer.kind == "refusal" else answer.message
    return {"output": output, "metadata": {"refdesk": answer.to_dict()}}


@cache
def _assistant(index: str | None) -> Assistant:
    """The desk, opened with the first question; the worker process of promptfoo stays for the others."""
    from qa import open_assistant, read_settings

    if index is not None:
        return open_assistant(read_settings(index=Path(index)))
    opened = ExitStack()
    atexit.register(opened.close)
    return opened.enter_context(desk())
