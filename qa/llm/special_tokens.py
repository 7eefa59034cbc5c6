"""Text to and from a model without the special tokens that structure a chat: turn marks, and tags of reasoning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

OPENS, CLOSES = "<think>", "</think>"

# Tokens that separate turns in chat templates: <|im_end|>, <｜User｜>, </s>, <end_of_turn>, [/INST], <<SYS>> …
_SPECIAL = re.compile(
    r"<(?=[|｜])|<(?=/?(?:s|bos|eos|pad|unk|think|start_of_turn|end_of_turn|start_of_role|end_of_role)>)"
    r"|<(?=</?SYS>>)|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS|THINK)\])"
)


def escape_special_tokens(text: str) -> str:
    """``text`` with a space inside everything that a tokenizer may take for a mark between turns."""
    return _SPECIAL.sub(lambda mark: mark.group() + " ", text)


def without_reasoning(pieces: Iterable[str], reasoning: bool = False) -> Iterator[str]:
    """The pieces without their <think> blocks, whose tags may be spread over several pieces; none is empty.

    ``reasoning``: the prompt ended inside such a block. A block that is never closed lasts to the end.
    """
    held = ""
    for piece in pieces:
        held += piece
        while (tag := CLOSES if reasoning else OPENS) in held:
            before, _, held = held.partition(tag)
            if before and not reasoning:
                yield before
            reasoning = not reasoning
        cut = len(held) - _begun(held, tag)
        if cut and not reasoning:
            yield held[:cut]
        held = held[cut:]
    if held and not reasoning:
        yield held


def _begun(text: str, tag: str) -> int:
    """How many characters of ``tag`` the end of ``text`` has."""
    return next((size for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), 0)
