"""Statements as they are printed: the lines of a page, and the promised shapes; of a draft or of what was issued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from ledger.accounts import Stated, account_of, accounts_of, added, days_of
from ledger.application import Ledger
from ledger.bookings import signed
from ledger.calendar import named
from ledger.computing.missing import joined, missing_text
from ledger.entry import Entry
from ledger.errors import NotIssuedYet
from ledger.events import Arithmetic, Due, MemberPart, StatementIssued, TrueUp
from ledger.money import EXACT, in_full, plain
from projections.point import Point
from projections.settlement.drafts import Draft, books_of
from projections.settlement.uncomputed import left_out_of, uncomputed_json


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement: what it is, in words, its amount as the account counts it, and what explains it.

    `amount` None: it cannot be computed; `instead` says what is known. `inner`: lines that belong to it.
    """

    section: str
    says: str
    amount: Decimal | None
    instead: str = ""
    inner: tuple[str, ...] = ()
    members: tuple[MemberPart, ...] = ()
    arithmetic: tuple[Arithmetic, ...] = ()

    def steps(self, explained: bool) -> list[tuple[int, str]]:
        """How it came about, each step with its depth: all of it, or bases, slices and limits only."""
        kept = [step for step in self.arithmetic if explained or step.kind]
        base = min((step.depth for step in kept), default=0)
        return [(step.depth - base, step.text) for step in kept]


def issued(ledger: Ledger, reference: str) -> tuple[Entry, StatementIssued]:
    """The statement that `#45`, `45` or a key names; raises NoSuchEntry or NotIssuedYet."""
    entry = ledger.entry(reference)
    if not isinstance(entry.event, StatementIssued):
        raise NotIssuedYet(str(entry))
    return entry, entry.event


def lines(statement: StatementIssued) -> Iterator[Line]:
    """The lines of a statement in order: opening balance, what falls due, true-ups, payments, closing balance."""
    yield Line("opening", "Opening balance", statement.opening)
    for due in statement.dues:
        yield _due(statement, due)
    for one in statement.true_ups:
        yield _true_up(statement, one)
    for receipt in statement.receipts:
        what = "Taken back: payment" if receipt.undone else "Paid back" if receipt.amount < 0 else "Payment"
        says = f"{what} on {receipt.dated} (#{receipt.entry})"
        yield Line("payment", says, EXACT.minus(receipt.amount))
    owed = f", owed by {statement.payee}" if statement.closing < 0 else ""
    left_out = left_out_of(statement)
    yield Line("closing", f"Closing balance{owed}", statement.closing, left_out, (left_out,) if left_out else ())


def earlier_said(statement: StatementIssued) -> str:
    """What was decided with the statement of earlier periods that are in no other; empty: nothing."""
    told = statement.earlier
    if told is None:
        return ""
    if told.since:
        return f"With what was due since {told.since} and before {told.before}, and in no statement"
    return f"What was due before {told.before} was settled elsewhere: {told.elsewhere}"


def _due(statement: StatementIssued, due: Due) -> Line:
    entries = " ".join(f"#{entry}" for entry in due.entries)
    inner = [f"{due.terms} ({entries})"]
    if due.exact is not None and due.amount is not None:
        inner.append(f"rounding {plain(EXACT.subtract(due.amount, due.exact))}")
    if due.payable:
        inner.append(f"payable by {due.payable}")
    inner += _parts(due.members)
    inner += [f"note: {note}" for note in due.notes]
    says = f"{due.clause}, {named(days_of(due))}{_direction(statement, due.payer, due.payee)}"
    steps = tuple(step for step in due.arithmetic if not step.text.startswith("note: "))
    amount = signed(account_of(statement), due.payer, due.amount)
    return Line("due", says, amount, _instead(due), tuple(inner), due.members, steps)


def _parts(members: Iterable[MemberPart]) -> list[str]:
    return [f"of which {_named(member)}: {_part(member.amount, member.at_most)}" for member in members]


def _named(member: MemberPart) -> str:
    return f"{member.party} ({member.part})" if member.part else member.party


def _true_up(statement: StatementIssued, one: TrueUp) -> Line:
    stated = f"stated {in_full(one.stated)} in #{one.statement}" if one.stated is not None else "not stated before"
    now = f"now {in_full(one.now)}" if one.now is not None else "cannot be computed now"
    says = f"True-up of {one.clause}, {named(days_of(one))}{_direction(statement, one.payer, one.payee)}"
    inner = [f"{stated}, {now}"]
    for cause in one.causes:
        why = f"by #{cause.entry} {cause.says}" if cause.entry else f"({cause.says})"
        inner.append(f"{in_full(cause.amount)} {why}")
    inner += _parts(one.members)
    if one.missing:
        inner.append(missing_text(one.missing))
    instead = f"not computed: {'; '.join(joined(one.missing))}" if one.amount is None else ""
    amount = signed(account_of(statement), one.payer, one.amount)
    return Line("true-up", says, amount, instead, tuple(inner), one.members)


def _direction(statement: StatementIssued, payer: str, payee: str) -> str:
    """Who pays whom, where it is not the account's own direction."""
    return "" if (payer, payee) == (statement.payer, statement.payee) else f", owed by {payer}"


def _part(amount: Decimal | None, at_most: Decimal | None) -> str:
    if amount is not None:
        return in_full(amount)
    return f"unknown, at most {in_full(at_most)}" if at_most is not None else "unknown"


def _instead(due: Due) -> str:
    """What is known of an amount that cannot be computed."""
    if due.amount is not None:
        return ""
    bounds = [f"at least {in_full(due.low)}"] if due.low is not None and due.low > 0 else []
    bounds += [f"at most {in_full(due.high)}"] if due.high is not None else []
    missing = f"; {missing_text(due.missing)}" if due.missing else ""
    return f"not computed{', ' + ', '.join(bounds) if bounds else ''}{missing}"


