"""The product's terms as the oracle's tuples, for texts that somebody else wrote; only the notation is shared."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from ledger.calendar import parse_period
from ledger.language import formula as f
from ledger.language import notation
from tests.money.calendar import EVER, Span
from tests.money.formulas import Formula, Window, value
from tests.money.oracle import Oracle, Report, Version


def span(text: str) -> Span:
    """A period, or `first..last`."""
    first, _, last = text.partition("..")
    return parse_period(first).start.toordinal(), parse_period(last or first).end.toordinal()


def formula(node: Any) -> Formula:
    """The tuples of a formula of the product."""
    kind = type(node).__name__.lower()
    match node:
        case f.Number():
            return ("num", f"{node.digits}{node.unit}")
        case f.Name():
            return ("name", node.name, tuple((x.dimension, x.values, x.without) for x in node.filters))
        case f.Binary():
            return ("bin", node.operator, formula(node.left), formula(node.right))
        case f.Negative():
            return ("neg", formula(node.operand))
        case f.Not():
            return ("not", formula(node.operand))
        case f.Call():
            return ("call", node.function, *map(formula, node.arguments))
        case f.If():
            return ("if", formula(node.condition), formula(node.then), formula(node.otherwise))
        case f.Milestone():
            return ("once", formula(node.amount), formula(node.when))
        case f.Met():
            return ("met", node.condition)
        case f.Total() | f.Prior():
            return (kind, formula(node.of), window(node.window))
        case f.Each():
            return ("each", node.dimensions[0], formula(node.of))
        case f.EachPeriod():
            return ("eachp", node.window.unit, formula(node.of))
        case f.Ordinal():
            return ("number", window(node.window))
        case f.Days():
            return ("days", window(node.window))
        case f.On() | f.Due():
            return (kind, *((step.day.toordinal(), formula(step.value)) for step in node.steps))
        case f.Tiers():
            return ("tiers", formula(node.of), window(node.window), slices(node.slices))
        case f.Band():
            return ("band", formula(node.of), slices(node.slices))
        case f.Limited():
            return (kind, formula(node.of), formula(node.amount), window(node.window))
    return (kind, formula(node.of))  # last, rate, increase, overall


def slices(given: tuple[f.Slice, ...]) -> tuple[Any, ...]:
    return tuple(
        (formula(s.rate), formula(s.limit), "under" if s.under else "to")
        if s.limit
        else (formula(s.rate), None, "above")
        for s in given
    )


def window(given: f.Window | None) -> Window | None:
    if given is None:
        return None
    since = given.since.toordinal() if given.since else None
    return Window(given.unit, given.contract, given.anchor, since, given.months)


def version(text: str, days: Span = EVER) -> tuple[str, Version]:
    """The name and the version that a line of a sheet says: a clause that pays, a definition, or a bare flow."""
    if "->" in text:
        _, _, name, flow = notation.parse_pays(text)
    elif ": " in text.split("(")[0]:
        name, expr = notation.parse_defines(text)
        return name, Version(days, formula(expr))
    else:
        name, flow = "amount", notation.parse(text)
    word = getattr(flow, "fixed", None) or ""
    return name or "amount", Version(days, formula(flow.expr), window(flow.every), word)


def report(measure: str, period: str, amount: str | int, slices: dict[str, str] | None = None) -> Report:
    return Report(measure, span(period), value(str(amount)), tuple(sorted((slices or {}).items())))


def payments(oracle: Oracle, within: str, line: str = "amount") -> list[Fraction | None]:
    return [
        amount for (name, _), amount in sorted(oracle.rows(span(within)).items(), key=lambda r: r[0][1]) if name == line
    ]


def oracle(
    sheet: str,
    *reports: tuple[Any, ...],
    start: str | None = None,
    amended: tuple[tuple[str, str], ...] = (),
    openings: dict[str, int] | None = None,
    met: dict[str, str] | None = None,
) -> Oracle:
    """Lines as they are written, amended from days on."""
    lines: dict[str, list[Version]] = {}
    for day, text in [("0001-01-01", line) for line in sheet.splitlines() if line] + list(amended):
        at = date.fromisoformat(day).toordinal()
        name, one = version(text, (at, EVER[1]))
        before = lines.setdefault(name, [])
        if before:
            before[-1] = before[-1]._replace(days=(before[-1].days[0], at))
        before.append(one)
    days = {name: date.fromisoformat(day).toordinal() for name, day in (met or {}).items()}
    begins = date.fromisoformat(start).toordinal() if start else None
    counted = {name: Fraction(amount) for name, amount in (openings or {}).items()}
    return Oracle(lines, [report(*r) for r in reports], begins, days, counted)
