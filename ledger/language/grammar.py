"""The grammar of formulas: tokens to values, by precedence climbing.

    formula   = parts with operators between them; the loosest first:
                or, and, not, = != < <= > >=, + -, * / of, ^
    part      = number | about number | unknown [<= number | >= number | from number to number]
              | name [filters] | function | ( formula ) | - part
              | if formula then formula else formula | once formula when formula
    filters   = "[" dimension (= | !=) value or value ..., ... "]"

The grammar may only grow: the text of a clause is what the ledger keeps. Words are reserved only where a
formula starts, so that a new function never takes a measure's name away.

Limits: `DEEPEST` formulas inside one another, `MOST_OPERATORS` in one text: every recursion stays shallow.
"""

from __future__ import annotations

from ledger.language import formula as f
from ledger.language import habits
from ledger.language.functions import FUNCTIONS
from ledger.language.reader import EXAMPLE, RESERVED, Reader
from ledger.language.tokens import Token, refusal, unquoted

DEEPEST = 64
MOST_OPERATORS = 150

# operator -> (how tightly it binds, what the right side must bind at least)
_BINDS = {
    "or": (1, 2),
    "and": (2, 3),
    **dict.fromkeys(f.COMPARISONS, (4, 5)),
    "+": (5, 6),
    "-": (5, 6),
    "*": (6, 7),
    "/": (6, 7),
    "of": (6, 7),
    "^": (8, 9),
}
_NOT, _UNARY = 3, 7

_PART = "a number, a name, '(' or a function such as max(a, b)"
_IF = "if subscribers > 5000 then 6% of gross else 5% of gross"
_FILTER = "revenue[product = roundup, territory = us or canada]"
_SHORTER = "net_sales: gross - returns"
_ONCE = "once 5m when total(sales per life) > 25m"
_AFTER_A_NAME = frozenset({"within", "rounded", "in", "prorated", "as", "once", "when"})
_RANGE = "unknown from 5% to 10% of revenue"


