"""Runs in the environment of another framework: imports a pipeline there, gives it documents, and asks it questions.

    PEERS/bin/python worker.py FRAMEWORK MODULE:ATTRIBUTE

``refdesk eval --system`` starts it and talks to it in lines of JSON. It needs nothing but the standard library (Python
3.9 or later) and the framework. The first line that it writes says that the pipeline is imported, or why it is not::

    {"ready": {"module": "…", "python": "3.11.7", "langchain-core": "1.8.4"}}

Then every line that it reads is answered by one line, ``{"error": "…"}`` where something failed::

    {"build": KEY, "documents": [[id, title, text], …], "alone": false}    {"built": KEY}
    {"ask": KEY, "task": "qa", "question": "…", "history": [["…", "…"]]}   {"text": "…", "sources": […]}

A reply has ``text`` (missing: documents alone were returned), ``sources`` (what was found, best first, numbered by the
markers of the text: ``names``, ``text``, ``start``, ``end``), and perhaps ``citations``, like sources, and
``confidence``; or ``own``, what the pipeline returned in one of Refdesk's own forms.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import inspect
import json
import os
import platform
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from typing import Any, NamedTuple

DEPTH = 100  # documents that are wanted of a system that only searches
_CITED = "Source "  # LlamaIndex's query engine for citations puts a line "Source 1:" above each passage


class Document(NamedTuple):
    """A document of the dataset, as ``build(documents)`` gets it."""

    id: str
    title: str
    text: str


class Framework:
    """Asks any Python function; what it returns is in one of the forms of Refdesk's own replies.

    Its subclasses ask the objects of a framework, and read what these return.
    """

    name = "python"
    packages: Sequence[str] = ()  # whose versions are told

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = {document.id: document for document in documents}

    def ask(self, system: Any, question: str, task: str) -> Any:  # noqa: ARG002
        """What the framework's object returns for a question, natively; it may be awaitable."""
        raise TypeError(f"{type(system).__name__} cannot be asked: it must be a function of a question")

    def read(self, returned: Any) -> dict[str, Any]:
        """What was returned, as a reply."""
        return {"own": returned}

    def source(self, names: Iterable[Any], text: Any = None, start: Any = None) -> dict[str, Any]:
        """A passage of the document that the first fitting one of ``names`` names.

        A passage's name may be its document's id, "#" and anything. Of a text that stands in the document where
        ``start`` says, the place is known; of any other it is looked for later.
        """
        called = list(dict.fromkeys(name for name in names if isinstance(name, str) and name))
        ids = (own for name in called for own in (name, name.rpartition("#")[0]) if own in self._documents)
        known = next(ids, None)
        source: dict[str, Any] = {"names": called if known is None else [known]}
        if isinstance(text, str) and text:
            source["text"] = text
            whole = "" if known is None else self._documents[known].text
            if isinstance(start, int) and whole[start : start + len(text)] == text:
                source["start"], source["end"] = start, start + len(text)
        return source


class LangChain(Framework):
    """LangChain: a retriever, or any Runnable that answers."""

    name = "langchain"
    packages = ("langchain-core", "langchain-classic", "langchain-community", "langchain")

    def ask(self, system: Any, question: str, task: str) -> Any:  # noqa: ARG002
        keys = getattr(system, "input_keys", None)
        if keys is None:
            schema = system.get_input_jsonschema()
            keys = schema.get("required") or list(schema.get("properties", {})) if schema["type"] == "object" else []
        if len(keys) > 1:
            raise TypeError(f"the chain takes {', '.join(keys)}: let build return a function of the question")
        return system.invoke({keys[0]: question} if keys else question)

    def read(self, returned: Any) -> dict[str, Any]:
        if self._are_documents(returned):
            return {"sources": list(map(self._passage, returned))}
        if not isinstance(returned, Mapping):
            return {"text": self._text(returned), "sources": []}
        answer = next((returned[key] for key in ("answer", "result", "output", "text") if key in returned), None)
        if answer is None:
            raise TypeError(f"the chain returned no answer, only {', '.join(map(str, returned))}")
        found = next((own for own in returned.values() if own and self._are_documents(own)), ())
        return {"text": self._text(answer), "sources": list(map(self._passage, found))}

    @staticmethod
    def _are_documents(value: Any) -> bool:
        return isinstance(value, (list, tuple)) and all(hasattr(own, "page_content") for own in value)

    def _passage(self, document: Any) -> dict[str, Any]:
        kept = document.metadata
        names = (kept.get("document"), *kept.values(), getattr(document, "id", None))
        return self.source(names, document.page_content, kept.get("start_index"))

    @staticmethod
    def _text(value: Any) -> str:
        """A text, or that of a message; a message's content may be blocks."""
        content = getattr(value, "content", value)
        if isinstance(content, list):
            blocks = (block.get("text", "") if isinstance(block, Mapping) else block for block in content)
            return "".join(map(str, blocks))
        return _as_text(content)


