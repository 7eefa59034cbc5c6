"""The checks of ``refdesk doctor``, in their order. They change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from documents.errors import RefdeskError
from index.address import DatabaseUrl
from index.opened import open_jobs, open_store
from index.store import Store, StoreError
from qa.assistant.compose import Models, embedder_of, load_models
from qa.assistant.generators import load_generator
from qa.serving.operations.finding import Finding
from qa.serving.operations.holdings import check_index, check_jobs, check_permissions
from qa.serving.operations.machine import check_disk, check_limits, check_python, check_settings
from qa.serving.operations.reach import check_reach
from qa.settings import FILE, Settings

Load = Callable[[Settings, str | None], Models]


def examine(settings: Settings, load: Load = load_models) -> Iterator[Finding]:
    """What each check finds; ``load`` loads the models."""
    store = open_store(settings.index)
    yield check_python()
    yield from check_settings(settings)
    models, found = _models(settings, store, load)
    yield from found
    yield check_permissions(settings.folder)
    yield from _secret_file(settings)
    yield from check_index(store, models.embedder if models else None)
    yield from _jobs(settings, store)
    yield check_disk(settings.folder)
    yield check_limits()
    yield from check_reach(settings)


def _models(settings: Settings, store: Store, load: Load) -> tuple[Models | None, list[Finding]]:
    """The models, loaded, and what there is to say of them."""
    try:
        models = load(settings, settings.embedder or (embedder_of(store) if store.exists else None))
    except RefdeskError as error:  # it says what to do
        return None, [Finding("models", "wrong", str(error))]
    parts = (models.embedder, models.reranker, models.reader, models.entailment)
    found = [Finding("models", "ok", f"loaded: {', '.join(part.fingerprint for part in parts)}")]
    if settings.backend != "extractive":
        found.append(_language_model(settings))
    return models, found


def _jobs(settings: Settings, store: Store) -> Iterator[Finding]:
    """What workers have to do, where the index can have them."""
    try:
        if isinstance(settings.index, DatabaseUrl) and store.exists:
            yield check_jobs(open_jobs(settings.index))
    except StoreError:
        return  # ``check_index`` has said so


def _language_model(settings: Settings) -> Finding:
    try:
        return Finding("language model", "ok", load_generator(settings).fingerprint)
    except RefdeskError as error:
        return Finding("language model", "wrong", str(error))


def _secret_file(settings: Settings) -> Iterator[Finding]:
    """A file with a key that others can read."""
    for described, origin in settings.changed:
        if described == "api_key" and isinstance(origin, Path) and origin.stat().st_mode & 0o044:
            yield Finding("permissions", "wrong", f"{FILE} holds a key, and others can read it", f"chmod go-rwx {FILE}")
