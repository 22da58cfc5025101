"""Balances: what was stated, what was paid and what is open, by deal and account, at any point in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from ledger.accounts import Account, Accounts, Paid, Stated, account_of, accounts_of, added
from ledger.application import Ledger
from ledger.bookings import signed
from ledger.calendar import named
from ledger.entry import Entry
from ledger.events import PaymentMade
from ledger.money import EXACT, in_full, in_units
from ledger.rule import in_books
from projections.point import Point
from projections.settlement.statements import settled_deals, standing_at
from projections.state import head_json

COLUMNS = ("deal", "payer", "payee", "currency", "net", "owed", "paid", "open", "statement", "period")


def balances(ledger: Ledger, point: Point, deal: str | None = None, party: str | None = None) -> dict[str, Any]:
    """The shape `deal.balance/1`: a row for every account that was stated by the point's day, and totals by currency.

    `owed` is what statements dated by the day came to, `paid` what was paid by it, `open` what is left; negative
    where the payee owes it back. The totals of one party are counted as what it owes. Raises NoSuchDeal.
    """
    names = [deal] if deal else settled_deals(ledger, point)
    rows = [row for name in names for row in _rows(ledger, name, point)]
    if party is not None:
        rows = [row for row in rows if party in (row["payer"], row["payee"])]
    return {
        "schema": "deal.balance/1",
        "deal": deal,
        "party": party,
        **point.json(),
        "rows": rows,
        "totals": _totals(rows, party),
        "head": head_json(point),
    }


def _rows(ledger: Ledger, deal: str, point: Point) -> Iterable[dict[str, Any]]:
    stated, paid = standing_at(ledger, deal, point)
    accounts: dict[Account, list[Stated]] = {}
    for one in stated:
        accounts.setdefault(one.account, []).append(one)
    for account, statements in sorted(accounts.items()):
        owed = added(_owed(one) for one in statements)
        received = added(amount for s, amount in paid if s.account == account)
        last = statements[-1]
        yield {
            "deal": deal,
            "payer": account.payer,
            "payee": account.payee,
            "currency": account.currency,
            "net": account.net,
            "owed": f"{in_units(owed, account.currency):f}",
            "paid": f"{in_units(received, account.currency):f}",
            "open": f"{in_units(EXACT.subtract(owed, received), account.currency):f}",
            "statement": last.fact.entry.position,
            "period": named(last.span),
        }


def repaid(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[str]:
    """Which payments count no longer, or as something else, by what is about to be recorded."""
    if any(isinstance(entry.event, PaymentMade) for entry in before):
        was, now = (accounts_of(in_books(entries)) for entries in (before, after))
        there = {paid.fact.place: paid for paid in now.payments}
        for one in was.payments:
            other = there.get(one.fact.place)
            if other is None or other.payment != one.payment:
                yield f"the payment {one.fact.entry}, {_said(one, was)}, becomes {_said(other, now)}"


def _said(paid: Paid | None, accounts: Accounts) -> str:
    if paid is None:
        return "nothing"
    statement = accounts.issued[paid.payment.statement_version].statement
    return f"{in_full(paid.payment.amount)} {statement.currency} on {paid.payment.dated}"


def _owed(one: Stated) -> Decimal:
    """What a statement adds to what is owed: what falls due in it, and its true-ups."""
    statement, account = one.statement, account_of(one.statement)
    dues = added(signed(account, due.payer, due.amount) for due in statement.dues)
    return added((dues, *(signed(account, up.payer, up.amount) for up in statement.true_ups)))


def _totals(rows: Iterable[dict[str, Any]], party: str | None) -> list[dict[str, str]]:
    """What all rows come to by currency; of one party, what is owed to it is taken off what it owes."""
    found: dict[str, list[Decimal]] = {}
    for row in rows:
        amounts = [Decimal(row[name]) for name in ("owed", "paid", "open")]
        if party == row["payee"]:
            amounts = [EXACT.minus(amount) for amount in amounts]
        before = found.get(row["currency"], [Decimal(0)] * 3)
        found[row["currency"]] = [EXACT.add(a, b) for a, b in zip(before, amounts, strict=True)]
    return [
        {"currency": currency, "owed": f"{owed:f}", "paid": f"{paid:f}", "open": f"{left:f}"}
        for currency, (owed, paid, left) in sorted(found.items())
    ]
