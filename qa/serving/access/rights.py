"""What may be done, and which right each request needs. A route that is not named here needs the right to ask."""

from __future__ import annotations

from typing import Literal, get_args

from qa.serving.http.paths import BACK, DOCUMENT, EMBED, EVIDENCE, HEALTH, LIBRARY, LOGIN, LOGOUT, PROVIDER, REST

Right = Literal["ask", "read", "write", "admin"]
RIGHTS: tuple[Right, ...] = get_args(Right)
OF_USERS: frozenset[Right] = frozenset({"ask", "read"})

# What anyone may see: whether the server lives, where to log in, and where the page is.
_OPEN = frozenset({LOGIN, LOGOUT, PROVIDER, BACK, HEALTH, EMBED, "/healthz", "/readyz", "/favicon.ico"})
_DOCUMENTS = f"{REST}/documents"
_PAGE = f"{DOCUMENT}/"
_READING = frozenset({"GET", "HEAD"})


def needed(method: str, path: str) -> Right | None:
    """The right that a request needs; None: anyone may send it.

    - "ask": questions, searches and checks, the collections' names, and the originals of what is cited;
    - "read": the list of documents, and whole documents;
    - "write": changes to the documents that everyone may see;
    - "admin": the server's counts. It includes all others.
    """
    if path in _OPEN:
        return None
    if path == "/metrics":
        return "admin"
    if path == _DOCUMENTS or path.startswith(f"{_DOCUMENTS}/"):
        if method not in _READING:
            return "write"
        return "ask" if path.endswith("/original") else "read"
    return "read" if path == LIBRARY or path.startswith((f"{LIBRARY}/", _PAGE)) else "ask"


def includes(rights: frozenset[Right], right: Right) -> bool:
    """Whether ``rights`` allow what needs ``right``."""
    return right in rights or "admin" in rights


def is_page(method: str, path: str) -> bool:
    """Whether a browser opens it as a page of its own, for a person to see."""
    is_own = path in ("", "/", "/docs", f"{EVIDENCE}/original") or path.startswith(_PAGE)
    return method in _READING and is_own
