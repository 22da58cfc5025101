"""Asking only the deals that can have an answer gives the answers of all deals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.application import Ledger
from ledger.calendar import ONE_DAY, Span
from projections.diff import diff
from projections.point import Point
from projections.touched import coming, differing
from projections.upcoming import upcoming
from tests.benchmarks.generator import Shape, fill
from tests.histories import histories, points
from tests.projections.test_rule_property import recorded

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def comes(ledger: Ledger, slugs: list[str], point: Point, window: Span) -> list[object]:
    return [c for slug, told in ledger.histories(sorted(slugs)) for c in upcoming(slug, told, point, window)]


def differs(ledger: Ledger, slugs: list[str], before: Point, after: Point) -> list[object]:
    rows = []
    for slug, told in ledger.histories(sorted(slugs)):
        rows += [(slug, row) for row in diff(slug, told, before, after, None)["changes"]]
    return rows


def point_of(asked, head: int) -> Point:
    on, known, fraction, planned, confirmed_only = asked
    return Point(on, known, head if fraction is None else round(fraction * head), planned, confirmed_only)


def check(ledger: Ledger, first: Point, second: Point, days: int) -> None:
    everyone = ledger.entries.deals()
    window = Span(first.on + ONE_DAY, first.on + timedelta(days=days))
    assert comes(ledger, coming(ledger, first, window), first, window) == comes(ledger, everyone, first, window)
    found = differing(ledger, first, second)
    assert set(found) <= set(everyone)
    assert differs(ledger, found, first, second) == differs(ledger, everyone, first, second)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(histories(), min_size=2, max_size=3), points(), points(), st.integers(2, 60))
def test_no_deal_with_an_answer_is_left_out(stories, asked, other, days):
    with TemporaryDirectory() as folder, Ledger(f"{folder}/deals.db", "create", clock=lambda: NOW) as ledger:
        for number, steps in enumerate(stories):
            recorded(ledger, f"deal-{number}", steps)
        head = ledger.entries.head()
        first, second = point_of(asked, head), point_of(other, head)
        same = {"planned": first.planned, "confirmed_only": first.confirmed_only}
        check(ledger, first, Point(second.on, second.known, second.recorded, **same), days)  # all clocks
        check(ledger, first, Point(second.on, first.known, first.recorded, **same), days)
        check(ledger, first, Point(first.on, second.known, first.recorded, **same), days)
        check(ledger, first, Point(first.on, first.known, second.recorded, **same), days)


def test_few_deals_are_asked(tmp_path):
    fill(tmp_path / "deals.db", Shape(deals=30, instruments=10))
    with Ledger(str(tmp_path / "deals.db"), "read") as ledger:
        head, everyone = ledger.entries.head(), ledger.entries.deals()
        day = date(2020, 3, 1)
        first, second = Point(day, None, head), Point(day + timedelta(days=60), None, head)
        assert 0 < len(differing(ledger, first, second)) < len(everyone) // 2
        check(ledger, first, second, 5)
        check(ledger, Point(day, day, head), Point(day, day + timedelta(days=60), head), 60)
        assert differing(ledger, first, first) == []
        assert differing(ledger, Point(day, None, head - 2), first) == sorted(everyone[-2:])


def test_all_deals_are_asked_where_the_tables_cannot_be_caught_up(tmp_path):
    fill(tmp_path / "deals.db", Shape(deals=3, instruments=10))
    with Ledger(str(tmp_path / "deals.db"), "read") as ledger:
        ledger.database.writable = False  # as where the file may not be written
        day = date(2020, 3, 1)
        first, second = Point(day, None, ledger.entries.head()), Point(day + ONE_DAY, None, ledger.entries.head())
        assert differing(ledger, first, second) == ledger.entries.deals()
        assert coming(ledger, first, Span(day, day + ONE_DAY)) == ledger.entries.deals()
