"""Names of months and days of the week in a language, as the Unicode Consortium's locale data (Babel) gives them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

# The English names, which do not depend on the locale of the process, as those of ``calendar`` do.
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH = ("en", "en_GB")  # the latter abbreviates September as "Sept"
_WIDTHS = ("wide", "abbreviated")


class Names(NamedTuple):
    """Numbers by name in lower case, without a point at the end: months from 1, days of the week from 0 (Monday)."""

    months: Mapping[str, int]
    days: Mapping[str, int]


@lru_cache(maxsize=64)
def names_of(language: str) -> Names:
    """The names in a language (a two-letter code) and in English; an unknown language has the English ones."""
    months, days = dict[str, int](), dict[str, int]()
    for locale in (language, *_ENGLISH):
        _add(locale, months, days)
    return Names(months, days)


def _add(code: str, months: dict[str, int], days: dict[str, int]) -> None:
    """Add the names of a locale; those that are known already stay."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return
    for known, named in ((months, locale.months), (days, locale.days)):
        for context in ("format", "stand-alone"):
            for width in _WIDTHS:
                for number, name in named[context].get(width, {}).items():
                    short = name.casefold().rstrip(".")
                    if len(short) > 2 and not any(map(str.isdigit, short)):
                        known.setdefault(short, number)
