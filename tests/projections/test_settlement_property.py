"""Settling as you go comes to the same as settling once: whatever is late, restated, amended, voided or closed."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.application import Ledger
from ledger.batch import Draft
from ledger.calendar import Span, parse_period
from ledger.errors import PeriodIsClosed, Refusal, Refusals
from ledger.events import (
    Due,
    EntryCorrected,
    EntryVoided,
    MeasureReported,
    MeasureRestated,
    PaymentMade,
    PeriodClosed,
    PeriodReopened,
    RateRecorded,
    StatementIssued,
    correction,
)
from ledger.tree import root
from projections.point import Point
from projections.settlement.balance import balances
from projections.settlement.drafts import settle
from projections.settlement.restated import differences
from tests.desk import Desk, form
from tests.projections.shapes import SHAPES, Shape

DEAL = "acme-bolt"
MONTHS = [f"2025-{month:02}" for month in range(1, 10)]
QUARTERS = ["2025-Q1", "2025-Q2", "2025-Q3"]
ONLY_STATED = (StatementIssued, PaymentMade, PeriodClosed, PeriodReopened)


class Office:
    """Somebody who settles a deal as it goes, and keeps what was issued as it was on that day."""

    def __init__(self, folder: Path, shape: Shape, periods: list[str]) -> None:
        self.shape, self.periods, self.at = shape, periods, 0
        self.desk = Desk(folder, shape.opening())
        self.issued: dict[int, bytes] = {}

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger

    def try_(self, step: tuple[Any, ...]) -> None:
        """Does it, where it is not refused."""
        kind, *rest = step
        try:
            getattr(self, kind)(*rest)
        except Refusal as refusal:
            event(f"{kind} refused: {type(refusal).__name__}")
            # What is settled is refused for one reason alone.
            if kind in ("settle", "again") and not all(isinstance(one, PeriodIsClosed) for one in each_of(refusal)):
                raise
        else:
            event(f"{kind} done")

    # --- the steps ---

    def report(self, which: int, month: int, cents: int, day: int) -> None:
        self._figure("report", which, MONTHS[month], cents, day)

    def restate(self, which: int, month: int, cents: int, day: int) -> None:
        self._figure("restate", which, MONTHS[month], cents, day)

    def _figure(self, word: str, which: int, period: str, cents: int, day: int) -> None:
        name, dimension, currency = self.shape.measures[which % len(self.shape.measures)]
        days = f"[{period}, {dimension}]" if dimension else f"[{period}]"
        self.desk.tell(form(word, day_of(day), figure=f"{name}{days}={Decimal(cents).scaleb(-2)} {currency}".strip()))

    def amend(self, which: int, start: int, day: int) -> None:
        change = self.shape.changes[which % len(self.shape.changes)]
        self.desk.tell(form("amend", day_of(day), from_=day_of(start), **change))

    def rate(self, which: int, month: int, cents: int, day: int) -> None:
        if self.shape.rates:
            pair = self.shape.rates[which % len(self.shape.rates)]
            self.desk.tell(
                form("rate", day_of(day), pair=pair, rate=Decimal(cents + 1).scaleb(-4), period=MONTHS[month])
            )

    def pay(self, which: int, cents: int, day: int) -> None:
        stated = [n for n, _ in self.statements()]
        if stated:
            amount = Decimal(cents if cents % 7 else -cents - 1)  # sometimes it is paid back; whole, as JPY wants it
            self.desk.tell(form("pay", day_of(day), statement=stated[which % len(stated)], amount=amount))

    def mend(self, which: int, cents: int, void: bool) -> None:
        """Voids or corrects one of the bookings and amendments."""
        there = self.ledger.history(DEAL)[1:]
        if not there:
            return
        entry = there[which % len(there)]
        told = entry.event.corrected if isinstance(entry.event, EntryCorrected) else entry.event
        if void:
            self.desk.tell(form("void", entry=entry.position, reason="never made"))
        elif isinstance(told, PaymentMade):
            self.desk.tell(form("correct", entry=entry.position, reason="slip", amount=Decimal(cents + 1)))
        elif isinstance(told, RateRecorded):
            self.desk.tell(form("correct", entry=entry.position, reason="slip", rate=Decimal(cents + 1).scaleb(-4)))
        elif isinstance(told, MeasureReported | MeasureRestated):
            figures = (replace(told.figures[0], amount=Decimal(cents).scaleb(-2)),)
            mended = correction(entry.version, "slip", replace(told, figures=figures))
            self.ledger.record([Draft(DEAL, mended)], "Dana")
        else:
            self.desk.tell(form("correct", entry=entry.position, reason="slip", dated=day_of(cents % 300)))

    def settle(self, skip: int, known: int | None = None) -> None:
        at = min(self.at + skip, len(self.periods) - 1)
        self._issue(parse_period(self.periods[at]), day(known) if known is not None else None)
        self.at = max(self.at, at)

    def again(self) -> None:
        """Another statement in the place of the last."""
        self._issue(parse_period(self.periods[self.at]), None)

    def close(self) -> None:
        self.desk.tell(form("close", "2025-12-01", period=self.periods[self.at]))

    def reopen(self) -> None:
        closed = [e for e in self.ledger.history(DEAL) if isinstance(e.event, PeriodClosed)]
        if closed:
            self.desk.tell(form("reopen", "2025-12-01", closing=closed[-1].position, reason="a late report"))

    # --- what comes of it ---

    def _issue(self, period: Span, known: date | None) -> None:
        drafts = settle(DEAL, self.ledger.history(DEAL), period, point(self.ledger, known), self.ledger.today)
        self.ledger.record([Draft(DEAL, draft.statement) for draft in drafts if draft.differs], "Dana")
        self.issued |= {n: data for n, data in stored(self.ledger).items() if n not in self.issued}

    def statements(self) -> list[tuple[int, StatementIssued]]:
        entries = self.ledger.history(DEAL)
        return [(e.position, e.event) for e in entries if isinstance(e.event, StatementIssued)]

    def complete(self) -> None:
        """What was never reported comes at last, and so do the rates."""
        for which in range(len(self.shape.measures)):
            for period in MONTHS:
                try:
                    self._figure("report", which, period, 100_001, 350)
                except Refusal:
                    continue  # it was reported
        for pair in self.shape.rates:
            self.desk.tell(form("rate", day_of(350), pair=pair, rate="1.2345", period="2025"))


def each_of(refusal: Refusal) -> list[Refusal]:
    return [each for _, each in refusal.refused] if isinstance(refusal, Refusals) else [refusal]


def day(number: int) -> date:
    return date(2025, 1, 1) + timedelta(days=number)


def day_of(number: int) -> str:
    return day(number).isoformat()


def point(ledger: Ledger, known: date | None = None) -> Point:
    head = ledger.entries.head()
    return Point(ledger.today, known, head, root=root(ledger.database, head))


def stored(ledger: Ledger) -> dict[int, bytes]:
    """The bytes of every statement that was issued, by position."""
    rows = ledger.entries.all_rows()
    return {row[0]: repr(tuple(row)).encode() for row in rows if row[5] == StatementIssued.__name__}


def signed(statement: StatementIssued, payer: str, amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else amount if payer == statement.payer else -amount


def moved(statement: StatementIssued) -> Decimal:
    """What a statement adds: what falls due in it, and its true-ups."""
    return sum(
        (signed(statement, part.payer, part.amount) for part in (*statement.dues, *statement.true_ups)), Decimal(0)
    )


def account(statement: StatementIssued) -> tuple[Any, ...]:
    return statement.payer, statement.payee, statement.currency, statement.net


def totals(statements: list[StatementIssued]) -> dict[tuple[Any, ...], Decimal]:
    found: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for statement in statements:
        found[account(statement)] += moved(statement)
    return {key: amount for key, amount in found.items() if amount}


def standing(office: Office) -> list[StatementIssued]:
    entries = [e for e in office.ledger.history(DEAL) if isinstance(e.event, StatementIssued)]
    replaced = {e.event.replaces for e in entries}
    return [e.event for e in entries if e.version not in replaced]


def afresh(office: Office, folder: Path) -> Ledger:
    """A ledger with the same facts in the same order, and no statements, payments or closings."""
    ledger = Ledger(str(folder / "fresh.db"), "create", clock=lambda: datetime(2026, 1, 1, 12, tzinfo=UTC))
    versions: dict[int, int] = {}
    for entry in office.ledger.history(DEAL):
        told = entry.event
        if isinstance(told, EntryVoided | EntryCorrected):
            if told.entry_version not in versions:
                continue
            told = replace(told, entry_version=versions[told.entry_version])
        elif isinstance(told, ONLY_STATED):
            continue
        versions[entry.version] = ledger.record([Draft(DEAL, told)], "Dana")[0].entry.version
    return ledger


def check_every_statement(office: Office) -> None:
    assert stored(office.ledger) == office.issued
    for position, statement in office.statements():
        received = sum((receipt.amount for receipt in statement.receipts), Decimal(0))
        assert statement.closing == statement.opening + moved(statement) - received
        for one in statement.true_ups:
            if one.amount is not None:
                assert sum((cause.amount for cause in one.causes), Decimal(0)) == one.amount
        for due in statement.dues:
            check_members(due)
        assert differences(office.ledger, f"#{position}")[1] == []


def check_members(due: Due) -> None:
    """Nothing is lost between a pool's members: what no part was given of is at most what is left."""
    known = [member.amount for member in due.members if member.amount is not None]
    left = {member.at_most for member in due.members if member.amount is None}
    if due.members and due.amount is not None and None not in left:
        assert sum(known, Decimal(0)) + (max(left) if left else 0) == due.amount  # type: ignore[type-var]


