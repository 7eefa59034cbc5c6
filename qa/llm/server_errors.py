"""What can go wrong between us and a server, each in one line that says what to do."""

from __future__ import annotations

import re

import httpx2
import openai

_CONTEXT = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|size|window)|maximum context|prompt is too long",
    re.IGNORECASE,
)


def told(error: Exception, name: str, model: str, seconds: float, tries: int, has_key: bool) -> str:
    """What ``error`` of the client or its HTTP library means for who asks ``model`` of the server ``name``."""
    if isinstance(error, openai.APIStatusError):
        return _status(error, name, model, tries, has_key)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) and error.__cause__ else error
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        return (
            f"{name} was silent for {seconds:g} seconds: set REFDESK_GENERATION_SECONDS to more, or ask a smaller model"
        )
    reason = str(cause) or type(cause).__name__
    if isinstance(error, openai.APIConnectionError):
        return f"{name} cannot be reached ({reason}): start the server there, or set REFDESK_BASE_URL to where it is"
    if isinstance(error, httpx2.HTTPError):
        return f"{name} broke off in mid-answer ({reason}): ask again"
    return f"{name} cannot be asked: {reason}"


def _status(error: openai.APIStatusError, name: str, model: str, tries: int, has_key: bool) -> str:
    status, said = error.status_code, _said(error)
    if status == 401:
        return f"{name} {'refuses the key' if has_key else 'wants a key'}: set REFDESK_API_KEY to one of its own"
    if status == 404:
        return (
            f"{name} knows no model {model!r}, or no chat at this address (it often ends in /v1): "
            f"check REFDESK_MODEL and REFDESK_BASE_URL{said}"
        )
    if _CONTEXT.search(f"{error.code} {error.type} {said}"):
        return f"the prompt is longer than {model} can read: set REFDESK_CONTEXT to its context, or less{said}"
    if status == 429:
        return f"{name} took no request in {tries} tries, there were too many: wait, then ask again{said}"
    if 300 <= status < 400:
        new = error.response.headers.get("location", "its new address")
        return f"{name} has moved: set REFDESK_BASE_URL to {new}"
    if status >= 500:
        return f"{name} failed with status {status} in {tries} tries{said}"
    return f"{name} refuses the request with status {status}{said}"


def _said(error: openai.APIStatusError) -> str:
    """The server's own words, where it has some that are no web page."""
    body = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error")
    return f": {body}" if isinstance(body, str) and body.strip() and not body.lstrip().startswith("<") else ""
