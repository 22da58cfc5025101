"""Settlement: what every payer owes every payee for a period, as statements that follow one another.

A statement has every payment whose own period ends in it; what earlier periods come to now, against what was stated
of them (the true-ups); the payments received since the one before; and what is owed at its end. Nothing that was
issued is ever changed: while its period is not closed, another may take its place; later, the difference is carried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger import parts, rule
from ledger.accounts import Account, Accounts, Stated, accounts_of, added
from ledger.bookings import closing_of, digest_of
from ledger.calendar import ONE_DAY, Span, add_months, named
from ledger.entry import Entry
from ledger.errors import SettledPast
from ledger.events import Due, Earlier, MemberPart, Nets, Receipt, StatementIssued, TrueUp
from ledger.language import formula as f
from ledger.money import EXACT, ZERO, in_full, in_units
from projections.point import Point
from projections.settlement.dues import Books, Owed, dues
from projections.settlement.trueups import Key, Replay, Said, amounts_of, key_of, members_of, stated, true_ups
from projections.state import Trail, head_json

EVERY = {1: f.MONTH, 3: f.QUARTER, 6: f.Window("half-year"), 12: f.YEAR}


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement that may be issued. `there`: the one of the same period that it would take the place of.

    `closed`: the entry that closed the period, where one did. `differs`: whether it says something else than `there`.
    """

    deal: str
    statement: StatementIssued
    there: Stated | None = None
    closed: str | None = None

    @property
    def differs(self) -> bool:
        return self.there is None or _content(self.statement) != _content(self.there.statement)


def books_of(deal: str, entries: Sequence[Entry], point: Point, up_to: int | None = None) -> Books:
    """A deal's books at a point, of the entries up to a position (entries without one are counted).

    Figures, rates and terms count as they were known; statements, payments and closings are our own, and all count.
    """
    last = point.recorded if up_to is None else up_to
    recorded = [entry for entry in entries if entry.position <= last]
    facts = rule.in_books(recorded)
    held = rule.books_of(rule.known(facts, point.view), point.view)
    return Books(deal, held, accounts_of(held.facts, facts), Trail(recorded))


def settle(
    deal: str, entries: Sequence[Entry], period: Span, point: Point, today: date, explained: bool = True,
    earlier: Earlier | None = None,
) -> list[Draft]:  # fmt: skip
    """The statements of a deal for a period, one for each account in which something is to be said.

    `earlier`: what is decided with them of what was due before all statements. Raises SettledPast where a later period
    is stated already, or the Refusal of terms that cannot be computed.
    """
    return settle_in(books_of(deal, entries, point), entries, period, point, today, explained, earlier)


def settle_in(
    books: Books, entries: Sequence[Entry], period: Span, point: Point, today: date, explained: bool = True,
    earlier: Earlier | None = None,
) -> list[Draft]:  # fmt: skip
    """The same, in books that are read already."""
    accounts = books.accounts
    chain = [s for s in accounts.statements if s.span != period]
    later = next((s for s in chain if s.statement.through >= period.start), None)
    if later:
        raise _settled_past(books, period, later)
    every = settled_every(accounts, period)
    first = min(accounts.since or period.start, period.start)
    reach = Reach(first, _earliest(accounts.included, earlier.since if earlier else None), every)
    owed = reach.dues(books, period.end, explained)
    current = [one for one in owed if one.due.through >= period.start]
    carried = _carried(books, entries, [one for one in owed if one.due.through < period.start], chain, point, reach)
    held = books.held.on(period.end - ONE_DAY)
    nets = [claim.clause for claim in held.values() if isinstance(claim.clause, Nets)]
    found: dict[Account, tuple[list[Due], list[TrueUp]]] = {s.account: ([], []) for s in accounts.statements}
    for one in current:
        found.setdefault(_account(key_of(one), nets), ([], []))[0].append(one.due)
    for key, true_up in carried:
        found.setdefault(_account(key, nets), ([], []))[1].append(true_up)
    drafts = [
        _draft(books, account, period, point, today, earlier, *parts)
        for account, parts in sorted(found.items(), key=lambda entry: entry[0])
    ]
    return [draft for draft in drafts if _says_something(draft.statement)]