class LlamaIndex(Framework):
    """LlamaIndex: a query engine, or a retriever."""

    name = "llamaindex"
    packages = ("llama-index-core",)

    def ask(self, system: Any, question: str, task: str) -> Any:  # noqa: ARG002
        return system.query(question) if hasattr(system, "query") else system.retrieve(question)

    def read(self, returned: Any) -> dict[str, Any]:
        if isinstance(returned, (list, tuple)):
            return {"sources": list(map(self._passage, returned))}
        nodes = list(map(self._passage, getattr(returned, "source_nodes", None) or ()))
        text = _as_text(getattr(returned, "response", returned))
        return {"text": "" if text == "Empty Response" and not nodes else text, "sources": nodes}

    def _passage(self, hit: Any) -> dict[str, Any]:
        node = getattr(hit, "node", hit)
        text, start = node.text, getattr(node, "start_char_idx", None)
        head, _, rest = text.partition(":\n")
        if head.startswith(_CITED) and head[len(_CITED) :].isdigit():
            text, start = rest, None
        kept = node.metadata
        names = (
            kept.get("document"),
            getattr(node, "ref_doc_id", None),
            *kept.values(),
            getattr(node, "node_id", None),
        )
        return self.source(names, text, start)


class Haystack(Framework):
    """Haystack: a Pipeline."""

    name = "haystack"
    packages = ("haystack-ai",)

    def ask(self, system: Any, question: str, task: str) -> Any:  # noqa: ARG002
        inputs = {
            component: {name: question for name, own in taken.items() if self._takes_question(name, own)}
            for component, taken in system.inputs().items()
        }
        asked = {component: own for component, own in inputs.items() if own}
        return system.run(asked, include_outputs_from=set(system.graph.nodes))

    @staticmethod
    def _takes_question(name: str, taken: Mapping[str, Any]) -> bool:
        """Whether an input that nothing is connected to is for the question."""
        return bool(taken.get("is_mandatory")) or name in ("query", "question")

    def read(self, returned: Any) -> dict[str, Any]:
        outputs = list(returned.values()) if isinstance(returned, Mapping) else []
        found = self._last(outputs, "documents") or ()
        answers = self._last(outputs, "answers")
        if answers:
            return self._answer(answers[0], found)
        sources = list(map(self._passage, found))
        replies = self._last(outputs, "replies")
        if replies:
            return {"text": _as_text(getattr(replies[0], "text", replies[0])), "sources": sources}
        return {"sources": sources} if answers is None else {"text": "", "sources": sources}

    @staticmethod
    def _last(outputs: Sequence[Any], name: str) -> Any:
        """The output of that name of the last component that has one: what is joined or ranked comes later."""
        own = [output[name] for output in outputs if isinstance(output, Mapping) and isinstance(output.get(name), list)]
        return own[-1] if own else None

    def _answer(self, answer: Any, found: Sequence[Any]) -> dict[str, Any]:
        """An answer that a model wrote, whose documents its markers number; or one that is a part of a document."""
        if hasattr(answer, "documents"):
            # Those that are not referenced may be missing, and each says which number it has.
            numbered = {own.meta.get("source_index", n): own for n, own in enumerate(answer.documents, start=1)}
            everything = {**dict(enumerate(found, start=1)), **numbered}
            sources = [self._passage(everything[number]) for number in sorted(everything)]
            return {"text": _as_text(answer.data), "sources": sources}
        reply: dict[str, Any] = {"text": answer.data or "", "sources": list(map(self._passage, found))}
        reply["confidence"] = answer.score
        place = answer.document_offset
        if answer.document is not None and place is not None:
            passage = self._passage(answer.document)
            reply["citations"] = [self._part(passage, answer.document.content, place.start, place.end)]
        return reply

    def _part(self, passage: dict[str, Any], text: str, start: int, end: int) -> dict[str, Any]:
        """A part of a passage; by its place, where the passage's is known or the passage is in its document."""
        (name, *_) = passage["names"] or [""]
        whole = self._documents[name].text if name in self._documents else ""
        at = passage.get("start", whole.find(text))
        return self.source(passage["names"], text[start:end], at + start if at >= 0 else None)

    def _passage(self, document: Any) -> dict[str, Any]:
        kept = document.meta
        names = (kept.get("document"), *kept.values(), document.id)
        return self.source(names, document.content, kept.get("split_idx_start"))


