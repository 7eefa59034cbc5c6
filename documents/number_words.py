"""The words for numbers, months, weekdays and units: English, and other languages' multipliers and units."""

from __future__ import annotations

from documents.month_names import ENGLISH_DAYS, ENGLISH_MONTHS


def _numbered(words: str, first: int) -> dict[str, int]:
    """Each word with its number, counted from ``first``; words joined by a bar share one."""
    return {word: number for number, names in enumerate(words.split(), first) for word in names.split("|")}


SMALL = _numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    0,
)
TENS = {
    word: 10 * number for word, number in _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()
}
ORDINALS = _numbered("first second third fourth fifth sixth seventh eighth ninth tenth", 1)
MONTHS = _numbered(" ".join(f"{name}|{name[:3]}" for name in ENGLISH_MONTHS).casefold(), 1) | {"sept": 9}
WEEKDAYS = _numbered(" ".join(f"{name}|{name[:3]}" for name in ENGLISH_DAYS).casefold(), 1)
WEEKDAYS |= {"tues": 2, "thur": 4, "thurs": 4}
MULTIPLIERS = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0,
    "millions": 1e6, "billions": 1e9, "mn": 1e6, "bn": 1e9, "tn": 1e12, "k": 1e3,
    "tausend": 1e3, "millionen": 1e6, "milliarde": 1e9, "milliarden": 1e9, "mil": 1e3, "millón": 1e6, "millones": 1e6,
    "mille": 1e3, "milliard": 1e9, "milliards": 1e9, "тысяч": 1e3, "тыс": 1e3, "млн": 1e6, "млрд": 1e9,
    "миллион": 1e6, "миллиона": 1e6, "миллионов": 1e6, "миллиард": 1e9, "миллиарда": 1e9, "миллиардов": 1e9,
    "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8, "万亿": 1e12, "萬": 1e4, "億": 1e8, "兆": 1e12,
    "लाख": 1e5, "करोड़": 1e7, "ألف": 1e3, "مليون": 1e6, "مليار": 1e9,
}  # fmt: skip
_UNITS = {
    "%": "% percent percentage pct percents prozent процента процентов प्रतिशत",
    "dollar": "$ us$ dollar dollars usd", "euro": "€ euro euros eur", "sterling": "£ gbp", "yuan": "yuan rmb cny 元",
    "yen": "yen jpy", "rupee": "₹ rupee rupees inr",
    "km": "km kilometer kilometers kilometre kilometres 公里", "m": "metre metres meter meters",
    "cm": "cm centimeter centimeters centimetre centimetres", "mm": "mm millimeter millimeters millimetre millimetres",
    "mile": "mile miles mi", "foot": "foot feet ft", "inch": "inch inches", "yard": "yard yards",
    "kg": "kg kilogram kilograms kilo kilos", "g": "g gram grams", "mg": "mg milligram milligrams",
    "tonne": "ton tons tonne tonnes", "pound": "pound pounds lb lbs",
    "second": "seconds sec secs", "minute": "minute minutes min mins", "hour": "hour hours hr hrs",
    "day": "day days", "week": "week weeks", "month": "month months", "year": "year years yr yrs",
    "decade": "decade decades", "century": "century centuries", "hectare": "hectare hectares ha", "acre": "acre acres",
    "litre": "litre litres liter liters", "watt": "watt watts w", "kw": "kw kilowatt kilowatts",
    "mw": "mw megawatt megawatts", "gw": "gw gigawatt gigawatts", "mb": "mb megabytes", "gb": "gb gigabytes",
    "tb": "tb terabytes", "celsius": "°c celsius", "fahrenheit": "°f fahrenheit",
}  # fmt: skip
UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in names.split()}


def has_number(text: str) -> bool:
    """Whether the text has a number, in digits or in English words."""
    words = text.casefold().replace("-", " ").split()
    return any(map(str.isdigit, text)) or any(word in SMALL or word in TENS or word in MULTIPLIERS for word in words)
