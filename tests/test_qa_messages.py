"""What the chat says in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from test_qa_render import Reader, passage

from qa.answer import Answer, Citation, Statement
from qa.answer.notices import (
    BROKEN_OFF,
    CAUTION,
    DECLINED,
    DIFFER,
    LANGUAGE,
    NEWEST,
    NOT_ANSWERED,
    NOTHING_LEFT,
    REFUSAL,
    TALK,
    UNAVAILABLE,
    UNLISTED,
    UNSUPPORTED,
    library,
)
from qa.answer.reasons import WORDS, caveat_of, reason
from qa.assistant import Stage
from qa.serving.access import gate
from qa.serving.access.login import page as login
from qa.serving.answering.queue import FairQueue, QueueFullError, Visitor
from qa.serving.chat import replies
from qa.serving.chat.conversation_routes import ELSEWHERE, LONG, NOBODY
from qa.serving.chat.conversation_routes import FAILED as CONVERSATIONS_FAILED
from qa.serving.chat.replies import AskRequest
from qa.serving.html import render
from qa.serving.html.messages import all_messages, words_for, words_of
from qa.serving.http import guard
from qa.serving.http.shutdown import ENDING
from qa.serving.library import originals
from qa.serving.library.shelf import GONE
from qa.serving.uploads import web
from qa.serving.uploads.indexing import RETRY, UNTOLD
from qa.serving.uploads.receive import NOT_KEPT

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
    assert words_of("zh").translated(REFUSAL) == words_of("zh")("refusal") != REFUSAL
    assert words_of("zh").translated("anything else") == "anything else"


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
    for key in ("confidence-high", "unsupported", "open-document"):
        assert all_messages()["zh"][key] in shown.text
    assert not set(re.findall(r"[A-Za-z]+", shown.text)) & {"Confidence", "Very", "Page", "Open", "found"}


def test_stages_and_refusals_come_in_the_language_of_the_page() -> None:
    script = Scripted(Stage("read"), Answer("refusal", "q", "q", 0.1, message=REFUSAL))
    asked = AskRequest.from_json({"question": "What?", "language": "zh"})
    stage, refused = (Reader(reply.html).text for reply in replies.replies(script, asked))  # type: ignore[arg-type]
    zh = all_messages()["zh"]
    assert stage == zh["stage-read"]
    assert refused.startswith(zh["refusal"])


SAID = {
    **{f"talk {kind}": text for kind, text in TALK.items()},
    "language": LANGUAGE,
    "unlisted": UNLISTED,
    "refusal": REFUSAL,
    "caution": CAUTION,
    "note 1": BROKEN_OFF,
    "note 2": UNAVAILABLE,
    "note 3": NOTHING_LEFT,
    "note 4": DECLINED,
    "note 5": DIFFER,
    "note 6": NEWEST.format(date="2025-03"),
    **{
        f"reason {name} {wording}": reason(name, wording=wording, about=["7"] if text.endswith(":") else ()).text
        for name, texts in WORDS.items()
        if name != "caveat"
        for wording, text in enumerate(texts)
    },
    **{
        f"caveat {why}": caveat_of(f"not calibrated for {why}").text
        for why in ("overviews", "written answers", "these models", "this language")
    },
    "original 1": originals.GONE,
    "original 2": originals.CHANGED,
    "original 3": originals.NO_MEMBER,
    **{f"conversations {n}": text for n, text in enumerate((NOBODY, ELSEWHERE, LONG, CONVERSATIONS_FAILED))},
    "upload 1": UNTOLD,
    "upload 2": RETRY,
    "upload 3": "not all of it could be read: the file holds no text",
    "upload 4": "larger than 64 MB, the limit for files in the chat",
    **{f"web {n}": text for n, text in enumerate((web.REFUSED, web.FAILED, web.SLOW, web.KIND))},
    "upload 5": NOT_KEPT,
    "choice": GONE,
    "holdings": "2 documents, 1,027 passages",
    "login 1": login.STALE,
    "login 2": login.WRONG,
    "login 3": login.BUSY,
    "login 4": login.FAILED,
    "ending": ENDING,
    **{f"gate {n}": text for n, text in enumerate((gate.FAILED, gate.LOGGED_OUT, gate.TOO_MANY))},
    **{f"guard {n}": text for n, text in enumerate((guard.FOREIGN_HOST, guard.FOREIGN_PAGE, guard.TOO_LARGE))},
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_server_says_is_chinese_where_the_page_is(name: str) -> None:
    told = words_of("zh").translated(SAID[name])
    known = {"Refdesk", "MB", "Cookie", "REFDESK", "HOSTS"}
    latin = set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\"refdesk.*q4|--index", "", told))) - known
    assert latin == set()
    assert re.search("[\u4e00-\u9fff]", told)
    assert words_of("en").translated(SAID[name]) == SAID[name]


def test_a_list_of_documents_is_told_around_their_names() -> None:
    named = [(passage("x", path=f"{number}.txt").source, "The title") for number in range(60)]
    told = words_of("zh").translated(library(named)).split("\n")
    assert told[0] == all_messages()["zh"]["told-alone"]  # the same document, by sixty names
    assert told[1] == library(named).split("\n")[1]
    assert told[-1] == "另有 10 份。"


def test_a_question_that_the_queue_refuses_is_refused_in_chinese() -> None:
    queue, visitor = FairQueue(1), Visitor("192.0.2.1", "one")
    for _ in range(1 + visitor.may_wait):
        queue.join(visitor)
    with pytest.raises(QueueFullError) as refused:
        queue.join(visitor)
    assert words_of("zh").translated(str(refused.value)).startswith("您先前的问题")


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({"x-refdesk-language": "zh"}, "zh"),
        ({"x-refdesk-language": "en", "accept-language": "zh-CN"}, "en"),
        ({"accept-language": "fr, zh-CN;q=0.8, en;q=0.5"}, "zh"),
        ({"accept-language": "fr"}, "en"),
        ({"x-refdesk-language": "../x"}, "en"),
        ({}, "en"),
    ],
)
def test_a_request_is_answered_in_the_language_of_its_page_or_browser(headers: dict[str, str], language: str) -> None:
    assert words_for(headers).language == language
