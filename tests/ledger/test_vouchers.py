"""Vouchers: forms of what is booked, and what a correction of one leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledger.errors import Refusal
from ledger.events import DaySpan, Figure, MeasureReported, PaymentMade, RateRecorded
from ledger.form import draft_of
from tests.desk import form
from tests.ledger.test_bookings import OPEN, Issue, given

Q1 = {"start": date(2025, 1, 1), "through": date(2025, 3, 31)}
MARCH = {"start": date(2025, 3, 1), "through": date(2025, 3, 31)}


def event(word: str, **fields: object) -> object:
    return draft_of(form(word, "2025-04-02", **fields)).event


def test_the_figures_of_a_report_say_their_own_days_or_the_reports():
    told = event("report", figure=["revenue=1.2m", "units[2025-03]=7"], period="2025-Q1", currency="EUR", dim=["app=a"])
    assert told == MeasureReported(
        dated=date(2025, 4, 2),
        figures=(
            Figure(measure="revenue", amount=Decimal(1_200_000), currency="EUR", dimensions={"app": "a"}, **Q1),
            Figure(measure="units", amount=Decimal(7), currency="EUR", dimensions={"app": "a"}, **MARCH),
        ),
    )


def test_a_figures_own_dimension_and_currency_go_before_the_reports():
    told = event("report", figure="revenue[2025-03, app=b]=1 USD", period="2025-Q1", currency="EUR", dim=["app=a"])
    assert told.figures == (
        Figure(measure="revenue", amount=Decimal(1), currency="USD", dimensions={"app": "b"}, **MARCH),
    )


def test_equal_names_of_dimensions_values_are_equal_however_they_were_typed():
    composed, decomposed = (
        event("report", figure=f"revenue[2025-Q1, app={name}]=1") for name in ("Caf\u00e9", "Cafe\u0301")
    )
    assert composed == decomposed


def test_a_day_of_a_file_is_a_period():
    assert event("report", figure="revenue=1", period=date(2025, 3, 31)).figures[0].start == date(2025, 3, 31)


def test_a_restatement_may_be_of_a_whole():
    told = event("restate", figure="revenue[2025-03]=1", whole="2025-Q1")
    assert told.whole == DaySpan(**Q1)


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"on": "2025-03-31"}, (date(2025, 3, 31), date(2025, 3, 31))),
        ({"on": "2025-Q1"}, (date(2025, 3, 31), date(2025, 3, 31))),
        ({"period": "2025-Q1"}, (date(2025, 1, 1), date(2025, 3, 31))),
    ],
)
def test_a_rate_is_of_a_day_or_a_period(fields, days):
    told = event("rate", pair="EUR/USD", rate="1.0825", **fields)
    assert told == RateRecorded(
        dated=date(2025, 4, 2), base="EUR", quote="USD", rate=Decimal("1.0825"), start=days[0], through=days[1]
    )


# --- corrections ------------------------------------------------------------------------------------------

STATED = (
    OPEN,
    form("report", "2025-04-02", figure=["revenue[2025-Q1]=1_200_000", "units[2025-Q1]=7"]),
    Issue("2025-Q1"),
)


def standing(desk, place: int):
    return next(fact.instrument for fact in desk.ledger.deal("acme-bolt").standing.facts if fact.place == place)


def correct(entry: int, **fields: object):
    return form("correct", entry=entry, reason="mistyped", **fields)


def test_a_corrected_figure_takes_the_place_of_the_one_of_the_same_days(tmp_path):
    desk = given(tmp_path, *STATED, correct(2, figure="revenue[2025-Q1]=1_100_000"))
    assert {(f.measure, f.amount) for f in standing(desk, 2).figures} == {
        ("revenue", Decimal(1_100_000)),
        ("units", Decimal(7)),
    }


def test_a_corrected_figure_leaves_those_in_other_currencies(tmp_path):
    both = form("report", "2025-04-02", figure=["revenue[2025-Q1]=1 USD", "revenue[2025-Q1]=2 EUR"])
    desk = given(tmp_path, OPEN, both, correct(2, figure="revenue[2025-Q1]=9 USD"))
    assert {(f.currency, f.amount) for f in standing(desk, 2).figures} == {("EUR", Decimal(2)), ("USD", Decimal(9))}


def test_the_currency_of_a_figure_is_corrected(tmp_path):
    one = form("report", "2025-04-02", figure="revenue[2025-Q1]=1 USD")
    desk = given(tmp_path, OPEN, one, correct(2, figure="revenue[2025-Q1]=1 EUR"))
    assert {(f.currency, f.amount) for f in standing(desk, 2).figures} == {("EUR", Decimal(1))}


def test_a_corrected_figure_of_other_days_is_one_more(tmp_path):
    desk = given(tmp_path, *STATED, correct(2, figure="units[2025-Q2]=9"))
    assert [(f.measure, f.start.month, f.amount) for f in standing(desk, 2).figures] == [
        ("revenue", 1, Decimal(1_200_000)),
        ("units", 1, Decimal(7)),
        ("units", 4, Decimal(9)),
    ]


def test_the_paper_of_a_report_is_corrected_alone(tmp_path):
    desk = given(tmp_path, *STATED, correct(2, dated="2025-04-03"))
    told = standing(desk, 2)
    assert (told.dated, len(told.figures)) == (date(2025, 4, 3), 2)


def test_a_corrected_payment_keeps_its_statement(tmp_path):
    pay = form("pay", "2025-05-15", statement=3, amount="100")
    desk = given(tmp_path, *STATED, pay, correct(4, amount="-100.50"))
    assert standing(desk, 4) == PaymentMade(dated=date(2025, 5, 15), statement_version=3, amount=Decimal("-100.50"))


def test_a_corrected_rate_keeps_its_days(tmp_path):
    rate = form("rate", "2025-04-02", pair="EUR/USD", rate="1.8025", period="2025-Q1")
    desk = given(tmp_path, OPEN, rate, correct(2, rate="1.0825"))
    assert (standing(desk, 2).rate, standing(desk, 2).through) == (Decimal("1.0825"), date(2025, 3, 31))


def test_a_correction_that_takes_what_a_report_has_not_is_refused(tmp_path):
    desk = given(tmp_path, *STATED)
    with pytest.raises(Refusal) as refused:
        desk.tell(correct(2, rate="1"))
    assert str(refused.value) == "'correct' has no field 'rate'. It has: figure."


def test_a_correction_of_terms_has_no_figures(tmp_path):
    desk = given(tmp_path, *STATED)
    with pytest.raises(Refusal):
        desk.tell(correct(1, figure="revenue[2025-Q1]=1"))