def check_balance(office: Office) -> None:
    """Statements follow one another; what the last one closes with, less what was paid since, is open."""
    paid: defaultdict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    settled = max(office.issued, default=0)
    versions = {e.version: e.event for e in office.ledger.history(DEAL) if isinstance(e.event, StatementIssued)}
    for entry in office.ledger.history(DEAL):
        if isinstance(entry.event, PaymentMade) and entry.position > settled:
            paid[account(versions[entry.event.statement_version])] += entry.event.amount
    answer = balances(office.ledger, point(office.ledger), DEAL)
    open_ = {(r["payer"], r["payee"], r["currency"], r["net"]): Decimal(r["open"]) for r in answer["rows"]}
    last: dict[tuple[Any, ...], StatementIssued] = {}
    for statement in standing(office):
        before = last.get(account(statement))
        assert statement.opening == (before.closing if before else 0)
        last[account(statement)] = statement
    assert {key: s.closing - paid[key] for key, s in last.items()} == open_


STEPS = st.one_of(
    st.tuples(st.sampled_from(["report", "report", "restate"]), st.integers(0, 1), st.integers(0, 8),
              st.integers(0, 3_000_000) | st.integers(-99_999, 99), st.integers(0, 360)),
    st.tuples(st.just("amend"), st.integers(0, 2), st.integers(0, 300), st.integers(0, 360)),
    st.tuples(st.just("rate"), st.integers(0, 2), st.integers(0, 8), st.integers(9_000, 13_000), st.integers(0, 360)),
    st.tuples(st.just("pay"), st.integers(0, 9), st.integers(1, 5_000), st.integers(0, 360)),
    st.tuples(st.just("mend"), st.integers(0, 40), st.integers(0, 90_000), st.booleans()),
    st.tuples(st.just("settle"), st.sampled_from([1, 1, 1, 2])),
    st.tuples(st.just("settle"), st.just(1), st.integers(0, 360)),
    st.tuples(st.sampled_from([("again",), ("close",), ("reopen",)])).map(lambda pair: pair[0]),
)  # fmt: skip


