"""The web chat: a Gradio page that shows, for every sentence of an answer, the characters it rests on.

The page (``web/chat.html``, ``.css``, ``.js``) is one ``gr.HTML`` component. The server sends it one reply at
a time and keeps nothing between two questions but the files brought along (``uploads``): the conversation lives in the
visitor's own tab. Those files, and the originals of citations, have routes of their own (``routes``).
Gradio is imported inside the functions that need it, so that ``check_port`` can run before anything heavy.
"""

# No ``from __future__ import annotations`` here: Gradio finds ``gr.EventData`` by evaluating the hints of
# the handlers, which must therefore not be strings.

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from documents.load import FORMATS
from index.passage import Scope
from index.store import StoreError
from qa.answer import Answer, Draft
from qa.assistant import MAX_QUESTION, QuestionError
from qa.conversation import Turn
from qa.serving import render
from qa.serving.evidence import Evidence
from qa.serving.guard import Guard
from qa.serving.routes import routes
from qa.serving.uploads import MEGABYTE, Uploads, owner_of

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

SCRIPTS = ("originals.js", "chat.js", "files.js")  # one function's body, in this order
WAITING_ROOM = 64
END = 4.5  # seconds from a signal until this process ends, whatever it is doing
REMEMBERED = 6  # turns that a question may refer to
SORRY = "Something went wrong while answering. Please try again."

logger = logging.getLogger(__name__)


class PortInUse(Exception):  # noqa: N818
    """The address cannot be listened on. The message is one line: why, and what to do."""


class Answerer(Protocol):
    """What the chat asks: stage messages and drafts while it works, and lastly the Answer."""

    def answering(
        self, question: str, scope: Scope = ..., history: Sequence[Turn] = ...
    ) -> Iterator[str | Draft | Answer]: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """What the page offers beside answers, each where it is given: bringing files along, and originals."""

    uploads: Uploads | None = None
    evidence: Evidence | None = None


NOTHING = Beside()


def build(
    answerer: Answerer, *, examples: Sequence[str], summary: str, concurrency: int = 4, beside: Beside = NOTHING
) -> "gr.Blocks":
    """The page, ready to ``launch`` or ``mount``; ``concurrency`` questions are answered at a time."""
    import gradio as gr

    def ask(event: gr.EventData) -> Iterator[str]:
        turn, question = _asked(event._data)
        yield from replies(answerer, turn, question, _scope(event._data), _history(event._data))

    blocks = gr.Blocks(title="Refdesk", analytics_enabled=False, fill_width=True)
    with blocks:
        page = gr.HTML(
            value="",
            html_template=_web("chat.html"),
            js_on_load="\n".join(map(_web, SCRIPTS)),
            apply_default_css=False,
            elem_id="refdesk",
            summary=summary,
            examples=list(examples),
            uploads=_offered(beside.uploads),
            evidence=beside.evidence is not None,
        )
        asked = page.ask(
            ask,
            inputs=None,
            outputs=[page],
            show_progress="hidden",
            trigger_mode="multiple",  # the page asks one at a time; "once" would block it after a stop
            concurrency_limit=concurrency,
            api_visibility="private",
        )
        over = "() => { document.dispatchEvent(new Event('refdesk:over')); }"
        asked.then(None, js=over)
        asked.failure(None, js=over)
        page.halt(None, cancels=[asked], api_visibility="private")
    blocks.queue(default_concurrency_limit=concurrency, max_size=WAITING_ROOM, api_open=False)
    return blocks


def replies(
    answerer: Answerer,
    turn: str,
    question: str,
    scope: Scope = Scope(),  # noqa: B008 - frozen
    history: Sequence[Turn] = (),
) -> Iterator[str]:
    """One question's replies as HTML: each stage, drafts, then the answer. It never raises."""
    question = question.strip()
    if not question:
        yield render.notice(turn, "Please type a question.")
        return
    if len(question) > MAX_QUESTION:
        yield render.notice(turn, f"Please ask in at most {MAX_QUESTION:,} characters.")
        return
    try:
        for step in answerer.answering(question, scope, history):
            if isinstance(step, Answer):
                yield render.answer(turn, step)
                return
            yield render.draft(turn, step.answer) if isinstance(step, Draft) else render.working(turn, step)
        raise RuntimeError("the assistant ended without an answer")
    except QuestionError as error:
        yield render.notice(turn, str(error))
    except StoreError as error:
        logger.error("%s", error)
        yield render.notice(turn, "The documents cannot be searched just now. Please try again later.")
    except Exception:
        # The visitor gets one friendly line; what happened, and where, is for the server's log.
        logger.exception("a question could not be answered")
        yield render.notice(turn, SORRY)


