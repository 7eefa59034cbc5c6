"""Other products as systems: what their completions cite, Refdesk's own server, a scripted one, several at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_server import api_over, app_of, listening
from commands import Run as Command
from evaluation_data import squad, value, word_harness
from fakes import filled
from llm_server import ScriptedServer, sends

from documents.document import Document
from qa import read_settings
from qa.evaluation import Harness, ReplyError, RunError, SystemChoiceError, evaluate, load_dataset
from qa.evaluation.datasets.dataset import Dataset, GoldAnswer, Item
from qa.evaluation.scoring.answers import AnswerScorer
from qa.evaluation.scoring.judges import verbatim
from qa.evaluation.scoring.reply import DocumentLookup, as_reply
from qa.evaluation.scoring.sources import located
from qa.evaluation.systems.completions import reply_of

PUMPS = Document("Alpha pumps water.\nIt was built in 1890.", "Pumps", parser="test/1")
DOCUMENTS = {"town/pumps.txt": PUMPS, "town/grain.txt": Document("Beta stores grain.", "Grain", parser="test/1")}
LOOKUP = DocumentLookup(DOCUMENTS)


@pytest.fixture
def harness() -> Harness:
    return word_harness()


def completion(content: str | None, beside: dict[str, Any] | None = None, **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": content, **message}}], **(beside or {})}


def annotation(url: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": {"url": url, "start_index": start, "end_index": end, **more}}


def cited(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Each statement of the reply with what it cites."""
    answer = as_reply(reply_of(body), "?", LOOKUP).answer
    quotes = {own["number"]: own["quote"] for own in answer["citations"]}
    return [(own["text"], [quotes[number] for number in own["citations"]]) for own in answer["statements"]]


WATER, BUILT, GRAIN = "Alpha pumps water.", "It was built in 1890.", "Beta stores grain."
CHUNK = {"id": "a1", "content": "Alpha  pumps\nwater.", "document_id": "x", "document_name": "pumps.txt"}
OTHER = {"id": "b2", "content": GRAIN, "document_id": "y", "document_name": "grain.txt"}
OPEN_WEBUI = [
    {"source": {"id": "f", "name": "pumps.txt"}, "document": [WATER, BUILT], "metadata": [{"source": "pumps.txt"}] * 2},
    {"source": {"name": "grain.txt"}, "document": [GRAIN], "metadata": [{"name": "grain.txt"}], "distances": [0.3]},
]
PRIVATE_GPT = {"object": "context.chunk", "document": {"doc_id": "1", "doc_metadata": {"file_name": "grain.txt"}}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (  # Refdesk, and whoever marks spans
            completion(
                f"{WATER}[1] {GRAIN}[2]\n\nSources:\n- [1] pumps.txt: http://x/d/{PUMPS.id}",
                annotations=[
                    annotation(f"http://x/d/{PUMPS.id}?start=0&end=18#quote", 0, 18, title="pumps.txt"),
                    annotation("http://x/files/grain.txt", 22, 40, title="Grain"),
                ],
            ),
            [(WATER, [WATER]), (GRAIN, [GRAIN])],
        ),
        (  # a span that tells only its end, which stands behind white space
            completion("Water.  ", annotations=[annotation("http://x/pumps.txt", 8, 8, content=WATER)]),
            [("Water.", [WATER])],
        ),
        (  # annotations without spans: the text's own markers number them
            completion("Water [1].", annotations=[annotation("http://x/pumps.txt", 0, 0, content=WATER)]),
            [("Water.", [WATER])],
        ),
        (
            completion("Water [ID:0]. Grain ##1$$.", reference=[CHUNK, OTHER]),
            [("Water.", [WATER]), ("Grain.", [GRAIN])],
        ),
        (completion("Water [ID:20].", reference={"chunks": {"20": CHUNK}}), [("Water.", [WATER])]),
        (
            completion("Water [doc1].", context={"citations": [{"content": WATER, "filepath": "town/pumps.txt"}]}),
            [("Water.", [WATER])],
        ),
        (
            completion("Grain [2]. Water [1].", {"sources": OPEN_WEBUI}),
            [("Grain.", [GRAIN]), ("Water.", [WATER, BUILT])],
        ),
        (completion("Grain [1].", {"sources": [{**PRIVATE_GPT, "text": GRAIN}]}), [("Grain.", [GRAIN])]),
        (
            completion("Grain [1].", {"citations": [{"document_uri": "file:///d/grain.txt", "content": GRAIN}]}),
            [("Grain.", [GRAIN])],
        ),
        (completion("Grain [1].", {"citations": ["https://x/town/grain.txt"]}), [("Grain.", [GRAIN])]),
        (completion("Grain [1].\n\nSources:\n[1] grain.txt", {"citations": ["grain.txt"]}), [("Grain.", [GRAIN])]),
        (completion("Water. [1]", {"sources": [{"text": "water"}]}), [("Water.", ["water"])]),  # found by its text
        (completion("Water [1].", {"sources": [{"text": "Gamma"}]}), [("Water.", ["Gamma"])]),  # in no document
        (completion("Water.", {"sources": OPEN_WEBUI}), [("Water.", [])]),  # found, but cited by nothing
    ],
)  # fmt: skip
def test_sources_of_other_products(body: dict[str, Any], expected: list[tuple[str, list[str]]]) -> None:
    assert cited(body) == expected


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("/data/b/readme.md", "b/readme.md"),
        ("https://x/files/b/c/readme.md", "b/c/readme.md"),
        ("D:\\data\\b\\readme.md", "b/readme.md"),
        ("readme.md", "a/readme.md"),
        ("/data/d/readme.md", "a/readme.md"),
        ("Second", "b/readme.md"),
        ("b", "b"),
    ],
)
def test_a_source_is_the_document_whose_path_ends_most_like_its_own(called: str, expected: str) -> None:
    titles = {"a/readme.md": "First", "b/readme.md": "Second", "b/c/readme.md": "Third"}
    documents = {name: Document(f"{title}.", title, parser="test/1") for name, title in titles.items()}
    assert located({"names": [called]}, documents)["document"] == expected