@dataclass(frozen=True, slots=True)
class Reach:
    """The days of which statements are made: from the first that was stated on; and before it, where somebody decided
    so, from the day `included` on. `every`: the periods of flows that name none.
    """

    first: date
    included: date | None
    every: f.Window | None

    def dues(self, books: Books, end: date, explained: bool = False) -> list[Owed]:
        """What falls due up to a day. Earlier periods are computed by themselves.

        So a report that is longer than one of them leaves the later ones as they were without it.
        """
        found = dues(books, Span(self.first, end), self.every, explained)
        if self.included and self.included < self.first:
            return [*dues(books, Span(self.included, self.first), self.every), *found]
        return found


def _earliest(one: date | None, other: date | None) -> date | None:
    return min((day for day in (one, other) if day), default=None)


def _settled_past(books: Books, period: Span, later: Stated) -> SettledPast:
    """The refusal to state a period again or after a later one, with what becomes of what it comes to."""
    accounts = books.accounts
    told = (books.deal, named(period), named(later.span), str(later.fact.entry))
    before = _earliest(accounts.since, accounts.included)
    if before is None or period.start >= before:
        return SettledPast(*told)
    elsewhere = accounts.elsewhere.statement.earlier if accounts.elsewhere else None
    said = elsewhere.elsewhere if elsewhere else None
    return SettledPast(*told, before.isoformat(), said, named(_following(accounts)).replace(" to ", ".."))


def _following(accounts: Accounts) -> Span:
    """The period whose statement can say something yet: the last one, or where that is closed the one after it."""
    last = max((s.span for s in accounts.statements), key=lambda span: span.end)
    if not accounts.closed(last):
        return last
    every = next((months for months in EVERY if add_months(last.start, months) == last.end), 3)
    return Span(last.end, add_months(last.end, every))


def settled_every(accounts: Accounts, period: Span) -> f.Window | None:
    """The periods of flows that name none: those in which the deal was settled first; None for other spans."""
    first = min((s.span for s in accounts.issued.values()), key=lambda span: span.start, default=period)
    for months, window in EVERY.items():
        if first.start.day == 1 and first.end == add_months(first.start, months):
            return window
    return None


# --- what earlier periods come to -------------------------------------------------------------------------


def _carried(
    books: Books, entries: Sequence[Entry], earlier: Sequence[Owed], chain: Sequence[Stated], point: Point,
    reach: Reach,
) -> list[tuple[Key, TrueUp]]:  # fmt: skip
    if not chain and not earlier:
        return []
    end = max([s.span.end for s in chain] + [one.due.through + ONE_DAY for one in earlier])

    def at(position: int) -> dict[Key, Decimal | None]:
        return amounts_of(reach.dues(books_of(books.deal, entries, point, position), end))

    last = max((s.statement for s in chain), key=lambda told: told.position, default=None)
    unstated = Said(position=last.position, known_by=last.known_by) if last else Said()
    return true_ups(stated(chain), earlier, Replay(entries, at, point.recorded), unstated)


# --- one account ------------------------------------------------------------------------------------------


def _account(key: Key, nets: Sequence[Nets]) -> Account:
    """The account of a payment: that of its payer and payee, or the one in which both directions are set off."""
    net = next((n for n in nets if {n.one, n.other} == {key.payer, key.payee}), None)
    pair = (net.one, net.other) if net else (key.payer, key.payee)
    return Account(*pair, key.currency, net is not None)


def _draft(
    books: Books, account: Account, period: Span, point: Point, today: date, earlier: Earlier | None,
    current: Sequence[Due], carried: Sequence[TrueUp],
) -> Draft:  # fmt: skip
    of = books.accounts.of(account)
    there = next((s for s in of if s.span == period), None)
    before = [s for s in of if s is not there]
    statement = StatementIssued(
        dated=today,
        start=period.start,
        through=period.end - ONE_DAY,
        payer=account.payer,
        payee=account.payee,
        currency=account.currency,
        net=account.net,
        position=point.recorded,
        root=str(head_json(point)["root"] or ""),
        known_by=point.known,
        opening=in_units(before[-1].statement.closing if before else ZERO, account.currency),
        closing=ZERO,
        dues=tuple(current),
        true_ups=tuple(carried),
        receipts=_receipts(books.accounts, account, before),
        replaces=there.fact.place if there else None,
        earlier=earlier or (there.statement.earlier if there else None),
    )
    statement = replace(statement, closing=closing_of(statement))
    closed = books.accounts.closed(period)
    return Draft(
        books.deal, replace(statement, digest=digest_of(statement)), there, str(closed[1].entry) if closed else None
    )


