"""The statements of the store that are run all the time; their parameters stand in the order of their names here."""

from __future__ import annotations

from sqlalchemy import Boolean, ColumnElement, bindparam, case, func, literal_column, select

from ledger import entry
from ledger.tables import entries

CHUNK = 5_000  # rows read or keys looked up at a time

COLUMNS = [entries.c[name] for name in entry.COLUMNS]

LAST = select(func.max(entries.c.position))
# `+ 0`, so that the position is nothing to search by: before PostgreSQL has looked at what is in the table, it takes a
# bound without a lower end for a narrow one, and reads the whole index of positions for each deal.
_RECORDED: ColumnElement[bool] = entries.c.position + literal_column("0") <= bindparam("last")
# The ledger numbers its entries from 1: what somebody put before the first is in no answer, and verify names it.
_NUMBERED: ColumnElement[bool] = entries.c.position + literal_column("0") >= literal_column("1")
OF_DEAL = select(*COLUMNS).where(entries.c.deal == bindparam("deal"), _RECORDED, _NUMBERED).order_by(entries.c.version)
# Of what is about another entry, all of it; of the rest that it is there.
_ABOUT: ColumnElement[bool] = literal_column(
    "event IN ('EntryVoided', 'EntryCorrected', 'PlanAdopted', 'PlanWithdrawn')", Boolean
)
ACTS = OF_DEAL.with_only_columns(
    *COLUMNS[:5],
    case((_ABOUT, entries.c.event), else_=literal_column("'NothingChanged'")),
    case((_ABOUT, entries.c.schema), else_=literal_column("1")),
    entries.c.key,
    case((_ABOUT, entries.c.data), else_=literal_column("""'{"dated":"0001-01-01","statement":""}'""")),
)
LEAVES = (
    select(entries.c.leaf)
    .where(entries.c.position.between(bindparam("first"), bindparam("last")))
    .order_by(entries.c.position)
)
CHECKED = OF_DEAL.add_columns(entries.c.leaf)
WRITTEN = (
    select(entries.c.position, entries.c.leaf, entries.c.nodes)
    .where(entries.c.position.between(bindparam("first"), bindparam("last")))
    .order_by(entries.c.position)
)
AFTER = (
    select(*COLUMNS)
    .where(entries.c.position > bindparam("after"), entries.c.position <= bindparam("last"))
    .order_by(entries.c.position)
    .suffix_with(f"LIMIT {CHUNK}")
)
AT = select(*COLUMNS).where(entries.c.position == bindparam("position"), entries.c.position >= literal_column("1"))
# Step by step through the index, whatever the versions of a deal are.
_DEALS = select(func.min(entries.c.deal).label("deal")).where(_NUMBERED).cte("deals", recursive=True)
_NEXT = select(func.min(entries.c.deal)).where(entries.c.deal > _DEALS.c.deal, _NUMBERED).scalar_subquery()
_DEALS = _DEALS.union_all(select(_NEXT).where(_DEALS.c.deal.is_not(None)))
DEALS = select(_DEALS.c.deal).where(_DEALS.c.deal.is_not(None)).order_by(_DEALS.c.deal)
BETWEEN = (
    select(*COLUMNS)
    .where(entries.c.position.between(bindparam("first"), bindparam("last")))
    .order_by(entries.c.position)
)