@pytest.mark.parametrize(("gold", "right"), [("1890", 1.0), ("water", 1.0), ("grain", 0.0)])
def test_an_answer_is_scored_alike_directly_and_as_a_text_with_annotations(gold: str, right: float) -> None:
    """A statement of two sentences is one that Refdesk quotes, and two of a text."""
    block, address = f"{WATER} {BUILT}", f"http://x/d/{PUMPS.id}?start=0&end=40"
    text, citations = f"{block}[1]\n\n{GRAIN}[2]", [("town/pumps.txt", 0, 40), ("town/grain.txt", 0, 18)]
    sentences = as_reply((text, citations), "?", LOOKUP)
    _, last, other = ({**own, "paragraph": None} for own in sentences.answer["statements"])
    quoting = {**sentences.answer, "statements": [{**last, "text": block}, other]}
    body = completion(
        text,
        annotations=[annotation(address, 0, 40), annotation("http://x/files/grain.txt", 45, 63)],
    )
    item = Item("q", "What of Alpha?", "town/pumps.txt", (GoldAnswer(gold),), True, {"town/pumps.txt": 1})
    of = Dataset("toy", "open", DOCUMENTS, (item,), "en", "0")
    scorer = AnswerScorer(of, threshold=None, citations=True, support=verbatim)
    for returned in (quoting, reply_of(body)):
        metrics = scorer.score(item, as_reply(returned, "?", LOOKUP))["metrics"]
        assert (metrics["right"], metrics["answer_in_statement"]) == (right, right)
        assert (metrics["citation_recall"], metrics["citation_precision"]) == (1.0, 1.0)


