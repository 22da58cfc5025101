"""What is booked under a deal: what is refused, in whole sentences, and the nearest that is taken."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from ledger import errors
from ledger.batch import Draft
from ledger.bookings import digest_of
from ledger.entry import Entry
from ledger.errors import Refusal
from ledger.events import (
    DaySpan,
    Earlier,
    Figure,
    MeasureReported,
    MeasureRestated,
    PaymentMade,
    PeriodClosed,
    PeriodReopened,
    RateRecorded,
    StatementIssued,
)
from ledger.exchange import draft_line, drafts_of
from ledger.figures import period as days_in
from ledger.tree import root
from projections.point import Point
from projections.settlement.closing import to_close
from projections.settlement.drafts import settle
from projections.settlement.restated import differences
from tests.desk import Desk, Form, form

SHARE = "Acme -> Bolt as share: 20% of revenue every quarter"


class Issue(NamedTuple):
    """Statements of a period, as they come out."""

    period: str


class Rule(NamedTuple):
    """Given what is booked, `asked` is refused with `sentence`; `taken` is its nearest neighbour, and is not."""

    claim: str
    given: tuple[Form | Issue, ...]
    asked: Any
    sentence: str
    taken: Any


def opened(**fields: object) -> Form:
    return form("open", "2024-01-15", party=["Acme", "Bolt", "Cargo"], term="2024-01-15..2027-12-31", **fields)


OPEN = opened(pays=SHARE)
POOL = opened(pool="makers: Bolt 60%, Cargo", pays="Acme -> makers as share: 20% of revenue every quarter")


def report(*figures: str, dated: str = "2025-04-02", **fields: object) -> Form:
    return form("report", dated, figure=list(figures), **fields)


def restate(*figures: str, dated: str = "2025-05-02", **fields: object) -> Form:
    return form("restate", dated, figure=list(figures), **fields)


def rate(pair: str, amount: object, **fields: object) -> Form:
    return form("rate", "2025-04-02", pair=pair, rate=amount, **fields)


def pay(statement: object, amount: object, dated: str = "2025-05-15") -> Form:
    return form("pay", dated, statement=statement, amount=amount)


def close(period: str) -> Form:
    return form("close", "2025-12-01", period=period)


def reopen(closing: object, reason: str = "a late report") -> Form:
    return form("reopen", "2025-12-01", closing=closing, reason=reason)


def void(entry: object) -> Form:
    return form("void", entry=entry, reason="mistyped")


def correct(entry: object, **fields: object) -> Form:
    return form("correct", entry=entry, reason="mistyped", **fields)


Q1 = report("revenue[2025-Q1]=1_200_000")
Q2 = report("revenue[2025-Q2]=800_000", dated="2025-07-02")

ABOUT_FIGURES = [
    Rule(
        "a report says something",
        (OPEN,),
        form("report", "2025-04-02", figure=[]),
        "The report has no figure. Give at least one, for example: revenue=1_200_000",
        Q1,
    ),
    Rule(
        "a figure is a name and an amount",
        (OPEN,),
        report("revenue 2025-Q1 1_200_000"),
        "'revenue 2025-Q1 1_200_000' is not a reported measure. Write name=amount, with a period and dimensions in "
        "brackets: revenue=60m, revenue[2025-Q1]=12m or revenue[2025-Q1, product=api]=3m.",
        Q1,
    ),
    Rule(
        "a figure has one period",
        (OPEN,),
        report("revenue[2025-Q1, 2025-Q2]=1"),
        "'revenue[2025-Q1, 2025-Q2]=1' is not a reported measure. Write name=amount, with a period and dimensions in "
        "brackets: revenue=60m, revenue[2025-Q1]=12m or revenue[2025-Q1, product=api]=3m.",
        report("revenue[2025-Q1, region=2025-Q2]=1"),
    ),
    Rule(
        "a dimension is a name and a value",
        (OPEN,),
        report("revenue[2025-Q1]=1", dim=["api"]),
        "'api' does not say a dimension. Write its name and its value: product=api.",
        report("revenue[2025-Q1]=1", dim=["product=api"]),
    ),
    Rule(
        "a figure is of some days",
        (OPEN,),
        report("revenue=1_200_000"),
        "For which days revenue is reported is not said. Say it with --period 2025-Q1.",
        report("revenue=1_200_000", period="2025-Q1"),
    ),
    Rule(
        "a period does not end before it starts",
        (OPEN,),
        report("revenue=1", period="2025-02-15..2025-02-14"),
        "The period starts on 2025-02-15 and ends before that, on 2025-02-14. Give a last day that is the first day or "
        "later.",
        report("revenue=1", period="2025-02-15..2025-02-15"),
    ),
    Rule(
        "a dimension's value is one line",
        (OPEN,),
        report("revenue[2025-Q1]=1", dim=["product=a\nb"]),
        "'a\\nb' cannot name a measure or a dimension, or be a dimension's value. Use letters, digits and underscores, "
        "starting with a letter; a value may be any text that is not empty and can be shown on a line.",
        report("revenue[2025-Q1]=1", dim=["product=الف"]),
    ),
    Rule(
        "a dimension's value is not empty",
        (OPEN,),
        report("revenue[2025-Q1]=1", dim=["product="]),
        "'' cannot name a measure or a dimension, or be a dimension's value. Use letters, digits and underscores, "
        "starting with a letter; a value may be any text that is not empty and can be shown on a line.",
        report("revenue[2025-Q1]=1", dim=["product=-"]),
    ),
    Rule(
        "a dimension has a name",
        (OPEN,),
        report("revenue[2025-Q1]=1", dim=["pro-duct=api"]),
        "'pro-duct' cannot name a measure or a dimension, or be a dimension's value. Use letters, digits and "
        "underscores, starting with a letter; a value may be any text that is not empty and can be shown on a line.",
        report("revenue[2025-Q1]=1", dim=["größe=api"]),
    ),
    Rule(
        "what has not begun is not reported",
        (OPEN,),
        report("revenue[2026-01-02]=1"),
        "revenue for 2026-01-02 lies after today (2026-01-01). Check the period; report what has been.",
        report("revenue[2026-01-01]=1"),
    ),
    Rule(
        "a currency has a code",
        (OPEN,),
        report("revenue[2025-Q1]=1", currency="usd"),
        "'usd' is not a currency code. Write the three capital letters of ISO 4217, for example USD.",
        report("revenue[2025-Q1]=1", currency="USD"),
    ),
    Rule(
        "a report says every day once",
        (OPEN,),
        report("revenue[2025-Q1]=1", "revenue[2025-03]=1"),
        "The report gives revenue for 2025-Q1 and for 2025-03, which have days in common. Say every day once, or give "
        "the figures dimensions that tell them apart.",
        report("revenue[2025-Q1, app=a]=1", "revenue[2025-03, app=b]=1"),
    ),
    Rule(
        "what was reported is not reported again",
        (OPEN, Q1),
        report("revenue[2025-03]=1"),
        "revenue for 2025-03 is reported already: for 2025-Q1, by #2. If the figure has been restated, say --restate; "
        "if these are more rows of the same days, say --add; if it was mistyped, correct the entry: deal correct 2",
        report("revenue[2025-04]=1"),
    ),
    Rule(
        "what was reported of a value is not reported again",
        (OPEN, report("revenue[2025-Q1, app=a]=1 USD")),
        report("revenue[2025-Q1, app=a]=1 USD"),
        "revenue[app = a] for 2025-Q1 is reported already: for 2025-Q1, by #2. If the figure has been restated, say "
        "--restate; if these are more rows of the same days, say --add; if it was mistyped, correct the entry: deal "
        "correct 2",
        report("revenue[2025-Q1, app=a]=1 EUR"),
    ),
    Rule(
        "what was reported without a currency is not reported again with one",
        (OPEN, Q1),
        report("revenue[2025-Q1]=1_200_000 USD"),
        "revenue for 2025-Q1 is reported already: for 2025-Q1, by #2. If the figure has been restated, say --restate; "
        "if these are more rows of the same days, say --add; if it was mistyped, correct the entry: deal correct 2",
        restate("revenue[2025-Q1]=1_200_000 USD"),
    ),
    Rule(
        "a report of before does not come after what restated it",
        (OPEN, Q1, restate("revenue[2025-Q1]=1"), void(2)),
        report("revenue[2025-Q1]=2", dated="2025-05-02"),
        "revenue for 2025-Q1 is reported already: for 2025-Q1, by #3. If the figure has been restated, say --restate; "
        "if these are more rows of the same days, say --add; if it was mistyped, correct the entry: deal correct 3",
        report("revenue[2025-Q1]=2", dated="2025-05-01"),
    ),
    Rule(
        "a restatement is dated after what it restates",
        (OPEN, Q1),
        restate("revenue[2025-Q1]=1", dated="2025-04-01"),
        "revenue for 2025-Q1 was reported by #2, dated 2025-04-02, and this restatement is dated 2025-04-01, before "
        "that. Date it later; if the day of #2 is wrong, correct it: deal correct 2",
        restate("revenue[2025-Q1]=1", dated="2025-04-02"),
    ),
    Rule(
        "a restatement is not corrected to be before what it restates",
        (OPEN, Q1, restate("revenue[2025-Q1]=1")),
        correct(3, dated="2025-04-01"),
        "revenue for 2025-Q1 was reported by #2, dated 2025-04-02, and this restatement is dated 2025-04-01, before "
        "that. Date it later; if the day of #2 is wrong, correct it: deal correct 2",
        correct(3, dated="2025-04-02"),
    ),
    Rule(
        "a restatement of a whole is dated after that of its part",
        (OPEN, report("revenue[2025-01]=1", "revenue[2025-02]=1"), restate("revenue[2025-02]=2")),
        restate("revenue[2025-01..2025-02]=9", dated="2025-05-01"),
        "revenue for 2025-02 was reported by #3, dated 2025-05-02, and this restatement is dated 2025-05-01, before "
        "that. Date it later; if the day of #3 is wrong, correct it: deal correct 3",
        restate("revenue[2025-02]=9", dated="2025-05-01"),
    ),
    Rule(
        "a report is not corrected to be after what restated it",
        (OPEN, Q1, restate("revenue[2025-Q1]=1")),
        correct(2, dated="2025-05-03"),
        "revenue for 2025-Q1 is reported already: for 2025-Q1, by #3. If the figure has been restated, say --restate; "
        "if these are more rows of the same days, say --add; if it was mistyped, correct the entry: deal correct 3",
        correct(2, dated="2025-05-02"),
    ),
    Rule(
        "a void does not bring back what was reported again",
        (OPEN, Q1, void(2), Q1),
        void(3),
        "Without #3, revenue would be reported twice for 2025-Q1: by #2 and #4. Void one of these first.",
        void(4),
    ),
    Rule(
        "a restatement that hides two reports stays",
        (OPEN, Q1, restate("revenue[2025-Q1]=1"), void(2), report("revenue[2025-Q1]=7"), void(4)),
        void(3),
        "Without #3, revenue would be reported twice for 2025-Q1: by #2 and #5. Void one of these first.",
        void(5),
    ),
    Rule(
        "what was not reported is not restated",
        (OPEN, Q1),
        restate("revenue[2025-Q2]=1"),
        "revenue for 2025-Q2 was not reported before, so that nothing is restated. Report it without --restate, or "
        "check the period, the dimensions and the currency.",
        restate("revenue[2025-Q1]=1"),
    ),
    Rule(
        "a value that was not reported is not restated",
        (OPEN, Q1),
        restate("revenue[2025-Q1, app=a]=1"),
        "revenue[app = a] for 2025-Q1 was not reported before, so that nothing is restated. Report it without "
        "--restate, or check the period, the dimensions and the currency.",
        restate("revenue[2025-Q1, app=a]=1", whole="2025-Q1"),
    ),
    Rule(
        "a currency that was not reported is not restated",
        (OPEN, report("revenue[2025-Q1]=1 EUR")),
        restate("revenue[2025-Q1]=1 USD"),
        "revenue for 2025-Q1 was reported in EUR, by #2, and restated in another currency: the two would count side "
        "by side. Void #2 and report anew, or restate it as 0 EUR first.",
        restate("revenue[2025-Q1]=1 EUR"),
    ),
    Rule(
        "a restatement has all the days of what it restates",
        (OPEN, Q1),
        restate("revenue[2025-03]=1"),
        "revenue was reported for 2025-Q1 by #2, and 2025-03 has only some of these days. Restate all of them.",
        restate("revenue[2025]=1", dated="2025-12-31"),
    ),
    Rule(
        "a whole that is restated has all the days of what it restates",
        (OPEN, Q1),
        restate("revenue[2025-03]=1", whole="2025-03"),
        "revenue was reported for 2025-Q1 by #2, and 2025-03 has only some of these days. Restate all of them.",
        restate("revenue[2025-03]=1", whole="2025-01..2025-03"),
    ),
    Rule(
        "a correction of a report does not say what is reported elsewhere",
        (OPEN, Q1, Q2),
        correct(3, figure="revenue[2025-Q1]=1"),
        "revenue for 2025-Q1 is reported already: for 2025-Q1, by #2. If the figure has been restated, say --restate; "
        "if these are more rows of the same days, say --add; if it was mistyped, correct the entry: deal correct 2",
        correct(3, figure="revenue[2025-Q2]=1"),
    ),
]

ABOUT_RATES = [
    Rule(
        "a rate is of two currencies",
        (OPEN,),
        rate("EUR", 1, on="2025-03-31"),
        "'EUR' is not a pair of currencies. Write EUR/USD: how many dollars one euro is.",
        rate("EUR/USD", 1, on="2025-03-31"),
    ),
    Rule(
        "a currency needs no rate to itself",
        (OPEN,),
        rate("EUR/EUR", 1, on="2025-03-31"),
        "EUR/EUR needs no rate. Name two currencies, for example EUR/USD.",
        rate("EUR / USD", "1.0825", on="2025-03-31"),
    ),
    Rule(
        "a rate is above zero",
        (OPEN,),
        rate("EUR/USD", "0", on="2025-03-31"),
        "The rate 0 of EUR/USD is not above zero. Check the number.",
        rate("EUR/USD", "0.0001", on="2025-03-31"),
    ),
    Rule(
        "a rate is of a day or a period",
        (OPEN,),
        rate("EUR/USD", 1),
        "'rate' needs 'on'. Give --on, or in a file on = ...",
        rate("EUR/USD", 1, period="2025-Q1"),
    ),
    Rule(
        "a rate is of what has been",
        (OPEN,),
        rate("EUR/USD", 1, on="2026-01-02"),
        "EUR/USD for 2026-01-02 lies after today (2026-01-01). Check the period; report what has been.",
        rate("EUR/USD", 1, on="2026-01-01"),
    ),
    Rule(
        "a rate's currencies have codes",
        (OPEN,),
        rate("EUR/dollars", 1, on="2025-03-31"),
        "'dollars' is not a currency code. Write the three capital letters of ISO 4217, for example USD.",
        rate("EUR/XXX", 1, on="2025-03-31"),
    ),
    Rule(
        "a rate is corrected by a rate",
        (OPEN, rate("EUR/USD", 1, on="2025-03-31")),
        correct(2, amount="1.1"),
        "'correct' has no field 'amount'. It has: rate.",
        correct(2, rate="1.1"),
    ),
]

STATED = (OPEN, Q1, Issue("2025-Q1"))

ABOUT_PAYMENTS = [
    Rule(
        "a payment is against a statement",
        (OPEN, Q1),
        pay(2, "1"),
        "#2 is no statement. List the statements with: deal statement",
        Issue("2025-Q1"),
    ),
    Rule(
        "a payment of nothing is none",
        STATED,
        pay(3, "0"),
        "A payment of nothing is none. Give the amount; what was paid back is negative.",
        pay(3, "-0.01"),
    ),
    Rule(
        "a payment is in whole cents",
        STATED,
        pay(3, "0.001"),
        "0.001 USD cannot be paid: the smallest amount is 0.01. Check the amount.",
        pay(3, "1_000_000.01"),
    ),
    Rule(
        "yen are paid whole",
        (
            opened(pays="Acme -> Bolt as share: 20% of revenue every quarter in JPY"),
            report("revenue[2025-Q1]=99 JPY"),
            Issue("2025-Q1"),
        ),
        pay(3, "0.5"),
        "0.5 JPY cannot be paid: the smallest amount is 1. Check the amount.",
        pay(3, "20"),
    ),
    Rule(
        "a payment's correction is a payment's",
        (*STATED, pay(3, "1")),
        correct(4, figure="revenue[2025-Q1]=1"),
        "'correct' has no field 'figure'. It has: amount.",
        correct(4, amount="2"),
    ),
]

ABOUT_CLOSINGS = [
    Rule(
        "what was not stated is not closed",
        (OPEN, Q1),
        close("2025-Q1"),
        "No statement of any account for 2025-Q1 stands. Issue it first: deal settle 2025-Q1 --issue",
        Issue("2025-Q1"),
    ),
    Rule(
        "a period that is not over is not closed",
        STATED,
        close("2025..2026-01-01"),
        "2025-01-01 to 2026-01-01 is not over: its last day is 2026-01-01. Ask for a draft, and issue or close it "
        "then.",
        close("2025-Q1..2025-12-31"),
    ),
    Rule(
        "a period is closed once",
        (*STATED, close("2025-Q1")),
        close("2025"),
        "2025 cannot be closed: 2025-Q1 is closed already (#4). Close what follows it.",
        reopen(4),
    ),
    Rule(
        "a statement is closed whole",
        STATED,
        close("2025-03"),
        "2025-03 cannot be closed: #3 is the statement of 2025-Q1. Close 2025-Q1.",
        close("2025-Q1"),
    ),
    Rule(
        "reopening needs a reason",
        (*STATED, close("2025-Q1")),
        reopen(4, reason=" "),
        "A reopening needs a reason. Say why with: --reason TEXT",
        reopen(4),
    ),
    Rule(
        "what is not closed is not reopened",
        STATED,
        reopen(3),
        "No closing of this period stands, so that nothing is reopened. See what is closed with: deal log",
        close("2025-Q1"),
    ),
    Rule(
        "what was reopened is not reopened again",
        (*STATED, close("2025-Q1"), reopen(4)),
        reopen(4),
        "No closing of this period stands, so that nothing is reopened. See what is closed with: deal log",
        close("2025-Q1"),
    ),
    Rule(
        "periods are reopened from the last one on",
        (*STATED, close("2025-Q1"), Q2, Issue("2025-Q2"), close("2025-Q2")),
        reopen(4),
        "2025-Q1 cannot be reopened while 2025-Q2 is closed (#7). Reopen that one first.",
        reopen(7),
    ),
    Rule(
        "a closing is taken back by reopening",
        (*STATED, close("2025-Q1")),
        void(4),
        "#4 (PeriodClosed) cannot be voided: others rely on it. Take it back with: deal reopen PERIOD --reason WHY.",
        reopen(4),
    ),
    Rule(
        "a reopening is taken back by closing",
        (*STATED, close("2025-Q1"), reopen(4)),
        correct(5, note="x"),
        "#5 (PeriodReopened) cannot be corrected: others rely on it. Close the period again with: deal close PERIOD.",
        close("2025-Q1"),
    ),
    Rule(
        "a statement is not voided",
        STATED,
        void(3),
        "#3 (StatementIssued) cannot be voided: others rely on it. What has changed goes into the next statement as a "
        "true-up; while the period is not closed, deal settle --issue issues another in its place.",
        void(2),
    ),
    Rule(
        "a closed period takes no other statement",
        (*STATED, close("2025-Q1"), restate("revenue[2025-Q1]=1")),
        Issue("2025-Q1"),
        "A statement for 2025-Q1 cannot be issued: 2025-Q1 is closed (#4), and its statements stand. What has changed "
        "goes into the next statement as a true-up; to issue this one anew, reopen the period: deal reopen 2025-Q1 "
        "--reason ...",
        Issue("2025-Q2"),
    ),
]

ABOUT_SETTLING = [
    Rule(
        "what is settled past is carried",
        (*STATED, Q2, Issue("2025-Q2")),
        Issue("2025-Q1"),
        "acme-bolt is settled past 2025-Q1: #5 states 2025-Q2. What 2025-Q1 comes to now goes into the statement of "
        "the next period; see what was stated with: deal balance acme-bolt",
        Issue("2025-Q2"),
    ),
    Rule(
        "a period that is not over is not stated",
        (OPEN, Q1),
        Issue("2026-Q1"),
        "2026-Q1 is not over: its last day is 2026-03-31. Ask for a draft, and issue or close it then.",
        Issue("2025-Q4"),
    ),
    Rule(
        "a flow that names no periods is settled by those of the calendar",
        (opened(pays="Acme -> Bolt as share: 20% of revenue"), report("revenue[2025-01-10]=1")),
        Issue("2025-01-10..2025-01-19"),
        "'share' does not say in which periods it is paid, and the days that are settled are no month, quarter, "
        "half-year or year. Settle one of these, or amend the clause: ... every quarter",
        Issue("2025-01"),
    ),
    Rule(
        "one computation is in one currency",
        (opened(pays=[SHARE, "Bolt -> Cargo as cut: 10% of share every quarter in EUR"]), Q1),
        Issue("2025-Q1"),
        "'cut' is paid in EUR and computed from 'share', which is paid in USD. Let it refer to a definition, or let "
        "both be paid in one currency.",
        form("amend", "2025-01-01", pays="Bolt -> Cargo as cut: 10% of share every quarter"),
    ),
]

ABOUT_CLAUSES = [
    Rule(
        "who sets off is two",
        (OPEN,),
        form("amend", "2024-02-01", nets="Acme"),
        "'Acme' does not say who set off what they owe each other. Write it as 'ONE <-> OTHER'.",
        form("amend", "2024-02-01", nets="Acme <-> Bolt"),
    ),
    Rule(
        "nobody sets off with itself",
        (OPEN,),
        form("amend", "2024-02-01", nets="Acme <-> Acme"),
        "'Acme' cannot pay itself. Name two different parties: PAYER -> PAYEE.",
        form("amend", "2024-02-01", nets="Bolt <-> Acme"),
    ),
    Rule(
        "a part is at most the whole",
        (OPEN,),
        form("amend", "2024-02-01", pool="makers: Bolt 100.5%"),
        "'100.5%' is not a part of a pool. Write 60%, 12.5% or 1/3: above nothing, at most the whole.",
        form("amend", "2024-02-01", pool="makers: Bolt 100%"),
    ),
    Rule(
        "a part is more than nothing",
        (POOL,),
        form("partner add", "2024-02-01", party="Nord", pool="makers", part="0/3"),
        "'0/3' is not a part of a pool. Write 60%, 12.5% or 1/3: above nothing, at most the whole.",
        form("partner add", "2024-02-01", party="Nord", pool="makers", part="1/3"),
    ),
    Rule(
        "parts are no more than the whole",
        (POOL,),
        form("partner add", "2024-02-01", from_="2024-03-01", party="Nord", pool="makers", part="40.1%"),
        "On 2024-03-01 the members' parts of 'makers' would add up to more than the whole: Bolt 60% and Nord 40.1%. "
        "Lower one from that day, or leave it unsaid.",
        form("partner add", "2024-02-01", from_="2024-03-01", party="Nord", pool="makers", part="40%"),
    ),
]

RULES = [
    *ABOUT_FIGURES, *ABOUT_RATES, *ABOUT_PAYMENTS, *ABOUT_CLOSINGS, *ABOUT_SETTLING, *ABOUT_CLAUSES,
]  # fmt: skip


def drawn(desk: Desk, period: str) -> list[StatementIssued]:
    head = desk.ledger.entries.head()
    point = Point(desk.ledger.today, None, head, root=root(desk.ledger.database, head))
    drafts = settle("acme-bolt", desk.ledger.history("acme-bolt"), days_in(period), point, desk.ledger.today)
    return [draft.statement for draft in drafts]


def do(desk: Desk, step: Any) -> None:
    if isinstance(step, Issue):
        desk.ledger.record([Draft("acme-bolt", statement) for statement in drawn(desk, step.period)], "Dana")
    else:
        desk.tell(step)


def given(folder: Path, *steps: Any) -> Desk:
    desk = Desk(folder)
    for step in steps:
        do(desk, step)
    return desk


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.claim)
def test_what_is_booked_keeps_the_rule(rule, tmp_path):
    desk = given(tmp_path, *rule.given)
    there = desk.events()
    with pytest.raises(Refusal) as refused:
        do(desk, rule.asked)
    assert str(refused.value) == rule.sentence
    assert desk.events() == there
    do(desk, rule.taken)
    assert len(desk.events()) > len(there)


def test_every_claim_is_its_own():
    assert len({rule.claim for rule in RULES}) == len(RULES)


# --- statements that nobody computed ------------------------------------------------------------------------

DOES_NOT_ADD = (
    "The statement of Acme -> Bolt, USD for 2025-Q1 does not add up, does not go on from the one before, or its digest "
    "is another's. Statements are made by deal settle; do not write them by hand."
)


def signed_again(statement: StatementIssued) -> StatementIssued:
    return replace(statement, digest=digest_of(statement))


def by_hand(desk: Desk, statement: StatementIssued) -> str:
    """Tells a statement through a line of JSON, as a file does; answers with the refusal's sentence."""
    file = desk_file(desk)
    file.write_bytes(draft_line(Entry("acme-bolt", 0, statement)))
    with pytest.raises(Refusal) as refused:
        desk.ledger.record(drafts_of(file), "Dana")
    return str(refused.value).splitlines()[1].strip()


