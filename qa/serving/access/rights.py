"""What may be done, and the one table of what each route and each tool needs. The gate looks nowhere else.

A route that is not in the table is not served, whoever asks; a test compares the table with all routes that there are.
"""

from __future__ import annotations

from typing import Literal, get_args

from starlette.routing import compile_path

from qa.serving.http.paths import (
    ASK,
    BACK,
    CONVERSATIONS,
    DOCUMENT,
    EMBED,
    EVIDENCE,
    FEEDBACK,
    GRADIO_ROUTES,
    HEALTH,
    LIBRARY,
    LOGIN,
    LOGOUT,
    MCP,
    OPENAI,
    OVERVIEWS,
    PROVIDER,
    REST,
    STATIC,
    UPLOADS,
)

# - "ask": questions, searches and checks, files of one's own, and the collections' names;
# - "read": the list of documents, whole documents, and the originals of what is cited, of which a page shows more;
# - "write": changes to the documents that everyone may see;
# - "admin": the server's counts. It includes all others.
Right = Literal["ask", "read", "write", "admin"]
RIGHTS: tuple[Right, ...] = get_args(Right)
OF_USERS: frozenset[Right] = frozenset({"ask", "read"})

_REST_OF_PATH = "{rest:path}"
_DOCUMENTS = f"{REST}/documents"
_ONE = f"{_DOCUMENTS}/{{document}}"

# By right (None: anyone), each route by its method ("*": all; HEAD is GET) and path, the first that fits.
ROUTES: tuple[tuple[Right | None, str, str], ...] = (
    # Whether the server lives, where to log in, and where the page is.
    *((None, "GET", path) for path in (HEALTH, "/healthz", "/readyz", EMBED, "/favicon.ico")),
    *((None, "GET", path) for path in (LOGIN, LOGOUT, PROVIDER, BACK)),
    *((None, "POST", path) for path in (LOGIN, LOGOUT)),
    # The page, and what it is made of.
    *(("ask", "GET", path) for path in ("/", "/theme.css", "/manifest.json", *(own + _REST_OF_PATH for own in STATIC))),
    # Asking: in the chat, by Gradio's function, by the API.
    *(("ask", "POST", path) for path in (ASK, FEEDBACK, UPLOADS, f"{UPLOADS}/left", f"{UPLOADS}/web")),
    *(("ask", method, UPLOADS) for method in ("GET", "DELETE")),
    ("ask", "DELETE", f"{UPLOADS}/{{number:int}}"),
    *(("ask", method, CONVERSATIONS) for method in ("GET", "POST")),
    *(("ask", method, f"{CONVERSATIONS}/{{id}}") for method in ("GET", "DELETE")),
    *(("ask", *own) for own in sorted(GRADIO_ROUTES)),
    *(("ask", "POST", REST + path) for path in ("/ask", "/verify", "/feedback")),
    *(("ask", "GET", REST + path) for path in ("/search", "/collections")),
    *(("ask", "GET", OPENAI + path) for path in ("/models", "/models/{model:path}")),
    *(("ask", "POST", OPENAI + path) for path in ("/chat/completions", "/responses")),
    ("ask", "*", MCP),  # TOOLS has what each tool needs
    *(("ask", "GET", path) for path in ("/docs", "/openapi.json")),
    # Reading.
    *(("read", "GET", path) for path in (LIBRARY, OVERVIEWS, EVIDENCE, f"{EVIDENCE}/beside", f"{EVIDENCE}/original")),
    *(("read", "GET", path) for path in (f"{DOCUMENT}/{{document}}", f"{DOCUMENT}/{{document}}/file")),
    *(("read", "GET", path) for path in (_DOCUMENTS, _ONE, f"{_ONE}/original")),
    # Changing.
    *(("write", "POST", path) for path in (_DOCUMENTS, f"{_ONE}/reindex")),
    ("write", "DELETE", _ONE),
    ("admin", "GET", "/metrics"),
    # What says that there is no such route.
    *(("ask", "*", f"{path}/{_REST_OF_PATH}") for path in (REST, OPENAI, MCP)),
)  # fmt: skip

# The tools that assistants call.
TOOLS: dict[str, Right] = {"search": "ask", "ask": "ask", "verify": "ask", "fetch": "read"}

# To be told in an answer which documents there are.
LISTING: Right = "read"

_PATTERNS = tuple((right, method, compile_path(path)[0]) for right, method, path in ROUTES)


class NoRouteError(LookupError):
    """The table does not have the route."""


def needed(method: str, path: str) -> Right | None:
    """The right that a request needs; None: anyone may send it.

    Raises:
        NoRouteError: there is no such route.
    """
    own, path = "GET" if method == "HEAD" else method, path or "/"
    for right, of, pattern in _PATTERNS:
        if of in (own, "*") and pattern.match(path):
            return right
    raise NoRouteError


def includes(rights: frozenset[Right], right: Right) -> bool:
    """Whether ``rights`` allow what needs ``right``."""
    return right in rights or "admin" in rights


def is_page(method: str, path: str) -> bool:
    """Whether a browser opens it as a page of its own, for a person to see."""
    is_own = path in ("", "/", "/docs", f"{EVIDENCE}/original") or path.startswith(f"{DOCUMENT}/")
    return method in ("GET", "HEAD") and is_own
