"""The rules of what is booked under a deal: exchange rates, statements, payments, closings; reports: ledger.reports.

`accounts` is what stands before; `today` the recording day. Each check raises the Refusal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from ledger.accounts import Account, Accounts, account_of, added, days_of, inside, overlap
from ledger.calendar import named, span
from ledger.entry import Entry
from ledger.errors import (
    AmountTooFine,
    ClosedAlready,
    EarlierSaidWrongly,
    NoReason,
    NotClosed,
    NothingPaid,
    NothingStated,
    NotPositive,
    NotReported,
    PeriodIsClosed,
    PeriodNotOver,
    ReportedInTheFuture,
    SameCurrency,
    StatedAlready,
    StatementDatedEarly,
    StatementDoesNotAdd,
    StatementOutdated,
    StatementOverlapsClosing,
)
from ledger.events import (
    Booked,
    Earlier,
    PaymentMade,
    PeriodClosed,
    PeriodReopened,
    RateRecorded,
    Report,
    StatementIssued,
    encode,
)
from ledger.money import EXACT, ZERO, minor_unit, rounded
from ledger.reports import check_amount, check_reported

NEW = sys.maxsize  # the place of what comes last


def check_booked(accounts: Accounts, event: Booked, today: date, place: int | None = None) -> None:
    """Raises the Refusal for the first rule that it does not keep. `place`: that of the entry that it corrects."""
    if isinstance(event, Report):
        check_reported(accounts, event, today, NEW if place is None else place)
        return
    _CHECKS[type(event)](accounts, event, today)


def check_current(event: StatementIssued, entries: Iterable[Entry]) -> None:
    """Raises StatementOutdated where one of the deal's entries was recorded after those that it stands on."""
    last = max((entry.position for entry in entries), default=0)
    if last > event.position:
        raise StatementOutdated(event.position, last)


# --- exchange rates ---------------------------------------------------------------------------------------


def _rate(accounts: Accounts, event: RateRecorded, today: date) -> None:
    for currency in (event.base, event.quote):
        minor_unit(currency)
    if event.base == event.quote:
        raise SameCurrency(event.base)
    check_amount(event.rate)
    if event.rate <= 0:
        raise NotPositive(f"The rate {event.rate} of {event.base}/{event.quote}")
    days = span(event.start, event.through, f"The rate of {event.base}/{event.quote}")
    if event.start > today:
        raise ReportedInTheFuture(f"{event.base}/{event.quote}", named(days), today.isoformat())


# --- statements, payments, closings -----------------------------------------------------------------------


def _statement(accounts: Accounts, event: StatementIssued, today: date) -> None:
    days = span(event.start, event.through, "The statement's period")
    if event.through >= today:
        raise PeriodNotOver(named(days), event.through.isoformat())
    if closing := accounts.closed(days):
        raise PeriodIsClosed(named(days), named(days_of(closing[0])), str(closing[1].entry))
    before = [s for s in accounts.of(account_of(event)) if s.fact.place != event.replaces]
    later = next((s for s in before if s.statement.through >= event.start), None)
    if later:
        raise StatedAlready(str(account_of(event)), named(days), named(later.span), str(later.fact.entry))
    if event.replaces is not None and not _same_period(accounts, event):
        raise NothingStated(str(account_of(event)), named(days))
    _check_dated(accounts, event)
    if event.earlier:
        _check_earlier(event, event.earlier)
    opening = before[-1].statement.closing if before else ZERO
    if event.opening != opening or event.closing != closing_of(event) or event.digest != digest_of(event):
        raise StatementDoesNotAdd(str(account_of(event)), named(days))


def _check_earlier(event: StatementIssued, told: Earlier) -> None:
    """Raises EarlierSaidWrongly: what was due before is stated, or was settled elsewhere; before this statement."""
    elsewhere = told.elsewhere is not None and bool(told.elsewhere.strip())
    one_of_both = elsewhere if told.since is None else told.elsewhere is None and told.since < told.before
    if not one_of_both or told.before > event.start:
        raise EarlierSaidWrongly(str(account_of(event)), named(days_of(event)))


def _check_dated(accounts: Accounts, event: StatementIssued) -> None:
    """A statement is dated after its period, and not before another one of its account."""
    account, dated = str(account_of(event)), event.dated.isoformat()
    if event.dated <= event.through:
        raise StatementDatedEarly(account, dated, f"its period ends on {event.through}")
    last = max((s.statement.dated for s in accounts.of(account_of(event))), default=event.dated)
    if event.dated < last:
        raise StatementDatedEarly(account, dated, f"the one before it is of {last}")


def _same_period(accounts: Accounts, event: StatementIssued) -> bool:
    there = next((s for s in accounts.statements if s.fact.place == event.replaces), None)
    return bool(there and there.account == account_of(event) and there.span == days_of(event))


def closing_of(event: StatementIssued) -> Decimal:
    """What a statement's parts add up to."""
    account = account_of(event)
    dues = added(signed(account, due.payer, due.amount) for due in event.dues)
    true_ups = added(signed(account, one.payer, one.amount) for one in event.true_ups)
    received = added(receipt.amount for receipt in event.receipts)
    return EXACT.subtract(added((event.opening, dues, true_ups)), received)


def signed(account: Account, payer: str, amount: Decimal | None) -> Decimal | None:
    """An amount as the account counts it: what the payee owes is taken off."""
    return amount if amount is None or payer == account.payer else EXACT.minus(amount)


def digest_of(event: StatementIssued) -> str:
    """SHA-256 of the event's own JSON without the digest, in lower-case hex."""
    return sha256(encode(msgspec.structs.replace(event, digest=""))[2]).hexdigest()


def _payment(accounts: Accounts, event: PaymentMade, today: date) -> None:
    stated = accounts.issued.get(event.statement_version)
    if stated is None:
        raise NotReported(f"statement of version {event.statement_version}")
    check_amount(event.amount)
    if not event.amount:
        raise NothingPaid()
    currency = stated.statement.currency
    if event.amount != rounded(event.amount, minor_unit(currency)):
        raise AmountTooFine(str(event.amount), currency, str(minor_unit(currency)))


def _closing(accounts: Accounts, event: PeriodClosed, today: date) -> None:
    days = span(event.start, event.through, "The period to close")
    if event.through >= today:
        raise PeriodNotOver(named(days), event.through.isoformat())
    if closing := accounts.closed(days):
        raise ClosedAlready(named(days), named(days_of(closing[0])), str(closing[1].entry))
    there = [s for s in accounts.statements if overlap(s.span, days)]
    if not there:
        raise NothingStated("any account", named(days))
    if beyond := next((s for s in there if not inside(s.statement, event)), None):
        raise StatementOverlapsClosing(named(days), str(beyond.fact.entry), named(beyond.span))


def _reopening(accounts: Accounts, event: PeriodReopened, today: date) -> None:
    if not event.reason.strip():
        raise NoReason("reopening")
    found = accounts.closings.get(event.closed_version)
    if found is None:
        raise NotClosed()
    later = [c for c in accounts.closings.values() if c[0].start > found[0].start]
    if later:
        last = max(later, key=lambda closing: closing[0].start)
        raise NotClosed(named(days_of(found[0])), named(days_of(last[0])), str(last[1].entry))


_CHECKS: dict[type[Booked], Callable[[Accounts, Any, date], None]] = {
    RateRecorded: _rate, StatementIssued: _statement,
    PaymentMade: _payment, PeriodClosed: _closing, PeriodReopened: _reopening,
}  # fmt: skip