def desk_file(desk: Desk) -> Path:
    return Path(desk.address).with_name("statements.jsonl")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: replace(s, closing=s.closing + 1), DOES_NOT_ADD),
        (lambda s: signed_again(replace(s, closing=s.closing + 1)), DOES_NOT_ADD),
        (lambda s: signed_again(replace(s, opening=Decimal(5), closing=s.closing + 5)), DOES_NOT_ADD),
        (lambda s: replace(s, digest="0" * 64), DOES_NOT_ADD),
        (lambda s: replace(s, note="another"), DOES_NOT_ADD),
        (lambda s: signed_again(replace(s, dues=(replace(s.dues[0], amount=Decimal(1)),))), DOES_NOT_ADD),
        (
            lambda s: signed_again(replace(s, position=1)),
            "The statement was computed on the entries up to #1, and #2 was recorded since. Settle again.",
        ),
        *(
            (
                lambda s, told=told: signed_again(replace(s, earlier=told)),
                "The statement of Acme -> Bolt, USD for 2025-Q1 does not say one thing of earlier periods. Say since "
                "when they are stated, or where they were settled: days before the first that is stated.",
            )
            for told in (
                Earlier(before=date(2025, 1, 1)),
                Earlier(before=date(2025, 1, 1), since=date(2024, 7, 1), elsewhere="by hand"),
                Earlier(before=date(2025, 1, 2), elsewhere="by hand"),
                Earlier(before=date(2025, 1, 1), since=date(2025, 1, 1)),
                Earlier(before=date(2025, 1, 1), elsewhere=" "),
            )
        ),
        (
            lambda s: signed_again(replace(s, replaces=2)),
            "No statement of Acme -> Bolt, USD for 2025-Q1 stands. Issue it first: deal settle 2025-Q1 --issue",
        ),
        (
            lambda s: signed_again(replace(s, through=date(2024, 12, 31))),
            "The statement's period starts on 2025-01-01 and ends before that, on 2024-12-31. Give a last day that is "
            "the first day or later.",
        ),
    ],
)
def test_a_statement_written_by_hand_is_refused(change, sentence, tmp_path):
    desk = given(tmp_path, OPEN, Q1)
    (statement,) = drawn(desk, "2025-Q1")
    assert by_hand(desk, change(statement)) == sentence


