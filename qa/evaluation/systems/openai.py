"""Any product that answers from documents by OpenAI's chat completions, as a system: ``openai:URL``.

It has the documents already; the dataset's are what its citations are checked against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.datasets.json_files import digest
from qa.evaluation.scoring.reply import DocumentLookup
from qa.evaluation.systems.completions import reply_of
from qa.evaluation.systems.system import SERVER, OpenedSystem, SystemChoiceError, in_turn, messages_of
from qa.llm.openai_server import OpenAIServer
from qa.llm.usage import USAGE, Meter, Tokens, tokens_in
from qa.settings import Settings

_RAGFLOW = ("/chats_openai/", "/agents_openai/", "/api/v1/openai/")


def open_server(name: str, dataset: Dataset, settings: Settings) -> OpenedSystem:
    """The system ``name``, which is ``openai:`` and the server's address; ``settings`` name its key and its model.

    Raises:
        SystemChoiceError: the settings name another server.
        GenerationError: the server has no list of models, and none is named.
        SettingsError: the key must not be sent to that server.
    """
    url = name.removeprefix(SERVER).rstrip("/")
    if settings.base_url != url:
        raise SystemChoiceError(f"{name} is asked, and the settings name the server {settings.base_url}: leave it out")
    key = settings.key_for_server()
    seconds, address = settings.generation_seconds, "{0.scheme}://{0.netloc}".format(urlsplit(url))
    model = settings.model or _first_model(OpenAIServer("", url, key, seconds=seconds))
    server = OpenAIServer(model, url, key, seconds=seconds)
    wanted: Mapping[str, Any] = {"extra_body": {"reference": True}} if any(part in url for part in _RAGFLOW) else {}

    def answer(question: str, history: list[tuple[str, str]], meter: Meter) -> object:
        spoken = [*messages_of(history), {"role": "user", "content": question}]
        messages = [message for message in spoken if message["content"]]
        tell = meter.begin()
        completion = server.call("/chat/completions", {"model": model, "messages": messages, "stream": False, **wanted})
        told = tokens_in(completion.get(USAGE)) if isinstance(completion, Mapping) else None
        if told:
            tell(told)
        return reply_of(completion)

    lookup = DocumentLookup(dataset.documents)
    spent: dict[str, Tokens | None] = {}

    def ask(item: Item) -> object:
        meter = Meter()
        try:
            return in_turn(lambda question, history: answer(question, history, meter), item, lookup)
        finally:
            spent[item.id] = meter.tokens

    # The whole address tells two servers apart, and may hold what must not be kept.
    facts = {"models": {"server": address, "address": digest([url.encode()])[:12], "model": model}}
    return OpenedSystem(
        f"{SERVER}{urlsplit(url).netloc}",
        ask,
        facts=facts,
        tokens=lambda item: spent.get(item.id),
        process=None,
        waits=True,
    )


def _first_model(server: OpenAIServer) -> str:
    """The first model that the server lists.

    Raises:
        SystemChoiceError: it lists none.
    """
    listed = server.call("/models")
    models = listed.get("data") if isinstance(listed, Mapping) else None
    first = models[0].get("id") if isinstance(models, list) and models and isinstance(models[0], Mapping) else None
    if not isinstance(first, str):
        raise SystemChoiceError("the server lists no models: name one with --model")
    return first
