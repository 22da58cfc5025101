"""`deal quote`: compute terms on figures, without a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from cli import measures as words
from cli import rows as printed
from ledger.calendar import parse_day
from ledger.errors import NamedTwice, NotAllComputed, Refusal
from ledger.evaluation import Line
from ledger.quotation import Given, Quotation, needs
from ledger.quotation import quote as compute
from ledger.sheet import read_line, read_sheet

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def lines_of(terms: Sequence[str], files: Sequence[Path]) -> list[Line]:
    """The lines to compute: those of the files, then those given as words."""
    if not terms and not files:
        raise click.UsageError('Give terms, for example: deal quote "20% of revenue" --measure revenue=60m')
    found = [line for path in files for line in read_sheet(path.read_text(encoding="utf-8"))]
    found += [read_line(text) for text in terms]
    names = [line.name for line in found]
    for name in names:
        if names.count(name) > 1:
            raise NamedTwice(name)
    return found


@click.command()
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.pass_context
def quote(
    context: click.Context,
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
    as_json: bool,
    as_csv: bool,
) -> None:
    """Compute TERMS on reported measures: one row a period and line. Needs no ledger.

    TERMS are formulas ("20% of revenue every quarter"), definitions ("net_sales: gross - returns") or
    flows between parties ("GSK -> Theravance as royalty: 5% of net_sales every quarter"); they may refer
    to each other by name.

    \b
    Example:
      deal quote "tiers(net_sales per year: 6.5% to 750m, 8% above) every quarter" \\
          --measure "net_sales[2025-Q1]=600m" --measure "net_sales[2025-Q2]=700m" --explain
    """
    today = date.today()  # noqa: DTZ011  (a civil day: the one on the user's calendar)
    try:
        lines = lines_of(terms, files)
        found = compute(
            lines,
            figures_of(figures, tables, lines, today),
            words.asked(period, first, last, today),
            today=today,
            start=parse_day(start, today) if start else None,
            currency=currency,
            conditions=dict(words.since(text, today) for text in conditions),
            openings=dict(words.opening(text) for text in openings),
            explain=explain,
        )
    except Refusal as refusal:
        click.echo(f"Error: {refusal}", err=True)
        context.exit(refusal.exit_code)
    click.echo(_shown(found, explain, as_json, as_csv))
    for name in found.unused:
        click.echo(f"Note: {name} was given, and nothing needs it.", err=True)
    if short_of := printed.not_reported(found.rows):
        click.echo(f"Error: {NotAllComputed(short_of)}", err=True)
        context.exit(1)


def figures_of(figures: Sequence[str], tables: Sequence[Path], lines: Sequence[Line], today: date) -> list[Given]:
    """The figures given as words, then those of the files."""
    found = [words.figure(text, today) for text in figures]
    return found + [given for path in tables for given in words.read_file(path, needs(lines))]


def _shown(found: Quotation, explain: bool, as_json: bool, as_csv: bool) -> str:
    if as_json:
        return printed.as_json(found, explain)
    return printed.as_csv(found) if as_csv else printed.table(found, explain)


quote_ = quote  # under which `deal` looks it up