def test_a_statement_that_adds_up_and_says_something_else_is_found_by_its_check(tmp_path):
    desk = given(tmp_path, OPEN, Q1)
    (statement,) = drawn(desk, "2025-Q1")
    forged = replace(statement, dues=(replace(statement.dues[0], amount=Decimal("1.00")),), closing=Decimal("1.00"))
    desk.ledger.record([Draft("acme-bolt", signed_again(forged))], "Dana")
    _, found, _ = differences(desk.ledger, "#3")
    assert [text.partition(" [")[0] for text in found] == [
        '#3: its closing says "1.00"; its entries say "240000.00".',
        "#3: its dues says",
    ]


def test_a_statement_through_a_file_is_taken_where_it_adds_up(tmp_path):
    desk = given(tmp_path, OPEN, Q1)
    (statement,) = drawn(desk, "2025-Q1")
    desk_file(desk).write_bytes(draft_line(Entry("acme-bolt", 0, statement)))
    assert desk.ledger.record(drafts_of(desk_file(desk)), "Dana")[0].entry.event == statement


def test_a_second_statement_of_a_period_takes_the_place_of_the_first_or_is_refused(tmp_path):
    desk = given(tmp_path, *STATED)
    (again,) = drawn(desk, "2025-Q1")
    assert again.replaces == 3
    assert by_hand(desk, signed_again(replace(again, replaces=None))) == (
        "A statement of Acme -> Bolt, USD for 2025-Q1 cannot be issued: #3 states 2025-Q1. Statements follow one "
        "another; what earlier periods come to now goes into the next one as a true-up, and of periods before the "
        "first one with --include-earlier."
    )