# --- shapes -----------------------------------------------------------------------------------------------


def statement_json(deal: str, statement: StatementIssued, entry: Entry | None) -> dict[str, Any]:
    """The shape `deal.statement/1`; amounts are decimal texts. `entry`: where it was issued, None for a draft.

    `earlier` is there where something was decided of earlier periods (see ledger.events.Earlier), `not_computed` where
    the closing balance leaves amounts out: how many, and what it is with them at least and at most.
    """
    told = msgspec.to_builtins(statement)
    head = {"position": told.pop("position"), "root": told.pop("root")}
    account = account_of(statement)
    return {
        "schema": "deal.statement/1",
        "deal": deal,
        "statement": entry.position if entry else None,
        "recorded_at": entry.recorded_at if entry else None,
        "recorded_by": entry.recorded_by if entry else None,
        "from": told["from"],
        "through": told["through"],
        "payer": statement.payer,
        "payee": statement.payee,
        "currency": statement.currency,
        "net": statement.net,
        "dated": told["dated"] if entry else None,
        "known": told.get("known_by"),
        "opening": f"{statement.opening:f}",
        "due": f"{added(signed(account, due.payer, due.amount) for due in statement.dues):f}",
        "trued_up": f"{added(signed(account, one.payer, one.amount) for one in statement.true_ups):f}",
        "received": f"{added(receipt.amount for receipt in statement.receipts):f}",
        "closing": f"{statement.closing:f}",
        "dues": told.get("dues", []),
        "true_ups": told.get("true_ups", []),
        "receipts": told.get("receipts", []),
        "replaces": statement.replaces,
        "digest": statement.digest,
        "head": head,
        **uncomputed_json(statement),
        **({"earlier": {**_UNDECIDED, **told["earlier"]}} if "earlier" in told else {}),
    }


_UNDECIDED = {"before": None, "since": None, "elsewhere": None}


CSV = ("deal", "statement", "payer", "payee", "currency", "section", "says", "amount", "known")


def statement_rows(deal: str, statement: StatementIssued, entry: Entry | None) -> Iterator[dict[str, Any]]:
    """A row for every line, under the columns of `CSV`; `known` says what is known where there is no amount.

    Rows of the section `member` are parts of the row above them: whoever adds up leaves them out.
    """
    for one in lines(statement):
        rows = [(one.section, one.says, one.amount, one.instead)]
        for member in one.members:
            known = "" if member.amount is not None else _part(None, member.at_most)
            rows.append(("member", f"{one.says}: {_named(member)}", member.amount, known))
        for section, says, amount, known in rows:
            yield {
                "deal": deal,
                "statement": entry.position if entry else None,
                "payer": statement.payer,
                "payee": statement.payee,
                "currency": statement.currency,
                "section": section,
                "says": says,
                "amount": f"{amount:f}" if amount is not None else None,
                "known": known,
            }


def draft_json(draft: Draft) -> dict[str, Any]:
    """A draft: its statement, the one that it would take the place of, and whether its period is closed."""
    return {
        **statement_json(draft.deal, draft.statement, None),
        "issued": draft.there.fact.entry.position if draft.there else None,
        "differs": draft.differs,
        "closed": draft.closed is not None,
    }


# --- lists ------------------------------------------------------------------------------------------------


def standing_at(ledger: Ledger, deal: str, point: Point) -> tuple[list[Stated], list[tuple[Stated, Decimal]]]:
    """A deal's statements that stand at a point, and the payments by then, each with the statement it was made for."""
    accounts = accounts_of(books_of(deal, ledger.history(deal), point).held.facts)
    stated = accounts.standing(point.on)
    paid = [
        (accounts.issued[p.payment.statement_version], p.payment.amount)
        for p in accounts.payments
        if p.payment.dated <= point.on
    ]
    return stated, paid


def settled_deals(ledger: Ledger, point: Point) -> list[str]:
    """The deals with a statement recorded by the point, in order."""
    return sorted({row[3] for row in ledger.entries.rows_of(None, [StatementIssued.__name__], point.recorded)})


def statements_of(ledger: Ledger, deal: str, up_to: int) -> list[tuple[Entry, StatementIssued]]:
    """Every statement of a deal recorded by a position, those included that another has taken the place of."""
    told = ledger.entries.entries_of(deal, up_to)
    return [(entry, entry.event) for entry in told if isinstance(entry.event, StatementIssued)]


def listed(ledger: Ledger, point: Point, deal: str | None = None) -> list[dict[str, Any]]:
    """Every statement dated by the point's day, of all deals or one, in order; those replaced say by which."""
    names = [deal] if deal else settled_deals(ledger, point)
    rows = []
    for name in names:
        accounts = accounts_of(books_of(name, ledger.history(name), point).held.facts)
        issued_ = [s for s in accounts.issued.values() if s.statement.dated <= point.on]
        by = {s.statement.replaces: s.fact.entry.position for s in issued_}
        rows += [_listing(name, s, by.get(s.fact.place)) for s in issued_]
    return sorted(rows, key=lambda row: row["statement"])


def _listing(deal: str, one: Stated, replaced: int | None) -> dict[str, Any]:
    statement = one.statement
    return {
        "statement": one.fact.entry.position,
        "deal": deal,
        "period": named(one.span),
        "payer": statement.payer,
        "payee": statement.payee,
        "currency": statement.currency,
        "closing": f"{statement.closing:f}",
        "dated": statement.dated.isoformat(),
        "replaced": replaced,
    }
