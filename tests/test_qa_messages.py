"""What the chat says in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from test_qa_render import Reader, passage

from qa.answer import NOT_ANSWERED, REFUSAL, UNSUPPORTED, Answer, Citation, Statement
from qa.assistant import Stage
from qa.serving import render, replies
from qa.serving.messages import all_messages, words_of
from qa.serving.replies import AskRequest
from qa.serving.shelf import GONE

ENGLISH = all_messages()["en"]
OTHERS = sorted(set(all_messages()) - {"en"})


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys_with_the_same_values_in_them(language: str) -> None:
    own = all_messages()[language]
    assert set(own) == set(ENGLISH)
    assert [key for key in own if holes(own[key]) != holes(ENGLISH[key])] == []


def test_what_is_said_elsewhere_too_is_said_in_the_same_words() -> None:
    said = {"refusal": REFUSAL, "unsupported": UNSUPPORTED, "not-answered": NOT_ANSWERED, "reply-choice": GONE}
    assert {key: ENGLISH[key] for key in said} == said


def test_a_language_that_is_not_known_is_english() -> None:
    assert words_of("xx").language == words_of("x" * 10_000).language == "en"
    assert words_of("zh").told(REFUSAL) == words_of("zh")("refusal") != REFUSAL
    assert words_of("zh").told("anything else") == "anything else"


def test_a_value_is_put_in_once_whatever_it_holds() -> None:
    assert words_of()("show-citation", number="{place}", place="{number}") == "Show citation {place}: {number}"
    assert words_of()("stage-search", 1) == "Searching 1 passage…"
    assert words_of()("stage-search", 1234) == "Searching 1,234 passages…"


class Scripted:
    def __init__(self, *script: Stage | Answer) -> None:
        self.script = script

    def answering(self, *_: object) -> Iterator[Stage | Answer]:
        yield from self.script


def test_an_answer_in_chinese_has_chinese_words_around_the_documents_own() -> None:
    found = passage("Half of it.", path="folder/file.txt")
    said = (Statement("Half of it.", (1,), 1.0, "quoted"), Statement("All.", (), 0.1, "unsupported"))
    answer = Answer("answer", "q", "q", 0.93, "Half", said, (Citation(1, found, 0, 11),), (found,))
    shown = Reader(render.answer("1", answer, words_of("zh")))
    assert "Half of it." in shown.text
    for key in ("confidence", "unsupported", "open-document"):
        assert all_messages()["zh"][key] in shown.text
    assert not set(re.findall(r"[A-Za-z]+", shown.text)) & {"Confidence", "Page", "Open", "found"}


def test_stages_and_refusals_come_in_the_language_of_the_page() -> None:
    script = Scripted(Stage("read"), Answer("refusal", "q", "q", 0.1, message=REFUSAL))
    asked = AskRequest.from_json({"question": "What?", "language": "zh"})
    stage, refused = (Reader(reply.html).text for reply in replies.replies(script, asked))  # type: ignore[arg-type]
    zh = all_messages()["zh"]
    assert stage == zh["stage-read"]
    assert refused.startswith(zh["refusal"])
