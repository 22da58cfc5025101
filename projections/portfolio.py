"""The portfolio: what all deals say at a point in time, from the rows of projections.shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.application import Ledger
from ledger.events import Member, Pays
from projections.point import Point
from projections.shares import DealShares, Shares
from projections.state import head_json, parts_of, pools_of, with_members


def portfolio(ledger: Ledger, point: Point, deal: str | None = None, party: str | None = None) -> dict[str, Any]:
    """The shape `deal.share/1`: a row for every flow of money, of all deals or one, of all parties or one.

    Raises NoSuchDeal.
    """
    if deal:
        ledger.history(deal)
    return portfolio_of(Shares(ledger.entries).at(point, deal), point, deal, party)


def rows(ledger: Ledger, point: Point, deal: str | None = None, party: str | None = None) -> Iterator[dict[str, Any]]:
    """The same rows one after another: memory stays flat in the number of deals. Raises NoSuchDeal."""
    if deal:
        ledger.history(deal)
    return (row for shares in Shares(ledger.entries).at(point, deal) for row in _rows(shares, party))


def portfolio_of(
    found: Iterable[DealShares], point: Point, deal: str | None = None, party: str | None = None
) -> dict[str, Any]:
    """The same from what the deals say; `deal` and `party` say of what it is."""
    return {
        "schema": "deal.share/1",
        "deal": deal,
        "party": party,
        **point.json(),
        "rows": [row for shares in found for row in _rows(shares, party)],
        "head": head_json(point),
    }


def deals(ledger: Ledger, point: Point) -> dict[str, Any]:
    """The shape `deal.deals/1`: every deal that is known at the point, its parties, how many clauses it has."""
    return {
        "schema": "deal.deals/1",
        **point.json(),
        "deals": [_deal(shares) for shares in Shares(ledger.entries).at(point)],
        "head": head_json(point),
    }


def _deal(shares: DealShares) -> dict[str, Any]:
    held = [clause.clause for clause in shares.clauses]
    members = [clause for clause in held if isinstance(clause, Member)]
    return {
        "deal": shares.deal,
        "title": shares.title,
        "parties": [member.party for member in members if member.pool is None],
        "clauses": len(held) - len(members),
    }


def _rows(shares: DealShares, party: str | None) -> list[dict[str, Any]]:
    held = [clause.clause for clause in shares.clauses]
    pools, parts = pools_of(held, ()), parts_of(held)
    rows = []
    for clause in shares.clauses:
        flow = clause.clause
        if isinstance(flow, Pays):
            between = (flow.payer, flow.payee, *pools.get(flow.payee, ()))
            if party is None or party in between:
                rows.append({"deal": shares.deal, **with_members(clause, pools, parts)})
    return rows
