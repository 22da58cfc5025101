"""What must still fit together when an entry was voided or replaced: that may bring back what was overruled.

`undone` is the entry that was voided or replaced, as people write it.
"""

from __future__ import annotations

from ledger import rule
from ledger.calendar import ALL_DAYS
from ledger.errors import (
    ConditionMetAlready,
    DoneBeforePlanned,
    KeyOfAnotherKind,
    PlanIsDone,
    Refusal,
    SlugTaken,
    StillUsed,
    TwoInOnePlace,
)
from ledger.events import ConditionMet, DealOpened, PlanAdopted
from ledger.reports import check_told_once
from ledger.said import Said
from ledger.standing import Standing
from ledger.sums import check_sum, may_exceed


def check_places(books: Standing, undone: str) -> None:
    """Raises TwoInOnePlace where a void brings back a correction whose place was taken in the meantime."""
    there: dict[int, rule.Fact] = {}
    for fact in books.facts:
        if other := there.get(fact.place):
            raise TwoInOnePlace(undone, str(other.entry), str(fact.entry))
        there[fact.place] = fact


def check_whole(books: Standing, undone: str) -> None:
    """Raises the Refusal for what no longer fits together, whatever was brought back."""
    _check_named(books, undone)
    _check_told_once(books)
    check_without(books, undone)
    _check_kinds(books)


def check_without(books: Standing, undone: str, lost: Said | None = None) -> None:
    """The same where an entry, which said this, is gone and nothing was brought back.

    Nothing is told twice by it and no key gets another kind, and names are missing only where it brought some.
    """
    if lost and lost.brings_names:
        _check_named(books, undone)
    _check_plans(books, undone)
    check_told_once(books.accounts, undone)
    for (payer, measure), rates in books.shares.items():
        if may_exceed(rates):
            check_sum(books.in_force, payer, measure, rates, ALL_DAYS)


def concluded_how(fact: rule.Fact) -> str:
    """What became of a plan by this fact: `adopted` or `withdrawn`."""
    return "adopted" if isinstance(fact.instrument, PlanAdopted) else "withdrawn"


def _check_named(books: Standing, undone: str) -> None:
    for fact in books.facts:
        for name in books.said[fact.entry.version].names():
            if name not in books.parties and name not in books.pools:
                raise StillUsed(undone, name, str(fact.entry))


def _check_told_once(books: Standing) -> None:
    """A deal is opened once, a plan ends once, a condition is met once."""
    told: set[tuple[str, object]] = set()
    for fact in books.facts:
        what = _once(fact)
        if what in told:
            raise _twice(books, fact)
        if what:
            told.add(what)


def _once(fact: rule.Fact) -> tuple[str, object] | None:
    if isinstance(fact.instrument, DealOpened):
        return "opened", None
    if isinstance(fact.instrument, ConditionMet):
        return "met", fact.instrument.condition
    return ("plan", fact.concludes) if fact.concludes else None


def _twice(books: Standing, fact: rule.Fact) -> Refusal:
    paper = fact.instrument
    if isinstance(paper, DealOpened):
        return SlugTaken(books.deal, str(fact.entry))
    if isinstance(paper, ConditionMet):
        return ConditionMetAlready(paper.condition, paper.on.isoformat(), str(fact.entry))
    plan = next(f for f in books.facts if f.place == fact.concludes)
    return PlanIsDone(str(plan.entry), concluded_how(fact), str(fact.entry))


def _check_plans(books: Standing, undone: str) -> None:
    """What was adopted or withdrawn is a plan still, and dated no later than that."""
    if not books.concluded:
        return
    facts = {fact.place: fact for fact in books.facts}
    for act in books.concluded.values():
        plan = facts.get(act.concludes)
        if plan is None:
            continue
        how, planned, dated = concluded_how(act), plan.instrument.dated, act.instrument.dated
        if plan.standing != "planned":
            raise PlanIsDone(undone, how, str(act.entry))
        if dated < planned:
            raise DoneBeforePlanned(
                str(plan.entry) if plan.entry.position else undone, planned.isoformat(), how, dated.isoformat()
            )


def _check_kinds(books: Standing) -> None:
    """What stands under a key is of one kind, whatever the order in which it was brought back."""
    for fact in books.facts:
        for key, own in books.said[fact.entry.version].kinds.items():
            if own != books.kinds[key]:
                raise KeyOfAnotherKind(key, own, books.kinds[key])
