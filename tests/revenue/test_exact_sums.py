"""Whatever the lines are, every sum is what adding them up one by one comes to, and no line is lost."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from projections.revenue import plain
from projections.revenue.segments import Segments
from projections.revenue.take import take

FIRST = date(2023, 12, 20)
DAYS = st.integers(0, 100).map(lambda n: FIRST + timedelta(days=n))
AMOUNTS = st.integers(-(10**18) + 1, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-4))
LINES = st.lists(
    st.tuples(
        st.sampled_from(["acme", "bolt"]), DAYS, st.sampled_from(["revenue", "units"]), AMOUNTS,
        st.sampled_from(["", "USD"]), st.sampled_from(["", "a", "ü,\n"]),
    ),
    max_size=60,
)  # fmt: skip
CUTS = st.lists(DAYS, max_size=5)


def starts(cuts: Collection[date]) -> list[date]:
    """The first days of all segments around the lines, day by day."""
    days = [FIRST.replace(day=1) + timedelta(days=n) for n in range(200)]
    return [day for day in days if day.day == 1 or day in cuts]


@given(LINES, CUTS, st.sampled_from(["day", "segment"]), st.integers(1, 80))
def test_every_sum_is_what_its_lines_add_up_to(lines, changes, by, many):
    """`many` is where plain Python begins to sum by segment: in the middle of the file, or never."""
    deals: Mapping[str, Collection[date]] = {"acme": changes, "bolt": []}
    expected: dict[tuple[object, ...], Decimal] = {}
    for deal, day, measure, amount, currency, product in lines:
        first = day if by == "day" else max(start for start in starts(deals[deal]) if start <= day)
        key = (deal, measure, first, currency or None, product.strip())
        expected[key] = expected.get(key, Decimal(0)) + amount
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lines.csv"
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["deal", "day", "measure", "amount", "currency", "product"])
            writer.writerows((deal, day, measure, f"{amount:f}", *rest) for deal, day, measure, amount, *rest in lines)
        usual, plain.DAYS_UP_TO = plain.DAYS_UP_TO, many
        try:
            taken = take(path, cuts=lambda names: {name: deals[name] for name in names}, by=by, engine="plain")
        finally:
            plain.DAYS_UP_TO = usual
    found = {
        (s.deal, s.measure, s.span.start, s.currency, dict(s.dimensions).get("product", "")): s.amount
        for s in taken.sums
    }
    assert found == expected
    assert sum(s.rows for s in taken.sums) == taken.rows == len(lines)
    assert [s[:3] for s in taken.sums] == [s[:3] for s in sorted(taken.sums, key=order)]


def order(s):
    return s.deal, s.measure, s.currency or "", s.dimensions, s.span.start


@given(CUTS, DAYS)
def test_the_segments_of_a_month_cover_each_of_its_days_once(changes, day):
    segments, month = Segments(changes), day.replace(day=1)
    found = [span for _, span in segments.within([month])]
    assert [span.start for span in found] == [
        start for start in starts(changes) if (start.year, start.month) == (month.year, month.month)
    ]
    assert [span.end for span in found[:-1]] == [span.start for span in found[1:]]
    assert found[-1].end.day == 1
    assert [span for span in found if day in span] == [segments.of(day)]