def _receipts(accounts: Accounts, account: Account, before: Sequence[Stated]) -> tuple[Receipt, ...]:
    """The payments that the statements before have not counted; what they counted and does not stand is taken back."""
    counted: dict[int, list[Receipt]] = {}
    for receipt in (receipt for s in before for receipt in s.statement.receipts):
        counted.setdefault(receipt.entry, []).append(receipt)
    found = []
    for payment, fact in accounts.paid(account):
        told = counted.pop(fact.entry.position, [])
        amount = EXACT.subtract(payment.amount, added(receipt.amount for receipt in told))
        # An entry's amount is for ever: it is either counted, or was taken back and is counted anew.
        found.append(Receipt(entry=fact.entry.position, dated=payment.dated, amount=amount))
    for entry, told in counted.items():
        back = EXACT.minus(added(receipt.amount for receipt in told))
        found.append(Receipt(entry=entry, dated=told[0].dated, amount=back, undone=True))
    return tuple(receipt for receipt in found if receipt.amount)


def _says_something(statement: StatementIssued) -> bool:
    return bool(statement.dues or statement.true_ups or statement.receipts or statement.opening or statement.replaces)


def _content(statement: StatementIssued) -> tuple[object, ...]:
    """What a statement says, whatever it stands on and whenever it was issued."""
    dues_ = [(d.clause, d.payer, d.payee, d.start, d.through, d.amount, d.low, d.high) for d in statement.dues]
    ups = [(t.clause, t.payer, t.payee, t.start, t.through, t.stated, t.now, t.amount) for t in statement.true_ups]
    return dues_, ups, statement.receipts, statement.opening, statement.closing, statement.earlier


# --- what a change does to what was stated ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """What was stated of a payment, and what it comes to before and after; None where it cannot be computed.

    `members`: of a pool's payment, those who get more or less than before.
    """

    key: Key
    statement: int | None
    stated: Decimal | None
    before: Decimal | None
    after: Decimal | None
    members: tuple[MemberPart, ...] = ()

    def __str__(self) -> str:
        key = self.key
        days = named(Span(key.start, key.through + ONE_DAY))
        by = f" (#{self.statement})" if self.statement else ", not stated yet"
        was, now = (in_full(x) if x is not None else "not computable" for x in (self.before, self.after))
        change = ""
        if self.before is not None and self.after is not None:
            change = f" ({EXACT.subtract(self.after, self.before):+,f})"
        members = [f"{m.party} {'unknown' if m.amount is None else f'{m.amount:+,f}'}" for m in self.members]
        of_which = f", of which {', '.join(members)}" if members else ""
        moves = f"{was} becomes {now} {key.currency}{change}{of_which}"
        return f"{key.clause}, {days}, {key.payer} -> {key.payee}{by}: {moves}"


def moved(deal: str, before: Sequence[Entry], after: Sequence[Entry]) -> Iterator[Moved]:
    """Which stated payments come to something else by what is about to be recorded."""
    if not any(isinstance(entry.event, StatementIssued) for entry in before):
        return
    point = Point(date.max, None, max(entry.position for entry in before))
    old = books_of(deal, before, point)
    said = stated(old.accounts.statements)
    first, end = old.accounts.since, max(s.span.end for s in old.accounts.statements)
    assert first  # there are statements
    reach = Reach(first, old.accounts.included, settled_every(old.accounts, Span(first, end)))
    owed, owes = reach.dues(old, end), reach.dues(books_of(deal, after, point), end)
    was, now = amounts_of(owed), amounts_of(owes)
    had, have = members_of(owed), members_of(owes)
    for key in sorted({*was, *now, *said}, key=lambda key: (key.through, key)):
        one, other = was.get(key, ZERO), now.get(key, ZERO)
        told_before = {member.party: member.amount for member in had.get(key, ())}
        members = parts.apart(have.get(key, ()), told_before) if told_before else ()
        if one != other or any(member.amount for member in members):
            told = said.get(key)
            yield Moved(key, told.statement if told else None, told.amount if told else None, one, other, members)
