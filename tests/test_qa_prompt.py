"""Prompts are data with a version; text that is filled in is not searched for names."""

from __future__ import annotations

from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from qa.llm.prompt import load_prompt

FIELDS = {
    "answer": {"passages": "P", "question": "Q", "asked": "fact", "differ": "", "doubtful": ""},
    "answer_brief": {"passages": "P", "question": "Q", "asked": "fact", "differ": "", "doubtful": ""},
    "standalone": {"history": "H", "question": "Q"},
    "closed_book": {"question": "Q"},
    "note": {"passages": "P", "question": "Q"},
    "beyond": {"question": "Q"},
    "judge": {"text": "T", "claim": "C"},
}


def test_every_prompt_is_tested_here() -> None:
    assert {path.name for path in (files("qa.llm") / "prompts").iterdir()} == {f"{name}.txt" for name in FIELDS}


@pytest.mark.parametrize("name", FIELDS)
def test_a_prompt_has_a_system_and_a_user_message_with_its_fields(name: str) -> None:
    prompt = load_prompt(name)
    system, user = prompt.messages(**FIELDS[name])
    assert (system.role, user.role) == ("system", "user")
    assert not {"{", "$"} & set(system.text + user.text)
    assert all(value in user.text for field, value in FIELDS[name].items() if value and field != "asked")
    assert prompt.fingerprint.startswith(f"{name}@")
    with pytest.raises(UndefinedError):
        prompt.messages()


def test_names_in_filled_in_text_are_not_filled_in() -> None:
    costs = "costs {{ question }} and {% if asked %}"
    _, user = load_prompt("answer").messages(**{**FIELDS["answer"], "passages": costs})
    assert costs in user.text


@pytest.mark.parametrize(
    ("asked", "instruction"),
    [
        ("fact", "one to three short"),
        ("steps", "every step"),
        ("list", "every item"),
        ("polar", "Begin with Yes or No"),
        ("comparison", "each of the things compared"),
        ("count", "Do not count or add up"),
        ("explanation", "two to six short"),
        ("overview", "the main points"),
    ],
)
def test_what_is_asked_decides_how_the_answer_is_to_be_arranged(asked: str, instruction: str) -> None:
    system, _ = load_prompt("answer").messages(**{**FIELDS["answer"], "asked": asked})
    assert instruction in system.text
    assert system.text.endswith("write only: NOT FOUND")
    assert len(system.text.splitlines()) == 4


def test_the_brief_prompt_begins_alike_whatever_is_asked_and_is_half_as_long() -> None:
    brief = [
        load_prompt("answer_brief").messages(**{**FIELDS["answer_brief"], "asked": own}) for own in ("list", "fact")
    ]
    assert brief[0][0] == brief[1][0]
    assert "every item" in brief[0][1].text
    full = load_prompt("answer").messages(**FIELDS["answer"])
    assert 2 * sum(len(own.text) for own in brief[1]) < sum(len(own.text) for own in full)


@pytest.mark.parametrize(("doubtful", "may_decline"), [("", False), ("yes", True)])
def test_a_weak_model_may_decline_only_where_the_evidence_is_too_weak_to_quote(
    doubtful: str, may_decline: bool
) -> None:
    system, _ = load_prompt("answer_brief").messages(**{**FIELDS["answer_brief"], "doubtful": doubtful})
    assert ("NOT FOUND" in system.text) == may_decline


@pytest.mark.parametrize("name", ["answer", "answer_brief"])
def test_where_documents_differ_the_prompt_asks_for_each(name: str) -> None:
    messages = load_prompt(name).messages(**{**FIELDS[name], "differ": "yes"})
    assert "the newest" in "".join(own.text for own in messages)
