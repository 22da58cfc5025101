"""How an amount came about, line by line, so that a royalty accountant can follow it with a calculator."""

from __future__ import annotations

from decimal import Decimal

from ledger.calendar import Span, named
from ledger.computing import numbers, told_counters
from ledger.computing.evaluation import Row
from ledger.computing.lines import Lines
from ledger.computing.members import members
from ledger.computing.moment import Moment
from ledger.computing.natures import FLOW, RATE, STOCK
from ledger.computing.numbers import Uncertain
from ledger.computing.operators import shorter
from ledger.computing.payments import Piece
from ledger.computing.products import counting_side, open_nature, rate_pieces
from ledger.computing.teller import TELLERS, Step, Teller, as_rate, cut_short, is_rate, share_text, value_text
from ledger.language import formula as f
from ledger.language.printer import formula_text, slice_text
from ledger.money import in_full, plain

__all__ = ["explain", "told_counters"]


def explain(row: Row, lines: Lines) -> list[Step]:
    """The steps of a row, from the measures to the payment."""
    assert row.payer is not None
    run = row.payer.run
    steps: list[Step] = []
    shown = _with_gaps(row)
    for span, n in shown:
        if n is None:
            steps.append(Step(0, f"{named(span)}: {_without_terms(row, lines, span)}", "part"))
            continue
        piece, depth = row.pieces[n], 0
        if len(shown) > 1:
            steps.append(Step(0, f"{named(span)}:", "part"))
            depth = 1
        teller = Teller(run, steps)
        teller.tell(piece.formula, piece.at, depth)
        if row.part.is_flow and not run.natures.additive(piece.formula, FLOW):
            _fixed(teller, piece, depth)
    if len(shown) > 1:
        steps.append(Step(0, f"together {value_text(row.exact)}"))
    if row.part.is_flow and row.exact != row.payment:
        rule = f"rounded {row.part.rounding} to {plain(row.part.unit)} {row.part.currency}"
        steps.append(Step(0, f"{rule}: {value_text(row.payment, in_full)}"))
    steps.extend(cut_short(steps))
    steps.extend(Step(0, f"note: {note}") for note in row.notes)
    return steps


def _fixed(teller: Teller, piece: Piece, depth: int) -> None:
    """How much of a fixed amount is due for a part of the period."""
    share = share_text(piece.at)
    if share or piece.at.host.fixed(piece.at.last_day) in ("as on first day", "as on last day"):
        whole, due = value_text(teller.value(piece.formula, piece.at)), value_text(piece.value)
        word = piece.at.host.fixed(piece.at.last_day)
        days = word if word in ("as on first day", "as on last day") else "by days"
        text = f"due by days: {whole}{share} = {due}" if days == "by days" else f"of {whole}, {days}: {due}"
        teller.say(depth, text, "part")


def _with_gaps(row: Row) -> list[tuple[Span, int | None]]:
    """The pieces of a period by their numbers, and the days between them on which the line does not stand."""
    found: list[tuple[Span, int | None]] = []
    day = row.period.start
    for n, piece in enumerate(row.pieces):
        if day < piece.at.span.start:
            found.append((Span(day, piece.at.span.start), None))
        found.append((piece.at.span, n))
        day = piece.at.span.end
    if day < row.period.end:
        found.append((Span(day, row.period.end), None))
    return found


def _without_terms(row: Row, lines: Lines, days: Span) -> str:
    """Why a part of the period pays nothing: no version of the line stands, or one that is paid otherwise."""
    other = any(days.start in span for span, _ in lines.formulas(row.part.name))
    return "other terms stand, paid apart" if other else "no terms stand"


def _name(teller: Teller, expr: f.Name, at: Moment, depth: int) -> None:
    value = teller.value(expr, at)
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
        inner = at.read(filters=at.scope.filters + expr.filters) if expr.filters else at
        for span, body in teller.lines.formulas(expr.name):
            if inner.day in span:
                teller.tell(body, inner, depth + 1)
        teller.say(depth, f"{text} = {value_text(value)}")


def _nothing(teller: Teller, expr: f.Expr, at: Moment, depth: int) -> None:
    return


def _if(teller: Teller, expr: f.If, at: Moment, depth: int) -> None:
    truth = teller.value(expr.condition, at)
    teller.tell(expr.condition, at.level(), depth)
    if not isinstance(expr.condition, f.Binary | f.Not):
        teller.say(depth, f"{formula_text(expr.condition)}: {value_text(truth)}")
    for branch, holds in ((expr.then, True), (expr.otherwise, False)):
        if truth is holds or not isinstance(truth, bool):
            teller.tell(branch, at, depth)
    chosen = "then" if truth is True else "else" if truth is False else "either"
    teller.say(depth, f"so '{chosen}': {value_text(teller.value(expr, at))}")


def _met(teller: Teller, expr: f.Met, at: Moment, depth: int) -> None:
    day = teller.run.conditions.get(expr.condition)
    since = f"since {day}" if day else "not recorded"
    teller.say(depth, f"{formula_text(expr)}: {value_text(teller.value(expr, at))} ({since})")


def _with_value(teller: Teller, expr: f.Expr, at: Moment, depth: int) -> None:
    teller.say(depth, f"{formula_text(expr)} = {value_text(teller.value(expr, at))}")


