"""Any HTTP endpoint as a system: ``http:TEMPLATE.json``, a file that says how it is asked and how its reply is read.

An endpoint that answers from its own documents, with what it found and cites::

    {
        "url": "http://127.0.0.1:8000/ask",
        "headers": {"Authorization": "Bearer ${MY_KEY}"},
        "body": {"query": "{question}", "history": "{history}", "top_k": 10},
        "answer": "/result/text",
        "confidence": "/result/score",
        "citations": "/result/sources",
        "documents": "/hits",
        "passage": {"document": "/metadata/file", "text": "/snippet"}
    }

- ``url``, ``headers``: ``${NAME}`` is an environment variable; in the address ``{question}`` is the question;
- ``body``: sent as JSON, by POST; without one the address is fetched by GET. "{question}" in its texts is the question,
  and a text that is "{history}" becomes the list of earlier messages (``role``, ``content``);
- ``answer``, ``confidence``, ``citations``, ``documents``: where they stand in the reply, as JSON pointers (RFC 6901).
  Without ``answer`` only documents are returned. Without ``citations`` the documents that [1], [2] … in the answer
  number are cited;
- ``passage``: where in each citation and document its name, text and, in that text's document, start and end stand.
  Without it, where products usually put them; a citation may also be just a name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.datasets.json_files import digest
from qa.evaluation.scoring.corpora import Corpora
from qa.evaluation.scoring.reply import DocumentLookup
from qa.evaluation.systems.beside.process import PipelineError
from qa.evaluation.systems.beside.replies import as_returned
from qa.evaluation.systems.completions import source_of
from qa.evaluation.systems.system import OpenedSystem, SystemChoiceError, in_turn, messages_of
from qa.evaluation.tasks import Task

QUESTION, HISTORY = "{question}", "{history}"
SHOWN = 200  # characters of a reply that an error shows
Pointer = Annotated[str, Field(pattern=r"^(/.*)?$")]


class PassagePointers(BaseModel):
    """Where the parts of a citation or a document stand in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: Pointer | None = None
    text: Pointer | None = None
    start: Pointer | None = None
    end: Pointer | None = None


