"""The web chat: a Gradio page that shows, for every sentence of an answer, the characters it rests on.

The page (``web/``) is one ``gr.HTML`` component. It calls routes of its own (``routes``), and Gradio's queue is closed:
one request to it can stop it for everyone (``docs/security.md``). The server keeps nothing between two questions but
uploads: the conversation lives in the visitor's own tab. Gradio is imported inside the functions that need it, so that
a command can check its address before anything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from documents.load import FORMATS
from qa.serving.access.entrance import EVERYONE, Entrance
from qa.serving.access.gate import Gate
from qa.serving.conversations import MEGABYTE
from qa.serving.gradio_import import import_gradio
from qa.serving.guard import Body, Guard
from qa.serving.hosts import Hosts
from qa.serving.originals import Originals
from qa.serving.queue import FairQueue
from qa.serving.replies import Answerer
from qa.serving.routes import PATHS, UPLOADS, routes
from qa.serving.uploads import Uploads

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

# Joined in this order into the body of one function. A variable is unusable above its declaration: start.js is last.
SCRIPTS = ("originals.js", "chat.js", "files.js", "start.js")
NO_BODIES: Mapping[str, Body] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ChatExtras:
    """What the page offers besides answers, each where it is given: uploads, and the originals of citations."""

    uploads: Uploads | None = None
    originals: Originals | None = None


NO_EXTRAS = ChatExtras()


def build(
    *, examples: Sequence[str], summary: str, extras: ChatExtras = NO_EXTRAS, with_login: bool = False
) -> gr.Blocks:
    """The page, ready to ``mount``: ``summary`` says what is indexed, ``examples`` are questions to click.

    ``with_login`` leads to the page where one logs out.
    """
    import_gradio()
    import gradio as gr

    blocks = gr.Blocks(title="Refdesk", analytics_enabled=False, fill_width=True)
    with blocks:
        gr.HTML(
            value="",
            html_template=_web("chat.html"),
            js_on_load="\n".join(map(_web, SCRIPTS)),
            apply_default_css=False,
            elem_id="refdesk",
            summary=summary,
            examples=list(examples),
            uploads=upload_offer(extras.uploads) if extras.uploads else None,
            evidence=extras.originals is not None,
            login=with_login,
        )
    return blocks


def mount(
    app: FastAPI,
    blocks: gr.Blocks,
    answerer: Answerer,
    queue: FairQueue,
    *,
    path: str = "/",
    extras: ChatExtras = NO_EXTRAS,
    hosts: Hosts | None = None,
    paths: tuple[str, ...] = (),
    bodies: Mapping[str, Body] = NO_BODIES,
    entrance: Entrance = EVERYONE,
) -> None:
    """Serves the page under ``path`` of ``app``, with only the routes that the page needs.

    ``answerer`` answers questions in their turn in ``queue``. ``hosts`` are the names the app is reached by, this
    machine's own where none are given. ``paths`` and ``bodies`` are what ``Guard`` lets through besides, for other
    routes of ``app``. ``entrance`` says who is let in.
    """
    import gradio as gr

    prefix = path.rstrip("/")
    app.router.routes.extend(routes(prefix, answerer, queue, extras.uploads, extras.originals))
    if entrance.login:
        app.router.routes.extend(entrance.login.routes(prefix))
    app.add_middleware(Gate, access=entrance.access, audit=entrance.audit, prefix=prefix)
    uploaded = {UPLOADS: Body(extras.uploads.limits.file_bytes, streamed=True)} if extras.uploads else {}
    app.add_middleware(
        Guard, prefix=prefix, paths=(*PATHS, *paths, *entrance.paths), bodies={**uploaded, **bodies}, hosts=hosts
    )
    gr.mount_gradio_app(
        app,
        blocks,
        path,
        favicon_path=str(resources.files("qa.serving") / "web" / "favicon.svg") if path == "/" else None,
        theme=_theme(),
        css=_web("chat.css"),
        footer_links=[],
        run_history=False,
        show_error=False,
        allowed_paths=[],
        max_file_size=1,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )


def upload_offer(uploads: Uploads) -> dict[str, Any]:
    """What the page shows of uploads: the largest file, in bytes and in words, and the suffixes that can be read."""
    largest = uploads.limits.file_bytes
    return {
        "bytes": largest,
        "limit": f"{largest // MEGABYTE} MB",
        "formats": [suffix for suffix, kind in FORMATS.items() if kind.is_ready()],
    }


@cache
def _web(name: str) -> str:
    return (resources.files("qa.serving") / "web" / name).read_text("utf-8")


def _theme() -> Any:
    """The visitor's own fonts: a plain name would be looked for on this server, a Google font elsewhere."""
    from gradio.themes import Base
    from gradio.themes.utils.fonts import Font

    sans = [Font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "sans-serif")]
    return Base(font=sans, font_mono=[Font("ui-monospace"), Font("monospace")])
