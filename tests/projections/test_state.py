"""What holds, in the promised shapes; and the same rows and bytes whenever it is asked again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from projections.base import cursors_in
from projections.point import Point
from projections.portfolio import deals, portfolio
from projections.shares import TABLES, Shares
from projections.shares_tables import table_in
from projections.state import state
from tests.desk import OPEN, Desk, Form, form


def amend(dated: str, pays: str, **fields: object) -> Form:
    return form("amend", dated, pays=pays, **fields)


def point(desk: Desk, on: str, known: str | None = None, recorded: int | None = None, **more: bool) -> Point:
    head = desk.ledger.entries.head() if recorded is None else recorded
    return Point(date.fromisoformat(on), date.fromisoformat(known) if known else None, head, **more)


def shown(desk: Desk, *asked: Any, **more: Any) -> dict[str, Any]:
    return state("acme-bolt", desk.ledger.entries.entries_of("acme-bolt"), point(desk, *asked, **more)).json()


STORY = (
    OPEN,
    amend("2024-02-01", "Acme -> Bolt as share: 20% of revenue every quarter",
          right="Bolt as audit: audit until launch"),
    form("plan", "2024-03-01", pool="resellers: Bolt", evidence="reported",
         pays="Acme -> resellers as share: unknown <= 10% of revenue from 2026-01-01"),
    form("interim", "2024-04-01", known_since="2024-05-01", through="2024-12-31",
         pays="Acme -> Bolt as share: 25% of revenue every quarter then as before",
         commits="Acme -> Bolt: 5m of services"),
)  # fmt: skip


def test_the_shape_of_a_deal_is_as_promised(tmp_path):
    desk = Desk(tmp_path, *STORY)
    assert shown(desk, "2024-06-30", "2024-06-30") == {
        "schema": "deal.state/1",
        "deal": "acme-bolt",
        "title": "acme-bolt",
        "on": "2024-06-30",
        "known": "2024-06-30",
        "recorded": "#4",
        "planned": False,
        "evidence": "all",
        "status": "in force",
        "term": {"from": "2024-01-15", "through": "2027-12-31", "until": None},
        "parties": ["Acme", "Bolt", "Cargo"],
        "pools": [],
        "clauses": [
            {
                "kind": "pays", "key": "share", "payer": "Acme", "payee": "Bolt",
                "terms": "25% of revenue every quarter", "rate": "0.25", "at_least": None, "at_most": None,
                "from": "2024-04-01", "through": "2024-12-31", "holds_through": "2024-12-31", "until": None,
                "standing": "interim", "evidence": "confirmed", "dated": "2024-04-01", "known_since": "2024-05-01",
                "entries": [4],
            },
            {
                "kind": "commits", "key": "Acme -> Bolt: 5m of services", "payer": "Acme", "payee": "Bolt",
                "terms": None, "rate": None, "at_least": None, "at_most": None,
                "from": "2024-04-01", "through": "2024-12-31", "holds_through": "2024-12-31",
                "until": None, "standing": "interim", "evidence": "confirmed",
                "dated": "2024-04-01", "known_since": "2024-05-01", "entries": [4], "text": "5m of services",
            },
            {
                "kind": "right", "key": "audit", "payer": None, "payee": None, "terms": None, "rate": None,
                "at_least": None, "at_most": None, "from": "2024-02-01", "through": "2027-12-31",
                "holds_through": "2027-12-31", "until": "launch", "standing": "binding",
                "evidence": "confirmed", "dated": "2024-02-01", "known_since": "2024-02-01",
                "entries": [2], "holder": "Bolt", "text": "audit",
            },
        ],
        "head": {"position": 4, "root": None},
    }  # fmt: skip


def test_the_shape_of_shares_is_as_promised_and_says_the_same(tmp_path):
    desk = Desk(tmp_path, *STORY)
    at = point(desk, "2026-06-30", planned=True)
    answer = portfolio(desk.ledger, at)
    [row] = answer.pop("rows")
    assert answer == {
        "schema": "deal.share/1", "on": "2026-06-30", "known": None, "recorded": "#4", "planned": True,
        "evidence": "all", "deal": None, "party": None, "head": {"position": 4, "root": None},
    }  # fmt: skip
    assert row == {"deal": "acme-bolt", **shown(desk, "2026-06-30", planned=True)["clauses"][0]}
    assert (row["rate"], row["at_most"]) == (None, "0.10")
    assert row["members"] == [{"party": "Bolt", "rate": None, "at_most": "0.10"}]


@pytest.mark.parametrize(
    ("rate", "bounds"),
    [
        ("unknown >= 48%", (None, "0.48", None)),
        ("unknown <= 10%", (None, None, "0.10")),
        ("unknown", (None, None, None)),
        ("36%", ("0.36", None, None)),
    ],
)
def test_what_is_known_of_a_rate_is_in_the_answer(rate, bounds, tmp_path):
    desk = Desk(tmp_path, form("open", "2024-01-15", party=["Acme", "Bolt"], pays=[f"Acme -> Bolt: {rate} of revenue"]))
    [row] = portfolio(desk.ledger, point(desk, "2026-06-30"))["rows"]
    assert (row["rate"], row["at_least"], row["at_most"]) == bounds


SHARE = [  # on, known, recorded, planned: rate (or bound), through, entries
    ("2024-01-31", None, 4, False, None),
    ("2024-02-01", None, 4, False, ("0.20", "2027-12-31", [2])),
    ("2024-03-31", None, 4, False, ("0.20", "2027-12-31", [2])),
    ("2024-04-01", None, 4, False, ("0.25", "2024-12-31", [4])),
    ("2024-04-01", "2024-04-30", 4, False, ("0.20", "2027-12-31", [2])),
    ("2024-04-01", "2024-05-01", 4, False, ("0.25", "2024-12-31", [4])),
    ("2024-04-01", None, 3, False, ("0.20", "2027-12-31", [2])),
    ("2024-12-31", None, 4, False, ("0.25", "2024-12-31", [4])),
    ("2025-01-01", None, 4, False, ("0.20", "2027-12-31", [2])),
    ("2025-12-31", None, 4, True, ("0.20", "2027-12-31", [2])),
    ("2026-01-01", None, 4, True, ("0.10", "2027-12-31", [3])),
    ("2026-01-01", "2024-02-29", 4, True, ("0.20", "2027-12-31", [2])),
    ("2026-01-01", None, 2, True, ("0.20", "2027-12-31", [2])),
    ("2027-12-31", None, 4, False, ("0.20", "2027-12-31", [2])),
    ("2028-01-01", None, 4, False, None),
]


@pytest.mark.parametrize(("on", "known", "recorded", "planned", "expected"), SHARE)
def test_the_share_on_boundary_days(on, known, recorded, planned, expected, tmp_path):
    desk = Desk(tmp_path, *STORY)
    asked = point(desk, on, known, recorded, planned=planned)
    fold = state("acme-bolt", desk.ledger.entries.entries_of("acme-bolt"), asked).json()["clauses"]
    for rows in (fold, portfolio(desk.ledger, asked)["rows"]):
        said = [(c["rate"] or c["at_most"], c["through"], c["entries"]) for c in rows if c["key"] == "share"]
        assert said == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("on", "status", "given"),
    [
        ("2024-01-14", "not started", ()),
        ("2024-01-15", "in force", ()),
        ("2027-12-31", "in force", ()),
        ("2028-01-01", "expired", ()),
        ("2025-06-30", "in force", (form("end", "2025-01-01", through="2025-06-30"),)),
        ("2025-07-01", "ended", (form("end", "2025-01-01", through="2025-06-30"),)),
    ],
)
def test_the_status_of_a_deal(on, status, given, tmp_path):
    assert shown(Desk(tmp_path, OPEN, *given), on)["status"] == status


def test_only_what_a_party_confirmed(tmp_path):
    reported = form("interim", "2024-04-01", evidence="reported", pays="Acme -> Bolt as share: 30% of revenue")
    desk = Desk(tmp_path, *STORY[:2], reported)
    assert shown(desk, "2024-06-30")["clauses"][0]["rate"] == "0.30"
    assert shown(desk, "2024-06-30", confirmed_only=True)["clauses"][0]["rate"] == "0.20"


def test_what_was_answered_once_is_answered_the_same_for_ever(tmp_path):
    desk = Desk(tmp_path, *STORY)
    asked = [point(desk, on, known, n, planned=p)
             for on in ("2024-02-01", "2024-06-30", "2026-01-01")
             for known in (None, "2024-04-30") for n in (2, 3, 4) for p in (False, True)]  # fmt: skip

    def answers() -> list[bytes]:
        entries = desk.ledger.entries.entries_of("acme-bolt")
        each = [
            (state("acme-bolt", entries, p).json(), portfolio(desk.ledger, p), deals(desk.ledger, p)) for p in asked
        ]
        return [json.dumps(answer).encode() for answer in each]

    before = answers()
    desk.tell(form("correct", entry=2, reason="mistyped", dated="2024-03-15"))
    desk.tell(form("void", entry=4, reason="never signed"))
    desk.tell(form("withdraw", "2024-06-01", plan=3))
    desk.tell(form("void", entry=6, reason="it was signed"))
    desk.tell(form("end", "2024-06-01", through="2024-06-30"))
    assert answers() == before
    assert shown(desk, "2024-06-30") != shown(desk, "2024-06-30", recorded=4)


# --- answers are disposable -------------------------------------------------------------------------------


def rows(desk: Desk, generation: int) -> dict[str, list[tuple[Any, ...]]]:
    tables = Shares(desk.ledger.entries).tables(generation)
    with desk.ledger.database.reading() as connection:
        return {t: sorted(map(repr, connection.execute(select(table_in(tables, t))))) for t in TABLES}


@pytest.fixture
def mended(fresh: Callable[[], str]) -> Desk:
    desk = Desk(fresh(), *STORY, form("correct", entry=2, reason="r", dated="2024-03-15"))
    desk.tell(form("void", entry=4, reason="r"))
    desk.tell(form("adopt", "2024-06-01", plan=3))
    return desk


def test_a_projection_rebuilt_has_the_same_rows_and_nothing_else_stays(mended):
    shares = Shares(mended.ledger.entries)
    for position in range(1, mended.ledger.entries.head() + 1):
        assert shares.catch_up(position) == 1
    before = rows(mended, 1)
    assert shares.rebuild() == 2
    assert rows(mended, 2) == before
    with mended.ledger.database.reading() as connection:
        names = {name.rpartition(".")[2] for name in mended.ledger.database.place.table_names(connection)}
    assert names - {"ledger", "entries", "checkpoints"} == {"projections", *(f"shares_2_{table}" for table in TABLES)}
    assert shares.cursor() == (2, 7)


def test_tables_that_somebody_dropped_come_back_the_same(mended):
    asked = point(mended, "2026-06-30")
    before = portfolio(mended.ledger, asked)
    with mended.ledger.database.writing() as connection:
        Shares(mended.ledger.entries).tables(1).drop_all(connection)
        cursors_in(mended.ledger.database.place.answers).drop(connection)
    assert portfolio(mended.ledger, asked) == before


def test_a_table_that_somebody_dropped_alone_comes_back_too(mended):
    asked = point(mended, "2026-06-30")
    before = portfolio(mended.ledger, asked)
    with mended.ledger.database.writing() as connection:
        table_in(Shares(mended.ledger.entries).tables(1), "claims").drop(connection)
    assert portfolio(mended.ledger, asked) == before
