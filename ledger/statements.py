"""The statements of the store that are run all the time; their parameters stand in the order of their names here."""

from __future__ import annotations

from sqlalchemy import Boolean, ColumnElement, bindparam, case, func, literal_column, select

from ledger import entry
from ledger.tables import entries

COLUMNS = [entries.c[name] for name in entry.COLUMNS]

LAST = select(func.max(entries.c.position))
# `+ 0`, so that the position is nothing to search by: before PostgreSQL has looked at what is in the table, it takes a
# bound without a lower end for a narrow one, and reads the whole index of positions for each deal.
_RECORDED: ColumnElement[bool] = entries.c.position + literal_column("0") <= bindparam("last")
OF_DEAL = select(*COLUMNS).where(entries.c.deal == bindparam("deal"), _RECORDED).order_by(entries.c.version)
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
BETWEEN = (
    select(*COLUMNS)
    .where(entries.c.position.between(bindparam("first"), bindparam("last")))
    .order_by(entries.c.position)
)
