"""What ends by an instrument, and what would never hold: checked before it is taken, and said before it is recorded."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ledger.calendar import LAST_DAY, ONE_DAY, Span
from ledger.entry import Entry
from ledger.errors import NothingToRenew, OutsideTheTerm
from ledger.events import Drop, Instrument, Term, TermRenewed
from ledger.rule import Books, Claim, Fact
from ledger.said import Said, said_of
from ledger.standing import Standing
from ledger.term import Period, Terms, terms_of


def check_within(books: Standing, said: Said) -> None:
    """Raises OutsideTheTerm for a clause that begins after the last term, or NothingToRenew."""
    now = books.with_plans if said.instrument.standing == "planned" else books.in_force
    if isinstance(said.instrument, TermRenewed) and not now.terms.periods:
        raise NothingToRenew(books.deal)
    terms = _terms_with(now, books, said) if said.sets_term else now.terms
    last = terms.last
    if last is None or last.end == LAST_DAY:
        return
    for clause in said.clauses:
        free = clause.survives or type(clause) is Drop or type(clause) is Term or (clause.through and not last.ended)
        if clause.start >= last.end and not free:
            ended = (last.end - ONE_DAY).isoformat()
            raise OutsideTheTerm(clause.key, books.deal, clause.start.isoformat(), ended)


def _terms_with(now: Books, books: Standing, said: Said) -> Terms:
    paper = said.instrument
    version = 1 + max(books.places, default=0)
    told = Fact(version, Entry(books.deal, version, paper), paper, said.clauses, (paper.dated, version))
    return terms_of([*now.facts, told], now.met)


def before_drops(books: Standing, instrument: Instrument) -> Books:
    """What there is to drop: what holds now, or would by a new term that comes with it."""
    if instrument.standing == "planned":
        return books.with_plans
    if not any(type(clause) is Term for clause in instrument.sets()):
        return books.in_force
    kept = tuple(clause for clause in instrument.clauses if type(clause) is not Drop)
    return books.trial(said_of(msgspec.structs.replace(instrument, clauses=kept)))


# --- what is said before it is recorded -------------------------------------------------------------------


def ends(books: Standing, entry: Entry) -> Iterator[str]:
    """A sentence for each clause that ends by an entry, or lapses, or is brought back to life."""
    said = books.said.get(entry.version)
    if said is None or not said.instrument.changes_terms or said.instrument.older_rule:
        return
    now = books.with_plans if said.instrument.standing == "planned" else books.in_force
    for key in sorted(said.keys):
        if key in now.timelines:
            yield from _stopped(key, now, entry)
    if said.sets_term:
        yield from _terms(now, books.deal, entry, said.instrument)


def _stopped(key: str, books: Books, entry: Entry) -> Iterator[str]:
    """The clauses under a key that do not come back after those of the entry."""
    line, seen = books.timelines[key], list[Claim]()
    for day, claim in zip(line.days, line.claims, strict=True):
        by = claim.stopped if claim else None
        if claim is None or by is None or by.fact.entry.version != entry.version or claim in seen:
            continue
        seen.append(claim)
        ran = "had no end" if claim.end == LAST_DAY else f"ran through {claim.end - ONE_DAY}"
        yield (
            f"After {day - ONE_DAY} nothing holds under '{key}': {claim.fact.entry}, which {ran}, does not come back. "
            "If it should, write 'then as before' behind the clause."
        )


def _terms(books: Books, deal: str, entry: Entry, paper: Instrument) -> Iterator[str]:
    periods = books.terms.periods
    at = next((at for at, period in enumerate(periods) if period.claim.fact.entry.version == entry.version), None)
    if at is None:
        return
    period, clause = periods[at], periods[at].claim.clause
    if isinstance(clause, Term) and (clause.extends and not clause.ended):
        yield from _revived(books, deal, entry, paper, period)
    elif at and not period.ended:
        yield from _begun(deal, periods[at - 1], period)


def _begun(deal: str, before: Period, period: Period) -> Iterator[str]:
    anew = f"Contract years count anew from {period.start}."
    if period.start > before.end:
        lapse = Span(before.end, period.start)
        over = (
            "What was in force goes on after it."
            if period.renews
            else (f"What was in force then is over; to carry it on, say deal renew {deal} instead.")
        )
        yield f"The term before ends on {before.end - ONE_DAY}: nothing is in force {lapse}. {over} {anew}"
    elif not period.renews:
        last = "LAST_DAY" if period.end == LAST_DAY else (period.end - ONE_DAY).isoformat()
        yield f"{anew} To move only the end of the term, say: --term {last}"


def _revived(books: Books, deal: str, entry: Entry, paper: Instrument, now: Period) -> Iterator[str]:
    others = [fact for fact in books.facts if fact.entry.version != entry.version]
    before = terms_of(others, books.met).last
    if before and before.end < now.end and paper.dated >= before.end:
        yield (
            f"The term had ended on {before.end - ONE_DAY}; it goes on without a gap. For a new term from a later "
            f"day: deal renew {deal} --term FIRST_DAY..LAST_DAY"
        )
