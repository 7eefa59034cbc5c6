"""OpenAI's shapes, read by the official client from a server on a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import httpx2 as httpx
import openai
import pytest
from api_server import Scripted, api_over, app_of, listening
from fakes import Desk, filled
from starlette.testclient import TestClient
from test_qa_markdown import HOSTILE, tags

from documents.document import Chunk, Document, Source
from index.passage import Passage, Scope
from qa.answer import Answer, AnsweredPart, Citation, Statement
from qa.answer.notices import NOT_ANSWERED
from qa.assistant import Stage
from qa.serving.api.app import Api
from qa.serving.api.citing import Links
from qa.serving.api.openai.content import Content, source_events
from qa.serving.api.openai.conversation import question_of
from qa.serving.api.openai.schemas import Message
from qa.serving.html.markdown import escaped

GRAIN, CHEESE = "What does Beta store?", "Who is the king of cheese?"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = filled(tmp_path_factory.mktemp("openai"))
    desk.write(d="Delta weaves wool.")
    desk.ingest.update([desk.files / "d.txt"], collection="cloth")
    return desk


@pytest.fixture(scope="module")
def url(desk: Desk) -> Iterator[str]:
    with listening(app_of(api_over(desk))) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=30) as client:
        yield client


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def test_a_collection_is_a_model(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names == ["refdesk", "refdesk/cloth", "refdesk/default"]
    assert client.models.retrieve("refdesk/cloth").owned_by == "refdesk"
    asked = [user("What does Delta weave?")]
    told = {name: client.chat.completions.create(model=name, messages=asked).choices[0].message for name in names}
    assert [told[name].refusal is None for name in names] == [True, True, False]
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt-4o'"):
        client.chat.completions.create(model="gpt-4o", messages=asked)


def test_a_completion_has_citations_in_its_text_and_over_it(client: openai.OpenAI, url: str) -> None:
    completion = client.chat.completions.create(model="refdesk", messages=[user(GRAIN)], temperature=0.7)
    (choice,) = completion.choices
    content, (annotation,) = choice.message.content or "", choice.message.annotations or []
    cited = annotation.url_citation
    assert content.startswith("Beta stores grain.[1]\n\nSources:\n- [1] b.txt: ")
    assert content[cited.start_index : cited.end_index] == "Beta stores grain."
    assert cited.url.startswith(f"{url}/d/sha256:")
    assert (cited.title, choice.index, choice.finish_reason) == ("b.txt", 0, "stop")
    assert completion.usage
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens > 10
    assert completion.model_extra["refdesk"]["text"] == "Beta stores grain.[1]"


def test_a_refusal_is_said_and_marked(client: openai.OpenAI) -> None:
    message = client.chat.completions.create(model="refdesk", messages=[user(CHEESE)]).choices[0].message
    assert message.refusal
    assert (message.content or "").startswith(f"{message.refusal}\n\nClosest passages:\n- ")
    assert message.annotations == []
    response = client.responses.create(model="refdesk", input=CHEESE)
    assert [part.to_dict() for part in response.output[0].content] == [{"type": "refusal", "refusal": message.refusal}]


def test_a_stream_makes_the_same_completion(client: openai.OpenAI) -> None:
    asked = {"model": "refdesk", "messages": [user(GRAIN)]}
    whole = client.chat.completions.create(**asked)
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    (annotations,) = [delta.model_extra["annotations"] for delta in deltas if "annotations" in delta.model_extra]
    assert annotations == [own.to_dict() for own in whole.choices[0].message.annotations or []]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage == whole.usage
    assert {chunk.id for chunk in chunks} == {whole.id}
    with client.chat.completions.stream(**asked) as stream:
        assert stream.get_final_completion().choices[0].message.content == whole.choices[0].message.content


def test_null_is_as_good_as_nothing_and_metadata_are_texts(url: str) -> None:
    with httpx.Client(base_url=f"{url}/v1", timeout=30) as http:
        asked = {"model": "refdesk", "messages": [user(GRAIN)], "stream": None, "stream_options": None, "n": None}
        assert http.post("/chat/completions", json=asked).status_code == 200
        options = {**asked, "stream": True, "stream_options": {"include_usage": None}}
        assert "usage" not in http.post("/chat/completions", json=options).text
        given = {"model": "refdesk", "input": GRAIN, "stream": None}
        assert http.post("/responses", json={**given, "metadata": {"a": "1"}}).json()["metadata"] == {"a": "1"}
        sent = json.dumps({**given, "metadata": {"a": "HUGE"}}).replace('"HUGE"', "1e999")
        refused = http.post("/responses", content=sent, headers={"content-type": "application/json"})
        assert (refused.status_code, "metadata.a" in refused.text) == (422, True)


def test_a_stream_can_tell_its_sources_by_the_events_of_open_webui(desk: Desk) -> None:
    api = api_over(desk)
    app = app_of(Api(replace(api.state, open_webui=True)))
    with TestClient(app, base_url="http://localhost") as client:
        body = {"model": "refdesk", "messages": [user(GRAIN)], "stream": True}
        lines = client.post("/v1/chat/completions", json=body).text.split("\n\n")
        whole = client.post("/v1/chat/completions", json={**body, "stream": False}).json()
    sent = [json.loads(line.removeprefix("data: ")) for line in lines if line not in ("", "data: [DONE]")]
    (source,) = [own["event"] for own in sent if "event" in own]
    url = whole["choices"][0]["message"]["annotations"][0]["url_citation"]["url"]
    assert source == {
        "type": "source",
        "data": {
            "source": {"name": "b.txt", "url": url},
            "document": ["Beta stores grain."],
            "metadata": [{"source": url, "name": "b.txt", "external": True}],
        },
    }
    assert not [own for own in sent if "choices" in own and "annotations" in own["choices"][0]["delta"]]


def test_a_response_has_flat_annotations_and_its_events_make_it(client: openai.OpenAI) -> None:
    response = client.responses.create(model="refdesk", input=GRAIN)
    (annotation,) = response.output[0].content[0].annotations
    assert response.output_text[annotation.start_index : annotation.end_index] == "Beta stores grain."
    assert (response.status, annotation.type) == ("completed", "url_citation")
    for question in (GRAIN, CHEESE):
        with client.responses.stream(model="refdesk", input=[user(question)]) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_response()
        assert kinds[0] == "response.created"
        assert kinds[-1] == "response.completed"
        again = client.responses.create(model="refdesk", input=question)
        made, expected = (one.output[0].content[0].to_dict() for one in (final, again))
        assert {name: made[name] for name in expected} == expected
    with pytest.raises(openai.BadRequestError, match="not stored"):
        client.responses.create(model="refdesk", input=GRAIN, previous_response_id="resp_1")


def test_a_conversation_makes_a_follow_up(client: openai.OpenAI) -> None:
    first = client.chat.completions.create(model="refdesk", messages=[user(GRAIN)]).choices[0].message.content
    said = [{"role": "system", "content": "Be a pirate."}, user(GRAIN), {"role": "assistant", "content": first}]
    completion = client.chat.completions.create(model="refdesk", messages=[*said, user("And Gamma?")])
    assert completion.model_extra["refdesk"]["standalone_question"] == "store: And Gamma?"


def test_what_was_said_is_read_as_the_document_has_it() -> None:
    text = "See [3] of a_b \\"
    said = Message(role="assistant", content=f"{escaped(text)}[1]\n\nSources:\n- [1] a: b")
    asked = [Message(role="user", content="One?"), said, Message(role="user", content="Two?")]
    assert question_of(asked) == ("Two?", [("One?", text)])
    asked[1] = Message(role="assistant", content=escaped("None, see [3]."))
    assert question_of(asked) == ("Two?", [("One?", "")])


def test_what_was_said_is_read_without_markers_sources_and_refusals() -> None:
    said = [
        ("system", "Be brief."), ("user", "One?"), ("assistant", "It is one.[1] And two.[2]\n\nSources:\n- [1] a: b"),
        ("user", "Two?"), ("assistant", "I did not find an answer.\n\nClosest passages:\n- a: b"), ("user", "Three?"),
    ]  # fmt: skip
    messages = [Message.model_validate({"role": role, "content": content}) for role, content in said]
    assert question_of(messages) == ("Three?", [("One?", "It is one. And two."), ("Two?", "")])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"model": "refdesk", "messages": []}, 422),
        ({"model": "refdesk", "messages": [{"role": "assistant", "content": "x"}]}, 400),
        ({"model": "refdesk", "messages": [user("x?")], "n": 2}, 422),
        ({"model": "refdesk", "messages": [user("?")]}, 400),
        ({"model": "refdesk", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400),
        ({"model": "refdesk/nope", "messages": [user("x?")]}, 404),
        ({}, 422),
    ],
)
def test_errors_have_openais_shape(desk: Desk, body: object, status: int) -> None:
    with TestClient(app_of(api_over(desk)), base_url="http://localhost") as client:
        response = client.post("/v1/chat/completions", json=body)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_document_says_is_live_in_the_content(text: str) -> None:
    document = Document(text, title=text)
    passage = Passage(Chunk(document, 0, len(text)), Source("a.md", document.id), 1.0)
    said, cited = (Statement(text, (1,), 0.9, "quoted"),), (Citation(1, passage, 0, len(text)),)
    parts = (AnsweredPart("One?", "answer"), AnsweredPart(text, "refusal"))
    answer = Answer("answer", "q", "q", 0.9, None, said, cited, (passage,), parts=parts, note=text)
    refusal = Answer("refusal", "q", "q", 0.1, passages=(passage,), message="Not here.")
    listed = Answer("notice", "q", "q", 1.0, message=f"One document:\n• {text}", asked="library")
    for own in (answer, refusal, listed):
        content = Content(links := Links("http://refdesk.example"))
        content.whole(own)
        assert tags(content.text) == set()
        assert all(content.text[start:end] == escaped(text) for start, end, *_ in content.annotations)
        assert own is listed or f": {links.of(cited[0])}" in content.text
    (event,) = source_events(answer, links)
    assert tags(event["data"]["document"][0]) == set()


def test_items_have_lines_of_their_own_and_notes_come_last(desk: Desk) -> None:
    passages = desk.index.retrieve("Alpha pumps water", Scope(), 1)
    cited = Citation(1, passages[0], 0, 5)
    said = (Statement("Two:", (1,), 0.9, "quoted", "lead-in"), Statement("😀 one", (1,), 0.9, "quoted", "item"))
    parts = (AnsweredPart("One?", "answer"), AnsweredPart("Two?", "refusal"))
    answer = Answer("answer", "q", "q", 0.9, statements=said, citations=(cited,), note="It broke off.", parts=parts)
    scripted = Scripted(Stage("search", 1), answer)
    with TestClient(app_of(api_over(desk, answerer=scripted)), base_url="http://localhost") as client:
        body = {"model": "refdesk", "messages": [user("q?")]}
        message = client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
    content = message["content"]
    assert content.startswith("Two:[1]\n😀 one[1]\n\nSources:\n- [1] ")
    assert content.endswith(f"\n\n{NOT_ANSWERED}: Two?\nIt broke off.")
    spans = [(own["url_citation"]["start_index"], own["url_citation"]["end_index"]) for own in message["annotations"]]
    assert [content[start:end] for start, end in spans] == ["Two:", "😀 one"]


def test_plain_content_is_what_is_said_and_nothing_else(client: openai.OpenAI) -> None:
    asked = [user(GRAIN)]
    whole = client.chat.completions.create(model="refdesk", messages=asked)
    plain = client.chat.completions.create(model="refdesk-plain", messages=asked)
    message = plain.choices[0].message
    assert (message.content, message.refusal, plain.model) == ("Beta stores grain.", None, "refdesk-plain")
    (cited,) = [own.url_citation for own in message.annotations or []]
    assert (message.content or "")[cited.start_index : cited.end_index] == "Beta stores grain."
    answer, same = plain.model_extra["refdesk"], whole.model_extra["refdesk"]
    assert {**answer, "timings_ms": 0} == {**same, "timings_ms": 0}
    assert [own["quote"] for own in answer["citations"]] == ["Beta stores grain."]
    chunks = client.chat.completions.create(model="refdesk-plain", messages=asked, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == message.content
    assert client.responses.create(model="refdesk-plain", input=GRAIN).output_text == message.content


def test_a_plain_refusal_has_openais_form(client: openai.OpenAI) -> None:
    asked = {"model": "refdesk-plain", "messages": [user(CHEESE)]}
    completion = client.chat.completions.create(**asked)
    message = completion.choices[0].message
    assert message.content is None
    assert message.refusal == completion.model_extra["refdesk"]["text"]
    assert completion.usage
    assert completion.usage.completion_tokens > 0
    deltas = [chunk.choices[0].delta for chunk in client.chat.completions.create(**asked, stream=True)]
    assert "".join(delta.content or "" for delta in deltas) == ""
    assert [delta.refusal for delta in deltas if delta.refusal] == [message.refusal]
    (part,) = client.responses.create(model="refdesk-plain", input=CHEESE).output[0].content
    assert part.to_dict() == {"type": "refusal", "refusal": message.refusal}


def test_a_collection_can_be_asked_for_plain_content_though_no_list_offers_it(client: openai.OpenAI) -> None:
    asked = [user("What does Delta weave?")]
    cloth = client.chat.completions.create(model="refdesk-plain/cloth", messages=asked).choices[0].message
    other = client.chat.completions.create(model="refdesk-plain/default", messages=asked).choices[0].message
    assert (cloth.content, other.content) == ("Delta weaves wool.", None)
    assert client.models.retrieve("refdesk-plain/cloth").id == "refdesk-plain/cloth"
    assert not [model.id for model in client.models.list() if "plain" in model.id]
    for name in ("refdesk-plain/nope", "refdesk-plainly", "refdesk-plain/"):
        with pytest.raises(openai.NotFoundError, match=f"there is no model '{name}'"):
            client.chat.completions.create(model=name, messages=asked)


def test_a_conversation_in_plain_content_makes_a_follow_up(client: openai.OpenAI) -> None:
    said = Message(role="assistant", content="Beta stores [1] of *it*.")
    asked = [Message(role="user", content=GRAIN), said, Message(role="user", content="And Gamma?")]
    assert question_of(asked, plain=True) == ("And Gamma?", [(GRAIN, said.text)])
    asked[1] = Message(role="assistant", content=None)  # a refusal, as a client sends it back
    assert question_of(asked, plain=True) == ("And Gamma?", [(GRAIN, "")])
    first = client.chat.completions.create(model="refdesk-plain", messages=[user(GRAIN)]).choices[0].message
    again = [user(GRAIN), first.to_dict(), user("And Gamma?")]
    completion = client.chat.completions.create(model="refdesk-plain", messages=again)
    assert completion.model_extra["refdesk"]["standalone_question"] == "store: And Gamma?"


def test_plain_content_has_the_documents_words_as_they_are_and_a_notice(desk: Desk) -> None:
    passages = desk.index.retrieve("Alpha pumps water", Scope(), 1)
    said = (
        Statement("*Two* [a](b):", (1,), 0.9, "quoted", "lead-in"),
        Statement("😀 one", (1,), 0.9, "quoted", "item"),
    )
    cited = Citation(1, passages[0], 0, 5)
    answer = Answer("answer", "q", "q", 0.9, statements=said, citations=(cited,), note="It broke off.")
    listed = Answer("notice", "q", "q", 1.0, message="One document:\n• a.txt", asked="library")
    for own, content in ((answer, "*Two* [a](b):\n😀 one"), (listed, listed.message)):
        scripted = Scripted(Stage("search", 1), own)
        with TestClient(app_of(api_over(desk, answerer=scripted)), base_url="http://localhost") as client:
            body = {"model": "refdesk-plain", "messages": [user("q?")]}
            message = client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
        assert (message["content"], message["refusal"]) == (content, None)
        spans = [
            (own["url_citation"]["start_index"], own["url_citation"]["end_index"]) for own in message["annotations"]
        ]
        assert [content[start:end] for start, end in spans] == [statement.text for statement in own.said]