def mount(app: "FastAPI", blocks: "gr.Blocks", path: str = "/", beside: Beside = NOTHING) -> None:
    """Serves the page under ``path`` of ``app``, with only the routes that the page needs."""
    import gradio as gr

    prefix = path.rstrip("/")
    app.router.routes.extend(routes(prefix, beside.uploads, beside.evidence))
    app.add_middleware(Guard, prefix=prefix, upload_bytes=beside.uploads.max_bytes if beside.uploads else 0)
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


def check_port(host: str, port: int) -> None:
    """Raises PortInUse when ``host``:``port`` cannot be listened on. Loads nothing."""
    _listen(host, port).close()


def launch(blocks: "gr.Blocks", *, host: str = "127.0.0.1", port: int = 7860, beside: Beside = NOTHING) -> None:
    """Serves the page until interrupted."""
    with _listen(host, port) as listener:
        import uvicorn
        from fastapi import FastAPI

        bound = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                if self.started:
                    print(f"Refdesk is listening on http://{shown}:{bound}", flush=True)

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                _end_within(END, 128 + sig)
                super().handle_exit(sig, frame)

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                """Also what visitors brought along goes: after this, a signal to end may leave no more time."""
                await super().shutdown(sockets)
                if beside.uploads:
                    await asyncio.to_thread(beside.uploads.close)

        app = FastAPI(title="Refdesk", openapi_url=None)
        mount(app, blocks, beside=beside)
        # Open pages hold a connection for ever; a second is enough for what is being sent.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        with contextlib.suppress(KeyboardInterrupt):
            Server(config).run(sockets=[listener])


def _end_within(seconds: float, code: int) -> None:
    """End this process then at the latest, whatever its threads are at: what is half done is undone at the next start.

    The store is whole at any moment, and processes that read files end with this one.
    """
    last = threading.Timer(seconds, os._exit, (code,))
    last.daemon = True
    last.start()


def _asked(data: Any) -> tuple[str, str]:
    """Turn and question as the page sent them; anyone can send anything, so both become plain strings."""
    given = data if isinstance(data, dict) else {}
    turn, question = given.get("turn"), given.get("question")
    return _text(turn)[:40], _text(question)


def _scope(data: Any) -> Scope:
    """What the conversation that the page speaks for may see: everyone's documents and its own."""
    return Scope(owner=owner_of(data.get("conversation") if isinstance(data, dict) else None))


def _history(data: Any) -> list[Turn]:
    """What was asked and said before, as the page tells it: the latest few, and no more than that of each."""
    given = data.get("history") if isinstance(data, dict) else None
    turns = [turn for turn in given if isinstance(turn, list) and len(turn) == 3] if isinstance(given, list) else []
    return [Turn(*(_text(part)[:MAX_QUESTION] for part in turn)) for turn in turns[-REMEMBERED:]]


def _offered(uploads: Uploads | None) -> dict[str, Any] | None:
    if uploads is None:
        return None
    limit = f"{uploads.max_bytes // MEGABYTE} MB"
    return {
        "bytes": uploads.max_bytes,
        "limit": limit,
        "formats": [suffix for suffix, kind in FORMATS.items() if kind.is_ready()],
    }


def _text(value: object) -> str:
    """The value if it is a text; half of a surrogate pair, which no reply can hold, is left out."""
    return value.encode("utf-8", "ignore").decode("utf-8") if isinstance(value, str) else ""


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:  # the resolver would quietly take it modulo 65,536
        raise PortInUse(f"cannot listen on port {port}: ports end at 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PortInUse(f"cannot listen on {host}: {getattr(error, 'strerror', None) or error}") from error
    try:
        if os.name == "posix":  # elsewhere the option lets two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if "in use" in str(error).lower():
            raise PortInUse(f"port {port} is taken; choose another with --port") from error
        raise PortInUse(f"cannot listen on {host}:{port}: {error}") from error
    return listener


@cache
def _web(name: str) -> str:
    return (resources.files("qa.serving") / "web" / name).read_text("utf-8")


def _theme() -> Any:
    """The visitor's own fonts: a plain name would be looked for on this server, a Google font elsewhere."""
    from gradio.themes import Base
    from gradio.themes.utils.fonts import Font

    sans = [Font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "sans-serif")]
    return Base(font=sans, font_mono=[Font("ui-monospace"), Font("monospace")])
