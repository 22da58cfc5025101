"""True-ups: what earlier periods come to now, against what was stated of them, and which entries made the difference.

A closed period never moves: the difference is carried by the next statement. Its causes are found by computing the
period again as the books had it after each entry, so that the amounts of the causes add up to the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from ledger import parts
from ledger.accounts import Stated, added
from ledger.entry import Entry
from ledger.events import Cause, Due, EntryCorrected, EntryVoided, Instrument, MemberPart, TrueUp
from ledger.money import EXACT, ZERO
from projections.settlement.dues import Owed


class Key(NamedTuple):
    """Which payment it is: of which clause, between whom, for which of the clause's own periods."""

    clause: str
    payer: str
    payee: str
    currency: str
    start: date
    through: date


Amounts: TypeAlias = Mapping[Key, Decimal | None]
"""What payments come to; None where it cannot be computed."""


@dataclass(slots=True)
class Said:
    """What statements have said of a payment: together, last by which; None together: only that it is not known."""

    amount: Decimal | None = None
    members: dict[str, Decimal | None] = field(default_factory=dict)  # of a pool: what each was said to get of it
    position: int = 0  # what the last of them stood on
    statement: int | None = None  # its own position
    known_by: date | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """What payments came to after each entry. `at` computes them on the entries up to a position."""

    entries: Sequence[Entry]
    at: Callable[[int], Amounts]
    recorded: int
    _done: dict[int, Amounts] = field(default_factory=dict)

    def amounts(self, position: int) -> Amounts:
        if position not in self._done:
            self._done[position] = self.at(position)
        return self._done[position]

    def causes(self, key: Key, said: Said, now: Decimal) -> tuple[Cause, ...]:
        """The entries since the last statement of a payment that changed it, each with how much."""
        before = said.amount or ZERO
        then = self._amount(said.position, key)
        found = []
        if then != before:
            late = [str(e) for e in self.entries if e.position <= said.position and _known_after(e, said.known_by)]
            never = "never stated before" if said.amount is None else "computed by other rules in an earlier version"
            says = f"known since: {', '.join(late)}" if late else never
            found.append(Cause(amount=EXACT.subtract(then, before), says=says))
        edges = [said.position, *(e.position for e in self.entries if said.position < e.position <= self.recorded)]
        found += self._between(key, edges, 0, len(edges) - 1)
        return tuple(cause for cause in found if cause.amount)

    def _between(self, key: Key, edges: Sequence[int], low: int, high: int) -> list[Cause]:
        """By halves: where both ends agree, what is between them made no difference."""
        change = EXACT.subtract(self._amount(edges[high], key), self._amount(edges[low], key))
        if low == high or not change:
            return []
        if high - low == 1:
            entry = next(entry for entry in self.entries if entry.position == edges[high])
            return [Cause(amount=change, entry=entry.position, says=self._shortly(entry))]
        middle = (low + high) // 2
        return self._between(key, edges, low, middle) + self._between(key, edges, middle, high)

    def _shortly(self, entry: Entry) -> str:
        """What an entry is: `MeasureRestated, dated 2025-04-02`, `EntryVoided of #12: entered twice`."""
        event = entry.event
        if isinstance(event, EntryVoided | EntryCorrected):
            about = next((str(other) for other in self.entries if other.version == event.entry_version), "")
            return f"{type(event).__name__} of {about}: {event.reason}"
        dated = f", dated {event.dated}" if isinstance(event, Instrument) else ""
        return f"{type(event).__name__}{dated}"

    def _amount(self, position: int, key: Key) -> Decimal:
        return self.amounts(position).get(key) or ZERO


def key_of(owed: Owed) -> Key:
    """Which payment it is."""
    due = owed.due
    return Key(due.clause, due.payer, due.payee, owed.currency, due.start, due.through)


def amounts_of(owed: Iterable[Owed]) -> dict[Key, Decimal | None]:
    """What payments come to; two parts of one clause in one period are one payment."""
    found: dict[Key, Decimal | None] = {}
    for one in owed:
        key = key_of(one)
        amount = one.due.amount
        if key in found:
            before = found[key]
            amount = None if before is None or amount is None else EXACT.add(before, amount)
        found[key] = amount
    return found


def members_of(owed: Iterable[Owed]) -> dict[Key, tuple[MemberPart, ...]]:
    """What members of pools get of payments."""
    found: dict[Key, list[Sequence[MemberPart]]] = {}
    for one in owed:
        found.setdefault(key_of(one), []).append(one.due.members)
    return {key: parts.together(members) for key, members in found.items()}


def stated(statements: Iterable[Stated]) -> dict[Key, Said]:
    """What statements, in order, have said of each payment."""
    found: dict[Key, Said] = {}
    for statement, fact in statements:
        both: list[Due | TrueUp] = [*statement.dues, *statement.true_ups]
        for told in both:
            key = Key(told.clause, told.payer, told.payee, statement.currency, told.start, told.through)
            said = found.setdefault(key, Said())
            if told.amount is not None:
                said.amount = added((said.amount, told.amount))
                for member in told.members:
                    before = said.members.get(member.party, ZERO)
                    known = before is not None and member.amount is not None
                    said.members[member.party] = added((before, member.amount)) if known else None
            said.position, said.statement = statement.position, fact.entry.position
            said.known_by = statement.known_by
    return found


def true_ups(before: Mapping[Key, Said], owed: Sequence[Owed], replay: Replay, last: Said) -> list[tuple[Key, TrueUp]]:
    """What payments of earlier periods come to now against what was stated; `last`: of those that no statement had."""
    found = []
    now, members = amounts_of(owed), members_of(owed)
    missing = {key_of(one): one.due.missing for one in owed if one.due.missing}
    for key in sorted({*before, *now}, key=lambda key: (key.through, key)):
        said = before.get(key)
        amount = now.get(key, ZERO)
        told = said.amount if said else None
        divided = _divided(members.get(key, ()), said) if amount is not None else ()
        if amount is not None and amount == (told or ZERO) and not any(member.amount for member in divided):
            continue
        since = said or last
        found.append((key, TrueUp(
            clause=key.clause, payer=key.payer, payee=key.payee, start=key.start, through=key.through,
            stated=told, statement=said.statement if said else None, now=amount,
            amount=None if amount is None else EXACT.subtract(amount, told or ZERO),
            causes=() if amount is None else replay.causes(key, since, amount),
            missing=missing.get(key, ()), members=divided,
        )))  # fmt: skip
    return found


def _divided(members: Sequence[MemberPart], said: Said | None) -> tuple[MemberPart, ...]:
    """What the difference is for each member; nothing where it was stated before anybody said who the members are."""
    told = said.members if said else {}
    return () if said and said.amount and not told else parts.apart(members, told)


def _known_after(entry: Entry, day: date | None) -> bool:
    event = entry.event.corrected if isinstance(entry.event, EntryCorrected) else entry.event
    return day is not None and isinstance(event, Instrument) and event.known > day
