"""Does a sentence ask its reader to go, pay, enter or send something somewhere? By rules.

A leaflet's "Pay online at clinic.example/pay" and a forger's "Confirm your PIN at http://…" have the same form, and no
program knows whom to trust. A sentence counts when it makes a request and names an address, or a number to call or to
pay to; so does a sentence that asks for something secret.
"""

from __future__ import annotations

import re
from mimetypes import encodings_map

from documents.formats.registry import FORMATS
from documents.language import identify

_ADDRESS = re.compile(
    r"h(?:tt|xx)ps?://|\bwww\.|\S@[\w-]+\.\w"  # pages, e-mail
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b"  # a machine by its number
    r"|\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,}"  # an account
    r"|\b(?:bc1|0x)[a-z0-9]{20,}|\b[13][a-km-zA-HJ-NP-Z1-9]{25,34}\b"  # a wallet
    r"|(?:\+|\b)\d(?:[ ()/-]{0,2}\d){6,}",  # a telephone or account number
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"\b(?:[a-z0-9][a-z0-9-]*[a-z0-9]\.)+([a-z]{2,24})\b", re.IGNORECASE)
_FILES = frozenset({*FORMATS, *encodings_map})
# Addresses that are written so that no program takes them for one: "harl[.]example", "harl (dot) example".
_DOT = re.compile(r"\s?[\[({](?:\.|dot)[\])}]\s?", re.IGNORECASE)
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
    r"|credentials|passport|seed phrase|(?:one-time|voucher) codes?|gift cards?|date of birth|social security)\b",
    re.IGNORECASE,
)
_HANDS_OVER = re.compile(r"\b(?:send|give|confirm|verify|share|reply|provide|text|e-?mail|tell)\b", re.IGNORECASE)


def sends_elsewhere(sentence: str) -> bool:
    """Whether the sentence asks its reader to go, pay, enter or send something somewhere."""
    if _SECRET.search(sentence) and _HANDS_OVER.search(sentence) and _REQUEST.search(sentence):
        return True
    # Only English requests are known: in other languages the address alone counts.
    return _has_address(_DOT.sub(".", sentence)) and (
        bool(_REQUEST.search(sentence)) or identify(sentence).is_certainly_other
    )


def _has_address(text: str) -> bool:
    """Whether the text names an address, a number to call or one to pay to; a file's name is none."""
    domains = (f".{found[1].lower()}" for found in _DOMAIN.finditer(text))
    return bool(_ADDRESS.search(text)) or any(ending not in _FILES for ending in domains)
