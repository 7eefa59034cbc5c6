"""``/v1/models``: a collection is a model, and one more asks all of them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from index.passage import Scope
from index.store import Store
from qa.serving.api.desk import CurrentAsker, ServedDesk
from qa.serving.api.narrowing import collections, narrowed
from qa.serving.api.openai.schemas import Model, Models
from qa.serving.api.problems import DOCUMENTED_BY_OPENAI, RequestError
from qa.serving.api.schemas import Narrowing
from qa.serving.http.paths import OPENAI

EVERYTHING = "refdesk"
PREFIX = f"{EVERYTHING}/"
router = APIRouter(prefix=OPENAI, tags=["OpenAI"], responses=DOCUMENTED_BY_OPENAI)


@router.get("/models", response_model=Models)
def list_models(desk: ServedDesk, asker: CurrentAsker) -> dict[str, Any]:
    """The models: `refdesk`, and `refdesk/COLLECTION` for each collection."""
    store = desk.index.store
    return {"object": "list", "data": [_model(name, store) for name in _names(store, asker.scope)]}


@router.get("/models/{model:path}", response_model=Model)
def one_model(model: str, desk: ServedDesk, asker: CurrentAsker) -> dict[str, Any]:
    """One of the models."""
    if model not in _names(desk.index.store, asker.scope):
        raise _missing(model)
    return _model(model, desk.index.store)


def scope_of(store: Store, scope: Scope, model: str) -> Scope:
    """What of ``scope`` the model asks.

    Raises:
        RequestError: there is no such model.
    """
    if model == EVERYTHING:
        return scope
    collection = model.removeprefix(PREFIX)
    if collection == model or model not in _names(store, scope):
        raise _missing(model)
    return narrowed(store, scope, Narrowing(collection=collection))


def _names(store: Store, scope: Scope) -> list[str]:
    with store.snapshot(scope) as snapshot:
        return [EVERYTHING, *(PREFIX + name for name in collections(snapshot, scope))]


def _missing(model: str) -> RequestError:
    return RequestError(f"there is no model {model!r}: ask {EVERYTHING}, or {PREFIX}COLLECTION", 404)


def _model(name: str, store: Store) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": store.created, "owned_by": "refdesk"}
