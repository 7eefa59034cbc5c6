"""A saved answer as the turn that a follow-up is asked in."""

from __future__ import annotations

from typing import Any

from qa.saved.turns import LONGEST, turn_of

BARE: dict[str, Any] = {"kind": "answer", "answered": True, "text": "Grain.", "citations": [], "statements": []}


def test_what_an_answer_leaves_out_is_empty_and_what_is_far_too_long_is_cut() -> None:
    said = {"text": "g" * 3000, "citations": [], "status": "quoted"}
    turn = turn_of({**BARE, "standalone_question": "q" * 400_000, "statements": [said], "short_answer": "s" * 3000})
    assert {len(turn.question), len(turn.answer), len(turn.short)} == {LONGEST}
    assert (turn_of(BARE).question, turn_of(BARE).answer) == ("", "")
    assert turn_of({**BARE, "question": "Who?", "standalone_question": None}).question == "Who?"
