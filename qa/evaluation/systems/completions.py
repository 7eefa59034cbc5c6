"""A chat completion of any product -> a reply: its text with markers [1], [2] …, and the sources that they number.

Sources are looked for where products put them, and the first place that has some counts:

- ``message.annotations`` (OpenAI's ``url_citation``, which Refdesk has too): the characters from ``start_index`` to
  ``end_index`` rest on the source;
- ``message.reference``, ``reference``: RAGFlow's ``chunks``, a list or by id; markers are [ID:0] or ##0$$;
- ``message.context.citations``: Azure OpenAI's; markers are [doc1];
- ``sources``, beside the choices or in the choice: Open WebUI's ([{"source": {"name"}, "document": [texts], "metadata":
  []}], whose n-th is [n]) and PrivateGPT's ([{"document": {"doc_metadata": {"file_name"}}, "text"}]);
- ``citations``: addresses (Perplexity), or objects with ``content``, ``document_uri``, ``document_title`` (haiku.rag).

A list of sources that ends the text is cut off. An answer is a refusal where ``message.refusal`` says so; whether its
words refuse is for all replies alike to say (``qa.evaluation.scoring.refusals``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from documents.sentences import sentences
from qa.evaluation.scoring.refusals import without_list
from qa.evaluation.scoring.reply import ReplyError
from qa.evaluation.scoring.sources import MARKER, renumbered

Source = dict[str, Any]

_RAGFLOW = re.compile(r"\s*(?:\[ID:\s*|##)(\d{1,4})(?:\]|\$\$)")
_AZURE = re.compile(r"\s*\[doc(\d{1,3})\]")
_TEXTS = ("content", "text", "quote", "snippet", "chunk")
_NAMES = (
    "document_name", "document_uri", "document_title", "filepath", "file_name", "filename", "name", "title", "source",
    "url", "uri", "document_id", "doc_id", "id",
)  # fmt: skip
_NESTED = ("document", "doc_metadata", "metadata", "source")


def reply_of(completion: object) -> Mapping[str, Any] | None:
    """The reply that a completion is; None: a refusal.

    Raises:
        ReplyError: it is no chat completion.
    """
    body = completion if isinstance(completion, Mapping) else {}
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    message = choice.get("message")
    if not isinstance(message, Mapping) or not isinstance(message.get("content"), str | None):
        raise ReplyError("the server sent no chat completion: check its address, which often ends in /v1")
    content = message.get("content") or ""
    if message.get("refusal") or not content.strip():
        return None
    text, sources = _sourced(content, message, choice, body)
    return {"text": without_list(text).strip(), "sources": sources}


def _sourced(
    content: str, message: Mapping[str, Any], choice: Mapping[str, Any], body: Mapping[str, Any]
) -> tuple[str, list[Source]]:
    """The content with markers, and the sources that they number."""
    annotations = list(filter(None, map(_url_citation, message.get("annotations") or ())))
    if annotations:
        return _annotated(content, annotations)
    reference = message.get("reference") or body.get("reference")
    if reference:
        chunks = reference.get("chunks", reference) if isinstance(reference, Mapping) else reference
        keyed = chunks if isinstance(chunks, Mapping) else dict(enumerate(chunks))
        return _numbered(content, {str(key): [source_of(chunk)] for key, chunk in keyed.items()}, _RAGFLOW)
    context = message.get("context")
    cited = context.get("citations") if isinstance(context, Mapping) else None
    if cited:
        return _numbered(content, {str(n): [source_of(own)] for n, own in enumerate(cited, start=1)}, _AZURE)
    for holder in (body, choice, message):
        listed = holder.get("sources") or holder.get("citations")
        if isinstance(listed, list) and listed:
            return _numbered(content, {str(n): list(_several(own)) for n, own in enumerate(listed, start=1)}, MARKER)
    return content, []


def _url_citation(annotation: object) -> Mapping[str, Any]:
    """What an annotation cites: nested, as chat completions have it, or flat, as responses do; {} of any other."""
    if not isinstance(annotation, Mapping) or annotation.get("type") != "url_citation":
        return {}
    nested = annotation.get("url_citation", annotation)
    return nested if isinstance(nested, Mapping) else {}


def _annotated(content: str, cited: Sequence[Mapping[str, Any]]) -> tuple[str, list[Source]]:
    """The content with a marker behind each sentence that rests on a source; where no spans are told, with its own."""
    addresses = [(str(own.get("url")), str(own.get("title"))) for own in cited]
    numbers = {address: number for number, address in enumerate(dict.fromkeys(addresses), start=1)}
    sources = [_of_address(*address) for address in numbers]
    for own, address in zip(cited, addresses, strict=True):
        if isinstance(own.get("content"), str):
            sources[numbers[address] - 1].setdefault("text", own["content"])
    spans = [span for own in cited if (span := _span(own, content))]
    if len(spans) < len(cited):
        return content, sources
    pieces: list[str] = []
    before = 0
    for end, number in sorted(
        (end, numbers[address]) for span, address in zip(spans, addresses, strict=True) for end in _ends(content, *span)
    ):
        pieces += [MARKER.sub("", content[before:end]), f"[{number}]"]
        before = end
    return "".join([*pieces, MARKER.sub("", content[before:])]), sources


def _span(annotation: Mapping[str, Any], content: str) -> tuple[int, int] | None:
    """The characters that an annotation is about; None where it does not say. Without a start, the last of them."""
    start, end = annotation.get("start_index"), annotation.get("end_index")
    if not isinstance(end, int) or not 0 < end <= len(content):
        return None
    return (start, end) if isinstance(start, int) and 0 <= start < end else (end - 1, end)


def _ends(content: str, start: int, end: int) -> list[int]:
    """Where the sentences between the offsets end; ``end`` where there is only white space."""
    return [start + stop for _, stop in sentences(content[start:end])] or [end]


def _of_address(url: str, title: str) -> Source:
    """The source at an address; Refdesk's own say which characters of which document it is."""
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    source: Source = {"names": [url, last, title]}
    edges = [parse_qs(parts.query).get(name, [""])[0] for name in ("start", "end")]
    if all(edge.isdecimal() for edge in edges):
        source |= {"start": int(edges[0]), "end": int(edges[1])}
    return source


