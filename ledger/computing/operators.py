"""Names, arithmetic, conditions and dates: what each kind of formula comes to at a moment."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Any

from ledger.calendar import Span
from ledger.computing import limits, numbers
from ledger.computing.measured import measure
from ledger.computing.moment import Moment, meet
from ledger.computing.natures import RATE, STOCK
from ledger.computing.numbers import Uncertain, Undecided, Value, missing
from ledger.computing.products import product, quotient
from ledger.computing.run import HANDLERS, Run
from ledger.computing.windows import ordinal
from ledger.language import formula as f
from ledger.language.printer import formula_text
from ledger.money import ZERO

# --- names ----------------------------------------------------------------------------------------------------


def _name(run: Run, expr: f.Name, at: Moment) -> Any:
    if expr.name not in run.lines:
        return measure(run, expr, at)
    if run.lines.is_flow(expr.name):
        return _flow(run, expr, at)
    inner = at.read(filters=at.scope.filters + expr.filters) if expr.filters else at
    return definition(run, expr.name, inner)


def _flow(run: Run, expr: f.Name, at: Moment) -> Value:
    """A flow of money, as it was paid."""
    if at.scope.edge:
        before = at.host.grid.before(at.period)
        if at.host.first is None or before.end <= at.host.first:
            return missing(f"{expr.name} before the first period")
        at = at.scope.other(edge=False).moment_of(before)
    return run.pay(expr.name, at)


def definition(run: Run, name: str, at: Moment) -> Any:
    """What a definition comes to: an additive one adds up its versions, each on its own days."""
    versions = run.lines.formulas(name)
    if run.lines.always(name):
        return run.value(versions[0][1], at)
    if not any(run.natures.additive(expr, at.scope.reading) for _, expr in versions):
        day = at.day
        found = next((expr for span, expr in versions if day in span), None)
        return run.value(found, at) if found is not None else missing(f"{name} on {day} (no clause defines it then)")
    total: Value = ZERO
    day = at.span.start
    for span, expr in versions:
        days = meet(span, at.span)
        if days is None:
            continue
        if days.start > day:
            break
        total = numbers.add(total, run.amount(expr, at.on(days)))
        day = days.end
    if day < at.span.end:
        return numbers.add(total, missing(f"{name} on {day} (no clause defines it then)"))
    return total


# --- numbers and arithmetic -----------------------------------------------------------------------------------


def _unknown(run: Run, expr: f.Unknown, at: Moment) -> Value:
    low = expr.low.value if expr.low else numbers.MINUS_INFINITE
    high = expr.high.value if expr.high else numbers.INFINITE
    return numbers.known(Uncertain((formula_text(expr),), low, high))


def _about(run: Run, expr: f.About, at: Moment) -> Value:
    return Uncertain((formula_text(expr),), about=expr.number.value)


def _binary(run: Run, expr: f.Binary, at: Moment) -> Any:
    operator, left, right = expr.operator, expr.left, expr.right
    if operator in ("+", "-"):
        adds_up = run.natures.additive(expr, at.scope.reading)
        compute = run.amount if adds_up else run.level
        operation = numbers.add if operator == "+" else numbers.subtract
        return operation(compute(left, at), compute(right, at))
    if operator in ("*", "of"):
        return product(run, expr, at)
    if operator == "/":
        return quotient(run, expr, at)
    a, b = run.level(left, at), run.level(right, at)
    if operator == "^":
        why = f"{formula_text(expr)}: the power is not a whole number from 0 to {numbers.LARGEST_POWER}"
        return numbers.power(a, b, why)
    if operator in f.LOGIC:
        return (numbers.both if operator == "and" else numbers.either)(a, b)
    return numbers.compare(operator, a, b)


def _negative(run: Run, expr: f.Negative, at: Moment) -> Value:
    adds_up = run.natures.additive(expr, at.scope.reading)
    return numbers.negate((run.amount if adds_up else run.level)(expr.operand, at))


def _not(run: Run, expr: f.Not, at: Moment) -> Any:
    return numbers.opposite(run.level(expr.operand, at))


def _call(run: Run, expr: f.Call, at: Moment) -> Value:
    if run.natures.additive(expr, at.scope.reading):
        return limits.in_period(run, expr.arguments, at, lambda values: called(expr.function, values))
    return called(expr.function, [run.level(argument, at) for argument in expr.arguments])


def called(function: str, values: list[Value]) -> Value:
    """What a function of numbers comes to."""
    match function:
        case "max":
            return reduce(numbers.larger, values)
        case "min":
            return reduce(numbers.smaller, values)
        case "abs":
            return numbers.size(values[0])
    return numbers.whole(values[0], function == "ceiling")


def _if(run: Run, expr: f.If, at: Moment) -> Value:
    compute = run.amount if run.natures.additive(expr, at.scope.reading) else run.level
    truth = run.level(expr.condition, at)
    if isinstance(truth, Undecided):
        return numbers.between(compute(expr.then, at), compute(expr.otherwise, at), truth)
    return compute(expr.then if truth else expr.otherwise, at)


def _band(run: Run, expr: f.Band, at: Moment) -> Value:
    compute = run.amount if run.natures.additive(expr, at.scope.reading) else run.level
    amount = run.level(expr.of, at)
    open_: list[tuple[Undecided, f.Expr]] = []
    for part in expr.slices:
        limit = None if part.limit is None else run.level(part.limit, at)
        here = True if limit is None else numbers.compare("<" if part.under else "<=", amount, limit)
        if here is True:
            found = compute(part.rate, at)
            for why, rate in reversed(open_):
                found = numbers.between(compute(rate, at), found, why)
            return found
        if isinstance(here, Undecided):
            open_.append((here, part.rate))
    raise AssertionError("the last slice has no limit")


# --- how measures are read ------------------------------------------------------------------------------------


def _last(run: Run, expr: f.Last, at: Moment) -> Any:
    return run.level(expr.of, at.read(reading=STOCK))


def _rate(run: Run, expr: f.Rate, at: Moment) -> Any:
    return run.level(expr.of, at.read(reading=RATE))


def _overall(run: Run, expr: f.Overall, at: Moment) -> Any:
    return run.value(expr.of, at.read(members=()))


def _as_stood(run: Run, expr: f.AsStood, at: Moment) -> Any:
    return run.value(expr.of, at)


# --- dates ----------------------------------------------------------------------------------------------------


def _met(run: Run, expr: f.Met, at: Moment) -> bool:
    day = run.conditions.get(expr.condition)
    return day is not None and day <= at.last_day


def _on(run: Run, expr: f.On, at: Moment) -> Value:
    compute = run.amount if run.natures.additive(expr, at.scope.reading) else run.level
    day = at.last_day
    step = next((step for step in reversed(expr.steps) if step.day <= day), None)
    return ZERO if step is None else compute(step.value, at)


def _due(run: Run, expr: f.Due, at: Moment) -> Value:
    total: Value = ZERO
    for step in expr.steps:
        if step.day in at.span:
            total = numbers.add(total, run.level(step.value, at))
    return total


def _ordinal(run: Run, expr: f.Ordinal, at: Moment) -> Value:
    found = ordinal(expr.window, at.last_day, run.starts)
    if found is None:
        return missing(f"{formula_text(expr)} on {at.last_day} (before {expr.window.since})")
    return Decimal(found)


def _days(run: Run, expr: f.Days, at: Moment) -> Value:
    if expr.window is None:
        return Decimal(at.span.days)
    around = run.instance(expr.window, at.last_day)
    return Decimal(around.days) if around else ZERO


def _each_period(run: Run, expr: f.EachPeriod, at: Moment) -> Value:
    total: Value = ZERO
    for moment in shorter(run, expr, at):
        total = numbers.add(total, run.amount(expr.of, moment))
    return total


def shorter(run: Run, expr: f.EachPeriod, at: Moment) -> list[Moment]:
    """The shorter periods of the days, as if each were paid by itself."""
    host = at.host.inner(expr.window, lambda: run.grid(expr.window))
    scope = at.scope.other(host=host)
    irregular = bool(expr.window.contract or expr.window.since or expr.window.anchor)
    found = []
    day = at.span.start
    while day < at.span.end:
        period = host.grid.around(day)
        days = Span(day, min(period.end, at.span.end))
        whole = meet(period, at.whole) or days
        found.append(scope.moment(days, whole, period, days.start, at.bound if irregular else period, at.held))
        day = days.end
    return found


HANDLERS.update(
    {
        f.Number: lambda run, expr, at: expr.value,
        f.Unknown: _unknown,
        f.About: _about,
        f.Name: _name,
        f.Binary: _binary,
        f.Negative: _negative,
        f.Not: _not,
        f.Call: _call,
        f.If: _if,
        f.Band: _band,
        f.Last: _last,
        f.Rate: _rate,
        f.Overall: _overall,
        f.AsStood: _as_stood,
        f.Met: _met,
        f.On: _on,
        f.Due: _due,
        f.Ordinal: _ordinal,
        f.Days: _days,
        f.EachPeriod: _each_period,
    }
)
