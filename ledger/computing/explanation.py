"""How an amount came about, line by line, so that a royalty accountant can follow it with a calculator."""

from __future__ import annotations

from decimal import Decimal

from ledger.calendar import named
from ledger.computing import numbers
from ledger.computing.evaluation import Row
from ledger.computing.lines import Lines
from ledger.computing.numbers import Uncertain, Value
from ledger.computing.tape import Mode, Traced
from ledger.computing.teller import TELLERS, Step, Teller, as_rate, cut_short, is_rate, priced, short, value_text
from ledger.language import formula as f
from ledger.language.printer import formula_text, slice_text, window_text
from ledger.money import EXACT, ZERO, in_full, plain


def explain(row: Row, lines: Lines) -> list[Step]:
    """The steps of a row that was computed with `explain`."""
    steps: list[Step] = []
    for trace in row.traces:
        part = next((expr for span, expr in row.part.versions if trace.at.standing in span), None)
        if part is None:
            steps.append(Step(0, f"{trace.label}: {_without_terms(row, lines, trace)}", "part"))
            continue
        depth = 0
        if len(row.traces) > 1:
            steps.append(Step(0, f"{trace.label}:", "part"))
            depth = 1
        teller = Teller(lines, trace, steps)
        teller.tell(part, Mode(), depth)
    if len(row.traces) > 1:
        steps.append(Step(0, f"together {value_text(row.exact)}"))
    if row.part.is_flow and row.exact != row.payment:
        rule = f"rounded {row.part.rounding} to {plain(row.part.unit)} {row.part.currency}"
        steps.append(Step(0, f"{rule}: {value_text(row.payment, in_full)}"))
    steps.extend(cut_short(steps))
    steps.extend(Step(0, f"note: {note}") for note in row.notes)
    return steps


def _without_terms(row: Row, lines: Lines, trace: Traced) -> str:
    """Why a part of the period pays nothing: no version of the line stands, or one that is paid otherwise."""
    other = any(trace.at.standing in span for span, _ in lines.formulas(row.part.name))
    return "other terms stand, paid apart" if other else "no terms stand"


def _name(teller: Teller, expr: f.Name, mode: Mode, depth: int) -> None:
    value = teller.value(expr, mode)
    text = formula_text(expr)
    if expr.name not in teller.lines:
        if not isinstance(value, Uncertain):
            teller.say(depth, f"{text} = {value_text(value)}, as reported", "base")
            return
        # What was reported and cannot be told says why: an exchange rate is missing, a report is too coarse.
        why = "; ".join(value.missing)
        absent = value.missing and all(what.startswith(text.partition("[")[0]) for what in value.missing)
        teller.say(depth, f"{text}: not reported" if absent or not why else f"{text}: not known without {why}", "base")
    elif teller.lines.is_flow(expr.name):
        teller.say(depth, f"{text} = {value_text(value)}, as paid", "base")
    else:
        inner = Mode(mode.filters + expr.filters, mode.bound, mode.stock, mode.opening)
        day = teller.trace.at.standing
        body = next((e for span, e in teller.lines.formulas(expr.name) if day in span), None)
        if body is not None:
            teller.tell(body, inner, depth + 1)
        teller.say(depth, f"{text} = {value_text(value)}")


def _unknown(teller: Teller, expr: f.Expr, mode: Mode, depth: int) -> None:
    return


def _as_stood(teller: Teller, expr: f.AsStood, mode: Mode, depth: int) -> None:
    teller.tell(expr.of, mode, depth)


def _if(teller: Teller, expr: f.If, mode: Mode, depth: int) -> None:
    truth = teller.value(expr.condition, mode)
    teller.tell(expr.condition, mode, depth)
    if not isinstance(expr.condition, f.Binary | f.Not):
        teller.say(depth, f"{formula_text(expr.condition)}: {value_text(truth)}")
    for branch, holds in ((expr.then, True), (expr.otherwise, False)):
        if truth is holds or not isinstance(truth, bool):
            teller.tell(branch, mode, depth)
    chosen = "then" if truth is True else "else" if truth is False else "either"
    teller.say(depth, f"so '{chosen}': {value_text(teller.value(expr, mode))}")


def _met(teller: Teller, expr: f.Met, mode: Mode, depth: int) -> None:
    day = teller.trace.at.book.conditions.get(expr.condition)
    since = f"since {day}" if day else "not recorded"
    teller.say(depth, f"{formula_text(expr)}: {value_text(teller.value(expr, mode))} ({since})")


