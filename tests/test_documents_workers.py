"""Files that crash, hang or exhaust memory fail alone, and what a reader process sends is validated."""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import wire, workers
from documents.document import Document, DocumentError, Edition, Page, Part, Prepared, Section
from documents.prepare import MAX_SECTIONS
from documents.sketch import SIZE
from documents.workers import Limits, Outcome

LIMITS = Limits(seconds=20, memory=512 * 1024**2, result=16 * 1024**2, processes=2)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the limits are POSIX's")


def read(folder: Path, *texts: str, limits: Limits = LIMITS) -> list[Outcome]:
    """The outcome of reading files with these texts by ``hostile_reader``."""
    paths = [folder / f"{number}.bin" for number, _ in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    outcomes = list(workers.read(paths, limits, reader="hostile_reader"))
    assert [path for path, _ in outcomes] == paths
    return [outcome for _, outcome in outcomes]


def texts(outcomes: list[Outcome]) -> list[str]:
    return [part.document.text for parts in outcomes if isinstance(parts, list) for part in parts if part.document]


def test_files_come_back_in_order_and_complete(tmp_path: Path) -> None:
    asked = [f"say words of file {number}" for number in range(8)]
    outcomes = read(tmp_path, *asked)
    assert texts(outcomes) == asked
    (part,) = outcomes[3] if isinstance(outcomes[3], list) else []
    assert part.modified == (tmp_path / "3.bin").stat().st_mtime


HOSTILE = {
    "crash": "it brought its reader down (SIGSEGV)",
    "exit": "it brought its reader down (exit 3)",
    "raise": "it cannot be read (KeyError: 'two\\nlines')",
    "refuse": "holds nothing",
    "flood": "more comes out of it than 16 MB",
}
# Only there the reader is bounded so.
HOSTILE_ON_LINUX = {
    "eat": "it needs more memory than the 512 MB that a file may take",
    "garble": "what its reader made of it makes no sense",
}


def test_hostile_files_fail_alone(tmp_path: Path) -> None:
    """Read by one process after the other: each reads a good file before a hostile one, which is its last."""
    reasons = HOSTILE | (HOSTILE_ON_LINUX if sys.platform == "linux" else {})
    asked = [text for does in reasons for text in (f"say before {does}", does)]
    outcomes = read(tmp_path, *asked, "say after", limits=replace(LIMITS, processes=1))
    for number, (does, reason) in enumerate(reasons.items()):
        failed = outcomes[2 * number + 1]
        assert isinstance(failed, DocumentError), does
        assert str(failed).startswith(f"{tmp_path / f'{2 * number + 1}.bin'}: {reason}")
        assert "\n" not in str(failed)
    assert texts(outcomes[::2]) == [*asked[::2], "say after"]


def test_a_file_that_takes_too_long_is_abandoned(tmp_path: Path) -> None:
    *failed, one, other = read(
        tmp_path, "hang", "spin", "say one", "say other", limits=replace(LIMITS, seconds=3, processes=2)
    )
    assert list(map(str, failed)) == [
        f"{tmp_path / name}: reading it took longer than 3 seconds; split it, or raise file_seconds"
        for name in ("0.bin", "1.bin")
    ]
    assert texts([one, other]) == ["say one", "say other"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs network namespaces")
def test_the_reader_process_has_no_network_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_SECRET", "key")
    called, secret = read(tmp_path, "call", "secret")
    assert isinstance(called, DocumentError)
    assert "it cannot be read (OSError" in str(called) or "TimeoutError" in str(called)
    assert texts([secret]) == ["no secret"]


def test_output_printed_by_a_parser_is_ignored(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "print this")) == ["print this"]


def test_a_killed_reader_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "slow.bin"
    path.write_text("hang")
    mine = os.getpid()

    def kill() -> None:
        (child,) = children(mine)
        os.kill(child, signal.SIGKILL)

    after = tmp_path / "after.bin"
    after.write_text("say after")
    ticks: list[None] = []

    def tick() -> None:
        ticks.append(None)
        if len(ticks) == 5:
            kill()

    limits = replace(LIMITS, processes=1)
    outcomes = [outcome for _, outcome in workers.read([path, after], limits, tick, reader="hostile_reader")]
    assert "it brought its reader down (SIGKILL)" in str(outcomes[0])
    assert texts(outcomes[1:]) == ["say after"]


def test_stopping_early_leaves_no_process_and_no_thread(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.bin", "b.bin", "c.bin", "d.bin")]
    for path, text in zip(paths, ("say a", "hang", "hang", "hang"), strict=True):
        path.write_text(text)
    before = threading.active_count()
    reading = workers.read(paths, LIMITS, reader="hostile_reader")
    assert next(reading)[0] == paths[0]
    reading.close()
    assert children(os.getpid()) == []
    assert threading.active_count() <= before

    class EnoughError(Exception):
        pass

    def enough() -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        list(workers.read(paths[1:], LIMITS, enough, reader="hostile_reader"))
    assert children(os.getpid()) == []


def test_small_plain_text_is_read_in_process(tmp_path: Path) -> None:
    small, large = tmp_path / "a.txt", tmp_path / "b.md"
    small.write_text("Alpha.")
    large.write_text("Beta. " * 200_000)
    ((_, outcome),) = workers.read([small], LIMITS)
    assert texts([outcome]) == ["Alpha."]
    assert not workers._is_plain(large)
    ((_, outcome),) = workers.read([large], LIMITS)
    assert len(texts([outcome])[0]) == 1_199_999


def children(process: int) -> list[int]:
    """The reader processes of this process that are still running."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == process and b"documents.confined" in (status.parent / "cmdline").read_bytes():
            found.append(int(status.parent.name))
    return found


# --- the format between the processes ---

SAMPLE = Part(
    "in/a.txt",
    Document(
        "Head\n\nSome text.",
        "Title",
        (Section("Head", 1, 0, 4, 16),),
        (Page(1, 0, 6), Page(2, 6, 16)),
        parser="p/1",
        inline_code=((0, 4), (6, 10)),
    ),
    modified=12.5,
    metadata=(("from", "ann"),),
    prepared=Prepared(
        ((0, 4), (6, 16)), "en", np.arange(3, dtype=np.uint64).tobytes(), Edition("2024/2025", "text", "3.1", "a", "b")
    ),
)


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])), st.booleans()
)
def test_a_part_survives_packing_unchanged(text: str, name: str, failed: bool) -> None:
    sent = Part(name, None, text) if failed else Part(name, Document(text, name), modified=1.25)
    assert wire.unpack(wire.pack(sent)) == sent
    assert wire.unpack(wire.pack(SAMPLE)) == SAMPLE


def _divided() -> tuple[dict[str, object], bytes, bytes]:
    """Fields, sketch and text of the packed sample."""
    packed = wire.pack(SAMPLE)
    fields, sketch = struct.unpack_from(">II", packed)
    first, last = 8 + fields, 8 + fields + sketch
    return json.loads(packed[8:first]), packed[first:last], packed[last:]


def _packed(fields: object, sketch: bytes, text: bytes) -> bytes:
    content = json.dumps(fields).encode()
    return struct.pack(">II", len(content), len(sketch)) + content + sketch + text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 3),
        ("reason", None),
        ("modified", "x"),
        ("metadata", [["a"]]),
        ("metadata", [[1, 2]]),
        ("document", "text"),
        ("document", {"text": "a"}),
        ("document.title", None),
        ("document.sections", [["Head", 1, 0, 4, 17]]),
        ("document.sections", [["Head", 1, 4, 0, 16]]),
        ("document.sections", [["Head", 1, -1, 4, 16]]),
        ("document.sections", [["Head", True, 0, 4, 16]]),
        ("document.sections", [["Head", 1, 0, 4]]),
        ("document.sections", [["B", 1, 5, 6, 16], ["A", 1, 0, 4, 5]]),
        ("document.pages", [[1.5, 0, 6]]),
        ("document.pages", [[1, 0, 99]]),
        ("document.pages", [["1", 0, 6]]),
        ("document.pages", 5),
        ("document.pages", [[number, 0, 6] for number in range(MAX_SECTIONS + 1)]),
        ("document.blocks", None),
        ("document.blocks", [["inline code", 4, 2, ""]]),
        ("document.blocks", [["inline code", 4, 4, ""]]),
        ("document.blocks", [["inline code", 0, 17, ""]]),
        ("document.blocks", [["inline code", 0, 4.0, ""]]),
        ("document.blocks", [["inline code", 0, 9, ""], ["inline code", 6, 12, ""]]),
        ("document.blocks", [["inline code"]]),
        ("document.blocks", [["list", 0, 4]]),
        ("document.blocks", [["riddle", 0, 4, ""]]),
        ("document.blocks", [["list", 0, 17, ""]]),
        ("document.blocks", [["list", 4, 4, ""]]),
        ("document.blocks", [["list", 0, 4.0, ""]]),
        ("document.blocks", [["item", 0, 4, "7."]]),
        ("document.blocks", [["list", 6, 9, ""], ["list", 0, 4, ""]]),
        ("document.blocks", [["list", 0, 9, ""], ["item", 6, 12, ""]]),
        ("document.tables", [[0, 99, [], 0, None, [], []]]),
        ("document.tables", [[0, 4, [0, 0], 0, None, [], []]]),
        ("document.tables", [[0, 4, [9], 0, None, [], []]]),
        ("document.tables", [[0, 4, [], -1, None, [], []]]),
        ("document.tables", [[0, 4, [], 0, [4, 99], [], []]]),
        ("document.tables", [[0, 4, [], 0, None, [[0, 0, 9, 1]], []]]),
        ("document.tables", [[0, 4, [], 0, None, [], [[0, 9]]]]),
        ("document.tables", [[0, 9, [], 0, None, [], []], [6, 12, [], 0, None, [], []]]),
        ("document.tables", [[0, 9, [], 0, None, [], "x"]]),
        ("prepared", {"language": "en"}),
        ("prepared.chunks", None),
        ("prepared.chunks", [[0, 4], [0, 16]]),
        ("prepared.chunks", [[6, 16], [0, 4]]),
        ("prepared.chunks", [[4, 4]]),
        ("prepared.chunks", [[-1, 4]]),
        ("prepared.chunks", [[0, 17]]),
        ("prepared.chunks", [[0.0, 4]]),
        ("prepared.chunks", [[False, 4]]),
        ("prepared.chunks", [[0, 4, 5]]),
        ("prepared.language", "english"),
        ("prepared.language", None),
        ("prepared.edition", ["2025", "", "", "", ""]),
        ("prepared.edition", ["2025-13", "text", "", "", ""]),
        ("prepared.edition", ["2025", "rumour", "", "", ""]),
        ("prepared.edition", ["", "", "3\n1", "", ""]),
        ("prepared.edition", ["", "", "", "a" * 501, ""]),
        ("prepared.edition", ["", "", 3, "", ""]),
        ("prepared.edition", ["", "", "", ""]),
        ("document", None),
    ],
)
def test_invalid_fields_are_refused(field: str, value: object) -> None:
    fields, sketch, text = _divided()
    inner, _, name = field.rpartition(".")
    target = fields[inner] if inner else fields
    assert isinstance(target, dict)
    target[name] = value
    with pytest.raises(wire.WireError):
        wire.unpack(_packed(fields, sketch, text))


@pytest.mark.parametrize(
    ("sketch", "text"),
    [
        (b"", b"\xff" * 16),
        (b"\0" * 7, b""),
        (np.array([2, 1], dtype=np.uint64).tobytes(), b""),
        (np.arange(SIZE + 1, dtype=np.uint64).tobytes(), b""),
    ],
)
def test_invalid_text_and_invalid_sketch_are_refused(sketch: bytes, text: bytes) -> None:
    fields, _, own = _divided()
    assert wire.unpack(_packed(fields, b"", own))
    with pytest.raises(wire.WireError):
        wire.unpack(_packed(fields, sketch, text or own))


def test_chunks_that_repeat_a_text_many_times_are_refused() -> None:
    text = b"x" * 1000
    chunks = [[start, 1000 - 50 + start] for start in range(50)]
    fields, _, _ = _divided()
    fields |= {"document": {"title": "", "sections": [], "pages": [], "parser": "", "blocks": [], "tables": []}}
    prepared = {"language": "en", "edition": ["", "", "", "", ""]}
    with pytest.raises(wire.WireError):
        wire.unpack(_packed(fields | {"prepared": prepared | {"chunks": chunks}}, b"", text))
    assert wire.unpack(_packed(fields | {"prepared": prepared | {"chunks": chunks[:10]}}, b"", text))


@settings(max_examples=200)
@given(st.integers(0, 400), st.binary(max_size=8))
def test_any_damage_raises_wire_error_or_gives_a_part(at: int, damage: bytes) -> None:
    packed = wire.pack(SAMPLE)
    try:
        part = wire.unpack(packed[:at] + damage + packed[at + len(damage) :])
    except wire.WireError:
        return
    assert isinstance(part, Part)


def test_deeply_nested_fields_are_refused() -> None:
    with pytest.raises(wire.WireError):
        wire.unpack(struct.pack(">II", 100_000, 0) + b"[" * 100_000)