def _overall(teller: Teller, expr: f.Overall, at: Moment, depth: int) -> None:
    teller.tell(expr.of, at.read(members=()), depth + 1)
    _with_value(teller, expr, at, depth)


def _read(teller: Teller, expr: f.Last | f.Rate, at: Moment, depth: int) -> None:
    if not isinstance(expr.of, f.Name):
        teller.tell(expr.of, at.read(reading=STOCK if isinstance(expr, f.Last) else RATE), depth + 1)
    _with_value(teller, expr, at, depth)


def _dated(teller: Teller, expr: f.On | f.Due, at: Moment, depth: int) -> None:
    if isinstance(expr, f.Due):
        for step in expr.steps:
            if step.day in at.span:
                teller.say(depth + 1, f"due on {step.day}: {value_text(teller.value(step.value, at))}")
        teller.say(depth, f"due in {named(at.span)}: {value_text(teller.value(expr, at))}")
        return
    current = [step for step in expr.steps if step.day <= at.last_day]
    since = f"the step of {current[-1].day}" if current else "before the first step"
    teller.say(depth, f"{since}: {value_text(teller.value(expr, at))}")


def _product(teller: Teller, expr: f.Binary, at: Moment, depth: int) -> None:
    """A product with a rate that changes is told span by span."""
    if expr.operator in ("*", "of") and open_nature(teller.run, expr, at):
        teller.say(depth, f"{formula_text(expr)}: not computed, as one of its factors may be a rate")
        return
    if expr.operator in ("*", "of", "/"):
        counts = expr.left if expr.operator == "/" else counting_side(teller.run, expr, at)
        other = expr.right if counts is expr.left else expr.left
        pieces = rate_pieces(teller.run, other, at) if counts is not None else []
        for piece in pieces:
            teller.say(depth, f"{named(piece.span)}:", "part")
            teller.arithmetic(expr, piece, depth + 1)
        if pieces:
            teller.say(depth, f"together {value_text(teller.value(expr, at))}")
            return
    teller.arithmetic(expr, at, depth)


def _called(teller: Teller, expr: f.Call, at: Moment, depth: int) -> None:
    """A function of amounts in a part of a period is a counter: what the part moves it by."""
    teller.arithmetic(expr, at, depth)
    if at.span.start > at.whole.start and teller.run.natures.additive(expr, at.scope.reading):
        before = at.on(Span(at.whole.start, at.span.start), day=at.day)
        moved = value_text(teller.value(expr, at))
        teller.say(depth, f"for the period so far, less what was due before {before.span.end}: {moved}", "limit")


def _band(teller: Teller, expr: f.Band, at: Moment, depth: int) -> None:
    teller.tell(expr.of, at.level(), depth)
    amount = teller.value(expr.of, at.level())
    rate = value_text(teller.value(expr, at))
    for part in expr.slices:
        limit = None if part.limit is None else teller.value(part.limit, at)
        here = True if limit is None else numbers.compare("<" if part.under else "<=", amount, limit)
        if here is True:
            text = f"{formula_text(expr.of)} of {value_text(amount)} falls in '{slice_text(part)}'"
            picked = "" if is_rate(part.rate) else f": {as_rate(part.rate, teller.value(expr, at))}"
            said = f"{text}, for the whole amount{picked}" if isinstance(amount, Decimal) else f"rate {rate}"
            teller.say(depth, said, "slice")
            return
        if here is not False:
            teller.say(depth, f"the band is not decided: {rate}", "slice")
            return


# --- members and shorter periods --------------------------------------------------------------------------------


def _each(teller: Teller, expr: f.Each, at: Moment, depth: int) -> None:
    _apart(teller, expr, [(label, moment, expr.of) for label, moment in members(teller.run, expr, at)], at, depth)


def _each_period(teller: Teller, expr: f.EachPeriod, at: Moment, depth: int) -> None:
    moments = shorter(teller.run, expr, at)
    if len(moments) == 1 and moments[0].span == at.span:
        teller.tell(expr.of, moments[0], depth)
        return
    _apart(teller, expr, [(named(moment.span), moment, expr.of) for moment in moments], at, depth)


def _apart(
    teller: Teller, expr: f.Expr, found: list[tuple[str, Moment, f.Expr]], at: Moment, depth: int
) -> None:  # fmt: skip
    for label, moment, body in found:
        teller.say(depth, f"{label}:", "part")
        Teller(teller.run, teller.steps).tell(body, moment, depth + 1)
    teller.say(depth, f"together {value_text(teller.value(expr, at))}")


TELLERS.update(
    {
        f.Number: _nothing,
        f.Unknown: _nothing,
        f.About: _nothing,
        f.Name: _name,
        f.Binary: _product,
        f.Call: _called,
        f.If: _if,
        f.Met: _met,
        f.On: _dated,
        f.Due: _dated,
        f.Band: _band,
        f.Each: _each,
        f.EachPeriod: _each_period,
        f.Last: _read,
        f.Rate: _read,
        f.Total: _with_value,
        f.Prior: _with_value,
        f.Overall: _overall,
        f.Ordinal: _with_value,
        f.Days: _with_value,
    }
)
