"""The scripted chat for two users who log in: ``python tests/browser/known_chat.py FOLDER PORT``."""

import sys
from pathlib import Path

sys.path.extend(map(str, Path(__file__).parents[:2]))
from access_desk import FAST, PASSWORD
from fake_chat import FakeAssistant

from qa.serving import server
from qa.serving.access.access_control import AccessControl
from qa.serving.access.accounts.conversations import Conversations
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.users import Users
from qa.serving.access.admission import Known
from qa.serving.access.audit import Audit
from qa.serving.access.login.page import LoginRoutes
from qa.serving.chat.page import build

if __name__ == "__main__":
    store = AccessStore(Path(sys.argv[1]))
    users, audit = Users(store, FAST), Audit(store.folder)
    for name in ("ann", "bob"):
        users.add(name, PASSWORD)
    login = LoginRoutes(users, Sessions(store), audit)
    access = AccessControl(Known(store), login, audit, conversations=Conversations(store))
    page = build(examples=(), summary="1 document, 37 passages", with_login=True)
    server.launch(page, FakeAssistant(), server.Address(port=int(sys.argv[2])), access=access)
