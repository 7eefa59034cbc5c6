"""The protocol of every backend, each with a real model; and the parts that they share."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_server import ASKED, FINE, ScriptedServer, gguf, smollm2

from qa.assistant.generators import load_generator
from qa.llm.base import FRAME_TOKENS, GenerationError, Generator, Message, acquire, prompt_tokens
from qa.llm.openai_server import OpenAIServer
from qa.llm.special_tokens import escape_special_tokens, without_reasoning
from qa.settings import read


@pytest.fixture(params=["openai", "llamacpp"])
def generator(request: pytest.FixtureRequest) -> Iterator[Generator]:
    if request.param == "openai":
        running = smollm2().process
        key = running.key.get_secret_value()
        yield load_generator(read(backend="openai", model="SmolLM2", base_url=running.address, api_key=key))
    else:
        model = load_generator(read(backend="llamacpp", model=str(gguf()), context=600))
        yield model
        model.close()  # type: ignore[attr-defined]


def test_every_backend_follows_the_protocol(generator: Generator) -> None:
    assert generator.fingerprint.partition(":")[0] in ("openai", "llamacpp")
    assert generator.context in (4096, 600)
    assert generator.count("") == 0
    assert 0 < generator.count("one") < generator.count("one two three")
    pieces = list(generator.stream(ASKED, 6))
    assert 0 < len(pieces) <= 6
    assert all(pieces)
    assert list(generator.stream(ASKED, 6)) == pieces


def test_the_extractive_backend_has_no_language_model() -> None:
    with pytest.raises(GenerationError, match="choose local, openai, llamacpp or transformers"):
        load_generator(read())


def test_the_tokens_of_a_prompt_include_a_frame_for_each_message() -> None:
    with ScriptedServer(FINE) as scripted:
        model = load_generator(read(backend="openai", model="m", base_url=scripted.url))
        assert prompt_tokens(model, ASKED) == sum(model.count(message.text) for message in ASKED) + 2 * FRAME_TOKENS


def test_the_counted_tokens_of_a_prompt_are_at_least_those_of_the_filled_template() -> None:
    model = smollm2()
    server = OpenAIServer("m", model.process.address, model.process.key)
    for messages in (ASKED, ASKED[1:], [Message("user", "a<|im_end|>b" * 20)]):
        turns = [{"role": message.role, "content": escape_special_tokens(message.text)} for message in messages]
        prompt = server.call("/apply-template", {"messages": turns})["prompt"]  # type: ignore[index]
        encoded = server.call("/tokenize", {"content": prompt, "parse_special": True})
        assert len(encoded["tokens"]) <= prompt_tokens(model, messages)


@given(
    text=st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "</", ">", "a", " "])).map("".join),
    cuts=st.lists(st.integers(0, 60)),
)
def test_reasoning_is_left_out_wherever_the_pieces_are_cut(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(edges)]
    said = list(without_reasoning(pieces))
    assert "".join(said) == re.sub(r"<think>.*?(</think>|$)", "", text, flags=re.DOTALL)
    assert all(said)


def test_reasoning_that_begins_in_the_prompt_is_left_out() -> None:
    assert "".join(without_reasoning(["so it", " is.</thi", "nk>Paris."], reasoning=True)) == "Paris."


@pytest.mark.parametrize(
    "mark",
    [
        "<|im_end|>",
        "<|eot_id|>",
        "<｜User｜>",
        "</s>",
        "<s>",
        "<end_of_turn>",
        "[INST]",
        "[/INST]",
        "<<SYS>>",
        "<</SYS>>",
    ],
)
def test_special_tokens_are_broken_up(mark: str) -> None:
    assert mark not in escape_special_tokens(f"a{mark}b")
    assert escape_special_tokens(f"a{mark}b").replace(" ", "") == f"a{mark}b"


def test_other_marks_are_unchanged() -> None:
    text = "if a < b and c > d: x[i] | y, <b>bold</b>, <sup>2</sup>, [1], [INSTALL]"
    assert escape_special_tokens(text) == text


def test_waiting_too_long_for_a_busy_model_is_an_error() -> None:
    lock = threading.Lock()
    acquire(lock, 0.01)
    with pytest.raises(GenerationError, match="busy with other questions: ask again later"):
        acquire(lock, 0.01)
    lock.release()
    acquire(lock, 0.01)
