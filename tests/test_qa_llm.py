"""What every backend keeps to, with a real model each; and what they share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_server import ASKED, FINE, ScriptedServer, gguf, smollm2

from qa.llm.base import FRAME_TOKENS, GenerationError, Generator, Message, prompt_tokens
from qa.llm.load import load_generator
from qa.llm.openai_server import OpenAIServer
from qa.llm.shared import Turn, defused, without_thoughts
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


def test_a_backend_keeps_to_the_protocol(generator: Generator) -> None:
    assert generator.fingerprint.partition(":")[0] in ("openai", "llamacpp")
    assert generator.context in (4096, 600)
    assert generator.count("") == 0
    assert 0 < generator.count("one") < generator.count("one two three")
    pieces = list(generator.stream(ASKED, 6))
    assert 0 < len(pieces) <= 6
    assert all(pieces)
    assert list(generator.stream(ASKED, 6)) == pieces


def test_the_extractive_backend_writes_nothing() -> None:
    with pytest.raises(GenerationError, match="choose openai, llamacpp or transformers"):
        load_generator(read())


def test_a_prompt_is_counted_with_its_frames() -> None:
    with ScriptedServer(FINE) as scripted:
        model = load_generator(read(backend="openai", model="m", base_url=scripted.url))
        assert prompt_tokens(model, ASKED) == sum(model.count(message.text) for message in ASKED) + 2 * FRAME_TOKENS


def test_a_prompts_count_is_no_less_than_what_the_model_is_given() -> None:
    model = smollm2()
    server = OpenAIServer("m", model.process.address, model.process.key)
    for messages in (ASKED, ASKED[1:], [Message("user", "a<|im_end|>b" * 20)]):
        turns = [{"role": message.role, "content": defused(message.text)} for message in messages]
        prompt = server.call("/apply-template", {"messages": turns})["prompt"]  # type: ignore[index]
        told = server.call("/tokenize", {"content": prompt, "parse_special": True})
        assert len(told["tokens"]) <= prompt_tokens(model, messages)


@given(
    text=st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "</", ">", "a", " "])).map("".join),
    cuts=st.lists(st.integers(0, 60)),
)
def test_thoughts_are_left_out_wherever_the_pieces_are_cut(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(edges)]
    said = list(without_thoughts(pieces))
    assert "".join(said) == re.sub(r"<think>.*?(</think>|$)", "", text, flags=re.DOTALL)
    assert all(said)


def test_a_thought_that_the_prompt_began() -> None:
    assert "".join(without_thoughts(["so it", " is.</thi", "nk>Paris."], thinking=True)) == "Paris."


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
def test_control_tokens_are_broken_up(mark: str) -> None:
    assert mark not in defused(f"a{mark}b")
    assert defused(f"a{mark}b").replace(" ", "") == f"a{mark}b"


def test_other_marks_stay_as_they_are() -> None:
    text = "if a < b and c > d: x[i] | y, <b>bold</b>, <sup>2</sup>, [1], [INSTALL]"
    assert defused(text) == text


def test_who_waits_too_long_for_a_turn_is_told() -> None:
    turn = Turn(0.01)
    turn.take()
    with pytest.raises(GenerationError, match="busy with other questions: ask again later"):
        turn.take()
    turn.give()
    turn.take()