def test_a_statement_that_was_replaced_is_not_replaced_again(tmp_path):
    desk = given(tmp_path, *STATED, restate("revenue[2025-Q1]=1_000_000"))
    (again,) = drawn(desk, "2025-Q1")
    do(desk, Issue("2025-Q1"))
    assert by_hand(desk, signed_again(replace(again, position=5))) == (
        "A statement of Acme -> Bolt, USD for 2025-Q1 cannot be issued: #5 states 2025-Q1. Statements follow one "
        "another; what earlier periods come to now goes into the next one as a true-up, and of periods before the "
        "first one with --include-earlier."
    )


def test_a_statement_is_of_what_was_there_when_it_was_computed(tmp_path):
    desk = given(tmp_path, OPEN, Q1)
    (statement,) = drawn(desk, "2025-Q1")
    desk.tell(restate("revenue[2025-Q1]=1"))
    with pytest.raises(errors.StatementOutdated) as refused:
        desk.ledger.record([Draft("acme-bolt", statement)], "Dana")
    assert str(refused.value) == (
        "The statement was computed on the entries up to #2, and #3 was recorded since. Settle again."
    )
    assert refused.value.exit_code == 5
    do(desk, Issue("2025-Q1"))


def test_what_falls_due_is_stated_before_its_period_is_closed(tmp_path):
    flows = [SHARE, "Acme -> Cargo as fee: 100 every quarter"]
    desk = given(tmp_path, opened(pays=flows), Q1)
    first, second = drawn(desk, "2025-Q1")
    desk.ledger.record([Draft("acme-bolt", first)], "Dana")
    point = Point(desk.ledger.today, None, desk.ledger.entries.head())
    with pytest.raises(errors.NotStatedYet) as refused:
        to_close(desk.ledger, days_in("2025-Q1"), point, "acme-bolt")
    assert str(refused.value) == (
        "acme-bolt: what Acme owes Cargo for 2025-Q1 is not stated yet. Issue it first, and close the period then: "
        "deal settle 2025-Q1 acme-bolt --issue"
    )
    desk.ledger.record([Draft("acme-bolt", signed_again(replace(second, position=3)))], "Dana")
    assert to_close(desk.ledger, days_in("2025-Q1"), Point(point.on, None, 4), "acme-bolt") == ["acme-bolt"]