class Txtai(Framework):
    """txtai: Embeddings, or RAG."""

    name = "txtai"
    packages = ("txtai",)

    def ask(self, system: Any, question: str, task: str) -> Any:  # noqa: ARG002
        """What is found or, of RAG, its answer and what it is written from, which RAG itself does not return."""
        if hasattr(system, "search"):
            return system.search(question, DEPTH)
        searched: Any = getattr(system, "similarity", None)
        found = searched.search(question, system.context) if hasattr(searched, "search") else []
        return system(question), found

    def read(self, returned: Any) -> dict[str, Any]:
        if isinstance(returned, list):
            return {"sources": list(map(self._passage, returned))}
        answer, found = returned if isinstance(returned, tuple) else (returned, [])
        reply: dict[str, Any] = {"sources": list(map(self._passage, found))}
        told = answer if isinstance(answer, Mapping) else {"answer": answer}
        reference = told.get("reference")
        if reference is not None:
            cited = [hit for hit in found if isinstance(hit, Mapping) and hit.get("id") == reference]
            reply["citations"] = [self._passage(cited[0] if cited else (reference, 0.0))]
        return {**reply, "text": _as_text(told.get("answer"))}

    def _passage(self, hit: Any) -> dict[str, Any]:
        """With content stored, a hit is a mapping; else it is (id, score)."""
        if not isinstance(hit, Mapping):
            return self.source([str(hit[0])])
        others = (value for key, value in hit.items() if key != "text")
        return self.source((hit.get("document"), str(hit.get("id")), *others), hit.get("text"))


class HaikuRag(Framework):
    """haiku.rag: its client."""

    name = "haikurag"
    packages = ("haiku.rag-slim", "haiku.rag")

    def ask(self, system: Any, question: str, task: str) -> Any:
        return system.search(question, limit=DEPTH) if task == "retrieval" else system.ask(question)

    def read(self, returned: Any) -> dict[str, Any]:
        """What is found, of older versions with scores; or an answer, of older versions without citations."""
        if isinstance(returned, list):
            return {"sources": [self._passage(hit[0] if isinstance(hit, tuple) else hit) for hit in returned]}
        text, cited = returned if isinstance(returned, tuple) else (returned, None)
        if cited is None:
            return {"text": _as_text(text), "sources": []}
        citations = list(map(self._passage, cited))
        return {"text": _as_text(text), "sources": citations, "citations": citations}

    def _passage(self, hit: Any) -> dict[str, Any]:
        kept = hit.document_meta
        names = (kept.get("document"), hit.document_uri, *kept.values(), getattr(hit, "document_title", None))
        return self.source(names, hit.content)


FRAMEWORKS = {one.name: one for one in (Framework, LangChain, LlamaIndex, Haystack, Txtai, HaikuRag)}


