"""``/v1/models``: a collection is a model, and one more asks all of them; each can be asked for plain content, too."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from index.passage import Scope
from index.store import Store
from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.api.narrowing import narrowed
from qa.serving.api.openai.schemas import Model, Models
from qa.serving.api.problems import DOCUMENTED_BY_OPENAI, RequestError
from qa.serving.api.schemas import Narrowing
from qa.serving.http.paths import OPENAI

EVERYTHING = "refdesk"
PREFIX = f"{EVERYTHING}/"
PLAIN = f"{EVERYTHING}-plain"  # in the place of EVERYTHING: the content is what is said, and nothing else
router = APIRouter(prefix=OPENAI, tags=["OpenAI"], responses=DOCUMENTED_BY_OPENAI)


@router.get("/models", response_model=Models)
def list_models(state: CurrentState, asker: CurrentAsker) -> dict[str, Any]:
    """The models: `refdesk`, and `refdesk/COLLECTION` for each collection."""
    models = _models(state.index.store, asker.scope)
    return {"object": "list", "data": [_model(*own) for own in models.items()]}


@router.get("/models/{model:path}", response_model=Model)
def one_model(model: str, state: CurrentState, asker: CurrentAsker) -> dict[str, Any]:
    """One of the models; also one with plain content, which are not listed: no chat is to offer them."""
    models, name = _models(state.index.store, asker.scope), _listed(model)
    if name not in models:
        raise _missing(model)
    return _model(model, models[name])


def is_plain(model: str) -> bool:
    """Whether the content of what the model answers is plain."""
    return model.partition("/")[0] == PLAIN


def scope_of(store: Store, scope: Scope, model: str) -> Scope:
    """What of ``scope`` the model asks.

    Raises:
        RequestError: there is no such model.
    """
    name = _listed(model)
    if name == EVERYTHING:
        return scope
    collection = name.removeprefix(PREFIX)
    if collection == name or name not in _models(store, scope):
        raise _missing(model)
    return narrowed(store, scope, Narrowing(collection=collection))


def _models(store: Store, scope: Scope) -> dict[str, int]:
    """The models that ``scope`` may ask, by name, each with the date of the latest of its documents (0: none has one).

    When the index was last changed would tell of changes to what the scope may not see.
    """
    found = {EVERYTHING: 0.0}
    with store.snapshot(scope) as snapshot:
        for source in sorted(snapshot.sources(scope), key=lambda source: source.collection):
            for name in (EVERYTHING, PREFIX + source.collection):
                found[name] = max(found.get(name, 0.0), source.modified or 0.0)
    return {name: int(latest) for name, latest in found.items()}


def _listed(model: str) -> str:
    """The name under which the model is listed."""
    return EVERYTHING + model.removeprefix(PLAIN) if is_plain(model) else model


def _missing(model: str) -> RequestError:
    return RequestError(f"there is no model {model!r}: ask {EVERYTHING}, or {PREFIX}COLLECTION", 404)


def _model(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "refdesk"}
