"""Ledgers of any size, the same ones every time: drafts that the rules accept, as JSON Lines or straight into a file.

    python -m tests.benchmarks.generator --deals 2000 --instruments 50 > deals.jsonl

Deals are told side by side, in rounds, as a desk's days are: a deal's entries lie far apart in the ledger.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from ledger.application import Ledger
from ledger.batch import Draft
from ledger.calendar import ONE_DAY
from ledger.deal import Deal
from ledger.entry import Entry
from ledger.events import (
    Amended,
    ConditionMet,
    DealOpened,
    EntryVoided,
    Event,
    NothingChanged,
    PartnerAdded,
    PartnerLeft,
    Pays,
    PlanAdopted,
    PlanAnnounced,
    PlanWithdrawn,
    Right,
    Source,
    Term,
    TermExtended,
    correction,
)
from ledger.exchange import draft_line

FIRST, LAST = date(2015, 1, 1), date(2024, 12, 31)  # the days on which instruments are dated
NOW = datetime(2025, 6, 1, tzinfo=UTC)
FLOWS = ("cloud share", "store share", "licence share", "support share")  # at 20 % each the sums stay below 100 %
BATCH = 10_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a ledger is, and which part of its instruments are of which kind; the rest are plain amendments."""

    deals: int = 2_000
    instruments: int = 50  # of each deal, its opening included
    backdated: float = 0.2
    plans: float = 0.1  # announced; four in five of them are adopted or withdrawn later
    voids: float = 0.02
    corrections: float = 0.03
    partners: float = 0.05
    conditions: float = 0.02
    extensions: float = 0.01
    seed: int = 1

    @classmethod
    def of(cls, entries: int, instruments: int = 50, **given: float) -> Shape:
        """The shape of about so many entries."""
        return cls(max(1, entries // instruments), min(instruments, entries), **given)


class Story:
    """One deal as it goes on, instrument after instrument."""

    def __init__(self, number: int, shape: Shape) -> None:
        self.slug = f"deal-{number:06}"
        self.shape = shape
        self.random = random.Random(shape.seed * 1_000_003 + number)
        self.day = FIRST + timedelta(days=self.random.randrange(700))
        self.version = 0
        self.mendable: list[tuple[int, Amended]] = []
        self.plans: list[int] = []
        self.waiting: list[str] = []  # conditions
        self.partners: list[str] = []
        self.named = 0

    def next(self) -> Event:
        """The next event of the deal; the first one opens it."""
        event = self._event() if self.version else self._opening()
        self.version += 1
        if isinstance(event, Amended) and not any(clause.until for clause in event.clauses):
            self.mendable.append((self.version, event))
        if isinstance(event, PlanAnnounced):
            self.plans.append(self.version)
        return event

    def _event(self) -> Event:
        most = max(1, 2 * (LAST - FIRST).days // self.shape.instruments)
        self.day = min(LAST, self.day + timedelta(days=self.random.randrange(most)))
        at = self.random.random()
        shape = self.shape
        for part, make in (
            (shape.voids, self._void),
            (shape.corrections, self._correction),
            (shape.plans, self._plan),
            (shape.plans * 0.8, self._plan_done),
            (shape.partners, self._partner),
            (shape.conditions, self._condition),
            (shape.extensions, self._extension),
            (0.01, self._nothing),
        ):
            if at < part:
                return make() or self._amendment()
            at -= part
        return self._amendment()

    def _opening(self) -> Event:
        flows = tuple(self._flow(name, self.day) for name in FLOWS[:2])
        until = date(2030, 12, 31)
        access = Right(start=self.day, holder="Bolt", text="audit of the books once a year", name="audit")
        term = Term(start=self.day, through=until)
        return DealOpened(
            title=f"Acme and Bolt, number {self.slug[-6:]}", parties=("Acme", "Bolt"), dated=self.day,
            clauses=(*flows, access, term), pools=("resellers",), sources=(Source(title="Master agreement"),),
        )  # fmt: skip

    def _amendment(self) -> Event:
        dated = start = self.day
        if self.random.random() < self.shape.backdated:
            dated -= timedelta(days=self.random.randrange(400))
            start = dated - timedelta(days=self.random.randrange(100))
        flow = self._flow(self.random.choice(FLOWS), start)
        return Amended(dated=dated, clauses=(flow,), sources=(Source(title=f"Amendment {self.version}"),))

    def _void(self) -> Event | None:
        if not self.mendable:
            return None
        version, _ = self._take(self.mendable)
        return EntryVoided(entry_version=version, reason="entered by mistake")

    def _correction(self) -> Event | None:
        if not self.mendable:
            return None
        version, said = self._take(self.mendable)
        meant = Amended(
            dated=said.dated - ONE_DAY, note=f"typed from page {self.version}", sources=said.sources,
            clauses=tuple(self._flow(c.key, c.start) for c in said.clauses),
        )  # fmt: skip
        self.mendable.append((self.version + 1, meant))
        return correction(version, "a typing error", meant)

    def _plan(self) -> Event:
        flow = self._flow(self.random.choice(FLOWS), self.day + timedelta(days=self.random.randrange(365)))
        evidence = self.random.choice(("confirmed", "reported"))
        return PlanAnnounced(dated=self.day, evidence=evidence, clauses=(flow,), sources=(Source(publisher="Press"),))

    def _plan_done(self) -> Event | None:
        if not self.plans:
            return None
        plan = self._take(self.plans)
        if self.random.random() < 0.5:
            return PlanWithdrawn(dated=self.day, plan_version=plan)
        flow = self._flow(self.random.choice(FLOWS), self.day)
        return PlanAdopted(dated=self.day, plan_version=plan, clauses=(flow,))

    def _partner(self) -> Event:
        if self.partners and self.random.random() < 0.4:
            return PartnerLeft(dated=self.day, party=self._take(self.partners), through=self.day)
        self.named += 1
        self.partners.append(f"Partner {self.named}")
        return PartnerAdded(dated=self.day, party=self.partners[-1], pool="resellers", start=self.day)

    def _condition(self) -> Event:
        if self.waiting and self.random.random() < 0.5:
            return ConditionMet(dated=self.day, condition=self._take(self.waiting), on=self.day)
        self.named += 1
        self.waiting.append(f"launch-{self.named}")
        return Amended(dated=self.day, clauses=(self._flow(self.random.choice(FLOWS), self.day, self.waiting[-1]),))

    def _extension(self) -> Event:
        through = date(2031 + self.version // 10, 12, 31)
        return TermExtended(dated=self.day, start=self.day, through=through)

    def _nothing(self) -> Event:
        return NothingChanged(dated=self.day, statement="the agreement stands")

    def _flow(self, name: str, start: date, until: str | None = None) -> Pays:
        terms = f"{self.random.randint(1, 200) / 10:g}% of revenue every quarter"
        through = start + timedelta(days=self.random.randrange(1, 900)) if self.random.random() < 0.2 else None
        return Pays(start=start, through=through, until=until, payer="Acme", payee="Bolt", terms=terms, name=name)

    def _take(self, there: list[T]) -> T:
        return there.pop(self.random.randrange(len(there)))


def drafts(shape: Shape, check: bool = False) -> Iterator[Draft]:
    """The drafts of a ledger, in the order of recording; with `check` each is told to its deal."""
    stories = [Story(number, shape) for number in range(1, shape.deals + 1)]
    deals = {story.slug: Deal(story.slug) for story in stories} if check else {}
    for _ in range(shape.instruments):
        for story in stories:
            event = story.next()
            if check:
                deals[story.slug].tell(event, NOW.date())
            yield Draft(story.slug, event)


def lines(shape: Shape, check: bool = False) -> Iterator[bytes]:
    """The drafts as `record` reads them, a line of JSON each."""
    return (draft_line(Entry(draft.deal, 0, _made(draft))) + b"\n" for draft in drafts(shape, check))


def fill(address: Path | str, shape: Shape, check: bool = False) -> None:
    """Makes a ledger of this shape, in batches through the ledger's own recorder."""
    versions: Counter[str] = Counter()
    told = drafts(shape, check)
    with Ledger(str(address), "create", clock=lambda: NOW) as ledger:
        while batch := list(islice(told, BATCH)):
            stored = []
            for draft in batch:
                versions[draft.deal] += 1
                stored.append(ledger.mapper.to_stored_event(Entry(draft.deal, versions[draft.deal], _made(draft))))
            ledger.entries.insert_events(stored, by="generator")


def _made(draft: Draft) -> Event:
    assert isinstance(draft.event, Event)  # this file makes its events itself
    return draft.event


def main() -> None:
    """Writes the drafts of a shape to the standard output."""
    shape = Shape()
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.generator", description=main.__doc__)
    for name in Shape.__slots__:
        default = getattr(shape, name)
        parser.add_argument(f"--{name}", type=type(default), default=default)
    parser.add_argument("--check", action="store_true", help="tell each draft to its deal")
    given = vars(parser.parse_args())
    check = given.pop("check")
    sys.stdout.buffer.writelines(lines(Shape(**given), check))


if __name__ == "__main__":
    main()
