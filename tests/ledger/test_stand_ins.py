"""Days that stand in for others: whatever the days are, a shared program pays and says what one of its own would."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.calendar import FIRST_DAY, LAST_DAY, Span
from ledger.computing.evaluation import Line, Measures, Program, Reported, compile
from ledger.computing.explanation import explain
from ledger.computing.stand_ins import StandIns
from ledger.language import notation

FIRST = date(2025, 1, 1)
DAYS = [date(2025, 4, 15), date(2025, 7, 1), date(2025, 8, 31)]
FLOWS = [
    ("10% of x every month", "20% of net every quarter"),
    ("cap(10% of x, 90 per life) every month", "cap(20% of x - y, 90 per life) every month"),
    ("cap(10% of x, 90 per year) every month", "tiers(x per year: 5% to 100, 6% above) every quarter"),
    ("recoup(10% of net, 60 per year) every month", "recoup(20% of x, 80 per year) every month"),
    ("20% of net every month", "atleast(10% of x, 300 per year) every quarter"),
    ("atleast(10% of x, 300 per year) every quarter", "atleast(20% of net, 300 per year) every month"),
    ("band(total(x per year): 5% under 300, 6% above) of y every month", "10% of total(net per life) every month"),
    ("cap(10% of x, 90 per life) every month", "atleast(10% of x, 300 per year) every month"),
    ("cap(10% of x, 90 per life) every month", "cap(20% of x, 50 per year) every quarter"),
    ("recoup(10% of x, due(2025-02-10: 50, 2025-07-15: 60) per year) every month", "20% of x every month"),
    (
        "tiers(x per year since 2025-04-15: 5% to 100, 6% above) every quarter",
        "cap(10% of x, 90 since 2025-03-01) every month",
    ),
    ("min(x, 900 - prior(f per life)) every month", "5% of each(month: net) every quarter"),
]
NETS = ["x - y", "x - min(y, 5% of x)"]
texts = st.tuples(st.sampled_from(FLOWS), st.booleans(), st.sampled_from(NETS), st.sampled_from(NETS))
days = st.lists(st.dates(date(2024, 11, 1), date(2026, 2, 1)), min_size=4, max_size=4, unique=True).map(sorted)


def measures(first: date) -> Measures:
    """Sales of every day, so that they are known for any span."""
    every = [first + timedelta(n) for n in range((date(2026, 1, 1) - first).days)]
    return Measures(Reported(m, Span(d, d + timedelta(1)), Decimal(d.day % 7 + 4)) for d in every for m in "xy")


def sheet(pair: tuple[str, str], turned: bool, net: str, later_net: str, days: list[date]) -> list[Line]:
    """A flow that is amended and ends, and in between a definition that is amended."""
    flow, later = reversed(pair) if turned else pair
    start, other, day, end = days
    flows = ((Span(start, day), notation.parse(flow)), (Span(day, end), notation.parse(later)))
    nets = ((Span(FIRST_DAY, other), notation.parse_expr(net)), (Span(other, LAST_DAY), notation.parse_expr(later_net)))
    return [Line("f", flows), Line("net", nets)]


def told(program: Program, sales: Measures, start: date | None, stand_ins: StandIns | None = None) -> list[object]:
    """What a year comes to, and how."""
    whole = Span(FIRST, date(2026, 1, 1))
    rows = program.run(sales, whole, explain=True, start=start, stand_ins=stand_ins)
    return [(r.line, r.period, r.exact, r.payment, r.notes, r.parts, explain(r, program.lines)) for r in rows]


@settings(max_examples=60, deadline=None)
@example((FLOWS[5], False, *NETS), [FIRST, *DAYS], FIRST, FIRST)  # what is short of a minimum, on the terms' last day
@given(texts, days, st.sampled_from([FIRST, None]), st.sampled_from([FIRST, date(2025, 3, 1)]))
def test_a_shared_program_pays_and_explains_what_one_of_its_own_would(
    texts: tuple[tuple[str, str], bool, str, str], days: list[date], start: date | None, reported: date
) -> None:
    stand_ins, sales = StandIns(days), measures(reported)
    own = compile(sheet(*texts, days), start=start)
    shared = compile(sheet(*texts, [stand_ins.of(day) for day in days]))
    assert told(shared, sales, start, stand_ins) == told(own, sales, start)


@pytest.mark.parametrize("day", [date(2025, 4, 14), *DAYS, date(2025, 9, 1), FIRST_DAY, LAST_DAY])
def test_the_same_terms_stand_on_a_day_and_on_its_stand_in(day: date) -> None:
    stand_ins = StandIns(DAYS)
    edges = [FIRST_DAY, *DAYS, LAST_DAY]
    assert [edge <= day for edge in edges] == [stand_ins.of(edge) <= stand_ins.of(day) for edge in edges]


def test_a_stand_in_is_led_back_to_its_day_and_other_days_are_themselves() -> None:
    stand_ins = StandIns([DAYS[2], FIRST_DAY, *DAYS, LAST_DAY])
    days = [FIRST_DAY, *DAYS, LAST_DAY]
    assert [stand_ins.real(stand_ins.of(day)) for day in days] == days
    assert StandIns().of(DAYS[0]) == StandIns().real(DAYS[0]) == DAYS[0]
