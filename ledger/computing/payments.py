"""What a flow pays in a period: rounded once, as its terms stand, and known to other formulas as paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ledger.calendar import Span
from ledger.computing import numbers
from ledger.computing.lines import ALWAYS, Part
from ledger.computing.numbers import Uncertain, Value
from ledger.computing.scope import Scope
from ledger.computing.tape import Frame, Mode, Moment, State, Step
from ledger.errors import Circle, NotComputable
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import ZERO, rounded


def payment(scope: Scope, expr: f.Name, mode: Mode) -> int:
    """The slot of a flow's payment, as it falls due in the scope's days."""
    if mode.filters or expr.filters or mode.bound:
        raise scope.refuse(expr, "a flow has no dimensions", "Define what it is computed from, and restrict that.")
    if mode.opening:
        return scope.before(expr, mode)
    slots = [_part_payment(scope, part, expr) for part in scope.lines.parts[expr.name]]
    found = slots[0]
    for other in slots[1:]:
        found = scope.two(numbers.add, found, other)
    return found


def _part_payment(scope: Scope, part: Part, expr: f.Name) -> int:
    top = scope.outer is None
    cuts = scope.lines.cuts(part.name)
    if top and part.every in (scope.every, None) and cuts <= scope.cuts:
        return pay(scope, part)[1]
    around: Scope | None = scope
    while around is not None:
        if around.paying == part:
            why = "it refers to itself over periods of another length"
            raise NotComputable(formula_text(expr), why, "Refer to a definition instead.")
        around = around.outer
    inner = Scope(scope.lines, part.every, cuts, scope)
    inner.paying = part
    result = pay(inner, part)[1]
    every = part.every
    if every is None or every == f.ONCE:
        why = f"'{part.name}' does not say in which periods it is paid"
        raise NotComputable(formula_text(expr), why, f"Write 'every quarter' after the terms of {part.name}.")
    return scope.run_inside(inner, result, lambda at: _falling_due(every, at, cuts))


def pay(scope: Scope, part: Part) -> tuple[int, int]:
    """The slots of a flow's exact amount and of its payment, rounded once over the payment period."""
    found = scope.paid.get(part)
    if found is not None:
        return found
    if part.name in scope.building:
        raise Circle([*scope.building[scope.building.index(part.name) :], part.name])
    scope.building.append(part.name)
    versions = [(span, scope.slot(expr)) for span, expr in part.versions]
    scope.building.pop()
    exact = versions[0][1] if part.versions[0][0] == ALWAYS else _while_standing(scope, versions)
    if not part.is_flow:
        scope.paid[part] = exact, exact
        return exact, exact
    paid = scope.one(lambda x: rounded_value(x, part), exact)
    if scope.cuts:
        # The period is paid in one: what its earlier parts were rounded to is taken off again.
        earlier = scope.remembered(scope.tape.in_period(exact))
        together = scope.one(lambda x: rounded_value(x, part), scope.two(numbers.add, earlier, exact))
        paid = scope.two(numbers.subtract, together, scope.one(lambda x: rounded_value(x, part), earlier))
    scope.paid[part] = exact, paid
    return exact, paid


def _while_standing(scope: Scope, versions: list[tuple[Span, int]]) -> int:
    def write(k: int) -> Step:
        def step(s: Frame, at: Moment, st: State) -> None:
            day = at.standing
            s[k] = next((s[slot] for span, slot in versions if day in span), ZERO)

        return step

    return scope.step(write)


def rounded_value(value: Value, part: Part) -> Value:
    """A payment, or its bounds, rounded by the part's rule."""
    if isinstance(value, Decimal):
        return rounded(value, part.unit, part.rounding)
    low, high, about = (
        x if x is None or x.is_infinite() else rounded(x, part.unit, part.rounding)
        for x in (value.low, value.high, value.about)
    )
    assert low is not None
    assert high is not None
    return numbers.known(Uncertain(value.missing, low, high, about, value.refused))  # the cent may be known


def _falling_due(every: f.Window, at: Moment, cuts: frozenset[date]) -> list[tuple[Span, Span]]:
    """The flow's own periods whose last day is among the days, cut where its terms change."""
    found: list[tuple[Span, Span]] = []
    days = [at.book.stand_ins.real(day) for day in cuts]
    day = at.span.start
    while day < at.span.end:
        period = at.book.instance(every, day)
        assert period is not None
        if period.end <= at.span.end:
            found.extend((span, period) for span in cut(period, days))
        day = period.end
    return found


def cut(period: Span, cuts: Iterable[date]) -> list[Span]:
    """The period in parts, cut on the days given."""
    inside = sorted(day for day in cuts if period.start < day < period.end)
    edges = [period.start, *inside, period.end]
    return [Span(a, b) for a, b in pairwise(edges)]
