"""Prompts are data with a version; text that is filled in is not searched for names."""

from __future__ import annotations

from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from qa.llm.prompt import load_prompt

FIELDS = {
    "answer": {"passages": "P", "question": "Q", "asked": "fact"},
    "standalone": {"history": "H", "question": "Q"},
    "closed_book": {"question": "Q"},
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
    assert all(value in user.text for field, value in FIELDS[name].items() if field != "asked")
    assert prompt.fingerprint.startswith(f"{name}@")
    with pytest.raises(UndefinedError):
        prompt.messages()


def test_names_in_filled_in_text_are_not_filled_in() -> None:
    costs = "costs {{ question }} and {% if asked %}"
    _, user = load_prompt("answer").messages(passages=costs, question="Q", asked="fact")
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
    system, _ = load_prompt("answer").messages(passages="P", question="Q", asked=asked)
    assert instruction in system.text
    assert system.text.endswith("write only: NOT FOUND")
    assert len(system.text.splitlines()) == 4
