"""Computing terms: compile the lines once, run them over reported measures as often as you like.

Every run starts from the reported measures alone and walks through the periods in order; nothing is kept
between runs. A row says what a line comes to in a period: exactly, as paid, or honestly not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation, Overflow

from ledger.calendar import Span, named
from ledger.computing.leaves import LEAVES
from ledger.computing.lines import Line, Lines, Part, line
from ledger.computing.numbers import Uncertain, Value, add
from ledger.computing.operators import OPERATORS
from ledger.computing.payments import cut, pay
from ledger.computing.periods import Compiled, Output, periods
from ledger.computing.reported import Measures, Reported
from ledger.computing.scope import EMIT, Scope
from ledger.computing.stand_ins import StandIns
from ledger.computing.sugar import SUGAR
from ledger.computing.tape import Book, Moment, State, Traced
from ledger.errors import AmountTooLarge
from ledger.language import formula as f

__all__ = ["Line", "Measures", "Program", "Reported", "Row", "compile", "line"]

EMIT.update(LEAVES | OPERATORS | SUGAR)


@dataclass(slots=True)
class Row:
    """What one line comes to in one period: `exact` before rounding, and `payment` as paid (for a flow).

    Both are decimals, or `Uncertain` with bounds and the names of what is missing.
    """

    part: Part
    period: Span
    exact: Value
    payment: Value
    notes: tuple[str, ...] = ()
    traces: list[Traced] = field(default_factory=list)
    parts: tuple[tuple[Span, Value], ...] = ()  # the payment of each part of the period; together the payment

    @property
    def line(self) -> str:
        return self.part.name

    @property
    def missing(self) -> tuple[str, ...]:
        return self.exact.missing if isinstance(self.exact, Uncertain) else ()


class Program:
    """Compiled lines."""

    def __init__(self, lines: Iterable[Line], currency: str = "USD", start: date | None = None) -> None:
        self.lines = Lines(lines, currency, start)
        self.tapes: list[Compiled] = []
        scopes: list[tuple[Scope, Compiled]] = []
        parts = [part for parts in self.lines.parts.values() for part in parts]
        for order, part in sorted(enumerate(parts), key=lambda entry: not entry[1].is_flow):
            scope, compiled = self._host(part, scopes) or self._own(part, scopes)
            compiled.outputs.append(Output(order, part, *pay(scope, part)))
        for scope, _ in scopes:
            scope.finish()

    def _host(self, part: Part, scopes: list[tuple[Scope, Compiled]]) -> tuple[Scope, Compiled] | None:
        """The tape of a flow in which a definition is computed anyway, for the same days."""
        if part.is_flow:
            return None
        every, cuts = self._every(part), self.lines.cuts(part.name)
        for scope, compiled in scopes:
            if (compiled.every, compiled.cuts) == (every, cuts) and self.lines.needs(compiled.name, part.name):
                return scope, compiled
        return None

    def _own(self, part: Part, scopes: list[tuple[Scope, Compiled]]) -> tuple[Scope, Compiled]:
        every, cuts = self._every(part), self.lines.cuts(part.name)
        scope = Scope(self.lines, every, cuts)
        needed = list(dict.fromkeys(n for _, expr in part.versions for n in self.lines.needed(expr)))
        compiled = Compiled(part.name, every, part.every == f.ONCE, scope.tape, [], cuts, needed)
        scopes.append((scope, compiled))
        self.tapes.append(compiled)
        return scope, compiled

    def _every(self, part: Part) -> f.Window | None:
        """The periods in which a line is computed; None where they are those of the reports."""
        every = part.every or self._memo_every(part)
        return None if every == f.ONCE else every

    @property
    def measures(self) -> list[str]:
        """The measures that the lines need, without repetition."""
        return list(dict.fromkeys(name for compiled in self.tapes for name in compiled.needed))

    def _memo_every(self, part: Part) -> f.Window | None:
        """A definition is shown for the shortest periods in which a flow is paid."""
        if part.is_flow:
            return None
        every = [p.every for parts in self.lines.parts.values() for p in parts if p.every and p.every != f.ONCE]
        return min(every, key=lambda window: f.MONTHS[window.unit], default=None)

    def run(
        self,
        measures: Measures,
        within: Span | None = None,
        *,
        conditions: Mapping[str, date] | None = None,
        openings: Mapping[str, Decimal] | None = None,
        fresh: bool = False,
        explain: bool = False,
        start: date | None = None,
        stand_ins: StandIns | None = None,
    ) -> list[Row]:
        """The rows of all periods that overlap `within` (None: the reported spans), by their ends and lines.

        `conditions`: since which day each condition holds. `openings`: what the running totals of a measure
        stand at before the first period that is computed; with `fresh`, they all start there at zero.
        Reports for earlier days are counted without either. `start` and `stand_ins`: the contract's first day and
        the days of its terms, for a program that was compiled for others.
        """
        days = StandIns() if stand_ins is None else stand_ins
        book = Book(measures, conditions or {}, start or self.lines.start, fresh, openings or {}, explain, days)
        rows: list[tuple[date, int, int, Row]] = []
        for compiled in self.tapes:
            try:
                self._run(compiled, book, within, rows)
            except (Overflow, InvalidOperation):
                raise AmountTooLarge(f"An amount in '{compiled.name}'") from None
        rows.sort(key=lambda entry: entry[:3])
        return [row for *_, row in rows]

    def _run(self, compiled: Compiled, book: Book, within: Span | None, rows: list[tuple[date, int, int, Row]]) -> None:
        state = State(compiled.tape.memories)
        first, cuts = True, [book.stand_ins.real(day) for day in compiled.cuts]
        for period in periods(compiled, book, within):
            parts = cut(period, cuts) if cuts else [period]
            if first and book.openings:
                compiled.tape.open(state, Moment(parts[0], period, book, opening=True))
            notes: list[str] = []
            traces = []
            for span in parts:
                at = Moment(span, period, book, {}, first, len(parts) > 1, notes=notes)
                at.trace = {} if book.explain else None
                label = named(span) if book.explain else ""
                traces.append(Traced(label, compiled.tape, at, compiled.tape.advance(state, at)))
                first = False
            if within is not None and not (period.start < within.end and within.start < period.end):
                continue
            for output in compiled.outputs:
                if output.part.stands(period, book.stand_ins.real):
                    row = _row(output, period, notes, traces)
                    rows.append((period.end, -period.start.toordinal(), output.order, row))


def _row(output: Output, period: Span, notes: list[str], traces: list[Traced]) -> Row:
    """What a line comes to in a period: the sum over its parts."""
    frame = traces[0].frame
    exact, payment = frame[output.exact], frame[output.paid]
    for trace in traces[1:]:
        exact, payment = add(exact, trace.frame[output.exact]), add(payment, trace.frame[output.paid])
    parts = tuple((trace.at.span, trace.frame[output.paid]) for trace in traces)
    return Row(output.part, period, exact, payment, tuple(notes), traces if traces[0].label else [], parts)


def compile(lines: Iterable[Line], currency: str = "USD", start: date | None = None) -> Program:
    """The program of some lines: definitions and flows that may refer to each other by name.

    `start`: the contract's first day, from which contract years count. `currency`: where a flow names none.
    Raises Circle, NamedTwice, NotComputable or TermsTooLarge.
    """
    return Program(lines, currency, start)
