"""What a language model says of itself stands beside a refusal, marked, and in no answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import Desk, QuoteTheBest, ScriptedGenerator, WordVerifier, filled

from index.passage import Scope
from qa.answer import Answer
from qa.answer.notices import BEYOND
from qa.assistant import Assistant, compose
from qa.cli.answer_text import as_text
from qa.llm.base import GenerationError
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.serving.html import render
from qa.serving.html.copied import as_markdown
from qa.serving.html.messages import words_of
from qa.settings import SettingsError, read
from qa.write.beyond import MOST_SENTENCES, Beyond
from qa.write.writer import Writer

UNKNOWN = "Who painted the ceiling of the old chapel?"
KNOWN = "Beta stores what?"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


def ask(desk: Desk, question: str, *script: str | Exception) -> tuple[Answer, ScriptedGenerator]:
    """The answer of an assistant whose model says the script, and what writes its answers says nothing."""
    generator = ScriptedGenerator(*script)
    writer = Writer(ScriptedGenerator("NOT FOUND"), WordVerifier(), beyond=Beyond(generator))
    assistant = Assistant(desk.index, QuoteTheBest(), writer=writer)  # type: ignore[arg-type]
    return assistant.ask(question, Scope()), generator


def test_a_refusal_stays_one_and_what_the_model_says_stands_apart_without_markers(desk: Desk) -> None:
    answer, generator = ask(desk, UNKNOWN, "It was <b>Ann Lee</b> [1]. She painted it in 1877 [2].")
    assert (answer.kind, answer.text, answer.statements) == ("refusal", "Not here.", ())
    assert answer.beyond == "It was <b>Ann Lee</b>. She painted it in 1877."
    assert answer.to_dict()["beyond"] == answer.beyond
    assert not any("stores" in message.text for message in generator.prompts[0])  # it sees no document
    assert f"{BEYOND} {answer.beyond}" in as_text(answer)
    shown = render.answer("1", answer, words_of("zh"))
    assert f'<aside class="beyond"><p class="place">{words_of("zh")("beyond")}</p>' in shown
    assert "<b>" not in shown
    assert words_of("en")("beyond") == BEYOND
    assert "not checked" in as_markdown(answer, words_of("en"))


def test_nothing_is_said_beside_an_answer_or_where_the_model_has_nothing_to_say(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    answered, generator = ask(desk, KNOWN, "Beta stores gold.")
    assert (answered.beyond, generator.prompts) == (None, [])
    assert "beyond" not in answered.to_dict()
    for script in ("NOT FOUND", "", GenerationError("the server went away")):
        assert ask(desk, UNKNOWN, script)[0].beyond is None
    assert caplog.messages == ["the server went away"]
    long, _ = ask(desk, UNKNOWN, *(f"Painter number {n} was there. " for n in range(20)))
    assert (long.beyond or "").count(".") == MOST_SENTENCES


def test_a_saved_answer_with_something_beyond_it_is_no_refdesk_answer(desk: Desk) -> None:
    answered, _ = ask(desk, KNOWN, "Beta stores gold.")
    with desk.store.snapshot() as snapshot:
        documents = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    found = problems({**answered.to_dict(), "beyond": "Beta stores gold."}, VerificationSource(documents.get))
    assert found == ["something is said beyond the documents, though they were not silent"]


def test_it_is_off_unless_asked_for_and_needs_a_language_model(desk: Desk) -> None:
    assert not read(index=desk.store.folder).beyond
    chosen = read(index=desk.store.folder, beyond=True)
    with pytest.raises(GenerationError, match="beyond asks a language model, and none is named"):
        compose.assistant_over(desk.index, None, chosen)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="setting beyond"):
        read(beyond="perhaps")