class Worker:
    """The pipelines that one module:attribute makes, by the key of what they were built from."""

    def __init__(self, framework: str, target: str) -> None:
        """
        Raises:
            Exception: whatever importing the module raises.
        """
        self._framework = FRAMEWORKS[framework]
        module, _, attribute = target.partition(":")
        self._made_by: Any = importlib.import_module(module)
        self._file = getattr(self._made_by, "__file__", None)
        for name in attribute.split("."):
            self._made_by = getattr(self._made_by, name)
        self._built: dict[str, tuple[Framework, Any]] = {}
        self._loop = asyncio.new_event_loop()  # one for all calls: an asynchronous client belongs to one

    def facts(self) -> dict[str, str]:
        """The digest of the module, and the versions of Python and of the framework."""
        found = {"python": platform.python_version()}
        if self._file:
            with open(self._file, "rb") as opened:  # noqa: PTH123
                found["module"] = hashlib.sha256(opened.read()).hexdigest()[:12]
        for package in self._framework.packages:
            try:
                found[package] = metadata.version(package)
            except metadata.PackageNotFoundError:
                continue
        return found

    def build(self, key: str, documents: Iterable[Sequence[str]], alone: bool) -> dict[str, Any]:
        """Have the pipeline built from documents; ``alone``: no other will be asked any more."""
        given = [Document(*own) for own in documents]
        if alone:
            self._built.clear()
        made = self._awaited(self._made_by(given)) if _is_builder(self._made_by) else self._made_by
        self._built[key] = self._framework(given), made
        return {"built": key}

    def ask(self, key: str, task: str, question: str, history: Sequence[Sequence[str]]) -> dict[str, Any]:
        """The reply of what was built under ``key`` to a question, after (question, answer) pairs."""
        framework, system = self._built[key]
        is_function = inspect.isroutine(system)
        takes_history = is_function and _takes_history(system)
        if history and not takes_history:
            raise TypeError("a question in a conversation: let build return a function of question and history")
        if not is_function:
            return framework.read(self._awaited(framework.ask(system, question, task)))
        returned = self._awaited(system(question, list(map(tuple, history))) if takes_history else system(question))
        is_own = returned is None or isinstance(returned, str) or (isinstance(returned, Mapping) and "text" in returned)
        return {"own": returned} if is_own else framework.read(returned)

    def _awaited(self, value: Any) -> Any:
        return self._loop.run_until_complete(value) if inspect.isawaitable(value) else value


def _is_builder(made_by: Any) -> bool:
    """Whether it is a function of documents, or of nothing; a function of anything else is asked itself."""
    if not inspect.isroutine(made_by):
        return False
    return list(inspect.signature(made_by).parameters)[:1] in ([], ["documents"])


def _takes_history(function: Any) -> bool:
    """Whether the second parameter of a function is the history, and no other that has a default."""
    taken = inspect.signature(function).parameters.values()
    by_place = [one for one in taken if one.kind not in (one.KEYWORD_ONLY, one.VAR_KEYWORD)]
    return any(one.name == "history" or one.default is one.empty for one in by_place[1:2])


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    """What JSON has no form for: a number of another library, or several things."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no answer: return a text, or what the framework returns")


def _reason(error: BaseException) -> str:
    """The last line of the traceback, and where it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if "site-packages" not in frame.filename and "<frozen" not in frame.filename]
    place = f" ({os.path.basename(own[-1].filename)}:{own[-1].lineno})" if own else ""  # noqa: PTH119
    last = traceback.format_exception_only(type(error), error)[-1]
    return " ".join(last.split())[:500] + place


def _own_streams() -> tuple[Any, Any]:
    """The lines to read and to write; what the pipeline itself prints goes to standard error, and it reads nothing."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return requests, replies


def main() -> None:
    """Answer requests until there are no more."""
    _, framework, target = sys.argv
    # The module is looked for where the command was given, and not beside this file.
    if sys.path and os.path.abspath(sys.path[0]) == os.path.dirname(os.path.abspath(__file__)):  # noqa: PTH100, PTH120
        del sys.path[0]
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    requests, replies = _own_streams()

    def send(reply: Mapping[str, Any]) -> None:
        replies.write(json.dumps(reply, default=_plain).encode("ascii") + b"\n")
        replies.flush()

    try:
        worker = Worker(framework, target)
        send({"ready": worker.facts()})
    except (Exception, SystemExit) as error:
        send({"error": f"{target} cannot be imported: {_reason(error)}"})
        return
    for line in requests:
        request = json.loads(line)
        try:
            if "build" in request:
                send(worker.build(request["build"], request["documents"], request["alone"]))
            else:
                send(worker.ask(request["ask"], request["task"], request["question"], request["history"]))
        except (Exception, SystemExit) as error:
            send({"error": _reason(error)})


if __name__ == "__main__":
    main()
