"""Pages of our own, by a template each: they need no script, and their policy allows none. Parts of the chat's, too."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

from qa.serving.html.escape import escape
from qa.serving.html.messages import Words, words_of


def page_response(
    template: str, status: int = 200, *, with_form: bool = False, say: Words | None = None, **shown: Any
) -> Response:
    """A page by one of the templates, under a policy that allows it nothing but its style and, maybe, a form.

    ``say`` has its words, English where it is not given.
    """
    html = _template(template).render(say=say or words_of(), **shown)
    return HTMLResponse(html, status, {"content-security-policy": _policy(with_form), "cache-control": "no-store"})


def fragment(template: str, say: Words, **shown: Any) -> str:
    """A part of the chat's page by one of the templates, which is escaped."""
    return _template(template).render(say=say, **shown)


@cache
def _style() -> str:
    return (resources.files("qa.serving.html") / "document.css").read_text("utf-8")


@cache
def _policy(with_form: bool) -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    sent_to = "'self'" if with_form else "'none'"
    nothing_else = f"base-uri 'none'; form-action {sent_to}; frame-ancestors 'self'"
    return f"default-src 'none'; style-src 'sha256-{digest}'; {nothing_else}"


@cache
def _template(name: str) -> Template:
    templates = Environment(
        loader=PackageLoader("qa.serving.html"), autoescape=True, finalize=escape, undefined=StrictUndefined
    )
    templates.globals["style"] = _style()
    return templates.get_template(name)
