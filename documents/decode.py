"""Bytes -> text, when nobody says in which encoding they are."""

from __future__ import annotations

import codecs
import re

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
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
_SAMPLE = 256 * 1024  # bytes that are enough to recognise an encoding by


def decode(data: bytes, name: str) -> str:
    """The text that ``data`` encodes: by its byte order mark, as UTF-8, as UTF-16, or as its letters suggest.

    Raises DocumentError, naming ``name``, for what is no text.
    """
    text = _marked(data)
    if text is None:
        text = _strict(data, "utf-8")
    if text is None or text.count("\0") > len(text) / 10:
        text = _utf16(data) if b"\0" in data else _guessed(data)
    if text is None or len(_CONTROL.findall(text)) > len(text) / 50:
        raise DocumentError(
            f"{name}: not a text file (it holds binary data); convert it to plain text or Markdown first"
        )
    return text


def _marked(data: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    return None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _utf16(data: bytes) -> str | None:
    """As UTF-16 without a mark. ASCII characters (spaces, line feeds) have their zero on the same side."""
    zeros = data[0::2].count(0), data[1::2].count(0)
    if min(zeros) * 20 > max(zeros):
        return None
    return _strict(data, "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le")


def _guessed(data: bytes) -> str | None:
    """In the encoding of a time before Unicode whose letters make the most sense."""
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=list(_LEGACY)).best()
    return None if best is None else data.decode(best.encoding, errors="replace")
