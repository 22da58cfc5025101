"""Computing terms: compile the lines once, run them over reported measures as often as you like.

Every run starts from the reported measures alone; nothing is kept between runs. A row says what a line comes to in a
period: exactly, as paid, or honestly not known. The rules are those of docs/computing.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation, Overflow

from ledger.calendar import FIRST_DAY, Span
from ledger.computing import members, operators
from ledger.computing.checking import check, check_limits
from ledger.computing.lines import Lines
from ledger.computing.moment import Grid, Host
from ledger.computing.natures import Natures
from ledger.computing.numbers import Uncertain, Value
from ledger.computing.payments import Payer, Piece
from ledger.computing.periods import asked_for, grid_of
from ledger.computing.reported import Measures, Reported
from ledger.computing.run import Opening, Run
from ledger.computing.versions import Line, Part, line
from ledger.errors import AmountTooLarge, TermsTooLarge
from ledger.language import formula as f

__all__ = ["Line", "Measures", "Program", "Reported", "Row", "compile", "line", "members", "operators"]


@dataclass(slots=True)
class Row:
    """What one line comes to in one period: `exact` before rounding, and `payment` as paid (for a flow).

    Both are decimals, or `Uncertain` with bounds and the names of what is missing. `pieces` are the days on which the
    same terms stand, each with what it comes to; together `exact`.
    """

    part: Part
    period: Span
    exact: Value
    payment: Value
    notes: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    payer: Payer | None = field(default=None, repr=False, compare=False)

    @property
    def line(self) -> str:
        return self.part.name

    @property
    def missing(self) -> tuple[str, ...]:
        return self.exact.missing if isinstance(self.exact, Uncertain) else ()

    def divided(self, spans: Sequence[Span]) -> list[Value]:
        """The payment, divided among some spans that cover the period, as the terms divide it; together the payment."""
        assert self.payer is not None
        return self.payer.divided(self.part, self.period, list(spans))


class Program:
    """Compiled lines."""

    def __init__(self, lines: Iterable[Line], currency: str = "USD", start: date | None = None) -> None:
        self.lines = Lines(lines, currency, start)
        self.start = start
        check(self.lines)
        self.parts = [part for parts in self.lines.parts.values() for part in parts]
        self.needed = {name: self.lines.measures_of(name) for name in self.lines.by_name}
        self._natures: dict[tuple[tuple[str, str], ...], Natures] = {}

    @property
    def measures(self) -> list[str]:
        """The measures that the lines need, without repetition."""
        return list(dict.fromkeys(name for names in self.needed.values() for name in names))

    def every(self, part: Part) -> f.Window | None:
        """The periods in which a part is computed; None where they are those of the reports.

        A definition is shown for the shortest periods in which a flow is paid.
        """
        if part.is_flow:
            return None if part.every == f.ONCE else part.every
        found = [p.every for p in self.parts if p.is_flow and p.every and p.every != f.ONCE]
        return min(found, key=lambda window: f.MONTHS[window.unit], default=None)

    def run(
        self,
        measures: Measures,
        within: Span | None = None,
        *,
        conditions: Mapping[str, date] | None = None,
        openings: Mapping[Opening, Decimal] | None = None,
        fresh: bool = False,
        start: date | Sequence[date] | None = None,
        used: set[Opening] | None = None,
    ) -> list[Row]:
        """The rows of all periods that overlap `within` (None: the reported spans), by their ends and lines.

        `conditions`: since which day each condition holds. `openings`: what the running totals of a measure, a slice
        of one or a flow stand at before its first report; with `fresh`, they all start with the first period.
        `start`: the contract's first day, or the first days of its terms one after the other. `used` takes the
        openings that counted. Raises NotComputable, AmountTooLarge or TermsTooLarge.
        """
        natures = self._natures_of(measures.natures)
        starts = (start or self.start,) if not isinstance(start, Sequence) else tuple(start)
        run = Run(
            self.lines, natures, measures, conditions or {}, tuple(day for day in starts if day), dict(openings or {})
        )
        if used is not None:
            run.used = used
        hosts = {id(part): self._host(part, run, within) for part in self.parts}
        payer = Payer(run, hosts, self.lines.parts)
        if fresh:
            hull = within or measures.hull(self.measures)
            run.fresh = hull.start if hull else None
        found: list[tuple[date, int, int, Row]] = []
        for order, part in enumerate(self.parts):
            try:
                for period in self._periods(part, run, hosts[id(part)], within):
                    paid = payer.paid(part, period)
                    row = Row(part, period, paid.exact, paid.payment, paid.notes, paid.pieces, payer)
                    found.append((period.end, -period.start.toordinal(), order, row))
            except (Overflow, InvalidOperation):
                raise AmountTooLarge(f"An amount in '{part.name}'") from None
            except RecursionError:
                raise TermsTooLarge("formulas inside one another", 250) from None
        found.sort(key=lambda entry: entry[:3])
        return [row for *_, row in found]

    def _natures_of(self, declared: Mapping[str, str]) -> Natures:
        key = tuple(sorted(declared.items()))
        if key not in self._natures:
            natures = Natures(self.lines, declared)
            check_limits(self.lines, natures)
            self._natures[key] = natures
        return self._natures[key]

    def _host(self, part: Part, run: Run, within: Span | None) -> Host:
        every = self.every(part)
        names = self.needed[part.name]
        grid: Grid = run.grid(every) if every is not None else grid_of(part, run, names, within)
        reported = run.measures.hull(names) or run.measures.hull(list(run.measures.reports))
        told = reported or within  # where nothing was reported, nothing is known before what is asked
        first = None
        if told is not None:
            first = told.start if every is None else max(grid.around(told.start).start, FIRST_DAY)
        return Host(grid, self.lines.standing(part.name), lambda day: self.lines.fixed(part.name, day), first)

    def _periods(self, part: Part, run: Run, host: Host, within: Span | None) -> list[Span]:
        periods = asked_for(part, self.every(part), run, host.grid, self.measures, self.needed[part.name], within)
        return [period for period in periods if part.stands(period)]


def compile(lines: Iterable[Line], currency: str = "USD", start: date | None = None) -> Program:
    """The program of some lines: definitions and flows that may refer to each other by name.

    `start`: the contract's first day, from which contract years count. `currency`: where a flow names none.
    Raises Circle, NamedTwice, NotComputable or TermsTooLarge.
    """
    return Program(lines, currency, start)
