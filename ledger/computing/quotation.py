"""A quotation: what some lines come to on figures that somebody gives, with no ledger behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.calendar import LAST_DAY, Span, cycle
from ledger.computing.evaluation import Line, Measures, Program, Reported, Row, compile
from ledger.computing.reported import Dimensions
from ledger.computing.run import Opening
from ledger.computing.versions import ALWAYS
from ledger.computing.windows import anchor
from ledger.errors import WhichPeriod
from ledger.language import formula as f


@dataclass(frozen=True, slots=True)
class Given:
    """A figure: an amount of a measure, for a span of days where one is said."""

    measure: str
    amount: Decimal
    span: Span | None = None
    dimensions: Dimensions = ()


@dataclass(frozen=True, slots=True)
class Quotation:
    """The rows and the program they come from; whether the period was not said and does not matter; the measures that
    were given and that nothing needs; and the names whose opening was given and is counted by nothing.
    """

    program: Program
    rows: list[Row]
    timeless: bool
    unused: list[str]
    unopened: list[str]


def quote(
    lines: Sequence[Line],
    figures: Sequence[Given],
    within: Span | None = None,
    *,
    today: date,
    start: Sequence[date] = (),
    currency: str = "USD",
    conditions: Mapping[str, date] | None = None,
    openings: Mapping[Opening, Decimal] | None = None,
    natures: Mapping[str, str] | None = None,
) -> Quotation:
    """Compute the lines on the figures.

    Figures without a period are for `within`; where that is not said either, for one period of the lines:
    the one that `start` or else `today` is in, and all counters start there.
    Raises WhichPeriod where the period is not clear.
    """
    program = compile(_from(lines, start[0] if start else None), currency)
    bare = [figure.measure for figure in figures if figure.span is None]
    dated = [figure.measure for figure in figures if figure.span is not None]
    fresh = not dated and within is None
    if bare and dated and within is None:
        raise WhichPeriod(bare[0])
    only = within or (_one_period(program, bare, start, today) if bare or not dated else None)
    measures = Measures(
        Reported(figure.measure, figure.span or _known(only), figure.amount, figure.dimensions) for figure in figures
    ).declared(natures or {})
    used: set[Opening] = set()
    rows = program.run(measures, only, conditions=conditions, openings=openings, fresh=fresh, used=used, start=start)
    timeless = fresh and all(program.every(part) is None for part in program.parts)
    unused = dict.fromkeys(figure.measure for figure in figures if figure.measure not in program.measures)
    unopened = [opening_text(key) for key in openings or {} if key not in used]
    return Quotation(program, rows, timeless, list(unused), unopened)


def opening_text(key: Opening) -> str:
    """The name of what an opening is of: a measure, a flow, or a slice of a measure."""
    if isinstance(key, str):
        return key
    return f"{key[0]}[{', '.join(f'{name} = {value}' for name, value in key[1])}]"


def _from(lines: Sequence[Line], start: date | None) -> list[Line]:
    """The lines, which stand from the contract's first day on where nothing else is said."""
    if start is None:
        return list(lines)
    days = Span(start, LAST_DAY)
    return [
        Line(one.name, ((days, one.versions[0][1]),), one.payer, one.payee) if one.versions[0][0] == ALWAYS else one
        for one in lines
    ]


def _one_period(program: Program, bare: Sequence[str], starts: Sequence[date], today: date) -> Span:
    """The one period in which all lines are computed: that of the contract's first day, or else of today."""
    every = {window for part in program.parts if (window := program.every(part)) is not None}
    if len(every) > 1:
        raise WhichPeriod(bare[0] if bare else "a measure")
    window = every.pop() if every else f.MONTH
    day = starts[-1] if starts else today
    return cycle(day, anchor(window, tuple(starts), day), f.MONTHS[window.unit])


def _known(span: Span | None) -> Span:
    assert span is not None, "figures without a period are refused above"
    return span


def needs(lines: Sequence[Line]) -> list[str]:
    """The measures that the lines need."""
    return compile(lines, start=date(2000, 1, 1)).measures
