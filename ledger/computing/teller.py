"""Telling a computed formula: first what it is made of, then the formula with the values put in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledger.computing.lines import Lines
from ledger.computing.numbers import Uncertain
from ledger.computing.tape import Mode, Traced
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
    """Tells the formulas of one frame; each once."""

    lines: Lines
    trace: Traced
    steps: list[Step]
    told: set[tuple[Mode, f.Expr]] = field(default_factory=set)

    def value(self, expr: f.Expr, mode: Mode) -> Any:
        slot = self.trace.tape.slots.get((mode, expr))
        return None if slot is None else self.trace.frame[slot]

    def say(self, depth: int, text: str, kind: str | None = None) -> None:
        self.steps.append(Step(depth, text, kind))

    def tell(self, expr: f.Expr, mode: Mode, depth: int) -> None:
        """First what the formula is made of, then the formula."""
        if (mode, expr) in self.told:
            return
        self.told.add((mode, expr))
        told = TELLERS.get(type(expr))
        if told is not None:
            told(self, expr, mode, depth)
        elif isinstance(expr, f.Binary | f.Negative | f.Not | f.Call):
            self._arithmetic(expr, mode, depth)

    def _arithmetic(self, expr: f.Expr, mode: Mode, depth: int) -> None:
        for atom in _atoms(expr):
            self.tell(atom, mode, depth)
        value = self.value(expr, mode)
        # Of a comparison, its own '=' would read as one of ours.
        sign = ": " if f.is_condition(expr) else " = "
        self.say(depth, sign.join((short(expr), self._filled(expr, mode), value_text(value))))

    def _filled(self, expr: f.Expr, mode: Mode) -> str:
        """The formula's text with values in place of names and functions."""
        match expr:
            case f.Number():
                return formula_text(expr)
            case f.Binary(operator, left, right):
                filled = (
                    self._filled(side, mode) if _flat(expr, side) else self._bracketed(side, mode)
                    for side in (left, right)
                )
                return f" {operator} ".join(filled)
            case f.Call(function, arguments):
                return f"{function}({', '.join(value_text(self.value(a, mode)) for a in arguments)})"
            case f.Negative(operand):
                return f"-{self._bracketed(operand, mode)}"
            case f.Not(operand):
                return f"not {self._bracketed(operand, mode)}"
        return as_rate(expr, self.value(expr, mode))

    def _bracketed(self, expr: f.Expr, mode: Mode) -> str:
        if isinstance(expr, f.Number):
            return formula_text(expr)
        text = as_rate(expr, self.value(expr, mode))
        return f"({text})" if text.startswith(("-", "about", "unknown")) else text


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


def _atoms(expr: f.Expr) -> list[f.Expr]:
    """What is computed before an arithmetic formula can be."""
    found: list[f.Expr] = []
    for child in f.children(expr):
        if isinstance(expr, f.Binary) and _flat(expr, child):
            found.extend(_atoms(child))
        elif not isinstance(child, f.Number):
            found.append(child)
    return found


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
TELLERS: dict[type, Callable[[Teller, Any, Mode, int], None]] = {}
