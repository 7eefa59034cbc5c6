"""A desk that only those enter who are known: users and tokens beside a small index, passwords hashed fast."""

from __future__ import annotations

import re
from typing import Any

from api_server import api_over
from argon2 import PasswordHasher
from fakes import Desk
from fastapi import FastAPI
from starlette.testclient import TestClient

from qa.serving.access.access_control import AccessControl
from qa.serving.access.accounts.conversations import LARGEST, Conversations
from qa.serving.access.accounts.groups import Groups
from qa.serving.access.accounts.passwords import Passwords
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.tokens import Tokens
from qa.serving.access.accounts.users import Users
from qa.serving.access.admission import Known
from qa.serving.access.audit import Audit
from qa.serving.access.gate import Gate
from qa.serving.access.login.page import LoginRoutes
from qa.serving.answering.queue import FairQueue
from qa.serving.api.app import Api
from qa.serving.chat.conversation_routes import ConversationRoutes
from qa.serving.chat.gradio_ask import GradioRoutes
from qa.serving.chat.routes import Extras, routes
from qa.serving.http.guard import Body, Guard
from qa.serving.http.paths import CHAT, CONVERSATIONS
from qa.serving.library.originals import Originals
from qa.serving.library.shelf import Shelf

PASSWORD = "correct horse"
FAST = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class KnownDesk:
    """Who is known at a desk, and the app that serves it to them."""

    def __init__(self, desk: Desk, store: AccessStore | None = None, **audit: Any) -> None:
        self.desk = desk
        self.store = store or AccessStore(desk.store.folder)
        self.users = Users(self.store, FAST)
        self.groups = Groups(self.store)
        self.tokens = Tokens(self.store)
        self.audit = Audit(desk.store.folder, **audit)
        login = LoginRoutes(self.users, Sessions(self.store), self.audit)
        self.conversations = Conversations(self.store)
        self.access_control = AccessControl(Known(self.store), login, self.audit, conversations=self.conversations)
        self.api = api_over(desk)
        self.extras = extras_of(desk)

    def forget(self) -> None:
        """Make everything everyone's again, and nobody known."""
        self.store.path.unlink(missing_ok=True)
        self.audit.path.unlink(missing_ok=True)
        self.desk.store.share(self.desk.store.hidden())

    @property
    def app(self) -> FastAPI:
        """The API and the chat's routes, behind gate and guard."""
        return served(self.api, self.access_control, self.extras)

    def client(self, **headers: str) -> TestClient:
        """A browser or program that has not said who it is."""
        local: Any = {"base_url": "http://localhost", "client": ("192.0.2.7", 1)}
        return TestClient(self.app, headers=headers, follow_redirects=False, **local)

    def logged_in(self, name: str, password: str = PASSWORD) -> TestClient:
        """The browser of a user."""
        browser = self.client()
        log_in(browser, name, password)
        return browser


def extras_of(desk: Desk) -> Extras:
    """What the chat offers beside answers."""
    return Extras(None, Originals(desk.store), Shelf(desk.store))


def served(api: Api, access: AccessControl, extras: Extras) -> FastAPI:
    """The app as ``server.launch`` puts it together, without Gradio's page."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    api.add_to(app)
    app.router.routes.extend(routes(api.state.answerer, FairQueue(4), extras))
    app.router.routes.extend(GradioRoutes(api.state.answerer, FairQueue(4)).routes())
    if access.login:
        app.router.routes.extend(access.login.routes())
    if access.conversations:
        app.router.routes.extend(ConversationRoutes(access.conversations).routes())
    app.add_middleware(Gate, access=access.admission, audit=access.audit, rates=access.rates)
    bodies = {**api.bodies, CONVERSATIONS: Body(2 * LARGEST)}
    app.add_middleware(Guard, paths=(*CHAT, *api.paths, *access.paths), bodies=bodies)
    return app


def log_in(browser: TestClient, name: str, password: str, to: str = "/", **form: str) -> Any:
    """The response to the form, filled in."""
    page = browser.get("/login", params={"next": to}).text
    held = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    return browser.post("/login", data={**held, "name": name, "password": password, **form})
