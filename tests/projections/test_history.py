"""How it came to be: log, why, diff, upcoming, over one small story."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.calendar import Span
from ledger.errors import Refusal
from projections.diff import diff
from projections.history import log
from projections.point import Point
from projections.upcoming import upcoming
from projections.why import why
from tests.desk import OPEN, Desk, form

STORY = (
    OPEN,
    form(
        "amend",
        "2024-02-01",
        pays="Acme -> Bolt as share: 20% of revenue",
        right="Bolt as preview: early access until launch",
        source={"publisher": "Acme", "title": "Amendment 1", "published": date(2024, 2, 2)},
    ),
    form(
        "interim",
        "2024-04-01",
        known_since="2024-05-01",
        pays="Acme -> Bolt as share: 25% of revenue then as before",
        through="2024-12-31",
    ),
    form("plan", "2024-06-01", evidence="reported", pays="Acme -> Bolt as share: 10% of revenue from 2026-01-01"),
    form("plan", "2024-06-02", pays="Acme -> Bolt as share: 5% of revenue from 2026-01-01"),
    form("withdraw", "2024-07-01", plan=5),
    form("amend", "2024-08-01", pays="Acme -> Bolt as share: 90% of revenue from 2024-08-01"),
    form("void", entry=7, reason="a rumour"),
    form("correct", entry=2, reason="the day was mistyped", dated="2024-02-05"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, *STORY)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(on: str, known: str | None = None, recorded: int = 9, **more: bool) -> Point:
    return Point(day(on), day(known) if known else None, recorded, **more)


def entries(desk: Desk) -> Any:
    return desk.ledger.entries.entries_of("acme-bolt")


def verdicts(desk: Desk, point: Point) -> list[tuple[int, str, str]]:
    return [
        (v["position"], v["verdict"], v["reason"]) for v in why("acme-bolt", entries(desk), "share", point)["verdicts"]
    ]


PLANNED = (4, "planned", "a plan, not in force; --planned lays plans over")
GONE = (5, "withdrawn", "withdrawn by #6, known since 2024-07-01")
REPLACED = (2, "replaced", "replaced by #9: the day was mistyped")
VOID = (7, "void", "void by #8: a rumour")
HOLDS = "the latest that speaks of this day"


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (
            at("2024-06-30"),
            [REPLACED, (3, "holds", HOLDS), PLANNED, GONE, VOID, (9, "overruled", "by #3, dated 2024-04-01")],
        ),
        (
            at("2025-06-30"),
            [REPLACED, (3, "over", "its last day is 2024-12-31"), PLANNED, GONE, VOID, (9, "holds", HOLDS)],
        ),
        (
            at("2024-06-30", "2024-04-30"),
            [
                REPLACED,
                (3, "not yet known", "known since 2024-05-01, after 2024-04-30"),
                (4, "not yet known", "known since 2024-06-01, after 2024-04-30"),
                (5, "not yet known", "known since 2024-06-02, after 2024-04-30"),
                VOID,
                (9, "holds", HOLDS),
            ],
        ),
        (
            at("2024-06-30", None, 2),
            [(2, "holds", HOLDS), *((n, "not yet recorded", f"recorded as #{n}, after #2") for n in (3, 4, 5, 7, 9))],
        ),
        (
            at("2026-06-30", planned=True),
            [
                REPLACED,
                (3, "over", "its last day is 2024-12-31"),
                (4, "holds", HOLDS),
                GONE,
                VOID,
                (9, "overruled", "by #4, dated 2024-06-01"),
            ],
        ),
        (
            at("2026-06-30", planned=True, confirmed_only=True),
            [
                REPLACED,
                (3, "over", "its last day is 2024-12-31"),
                (4, "only reported", "no party has confirmed it"),
                GONE,
                VOID,
                (9, "holds", HOLDS),
            ],
        ),
        (
            at("2025-06-30", planned=True),
            [
                REPLACED,
                (3, "over", "its last day is 2024-12-31"),
                (4, "begins later", "begins on 2026-01-01"),
                GONE,
                VOID,
                (9, "holds", HOLDS),
            ],
        ),
    ],
    ids=[
        "on a day",
        "after the interim",
        "before it was known",
        "as recorded",
        "planned",
        "confirmed",
        "before the plan",
    ],
)
def test_why_gives_every_verdict_its_reason(point, expected, desk):
    assert verdicts(desk, point) == expected


def test_why_shows_the_entries_with_their_sources_and_what_ends_it(desk):
    answer = why("acme-bolt", entries(desk), "share", at("2025-06-30"))
    assert (answer["holds"]["rate"], answer["holds"]["entries"], answer["ends_by"]) == ("0.20", [2, 9], "the term (#1)")
    assert [(e["position"], e["undone_by"]) for e in answer["because"]] == [(2, 9), (9, None)]
    assert answer["because"][1]["sources"] == (
        {"publisher": "Acme", "title": "Amendment 1", "published": "2024-02-02"},
    )
    assert why("acme-bolt", entries(desk), "share", at("2024-06-30"))["later"] == [
        {"from": "2025-01-01", "says": "Acme -> Bolt as share: 20% of revenue", "standing": "binding", "entry": 9}
    ]


def test_why_the_term_is_what_it_is(desk):
    before = why("acme-bolt", entries(desk), "term", at("2025-06-30"))
    assert (before["holds"]["kind"], before["holds"]["through"], before["ends_by"]) == (
        "term",
        "2027-12-31",
        "the clause itself (#1)",
    )
    desk.tell(form("extend", "2025-01-01", through="2028-06-30"))
    after = why("acme-bolt", entries(desk), "term", at("2025-06-30", recorded=10))
    assert [(v["position"], v["verdict"], v["reason"]) for v in after["verdicts"]] == [
        (1, "overruled", "by #10, dated 2025-01-01"),
        (10, "holds", "the latest says for every day how long the agreement runs"),
    ]


def test_why_of_what_never_was_lists_what_has_been(desk):
    with pytest.raises(Refusal) as refused:
        why("acme-bolt", entries(desk), "shares", at("2025-06-30"))
    assert refused.value.exit_code == 4
    assert str(refused.value) == (
        "acme-bolt has never had a clause 'shares'. "
        "It has had: party Acme, party Bolt, party Cargo, preview, share, term."
    )


@pytest.mark.parametrize(
    ("point", "positions"),
    [
        (at("2025-01-01"), [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (at("2025-01-01", "2024-05-31"), [1, 2, 3, 8, 9]),
        (at("2025-01-01", "2024-04-30"), [1, 2, 8, 9]),
        (at("2025-01-01", None, 3), [1, 2, 3]),
        (at("2025-01-01", confirmed_only=True), [1, 2, 3, 5, 6, 7, 8, 9]),
    ],
)
def test_the_log_leaves_out_what_was_not_known_or_recorded(point, positions, desk):
    assert [row["position"] for row in log(desk.ledger, point)] == positions


def test_the_log_says_what_an_entry_says_and_what_became_of_it(desk):
    rows = {row["position"]: row for row in log(desk.ledger, at("2025-01-01"))}
    assert rows[6]["says"] == ["the plan #5 is withdrawn"]
    assert rows[8]["says"] == ["#7 should never have been made: a rumour"]
    assert rows[9]["says"] == [
        "#2 should say otherwise: the day was mistyped",
        "Acme -> Bolt as share: 20% of revenue from 2024-02-01",
        "Bolt as preview: early access from 2024-02-01 until launch",
    ]
    assert [(rows[n]["undone_by"], rows[n]["undone_how"]) for n in (2, 7, 9)] == [
        (9, "replaced by #9: the day was mistyped"),
        (8, "void by #8: a rumour"),
        (None, None),
    ]


def changes(desk: Desk, before: Point, after: Point, on: str | None = None) -> list[tuple[Any, ...]]:
    found = diff("acme-bolt", entries(desk), before, after, day(on) if on else None)["changes"]
    return [(c["key"], c["from"], c["through"], c["before"], c["after"], c["after_entry"]) for c in found]


TWENTY, TWENTY_FIVE = "Acme -> Bolt as share: 20% of revenue", "Acme -> Bolt as share: 25% of revenue (interim)"


def test_diff_shows_what_the_contract_does(desk):
    assert changes(desk, at("2024-12-31"), at("2025-01-01")) == [("share", None, None, TWENTY_FIVE, TWENTY, 9)]


def test_diff_shows_what_the_world_learnt(desk):
    before, after = at("2025-01-01", "2024-04-30"), at("2025-01-01", "2024-05-01")
    learnt = [("share", "2024-04-01", "2024-12-31", TWENTY, TWENTY_FIVE, 3)]
    assert changes(desk, before, after) == learnt
    assert changes(desk, before, after, on="2024-12-31") == learnt
    assert changes(desk, before, after, on="2025-01-01") == []


def test_diff_shows_what_our_books_learnt(desk):
    ninety = "Acme -> Bolt as share: 90% of revenue"
    assert changes(desk, at("2025-01-01", None, 7), at("2025-01-01", None, 8)) == [
        ("share", "2024-08-01", "2024-12-31", ninety, TWENTY_FIVE, 3),
        ("share", "2025-01-01", "2027-12-31", ninety, TWENTY, 2),
    ]


def test_upcoming_lists_steps_plans_ends_and_conditions(desk):
    window = Span(day("2024-07-01"), day("2028-02-01"))
    found = upcoming("acme-bolt", entries(desk), at("2024-06-30"), window)
    assert [(str(c.day) if c.day else None, c.key, c.what, c.entry) for c in found] == [
        ("2025-01-01", "share", "changes", 9),
        ("2026-01-01", "share", "plan due", 4),
        ("2027-12-31", "preview", "ends", 9),
        ("2027-12-31", "share", "ends", 9),
        (None, "preview", "waits for 'launch'", 9),
    ]


def test_upcoming_knows_boundary_days(desk):
    for first, last, expected in (
        ("2024-12-31", "2024-12-31", []),
        ("2025-01-01", "2025-01-01", ["changes"]),
        ("2025-01-02", "2025-12-31", []),
    ):
        window = Span(day(first), day(last) + timedelta(days=1))
        found = upcoming("acme-bolt", entries(desk), at("2024-06-30"), window)
        assert [c.what for c in found if c.key == "share"] == expected
