"""Whether a statement says what it stands on: computed again on those entries, as they were known, and compared."""

from __future__ import annotations

from base64 import b64encode

from msgspec import json, to_builtins
from msgspec.structs import replace

from ledger.accounts import account_of, days_of
from ledger.application import Ledger
from ledger.bookings import digest_of
from ledger.entry import COLUMNS, Entry
from ledger.events import Due, StatementIssued
from ledger.tree import root
from projections.point import Point
from projections.settlement.drafts import settle
from projections.settlement.dues import payable
from projections.settlement.statements import issued


def differences(ledger: Ledger, reference: str) -> tuple[Entry, list[str], list[str]]:
    """The statement's entry, and what differs between what it says and what its entries say, in words.

    Apart from that: what of it was computed by other rules in an earlier version, which is no difference.
    """
    entry, told = issued(ledger, reference)
    then = _computed(ledger, entry, told) if _of_an_earlier_version(ledger, entry) else []
    return entry, differences_of(ledger, entry, told), then


def differences_of(ledger: Ledger, entry: Entry, told: StatementIssued) -> list[str]:
    """What differs, for a statement that is at hand.

    The rules of amounts of schema version 1 were others (see docs/computing.md): what was stated by them is held to
    its digest and to the root that it stands on, and is not computed again.
    """
    found = _of_itself(ledger, entry, told)
    return found if _of_an_earlier_version(ledger, entry) else [*found, *_computed(ledger, entry, told)]


def _of_an_earlier_version(ledger: Ledger, entry: Entry) -> bool:
    row = next(iter(ledger.entries.all_rows(entry.position - 1, entry.position)))
    schema: int = row[COLUMNS.index("schema")]  # type: ignore[assignment]
    return schema < StatementIssued.schema


def _of_itself(ledger: Ledger, entry: Entry, told: StatementIssued) -> list[str]:
    found = []
    if digest_of(told) != told.digest:
        found.append(f"{entry}: its digest is {told.digest}, and what it says has the digest {digest_of(told)}.")
    stored = root(ledger.database, told.position)
    if b64encode(stored).decode() != told.root:
        found.append(f"{entry}: it stands on the root {told.root} of {told.position} entries, which is another's.")
    return found


def _computed(ledger: Ledger, entry: Entry, told: StatementIssued) -> list[str]:
    """What the statement's entries come to otherwise, by the rules of today."""
    found: list[str] = []
    stored = root(ledger.database, told.position)
    point = Point(told.dated, told.known_by, told.position, root=stored)
    drafts = settle(entry.deal, ledger.history(entry.deal), days_of(told), point, told.dated, earlier=told.earlier)
    again = next((d.statement for d in drafts if account_of(d.statement) == account_of(told)), None)
    if again is None:
        return [f"{entry}: what it stands on says nothing of {account_of(told)}."]
    # What anybody writes on a paper is not computed.
    paper = {name: getattr(told, name) for name in ("dated", "known_since", "evidence", "sources", "note")}
    one, other = to_builtins(_facts(_payable_then(told, again))), to_builtins(_facts(replace(again, **paper)))
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            found.append(f"{entry}: its {name} says {_text(one.get(name))}; its entries say {_text(other.get(name))}.")
    return found


def _payable_then(told: StatementIssued, again: StatementIssued) -> StatementIssued:
    """The statement; what is due on days of its own was payable from the end of the period in earlier versions."""
    now = {_of(due): due.payable for due in again.dues}
    dues = []
    for due in told.dues:
        from_the_end = payable(due.terms.rpartition("; then ")[2], days_of(due))
        dues.append(replace(due, payable=now.get(_of(due), due.payable)) if due.payable == from_the_end else due)
    return replace(told, dues=tuple(dues))


def _of(due: Due) -> tuple[object, ...]:
    return due.clause, due.payer, due.payee, due.start, due.through


def _facts(statement: StatementIssued) -> StatementIssued:
    """The statement without the words that explain it: a later version of deal may find better ones."""
    return replace(
        statement,
        digest="",
        dues=tuple(replace(due, notes=(), arithmetic=(), missing=()) for due in statement.dues),
        true_ups=tuple(
            replace(one, missing=(), causes=tuple(replace(cause, says="") for cause in one.causes))
            for one in statement.true_ups
        ),
    )


def _text(value: object) -> str:
    """A value as the event has it, in JSON."""
    return json.encode(value).decode()