def test_what_was_found_counts_as_retrieved_also_without_a_marker() -> None:
    reply = as_reply(reply_of(completion("Water.", {"sources": OPEN_WEBUI})), "?", LOOKUP)
    assert reply.retrieved == (PUMPS.id, DOCUMENTS["town/grain.txt"].id)
    assert reply.supplied == ("retrieved",)


@pytest.mark.parametrize(
    ("body", "refuses"),
    [
        (completion("The documents do not say.", refusal="The documents do not say."), True),
        (completion(""), True),
        (completion(None), True),
        (completion("I don't have information about that."), True),
        (completion("The provided documents do not mention a king. Ask me something else."), True),
        (completion("It does not mention water [1].", {"sources": OPEN_WEBUI}), False),
        (completion("Alpha pumps water. Nobody could find out why."), False),
        (completion("No, glass bottles are not available."), False),
        (completion("The pool does not have a sauna."), False),
        (completion("The information desk is not open on Sundays."), False),
        (completion("I'm sorry to say that the pool is closed."), False),
        (completion("Sorry! I couldn't find that."), True),
        (completion("There's nothing in the documents about that."), True),
        (completion("Based on the provided context, I cannot answer that."), True),
        (completion("Unfortunately, the context does not provide this."), True),
        (completion("Leider enthalten die Dokumente keine Angaben dazu."), True),
        (completion("Dazu konnte ich in den Unterlagen nichts finden."), True),
        (completion("Je n'ai pas trouvé cette information."), True),
        (completion("文档中没有提到这一点。"), True),
        (completion("The provided documents do not say who built it [1].", {"sources": OPEN_WEBUI}), True),
        (completion("The documents do not name a king, but Alpha pumps [1].", {"sources": OPEN_WEBUI}), False),
        (completion("The documents do not name a king. Alpha pumps [1].", {"sources": OPEN_WEBUI}), False),
        (completion("I could not find the king.\n\nAlpha pumps [1].", {"sources": OPEN_WEBUI}), False),
        (completion("I could not find the king.\n\nAsk the office.", {"sources": OPEN_WEBUI}), True),
        (completion("I could not find the king.\n\nSources:\n[1] pumps.txt", {"sources": OPEN_WEBUI}), True),
    ],
)
def test_refusals_of_other_products(body: dict[str, Any], refuses: bool) -> None:
    assert as_reply(reply_of(body), "?", LOOKUP).answer["answered"] is not refuses


def test_what_is_no_completion_is_refused() -> None:
    for body in ([], {"choices": []}, {"error": "x"}, {"choices": [{"message": {"content": 5}}]}):
        with pytest.raises(ReplyError, match="no chat completion: check its address"):
            reply_of(body)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Refdesk's server over a few files, and their folder."""
    desk = filled(tmp_path_factory.mktemp("own"))
    with listening(app_of(api_over(desk))) as url:
        yield f"{url}/v1", desk.files


