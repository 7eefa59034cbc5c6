"""Reading a benchmark's files: JSON or JSON Lines, plain, gzip or bzip2; errors name the file and the line."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from documents.normalise import normalise
from qa.evaluation.datasets.dataset import DatasetError

_PACKERS = (("gzip", b"\x1f\x8b", gzip.decompress), ("bzip2", b"BZh", bz2.decompress))
PACKED = (".gz", ".bz2")
LISTS = ("data", "results", "input_data")
"""The fields in which a file's only object has the list of its records: SQuAD's, and RAGChecker's."""


class DatasetRecord(NamedTuple):
    """One JSON object of a benchmark's file; ``where`` is its place for error messages, such as "qa.jsonl: line 3"."""

    where: str
    fields: Mapping[str, Any]

    def text(self, *names: str) -> str:
        """The first field of ``names`` that is present, a string or a number, as stripped text; "" if there is none.

        Raises:
            DatasetError: the field holds something else.
        """
        name = self._present(names)
        if name is None:
            return ""
        value = self.fields[name]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise DatasetError(f"{self.where}: {name} must be a text, not {shown(value)}")
        return str(value).strip()

    def required(self, *names: str) -> str:
        """Like ``text``, but the field must be there.

        Raises:
            DatasetError: the field is missing or empty.
        """
        value = self.text(*names)
        if not value:
            raise DatasetError(f"{self.where}: {' or '.join(names)} is missing or empty")
        return value

    def given(self, *names: str) -> str:
        """Like ``text``, but the field must be there, though it may be empty.

        Raises:
            DatasetError: the field is missing or null.
        """
        if self._present(names) is None:
            raise DatasetError(f"{self.where}: {' or '.join(names)} is missing; it may be an empty text")
        return self.text(*names)

    def context(self, *names: str) -> str:
        """The text that the first of ``names`` that is there holds, exactly as it stands.

        Raises:
            DatasetError: it is missing, empty or no text.
        """
        name = next((name for name in names if name in self.fields), names[0])
        context = self.fields.get(name)
        if not isinstance(context, str) or not normalise(context):
            raise DatasetError(f"{self.where}: {name} must be a text that is not empty, not {shown(context)}")
        return context

    def texts(self, name: str) -> list[str]:
        """The texts of the list that the field holds, exactly as they stand.

        Raises:
            DatasetError: it holds no list of texts.
        """
        values = self.fields.get(name)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise DatasetError(f"{self.where}: {name} must be a list of texts, not {shown(values)}")
        return values

    def parts(self, name: str, what: str) -> list[DatasetRecord]:
        """The objects of the list that the field holds; each is a ``what`` in error messages.

        Raises:
            DatasetError: it holds no list of objects.
        """
        values = self.fields.get(name)
        if not isinstance(values, list):
            raise DatasetError(f"{self.where}: {name} must be a list, not {shown(values)}")
        return [as_record(value, f"{self.where}, {what} {number}") for number, value in enumerate(values, start=1)]

    def part(self, name: str) -> DatasetRecord:
        """The object that the field holds.

        Raises:
            DatasetError: it holds none.
        """
        return as_record(self.fields.get(name), f"{self.where}, {name}")

    def flag(self, name: str) -> bool:
        """Whether the field holds true.

        Raises:
            DatasetError: it holds neither true nor false.
        """
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise DatasetError(f"{self.where}: {name} must be true or false, not {shown(value)}")
        return value

    def whole(self, name: str) -> int:
        """The whole number that the field holds.

        Raises:
            DatasetError: it holds none.
        """
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise DatasetError(f"{self.where}: {name} must be a whole number, not {shown(value)}")
        return value

    def named(self, *names: str) -> dict[str, str]:
        """Those of the fields called so that hold something, by their names.

        Raises:
            DatasetError: one of them is no text.
        """
        return {name: value for name in names if (value := self.text(name))}

    def _present(self, names: Iterable[str]) -> str | None:
        """The first of ``names`` that holds something: neither null nor NaN, which tables have for it."""
        values = ((name, self.fields.get(name)) for name in names)
        return next((name for name, value in values if value is not None and value == value), None)


def read(path: Path) -> bytes:
    """The file's content, decompressed if it is gzip or bzip2.

    Raises:
        DatasetError: the file cannot be read or decompressed.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise DatasetError(f"no such file or folder: {path}") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    for kind, begins, unpacked in _PACKERS:
        if data.startswith(begins):
            try:
                return unpacked(data)
            except (EOFError, OSError, ValueError, zlib.error) as error:
                raise DatasetError(f"{path}: the {kind} file is damaged ({error}); fetch it again") from error
    return data


def decoded(data: bytes, name: str) -> str:
    """The text of UTF-8 data, with or without a byte order mark.

    Raises:
        DatasetError: the data is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(f"{name}: line {line} is not UTF-8 text; save the file as UTF-8") from error


def parse(data: bytes, name: str) -> Any:
    """The value of a JSON file, or the list of records of a JSON Lines file.

    Raises:
        DatasetError: the data is neither.
    """
    text = decoded(data, name)
    if not text.strip():
        raise DatasetError(f"{name}: the file is empty")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":  # what a second line looks like
            raise DatasetError(f"{name}: line {error.lineno} is not JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets a thousand deep
        raise DatasetError(f"{name}: is JSON that cannot be read ({error})") from error
    return list(json_lines(data, name))


def json_lines(data: bytes, name: str) -> Iterator[DatasetRecord]:
    """The records of a JSON Lines file; empty lines and comments are skipped.

    Raises:
        DatasetError: a line is not a JSON object.
    """
    for number, line in enumerate(decoded(data, name).split("\n"), start=1):
        if line.strip():
            where = f"{name}: line {number}"
            try:
                fields = json.loads(line)
            except json.JSONDecodeError as error:
                raise DatasetError(f"{where} is not JSON ({error.msg})") from error
            except (ValueError, RecursionError) as error:
                raise DatasetError(f"{where} is JSON that cannot be read ({error})") from error
            if not is_comment(fields):
                yield as_record(fields, where)


def as_record(value: object, where: str) -> DatasetRecord:
    """The JSON value as a record.

    Raises:
        DatasetError: the value is not a JSON object.
    """
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: a JSON object is needed, not {shown(value)}")
    return DatasetRecord(where, value)


def is_comment(value: object) -> bool:
    """Whether the value is an object whose only field is ``comment``."""
    return isinstance(value, dict) and value.keys() == {"comment"}


def listed(data: bytes, name: str, what: str) -> list[DatasetRecord]:
    """The records of a JSON list or of JSON Lines, each a ``what`` in error messages.

    Raises:
        DatasetError: the data is neither, or holds no record.
    """
    value = parse(data, name)
    if not isinstance(value, list) or not value:
        raise DatasetError(f"{name}: must be a list of {what}s, not {shown(value)}")
    return [
        entry if isinstance(entry, DatasetRecord) else as_record(entry, f"{name}: {what} {number}")
        for number, entry in enumerate(value, start=1)
    ]


def digest(contents: Iterable[bytes]) -> str:
    """SHA-256 of one content; of several, SHA-256 of their concatenated hex digests."""
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def shown(value: object) -> str:
    """The value as JSON, cut to 60 characters for an error message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"
