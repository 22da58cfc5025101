"""Earlier periods: what was due before the first day that is stated, is in no statement, and has to be decided.

The first statement of a deal is where its statements begin. What earlier periods came to was perhaps settled elsewhere,
and perhaps forgotten: the ledger cannot tell, so that somebody has to, once, and the statement says what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from ledger.accounts import days_of, overlap
from ledger.application import Ledger
from ledger.calendar import Span, named
from ledger.errors import EarlierUndecided, Refusal
from ledger.events import Earlier, Pays
from ledger.money import in_full
from ledger.uses import Unused, unused
from projections.point import Point
from projections.settlement.drafts import Draft, books_of, settle_in, settled_every
from projections.settlement.dues import Books, Owed, dues

SHOWN = 12


class Decision(NamedTuple):
    """What somebody says of earlier periods: state them now, or where they were settled; neither: nothing."""

    include: bool = False
    elsewhere: str | None = None

    def __bool__(self) -> bool:
        return self.include or self.elsewhere is not None


UNDECIDED = Decision()


@dataclass(frozen=True, slots=True)
class Failed:
    """A deal that could not be settled, and why; it never stops the rest."""

    deal: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Open:
    """What was due in a deal before the day `before`, and no statement has; `decided`: what is said of it now.

    `pressing`: figures are reported for some of these periods, so that it has to be decided before a statement.
    """

    deal: str
    before: date
    owed: tuple[Owed, ...]
    pressing: bool
    decided: Decision = UNDECIDED

    @property
    def earlier(self) -> Earlier | None:
        """The decision as a statement has it."""
        if self.decided.include:
            return Earlier(before=self.before, since=min(one.due.start for one in self.owed))
        if self.decided.elsewhere is not None:
            return Earlier(before=self.before, elsewhere=self.decided.elsewhere)
        return None

    def says(self) -> list[str]:
        """What is owed, a line each."""
        return [_said(one) for one in self.owed]

    def check(self) -> None:
        """Raises EarlierUndecided where somebody has to decide first."""
        if self.pressing and not self.decided:
            said = self.says()
            more = [f"and {len(said) - SHOWN} more"] if len(said) > SHOWN else []
            raise EarlierUndecided(self.deal, [*said[:SHOWN], *more])


def _said(owed: Owed) -> str:
    due = owed.due
    if due.amount is not None:
        amount = f"{in_full(due.amount)} {owed.currency}"
    else:
        low = f", at least {in_full(due.low)} {owed.currency}" if due.low else ""
        amount = f"not computed{low}; missing: {'; '.join(due.missing)}"
    return f"{due.clause}, {named(days_of(due))}, {due.payer} -> {due.payee}: {amount}"


def open_json(left: Open) -> dict[str, Any]:
    """What is open of earlier periods, as a part of `deal.settlement/1`; `decided`: included, elsewhere, or null."""
    include, elsewhere = left.decided
    return {
        "deal": left.deal,
        "before": left.before.isoformat(),
        "pressing": left.pressing,
        "decided": "included" if include else "elsewhere" if elsewhere is not None else None,
        "elsewhere": elsewhere,
        "dues": [_due_json(one) for one in left.owed],
    }


def _due_json(owed: Owed) -> dict[str, Any]:
    due = owed.due
    low, high, amount = (None if x is None else f"{x:f}" for x in (due.low, due.high, due.amount))
    return {
        "clause": due.clause, "payer": due.payer, "payee": due.payee, "from": due.start.isoformat(),
        "through": due.through.isoformat(), "currency": owed.currency, "amount": amount, "low": low, "high": high,
        "missing": list(due.missing),
    }  # fmt: skip


def opened(books: Books, period: Span, decision: Decision) -> Open | None:
    """What was due before all statements and the period, and is in no statement; None: nothing, or it is decided."""
    accounts = books.accounts
    if accounts.elsewhere and not decision.include:
        return None
    first = min(accounts.since or period.start, period.start)
    before = min(accounts.included or first, first)
    owed = tuple(_before(books, before, period))
    if not owed:
        return None
    filed = [days_of(one.figure) for one in accounts.filed() if one.figure.start < before]
    pressing = any(overlap(days, days_of(one.due)) for one in owed for days in filed)
    return Open(books.deal, before, owed, pressing, decision)


def _before(books: Books, before: date, period: Span) -> Iterator[Owed]:
    """What fell due before a day: amounts, and what is not known where something is reported for it, or a bound is."""
    starts = [span.start for line in books.held.timelines.values() for span, claim in line.spans()
              if isinstance(claim.clause, Pays)]  # fmt: skip
    first = min(starts, default=before)
    if first >= before:
        return
    filed = [days_of(one.figure) for one in books.accounts.filed() if one.figure.start < before]
    for one in dues(books, Span(first, before), settled_every(books.accounts, period)):
        due = one.due
        known = due.amount is not None
        if due.amount or (not known and (due.low or any(overlap(days, days_of(due)) for days in filed))):
            yield one


def settle_all(
    ledger: Ledger, period: Span, point: Point, deal: str | None = None, dated: date | None = None,
    decision: Decision = UNDECIDED, issue: bool = False,
) -> Iterator[Draft | Open | Failed | Unused]:  # fmt: skip
    """The statements of one deal or all, dated today or otherwise, and what is open of earlier periods. And what is
    reported for the period and used by no terms on its days.

    For a deal that cannot be settled, why; where statements are to be issued (`issue`), that is also one of which
    earlier periods have to be decided first. Raises NoSuchDeal.
    """
    names = [deal] if deal else ledger.entries.deals()
    for slug, entries in ledger.histories(names):
        try:
            books = books_of(slug, entries, point)
            filed = (one.figure for one in books.accounts.filed() if overlap(days_of(one.figure), period))
            yield from unused(slug, books.held, filed)
            left = opened(books, period, decision)
            told = left.earlier if left else None
            drafts = settle_in(books, entries, period, point, dated or ledger.today, earlier=told)
            if left and issue and any(draft.differs for draft in drafts) and period.end <= ledger.today:
                left.check()
        except Refusal as refusal:
            yield Failed(slug, refusal)
            continue
        yield from drafts
        if left:
            yield left
