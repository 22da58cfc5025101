"""What contracts and people write from habit, and how it is said here: for the refusals of the grammar.

Each answer is what was expected at the place, and an example that can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ledger.language.tokens import Token

Advice: TypeAlias = tuple[str, str]

_DIFFERENCE = ("'-' for a difference", "gross - returns")
_GREATER = ("max(a, b) for the greater of the two", "max(5% of revenue, 3000)")
_LESSER = ("min(a, b) for the lesser of the two", "min(5% of revenue, 3000)")
_MINIMUM = ("atleast(a, b) for a minimum", "atleast(5% of sales, 700)")
_MAXIMUM = ("cap(a, b) for a maximum", "cap(5% of sales, 100)")
_PERCENT = ("'%' for percent", "10% of sales")
_POINTS = ("a percentage: 25 basis points are 0.25%", "0.25% of sales")
_CONDITION = ("if ... then ... else ... for a condition", 'if met("law") then 5% of sales else 0')
_DAYS = ("'within' and a number of days after the period's end", "20% of revenue every quarter within 15 days")
_UNTIL = (
    "one word for the condition after 'until', or its words in double quotes",
    '20% of revenue every quarter until "the panel has verified it"',
)
_SPAN = (
    "a clause's days at its end: from, through, until and survives, in this order",
    "20% of revenue every quarter from 2025-01-01 through 2030-12-31",
)
_ONE_NAME = ("one word for a name, with _ between its parts", "5% of net_sales")

_WORDS: dict[str, Advice] = {
    **dict.fromkeys(["greater", "higher", "larger", "greatest", "highest"], _GREATER),
    **dict.fromkeys(["lesser", "lower", "smaller", "least", "lowest"], _LESSER),
    **dict.fromkeys(["less", "minus"], _DIFFERENCE),
    "plus": ("'+' for a sum", "base + bonus"),
    "times": ("'*' or 'of' for a product", "20% of revenue"),
    "divided": ("'/' for a quotient", "revenue / units"),
    **dict.fromkeys(["percent", "pct"], _PERCENT),
    **dict.fromkeys(["bp", "bps", "basis"], _POINTS),
    **dict.fromkeys(["minimum", "minimal"], _MINIMUM),
    **dict.fromkeys(["maximum", "capped", "up"], _MAXIMUM),
    "when": ("'once' before an amount that is due when a condition holds", 'once 5m when met("launch") every quarter'),
    **dict.fromkeys(["while", "where", "unless", "provided", "upon"], _CONDITION),
    **dict.fromkeys(["by", "after", "payable", "due"], _DAYS),
    "until": _UNTIL,
    **dict.fromkeys(["from", "through", "survives"], _SPAN),
}
_AFTER_A_COMMA = frozenset(["but", "and", "with", "a", "at", "not", "the"])

_FUNCTIONS: dict[str, Advice] = {
    **dict.fromkeys(
        ["average", "avg", "mean"],
        ("a function that there is; an average by day is the sum by day over the days",
         "2% of each(day: last(net_assets)) / days()"),
    ),
    "sum": ("total(... per a window) for a sum over time; a measure is summed by itself", "total(revenue per year)"),
    **dict.fromkeys(["greater", "greatest", "maximum", "higher"], _GREATER),
    **dict.fromkeys(["lesser", "least", "minimum", "lower"], _LESSER),
    **dict.fromkeys(["ceil", "roundup"], ("ceiling(a) for the next whole number", "25 * ceiling(units / 1000)")),
    "round": ("'rounded' after the formula", "20% of revenue every quarter rounded half even to 0.01"),
}  # fmt: skip

_WEEKS = ("a period of days or of months; weeks cannot be said, so report by day", "20% of revenue every day")
_IN_MONTHS = {"1": "month", "3": "quarter", "6": "half-year", "12": "year"}


def at_end(tokens: Sequence[Token], at: int) -> Advice | None:
    """What was meant by what follows a formula that is read."""
    token, before = tokens[at], tokens[at - 1]
    if token.text == ",":
        word = next((t.text for t in tokens[at + 1 :] if t.text not in _AFTER_A_COMMA), "")
        return {"least": _MINIMUM, "more": _MAXIMUM, "exceed": _MAXIMUM, "exceeding": _MAXIMUM}.get(
            word, _WORDS.get(word)
        )
    if token.kind != "name":
        return None
    if token.text in ("at", "not"):
        return _MINIMUM if token.text == "at" and tokens[at + 1].text == "least" else _MAXIMUM
    return _WORDS.get(token.text) or (_ONE_NAME if before.kind == "name" else None)


def function(name: str) -> Advice | None:
    """What was meant by a function that there is not."""
    return _FUNCTIONS.get(name)


def period(tokens: Sequence[Token], at: int, example: str) -> Advice | None:
    """What was meant by what is no period; `example`: a text with the word {} for it."""
    first, second = tokens[at].text, tokens[min(at + 1, len(tokens) - 1)].text
    if first in ("week", "weeks", "fortnight") or second in ("week", "weeks"):
        return _WEEKS
    if first == "cent":
        return _PERCENT
    if second in ("month", "months") and first in _IN_MONTHS:
        word = _IN_MONTHS[first]
        return f"'{word}' for {first} months", example.format(word)
    return None
