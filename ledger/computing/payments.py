"""What a line comes to in a period: the parts in which its terms differ, added up and rounded once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.calendar import Span
from ledger.computing import numbers
from ledger.computing.moment import Host, Moment, meet
from ledger.computing.numbers import Uncertain, Value
from ledger.computing.run import Run
from ledger.computing.versions import Part
from ledger.language import formula as f
from ledger.money import ZERO, rounded, settled


@dataclass(frozen=True, slots=True)
class Piece:
    """The days of a period on which the same terms stand: the formula, its moment and what it comes to."""

    formula: f.Expr
    at: Moment
    value: Value


@dataclass(frozen=True, slots=True)
class Paid:
    """What a line comes to in a period, before and after rounding; and the pieces that it is the sum of."""

    exact: Value
    payment: Value
    pieces: tuple[Piece, ...]
    notes: tuple[str, ...] = ()


class Payer:
    """Computes the parts of all lines, each period once."""

    def __init__(self, run: Run, hosts: dict[int, Host], parts: dict[str, list[Part]]) -> None:
        self.run, self.hosts, self.parts = run, hosts, parts
        self._paid: dict[tuple[int, Span], Paid] = {}
        run.pay = self.named

    def paid(self, part: Part, period: Span) -> Paid:
        """What a part of a line comes to in one of its periods."""
        key = (id(part), period)
        found = self._paid.get(key)
        if found is None:
            around, self.run.notes = self.run.notes, []
            try:
                found = self._compute(part, period)
            finally:
                self.run.notes = around
            self._paid[key] = found
        return found

    def _compute(self, part: Part, period: Span) -> Paid:
        host = self.hosts[id(part)]
        pieces = tuple(self.pieces(part, period, period))
        if not part.is_flow and len(pieces) > 1 and not self._adds_up(part, host):
            last = pieces[-1]
            return Paid(last.value, last.value, pieces, tuple(self.run.notes))
        exact = _together(pieces)
        payment = rounded_value(exact, part) if part.is_flow else exact
        return Paid(exact, payment, pieces, tuple(self.run.notes))

    def pieces(self, part: Part, period: Span, days: Span) -> list[Piece]:
        """The pieces of some days of a period."""
        host = self.hosts[id(part)]
        whole = host.hull(period)
        scope = self.run.scope_of(host)
        found = []
        for span, formula in part.versions:
            stands = meet(span, meet(period, days) or period)
            if stands is None or meet(span, days) is None:
                continue
            for piece in self.run.lines.parts_of(formula, stands):
                at = scope.moment(piece, whole, period, piece.start, period)
                compute = self.run.amount if part.is_flow or self._adds_up(part, host) else self.run.level
                found.append(Piece(formula, at, compute(formula, at)))
        return found

    def _adds_up(self, part: Part, host: Host) -> bool:
        return any(self.run.natures.additive(formula, self.run.scope_of(host).reading) for _, formula in part.versions)

    def divided(self, part: Part, period: Span, spans: list[Span]) -> list[Value]:
        """The payment of a period, divided among some of its days as the terms divide it; together the payment."""
        paid = self.paid(part, period)
        found: list[Value] = []
        before: Value = ZERO
        exact: Value = ZERO
        for n, span in enumerate(spans):
            exact = numbers.add(exact, _together(self.pieces(part, period, span)))
            until = paid.payment if n == len(spans) - 1 else rounded_value(exact, part)
            found.append(numbers.subtract(until, before))
            before = until
        return found

    def named(self, name: str, at: Moment) -> Value:
        """A flow as another formula sees it: what is paid of it at a moment."""
        total: Value = ZERO
        for part in self.parts[name]:
            total = numbers.add(total, self._seen(part, at))
        return total

    def _seen(self, part: Part, at: Moment) -> Value:
        host = self.hosts[id(part)]
        if host.grid is at.host.grid and at.span.end <= at.period.end and at.span.start >= at.period.start:
            if not part.stands(at.period):
                return ZERO
            return self._moved(part, at)
        total: Value = ZERO
        period = host.grid.around(at.span.start)
        while period.end <= at.span.end:
            if part.stands(period):
                total = numbers.add(total, self._with_notes(part, period).payment)
            period = host.grid.around(period.end)
        return total

    def _moved(self, part: Part, at: Moment) -> Value:
        """What the days move the rounded payment of their period by."""
        paid = self._with_notes(part, at.period)
        own = self.hosts[id(part)].hull(at.period)
        if at.span.start <= own.start and at.span.end >= own.end:
            return paid.payment
        until = self._until(part, at.period, at.span.end, paid)
        return numbers.subtract(until, self._until(part, at.period, at.span.start, paid))

    def _until(self, part: Part, period: Span, day: date, paid: Paid) -> Value:
        if day <= period.start:
            return ZERO
        if day >= period.end:
            return paid.payment
        return rounded_value(_together(self.pieces(part, period, Span(period.start, day))), part)

    def _with_notes(self, part: Part, period: Span) -> Paid:
        paid = self.paid(part, period)
        for note in paid.notes:
            self.run.note(note)
        return paid


def _together(pieces: tuple[Piece, ...] | list[Piece]) -> Value:
    if len(pieces) == 1:
        return pieces[0].value
    total: Value = ZERO
    for piece in pieces:
        total = numbers.add(total, piece.value)
    return total


def rounded_value(value: Value, part: Part) -> Value:
    """A payment, or its bounds, rounded by the part's rule."""
    if isinstance(value, Decimal):
        return rounded(settled(value), part.unit, part.rounding)
    low, high, about = (
        x if x is None or x.is_infinite() else rounded(x, part.unit, part.rounding)
        for x in (value.low, value.high, value.about)
    )
    assert low is not None
    assert high is not None
    return numbers.known(Uncertain(value.missing, low, high, about, value.refused))  # the cent may be known
