"""The web chat: a Gradio page that shows, for every sentence of an answer, the characters it rests on.

The page (``web/``) is one ``gr.HTML`` component. Its scripts are ES modules, and call routes of their own (``routes``).
Gradio's queue is closed: one request to it can stop it for everyone (``docs/security.md``). The server keeps nothing
between two questions but uploads, and the conversations of users who have logged in: those of others live in the
visitor's own browser. Gradio is imported inside the functions that need it, so that a command can check its address
before anything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from documents.load import FORMATS
from qa.serving.access.access_control import EVERYONE, AccessControl
from qa.serving.access.accounts.conversations import LARGEST
from qa.serving.access.gate import Gate
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.queue import FairQueue
from qa.serving.chat.branding import Branding
from qa.serving.chat.conversation_routes import ConversationRoutes
from qa.serving.chat.gradio_ask import GradioRoutes
from qa.serving.chat.gradio_import import import_gradio
from qa.serving.chat.inline_scripts import InlineScripts
from qa.serving.chat.routes import NO_EXTRAS, Extras, routes
from qa.serving.html.messages import all_messages, messages_of_page, words_of
from qa.serving.http.guard import Body, Guard
from qa.serving.http.hosts import Hosts
from qa.serving.http.paths import CHAT, CONVERSATIONS, FEEDBACK, UPLOADS
from qa.serving.uploads.conversations import MEGABYTE
from qa.serving.uploads.uploads import Uploads

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

# The body of the function that Gradio calls once when the page is drawn; all else is in the modules.
START = """
const module = location.pathname.replace(/\\/?$/, "/") + "scripts/main.mjs";
import(module).then(({ start }) => start(element, props));
// Gradio's "Loading…" asks for each frame of the screen for ever, though it is gone: what alone asks beside this.
let last = 0;
const rest = (tries) => {
  const own = requestAnimationFrame(() => tries > 0 && rest(tries - 1));
  if (own === last + 2) [own - 1, own].forEach(cancelAnimationFrame);
  last = own;
};
rest(300);
"""


def build(
    *,
    examples: Sequence[str],
    summary: str,
    extras: Extras = NO_EXTRAS,
    with_login: bool = False,
    branding: Branding = Branding(),  # noqa: B008 - frozen
) -> gr.Blocks:
    """The page, ready to ``mount``: ``summary`` says what is indexed, ``examples`` are questions to click.

    ``with_login`` leads to the page where one logs out, and keeps conversations on the server. ``branding`` is how it
    presents itself.
    """
    import_gradio()
    import gradio as gr

    blocks = gr.Blocks(title=branding.title, analytics_enabled=False, fill_width=True)
    with blocks:
        gr.HTML(
            value="",
            html_template=_web("chat.html"),
            js_on_load=START,
            apply_default_css=False,
            elem_id="refdesk",
            summary={language: words_of(language).translated(summary) for language in all_messages()},
            examples=list(examples),
            uploads=upload_offer(extras.uploads) if extras.uploads else None,
            evidence=extras.originals is not None,
            library=extras.shelf is not None,
            overviews=extras.overviews is not None,
            web=extras.web is not None,
            feedback=extras.feedback is not None,
            exports=extras.with_paths,
            login=with_login,
            look=asdict(branding),
            messages=messages_of_page(),
        )
    # Gradio's own queue is closed, so that there is never anything in it: it need not look a thousand times a second.
    blocks._queue.sleep_when_free = 1.0
    return blocks


def mount(
    app: FastAPI,
    blocks: gr.Blocks,
    answerer: Answerer,
    queue: FairQueue,
    *,
    extras: Extras = NO_EXTRAS,
    hosts: Hosts | None = None,
    paths: tuple[str, ...] = (),
    bodies: Mapping[str, Body] | None = None,
    access: AccessControl = EVERYONE,
    framed_by: Sequence[str] = (),
) -> None:
    """Serves the page by ``app``, with only the routes that the page needs.

    ``answerer`` answers questions in their turn in ``queue``. ``hosts`` are the names the app is reached by, this
    machine's own where none are given. ``paths`` and ``bodies`` are what ``Guard`` lets through besides, for other
    routes of ``app``. ``access`` says who is let in, and the sites ``framed_by`` may embed the page.
    """
    import gradio as gr

    app.router.routes.extend(routes(answerer, queue, extras))
    app.router.routes.extend(GradioRoutes(answerer, queue).routes())
    if access.login:
        app.router.routes.extend(access.login.routes())
    app.add_middleware(InlineScripts)
    app.add_middleware(Gate, access=access.admission, audit=access.audit, rates=access.rates)
    if access.conversations:
        app.router.routes.extend(ConversationRoutes(access.conversations).routes())
    own = {FEEDBACK: Body(MEGABYTE), CONVERSATIONS: Body(2 * LARGEST)}  # an answer with its passages; many
    if extras.uploads:
        own[UPLOADS] = Body(extras.uploads.limits.file_bytes, streamed=True)
    app.add_middleware(
        Guard,
        paths=(*CHAT, *paths, *access.paths),
        bodies={**own, **(bodies or {})},
        hosts=hosts,
        framed_by=framed_by,
    )
    gr.mount_gradio_app(
        app,
        blocks,
        "/",
        favicon_path=str(resources.files("qa.serving.chat") / "web" / "favicon.svg"),
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
    return (resources.files("qa.serving.chat") / "web" / name).read_text("utf-8")


def _theme() -> Any:
    """The visitor's own fonts: a plain name would be looked for on this server, a Google font elsewhere."""
    from gradio.themes import Base
    from gradio.themes.utils.fonts import Font

    sans = [Font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "sans-serif")]
    return Base(font=sans, font_mono=[Font("ui-monospace"), Font("monospace")])