class EndpointTemplate(BaseModel):
    """How an endpoint is asked, and where the parts of its reply stand; the module's docstring has every field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    headers: Mapping[str, str] = {}
    body: Any = None
    answer: Pointer | None = None
    confidence: Pointer | None = None
    citations: Pointer | None = None
    documents: Pointer | None = None
    passage: PassagePointers | None = None


def open_endpoint(name: str, path: Path, task: Task, dataset: Dataset, limit: float | None) -> OpenedSystem:
    """The system that the template in the file ``path`` describes; ``limit`` are the seconds for a question.

    Raises:
        SystemChoiceError: the file cannot be read, or is no such template.
    """
    endpoint = _Endpoint(read_template(path), path, limit)
    lookup = DocumentLookup(dataset.documents)
    corpora = Corpora(dataset) if task.name == "visitors" else None

    def ask(item: Item) -> object:
        own = corpora.lookup(item.corpus) if corpora else lookup

        def answer(question: str, history: list[tuple[str, str]]) -> object:
            return as_returned(endpoint.reply(question, history), task.name, own.documents)

        return in_turn(answer, item, own)

    facts = {"models": {"endpoint": endpoint.address, "template": endpoint.digest}}
    return OpenedSystem(name, ask, facts=facts, process=None, limit=limit, waits=True)


def read_template(path: Path) -> EndpointTemplate:
    """The template in a file.

    Raises:
        SystemChoiceError: it cannot be read, or a field is missing, unknown or wrong.
    """
    try:
        return EndpointTemplate.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SystemChoiceError(f"{path}: {reason}; name a JSON file that says how the endpoint is asked") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise SystemChoiceError(f"{path}: {f'{field}: ' if field else ''}{first['msg']}") from error


class _Endpoint:
    """Asks an endpoint, and finds in its reply what the template points to."""

    def __init__(self, template: EndpointTemplate, path: Path, seconds: float | None) -> None:
        self._template, self._path = template, path
        self._url = self._filled(template.url)
        self._headers = {name: self._filled(value) for name, value in template.headers.items()}
        self._client = httpx2.Client(timeout=seconds)  # follows no redirect, which might get what the headers keep

    @property
    def address(self) -> str:
        """The address without what an environment variable holds."""
        return self._template.url

    @property
    def digest(self) -> str:
        """Of the template, and of the address with what environment variables hold."""
        return digest([self._template.model_dump_json().encode(), self._url.encode()])[:12]

    def reply(self, question: str, history: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The reply to a question (see ``replies``).

        Raises:
            PipelineError: the endpoint cannot be reached, refuses or replies with no JSON, or with none of the parts.
        """
        if history and HISTORY not in json.dumps(self._template.body):
            raise PipelineError(f"{self._path}: a question in a conversation needs {HISTORY} in the body")
        value = self._sent(question, history)
        reply: dict[str, Any] = {"sources": self._passages(value, "documents")}
        if self._template.answer is not None:
            text = self._found(value, "answer")
            reply["text"] = "" if text is None else str(text)
        if self._template.confidence is not None:
            reply["confidence"] = self._found(value, "confidence")
        if self._template.citations is not None:
            reply["citations"] = self._passages(value, "citations")
        return reply

    def _sent(self, question: str, history: Sequence[tuple[str, str]]) -> Any:
        url = self._url.replace(QUESTION, quote(question, safe=""))
        body = _asking(self._template.body, question, history)
        try:
            response = self._client.request("GET" if body is None else "POST", url, json=body, headers=self._headers)
        except httpx2.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise PipelineError(f"{self.address} cannot be asked ({reason}): start it, or mend {self._path}") from None
        if response.status_code != 200:
            raise PipelineError(f"{self.address} refuses with status {response.status_code}: {_shown(response.text)}")
        try:
            return response.json()
        except ValueError:
            raise PipelineError(f"{self.address} replies with no JSON: {_shown(response.text)}") from None

    def _found(self, value: Any, name: str) -> Any:
        """What stands where the template's field of that name points."""
        pointer = getattr(self._template, name)
        try:
            return pointed(value, pointer)
        except LookupError:
            told = _shown(json.dumps(value, ensure_ascii=False))
            raise PipelineError(f"{self._path}: {name}: nothing stands at {pointer} of the reply {told}") from None

    def _passages(self, value: Any, name: str) -> list[dict[str, Any]]:
        if getattr(self._template, name) is None:
            return []
        found = self._found(value, name)
        if found is None:
            return []
        if not isinstance(found, list):
            raise PipelineError(f"{self._path}: {name}: {getattr(self._template, name)} is no list")
        return [self._passage(entry) for entry in found]

    def _passage(self, entry: Any) -> dict[str, Any]:
        """A citation or a document as a source (``qa.evaluation.scoring.sources``)."""
        pointers = self._template.passage
        if pointers is None or isinstance(entry, str):
            return source_of(entry)
        parts = {}
        for part, pointer in pointers.model_dump(exclude_none=True).items():
            try:
                parts[part] = pointed(entry, pointer)
            except LookupError:  # some entries may lack it
                continue
        name = parts.pop("document", None)
        return {"names": [] if name is None else [str(name)], **parts}

    def _filled(self, text: str) -> str:
        """The text with environment variables in the place of ${NAME}."""
        try:
            return Template(text).substitute(os.environ)
        except KeyError as error:
            raise SystemChoiceError(f"{self._path}: the environment variable {error.args[0]} is not set") from None
        except ValueError:
            raise SystemChoiceError(f"{self._path}: write $$ for a dollar sign that begins no ${{NAME}}") from None


def pointed(value: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points to.

    Raises:
        LookupError: nothing stands there.
    """
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value[key]
        elif isinstance(value, list) and key.isdecimal():
            value = value[int(key)]
        else:
            raise LookupError(pointer)
    return value


def _asking(body: Any, question: str, history: Sequence[tuple[str, str]]) -> Any:
    """The body with the question, and the earlier messages, where they belong."""
    if isinstance(body, Mapping):
        return {key: _asking(value, question, history) for key, value in body.items()}
    if isinstance(body, list):
        return [_asking(value, question, history) for value in body]
    if body == HISTORY:
        return messages_of(history)
    return body.replace(QUESTION, question) if isinstance(body, str) else body


def _shown(text: str) -> str:
    return " ".join(text.split())[:SHOWN]