# --- what can only be written by a program --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            MeasureReported(dated=date(2025, 4, 2), figures=()),
            "The report has no figure. Give at least one, for example: revenue=1_200_000",
        ),
        (
            MeasureRestated(
                dated=date(2025, 4, 2), figures=(), whole=DaySpan(start=date(2025, 1, 1), through=date(2025, 3, 31))
            ),
            "The report has no figure. Give at least one, for example: revenue=1_200_000",
        ),
        (
            MeasureReported(
                dated=date(2025, 4, 2),
                figures=(Figure(measure="a b", start=date(2025, 1, 1), through=date(2025, 1, 1), amount=Decimal(1)),),
            ),
            "'a b' cannot name a measure or a dimension, or be a dimension's value. Use letters, digits and "
            "underscores, starting with a letter; a value may be any text that is not empty and can be shown on a "
            "line.",
        ),
        (
            MeasureReported(
                dated=date(2025, 4, 2),
                figures=(Figure(measure="a", start=date(2025, 1, 1), through=date(2025, 1, 1), amount=Decimal("NaN")),),
            ),
            "'NaN' is too large to be computed exactly. Check the numbers; amounts go up to 10^30.",
        ),
        (
            MeasureReported(
                dated=date(2025, 4, 2),
                figures=(
                    Figure(measure="a", start=date(2025, 1, 1), through=date(2025, 1, 1), amount=Decimal("1.1e30")),
                ),
            ),
            "The amount 1.100000E+30 is too large to be computed exactly. Check the numbers; amounts go up to 10^30.",
        ),
        (
            RateRecorded(
                dated=date(2025, 4, 2), base="EUR", quote="USD", rate=Decimal(-1), start=date(2025, 1, 1),
                through=date(2025, 1, 1),
            ),
            "The rate -1 of EUR/USD is not above zero. Check the number.",
        ),
        (
            PaymentMade(dated=date(2025, 4, 2), statement_version=1, amount=Decimal(1)),
            "There is no statement of version 1 in this deal. List the statements with: deal statement",
        ),
        (
            PaymentMade(dated=date(2026, 1, 2), statement_version=1, amount=Decimal(1)),
            "The instrument is dated 2026-01-02, and today is 2026-01-01: nobody can have signed or published it yet. "
            "Give the day it was signed or published; the day from which it takes effect is --from.",
        ),
        (
            PeriodClosed(dated=date(2025, 4, 2), start=date(2025, 4, 1), through=date(2025, 1, 1)),
            "The period to close starts on 2025-04-01 and ends before that, on 2025-01-01. Give a last day that is the "
            "first day or later.",
        ),
        (
            PeriodReopened(dated=date(2025, 4, 2), closed_version=1, reason="r"),
            "No closing of this period stands, so that nothing is reopened. See what is closed with: deal log",
        ),
    ],
)  # fmt: skip
def test_what_a_program_writes_keeps_the_same_rules(event, sentence, tmp_path):
    desk = given(tmp_path, OPEN)
    with pytest.raises(Refusal) as refused:
        desk.ledger.record([Draft("acme-bolt", event)], "Dana")
    assert str(refused.value) == sentence
