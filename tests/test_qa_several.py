"""Of several documents, more than a prompt holds: each is noted; the answer is written from what the notes rest on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import AskedFor, Desk, PromptedGenerator, QuoteTheBest, WordVerifier

from index.passage import Filter, Scope
from qa.answer import Answer, AnswerType, Citation, Stage, Statement
from qa.answer.notices import UNAVAILABLE
from qa.assistant import Assistant
from qa.llm.base import GenerationError
from qa.llm.prompt import load_prompt
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.serving.chat.replies import wording
from qa.serving.html.messages import words_of
from qa.understand.question import analyse
from qa.write.several import documents_asked, in_turns
from qa.write.writer import Writer

QUESTION = "How did the trade of the three towns change?"
SAID = ("Alpha pumps water.", "Beta stores grain.", "Gamma sells iron.")
FILLER = {name: " ".join(f"{name}{number}" for number in range(30)) + "." for name in ("one", "two", "three")}
IS_NOTE = "which are of one document"


@pytest.fixture
def quoted(tmp_path: Path) -> Answer:
    """The extractive answer, which quotes the first of three documents."""
    desk = Desk(tmp_path, max_tokens=60)
    pairs = zip("abc", SAID, FILLER.values(), strict=True)
    desk.write(**{name: f"{said}\n\n{filler}" for name, said, filler in pairs})
    desk.ingest.update([desk.files])
    passages = sorted(desk.index.retrieve(QUESTION, Scope(), 3), key=lambda own: own.source.name)
    cited = Citation(1, passages[0], passages[0].chunk.start, passages[0].chunk.start + len(SAID[0]))
    statement = Statement(cited.quote, (1,), 0.9, "quoted")
    return Answer(
        "answer", QUESTION, QUESTION, 0.9, None, (statement,), (cited,), tuple(passages), model={"backend": "quotes"}
    )


def reply(prompt: str) -> str | Exception:
    """Notes, of which one is true, one is not and one is none; then an answer in which one sentence is not."""
    if IS_NOTE not in prompt:
        return "Alpha pumps water [1]. Beta stores grain [2]. Gamma sells gold."
    notes = (f"{SAID[0]} [1]", "Old Beta stores white grain.", "NOT FOUND")
    return next(note for said, note in zip(SAID, notes, strict=True) if said in prompt)


def written(
    generator: PromptedGenerator, quoted: Answer, asked: AnswerType = "comparison", **limits: int
) -> tuple[list[Stage], Answer]:
    writer = Writer(generator, WordVerifier(), **limits)  # type: ignore[arg-type]
    *steps, answer = writer.answering(replace(analyse(QUESTION), asked=asked), quoted)
    assert isinstance(answer, Answer)
    return [step for step in steps if isinstance(step, Stage)], answer


def too_few(quoted: Answer) -> int:
    """Tokens of a prompt that does not hold a passage of each document."""
    return whole(quoted) - 60


def whole(quoted: Answer) -> int:
    """The tokens of a prompt that holds all passages."""
    generator = PromptedGenerator(lambda _: "NOT FOUND")
    written(generator, quoted)
    (messages,) = generator.prompts
    return sum(generator.count(message.text) + 32 for message in messages)


def test_documents_that_a_prompt_does_not_hold_are_noted_one_by_one(quoted: Answer) -> None:
    generator = PromptedGenerator(reply)
    stages, answer = written(generator, quoted, most_prompt=too_few(quoted))
    assert stages == [Stage("note", 3), Stage("write")]
    *notes, last = ("\n".join(message.text for message in prompt) for prompt in generator.prompts)
    assert [[said in note for said in SAID] for note in notes] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    # What bears the notes out is what is written from: of the second document what is nearest, of the third nothing.
    assert [said in last for said in SAID] == [True, True, False]
    assert not any(filler in last for filler in FILLER.values())
    assert "white" not in last
    assert (answer.model["noted_documents"], answer.model["note_prompt"]) == ("3", load_prompt("note").fingerprint)
    assert answer.text == "Alpha pumps water.[1] Beta stores grain.[2]"
    documents = {own.document.id: own.document for own in quoted.passages}
    assert problems(answer.to_dict(), VerificationSource(documents.get)) == []


def test_documents_that_a_prompt_holds_are_written_of_at_once(quoted: Answer) -> None:
    few = too_few(quoted)
    for limits, asked in (
        ({"most_prompt": whole(quoted)}, "comparison"),
        ({"most_prompt": whole(quoted) - 1}, "comparison"),  # the best of each, in turns
        ({"most_prompt": few}, "fact"),  # the best document counts
        ({"most_prompt": few, "most_documents": 2}, "overview"),
        ({"most_prompt": few, "most_documents": 0}, "overview"),
    ):
        generator = PromptedGenerator(reply)
        stages, _ = written(generator, quoted, asked, **limits)  # type: ignore[arg-type]
        assert stages == [Stage("write")]
        assert len(generator.prompts) == 1


def test_without_a_note_the_best_passages_are_written_from(quoted: Answer) -> None:
    generator = PromptedGenerator(lambda prompt: "NOT FOUND" if IS_NOTE in prompt else SAID[0])
    _, answer = written(generator, quoted, most_prompt=too_few(quoted))
    assert FILLER["one"] in generator.prompts[-1][1].text
    assert answer.text == "Alpha pumps water.[1]"


def test_a_model_that_fails_on_a_note_leaves_the_quotation(quoted: Answer) -> None:
    generator = PromptedGenerator(lambda _: GenerationError("gone"))
    stages, answer = written(generator, quoted, most_prompt=too_few(quoted))
    assert stages == [Stage("note", 3)]
    assert (answer.text, answer.note) == ("Alpha pumps water.[1]", UNAVAILABLE)


def test_the_documents_asked_of_are_those_quoted_else_those_found(quoted: Answer) -> None:
    compared = replace(analyse(QUESTION), asked="comparison")
    found = [own.document.id for own in quoted.passages]
    assert documents_asked(compared, quoted, 8) == found
    assert documents_asked(compared, quoted, 2) == found[:2]
    assert documents_asked(replace(compared, asked="fact"), quoted, 8) == []
    assert documents_asked(compared, replace(quoted, passages=quoted.passages[:1]), 8) == []
    cited = [Citation(n, own, own.chunk.start, own.chunk.end) for n, own in enumerate(quoted.passages[1:], start=1)]
    assert documents_asked(compared, replace(quoted, citations=tuple(cited)), 8) == found[1:]


def test_blocks_come_in_turns_of_their_documents(quoted: Answer) -> None:
    first, second, third = quoted.passages
    documents = [second.document.id, first.document.id]
    assert in_turns([first, first, third, second], documents) == [second, first, first]


def test_the_stage_is_told() -> None:
    assert wording(Stage("note", 3), words_of("en")) == "Noting what each of 3 documents says…"
    assert wording(Stage("note", 3), words_of("zh")) == "正在记录 3 份文档各自所说…"


def test_an_overview_is_of_all_documents_that_are_chosen(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_tokens=60)
    pairs = zip(("march", "april", "june"), SAID, strict=True)
    desk.write(**{f"{name}__md": f"# Minutes of {name}\n\n{said[:-1]} for the town.\n" for name, said in pairs})
    desk.ingest.update([desk.files])
    with desk.store.snapshot() as snapshot:
        ids = {source.name: source.document_id for source in snapshot.sources()}
    generator = PromptedGenerator(lambda _: "Alpha pumps water for the town. Beta stores grain for the town.")
    assistant = Assistant(
        desk.index, QuoteTheBest(), writer=Writer(generator, WordVerifier()), classifier=AskedFor("overview")
    )  # type: ignore[arg-type]

    def chosen(*names: str) -> Scope:
        return Scope(only=Filter(documents=tuple(ids[f"{name}.md"] for name in names)))

    answer = assistant.ask("Summarise the minutes.", chosen("march", "april"))
    assert answer.text == "Alpha pumps water for the town.[1] Beta stores grain for the town.[2]"
    (prompt,) = generator.prompts
    assert [said[:-1] in prompt[1].text for said in SAID] == [True, True, False]
    with desk.store.snapshot() as snapshot:
        assert problems(answer.to_dict(), VerificationSource(snapshot.document)) == []
    # Of one document that is named or chosen, and of all where none is chosen, the overview is told as it is quoted.
    for asked, scope in (
        ("Summarise the minutes of June.", chosen("march", "june")),
        ("Summarise the minutes.", chosen("march")),
        ("Summarise the minutes.", Scope()),
    ):
        told = assistant.ask(asked, scope)
        assert (told.asked, told.model["backend"], len({own.document.id for own in told.citations})) == (
            "overview",
            "extractive",
            1,
        )
    assert len(generator.prompts) == 1
