"""Mail: each message is a document with its date; attachments of known formats are documents below it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from documents.decode import decode, decode_as
from documents.document import DocumentError, Part
from documents.formats import Nesting, html, safe_name, suffix_of, unused
from documents.formats.build import Builder
from documents.formats.icalendar import add_entry, entries, summary
from documents.formats.mail_text import add_text
from documents.quoted_mails import with_quoted_mails

PARSER = "mail/6"

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_KEPT = ("From", "To", "Subject", "Date")
_SEPARATOR = re.compile(rb"^From [^\r\n]*\r?\n", re.MULTILINE)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_MAX_PARTS = 1_000
_MAILS = ("message/rfc822", "message/global")
_TEXTS = ("text/plain", "text/html", "text/markdown", "text/x-patch", "text/x-diff")
_PACKED = ("application/ms-tnef", "application/vnd.ms-tnef")
_PACKED_NAME = "winmail.dat"
_NOT_UNPACKED = "Outlook packed the mail's attachments in a format of its own (TNEF); unpack it and add what is in it"
_AS_WRITTEN = email.policy.default.clone(refold_source="none")
_LONGEST_FIELD = 500
_FULLER = 3  # times the letters of a plain text, in another form of the same mail that is read in its place
_LATEST_DATE = 8  # word of a separator: an address may be "ann at example.org (Ann)"


def of_message(data: bytes, name: str, nesting: Nesting) -> Iterator[Part]:
    """The message and each attachment of a known format; raises DocumentError where the data is not a mail."""
    yield from _message(data, name, "", nesting)


def of_mailbox(data: bytes, name: str, nesting: Nesting) -> Iterator[Part]:
    """Each message of a mailbox, named by its number, and its attachments; an unreadable one carries the reason."""
    starts = [found for found in _SEPARATOR.finditer(data) if _begins(data, found.start())]
    if not starts:
        raise DocumentError(f"{name}: not a mailbox (no line begins with 'From ')")
    if _is_dated(starts[0][0]):  # else this mailbox's programs leave the date out
        starts = [found for found in starts if _is_dated(found[0])]
    ends = [found.start() for found in starts[1:]] + [len(data)]
    for number, (found, end) in enumerate(zip(starts, ends, strict=True), start=1):
        nesting.budget.take(end - found.end(), name)
        message = _QUOTED.sub(rb"\1", data[found.end() : end])
        try:
            yield from _message(message, f"{name}/{number}", str(number), nesting)
        except DocumentError as error:
            yield Part(str(number), None, str(error))


def _begins(data: bytes, start: int) -> bool:
    """Whether a line "From …" begins a message: it is the first line or follows an empty one."""
    return start == 0 or data[max(0, start - 4) : start].replace(b"\r", b"").endswith(b"\n\n")


def _is_dated(line: bytes) -> bool:
    """Whether a line "From ADDRESS DATE" has its date; a sentence that begins with "From" has none."""
    words = line[:_LONGEST_FIELD].decode("latin-1").split()
    return any(_date(" ".join(words[place:])) is not None for place in range(2, _LATEST_DATE))


def _message(data: bytes, name: str, place: str, nesting: Nesting) -> Iterator[Part]:
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        fields = {field: value for field in _SHOWN if (value := _field(message, field))}
        if not fields:
            raise DocumentError(f"{name}: not a mail (it has none of the fields {', '.join(_SHOWN)})")
        parts = _leaves(message, name)
        body = _body(message, nesting)
    except (DocumentError, RecursionError) as error:
        raise error if isinstance(error, DocumentError) else DocumentError(f"{name}: nested too deep") from error
    except Exception as error:  # the email package passes on any error of its header parsers
        raise DocumentError(f"{name}: not a readable mail; save it again") from error
    builder = Builder(PARSER)
    with builder.block("header"):
        for field, value in fields.items():
            builder.field(field, value)
    for part in body:
        _add_body(part, name, builder)
    invitations = [part for part in parts if _is_invitation(part)]
    _add_invitations(invitations, name, builder, is_all=not body)
    kept = tuple((field.lower(), fields[field][:_LONGEST_FIELD]) for field in _KEPT if field in fields)
    document = with_quoted_mails(builder.document(name, fields.get("Subject", "")), is_mail=True)
    yield Part(place, document, modified=_date(fields.get("Date", "")), metadata=kept)
    taken: set[str] = set()
    shown = {_payload(part) for part in invitations}  # they are often attached, too
    for part in parts:
        if part not in body and _payload(part) not in shown:
            for found in _attachment(part, name, taken, nesting):
                yield found.below(place) if place else found


def _field(message: EmailMessage, field: str) -> str:
    """A header's value in one line, undecoded where it cannot be decoded."""
    try:
        value = message.get(field)
    except Exception:  # a header that its parser rejects is taken as it is written
        value = next((raw for key, raw in message.raw_items() if key.lower() == field.lower()), "")
    return " ".join(str(value or "").split())


