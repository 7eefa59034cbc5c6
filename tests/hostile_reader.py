"""A reader of files that do to their reader what their first word says; named to ``documents.workers.read``."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from documents.document import Document, DocumentError, Page
from documents.load import Part


@dataclass(frozen=True)
class Options:
    ending: str = ""
    fields: tuple[str, ...] = ()


def parts(path: Path, options: Options = Options()) -> Iterator[Part]:
    assert isinstance(options.fields, tuple)
    word, _, rest = path.read_text("utf-8").partition(" ")
    match word:
        case "crash":
            ctypes.string_at(0)
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(600)
        case "spin":
            while True:
                pass
        case "eat":
            _ = [bytearray(64 * 1024**2) for _ in range(1000)]
        case "raise":
            raise KeyError("two\nlines")
        case "refuse":
            raise DocumentError(f"{path}: holds nothing")
        case "flood":
            yield Part("", Document("x" * 40_000_000))
        case "garble":
            for stream in range(3, 20):
                with suppress(OSError):
                    os.write(stream, b"\0\0\0\4junk")
        case "call":
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname(), 2).close()
        case "print":
            sys.stdout.write("not an answer\n")
            sys.stdout.flush()
            os.write(1, b"nor this")
            assert sys.stdin.read() == ""
        case "secret":
            rest = os.environ.get("REFDESK_SECRET", "no secret")
        case "pages":
            texts, at = rest.split("|"), 0
            pages = []
            for number, text in enumerate(texts, start=1):
                pages.append(Page(number, at, at + len(text)))
                at += len(text) + 1
            yield Part("", Document("\n".join(texts), pages=tuple(pages)), modified=path.stat().st_mtime)
            return
        case "archive":
            for number, text in enumerate(rest.split("|")):
                name = f"{number}.txt" if "/" not in text else text
                yield (
                    Part(name, None, "empty") if not text else Part(name, Document(text + options.ending), modified=5.0)
                )
            return
    yield Part("", Document(f"{word} {rest}".strip() if word != "secret" else rest), modified=path.stat().st_mtime)
