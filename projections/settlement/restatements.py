"""Restatements: what a report takes away of what was reported before it, month by month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.accounts import Accounts, Filed, accounts_of, added, days_of
from ledger.calendar import Span, add_months, named
from ledger.computing.reported import Dimensions
from ledger.entry import Entry
from ledger.events import Figure, MeasureRestated
from ledger.money import plain
from ledger.reports import described
from ledger.rule import in_books


class Key(NamedTuple):
    """Of which figure, in which currency, and in which month, or which longer days."""

    measure: str
    dimensions: Dimensions
    currency: str
    start: date
    end: date


def restated(before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[str]:
    """What is reported no more, or otherwise, by the restatements that are about to be recorded."""
    if not any(isinstance(entry.event, MeasureRestated) for entry in after[len(before) :]):
        return
    was, now = (_by_key(accounts_of(in_books(entries))) for entries in (before, after))
    for key, there in sorted(was.items()):
        had, has = added(_amounts(there)), added(_amounts(now.get(key, ())))
        if had != has or key not in now:
            entries = ", ".join(dict.fromkeys(str(filed.fact.entry) for filed in there))
            becomes = f"{plain(has)} {key.currency}".rstrip() if key in now else "nothing"
            yield (
                f"{described(there[0].figure)} for {named(Span(key.start, key.end))}: {plain(had)} ({entries}) becomes "
                f"{becomes}"
            )


def _by_key(accounts: Accounts) -> dict[Key, list[Filed]]:
    found: dict[Key, list[Filed]] = {}
    for filed in accounts.filed():
        found.setdefault(_key(filed.figure), []).append(filed)
    return found


def _key(figure: Figure) -> Key:
    days = days_of(figure)
    first = days.start.replace(day=1)
    month = Span(first, add_months(first, 1))
    span = month if days.end <= month.end else days
    return Key(figure.measure, tuple(sorted(figure.dimensions.items())), figure.currency or "", span.start, span.end)


def _amounts(filed: Iterable[Filed]) -> Iterator[Decimal]:
    return (one.figure.amount for one in filed)