def _told_with_value(teller: Teller, expr: f.Expr, mode: Mode, depth: int) -> None:
    for child in f.children(expr):
        if not isinstance(expr, f.Last | f.Total | f.Prior):
            teller.tell(child, mode, depth + 1)
    teller.say(depth, f"{formula_text(expr)} = {value_text(teller.value(expr, mode))}")


def _increase(teller: Teller, expr: f.Increase, mode: Mode, depth: int) -> None:
    """What the formula came to before, and what it comes to now."""
    teller.tell(expr.of, mode, depth + 1)
    now, more = teller.value(expr.of, mode), teller.value(expr, mode)
    text = f"{formula_text(expr)} = "
    if isinstance(now, Decimal) and isinstance(more, Decimal):
        text += f"{plain(now)} now - {plain(EXACT.subtract(now, more))} before = "
    teller.say(depth, f"{text}{value_text(more)}")


def _dated(teller: Teller, expr: f.On | f.Due, mode: Mode, depth: int) -> None:
    days = teller.trace.at.span
    if isinstance(expr, f.Due):
        for step in expr.steps:
            if days.start <= step.day < days.end:
                teller.say(depth + 1, f"due on {step.day}: {value_text(teller.value(step.value, mode))}")
        teller.say(depth, f"due in {named(days)}: {value_text(teller.value(expr, mode))}")
        return
    current = [step for step in expr.steps if step.day < days.end]
    since = f"the step of {current[-1].day}" if current else "before the first step"
    teller.say(depth, f"{since}: {value_text(teller.value(expr, mode))}")


def _counter(teller: Teller, expr: f.Expr, window: f.Window, mode: Mode, depth: int) -> tuple[Value, Value] | None:
    """What a running total stood at before, and stands at now; also told."""
    before, this = teller.value(f.Prior(expr, window), mode), teller.value(expr, mode)
    if before is None or this is None:
        return None
    now = numbers.add(before, this)
    around = teller.trace.at.book.instance(window, teller.trace.at.span.start) if window.since else None
    if window.since and around is None:
        teller.say(depth, f"{short(expr)} is not counted before {window.since}")
        return ZERO, ZERO
    counted = f"{value_text(before)} before, {value_text(this)} now, {value_text(now)} in all"
    teller.say(depth, f"{short(expr)}, counted {_per(window)}: {counted}")
    return before, now


def _per(window: f.Window) -> str:
    text = window_text(window)
    return text if text.startswith("since") else f"per {text}"


def _inside(teller: Teller, expr: f.Expr, mode: Mode, depth: int) -> bool:
    """Tell a formula that was computed in parts (months, products) part by part."""
    slot = teller.trace.tape.slots.get((mode, expr))
    traced = (teller.trace.at.trace or {}).get(slot) if slot is not None else None
    if traced is None:
        return False
    for trace in traced:
        teller.say(depth, f"{trace.label}:", "part")
        inner = Teller(teller.lines, trace, teller.steps)
        body, its_mode = expr, mode
        if isinstance(expr, f.Each):
            bound = tuple(dict.fromkeys((*mode.bound, *expr.dimensions)))
            body, its_mode = expr.of, Mode(mode.filters, bound, mode.stock)
        elif isinstance(expr, f.EachPeriod):
            body = expr.of
        inner.tell(body, its_mode, depth + 1)
    teller.say(depth, f"together {value_text(teller.value(expr, mode))}")
    return True


def _tiers(teller: Teller, expr: f.Tiers, mode: Mode, depth: int) -> None:
    if _inside(teller, expr, mode, depth):
        return
    teller.tell(expr.of, mode, depth)
    if expr.window is None:
        counted: tuple[Value, Value] | None = (ZERO, teller.value(expr.of, mode))
    else:
        counted = _counter(teller, expr.of, expr.window, mode, depth)
    if counted is not None and all(isinstance(value, Decimal) for value in counted):
        _slices(teller, expr, mode, depth, *counted)  # type: ignore[arg-type]
    teller.say(depth, f"slices together {value_text(teller.value(expr, mode))}")


def _slices(teller: Teller, expr: f.Tiers, mode: Mode, depth: int, before: Decimal, now: Decimal) -> None:
    floor: Decimal | None = None
    for part in expr.slices:
        limit = None if part.limit is None else teller.value(part.limit, mode)
        rate = teller.value(part.rate, mode)
        if part.limit is not None and not isinstance(limit, Decimal):
            return
        low, high = (_within(amount, floor, limit) for amount in (before, now))
        amount = EXACT.subtract(high, low)
        if amount:
            total = value_text(numbers.multiply(rate, amount))
            teller.say(depth + 1, f"{plain(amount)} at {priced(part, rate)} = {total}", "slice")
        floor = limit


