"""Asking for states: `show`, `share`, `deals`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

from cli.options import Asked, with_csv, with_json, with_ledger, with_points
from cli.render import as_csv, as_json, as_table, counted, line, words

CLAUSE_COLUMNS = (
    "deal", "kind", "key", "payer", "payee", "holder", "text", "terms", "rate", "at_most", "from", "through", "until",
    "standing", "evidence", "dated", "known_since", "entries", "holds_through", "at_least",
)  # fmt: skip
NOTHING = 4  # the exit code of an answer that is empty


@click.command("show")
@click.argument("deal")
@with_points
@with_ledger
@with_json
@with_csv
def show_(deal: str, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """One deal as it stood at a point in time.

    \b
    Example:
      deal show openai-microsoft --on 2030-12-31 --known 2025-05-08 --planned
    """
    from ledger.application import Ledger
    from projections.state import state

    with Ledger(address, "read") as ledger:
        point = asked.point(ledger)
        answer = state(deal, ledger.history(deal), point).json()
    if json:
        as_json(answer)
    elif csv:
        as_csv(CLAUSE_COLUMNS, ({**clause, "deal": deal} for clause in answer["clauses"]))
    else:
        _show(answer, str(point))
    if not answer["clauses"]:
        words(f"Nothing of {deal} is in force {point}.")
        click.get_current_context().exit(NOTHING)


@click.command("share")
@click.option("--deal", metavar="DEAL", help="Only this deal.")
@click.option("--party", metavar="NAME", help="Only what this party or pool pays or is paid.")
@with_points
@with_ledger
@with_json
@with_csv
def share_(deal: str | None, party: str | None, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """Who pays what to whom, over all deals.

    A pool's members are named with it; their own parts are unknown until somebody says them.

    \b
    Example:
      deal share --on 2025-06-30 --party Microsoft
    """
    from ledger.application import Ledger
    from ledger.clauses import clean
    from projections.portfolio import portfolio, rows

    with Ledger(address, "read") as ledger:
        point, name = asked.point(ledger), party and clean(party)
        if csv and not json:
            found = counted(rows(ledger, point, deal, name))
            as_csv(CLAUSE_COLUMNS, found)
            count = found.count
        else:
            answer = portfolio(ledger, point, deal, name)
            count = len(answer["rows"])
    if json:
        as_json(answer)
    elif not csv:
        line(f"Shares {point}", bold=True)
        _flows(answer["rows"], with_deal=True)
    if not count:
        words(f"No share is in force {point}.")
        click.get_current_context().exit(NOTHING)


@click.command("deals")
@with_points
@with_ledger
@with_json
@with_csv
def deals_(asked: Asked, address: str, json: bool, csv: bool) -> None:
    """The deals of the ledger, and how many clauses each has in force.

    \b
    Example:
      deal deals
    """
    from ledger.application import Ledger
    from projections.portfolio import deals

    with Ledger(address, "read") as ledger:
        point = asked.point(ledger)
        answer = deals(ledger, point)
    columns = ("deal", "title", "parties", "clauses")
    if json:
        as_json(answer)
    elif csv:
        as_csv(columns, answer["deals"])
    else:
        as_table(("DEAL", "TITLE", "PARTIES", "CLAUSES"), [[row[c] for c in columns] for row in answer["deals"]])
    if not answer["deals"]:
        words(f"No deal is known {point}. Start one with: deal open")
        click.get_current_context().exit(NOTHING)


def _show(answer: dict[str, Any], point: str) -> None:
    line(f"{answer['title']} ({answer['deal']})", bold=True)
    term = answer["term"]
    runs = f", term {term['from'] or 'open'} to {_end(term['through'], term['until'])}" if term else ""
    line(f"{answer['status']}{runs}; {point}")
    line(f"Parties: {', '.join(answer['parties']) or 'none on this day'}")
    for pool in answer["pools"]:
        line(f"Pool '{pool['name']}': {', '.join(pool['members']) or 'no members named'}")
    if answer["clauses"]:
        line()
        flows = [c for c in answer["clauses"] if c["kind"] == "pays"]
        _flows(flows, with_deal=False)
        others = [c for c in answer["clauses"] if c["kind"] != "pays"]
        if flows and others:
            line()
        _others(others)


def _flows(rows: list[dict[str, Any]], with_deal: bool) -> None:
    from ledger.sums import percent

    days = _Days(rows)
    headers = ["PAYER", "PAYEE", "CLAUSE", "TERMS", *days.headers, "STANDING", "EVIDENCE", "ENTRIES"]
    cells = []
    for row in rows:
        lead = [row["deal"]] if with_deal else []
        cells.append([
            *lead,
            row["payer"], row["payee"], row["key"], row["terms"], *days.of(row), row["standing"], row["evidence"],
            _entries(row),
        ])  # fmt: skip
        for member in row.get("members", ()):
            bound = f"unknown, at most {percent(Decimal(member['at_most']))}" if member["at_most"] else "unknown"
            bound = f"{member['part']} of it" if "part" in member else bound
            part = [row["payer"], f"  of which {member['party']}", row["key"], bound, *days.of(row), "", "", ""]
            cells.append([*lead, *part])
    as_table(["DEAL", *headers] if with_deal else headers, cells)


def _others(rows: list[dict[str, Any]]) -> None:
    says = {
        "right": "{holder}: {text}",
        "commits": "{payer} -> {payee}: {text}",
        "defines": "{key} = {terms}",
        "nets": "{key} are set off",
    }
    days = _Days(rows)
    as_table(
        ["CLAUSE", "SAYS", *days.headers, "STANDING", "EVIDENCE", "ENTRIES"],
        [
            [
                row["key"],
                says[row["kind"]].format(**row),
                *days.of(row),
                row["standing"],
                row["evidence"],
                _entries(row),
            ]
            for row in rows
        ],
    )


class _Days:
    """The columns of days: from, the last day on which a clause holds, and what it says where that is another."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.two = any(row["holds_through"] != row["through"] for row in rows)
        self.headers = ["FROM", "THROUGH", *(["SAYS THROUGH"] if self.two else [])]

    def of(self, row: dict[str, Any]) -> list[str]:
        says = _end(row["through"], row["until"])
        holds = says if row["holds_through"] == row["through"] else row["holds_through"]
        return [row["from"], holds, *([says] if self.two else [])]


def _end(through: str | None, until: str | None) -> str:
    return f"{through or 'open'}, until {until}" if until else through or "open"


def _entries(row: dict[str, Any]) -> str:
    return " ".join(f"#{position}" for position in row["entries"])
