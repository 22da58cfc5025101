"""Telling a computed formula: first what it is made of, then the formula with the values put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledger.computing.lines import Lines
from ledger.computing.moment import Moment
from ledger.computing.numbers import Uncertain
from ledger.computing.products import counting_side
from ledger.computing.run import Run
from ledger.language import formula as f
from ledger.language.printer import formula_text, slice_text
from ledger.money import EXACT, plain


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation; `depth` says how far it is indented.

    `kind` says what a statement shows of it even in short: a `base`, a `slice` or band, a `limit` (cap, minimum,
    advance), a `part` of the period that others belong to; None: arithmetic.
    """

    depth: int
    text: str
    kind: str | None = None


def value_text(value: Any, known: Callable[[Decimal], str] = plain) -> str:
    """A value in words: a number, `about 12`, `unknown, at most 10`, `unknown`, `yes`, `no`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return known(value)
    if not isinstance(value, Uncertain):
        return "not known"
    if value.about is not None:
        return f"about {known(value.about)}"
    low, high = value.low, value.high
    if low == high:  # something is not reported, and it makes no difference
        return f"unknown, only {known(low)} is possible"
    if low.is_infinite() and high.is_infinite():
        return "unknown"
    if low.is_infinite():
        return f"unknown, at most {known(high)}"
    return f"unknown, at least {known(low)}" if high.is_infinite() else f"unknown, {known(low)} to {known(high)}"


@dataclass
class Teller:
    """Tells the formulas of one moment and of those inside it; each once."""

    run: Run
    steps: list[Step]
    told: set[tuple[int, f.Expr]] = field(default_factory=set)

    @property
    def lines(self) -> Lines:
        return self.run.lines

    def value(self, expr: f.Expr, at: Moment) -> Any:
        """What a formula comes to; an additive one counts the moment's days, a level sees the whole period."""
        return self.run.quietly(lambda: self.run.value(expr, self.seen(expr, at)))

    def seen(self, expr: f.Expr, at: Moment) -> Moment:
        """The moment at which a formula is computed."""
        return at if self.run.natures.additive(expr, at.scope.reading) else at.level()

    def say(self, depth: int, text: str, kind: str | None = None) -> None:
        self.steps.append(Step(depth, text, kind))

    def tell(self, expr: f.Expr, at: Moment, depth: int) -> None:
        """First what the formula is made of, then the formula."""
        if isinstance(expr, f.AsStood):
            expr = expr.of
        at = self.seen(expr, at)
        if (id(at), expr) in self.told:
            return
        self.told.add((id(at), expr))
        told = TELLERS.get(type(expr))
        if told is not None:
            told(self, expr, at, depth)
        elif isinstance(expr, f.Binary | f.Negative | f.Not | f.Call):
            self.arithmetic(expr, at, depth)

    def arithmetic(self, expr: f.Expr, at: Moment, depth: int) -> None:
        """A formula with the values put in, after what it is made of."""
        for atom, where in self._atoms(expr, at):
            self.tell(atom, where, depth)
        value = self.value(expr, at)
        # Of a comparison, its own '=' would read as one of ours.
        sign = ": " if f.is_condition(expr) else " = "
        self.say(depth, sign.join((short(expr), self._filled(expr, at), value_text(value))))

    def _sides(self, expr: f.Expr, at: Moment) -> list[tuple[f.Expr, Moment]]:
        """The formulas directly inside one, each with the moment at which it is computed."""
        if isinstance(expr, f.Binary) and expr.operator in ("*", "of", "/"):
            counts = expr.left if expr.operator == "/" else counting_side(self.run, expr, at)
            return [(side, at if side is counts else at.level()) for side in (expr.left, expr.right)]
        return [(side, self.seen(side, at)) for side in f.children(expr)]

    def _filled(self, expr: f.Expr, at: Moment) -> str:
        """The formula's text with values in place of names and functions."""
        match expr:
            case f.Number():
                return formula_text(expr)
            case f.Binary(operator):
                filled = (
                    self._filled(side, where)
                    if _flat(expr, side)
                    else self._bracketed(side, where, self._due(expr, at))
                    for side, where in self._sides(expr, at)
                )
                return f" {operator} ".join(filled)
            case f.Call(function, arguments):
                values = (value_text(self.run.quietly(lambda a=a: self.run.amount(a, at)))  # type: ignore[misc]
                          if self._due(expr, at) else value_text(self.value(a, at)) for a in arguments)  # fmt: skip
                return f"{function}({', '.join(values)})"
            case f.Negative(operand):
                return f"-{self._bracketed(operand, at, self._due(expr, at))}"
            case f.Not(operand):
                return f"not {self._bracketed(operand, at, None)}"
        return as_rate(expr, self.value(expr, at))

    def _due(self, expr: f.Expr, at: Moment) -> Moment | None:
        """The moment whose share of a fixed amount in a formula is owed; None where it is a factor."""
        product = isinstance(expr, f.Binary) and expr.operator not in ("+", "-")
        return at if not product and self.run.natures.additive(expr, at.scope.reading) else None

    def _bracketed(self, expr: f.Expr, at: Moment, due: Moment | None) -> str:
        share = share_text(due) if due is not None and not self.run.natures.additive(expr, at.scope.reading) else ""
        if isinstance(expr, f.Number):
            return formula_text(expr) + share
        text = as_rate(expr, self.value(expr, at))
        return (f"({text})" if text.startswith(("-", "about", "unknown")) else text) + share

    def _atoms(self, expr: f.Expr, at: Moment) -> list[tuple[f.Expr, Moment]]:
        """What is computed before an arithmetic formula can be."""
        found: list[tuple[f.Expr, Moment]] = []
        for child, where in self._sides(expr, at):
            if isinstance(expr, f.Binary) and _flat(expr, child):
                found.extend(self._atoms(child, where))
            elif not isinstance(child, f.Number):
                found.append((child, where))
        return found