def _within(amount: Decimal, floor: Decimal | None, limit: Decimal | None) -> Decimal:
    if limit is not None and amount > limit:
        amount = limit
    return amount if floor is None else max(EXACT.subtract(amount, floor), ZERO)


def _band(teller: Teller, expr: f.Band, mode: Mode, depth: int) -> None:
    teller.tell(expr.of, mode, depth)
    amount = teller.value(expr.of, mode)
    rate = value_text(teller.value(expr, mode))
    for part in expr.slices:
        limit = None if part.limit is None else teller.value(part.limit, mode)
        here = True if limit is None else numbers.compare("<" if part.under else "<=", amount, limit)
        if here is True:
            text = f"{formula_text(expr.of)} of {value_text(amount)} falls in '{slice_text(part)}'"
            picked = "" if is_rate(part.rate) else f": {as_rate(part.rate, teller.value(expr, mode))}"
            said = f"{text}, for the whole amount{picked}" if isinstance(amount, Decimal) else f"rate {rate}"
            teller.say(depth, said, "slice")
            return
        if here is not False:
            teller.say(depth, f"the band is not decided: {rate}", "slice")
            return


def _limited(teller: Teller, expr: f.Limited, mode: Mode, depth: int) -> None:
    if _inside(teller, expr, mode, depth):
        return
    teller.tell(expr.of, mode, depth)
    teller.tell(expr.amount, mode, depth)
    value = teller.value(expr, mode)
    if expr.window is None:
        parts = f"{value_text(teller.value(expr.of, mode))} against {value_text(teller.value(expr.amount, mode))}"
        teller.say(depth, f"{_WORDS[type(expr)][0]}: {parts} = {value_text(value)}", "limit")
        return
    counted = _counter(teller, expr.of, expr.window, mode, depth)
    limit: Value | None = teller.value(expr.amount, mode)
    if not teller.lines.is_level(expr.amount):
        found = _counter(teller, expr.amount, expr.window, mode, depth)
        limit = found[1] if found else None
    if counted is not None and limit is not None:
        _against(teller, expr, mode, depth, counted[1], limit)
    teller.say(depth, f"{_WORDS[type(expr)][1]} {value_text(value)}")


_WORDS: dict[type, tuple[str, str]] = {
    f.Cap: ("the lower", "payable under the cap"),
    f.AtLeast: ("the higher", "with the minimum"),
    f.Recoup: ("beyond the advance", "payable after recoupment"),
    f.Excess: ("the excess", "excess in this period"),
}


def _against(teller: Teller, expr: f.Limited, mode: Mode, depth: int, total: Value, limit: Value) -> None:
    """What the limit does to the running total."""
    this, value = teller.value(expr.of, mode), teller.value(expr, mode)
    if not all(isinstance(amount, Decimal) for amount in (total, limit, this, value)):
        return
    if isinstance(expr, f.Cap):
        cut = EXACT.subtract(this, value)
        teller.say(depth, f"cap {plain(limit)}; cut off {plain(cut)}", "limit")  # type: ignore[arg-type]
    elif isinstance(expr, f.Recoup):
        left = max(EXACT.subtract(limit, total), ZERO)  # type: ignore[arg-type]
        recouped = EXACT.subtract(this, value)
        text = f"recouped from this period {plain(recouped)}; still to be recouped {plain(left)}"
        teller.say(depth, text, "limit")
    elif isinstance(expr, f.AtLeast):
        short = EXACT.subtract(value, this)
        due = "due now" if short else "nothing due now"
        teller.say(depth, f"minimum {plain(limit)}; {due}: {plain(short)}", "limit")  # type: ignore[arg-type]


def _each(teller: Teller, expr: f.Each | f.EachPeriod, mode: Mode, depth: int) -> None:
    if not _inside(teller, expr, mode, depth):
        teller.tell(expr.of, mode, depth)


TELLERS.update(
    {
        f.AsStood: _as_stood,
        f.Number: _unknown,
        f.Unknown: _unknown,
        f.About: _unknown,
        f.Name: _name,
        f.If: _if,
        f.Met: _met,
        f.On: _dated,
        f.Due: _dated,
        f.Tiers: _tiers,
        f.Band: _band,
        f.Cap: _limited,
        f.AtLeast: _limited,
        f.Recoup: _limited,
        f.Excess: _limited,
        f.Each: _each,
        f.EachPeriod: _each,
        f.Last: _told_with_value,
        f.Total: _told_with_value,
        f.Prior: _told_with_value,
        f.Increase: _increase,
        f.Overall: _told_with_value,
        f.Ordinal: _told_with_value,
        f.Days: _told_with_value,
    }
)