def test_refdesks_own_server_is_scored_by_its_annotations(own: tuple[str, Path], run: Command, tmp_path: Path) -> None:
    url, files = own
    rows = [
        {"question": "What does Beta store?", "answers": ["grain"], "source": "b.txt"},
        {"question": "Who is the king of cheese?", "answers": []},
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("eval", "q.jsonl", "--corpus", files, "--system", f"openai:{url}", "--jobs", "2", "--json")
    assert (done.code, done.err) == (0, "")
    figures = {name: figure["value"] for name, figure in done.json["metrics"].items()}
    for name in ("answer_in_statement", "hit@1", "refusal_recall", "citation_precision", "citations_hold"):
        assert figures[name] == 1.0, name
    config = json.loads((tmp_path / done.json["run"] / "config.json").read_text())
    assert (config["own"], config["models"]["model"]) == (False, "refdesk")
    assert config["system"] == f"openai:{url.removeprefix('http://').removesuffix('/v1')}"


def test_answers_keep_the_order_of_the_questions(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    together = threading.Barrier(3, timeout=30)
    lock = threading.Lock()
    count = 0

    def system(question: str) -> str:
        nonlocal count
        with lock:
            count += 1
            first = count <= 3
        if first:
            together.wait()  # three are asked at a time, or this fails
        return question

    run = evaluate(dataset, system, task="qa", out=tmp_path, harness=word_harness(), jobs=3)
    assert [record["id"] for record in run.records] == [item.id for item in dataset.items]
    assert [record["answer"]["text"] for record in run.records] == [item.question for item in dataset.items]
    assert not run.failures


def test_questions_that_hang_do_not_keep_others_waiting_nor_the_process(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    hanging = {item.question for item in dataset.items[:3]}

    def system(question: str) -> str:
        if question in hanging:
            threading.Event().wait()
        return question

    before = set(threading.enumerate())
    run = evaluate(dataset, system, task="qa", out=tmp_path, harness=word_harness(), jobs=2, timeout=1)
    assert [record["question"] in hanging for record in run.records] == [bool(r.get("error")) for r in run.records]
    assert {record["error"] for record in run.failures} == {"TimeoutError: no answer within 1 seconds"}
    assert {record["seconds"] for record in run.failures} == {1}
    assert all(thread.daemon for thread in set(threading.enumerate()) - before)


def test_what_answers_here_is_not_asked_in_parallel(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    with pytest.raises(SystemChoiceError, match="one at a time: leave out --jobs"):
        evaluate(dataset, "bm25", task="qa", out=tmp_path, harness=word_harness(), jobs=2)
    with pytest.raises(SystemChoiceError, match="the task must be qa or visitors"):
        evaluate(dataset, "openai:http://127.0.0.1:9/v1", task="reading", out=tmp_path)


def test_a_run_is_not_resumed_with_another_assistant_of_the_same_server(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))

    def ask(url: str) -> str:
        settings = read_settings(base_url=url, model="mine")
        made = {"task": "qa", "out": tmp_path, "limit": 1, "resume": True, "harness": word_harness()}
        return (evaluate(dataset, f"openai:{url}", settings=settings, **made).folder / "config.json").read_text()

    with ScriptedServer(sends(200, completion("Grain."), Content_Type="application/json")) as server:
        config = ask(f"{server.url}/chats_openai/AAA")
        assert "AAA" not in config  # an address may hold a secret
        assert ask(f"{server.url}/chats_openai/AAA") == config
        with pytest.raises(RunError, match=r"cannot be continued: models\.address was"):
            ask(f"{server.url}/chats_openai/BBB")


def test_a_scripted_server_gets_the_conversation_and_the_key(tmp_path: Path) -> None:
    task = {
        "conversation_id": "c", "targets": [{"text": "grain"}], "contexts": [], "Answerability": ["ANSWERABLE"],
        "input": [
            {"speaker": "user", "text": "Alpha?"}, {"speaker": "agent", "text": "Pumps."},
            {"speaker": "user", "text": "And Beta?"},
        ],
    }  # fmt: skip
    rows = [json.dumps({**task, "task_id": name}) for name in "12"]
    (tmp_path / "reference.jsonl").write_text("\n".join(rows))
    dataset = load_dataset(tmp_path / "reference.jsonl", indexed=True)
    fine = sends(200, completion("Grain."), Content_Type="application/json")
    with ScriptedServer(fine, sends(400, {"error": {"message": "too long"}})) as server:
        settings = read_settings(base_url=server.url, api_key="secret", model="mine")
        run = evaluate(dataset, f"openai:{server.url}", out=tmp_path, settings=settings, harness=word_harness())
    headers, body = server.requests[0]
    assert headers["Authorization"] == "Bearer secret"
    assert [(own["role"], own["content"]) for own in body["messages"]] == [
        ("user", "Alpha?"), ("assistant", "Pumps."), ("user", "And Beta?"),
    ]  # fmt: skip
    assert (body["model"], body["stream"]) == ("mine", False)
    (failure,) = run.failures
    assert "too long" in failure["error"]
    assert "secret" not in (run.folder / "config.json").read_text() + failure["error"]
    assert value(run, "EM") == 0.5
