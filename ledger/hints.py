"""What the rules allow and looks like a slip of the hand, or is not changed though somebody might think it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

from ledger.accounts import Account, Accounts, added, days_of
from ledger.calendar import ONE_DAY
from ledger.calendar import named as named_days
from ledger.endings import ends
from ledger.entry import Entry
from ledger.events import (
    Defines,
    EntryCorrected,
    Event,
    MeasureAdded,
    MeasureReported,
    MeasureRestated,
    PartnerLeft,
    PaymentMade,
    Pays,
    PlanAdopted,
    RateRecorded,
    Report,
)
from ledger.money import EXACT, ZERO, is_listed, plain
from ledger.said import kind, named, names_in
from ledger.standing import Standing


def hints(books: Standing, entry: Entry) -> Iterator[str]:
    """A sentence each for what somebody should look at again; `books`: with the entry among them."""
    yield from ends(books, entry)
    yield from _HINTS.get(type(entry.event), _none)(books, entry, entry.event)


def _none(books: Standing, entry: Entry, event: Event) -> Iterator[str]:
    yield from ()


def _correction(books: Standing, entry: Entry, event: EntryCorrected) -> Iterator[str]:
    """A plan that is corrected stays as it was adopted."""
    done = books.concluded.get(books.place(entry.version))
    if done and isinstance(done.instrument, PlanAdopted):
        yield f"{done.entry} adopted the plan as it was entered and stands; correct it too if it is wrong."


def _leaving(books: Standing, entry: Entry, event: PartnerLeft) -> Iterator[str]:
    """Who leaves a deal may still be named by its clauses."""
    if event.pool is None:
        held = books.in_force.on(event.through + ONE_DAY)
        naming = [claim.clause for claim in held.values() if event.party in named(claim.clause)]
        keys = [clause.key for clause in naming if kind(clause) != "member"]
        if keys:
            yield f"{event.party} is still named after that day by: {', '.join(keys)}. What ends, drop with: deal amend"


def _report(books: Standing, entry: Entry, event: Report) -> Iterator[str]:
    used = measures_of(books)
    for measure in sorted({figure.measure for figure in event.figures} - used):
        near = get_close_matches(measure, used, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        yield f"No terms of {entry.deal} use '{measure}', so that it changes nothing that is owed.{meant}"
    yield from _unlisted({figure.currency for figure in event.figures if figure.currency})


def _addition(books: Standing, entry: Entry, event: MeasureAdded) -> Iterator[str]:
    """The same figures added twice are perhaps the same rows."""
    yield from _report(books, entry, event)
    for fact in books.facts:
        other = fact.instrument
        if isinstance(other, MeasureAdded) and other is not event and other.figures == event.figures:
            yield f"{fact.entry} adds the same figures. If they are the same rows, void one of them."


def measures_of(books: Standing) -> set[str]:
    """The measures that any terms of a deal use, whenever they stand."""
    clauses = (clause for fact in books.facts for clause in fact.instrument.clauses)
    return {name for clause in clauses if isinstance(clause, Pays | Defines) for name in names_in(clause.terms)}


def _rate(books: Standing, entry: Entry, event: RateRecorded) -> Iterator[str]:
    yield from _unlisted({event.base, event.quote})
    for other, fact in books.accounts.rates:
        if (other.base, other.quote, days_of(other)) == (
            event.base,
            event.quote,
            days_of(event),
        ) and other is not event:
            yield (
                f"{fact.entry} says {event.base}/{event.quote} for {named_days(days_of(event))} already: "
                f"{plain(other.rate)}. Of two for the same days the one dated last counts; void the wrong one."
            )


def _unlisted(currencies: set[str]) -> Iterator[str]:
    for currency in sorted(currencies):
        if not is_listed(currency):
            yield f"'{currency}' is not in the list of currencies (ISO 4217). It is taken as it is, with two places."


def _payment(books: Standing, entry: Entry, event: PaymentMade) -> Iterator[str]:
    """Payments are facts: one too much, or the same one twice, is recorded, and said."""
    accounts = books.accounts
    stated = accounts.issued.get(event.statement_version)
    if stated is None:
        return
    currency = stated.statement.currency
    for paid, fact in accounts.payments:
        if fact.entry.version != entry.version and _alike(paid, event):
            yield (
                f"{fact.entry} is a payment of {plain(event.amount)} {currency} on {event.dated} for the same "
                "statement. If it is the same one, void one of them."
            )
    yield from _beyond(accounts, stated.account, event)


def _beyond(accounts: Accounts, account: Account, event: PaymentMade) -> Iterator[str]:
    """A payment that goes past what it pays: what was stated; or, paid back, past what was paid."""
    statements = accounts.of(account)
    received = added(receipt.amount for one in statements for receipt in one.statement.receipts)
    stated = EXACT.add(statements[-1].statement.closing, received) if statements else ZERO
    paid = added(payment.payment.amount for payment in accounts.paid(account))
    if event.amount > 0:
        past, says = EXACT.subtract(paid, stated), "is paid {} beyond what was stated"
    elif stated < 0:
        past, says = EXACT.subtract(stated, paid), "is paid back {} beyond what was stated"
    else:
        past, says = EXACT.minus(paid), "is paid back {} beyond what was paid"
    if past > 0:
        yield f"With it, {account} {says.format(f'{plain(past)} {account.currency}')}."


def _alike(one: PaymentMade, other: PaymentMade) -> bool:
    return (one.statement_version, one.amount, one.dated) == (other.statement_version, other.amount, other.dated)


_HINTS: dict[type[Event], Callable[[Standing, Entry, Any], Iterator[str]]] = {
    EntryCorrected: _correction,
    PartnerLeft: _leaving,
    MeasureReported: _report,
    MeasureRestated: _report,
    MeasureAdded: _addition,
    RateRecorded: _rate,
    PaymentMade: _payment,
}
