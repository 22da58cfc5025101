"""Formulas and flows as canonical text: what `notation.parse` reads back to the same value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ledger.language import formula as f
from ledger.language.terms import Flow
from ledger.language.tokens import quoted

_BINDS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(f.COMPARISONS, 4),
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "of": 6,
    "^": 8,
}
_NOT, _UNARY, _PART = 3, 7, 10

_WORD = re.compile(r"(?:[^\W\d]\w*|[0-9]+(?![\w.]))(?:-(?:[^\W\d]\w*|[0-9]+(?![\w.])))*")


_ENDS_UNKNOWN = re.compile(r"(?<!\w)unknown$")


def formula_text(expr: f.Expr) -> str:
    """The formula's canonical text."""
    return _print(expr)[0]


def flow_text(flow: Flow) -> str:
    """The flow's canonical text: formula, period, days to pay, rounding, currency."""
    parts = [formula_text(flow.expr)]
    if flow.every is not None:
        parts.append("once" if flow.every == f.ONCE else f"every {window_text(flow.every)}")
    if flow.fixed is not None:
        parts.append(flow.fixed)
    if flow.within is not None:
        parts.append(f"within {flow.within} days")
    if flow.rounding is not None or flow.unit is not None:
        parts.append(f"rounded {flow.rounding or 'half up'}")
    if flow.unit is not None:
        parts.append(f"to {number_text(flow.unit)}")
    if flow.currency is not None:
        parts.append(f"in {flow.currency}")
    return " ".join(parts)


def number_text(number: f.Number) -> str:
    digits = f"{number.digits:,f}".replace(",", "_") if number.grouped else f"{number.digits:f}"
    return digits + number.unit


def window_text(window: f.Window) -> str:
    """`contract year`, `year from 07-01`, `life`, `since 2018-10-01`, `last 12 months`."""
    if window.unit == "last":
        return f"last {window.months} months"
    if window.unit == "life":
        return f"since {window.since}" if window.since else "life"
    text = f"contract {window.unit}" if window.contract else window.unit
    if window.anchor:
        text += f" from {window.anchor[0]:02}-{window.anchor[1]:02}"
    return f"{text} since {window.since}" if window.since else text


def _print(expr: f.Expr) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    return _PRINTERS[type(expr)](expr)


def _inside(expr: f.Expr, binds: int) -> str:
    text, bound = _print(expr)
    return text if bound >= binds else f"({text})"


def _binary(expr: f.Binary) -> tuple[str, int]:
    binds = _BINDS[expr.operator]
    # Comparisons do not chain; everything else leans to the left.
    left = _inside(expr.left, binds + (expr.operator in f.COMPARISONS))
    if expr.operator in ("<=", ">=") and _ENDS_UNKNOWN.search(left):
        left = f"({left})"  # else the comparison would be read as the unknown's bound
    return f"{left} {expr.operator} {_inside(expr.right, binds + 1)}", binds


def _negative(expr: f.Negative) -> tuple[str, int]:
    return f"-{_inside(expr.operand, _UNARY)}", _UNARY


def _not(expr: f.Not) -> tuple[str, int]:
    return f"not {_inside(expr.operand, _NOT)}", _NOT


def _if(expr: f.If) -> tuple[str, int]:
    # It binds loosest: `else` takes everything that follows.
    parts = (formula_text(part) for part in (expr.condition, expr.then, expr.otherwise))
    return "if {} then {} else {}".format(*parts), 0


def _name(expr: f.Name) -> tuple[str, int]:
    if not expr.filters:
        return expr.name, _PART
    return f"{expr.name}[{', '.join(map(filter_text, expr.filters))}]", _PART


def filter_text(part: f.Filter) -> str:
    values = (value if _WORD.fullmatch(value) and value != "or" else quoted(value) for value in part.values)
    return f"{part.dimension} {'!=' if part.without else '='} {' or '.join(values)}"


def _unknown(expr: f.Unknown) -> tuple[str, int]:
    low, high = expr.low, expr.high
    if low and high:
        return f"unknown from {number_text(low)} to {number_text(high)}", _PART
    if high:
        return f"unknown <= {number_text(high)}", _PART
    return f"unknown >= {number_text(low)}" if low else "unknown", _PART


def _call(name: str, of: f.Expr, per: f.Window | None = None, after: str = "") -> tuple[str, int]:
    return f"{name}({formula_text(of)}{_per(per)}{after})", _PART


def _per(window: f.Window | None) -> str:
    if window is None:
        return ""
    text = window_text(window)
    return f" {text}" if text.startswith("since") else f" per {text}"


def _slices(slices: tuple[f.Slice, ...]) -> str:
    return ": " + ", ".join(map(slice_text, slices))


def slice_text(part: f.Slice) -> str:
    rate = formula_text(part.rate)
    if part.limit is None:
        return f"{rate} above"
    return f"{rate} {'under' if part.under else 'to'} {formula_text(part.limit)}"


def _dated(name: str, steps: tuple[f.Step, ...]) -> tuple[str, int]:
    return f"{name}({', '.join(f'{step.day}: {formula_text(step.value)}' for step in steps)})", _PART


def _limited(name: str, expr: f.Limited, word: str = ",") -> tuple[str, int]:
    return f"{name}({formula_text(expr.of)}{word} {formula_text(expr.amount)}{_per(expr.window)})", _PART


_PRINTERS: dict[type, Callable[[Any], tuple[str, int]]] = {
    f.Number: lambda e: (number_text(e), _PART),
    f.Unknown: _unknown,
    f.About: lambda e: (f"about {number_text(e.number)}", _PART),
    f.Name: _name,
    f.Binary: _binary,
    f.Negative: _negative,
    f.Not: _not,
    f.If: _if,
    f.Met: lambda e: (f"met({quoted(e.condition)})", _PART),
    f.Call: lambda e: (f"{e.function}({', '.join(map(formula_text, e.arguments))})", _PART),
    f.Last: lambda e: _call("last", e.of),
    f.Rate: lambda e: _call("rate", e.of),
    f.Milestone: lambda e: (f"once {formula_text(e.amount)} when {formula_text(e.when)}", 0),
    f.Increase: lambda e: _call("increase", e.of),
    f.Overall: lambda e: _call("overall", e.of),
    f.Total: lambda e: _call("total", e.of, e.window),
    f.Prior: lambda e: _call("prior", e.of, e.window),
    f.AsStood: lambda e: _print(e.of),
    f.Each: lambda e: (f"each({', '.join(e.dimensions)}: {formula_text(e.of)})", _PART),
    f.EachPeriod: lambda e: (f"each({window_text(e.window)}: {formula_text(e.of)})", _PART),
    f.Ordinal: lambda e: (f"number({window_text(e.window)})", _PART),
    f.Days: lambda e: (f"days({window_text(e.window) if e.window else ''})", _PART),
    f.On: lambda e: _dated("on", e.steps),
    f.Due: lambda e: _dated("due", e.steps),
    f.Tiers: lambda e: _call("tiers", e.of, e.window, _slices(e.slices)),
    f.Band: lambda e: _call("band", e.of, None, _slices(e.slices)),
    f.Cap: lambda e: _limited("cap", e),
    f.AtLeast: lambda e: _limited("atleast", e),
    f.Recoup: lambda e: _limited("recoup", e),
    f.Excess: lambda e: _limited("excess", e, " over"),
}