def _leaves(message: EmailMessage, name: str) -> list[EmailMessage]:
    """The parts that hold content; a mail within the mail counts as one part."""
    found: list[EmailMessage] = []
    left, seen = [message], 0
    while left:
        part = left.pop()
        seen += 1
        if seen > _MAX_PARTS:
            raise DocumentError(f"{name}: more than {_MAX_PARTS} parts in one mail, the limit")
        below = _below(part)
        left += reversed(below)
        if not below:
            found.append(part)
    return found


def _below(part: EmailMessage) -> list[EmailMessage]:
    """The sub-parts of a part; none where it holds content or is itself a mail."""
    payload = part.get_payload() if part.is_multipart() and part.get_content_type() not in _MAILS else []
    return [each for each in payload if isinstance(each, EmailMessage)] if isinstance(payload, list) else []


def _body(part: EmailMessage, nesting: Nesting) -> list[EmailMessage]:
    """The parts that form the message's text: all inline ones, and of alternatives the plain one, else the first.

    A plain one with a fraction of the words only says that the mail is to be read elsewhere.
    """
    below = _below(part)
    if not below:
        return [part] if _is_text(part, nesting) else []
    texts = [found for own in below if (found := _body(own, nesting))]
    if part.get_content_type() != "multipart/alternative":
        return [each for found in texts for each in found]
    plain = next((found for found in texts if any(each.get_content_type() == "text/plain" for each in found)), [])
    others = (found for found in texts if found is not plain)
    fuller = (found for found in others if _FULLER * _letters(plain) < _letters(found))
    return (next(fuller, plain) if plain else texts[0]) if texts else []


def _letters(parts: Sequence[EmailMessage]) -> int:
    """How many letters and figures the parts show."""
    builder = Builder(PARSER)
    try:
        for part in parts:
            _add_body(part, "", builder)
        text = builder.document("").text
    except DocumentError:
        return 0
    return sum(map(str.isalnum, text))


def _is_text(part: EmailMessage, nesting: Nesting) -> bool:
    """Whether a part is text of the message rather than an attached file."""
    if part.get_content_disposition() == "attachment" or part.get_content_type() not in _TEXTS:
        return False
    return nesting.limit_of(part.get_filename() or "") is None and bool(_payload(part).strip())


def _add_body(part: EmailMessage, name: str, builder: Builder) -> None:
    text = _decoded(part, name)
    if part.get_content_type() == "text/html":
        html.add(text, name, builder)
    else:
        add_text(text, builder)


def _is_invitation(part: EmailMessage) -> bool:
    return part.get_content_type() == "text/calendar" and part.get_content_disposition() != "attachment"


def _add_invitations(parts: Sequence[EmailMessage], name: str, builder: Builder, *, is_all: bool) -> None:
    """Add what the mail invites to; unless it ``is_all`` that the mail has, its text says what it is about."""
    for text in dict.fromkeys(_decoded(part, name) for part in parts):
        for entry in entries(text):
            builder.field("What", summary(entry))
            add_entry(entry, builder, with_description=is_all)


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: EmailMessage, name: str) -> str:
    payload = _payload(part)
    try:
        return decode_as(payload, part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeError):
        return decode(payload, name)


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _attachment(part: EmailMessage, name: str, taken: set[str], nesting: Nesting) -> Iterator[Part]:
    """The documents of an attachment, under a name that is not among ``taken``."""
    member = safe_name(part.get_filename() or "").rpartition("/")[2]
    if part.get_content_type() in _MAILS and suffix_of(member) != ".eml":
        member = f"{member or 'message'}.eml"
    if part.get_content_type() in _PACKED or member.lower() == _PACKED_NAME:
        yield Part(unused(member or _PACKED_NAME, taken), None, f"{name}/{member}: {_NOT_UNPACKED}")
        return
    if nesting.limit_of(member) is None:
        return
    member = unused(member, taken)
    try:
        content = _content(part, f"{name}/{member}")
        deeper = nesting.deeper(name)
    except DocumentError as error:
        yield Part(member, None, str(error))
        return
    nesting.budget.take(len(content), name)
    yield from nesting.read(content, f"{name}/{member}", member, deeper)


def _content(part: EmailMessage, name: str) -> bytes:
    """The bytes of an attached file; of an attached mail, those that were sent."""
    if part.get_content_type() not in _MAILS or not part.is_multipart():
        return _payload(part)
    try:
        return part.get_payload(0).as_bytes(policy=_AS_WRITTEN)  # type: ignore[union-attr]
    except Exception as error:  # the email package passes on any error of its header parsers
        raise DocumentError(f"{name}: not a readable mail; save it again") from error