@settings(
    max_examples=60, derandomize=True, deadline=None, phases=[Phase.generate],  # a story is printed, not shrunk
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(
    st.sampled_from(SHAPES),
    st.sampled_from([MONTHS, QUARTERS]),
    st.lists(STEPS, min_size=6, max_size=20),
    st.lists(st.integers(1, 90_000), max_size=2),
)
def test_settling_as_you_go_comes_to_the_same_as_settling_once(shape, periods, steps, later):
    with TemporaryDirectory() as folder:
        office = Office(Path(folder), shape, periods)
        office.try_(("settle", 0))
        for step in steps:
            office.try_(step)
        office.complete()
        office.at = len(periods) - 1
        if any(isinstance(e.event, PeriodClosed) for e in office.ledger.history(DEAL)):
            office.try_(("reopen",))
        office.settle(0)
        for n, cents in enumerate(later):
            office.pay(n, cents, 360)
        assume(office.statements())  # the flow may be dropped before any of it was stated
        check_every_statement(office)
        check_balance(office)
        first = min(statement.start for _, statement in office.statements())
        with afresh(office, Path(folder)) as fresh:
            days = Span(first, parse_period(periods[-1]).end)
            once = settle(DEAL, fresh.history(DEAL), days, point(fresh), fresh.today)
            assert all(due.amount is not None for draft in once for due in draft.statement.dues)
            assert totals(standing(office)) == totals([draft.statement for draft in once])
        office.ledger.close()


# --- by another way: fractions and days on paper ---------------------------------------------------------------


def cents(amount: Fraction) -> Decimal:
    """Half up, away from zero, as the terms say it."""
    whole, rest = divmod(abs(amount) * 100, 1)
    units = int(whole) + (rest >= Fraction(1, 2))
    return Decimal(units if amount >= 0 else -units).scaleb(-2)


def days_in(month: str) -> list[date]:
    period = parse_period(month)
    return [period.start + timedelta(days=n) for n in range(period.days)]


def settled(folder: str, opening: dict[str, Any], forms: list[dict[str, Any]], periods: list[str]) -> list[Decimal]:
    """What falls due of `share` in each period, as it is issued."""
    desk = Desk(Path(folder), form("open", "2025-01-01", party=["Acme", "Bolt"], **opening), *forms)
    found = []
    for period in periods:
        days = parse_period(period)
        drafts = settle(DEAL, desk.ledger.history(DEAL), days, point(desk.ledger), desk.ledger.today)
        desk.ledger.record([Draft(DEAL, draft.statement) for draft in drafts], "Dana")
        found += [due.amount for draft in drafts for due in draft.statement.dues]
    desk.ledger.close()
    return found  # type: ignore[return-value]


AMOUNTS = st.lists(st.integers(-5_000_000, 90_000_000), min_size=6, max_size=6)
BY_PAPER = settings(max_examples=25, derandomize=True, deadline=None, phases=[Phase.generate, Phase.shrink])


@BY_PAPER
@given(AMOUNTS, st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 180))
def test_a_flat_share_is_its_rate_on_every_day(amounts, before, after, change):
    months, turn = MONTHS[:6], day(change)
    rates = [Decimal(rate).scaleb(-2) for rate in (before, after)]
    pays = [f"Acme -> Bolt as share: {rate}% of revenue every quarter" for rate in rates]
    forms = [form("amend", "2025-02-01", pays=pays[1], from_=turn.isoformat())]
    forms += [
        form("report", "2025-07-01", figure=f"revenue[{month}]={Decimal(amount).scaleb(-2)}")
        for month, amount in zip(months, amounts, strict=True)
    ]
    owed = dict.fromkeys(QUARTERS[:2], Fraction(0))
    for month, amount in zip(months, amounts, strict=True):
        for each in days_in(month):
            rate = Fraction(after if each >= turn else before, 10_000)
            owed["2025-Q1" if each.month < 4 else "2025-Q2"] += Fraction(amount, 100) / len(days_in(month)) * rate
    with TemporaryDirectory() as folder:
        assert settled(folder, {"pays": pays[0]}, forms, QUARTERS[:2]) == [cents(amount) for amount in owed.values()]


def sliced(total: Fraction) -> Fraction:
    """6.5 % to 100,000, 8 % to 300,000, 10 % above."""
    found = Fraction(0)
    for low, high, rate in ((0, 100_000, 65), (100_000, 300_000, 80), (300_000, None, 100)):
        top = total if high is None else min(total, Fraction(high))
        found += max(top - low, Fraction(0)) * Fraction(rate, 1000)
    return found


@BY_PAPER
@given(st.lists(st.integers(0, 20_000_000), min_size=6, max_size=6))
def test_slices_of_a_year_are_those_that_its_months_fill(amounts):
    months, total, owed = MONTHS[:6], Fraction(0), []
    for amount in amounts:
        before, total = total, total + Fraction(amount, 100)
        owed.append(cents(sliced(total) - sliced(before)))
    pays = "Acme -> Bolt as share: tiers(revenue per year: 6.5% to 100k, 8% to 300k, 10% above) every month"
    forms = [
        form("report", "2025-07-01", figure=f"revenue[{month}]={Decimal(amount).scaleb(-2)}")
        for month, amount in zip(months, amounts, strict=True)
    ]
    with TemporaryDirectory() as folder:
        assert settled(folder, {"pays": pays}, forms, months) == owed
