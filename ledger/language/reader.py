"""A text of the notation being read: steps over tokens, and what every room of the grammar reads alike.

window    = [contract] (day | month | quarter | half-year | year) [from MM-DD] [since DAY]
          | life | since DAY | last N months
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date

from ledger.calendar import parse_day
from ledger.errors import NotationError
from ledger.language import formula as f
from ledger.language import habits
from ledger.language.tokens import Token, check_day, number, refusal, tokens

RESERVED = frozenset(
    [
        "if",
        "then",
        "else",
        "and",
        "or",
        "not",
        "of",
        "unknown",
        "about",
        "per",
        "every",
        "to",
        "above",
        "under",
        "over",
        "since",
    ]
)
EXAMPLE = "20% of revenue every quarter"
WINDOWS = "month, quarter, half-year, year, contract year, life, since 2018-10-01 or last 12 months"

_UNITS = frozenset({"day", "month", "quarter", "half", "year"})


def another_name(word: str) -> str:
    """What is expected in the place of a word of the notation."""
    return f"another name: '{word}' is a word of the notation"


class Reader(ABC):
    """One text, read from left to right; every method reads one thing and stands behind it afterwards."""

    __slots__ = ("at", "depth", "operators", "text", "tokens", "word")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0
        self.operators = 0
        self.word = self.tokens[0].text  # the current token's text; a string's keeps its quotes

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def step(self) -> Token:
        token = self.tokens[self.at]
        if self.at + 1 < len(self.tokens):
            self.at += 1
        self.word = self.tokens[self.at].text
        return token

    def skip(self, word: str) -> bool:
        """Step over the word if it is the next one."""
        if self.word != word:
            return False
        self.step()
        return True

    def need(self, word: str, example: str, expected: str = "") -> None:
        if not self.skip(word):
            meant = habits.at_end(self.tokens, self.at) if word == ")" and self.word != "," else None
            raise self.refusal(*(meant or (expected or f"'{word}'", example)))

    def refusal(self, expected: str, example: str) -> NotationError:
        return refusal(self.text, self.token.start, expected, example)

    def need_end(self, example: str = EXAMPLE) -> None:
        if self.token.kind != "end":
            expected = "an operator such as + or of, or the end of the text"
            raise self.refusal(*(habits.at_end(self.tokens, self.at) or (expected, example)))

    def number(self) -> f.Number:
        token = self.token
        if token.kind != "number":
            raise self.refusal("a number", "20%")
        self.step()
        found = number(token.text)
        if self.word == "%" and not found.unit:
            self.step()
            return f.Number(found.digits, "%", found.grouped)
        return found

    def name(self, what: str, example: str) -> str:
        """A name that is not a reserved word."""
        token = self.token
        if token.kind == "name" and token.text in RESERVED:
            raise self.refusal(another_name(token.text), example)
        if token.kind != "name":
            raise self.refusal(what, example)
        self.step()
        return token.text

    def day(self, example: str) -> date:
        token = self.token
        if token.kind != "day":
            raise self.refusal("a day, YYYY-MM-DD", example)
        check_day(self.text, token)
        self.step()
        return parse_day(token.text)

    @abstractmethod
    def formula(self, binds: int = 0) -> f.Expr:
        """A formula whose operators bind at least so tightly: the grammar's to read."""

    def amount(self) -> f.Expr:
        """A formula that is a number."""
        start = self.token.start
        found = self.formula()
        if f.is_condition(found):
            raise refusal(
                self.text,
                start,
                "a number, not a condition",
                "if units > 1000 then 6% of gross else 5% of gross",
            )
        return found

    # --- windows ---

    def per(self) -> f.Window | None:
        """`per` and a window, or `since DAY` alone, or nothing."""
        if self.skip("per"):
            return self.window()
        if self.word == "since":
            return f.Window("life", since=self._since())
        return None

    def window(self) -> f.Window:
        contract = self.skip("contract")
        if not contract:
            if self.word == "since":
                return f.Window("life", since=self._since())
            if self.skip("life"):
                return f.Window("life", since=self._since() if self.word == "since" else None)
            if self.skip("last"):
                return self._rolling()
        unit = self._unit()
        anchor = None if contract else self._anchor()
        return f.Window(unit, contract, anchor, self._since() if self.word == "since" else None)

    def _unit(self) -> str:
        if self.word == "half":
            self.step()
            self.need("-", "total(revenue per half-year)")
            self.need("year", "total(revenue per half-year)")
            return "half-year"
        if self.word not in f.MONTHS or self.token.kind != "name":
            meant = habits.period(self.tokens, self.at, "total(revenue per {})")
            raise self.refusal(*(meant or (f"a period: {WINDOWS}", "tiers(net_sales per year: 5% to 1m, 6% above)")))
        return self.step().text

    def _anchor(self) -> tuple[int, int] | None:
        """`from 07-01`: the day on which a year other than the calendar's starts."""
        if self.word != "from":
            return None
        self.step()
        month, dash, day = self.step(), self.step(), self.step()
        text = self.text[month.start : day.end]
        if dash.text != "-" or len(text) != 5 or not (month.text + day.text).isdigit():
            raise refusal(self.text, month.start, "a month and a day, MM-DD", "every year from 07-01")
        if not (1 <= int(month.text) <= 12 and 1 <= int(day.text) <= 28):
            raise refusal(
                self.text,
                month.start,
                "a month from 01 to 12 and a day from 01 to 28",
                "every year from 07-01",
            )
        return int(month.text), int(day.text)

    def _since(self) -> date:
        self.step()
        return self.day("total(revenue since 2018-10-01)")

    def _rolling(self) -> f.Window:
        example = "total(revenue per last 12 months)"
        token = self.token
        if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) <= 1200:
            raise self.refusal("a number of months from 1 to 1200", example)
        self.step()
        if not self.skip("months"):
            self.need("month", example, "'months'")
        return f.Window("last", months=int(token.text))

    def starts_window(self) -> bool:
        """Whether a period stands here, and not a dimension."""
        return self.word in _UNITS or (self.word == "contract" and self.tokens[self.at + 1].text in _UNITS)
