"""Prompts are data with a version; text that is filled in is not searched for names."""

from __future__ import annotations

from importlib.resources import files

import pytest

from qa.llm.prompt import load_prompt

FIELDS = {
    "answer": {"passages": "P", "question": "Q"},
    "standalone": {"history": "H", "question": "Q"},
    "closed_book": {"question": "Q"},
}


def test_every_prompt_is_tested_here() -> None:
    assert {path.name for path in (files("qa.llm") / "prompts").iterdir()} == {f"{name}.txt" for name in FIELDS}


@pytest.mark.parametrize("name", FIELDS)
def test_a_prompt_has_a_system_and_a_user_message_with_its_fields(name: str) -> None:
    prompt = load_prompt(name)
    system, user = prompt.messages(**FIELDS[name])
    assert (system.role, user.role) == ("system", "user")
    assert "$" not in system.text + user.text
    assert all(value in user.text for value in FIELDS[name].values())
    assert prompt.fingerprint.startswith(f"{name}@")
    with pytest.raises(KeyError):
        prompt.messages()


def test_names_in_filled_in_text_are_not_filled_in() -> None:
    assert "$question" in load_prompt("answer").messages(passages="costs $question and $$", question="Q")[1].text