class Grammar(Reader):
    """A text read as a formula."""

    __slots__ = ()

    def formula(self, binds: int = 0) -> f.Expr:
        """A formula whose operators bind at least so tightly."""
        self.depth += 1
        if self.depth > DEEPEST:
            expected = f"at most {DEEPEST} formulas inside one another; define a part by a name"
            raise self.refusal(expected, _SHORTER)
        word = self.word
        if word == "not" and binds <= _NOT:
            self.step()
            left: f.Expr = f.Not(self.condition(_NOT))
        elif word == "-":
            left = self._negative()
        else:
            left = self._part()
        while (strength := _BINDS.get(self.word)) is not None and strength[0] >= binds:
            left = self._binary(left, strength[1])
        self.depth -= 1
        return left

    def _binary(self, left: f.Expr, binds: int) -> f.Expr:
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            raise self.refusal(f"at most {MOST_OPERATORS} operators; define a part by a name", _SHORTER)
        operator, start = self.word, self.tokens[self.at].start
        self.step()
        right = self.formula(binds)
        if operator in f.LOGIC:
            if not (_may_be_condition(left) and _may_be_condition(right)):
                raise refusal(
                    self.text,
                    start,
                    f"a condition on both sides of '{operator}'",
                    "if a > 1 and b > 2 then 5m else 0",
                )
        elif f.is_condition(left) or f.is_condition(right):
            raise refusal(
                self.text,
                start,
                f"numbers, not conditions, around '{operator}'",
                "if a < b and b < c then 5m else 0",
            )
        return f.Binary(operator, left, right)

    def _negative(self) -> f.Expr:
        start = self.step().start
        operand = self.formula(_UNARY)
        if f.is_condition(operand):
            raise refusal(self.text, start, "a number after '-'", "-5% of revenue")
        return f.Negative(operand)

    def condition(self, binds: int = 0) -> f.Expr:
        """A formula that is a condition, or a name that may stand for one."""
        start = self.token.start
        found = self.formula(binds)
        if not _may_be_condition(found):
            raise refusal(self.text, start, 'a condition: a comparison or met("...")', _IF)
        return found

    def _part(self) -> f.Expr:
        kind, text, _, _ = self.tokens[self.at]
        if kind == "number":
            return self.number()
        if kind == "name":
            return self._named(text)
        if text == "(":
            self.step()
            inner = self.formula()
            self.need(")", "20% of (gross - returns)", "an operator or ')'")
            return inner
        if kind == "day":
            raise self.refusal(
                "a number or a name; a day stands before ':' in on(...) or due(...)", "on(2025-01-01: 5m)"
            )
        raise self.refusal(_PART, EXAMPLE)

    def _named(self, text: str) -> f.Expr:
        after = self.tokens[self.at + 1].text
        if text == "once" and self._starts_amount(self.tokens[self.at + 1]):
            return self._milestone()
        if after == "(" and text not in RESERVED:
            return self._function(text)
        if text == "if":
            return self._if()
        if text in RESERVED and text not in ("unknown", "about"):
            raise self.refusal(f"{_PART}; '{text}' is a word of the notation", EXAMPLE)
        if not text.isidentifier():
            raise self.refusal("a name of letters, digits and _", EXAMPLE)
        self.step()
        if text == "unknown":
            return self._unknown()
        if text == "about":
            return f.About(self.number())
        return f.Name(text, self._filters() if after == "[" else ())

    def _function(self, name: str) -> f.Expr:
        function = FUNCTIONS.get(name)
        if function is None:
            expected = f"a function: one of {', '.join(sorted(FUNCTIONS))}"
            raise self.refusal(*(habits.function(name) or (expected, "max(5% of revenue, 10k)")))
        start = self.step().start
        self.step()
        found = function.read(self, name, start)
        self.need(")", function.example, "an operator, ',' or ')'")
        return found

    def _if(self) -> f.Expr:
        self.step()
        condition = self.condition()
        self.need("then", _IF, "an operator or 'then'")
        then = self.formula()
        self.need("else", _IF, "an operator or 'else'")
        start = self.token.start
        otherwise = self.formula()
        if isinstance(then, f.Number) and then.unit == "%" and _starts_with_percent(otherwise):
            # Read aloud, "of revenue" belongs to both rates; by the grammar it would belong to the last.
            expected = "the same kind of amount after 'else' as after 'then'"
            raise refusal(self.text, start, expected, "(if units > 100 then 6% else 5%) of revenue")
        if f.is_condition(then) or f.is_condition(otherwise):
            raise refusal(self.text, start, "numbers after 'then' and 'else', not conditions", _IF)
        return f.If(condition, then, otherwise)

    def _starts_amount(self, token: Token) -> bool:
        """Whether an amount follows `once`, so that it is no measure of this name."""
        if token.kind == "name":
            return token.text in ("if", "unknown", "about") or token.text not in RESERVED | _AFTER_A_NAME
        return token.kind == "number" or token.text == "("

    def _milestone(self) -> f.Expr:
        self.step()
        amount = self.amount()
        self.need("when", _ONCE, "an operator or 'when'")
        return f.Milestone(amount, self.condition())

    def _unknown(self) -> f.Expr:
        if self.skip("from"):
            low = self.number()
            self.need("to", _RANGE)
            start, high = self.token.start, self.number()
            if high.value < low.value:
                raise refusal(self.text, start, "a higher number after 'to'", _RANGE)
            return f.Unknown(low, high)
        if self.skip("<="):
            return f.Unknown(None, self.number())
        return f.Unknown(self.number() if self.skip(">=") else None)

    def _filters(self) -> tuple[f.Filter, ...]:
        self.step()
        found = [self._filter()]
        while self.skip(","):
            found.append(self._filter())
        self.need("]", _FILTER, "',' or ']'")
        if len({part.dimension for part in found}) < len(found):
            raise self.refusal("each dimension once between '[' and ']'", _FILTER)
        return tuple(found)

    def _filter(self) -> f.Filter:
        dimension = self.name("the name of a dimension", _FILTER)
        without = self.skip("!=")
        if not without:
            self.need("=", _FILTER, "'=' or '!='")
        values = [self._value()]
        while self.skip("or"):
            values.append(self._value())
        return f.Filter(dimension, tuple(dict.fromkeys(values)), without)

    def _value(self) -> str:
        """A dimension's value: a text in quotes, or a word of letters, digits, _ . and -."""
        token = self.step()
        if token.kind == "string":
            return unquoted(token.text)
        if token.kind not in _WORDS or token.text.endswith("%"):
            raise refusal(self.text, token.start, 'a value: one word, or a text in "..."', _FILTER)
        end = token.end
        # A word such as roundup-365 comes in several tokens without a space between them.
        while self.token.start == end and (self.token.kind in _WORDS or self.word == "-"):
            end = self.step().end
        return self.text[token.start : end]


_WORDS = frozenset({"name", "number", "day"})


def _may_be_condition(expr: f.Expr) -> bool:
    """Whether it is written as a condition, or is a name that may stand for one."""
    return f.is_condition(expr) or (isinstance(expr, f.Name) and not expr.filters)


def _starts_with_percent(expr: f.Expr) -> bool:
    """Whether it is a product whose first factor is a bare percentage: `10% of revenue`."""
    product = False
    while isinstance(expr, f.Binary) and expr.operator in ("of", "*"):
        product, expr = True, expr.left
    return product and isinstance(expr, f.Number) and expr.unit == "%"
