"""What a statement could not compute, and between which bounds its closing balance is with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ledger.accounts import account_of, added
from ledger.bookings import signed
from ledger.events import StatementIssued
from ledger.money import in_full


def open_amounts(statement: StatementIssued) -> tuple[int, Decimal | None, Decimal | None]:
    """How many amounts a statement could not compute, and what its closing balance is with them, at least and at most.

    None: there is no bound.
    """
    account = account_of(statement)
    left = [(one.payer, one.low, one.high) for one in statement.dues if one.amount is None]
    unknown = [one for one in statement.true_ups if one.amount is None]
    lows: list[Decimal | None] = []
    highs: list[Decimal | None] = []
    for payer, low, high in left:
        bounds = signed(account, payer, low), signed(account, payer, high)
        lows.append(bounds[payer != account.payer])
        highs.append(bounds[payer == account.payer])
    told = [None if unknown or None in bounds else added((statement.closing, *bounds)) for bounds in (lows, highs)]
    return len(left) + len(unknown), told[0], told[1]


def left_out_of(statement: StatementIssued) -> str:
    """That the closing balance leaves something out, and what it is with it."""
    count, low, high = open_amounts(statement)
    if not count:
        return ""
    bounds = [f"at least {in_full(low)}"] if low is not None and low != statement.closing else []
    bounds += [f"at most {in_full(high)}"] if high is not None else []
    with_them = f", with {'it' if count == 1 else 'them'} {' and '.join(bounds)}" if bounds else ""
    return f"without {count} {'amount' if count == 1 else 'amounts'} not computed{with_them}"


def uncomputed_json(statement: StatementIssued) -> dict[str, Any]:
    """The same, as a part of `deal.statement/1`; empty where all was computed."""
    count, low, high = open_amounts(statement)
    if not count:
        return {}
    at_least, at_most = (None if bound is None else f"{bound:f}" for bound in (low, high))
    return {"not_computed": {"amounts": count, "closing_low": at_least, "closing_high": at_most}}
