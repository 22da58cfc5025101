"""Reading what is owed: `statement` and `balance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.options import Asked, with_csv, with_json, with_ledger, with_points
from cli.render import as_csv, as_json, as_page, as_table, line, words, written

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.events import StatementIssued
    from projections.point import Point

NOTHING = 4
DIFFERS = 3
LIST_COLUMNS = ("statement", "deal", "period", "payer", "payee", "currency", "closing", "dated", "replaced")


def show_statement(deal: str, statement: StatementIssued, head: str, explain: bool) -> None:
    """A statement on the terminal: its lines, amounts in one column, what explains them indented below."""
    from ledger.accounts import days_of
    from ledger.calendar import named
    from ledger.money import in_full, in_units
    from projections.settlement.statements import earlier_said, lines

    line(f"{head}: {deal}, {named(days_of(statement))}", bold=True)
    both = ", what they owe each other set off" if statement.net else ""
    known = f"known by {statement.known_by}" if statement.known_by else "all that is known"
    stands = f"{known}, recorded by #{statement.position}"
    line(f"{statement.payer} to {statement.payee}, {statement.currency}{both}; {stands}")
    if said := earlier_said(statement):
        line(said)
    line()
    rows = list(lines(statement))
    amounts = [in_full(in_units(r.amount, statement.currency)) if r.amount is not None else r.instead for r in rows]
    texts = written([row.says for row in rows], amounts, [row.amount is not None for row in rows])
    for row, text in zip(rows, texts, strict=True):
        line(text, bold=row.section == "closing")
        for inner in row.inner:
            line(f"    {inner}")
        for depth, step in row.steps(explain):
            line(f"      {'  ' * depth}{step}")


@click.command("statement")
@click.argument("statement", required=False)
@click.option("--explain", is_flag=True, help="Show how every amount came about.")
@click.option("--html", is_flag=True, help="As a page for the payee.")
@click.option("--check", is_flag=True, help="Compute it again on what it stands on, and compare.")
@click.option("--deal", metavar="DEAL", help="Without STATEMENT: only the statements of this deal.")
@with_points
@with_ledger
@with_json
@with_csv
def statement_(
    statement: str | None, explain: bool, html: bool, check: bool, deal: str | None, asked: Asked, address: str,
    json: bool, csv: bool,
) -> None:  # fmt: skip
    """Print a statement as it was issued, for ever the same; without STATEMENT, list them.

    STATEMENT is the entry that issued it (14 or '#14').

    \b
    Example:
      deal statement 14 --explain
      deal statement 14 --html > statement-14.html
    """
    from ledger.application import Ledger

    with Ledger(address, "read") as ledger:
        if statement is None:
            _list(ledger, asked.point(ledger), deal, json, csv)
            return
        if check:
            _check(ledger, statement)
            return
        _print(ledger, statement, explain, html, json, csv)


def _print(ledger: Ledger, reference: str, explain: bool, html: bool, json: bool, csv: bool) -> None:
    from projections.settlement import statements

    entry, told = statements.issued(ledger, reference)
    if html:
        from projections.settlement.page import page

        as_page(page(ledger.deal(entry.deal), entry, told))
    elif json:
        as_json(statements.statement_json(entry.deal, told, entry))
    elif csv:
        as_csv(statements.CSV, statements.statement_rows(entry.deal, told, entry))
    else:
        show_statement(entry.deal, told, f"Statement {entry}, issued {told.dated}", explain)


def _check(ledger: Ledger, reference: str) -> None:
    from projections.settlement.restated import differences

    entry, found, then = differences(ledger, reference)
    for text in (*found, *then):
        words(text)
    if found:
        click.get_current_context().exit(DIFFERS)
    if then:
        line(f"{entry} is as it was issued; an earlier version computed it by other rules.")
    else:
        line(f"{entry} says what its entries say.")


def _list(ledger: Ledger, point: Point, deal: str | None, json: bool, csv: bool) -> None:
    from projections.settlement.statements import listed

    rows = listed(ledger, point, deal)
    if json:
        as_json({"schema": "deal.statements/1", "deal": deal, **point.json(), "rows": rows})
    elif csv:
        as_csv(LIST_COLUMNS, rows)
    else:
        headers = ("STATEMENT", "DEAL", "PERIOD", "PAYER", "PAYEE", "CURRENCY", "CLOSING", "DATED", "REPLACED BY")
        as_table(headers, [_listing(row) for row in rows], right=(6,))
    if not rows:
        words(f"No statement was issued {point}. Make one with: deal settle PERIOD")
        click.get_current_context().exit(NOTHING)


def _listing(row: dict[str, Any]) -> list[Any]:
    from decimal import Decimal

    from ledger.money import in_full

    by = f"#{row['replaced']}" if row["replaced"] else None
    shown = {**row, "closing": in_full(Decimal(row["closing"]))}
    return [f"#{row['statement']}", *(shown[name] for name in LIST_COLUMNS[1:-1]), by]


@click.command("balance")
@click.argument("deal", required=False)
@click.option("--party", metavar="NAME", help="Only what this party or pool owes or is owed.")
@with_points
@with_ledger
@with_json
@with_csv
def balance_(deal: str | None, party: str | None, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """What was stated, what was paid and what is open, by deal and account.

    On the day --on: statements dated and payments made by it.

    \b
    Example:
      deal balance openai-microsoft
    """
    from decimal import Decimal

    from ledger.application import Ledger
    from ledger.clauses import clean
    from ledger.money import in_full
    from projections.settlement.balance import COLUMNS, balances

    with Ledger(address, "read") as ledger:
        point = asked.point(ledger)
        answer = balances(ledger, point, deal, party and clean(party))
    if json:
        as_json(answer)
    elif csv:
        as_csv(COLUMNS, answer["rows"])
    else:
        line(f"Balances {point}", bold=True)
        cells = [
            [row["deal"], row["payer"], row["payee"] + " (set off)" * row["net"], row["currency"],
             *(in_full(Decimal(row[name])) for name in ("owed", "paid", "open")), f"#{row['statement']}", row["period"]]
            for row in answer["rows"]
        ]  # fmt: skip
        if len(cells) > 1:
            cells += [
                ["", "", f"in all, owed by {answer['party']}" if answer["party"] else "in all", total["currency"],
                 *(in_full(Decimal(total[name])) for name in ("owed", "paid", "open")), "", ""]
                for total in answer["totals"]
            ]  # fmt: skip
        headers = ("DEAL", "PAYER", "PAYEE", "CURRENCY", "OWED", "PAID", "OPEN", "STATEMENT", "PERIOD")
        as_table(headers, cells, right=(4, 5, 6))
    if not answer["rows"]:
        of = f"Of {party}, nothing" if party else "Nothing"
        pools = " What members of a pool are paid stands in their pool's account." if party else ""
        words(f"{of} was stated {point}.{pools} Make a statement with: deal settle PERIOD")
        click.get_current_context().exit(NOTHING)
