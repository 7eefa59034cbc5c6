"""Bytes of unknown encoding -> text."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from unicodedata import category

from documents.document import DocumentError

_MARKS = (  # UTF-32 first: its little-endian mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = (
    *("cp1252", "gb18030", "cp932", "euc_jp", "big5", "cp949", "cp1251", "koi8_r"),
    *("cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874"),
)
_PRESUMED = ("ascii", "iso8859-1", "cp1252")  # named where nobody has thought about it
_LATIN = ("cp1250", "cp1254", "cp1257")
_STRANGE = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd-\uffff]")
_RARE = 0.1  # share of letters beyond ASCII below which a text is in Latin letters
_SAMPLE = 64 * 1024  # bytes or characters that are enough to recognise an encoding by


def decode(data: bytes, name: str) -> str:
    """The text that ``data`` encodes: by its byte order mark, as UTF-8, as UTF-16, or in the likeliest legacy encoding.

    UTF-8 may be slightly damaged: bytes that cannot be decoded become U+FFFD.

    Raises:
        DocumentError: ``data`` is not text; the message begins with ``name``.
    """
    readings = (_marked, _utf8, _utf16, _damaged_utf8, _guessed)
    text = next((text for text in (read(data) for read in readings) if text is not None), None)
    if text is None or _is_binary(text):
        raise DocumentError(
            f"{name}: not a text file (it holds binary data); convert it to plain text or Markdown first"
        )
    return text


def decode_as(data: bytes, label: str) -> str:
    """The text that ``data`` encodes by the encoding that a page or mail names.

    As browsers do (WHATWG, Encoding Standard), Latin-1 and ASCII are read as windows-1252, which they are taken for:
    quotation marks, dashes and the euro sign stand where Latin-1 has control characters. These are also what programs
    say that do not know better, so what is UTF-8 is read as that: hardly any text in Latin letters is so by chance.

    Raises:
        LookupError: there is no such encoding.
        UnicodeError: it is not of that encoding.
    """
    name = codecs.lookup(label).name
    if name not in _PRESUMED:
        return data.decode(name)
    text = _utf8(data)
    return data.decode("cp1252") if text is None else text


def _is_binary(text: str) -> bool:
    """Whether more than 2% of the characters are control or replacement characters."""
    sample = text[:_SAMPLE]
    return len(_STRANGE.findall(sample)) > max(1, len(sample) / 50)


def _marked(data: bytes) -> str | None:
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if encoding is None:
        return None
    text = data.decode(encoding, errors="replace")
    unassigned = sum(category(char) in ("Cn", "Co") for char in text[:_SAMPLE])
    return text if unassigned <= len(text[:_SAMPLE]) / 10 else None  # the bytes of the mark may stand there by chance


def _utf8(data: bytes) -> str | None:
    text = _strict(data, "utf-8")
    return None if text is None or _is_binary(text) else text


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _utf16(data: bytes) -> str | None:
    """Decode as UTF-16 without a mark, in the byte order that gives text of one script (with or without ASCII)."""
    if b"\0" not in data:
        return None
    readings = (_strict(data, "utf-16-le"), _strict(data, "utf-16-be"))
    text = max(filter(None, readings), key=_unity, default=None)
    return text if text and _unity(text) >= 0.8 else None


def _unity(text: str) -> float:
    """The share of characters in the two most common scripts, minus the share whose low byte is zero.

    ASCII in the wrong byte order looks like Chinese, but the low byte of every such character is zero.
    """
    sample = text[:_SAMPLE]
    scripts = Counter("cjk" if 0x3000 <= ord(char) < 0xD800 else ord(char) >> 8 for char in sample)
    common = sum(count for _, count in scripts.most_common(2))
    return (common - sum(ord(char) & 0xFF == 0 for char in sample)) / max(1, len(sample))


def _damaged_utf8(data: bytes) -> str | None:
    """Decode as damaged UTF-8, where intact multi-byte characters, which only UTF-8 has, outnumber broken ones."""
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd") - data.count("\ufffd".encode())
    whole = sum(char > "\x7f" for char in text) - damaged
    return text if whole >= min(2 * damaged, damaged + 2) and whole and not _is_binary(text) else None


def _guessed(data: bytes) -> str | None:
    """Decode in the legacy encoding that charset-normalizer finds likeliest."""
    from charset_normalizer import from_bytes

    # Whole lines, since a cut could split a character, and none in pure ASCII, which all these encodings share.
    lines = [line for line in data.splitlines(keepends=True) if not line.isascii()]
    sample, size = list[bytes](), 0
    for line in lines:
        size += len(line)
        if sample and size > _SAMPLE:
            break
        sample.append(line[:_SAMPLE])
    sampled = b"".join(sample)
    rare = sum(byte > 0x7F for byte in sampled) < _RARE * len(sampled)
    matches = from_bytes(sampled, cp_isolation=list(("cp1252", *_LATIN) if rare else _LEGACY))
    best = matches.best()
    if best is None:
        return None
    # The Latin code pages differ in few letters, so a short text may fit several equally: the most common one wins.
    rank = (best.chaos, best.coherence)
    equal = {match.encoding for match in matches if (match.chaos, match.coherence) == rank}
    encoding = "cp1252" if best.encoding in _LATIN and "cp1252" in equal else best.encoding
    return data.decode(encoding, errors="replace")
