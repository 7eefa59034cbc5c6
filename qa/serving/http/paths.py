"""Where everything is: the addresses of the chat, the API, the login, and Gradio's function in the chat's place."""

from __future__ import annotations

# The chat
ASK = "/ask"
HEALTH = "/health"
UPLOADS = "/uploads"
EVIDENCE = "/evidence"
LIBRARY = "/library"
OVERVIEWS = f"{LIBRARY}/overviews"
FEEDBACK = "/feedback"
CONVERSATIONS = "/conversations"  # of those who have logged in
EMBED = "/embed"  # the chat as a part of another page
SCRIPTS = "/scripts"  # the page's own, as ES modules
DOCUMENT = "/d"  # the page of one, which the API has, too
CHAT = (ASK, HEALTH, UPLOADS, EVIDENCE, LIBRARY, OVERVIEWS, FEEDBACK, CONVERSATIONS, EMBED, f"{DOCUMENT}/",
        f"{SCRIPTS}/")  # fmt: skip
STATIC = ("/assets/", "/static/", "/svelte/", f"{SCRIPTS}/")  # what the page is made of, the same for everyone

# The API
REST = "/api/v1"
OPENAI = "/v1"
MCP = "/mcp"

# Logging in
LOGIN, LOGOUT = "/login", "/logout"
PROVIDER, BACK = f"{LOGIN}/provider", f"{LOGIN}/back"  # by an identity provider, and the way back from there

# One function in Gradio's own convention
GRADIO_CONFIG, GRADIO = "/config", "/gradio_api"
GRADIO_INFO, GRADIO_JOIN, GRADIO_DATA = f"{GRADIO}/info", f"{GRADIO}/queue/join", f"{GRADIO}/queue/data"
# Exactly these, as whatever lies beside them, and other methods of the same paths, are Gradio's.
GRADIO_ROUTES = frozenset({("GET", GRADIO_CONFIG), ("GET", GRADIO_INFO), ("POST", GRADIO_JOIN), ("GET", GRADIO_DATA)})
