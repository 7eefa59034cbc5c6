"""Errors of a server or of the connection to it -> one line that says what to do."""

from __future__ import annotations

import re

import httpx2
import openai

_CONTEXT = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|size|window)|maximum context|prompt is too long",
    re.IGNORECASE,
)


def explain(error: Exception, name: str, model: str, seconds: float, tries: int, has_key: bool) -> str:
    """What ``error``, raised by the client or its HTTP library, means for a request to ``model`` on server ``name``."""
    if isinstance(error, openai.APIStatusError):
        return _explain_status(error, name, model, tries, has_key)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) and error.__cause__ else error
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        return (
            f"{name} was silent for {seconds:g} seconds: set REFDESK_GENERATION_SECONDS to more, or use a smaller model"
        )
    reason = str(cause) or type(cause).__name__
    if isinstance(error, openai.APIConnectionError):
        return f"{name} cannot be reached ({reason}): start the server there, or set REFDESK_BASE_URL to where it is"
    if isinstance(error, httpx2.HTTPError):
        return f"{name} stopped in mid-answer ({reason}): ask again"
    return f"{name} cannot be asked: {reason}"


def _explain_status(error: openai.APIStatusError, name: str, model: str, tries: int, has_key: bool) -> str:
    status, reason = error.status_code, _reason(error)
    if status == 401:
        return f"{name} {'refuses the key' if has_key else 'needs a key'}: set REFDESK_API_KEY to a key of that server"
    if status == 404:
        return (
            f"{name} knows no model {model!r}, or no chat at this address (it often ends in /v1): "
            f"check REFDESK_MODEL and REFDESK_BASE_URL{reason}"
        )
    if _CONTEXT.search(f"{error.code} {error.type} {reason}"):
        return f"the prompt is longer than {model} can read: set REFDESK_CONTEXT to its context, or less{reason}"
    if status == 429:
        return f"{name} has too many requests and refused {tries} tries: wait, then ask again{reason}"
    if 300 <= status < 400:
        new = error.response.headers.get("location", "its new address")
        return f"{name} has moved: set REFDESK_BASE_URL to {new}"
    if status >= 500:
        return f"{name} failed with status {status} in {tries} tries{reason}"
    return f"{name} refuses the request with status {status}{reason}"


def _reason(error: openai.APIStatusError) -> str:
    """The server's own message after a colon; "" where it sent none, or a web page."""
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error")
    return f": {body}" if isinstance(body, str) and body.strip() and not body.lstrip().startswith("<") else ""