def share_text(at: Moment) -> str:
    """` x 15/31`: the days of a moment over those of a fixed amount; nothing where it is owed in full."""
    before, until, whole = at.host.fraction(at.period, at.span)
    return "" if until - before == whole else f" x {until - before}/{whole}"


def as_rate(expr: f.Expr, value: Any) -> str:
    """A value in words; as a percentage where the formula chooses between percentages."""
    percent = isinstance(value, Decimal) and not isinstance(expr, f.Number) and is_rate(expr)
    return f"{plain(value.scaleb(2, EXACT))}%" if percent else value_text(value)


def is_rate(expr: f.Expr) -> bool:
    """Whether a formula is a percentage, or chooses between percentages."""
    match expr:
        case f.Number(_, unit):
            return unit == "%"
        case f.Band(_, slices):
            return all(is_rate(part.rate) for part in slices)
        case f.On(steps):
            return all(is_rate(step.value) for step in steps)
        case f.If(_, then, otherwise):
            return is_rate(then) and is_rate(otherwise)
        case f.Call("max" | "min", arguments):
            return any(is_rate(argument) for argument in arguments)
    return False


def priced(part: f.Slice, rate: Any) -> str:
    """A slice as it is written; where its rate is computed, the rate, and where it comes from."""
    if isinstance(part.rate, f.Number):
        return slice_text(part)
    limit = "above" if part.limit is None else f"to {formula_text(part.limit)}"
    return f"{as_rate(part.rate, rate)}, which is {formula_text(part.rate)}, {limit}"


def cut_short(steps: Iterable[Step]) -> list[Step]:
    """What an ellipsis says, where a number of the steps has one."""
    if not any(_GOES_ON.search(step.text) for step in steps):
        return []
    return [Step(0, "… stands where a number goes on: it is cut at ten places here, and computed with sixty digits")]


_GOES_ON = re.compile(r"\d…")


def _flat(around: f.Binary, side: f.Expr) -> bool:
    """Whether a part is written out in the whole: a sum in a sum, a product in a product."""
    if not isinstance(side, f.Binary) or around.operator in "/^":
        return False
    alike = any({around.operator, side.operator} <= kind for kind in ({"+", "-"}, {"*", "of"}, {"and"}, {"or"}))
    return alike and (side is around.left or around.operator == "+")


_LONG = 60


def short(expr: f.Expr) -> str:
    """The formula's text, where it is long with functions as `tiers(…)`: they have been told already."""
    text = formula_text(expr)
    if len(text) <= _LONG:
        return text
    if isinstance(expr, f.Binary):
        left, right = (f"({short(s)})" if f"({formula_text(s)})" in text else short(s) for s in f.children(expr))
        return f"{left} {expr.operator} {right}"
    return f"{text.partition('(')[0]}(…)" if "(" in text else text


# How each kind of formula is told; `explanation` fills it in.
TELLERS: dict[type, Callable[[Teller, Any, Moment, int], None]] = {}