def _numbered(content: str, sources: Mapping[str, list[Source]], pattern: re.Pattern[str]) -> tuple[str, list[Source]]:
    """The content with markers in the form [n], and the sources in that order.

    A list of sources is cut off first: white space in front of a marker goes with it, and the list would not be known.
    """
    listed: list[Source] = []
    numbers: dict[str, range] = {}
    for key, own in sources.items():
        numbers[key] = range(len(listed) + 1, len(listed) + len(own) + 1)
        listed += own
    return renumbered(without_list(content), numbers, pattern), listed


def _several(entry: object) -> Iterator[Source]:
    """The passages of an entry: Open WebUI's has several of a document."""
    texts = entry.get("document") if isinstance(entry, Mapping) else None
    if not isinstance(texts, list):
        yield source_of(entry)
        return
    metadata = entry.get("metadata") if isinstance(entry, Mapping) else None
    for number, text in enumerate(texts):
        own = metadata[number] if isinstance(metadata, list) and number < len(metadata) else {}
        yield {"names": [*_names(own), *_names(entry)], "text": text}


def source_of(entry: object) -> Source:
    """The passage that an entry of a list of sources is, wherever it has its names and its text."""
    if isinstance(entry, str):
        return {"names": [entry]}
    texts = (entry.get(name) for name in _TEXTS) if isinstance(entry, Mapping) else ()
    text = next((text for text in texts if isinstance(text, str) and text.strip()), None)
    return {"names": list(_names(entry)), **({"text": text} if text else {})}


def _names(entry: object) -> Iterator[str]:
    """Whatever an entry may call its document."""
    if isinstance(entry, Mapping):
        yield from (entry[name] for name in _NAMES if isinstance(entry.get(name), str) and entry[name])
        for name in _NESTED:
            yield from _names(entry.get(name))
