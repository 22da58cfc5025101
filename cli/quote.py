"""`deal quote`: compute terms on figures, without a ledger or with a deal's own clauses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import measures as words
from cli import rows as printed
from cli.options import Asked, with_csv, with_json, with_ledger, with_points
from cli.render import as_csv, as_json, as_text
from cli.render import words as said
from ledger.calendar import Span, parse_day
from ledger.computing.evaluation import Line
from ledger.computing.quotation import Given, Quotation, needs
from ledger.computing.quotation import quote as compute
from ledger.computing.sheet import NOT_MET, read_line, read_sheet, together
from ledger.errors import DealAndTerms, NoSuchLine, NotAllComputed, NothingStands
from ledger.figures import natures as declared
from ledger.files import text_of

if TYPE_CHECKING:
    from projections.settlement.dues import Books

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def lines_of(terms: Sequence[str], files: Sequence[Path], met: Mapping[str, date] = NOT_MET) -> list[Line]:
    """The lines to compute: those of the files, then those given as words; `met`: since when conditions hold."""
    found = [line for path in files for line in read_sheet(text_of(path), met)]
    return together([*found, *(read_line(text, met) for text in terms)])


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
@click.option(
    "--nature",
    "natures",
    multiple=True,
    metavar="NAME=NATURE",
    help="What a measure is: a flow, a stock or a rate: price=rate.",
)
@click.option("--start", metavar="DAY", help="The contract's first day, from which contract years count.")
@click.option("--period", metavar="PERIOD", help="The period to compute: 2025-Q1, 2025, 2025-01-01..2025-06-30.")
@click.option("--from", "first", metavar="DAY", help="The first day to compute, with --through.")
@click.option("--through", "last", metavar="DAY", help="The last day to compute, with --from.")
@click.option("--currency", metavar="CODE", help="The currency where a flow names none.  [the deal's, or USD]")
@click.option("--clause", "clauses", multiple=True, metavar="NAME", help="Only the rows of this line.")
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
    natures: tuple[str, ...],
    start: str | None,
    period: str | None,
    first: str | None,
    last: str | None,
    currency: str | None,
    clauses: tuple[str, ...],
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
    to each other by name. With --deal, a deal's clauses are computed on what it has reported; terms given
    beside it stand in for those of the same name, and measures for what is reported of them in their days.

    \b
    Example:
      deal quote "tiers(net_sales per year: 6.5% to 750m, 8% above) every quarter" \\
          --measure "net_sales[2025-Q1]=600m" --measure "net_sales[2025-Q2]=700m" --explain
    """
    if not terms and not files and not deal:
        raise click.UsageError('Give terms, for example: deal quote "20% of revenue" --measure revenue=60m')
    today = date.today()  # noqa: DTZ011  (a civil day: the one on the user's calendar)
    stood = _stood(deal, asked, address)
    met = {**stood.conditions, **dict(words.since(text, today) for text in conditions)}
    lines = _together(stood.lines, lines_of(terms, files, met))
    opened = words.openings(openings)
    given = figures_of(figures, tables, lines, today)
    within = words.asked(period, first, last, today)
    told: dict[str, Any] = {
        "start": (parse_day(start, today),) if start else stood.starts,
        "conditions": met,
        "openings": opened,
        "natures": declared(natures),
    }
    if stood.books and (within or all(figure.span for figure in given)):
        from projections.quoted import quote_on_reports

        found = quote_on_reports(stood.books, lines, given, within, currency=currency, **told)
    else:  # a deal's clauses on one period that nobody names, by itself
        within = within or _reported(given, lines)
        found = compute(lines, given, within, today=today, currency=currency or "USD", **told)
    found = _chosen(found, clauses)
    if json:
        as_json(printed.record(found, explain))
    elif csv:
        as_csv(printed.HEADER, printed.csv_rows(found))
    else:
        as_text(printed.table(found, explain))
    if not found.rows:
        raise NothingStands()
    for name in found.unused:
        said(f"{name} was given, and nothing needs it.")
    for name in found.unopened:
        said(
            f"An opening of {name} was given, and no counter uses it: none that counts all of {name} begins before the "
            "first report of it."
        )
    if short_of := printed.not_reported(found.rows):
        raise NotAllComputed(short_of)


@dataclass(frozen=True, slots=True)
class Stood:
    """What a deal brings to a quotation; nothing where none is named."""

    lines: Sequence[Line] = ()
    conditions: Mapping[str, date] = field(default_factory=dict)
    starts: Sequence[date] = ()
    books: Books | None = None


def _stood(deal: str | None, asked: Asked, address: str) -> Stood:
    """A deal's lines: day by day, or with --on as they stand on that day."""
    if deal is None:
        if asked != Asked(None, None, None, None, False, None):
            raise DealAndTerms()
        return Stood()
    from ledger.application import Ledger
    from projections.lines import computable
    from projections.settlement.drafts import books_of

    with Ledger(address, "read") as ledger:
        point, entries = asked.point(ledger), ledger.history(deal)
        found = computable(deal, entries, point, not (asked.on or asked.as_of))
        return Stood(found.lines, found.conditions, found.starts, books_of(deal, entries, point))


def _reported(given: Sequence[Given], lines: Sequence[Line]) -> Span | None:
    """The days that the figures speak of: every line is computed for all of them, whichever it needs."""
    used = set(needs(lines)) if len(lines) > 1 else set()
    spans = [figure.span for figure in given if figure.span and figure.measure in used]
    if not spans or any(figure.span is None for figure in given):
        return None
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def _chosen(found: Quotation, names: Sequence[str]) -> Quotation:
    """The rows of some lines only. Raises NoSuchLine."""
    lines = found.program.lines.by_name
    for name in names:
        if name not in lines:
            raise NoSuchLine(name, sorted(lines))
    return replace(found, rows=[row for row in found.rows if row.line in names]) if names else found


def _together(of_deal: Sequence[Line], given: Sequence[Line]) -> list[Line]:
    """The deal's lines, but for those that are given anew; then the given ones."""
    anew = {line.name for line in given}
    return [*(line for line in of_deal if line.name not in anew), *given]


def figures_of(figures: Sequence[str], tables: Sequence[Path], lines: Sequence[Line], today: date) -> list[Given]:
    """The figures given as words, then those of the files."""
    found = [words.figure(text, today) for text in figures]
    return found + [given for path in tables for given in words.read_file(path, needs(lines))]
