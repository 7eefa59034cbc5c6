"""A sentence of a document -> the block that is quoted with it, as far as that may be quoted."""

from __future__ import annotations

from collections.abc import Sequence

from documents.document import Document
from documents.sentences import Range
from qa.check.injection.recogniser import Recogniser
from qa.layout.quotation import quotation


def quotable_block(document: Document, recogniser: Recogniser, sentence: Range, others: Sequence[Range] = ()) -> Range:
    """What is quoted with a sentence of the document; ``others`` are further sentences that answer.

    A request that calls for care is quoted alone: text around it would hide the caution.
    """
    text = document.text

    def free(places: Sequence[Range]) -> list[Range]:
        are_requests = recogniser.requests([text[slice(*place)] for place in places])
        plain = [place for place, is_request in zip(places, are_requests, strict=True) if not is_request]
        return recogniser.free(text, plain)

    is_request = any(recogniser.requests([text[slice(*sentence)]]))
    return sentence if is_request else quotation(document, sentence, others, free)
