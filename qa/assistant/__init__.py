"""Whoever answers: a message in its conversation -> an Answer, by the stages of one pipeline.

- ``assistant``: understands a message, has it answered, and written;
- ``pipeline``: the stages from one question to its quoted answer, in order;
- ``compose``: settings -> the concrete classes that all of this is made of (``generators``: the language model).
"""

from qa.answer import Stage
from qa.assistant.assistant import MAX_QUESTION, Assistant, QuestionError, checked
from qa.assistant.pipeline import in_other_language

__all__ = ["MAX_QUESTION", "Assistant", "QuestionError", "Stage", "checked", "in_other_language"]
