"""What is booked, as some facts have it: whatever order it was typed in, known by when, recorded by when."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import date
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, settings
from hypothesis import given as whatever
from hypothesis import strategies as st

from ledger import rule
from ledger.accounts import Accounts, accounts_of
from ledger.errors import Refusal
from tests.desk import Desk, Form
from tests.ledger.test_bookings import OPEN, STATED, Issue, close, correct, given, pay, reopen, report, restate, void


def accounts(desk: Desk, known: str | None = None, recorded: int | None = None) -> Accounts:
    entries = [e for e in desk.ledger.history("acme-bolt") if recorded is None or e.position <= recorded]
    view = rule.View(date.fromisoformat(known) if known else None)
    return accounts_of(rule.known(rule.in_books(entries), view))


def figures(found: Accounts) -> list[tuple[str, str, str]]:
    """Measure, first day and amount of every figure that stands."""
    return sorted((f.measure, str(f.start), str(f.amount)) for f, _ in found.filed())


def amounts(found: Accounts) -> list[str]:
    return [amount for _, _, amount in figures(found)]


Q1 = report("revenue[2025-Q1]=100")
FIRST = restate("revenue[2025-Q1]=90", dated="2025-05-02")
SECOND = restate("revenue[2025-Q1]=80", dated="2025-06-02")
THIRD = restate("revenue[2025-Q1]=70", dated="2025-07-02")


@pytest.mark.parametrize(
    "order", list(permutations([FIRST, SECOND, THIRD])), ids=lambda o: "-".join(f["dated"][5:7] for f in o)
)
def test_the_latest_restatement_stands_whatever_order_they_were_typed_in(order, tmp_path):
    assert amounts(accounts(given(tmp_path, OPEN, Q1, *order))) == ["70"]


def test_of_two_restatements_of_a_day_the_one_typed_later_stands(tmp_path):
    same = restate("revenue[2025-Q1]=80", dated="2025-05-02")
    assert amounts(accounts(given(tmp_path, OPEN, Q1, FIRST, same))) == ["80"]


@pytest.mark.parametrize(
    ("known", "expected"),
    [("2025-04-01", []), ("2025-04-02", ["100"]), ("2025-05-01", ["100"]), ("2025-05-02", ["90"]), (None, ["80"])],
)
def test_figures_are_as_they_were_known(known, expected, tmp_path):
    assert amounts(accounts(given(tmp_path, OPEN, Q1, SECOND, FIRST), known)) == expected


@pytest.mark.parametrize(("recorded", "expected"), [(1, []), (2, ["100"]), (3, ["80"]), (4, ["80"]), (5, ["90"])])
def test_figures_are_as_they_were_recorded(recorded, expected, tmp_path):
    assert amounts(accounts(given(tmp_path, OPEN, Q1, SECOND, FIRST, void(3)), recorded=recorded)) == expected


APPS = report("revenue[2025-Q1, app=a]=1", "revenue[2025-Q1, app=b]=2")
MONTHS = report("revenue[2025-01]=1", "revenue[2025-02]=2", "revenue[2025-03]=3")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((MONTHS, restate("revenue[2025-Q1]=9")), ["9"]),
        ((MONTHS, restate("revenue[2025-02]=9")), ["1", "9", "3"]),
        ((MONTHS, restate("revenue[2025-02]=9", whole="2025-Q1")), ["9"]),
        ((MONTHS, restate("revenue[2025-02]=9", whole="2025-02")), ["1", "9", "3"]),
        ((APPS, restate("revenue[2025-Q1, app=a]=9")), ["2", "9"]),
        ((APPS, restate("revenue[2025-Q1]=9", whole="2025-Q1")), ["9"]),
        ((report("revenue[2025-Q1]=1", "units[2025-Q1]=2"), restate("units[2025-Q1]=9")), ["1", "9"]),
        ((report("revenue[2025-Q1]=1 USD", "revenue[2025-Q1]=2 EUR"), restate("revenue[2025-Q1]=9 USD")), ["2", "9"]),
        ((report("revenue[2025-Q1]=1"), restate("revenue[2025-Q1]=9 USD")), ["9"]),
        ((MONTHS, correct(2, figure="revenue[2025-02]=9")), ["1", "9", "3"]),
        ((MONTHS, void(2)), []),
        ((Q1, FIRST, void(3)), ["100"]),
        ((Q1, FIRST, void(2)), ["90"]),
        ((Q1, FIRST, correct(3, figure="revenue[2025-Q1]=91")), ["91"]),
        ((Q1, FIRST, SECOND, correct(3, dated="2025-06-03")), ["90"]),
    ],
)  # fmt: skip
def test_what_stands_of_what_was_reported(steps, expected, tmp_path):
    assert sorted(amounts(accounts(given(tmp_path, OPEN, *steps)))) == sorted(expected)


def test_payments_are_in_the_order_of_their_days(tmp_path):
    desk = given(tmp_path, *STATED, pay(3, "2", "2025-06-01"), pay(3, "1", "2025-05-01"))
    found = accounts(desk)
    assert [str(p.payment.amount) for p in found.paid(found.statements[0].account)] == ["1.00", "2.00"]


@pytest.mark.parametrize(
    ("mend", "expected"),
    [(void(4), []), (correct(4, amount="3"), ["3.00"]), (correct(4, dated="2025-05-16"), ["2.00"])],
)
def test_payments_are_voided_and_corrected(mend: Form, expected, tmp_path):
    found = accounts(given(tmp_path, *STATED, pay(3, "2"), mend))
    assert [str(p.payment.amount) for p in found.payments] == expected


def test_a_statement_that_was_replaced_is_kept_and_does_not_stand(tmp_path):
    desk = given(tmp_path, *STATED, restate("revenue[2025-Q1]=1"), Issue("2025-Q1"))
    found = accounts(desk)
    assert [s.fact.entry.position for s in found.statements] == [5]
    assert sorted(found.issued) == [3, 5]
    assert [s.fact.entry.position for s in found.standing(date(2025, 12, 31))] == []
    assert found.since == date(2025, 1, 1)


def test_closings_stand_until_they_are_taken_back(tmp_path):
    desk = given(tmp_path, *STATED, close("2025-Q1"), reopen(4), close("2025-Q1"))
    assert sorted(accounts(desk, recorded=4).closings) == [4]
    assert sorted(accounts(desk, recorded=5).closings) == []
    assert sorted(accounts(desk).closings) == [6]


def test_the_currency_is_that_of_the_first_report_that_has_one(tmp_path):
    desk = given(
        tmp_path, OPEN, report("units[2025-Q1]=1"), report("revenue[2025-Q1]=1 JPY"), report("revenue[2025-Q2]=1 EUR")
    )
    assert accounts(desk, recorded=2).currency is None
    assert accounts(desk).currency == "JPY"


# --- a day is counted once, whatever is told ---------------------------------------------------------------

SPANS = ["2025-01", "2025-02", "2025-03", "2025-Q1", "2025-01..2025-02", "2025-02-10..2025-03-09"]
TOLD = st.tuples(
    st.sampled_from(["report", "report", "restate", "restate", "whole", "void", "correct", "redate"]),
    st.integers(0, 5), st.integers(1, 12), st.sampled_from(["", ", app=a"]), st.sampled_from(["", " USD", " EUR"]),
)  # fmt: skip


def told_of(step: tuple[str, int, int, str, str], count: int) -> Form:
    word, which, number, dimension, currency = step
    figure, dated = f"revenue[{SPANS[which]}{dimension}]={number}{currency}", f"2025-{number:02}-05"
    entry = 2 + (which * 7 + number) % count
    match word:
        case "report":
            return report(figure, dated=dated)
        case "restate":
            return restate(figure, dated=dated)
        case "whole":
            return restate(figure, dated=dated, whole=SPANS[3 + which % 3])
        case "void":
            return void(entry)
        case "correct":
            return correct(entry, figure=figure)
    return correct(entry, dated=dated)


@settings(max_examples=40, derandomize=True, deadline=None, phases=[Phase.generate])
@whatever(st.lists(TOLD, min_size=5, max_size=25))
def test_a_day_is_counted_once_whatever_is_told(steps):
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder), OPEN)
        for step in steps:
            with suppress(Refusal):
                desk.tell(told_of(step, max(1, len(desk.events()) - 1)))
        days = defaultdict(list)
        for figure, _ in accounts(desk).filed():
            for day in range(figure.start.toordinal(), figure.through.toordinal() + 1):
                days[day, figure.measure, *figure.dimensions.items()].append(figure.currency)
        # Sales in two currencies are two; in which currency one without is, is not known.
        for currencies in days.values():
            assert len(currencies) == 1 or (None not in currencies and len(currencies) == len(set(currencies)))
