"""Does an answer rest only on sentences that ask the reader to go, pay, enter or send something somewhere?

A leaflet's "Pay online at clinic.example/pay" and a forger's "Confirm your PIN at http://…" have the same form, and no
program knows whom to trust: such an answer is shown with a caution. A sentence counts when it makes a request and names
an address, or a number to call or to pay to; so does a sentence that asks for something secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.language import identify

CAUTION = (
    "This rests only on a sentence that asks you to go, pay or send something somewhere. "
    "Check with the sender before you do."
)

_ADDRESS = re.compile(
    r"https?://|\bwww\.|\S@[\w-]+\.\w"  # pages, e-mail
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|info|biz|io|co|app|shop|site|online|xyz|top|example|[a-z]{2})(?:/|\b)"
    r"|\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,}"  # an account
    r"|\b(?:bc1|0x)[a-z0-9]{20,}|\b[13][a-km-zA-HJ-NP-Z1-9]{25,34}\b"  # a wallet
    r"|(?:\+|\b)\d(?:[ ()/-]{0,2}\d){6,}",  # a telephone or account number
    re.IGNORECASE,
)
_REQUEST_VERBS = (
    r"go to|visit|open|click|tap|follow|log ?in|sign (?:in|up)|enter|type|fill in|confirm|verify|update|unlock|send|pay"
    r"|transfer|wire|deposit|settle|buy|donate|call|ring|phone|text|e-?mail|mail|write to|contact|reply|submit|upload"
    r"|download|install|scan|give|share|provide|register|enrol|enroll|subscribe|claim|order"
)
_REQUEST = re.compile(
    r"(?:^\W*|[.:;,!?)(–—-] ?|\b(?:please|kindly|and|or|to|then|must|should|can|may|you|by|simply|just|via|also|be) )"
    rf"(?:{_REQUEST_VERBS})\b"
    r"|\b(?:sending|paying|entering|visiting|calling|clicking|transferring|confirming|settled|paid|sent) \b",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:password|pin|passcode|card (?:number|details)|security code|cvv|bank details|account (?:number|details)"
    r"|credentials|passport|seed phrase|one-time code|date of birth|social security)\b",
    re.IGNORECASE,
)
_HANDS_OVER = re.compile(r"\b(?:send|give|confirm|verify|share|reply|provide|text|e-?mail|tell)\b", re.IGNORECASE)


def caution(quotes: Sequence[str]) -> str | None:
    """The caution that an answer of these quotes needs; None where one of them is an ordinary sentence."""
    return CAUTION if quotes and all(map(sends_elsewhere, quotes)) else None


def sends_elsewhere(sentence: str) -> bool:
    """Whether the sentence asks its reader to go, pay, enter or send something somewhere."""
    if _SECRET.search(sentence) and _HANDS_OVER.search(sentence) and _REQUEST.search(sentence):
        return True
    # Only English requests are known: in other languages the address alone counts.
    return bool(_ADDRESS.search(sentence)) and (
        bool(_REQUEST.search(sentence)) or identify(sentence).is_certainly_other
    )
