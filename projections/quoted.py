"""A deal's clauses on what it has reported: what a settlement would come to, and what if it were otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.calendar import Span
from ledger.computing.evaluation import Line, Measures, Reported, Row, compile
from ledger.computing.quotation import Given, Quotation, opening_text
from ledger.computing.run import Opening
from ledger.errors import WhichPeriod
from ledger.language import formula as f
from ledger.language.terms import Flow
from projections.settlement.drafts import settled_every
from projections.settlement.dues import Books
from projections.settlement.reported import Revenue


def quote_on_reports(
    books: Books,
    lines: Sequence[Line],
    figures: Sequence[Given],
    within: Span | None,
    *,
    start: Sequence[date],
    currency: str | None = None,
    conditions: Mapping[str, date] | None = None,
    openings: Mapping[Opening, Decimal] | None = None,
    natures: Mapping[str, str] | None = None,
) -> Quotation:
    """The lines on what the deal has reported; `figures` take its place on their days, or come beside it.

    A figure stands in for what is reported of its measure and dimensions inside of its days. `within` None: the days
    that the figures speak of, or else the reports. Raises WhichPeriod for a figure without days.
    """
    every = (settled_every(books.accounts, within) if within else None) or f.MONTH
    paid = [_paid(line, every) for line in lines]
    program = compile(paid, currency or books.currency)
    flows = [part for parts in program.lines.parts.values() for part in parts if part.is_flow]
    rows: list[Row] = []
    used: set[Opening] = set()
    for n, each in enumerate(dict.fromkeys([part.currency for part in flows] or [books.currency])):
        known = {**books.accounts.natures, **(natures or {})}
        measures = Measures(_figures(Revenue(books.accounts, each).measures, figures, within)).declared(known)
        days = within or _spoken_of(figures) or measures.hull(program.measures)
        told = program.run(measures, days, conditions=conditions, openings=openings, used=used, start=start)
        rows += [row for row in told if (row.part.currency == each if row.part.is_flow else n == 0)]
    once = {line.name: line.versions[0][0].start for line in lines if _is_once(line)}
    rows = [row for row in rows if row.line not in once or once[row.line] in row.period]
    rows.sort(key=lambda row: (row.period.end, -row.period.start.toordinal()))
    unused = dict.fromkeys(figure.measure for figure in figures if figure.measure not in program.measures)
    unopened = [opening_text(key) for key in openings or {} if key not in used]
    return Quotation(program, rows, False, list(unused), unopened)


def _figures(reported: Measures, figures: Sequence[Given], within: Span | None) -> Iterator[Reported]:
    own = [Reported(one.measure, _days(one, within), one.amount, one.dimensions) for one in figures]
    yield from own
    for told in (one for reports in reported.reports.values() for one in reports):
        if not any(_stands_in(one, told) for one in own):
            yield told


def _stands_in(own: Reported, told: Reported) -> bool:
    inside = own.span.start <= told.span.start and told.span.end <= own.span.end
    return own.measure == told.measure and inside and set(own.dimensions) <= set(told.dimensions)


def _days(figure: Given, within: Span | None) -> Span:
    days = figure.span or within
    if days is None:
        raise WhichPeriod(figure.measure)
    return days


def _spoken_of(figures: Sequence[Given]) -> Span | None:
    spans = [figure.span for figure in figures if figure.span]
    return Span(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


def _is_once(line: Line) -> bool:
    return any(isinstance(flow, Flow) and flow.every == f.ONCE for _, flow in line.versions)


def _paid(line: Line, every: f.Window) -> Line:
    """The line; what is paid once is due on its first day, as it is settled."""
    if not _is_once(line):
        return line
    first = line.versions[0][0].start
    return Line(
        line.name,
        tuple(
            (span, replace(flow, expr=f.Due((f.Step(first, flow.expr),)), every=every))
            if isinstance(flow, Flow) and flow.every == f.ONCE
            else (span, flow)
            for span, flow in line.versions
        ),
        line.payer,
        line.payee,
    )
