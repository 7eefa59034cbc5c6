"""Cells as exact amounts: signs, currencies, thousands separators, brackets for negative numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

_AMOUNT = re.compile(
    r"(?P<open>\()?\s*(?P<before>[A-Z]{0,2}[$€£¥₹]|(?:USD|EUR|GBP|CHF|JPY|CNY|INR|Rs\.?|Fr\.?)\s)?\s*(?P<sign>[-−+])?\s*(?P<before2>[$€£¥₹])?\s*"
    r"(?P<digits>\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)\s*"
    r"(?P<after>[^\W\d_]{0,12}|[$€£¥₹%‰])\s*(?P<close>\))?(?:\s*[*†‡]{1,3}|\s*\[\w\])?\Z"
)
# "$(97)" and "(3.2)%" are as good as "($97)" and "(3.2%)".
_OUTSIDE = re.compile(r"\A\s*([A-Z]{0,2}[$€£¥₹])?\s*\(([^()]*)\)\s*([%‰])?\s*\Z")
_GAPS = re.compile(r"['’\u00a0\u202f ]")
_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)|\d\.\d{3},\d")
_LONGEST = 40  # characters of a cell that may be an amount
_SHARES = ("%", "‰")


class Amount(NamedTuple):
    """A number, the sign or unit written ``before`` or ``after`` it, and its decimal places."""

    value: Decimal
    before: str
    after: str
    decimals: int

    @property
    def is_share(self) -> bool:
        """Whether it is a percentage or per mille, which cannot be added up."""
        return self.after in _SHARES

    @property
    def may_be_year(self) -> bool:
        """Whether it is a bare number that could be a year."""
        return not (self.before or self.after or self.decimals) and 1500 <= self.value <= 2100


def has_decimal_comma(texts: Sequence[str]) -> bool:
    """Whether the cells of a column write a comma before decimals."""
    return any(_DECIMAL_COMMA.search(text) for text in texts)


def amount(text: str, *, decimal_comma: bool = False) -> Amount | None:
    """The amount that is all of ``text``, or None."""
    found = _AMOUNT.match(_OUTSIDE.sub(r"(\1\2\3)", text).strip()) if len(text) <= _LONGEST else None
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    digits = _GAPS.sub("", found["digits"])
    digits = digits.replace(".", "").replace(",", ".") if decimal_comma else digits.replace(",", "")
    try:
        value = Decimal(digits)
    except InvalidOperation:  # two points
        return None
    if found["open"] or found["sign"] in ("-", "−"):
        value = -value
    return Amount(
        value, (found["before"] or found["before2"] or "").strip(), found["after"], len(digits.partition(".")[2])
    )  # fmt: skip


def total(amounts: Sequence[Amount]) -> Amount | None:
    """The sum; None if the amounts have different units or are shares."""
    units = {(one.before, one.after) for one in amounts if one.before or one.after}
    if not amounts or len(units) > 1 or any(one.is_share for one in amounts):
        return None
    before, after = next(iter(units), ("", ""))
    return Amount(sum((one.value for one in amounts), Decimal(0)), before, after, max(one.decimals for one in amounts))


def shown(given: Amount, unit: str = "") -> str:
    """The amount with commas between thousands, and the ``unit`` of its heading if it has no unit itself."""
    before, after = given.before, given.after
    if unit and not (before or after):
        before, after = (unit, "") if unit in "$€£¥₹" else ("", unit)
    number = f"{abs(given.value):,.{given.decimals}f}"
    gap = " " if len(after) > 1 or after.isalpha() else ""
    return f"{'-' if given.value < 0 else ''}{before}{number}{gap}{after}"
