"""Operators and functions, compiled; and running totals, increases and sums over shorter periods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.computing import numbers
from ledger.computing.scope import Scope
from ledger.computing.tape import Frame, Mode, Moment, State, Step
from ledger.computing.windows import fits
from ledger.language import formula as f
from ledger.language.printer import formula_text

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": numbers.add,
    "-": numbers.subtract,
    "*": numbers.multiply,
    "of": numbers.multiply,
    "and": numbers.both,
    "or": numbers.either,
}


def _binary(scope: Scope, expr: f.Binary, mode: Mode) -> int:
    operator = expr.operator
    logic = operator in f.LOGIC
    for side in (expr.left, expr.right):
        if scope.lines.is_condition(side) != logic:
            kind = "a condition" if logic else "a number"
            raise scope.refuse(expr, f"'{formula_text(side)}' is not {kind}", "Compare it with a number, or do not.")
    a, b = scope.slot(expr.left, mode), scope.slot(expr.right, mode)
    if operator == "/":
        why = f"{formula_text(expr)}: it divides by zero"
        return scope.two(lambda x, y: numbers.divide(x, y, why), a, b)
    if operator == "^":
        why = f"{formula_text(expr)}: the power is not a whole number from 0 to {numbers.LARGEST_POWER}"
        return scope.two(lambda x, y: numbers.power(x, y, why), a, b)
    if operator in f.COMPARISONS:
        return scope.two(lambda x, y: numbers.compare(operator, x, y), a, b)
    return scope.two(_OPERATIONS[operator], a, b)


def _negative(scope: Scope, expr: f.Negative, mode: Mode) -> int:
    return scope.one(numbers.negate, scope.slot(expr.operand, mode))


def _not(scope: Scope, expr: f.Not, mode: Mode) -> int:
    return scope.one(numbers.opposite, scope.slot(expr.operand, mode))


def _call(scope: Scope, expr: f.Call, mode: Mode) -> int:
    slots = [scope.slot(argument, mode) for argument in expr.arguments]
    if expr.function in ("max", "min"):
        operation = numbers.larger if expr.function == "max" else numbers.smaller
        found = slots[0]
        for other in slots[1:]:
            found = scope.two(operation, found, other)
        return found
    if expr.function == "abs":
        return scope.one(numbers.size, slots[0])
    up = expr.function == "ceiling"
    return scope.one(lambda x: numbers.whole(x, up), slots[0])


def _if(scope: Scope, expr: f.If, mode: Mode) -> int:
    if not scope.lines.is_condition(expr.condition):
        raise scope.refuse(expr, f"'{formula_text(expr.condition)}' is not a condition", "Compare it with a number.")
    c, a, b = (scope.slot(part, mode) for part in (expr.condition, expr.then, expr.otherwise))

    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            s[k] = numbers.choose(s[c], s[a], s[b])

        return step

    return scope.step(write)


def _last(scope: Scope, expr: f.Last, mode: Mode) -> int:
    return scope.slot(expr.of, Mode(mode.filters, mode.bound, True, mode.opening))


def _total(scope: Scope, expr: f.Total, mode: Mode) -> int:
    if not scope.aligned(expr.window):
        return scope.parts(expr, mode, expr.window, "last")
    return scope.total(expr.of, expr.window, mode)


def _prior(scope: Scope, expr: f.Prior, mode: Mode) -> int:
    if not scope.aligned(expr.window):
        return scope.parts(expr, mode, expr.window, "prior")
    return scope.before(expr, mode) if mode.opening else scope.prior(expr.of, expr.window, mode)


def _increase(scope: Scope, expr: f.Increase, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    crossing = [w for w in scope.lines.windows(expr.of) if not scope.aligned(w)]
    if len(crossing) > 1:
        why = "its totals run over different windows that end inside a period"
        raise scope.refuse(expr, why, "Use one window, or pay in periods that fit all of them.")
    if crossing:
        return scope.parts(expr, mode, crossing[0])
    now = scope.slot(expr.of, mode)
    opening = Mode(mode.filters, mode.bound, mode.stock, True)
    return scope.two(numbers.subtract, now, scope.slot(expr.of, opening))


def _overall(scope: Scope, expr: f.Overall, mode: Mode) -> int:
    return scope.slot(expr.of, Mode(mode.filters, (), mode.stock, mode.opening))


def _each_period(scope: Scope, expr: f.EachPeriod, mode: Mode) -> int:
    if mode.opening:
        return scope.before(expr, mode)
    if fits(expr.window, scope.every, scope.lines.start):
        return scope.slot(expr.of, mode)
    return scope.parts(expr.of, mode, expr.window)


OPERATORS: dict[type, Callable[[Scope, Any, Mode], int]] = {
    f.Binary: _binary,
    f.Negative: _negative,
    f.Not: _not,
    f.Call: _call,
    f.If: _if,
    f.Last: _last,
    f.Total: _total,
    f.Prior: _prior,
    f.Increase: _increase,
    f.Overall: _overall,
    f.EachPeriod: _each_period,
}
