"""Words around a dot that decide whether it ends a sentence: lower case, an abbreviation without its last dot."""

from __future__ import annotations

from documents.vocabulary import words_of

NEVER_LAST = words_of("never_last")  # a dot after these never ends a sentence
NEVER_LAST_BEFORE_DIGITS = words_of("never_last_before_digits")  # nor, after these, where a number follows
SELDOM_LAST = words_of("seldom_last")  # a dot after these ends a sentence only before a word of ``OFTEN_FIRST``
OFTEN_FIRST = words_of("often_first")
ORDINAL_NOUNS = words_of("ordinal_nouns")  # a number with a dot before these is an ordinal, as in "am 3. Oktober"
