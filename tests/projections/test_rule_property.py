"""The one rule, three times: the fold, the SQL over all deals, and an oracle that shares no code with either."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ledger import rule
from ledger.application import Ledger
from ledger.batch import Draft
from ledger.entry import line
from ledger.errors import Refusal
from ledger.events import decode
from ledger.importing import take_lines
from projections.point import Point
from projections.shares import Shares
from tests import oracle
from tests.histories import FIRST_DAY, WINDOW, Taken, filled, histories, points

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def recorded(ledger: Ledger, slug: str, steps) -> list[Taken]:
    """Tells the steps one by one; what is refused is left out, as a desk would."""
    taken: list[Taken] = []
    for step in steps:
        if not taken and step["event"] != "DealOpened":
            return []  # the opening was refused
        data = filled(step, taken)
        name = step["event"]
        if data.get("entry_version") == 1:
            continue  # an opening without entries may be voided, and nothing could follow
        if name in ("PlanAdopted", "PlanWithdrawn") and taken:
            data["dated"] = max(data["dated"], taken[data["plan_version"] - 1].data.get("dated", ""))
            data.pop("known_since", None)
        try:
            told = decode(name, step.get("schema", 1), msgspec.json.encode(data))
            ledger.record([Draft(slug, told)], "test")
        except Refusal:
            continue
        taken.append(Taken(len(taken) + 1, name, data))
    return taken


def as_recorded_then(ledger: Ledger, folder: str) -> Ledger:
    """The same log where what was told at the first schema version stands as it would have been written then."""
    told = [as_written_then(json.loads(line(row))) for row in ledger.entries.all_rows()]
    copied = Ledger(f"{folder}/then.db", "create", clock=lambda: NOW)
    if told:
        take_lines(copied.database, BytesIO(b"".join(msgspec.json.encode(entry) + b"\n" for entry in told)))
    return copied


def as_written_then(entry):
    if entry["data"].pop("older_rule", False):
        entry["schema"] = 1
    inner = entry["data"].get("data", {})
    if inner.pop("older_rule", False):
        entry["data"]["schema_of"] = 1
    return entry


def check(ledger: Ledger, slug: str, asked) -> None:
    on, known, fraction, planned, confirmed_only = asked
    head = ledger.entries.head()
    point = Point(on, known, head if fraction is None else round(fraction * head), planned, confirmed_only)
    lines = [json.loads(line(row)) for row in ledger.entries.all_rows() if row[3] == slug]
    expected = oracle.holding(lines, on, known, point.recorded, planned, confirmed_only)
    said = {key: (held.position, held.standing) for key, held in expected.items()}

    books = rule.read(ledger.entries.entries_of(slug, up_to=point.recorded), point.view)
    assert {k: (c.fact.entry.position, c.fact.standing) for k, c in books.on(on).items()} == said

    shares = Shares(ledger.entries)
    folded = list(shares.folded(point, slug))
    assert list(shares.at(point, slug)) == folded
    for deal in folded:
        assert {c.clause.key: c.standing for c in deal.clauses} == {key: held for key, (_, held) in said.items()}
        assert all(said[c.clause.key][0] in c.entries for c in deal.clauses)
        assert all(c.holds_through is None or c.holds_through >= on for c in deal.clauses)


# Every few days of the window and after it, with and without plans: where spans begin, end and overlap.
GRID = [(FIRST_DAY + timedelta(days=n), None, None, n % 2 == 0, False) for n in range(-2, WINDOW + 30, 5)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(histories(), min_size=1, max_size=2), st.lists(points(), min_size=4, max_size=4))
def test_fold_sql_and_oracle_say_the_same(stories, asked):
    with TemporaryDirectory() as folder, Ledger(f"{folder}/deals.db", "create", clock=lambda: NOW) as ledger:
        told = {f"deal-{n}": recorded(ledger, f"deal-{n}", steps) for n, steps in enumerate(stories)}
        event(f"entries: {sum(map(len, told.values())) // 5 * 5}+")
        with as_recorded_then(ledger, folder) as then:
            for slug, taken in told.items():
                for point in [*asked, *GRID] if taken else ():
                    check(then, slug, point)
