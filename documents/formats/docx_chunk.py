"""What programs put into Word files as a file of its own (``w:altChunk``), which Word shows in its place."""

from __future__ import annotations

import email
import email.policy
from typing import Any

from documents.decode import decode
from documents.formats import html
from documents.formats.build import Builder
from documents.formats.mail_text import add_plain

_PAGES = ("text/html", "application/xhtml+xml")
_ARCHIVES = ("message/rfc822", "application/x-mimearchive", "multipart/related")  # of a page with its pictures


def add_chunk(part: Any, name: str, builder: Builder) -> None:
    """Add the text of a web page or a plain text; other kinds say nothing."""
    kind, data = part.content_type.lower(), part.blob
    if kind in _ARCHIVES:
        message = email.message_from_bytes(data, policy=email.policy.default)
        page = next((own for own in message.walk() if own.get_content_type() in _PAGES), None)
        kind, data = (_PAGES[0], page.get_payload(decode=True)) if page else ("", b"")
    if kind in _PAGES and isinstance(data, bytes):
        html.add(html.decoded(data, name), name, builder)
    elif kind == "text/plain":
        add_plain([decode(data, name)], builder)
