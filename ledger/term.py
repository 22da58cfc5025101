"""How long an agreement runs: its terms, one after another, and on which days of them a clause stands.

A term that says its first day keeps it: what was in force before ends at its own end, and between the two nothing is
in force. Where the two meet, or the new one renews the old one, the clauses go on. A term that says no first day
only moves the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from operator import itemgetter

import msgspec

from ledger.calendar import FIRST_DAY, LAST_DAY, Span, after
from ledger.events import DealOpened, Term
from ledger.timeline import Claim, Fact


class Period(msgspec.Struct, frozen=True, gc=False):
    """A term: from `start` up to `end`, as the last that spoke of it says. `first`: the first day that it names."""

    start: date
    end: date
    claim: Claim
    first: date | None
    renews: bool = False
    ended: bool = False

    def goes_on(self, before: Period) -> bool:
        """Whether what was in force in the one before goes on in this one."""
        return self.renews or (self.start <= before.end and not before.ended)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a deal in one view, in order of days; none where it has no end."""

    periods: Sequence[Period] = field(default_factory=tuple)

    @property
    def last(self) -> Period | None:
        return self.periods[-1] if self.periods else None

    def on(self, day: date) -> Period | None:
        """The term of a day: the last that has begun by then, or the first."""
        begun = [period for period in self.periods if period.start <= day]
        return begun[-1] if begun else self.periods[0] if self.periods else None

    def lapsed(self, day: date) -> bool:
        """Whether the day lies between two terms."""
        return any(before.end <= day < following.start for before, following in pairwise(self.periods))

    def spans(self, start: date) -> list[tuple[Span, Claim | None]]:
        """On which days a clause from `start` on stands that has no end of its own, and which term ends it there."""
        if not self.periods:
            return [(Span(start, LAST_DAY), None)]
        at = next((at for at, period in enumerate(self.periods) if period.end > start), len(self.periods) - 1)
        if at:  # a lapse is empty
            start = max(start, self.periods[at].start)
        found: list[tuple[Span, Claim | None]] = [(Span(start, self.periods[at].end), self.periods[at].claim)]
        for before, period in pairwise(self.periods[at:]):
            if not period.goes_on(before):
                break
            span = found[-1][0]
            if period.start <= span.end:
                found[-1] = (Span(span.start, period.end), period.claim)
            else:
                found.append((Span(period.start, period.end), period.claim))
        return found

    def over(self, start: date) -> date:
        """When all that began on `start` is over, whatever its own end: the deal was ended. LAST_DAY: it was not."""
        for period in self.periods:
            if period.ended and (period.end > start or period is self.periods[-1]):
                return period.end
        return LAST_DAY

    def starts(self, opened: date) -> list[tuple[date, date]]:
        """From which day on contract years count from which day; `opened` where no term says its first day."""
        if not self.periods:
            return [(FIRST_DAY, opened)]
        days = [(period.start, period.first or opened) for period in self.periods]
        return [(FIRST_DAY, days[0][1]), *days[1:]]


def terms_of(facts: Iterable[Fact], met: Mapping[str, date]) -> Terms:
    """The terms that these facts set, the later instruments over the earlier ones."""
    told = [(fact.order, fact, clause) for fact in facts for clause in fact.clauses if type(clause) is Term]
    if not told:
        return Terms()
    periods: list[Period] = []
    for _, fact, clause in sorted(told, key=itemgetter(0)):
        end = min(after(clause.through) if clause.through else LAST_DAY, met.get(clause.until or "", LAST_DAY))
        claim = Claim(clause, fact, clause.start, end)
        (_move if clause.extends or clause.ended else _begin)(periods, claim, clause)
    return Terms(tuple(periods))


def _move(periods: list[Period], claim: Claim, clause: Term) -> None:
    """The last term ends on another day; those that would begin after it are gone."""
    older = claim.fact.instrument.older_rule
    named = clause.start if older and not clause.ended else None
    if not periods:
        periods.append(Period(FIRST_DAY, claim.end, claim, named, ended=clause.ended))
        return
    while len(periods) > 1 and periods[-1].start >= claim.end:
        periods.pop()
    last = periods[-1]
    first = min((day for day in (last.first, named) if day), default=None)
    periods[-1] = Period(min(last.start, claim.end), claim.end, claim, first, last.renews, clause.ended)


def _begin(periods: list[Period], claim: Claim, clause: Term) -> None:
    """A term from its own first day on, whatever was said of the days from then on."""
    start = clause.start
    periods[:] = [period for period in periods if period.start < start]
    if periods:
        before = periods[-1]
        periods[-1] = msgspec.structs.replace(before, end=min(before.end, start))
    elif type(claim.fact.instrument) is not DealOpened:
        periods.append(Period(FIRST_DAY, start, claim, None))  # until then it ran without an end
    if claim.end > start or not periods:  # else its condition was met before it began
        periods.append(Period(min(start, claim.end), claim.end, claim, start, clause.renews))
