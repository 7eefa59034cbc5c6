"""Randomly damaged real files give a document or a one-line error, within limits of time and memory."""

from __future__ import annotations

import io
import resource
import time
import zipfile
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_files import FILES, zip_file

from documents.blocks import check_structure
from documents.document import DocumentError
from documents.load import parts_of
from documents.normalise import normalise

SECONDS = 10.0  # limit of processor time for one damaged file
MEGABYTES = 600  # limit of additional memory for it
MB = 1024  # in the kilobytes that getrusage reports


@cache
def real(name: str) -> bytes:
    """The file of that name, whole."""
    return FILES[name]()


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """A damaged copy of a real file or, for a container, one with a damaged member."""
    whole = real(name)
    if not zipfile.is_zipfile(io.BytesIO(whole)) or draw(st.booleans()):
        return draw(_harmed(whole))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    member = draw(st.sampled_from(sorted(members)))
    return zip_file({**members, member: draw(_harmed(members[member]))})


@st.composite
def _harmed(draw: st.DrawFn, whole: bytes) -> bytes:
    """The data truncated, with flipped bits or overwritten bytes, spliced with another file, or repeated."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("cut", "flip", "write", "join", "repeat", "drop")))
        place = draw(st.integers(0, max(0, len(data) - 1)))
        if kind == "cut":
            del data[place:]
        elif kind == "flip" and data:
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "write":
            data[place : place + 8] = draw(st.binary(min_size=1, max_size=8))
        elif kind == "join":
            data += real(draw(st.sampled_from(list(FILES))))
        elif kind == "repeat":
            data[place:place] = data[place : place + 200] * draw(st.integers(1, 20))
        else:
            del data[place : place + draw(st.integers(1, 100))]
    return bytes(data)


def check(data: bytes, name: str) -> None:
    """Reading stays within the limits and gives valid documents or one-line reasons."""
    began, before = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        for part in parts_of(data, name):
            if part.document is None:
                assert_one_line(part.reason, name)
                continue
            document = part.document
            assert document.text.strip()
            assert document.text == normalise(document.text)
            check_structure(document.text, document.blocks, document.tables)
            assert all(0 <= page.start <= page.end <= len(document.text) for page in document.pages)
            assert all(page.end <= after.start for page, after in zip(document.pages, document.pages[1:], strict=False))
            for section in document.sections:
                assert section.start < section.heading_end <= section.end <= len(document.text)
    except DocumentError as error:
        assert_one_line(str(error), name)
    assert time.thread_time() - began < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * MB


def assert_one_line(message: str, name: str) -> None:
    assert message.startswith(name)
    assert "\n" not in message


def _fuzz(name: str, examples: int) -> Callable[[], None]:
    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(damaged(name))
    def fuzz(data: bytes) -> None:
        check(data, name)

    return fuzz


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_give_a_document_or_a_one_line_error(name: str) -> None:
    _fuzz(name, 20)()


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_damaged_files_give_a_document_or_a_one_line_error(name: str) -> None:
    _fuzz(name, 500)()
