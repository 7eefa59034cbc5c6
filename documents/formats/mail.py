"""Mail: each message a document with its date; attachments of known formats are documents below it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from documents.decode import decode
from documents.document import DocumentError, Part
from documents.formats import Inside, html, safe_name
from documents.formats.build import Builder
from documents.formats.table import FORMATS, suffix_of

PARSER = "mail/1"

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_KEPT = ("From", "To", "Subject", "Date")
_SEPARATOR = re.compile(rb"^From [^\r\n]*\r?\n", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_MAX_PARTS = 1_000
_LONGEST_FIELD = 500


def of_message(data: bytes, name: str, inside: Inside) -> Iterator[Part]:
    """The message, and each attachment of a known format; raises DocumentError for what is no mail."""
    yield from _message(data, name, "", inside)


def of_mailbox(data: bytes, name: str, inside: Inside) -> Iterator[Part]:
    """Each message of a mailbox, by its number, with its attachments; one that cannot be read is told."""
    starts = [found for found in _SEPARATOR.finditer(data) if _begins(data, found.start())]
    if not starts:
        raise DocumentError(f"{name}: not a mailbox (no line begins with 'From ')")
    ends = [found.start() for found in starts[1:]] + [len(data)]
    for number, (found, end) in enumerate(zip(starts, ends, strict=True), start=1):
        inside.budget.take(end - found.end(), name)
        message = _QUOTED.sub(rb"\1", data[found.end() : end])
        try:
            yield from _message(message, f"{name}/{number}", str(number), inside)
        except DocumentError as error:
            yield Part(str(number), None, str(error))


def _begins(data: bytes, start: int) -> bool:
    """Whether a line "From …" begins a message: it stands first, or below an empty line."""
    return start == 0 or data[max(0, start - 4) : start].replace(b"\r", b"").endswith(b"\n\n")


def _message(data: bytes, name: str, place: str, inside: Inside) -> Iterator[Part]:
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        fields = {field: value for field in _SHOWN if (value := _field(message, field))}
        if not fields:
            raise DocumentError(f"{name}: not a mail (it has none of the fields {', '.join(_SHOWN)})")
        parts = _leaves(message, name)
    except (DocumentError, RecursionError) as error:
        raise error if isinstance(error, DocumentError) else DocumentError(f"{name}: nested too deep") from error
    except Exception as error:  # the email package raises what its header parsers stumble over
        raise DocumentError(f"{name}: not a readable mail; save it anew") from error
    builder = Builder(PARSER)
    for number, (field, value) in enumerate(fields.items()):
        builder.line(f"{field}: {value}", first=number == 0)
    body = _body(parts)
    if body is not None:
        _add_body(body, name, builder)
    kept = tuple((field.lower(), fields[field][:_LONGEST_FIELD]) for field in _KEPT if field in fields)
    document = builder.document(name, fields.get("Subject", ""))
    yield Part(place, document, modified=_date(fields.get("Date", "")), metadata=kept)
    for part in parts:
        if part is not body:
            yield from _attachment(part, name, place, inside)


def _field(message: EmailMessage, field: str) -> str:
    """A header's value, in one line; as it is written where it cannot be decoded."""
    try:
        value = message.get(field)
    except Exception:  # what a header's parser cannot take, the raw header still tells
        value = next((raw for key, raw in message.raw_items() if key.lower() == field.lower()), "")
    return " ".join(str(value or "").split())


def _leaves(message: EmailMessage, name: str) -> list[EmailMessage]:
    """The parts that hold content."""
    found: list[EmailMessage] = []
    for number, part in enumerate(message.walk()):
        if number > _MAX_PARTS:
            raise DocumentError(f"{name}: more than {_MAX_PARTS} parts in one mail, the limit")
        if not part.is_multipart():
            found.append(part)
    return found


def _body(parts: list[EmailMessage]) -> EmailMessage | None:
    """The part that is the message's text: the first plain one, else the first of HTML."""
    inline = [part for part in parts if part.get_content_disposition() != "attachment" and not part.get_filename()]
    for kind in ("text/plain", "text/html"):
        for part in inline:
            if part.get_content_type() == kind and _payload(part).strip():
                return part
    return None


def _add_body(part: EmailMessage, name: str, builder: Builder) -> None:
    text = _decoded(part, name)
    if part.get_content_type() == "text/html":
        html.add(text, name, builder)
        return
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        builder.paragraph(block)


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: EmailMessage, name: str) -> str:
    payload = _payload(part)
    try:
        return payload.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeError):
        return decode(payload, name)


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _attachment(part: EmailMessage, name: str, place: str, inside: Inside) -> Iterator[Part]:
    """The documents of an attachment, below the message."""
    member = safe_name(part.get_filename() or "").rpartition("/")[2]
    kind = FORMATS.get(suffix_of(member))
    if kind is None or not kind.is_ready():
        return
    content = _payload(part)
    inside.budget.take(len(content), name)
    shown = f"{name}/{member}"
    try:
        deeper = inside.deeper(name)
    except DocumentError as error:
        yield Part(member, None, str(error)).below(place) if place else Part(member, None, str(error))
        return
    for found in inside.read(content, shown, member, deeper):
        yield found.below(place) if place else found
