"""What a system under evaluation is, and which systems of Refdesk's own there are for each task."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from documents.errors import RefdeskError
from index.search import Retriever
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.scoring.reply import DocumentLookup, as_reply
from qa.evaluation.tasks import Task, TaskName, passage_of
from qa.llm.usage import Tokens
from qa.settings import Settings

System = str | Callable[..., object]
"""The name of one of Refdesk's own systems, or a callable as ``qa.evaluation.tasks`` describes it."""

RETRIEVERS: Mapping[str, tuple[Retriever, ...]] = {"bm25": ("bm25",), "dense": ("dense",), "hybrid": ("dense", "bm25")}
CLOSED_BOOK, UNVERIFIED = "closed-book", "unverified"  # a language model by itself, or unchecked
SERVER = "openai:"  # before the address of a server with OpenAI's API
ENDPOINT = "http:"  # before the file that says how an endpoint is asked
PIPELINES = ("langchain:", "llamaindex:", "haystack:", "txtai:", "haikurag:", "python:")  # before module:attribute
WORDS = "bm25"  # no model: the documents, or where none are ranked the best sentence, by their words
_OF_SERVERS = ("qa", "visitors")  # the tasks that a server can be asked
_OF_OTHERS = ("qa", "visitors", "retrieval")  # the tasks that a pipeline and an endpoint can be asked
SYSTEMS: Mapping[TaskName, tuple[str, ...]] = {
    "retrieval": ("default", *RETRIEVERS),
    "reading": ("default", WORDS, CLOSED_BOOK),
    "qa": ("default", WORDS, CLOSED_BOOK, UNVERIFIED),
    "support": ("default", WORDS, "coverage", "reranker"),
    "visitors": ("default", WORDS, CLOSED_BOOK, UNVERIFIED),
}


class SystemChoiceError(RefdeskError):
    """The system does not exist, or not for this task, or the options do not go together. The message is one line."""


@dataclass(frozen=True, slots=True)
class OpenedSystem:
    """A system that is ready to be asked.

    - ``ask``: an item -> what the system returns for it;
    - ``threshold``: the confidence from which its answers are said; None: it decides itself what it answers;
    - ``facts``: what a run's configuration records of its models and index;
    - ``settings``: those of one of Refdesk's own systems, None for any other;
    - ``seconds``: an item -> the time its answer took, for answers from a file; None: it is measured;
    - ``tokens``: an item -> the tokens that its answer took, as the system tells, None where it does not; None: those
      that language models called here tell;
    - ``process``: the number of the process that computes, so that its processor time and memory can be measured: this
      one, or one that it has started (None while that does not run); None: nothing is known of it;
    - ``limit``: the seconds after which a question counts as failed; None: no limit;
    - ``waits``: whether it mostly waits for a server, so that it may be asked several questions at a time;
    - ``fails_alone``: whether a failure costs only the question; else it ends the run, as with answers from a file.
    """

    name: str
    ask: Callable[[Item], object]
    threshold: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings | None = None
    seconds: Callable[[Item], float] | None = None
    tokens: Callable[[Item], Tokens | None] | None = None
    process: Callable[[], int | None] | None = os.getpid
    limit: float | None = None
    fails_alone: bool = True
    waits: bool = False


def callable_system(
    system: Callable[..., object], name: str, task: Task, dataset: Dataset, limit: float | None = None
) -> OpenedSystem:
    """Another system, called with the arguments that ``qa.evaluation.tasks`` describes."""
    lookup = DocumentLookup(dataset.documents)
    converses = task.name == "visitors" or any(item.after for item in dataset.items)

    def ask(item: Item) -> object:
        own = [list(item.among)] if item.among else []
        if task.name == "retrieval":
            return system(item.question, *own)
        if task.name == "support":
            return system(item.question, list(item.evidence))
        before: list[str] = []
        behind = [item.corpus] if task.name == "visitors" else own if task.name == "qa" else []
        if task.name == "reading":
            passage = passage_of(item, dataset)
            assert passage is not None  # or the item would not fit the task
            before = [passage[1].text]
        if not converses:
            return system(item.question, *before, *behind)
        return in_turn(lambda question, history: system(question, *before, history, *behind), item, lookup)

    return OpenedSystem(name, ask, limit=limit, waits=True)


def in_turn(ask: Callable[[str, list[tuple[str, str]]], object], item: Item, lookup: DocumentLookup) -> object:
    """What ``ask`` returns for the item's question, given the earlier (question, answer) pairs of the conversation.

    The answers are those that the dataset says were given, else those that ``ask`` itself returns.
    """
    history = list(zip(item.after, item.replies, strict=False))
    for question in item.after[len(history) :]:
        reply = as_reply(ask(question, list(history)), question, lookup)
        history.append((question, str(reply.answer["text"])))
    return ask(item.question, history)


def messages_of(history: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """(question, answer) pairs as chats with a language model have them: messages of a role, with their content."""
    spoken = (pair for turn in history for pair in zip(("user", "assistant"), turn, strict=True))
    return [{"role": role, "content": text} for role, text in spoken]


def check_system(name: str, task: Task, settings: Settings) -> None:
    """
    Raises:
        SystemChoiceError: the task has no such system, or the backend cannot run it.
    """
    if name.startswith((ENDPOINT, *PIPELINES)):
        check_other(name, task)
        return
    if name.startswith(SERVER):
        if task.name not in _OF_SERVERS:
            raise SystemChoiceError(f"{name} answers from documents of its own: the task must be qa or visitors")
        return
    if name not in SYSTEMS[task.name]:
        server = [f"{SERVER}URL"] if task.name in _OF_SERVERS else []
        others = [f"{ENDPOINT}FILE", f"{PIPELINES[0]}MODULE:ATTRIBUTE"]
        known = [*SYSTEMS[task.name], *server, *(others if task.name in _OF_OTHERS else [])]
        raise SystemChoiceError(f"there is no system {name} for the task {task.name}: {', '.join(known)}")
    if name in (CLOSED_BOOK, UNVERIFIED) and settings.backend == "extractive":
        raise SystemChoiceError(f"{name} asks a language model, and the backend extractive has none: name another")


def check_other(name: str, task: Task) -> None:
    """
    Raises:
        SystemChoiceError: a pipeline or an endpoint cannot be asked the task, or is not named as it must be.
    """
    if task.name not in _OF_OTHERS:
        raise SystemChoiceError(f"{name} is asked questions alone: the task must be {' or '.join(_OF_OTHERS)}")
    module, _, attribute = name.partition(":")[2].partition(":")
    if name.startswith(PIPELINES) and not (module and attribute):
        raise SystemChoiceError(f"{name} names no pipeline: write {name.partition(':')[0]}:MODULE:ATTRIBUTE")
