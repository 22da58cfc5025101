"""A text of the notation cut into words, numbers, days and signs, each with its column.

Limits: a text of `LONGEST` characters, a number of `DIGITS` digits. Nothing here recurses.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from ledger.calendar import parse_day
from ledger.errors import AmountTooLong, NoSuchDay, NotAnAmount, NotationError
from ledger.language.formula import SCALES, Number

LONGEST = 10_000
DIGITS = 30

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))
  | (?P<number>[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?)(?P<unit>%|(?:k|m|bn|tn)(?![^\W]))?
  | (?P<name>[^\W\d]\w*)
  | (?P<string>"[^"\\\n]*(?:\\["\\][^"\\\n]*)*")
  | (?P<sign><=|>=|!=|->|[-+*/^()\[\]:,<>=%])
  | (?P<end>$)
    )""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?) ?(%|k|m|bn|tn)?")
_GROUPS = re.compile(r"\d{1,3}(?:_\d{3})+(?:\.\d+)?")

# What people write from habit, and what to write instead: sign -> (expected, example).
_HABITS = {
    "$": ("an amount without a currency sign; the currency goes at the end", "5m every year in USD"),
    "€": ("an amount without a currency sign; the currency goes at the end", "5m every year in EUR"),
    "£": ("an amount without a currency sign; the currency goes at the end", "5m every year in GBP"),
    "'": ('a name or a value in double quotes: "..."', 'met("launch")'),
    "×": ("'*' or 'of' for a product", "20% of revenue"),
    "÷": ("'/' for a quotient", "revenue / units"),
    "–": ("'-' for a difference", "gross - returns"),
    "−": ("'-' for a difference", "gross - returns"),
    "≤": ("'<=' for at most", "unknown <= 10% of revenue"),
    "≥": ("'>=' for at least", "if units >= 1000 then 5% of revenue else 0"),
    ".": ("a number that starts with a digit", "0.5% of revenue"),
    ";": ("',' between the parts", "max(5% of revenue, 10k)"),
    '"': ('a text that ends with ", with \\" and \\\\ for the two signs inside it', 'met("launch")'),
}


class Token(NamedTuple):
    """`kind` is `day`, `number`, `name`, `string`, `sign` or `end`; `start` and `end` count characters
    from 0.
    """

    kind: str
    text: str
    start: int
    end: int


_token = tuple.__new__  # a named tuple's own constructor takes three times as long


def tokens(text: str) -> list[Token]:
    """The text's tokens, the last one of kind `end`. Raises NotationError."""
    if len(text) > LONGEST:
        raise refusal(text, LONGEST, f"a text of at most {LONGEST:,} characters", _EXAMPLE)
    found: list[Token] = []
    # A scanner is what `finditer` uses; the type stubs do not know it.
    scan = _TOKEN.scanner(text).match  # type: ignore[attr-defined]
    while (match := scan()) is not None:
        kind = match.lastgroup
        start, end = match.span(kind)
        if kind == "unit":
            kind, start = "number", match.start("number")
        found.append(_token(Token, (kind, text[start:end], start, end)))
        if kind == "number":
            _check_number(text, start, end)
        elif kind == "end":
            return found
    at = found[-1].end if found else 0
    at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))
    raise refusal(text, at, *_HABITS.get(text[at], _ANYTHING))


_EXAMPLE = "20% of revenue every quarter"
_ANYTHING = ("a number, a name, a sign of arithmetic or a bracket", _EXAMPLE)


_HARMLESS = frozenset(["", " ", ")", ":"])


def _check_number(text: str, start: int, end: int) -> None:
    following = text[end : end + 1]
    if following in _HARMLESS and end - start <= DIGITS:
        return
    if re.match(r"(?:st|nd|rd|th)\b", text[end:]):
        expected = "a number of days: those after the period's end, within which it is paid"
        raise refusal(text, start, expected, "20% of revenue every quarter within 15 days")
    if following.isalnum() or following == "_":
        raise refusal(text, end, "%, k, m, bn, tn or a space after a number", "1.25bn")
    if (
        following == ","
        and re.fullmatch(r",\d{3}(?!\d)", text[end : end + 4])
        and not text[end + 4 : end + 5].isdigit()
    ):
        # 1,500 could be one number or two: money is never guessed.
        expected = "_ between thousands, or a space after the comma of a list"
        raise refusal(text, end, expected, "1_500 or max(1, 500)")
    if following == ".":
        raise refusal(text, end, "digits after the decimal point", "0.5% of revenue")
    digits = end - start - text.count("_", start, end)
    if digits > DIGITS:
        raise refusal(text, start, f"a number of at most {DIGITS} digits", "1.25bn")


def number(text: str) -> Number:
    """A number as a token spells it: `6.5%`, `750m`, `1_500_000`. The token has been checked."""
    unit = text[-1] if text[-1] in "%km" else text[-2:] if text[-1] == "n" else ""
    digits = text[: len(text) - len(unit)]
    if "_" in digits:
        return Number(Decimal(digits.replace("_", "")), unit, _GROUPS.fullmatch(digits) is not None)
    return Number(Decimal(digits), unit)


def amount(text: str) -> Decimal:
    """A reported amount: a number of the notation (`60m`, `1_200_000.50`), perhaps with a sign.

    Raises NotAnAmount.
    """
    bare = text.strip()
    sign = bare[:1] if bare[:1] in ("-", "+") else ""
    match = _NUMBER.fullmatch(bare[len(sign) :].strip())
    if match is None or not bare.isascii():
        raise NotAnAmount(text, _meant(bare))
    if (digits := sum(c.isdigit() for c in bare)) > DIGITS:
        raise AmountTooLong(text, digits, DIGITS)
    value = Number(Decimal(match[1].replace("_", "")), match[2] or "").value
    return value.copy_negate() if sign == "-" and value else value


def _meant(text: str) -> str:
    """The amount that was written from habit in another form; nothing where it could be two amounts."""
    found = text
    if _BRACKETED.fullmatch(found):
        found = f"-{found[1:-1].strip()}"
    if bare := _WITH_CURRENCY.fullmatch(found):
        found = f"{bare[1]}{bare[2]}"
    if _THOUSANDS.fullmatch(found):
        found = found.replace(",", "_")
    if _SCIENTIFIC.fullmatch(found) and abs(Decimal(found).adjusted()) < DIGITS:
        found = f"{Decimal(found):f}"
    readable = found != text and _NUMBER.fullmatch(found.lstrip("+-"))
    return f" Did you mean {found}?" if readable else ""


_BRACKETED = re.compile(r"\([^()]+\)")
_WITH_CURRENCY = re.compile(r"([-+]?)(?:[$€£¥]|[A-Z]{3} ) ?([\d.,_]+(?:k|m|bn|tn)?)")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+\.\d+|[-+]?\d{1,3}(?:,\d{3}){2,}")
_SCIENTIFIC = re.compile(r"[-+]?\d+(?:\.\d+)?[eE][-+]?\d{1,3}")


def unquoted(text: str) -> str:
    """What a quoted text says."""
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])


def quoted(text: str) -> str:
    """A text in double quotes, as the notation reads it back."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def refusal(text: str, at: int, expected: str, example: str) -> NotationError:
    """The refusal of the text at a place counted from 0."""
    return NotationError(text, at + 1, expected, example)


def check_day(text: str, token: Token) -> None:
    try:
        parse_day(token.text)
    except NoSuchDay:
        expected = "a day that is in the calendar"
        raise refusal(text, token.start, expected, "on(2025-02-28: 5m)") from None


assert set(SCALES) == {"", "%", "k", "m", "bn", "tn"}, "the token pattern spells the units out"
