"""`deal quote`: compute terms on figures, without a ledger or with a deal's own clauses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import click

from cli import measures as words
from cli import rows as printed
from cli.options import Asked, with_csv, with_json, with_ledger, with_points
from cli.render import safe, safe_json
from cli.render import words as said
from ledger.calendar import Span, parse_day
from ledger.computing.evaluation import Line
from ledger.computing.quotation import Given, Quotation, needs
from ledger.computing.quotation import quote as compute
from ledger.computing.sheet import read_line, read_sheet
from ledger.errors import DealAndTerms, NamedTwice, NotAllComputed, NothingStands
from ledger.files import text_of

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def lines_of(terms: Sequence[str], files: Sequence[Path]) -> list[Line]:
    """The lines to compute: those of the files, then those given as words."""
    found = [line for path in files for line in read_sheet(text_of(path))]
    found += [read_line(text) for text in terms]
    names = [line.name for line in found]
    for name in names:
        if names.count(name) > 1:
            raise NamedTwice(name)
    return found


@click.command("quote")
@click.argument("terms", nargs=-1)
@click.option("--file", "-f", "files", multiple=True, type=FILE, help="A sheet of terms, one a line.")
@click.option(
    "--measure",
    "-m",
    "figures",
    multiple=True,
    metavar="NAME[PERIOD, DIM=VALUE]=AMOUNT",
    help="A reported amount: revenue=60m, revenue[2025-Q1]=12m, revenue[2025-Q1, product=api]=3m.",
)
@click.option("--measures", "tables", multiple=True, type=FILE, help="Reported amounts: a CSV or TOML file.")
@click.option("--met", "conditions", multiple=True, metavar="CONDITION=DAY", help="Since when a condition holds.")
@click.option(
    "--opening",
    "openings",
    multiple=True,
    metavar="NAME=AMOUNT",
    help="What a measure's running totals stand at before the first period.",
)
@click.option("--start", metavar="DAY", help="The contract's first day, from which contract years count.")
@click.option("--period", metavar="PERIOD", help="The period to compute: 2025-Q1, 2025, 2025-01-01..2025-06-30.")
@click.option("--from", "first", metavar="DAY", help="The first day to compute, with --through.")
@click.option("--through", "last", metavar="DAY", help="The last day to compute, with --from.")
@click.option("--currency", default="USD", show_default=True, help="The currency where a flow names none.")
@click.option("--explain", is_flag=True, help="Show how every amount came about.")
@click.option("--deal", metavar="DEAL", help="Compute a deal's clauses: day by day, or as they stand on the day --on.")
@with_points
@with_ledger
@with_json
@with_csv
def quote_(
    terms: tuple[str, ...],
    files: tuple[Path, ...],
    figures: tuple[str, ...],
    tables: tuple[Path, ...],
    conditions: tuple[str, ...],
    openings: tuple[str, ...],
    start: str | None,
    period: str | None,
    first: str | None,
    last: str | None,
    currency: str,
    explain: bool,
    deal: str | None,
    asked: Asked,
    address: str,
    json: bool,
    csv: bool,
) -> None:
    """Compute TERMS on reported measures: one row a period and line. Needs no ledger.

    TERMS are formulas ("20% of revenue every quarter"), definitions ("net_sales: gross - returns") or
    flows between parties ("GSK -> Theravance as royalty: 5% of net_sales every quarter"); they may refer
    to each other by name. With --deal, a deal's clauses are computed; terms given beside it stand in for
    those of the same name.

    \b
    Example:
      deal quote "tiers(net_sales per year: 6.5% to 750m, 8% above) every quarter" \\
          --measure "net_sales[2025-Q1]=600m" --measure "net_sales[2025-Q2]=700m" --explain
    """
    if not terms and not files and not deal:
        raise click.UsageError('Give terms, for example: deal quote "20% of revenue" --measure revenue=60m')
    today = date.today()  # noqa: DTZ011  (a civil day: the one on the user's calendar)
    stood = _stood(deal, asked, address)
    lines = _together(stood.lines, lines_of(terms, files))
    given = figures_of(figures, tables, lines, today)
    within = words.asked(period, first, last, today) or (_reported(given) if deal else None)
    found = compute(
        lines,
        given,
        within,
        today=today,
        start=parse_day(start, today) if start else stood.start(within),
        currency=currency,
        conditions={**stood.conditions, **dict(words.since(text, today) for text in conditions)},
        openings=dict(words.opening(text) for text in openings),
        explain=explain,
    )
    shown = _shown(found, explain, json, csv)
    click.echo(shown if csv else safe_json(shown) if json else safe(shown))
    if not found.rows:
        raise NothingStands()
    for name in found.unused:
        said(f"{name} was given, and nothing needs it.")
    if short_of := printed.not_reported(found.rows):
        raise NotAllComputed(short_of)


@dataclass(frozen=True, slots=True)
class Stood:
    """What a deal brings to a quotation; nothing where none is named."""

    lines: Sequence[Line] = ()
    conditions: Mapping[str, date] = field(default_factory=dict)
    start: Callable[[Span | None], date | None] = lambda _: None


def _stood(deal: str | None, asked: Asked, address: str) -> Stood:
    """A deal's lines: day by day, or with --on as they stand on that day."""
    if deal is None:
        if asked != Asked(None, None, None, None, False, None):
            raise DealAndTerms()
        return Stood()
    from ledger.application import Ledger
    from projections.lines import computable

    with Ledger(address, "read") as ledger:
        found = computable(deal, ledger.history(deal), asked.point(ledger), not (asked.on or asked.as_of))
    return Stood(found.lines, found.conditions, found.start)


def _reported(given: Sequence[Given]) -> Span | None:
    """The days that the figures speak of: a deal runs longer than what is reported of it."""
    spans = [figure.span for figure in given if figure.span]
    return Span(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


def _together(of_deal: Sequence[Line], given: Sequence[Line]) -> list[Line]:
    """The deal's lines, but for those that are given anew; then the given ones."""
    anew = {line.name for line in given}
    return [*(line for line in of_deal if line.name not in anew), *given]


def figures_of(figures: Sequence[str], tables: Sequence[Path], lines: Sequence[Line], today: date) -> list[Given]:
    """The figures given as words, then those of the files."""
    found = [words.figure(text, today) for text in figures]
    return found + [given for path in tables for given in words.read_file(path, needs(lines))]


def _shown(found: Quotation, explain: bool, as_json: bool, as_csv: bool) -> str:
    if as_json:
        return printed.as_json(found, explain)
    return printed.as_csv(found) if as_csv else printed.table(found, explain)
