"""A quotation: what some lines come to on figures that somebody gives, with no ledger behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from ledger.calendar import Span, cycle
from ledger.computing.evaluation import Line, Measures, Program, Reported, Row, compile
from ledger.computing.lines import Lines
from ledger.computing.reported import Dimensions
from ledger.computing.windows import anchor
from ledger.errors import SliceNotOpened, WhichPeriod
from ledger.language import formula as f


@dataclass(frozen=True, slots=True)
class Given:
    """A figure: an amount of a measure, for a span of days where one is said."""

    measure: str
    amount: Decimal
    span: Span | None = None
    dimensions: Dimensions = ()


Slice: TypeAlias = tuple[str, Dimensions]
"""A measure restricted to values of its dimensions."""


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
    start: date | None = None,
    currency: str = "USD",
    conditions: Mapping[str, date] | None = None,
    openings: Mapping[str, Decimal] | None = None,
    slices: Mapping[Slice, Decimal] | None = None,
    explain: bool = False,
) -> Quotation:
    """Compute the lines on the figures.

    Figures without a period are for `within`; where that is not said either, for one period of the lines:
    the one that `start` or else `today` is in, and all counters start there. `slices`: openings of parts of a measure.
    Raises WhichPeriod where the period is not clear, and SliceNotOpened.
    """
    for measure, dimensions in slices or {}:
        raise SliceNotOpened(f"{measure}[{', '.join(f'{name} = {value}' for name, value in dimensions)}]")
    program = compile(lines, currency, start)
    bare = [figure.measure for figure in figures if figure.span is None]
    dated = [figure.measure for figure in figures if figure.span is not None]
    fresh = not dated and within is None
    if bare and dated and within is None:
        raise WhichPeriod(bare[0])
    only = within or (_one_period(program, bare, start or today) if bare or not dated else None)
    measures = Measures(
        Reported(figure.measure, figure.span or _known(only), figure.amount, figure.dimensions) for figure in figures
    )
    rows = program.run(measures, only, conditions=conditions, openings=openings, fresh=fresh, explain=explain)
    timeless = fresh and all(compiled.every is None for compiled in program.tapes)
    unused = dict.fromkeys(figure.measure for figure in figures if figure.measure not in program.measures)
    unopened = [name for name in openings or {} if not _counted(program, name)]
    return Quotation(program, rows, timeless, list(unused), unopened)


def _counted(program: Program, name: str) -> bool:
    """Whether a running total of the lines counts a whole measure, and not only values of its dimensions."""
    lines = program.lines
    return any(
        compiled.tape.remembers and any(_whole(lines, expr, name) for _, expr in lines.formulas(compiled.name))
        for compiled in program.tapes
    )


def _whole(lines: Lines, expr: f.Expr, name: str) -> bool:
    """Whether a formula needs a measure that no filter and no `each` restricts."""
    waiting, seen = [expr], set[str]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, f.Name) and not node.filters:
            if node.name == name:
                return True
            if node.name in lines and node.name not in seen:
                seen.add(node.name)
                waiting.extend(inner for _, inner in lines.formulas(node.name))
        if not isinstance(node, f.Each):
            waiting.extend(f.children(node))
    return False


def _one_period(program: Program, bare: Sequence[str], day: date) -> Span:
    """The one period in which all lines are computed, around a day."""
    every = {compiled.every for compiled in program.tapes if compiled.every is not None}
    if len(every) > 1:
        raise WhichPeriod(bare[0] if bare else "a measure")
    window = every.pop() if every else f.MONTH
    return cycle(day, anchor(window, program.lines.start), f.MONTHS[window.unit])


def _known(span: Span | None) -> Span:
    assert span is not None, "figures without a period are refused above"
    return span


def needs(lines: Sequence[Line]) -> list[str]:
    """The measures that the lines need."""
    return compile(lines, start=date(2000, 1, 1)).measures
